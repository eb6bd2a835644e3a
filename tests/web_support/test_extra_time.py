"""Extra time for a running attempt: shown, confirmed once, and heard by the page with its next pulse."""

import pytest

from examengine.live import Pen, Word
from examengine.records.entries import Entry
from examengine.records.history import load_history
from examengine.records.words import EntryKind
from examengine.rules.history import State
from tests.harness import RedisForTests
from tests.support.sitting import MINUTE, WHY, agent, hidden, send, send_after_preview
from tests.world import World


async def entries_of(world: World, enrolment_id: int) -> list[Entry]:
    async with world.services.database.reading() as tx:
        return list((await load_history(tx, enrolment_id)).entries)


async def running(world: World, override: dict[str, object] | None = None) -> tuple[int, int, int, Pen]:
    """Person, enrolment, attempt and the pen of the open page."""
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam(override)
    return person_id, enrolment.id, attempt_id, await world.pen(attempt_id, person_id)


async def test_the_page_hears_of_extra_time_with_its_next_pulse(world: World) -> None:
    person_id, _enrolment, attempt_id, pen = await running(world)
    by = await agent(world)
    before = await world.services.desk.pulse(pen, world.now_ms)
    address = f"/support/attempts/{attempt_id}/extra-time"
    async with world.browser(by) as desk:
        assert f'href="{address}"' in (await desk.get(f"/support/people/{person_id}")).text
        form = (await desk.get(address)).text
        assert "补 10 分钟，10:10:00 截止（含补时）。" in form
        assert "截止 10:00:00 → 10:10:00" in form
        done = await send(desk, address, minutes=10)
        assert done.headers["location"] == f"/support/people/{person_id}?done=extended"
        pulse = await world.services.desk.pulse(pen, world.now_ms)
        assert pulse.deadline_ms == before.deadline_ms + 10 * MINUTE
        assert pulse.deadline_reason == "extra_time"
        page = (await desk.get(done.headers["location"])).text
        for shown in ("已补时", "10:10:00 截止（含补时）", "补时，第 1 次考试", "+10 分钟", "平台故障：机房停电"):
            assert shown in page, shown


@pytest.mark.parametrize(("moved_ms", "word"), [(-1, Word.ALIVE), (0, Word.TOO_LATE), (1, Word.TOO_LATE)])
async def test_the_new_deadline_is_the_one_that_counts(world: World, moved_ms: int, word: Word) -> None:
    _person, _enrolment, attempt_id, pen = await running(world)
    deadline_ms = world.now_ms + 70 * MINUTE
    async with world.browser(await agent(world)) as desk:
        await send(desk, f"/support/attempts/{attempt_id}/extra-time", minutes=10)
    world.clock.move_to(deadline_ms + moved_ms)
    assert (await world.services.desk.pulse(pen, world.now_ms)).word is word
    await world.services.sweeper.sweep(world.now_ms)
    world.clock.move_to(deadline_ms + 32_000)
    await world.services.sweeper.sweep(world.now_ms)
    outcome = await world.outcome(attempt_id)
    assert (outcome.ended_ms, outcome.deadline_reason) == (deadline_ms, "extra_time")
    assert outcome.state == (State.AUTO_SUBMITTED if word is Word.ALIVE else State.EXPIRED_NO_SCORE)


async def test_a_form_sent_twice_adds_once(world: World) -> None:
    _person, enrolment_id, attempt_id, pen = await running(world)
    address = f"/support/attempts/{attempt_id}/extra-time"
    async with world.browser(await agent(world)) as desk:
        fields = {**WHY, "minutes": 10, "intent": hidden((await desk.get(address)).text, "intent")}
        for _ in range(3):
            assert (await desk.post(address, data=fields)).status_code == 303
    assert [(e.kind, e.amount) for e in await entries_of(world, enrolment_id)] == [(EntryKind.EXTRA_TIME, 10)]
    assert (await world.services.desk.pulse(pen, world.now_ms)).left_ms == 70 * MINUTE


async def test_two_entries_add_up(world: World) -> None:
    _person, _enrolment, attempt_id, pen = await running(world)
    address = f"/support/attempts/{attempt_id}/extra-time"
    async with world.browser(await agent(world)) as desk:
        for minutes in (5, 15):
            assert (await send_after_preview(desk, address, minutes=minutes)).status_code == 303
    assert (await world.services.desk.pulse(pen, world.now_ms)).left_ms == 80 * MINUTE


async def test_the_windows_end_cuts_and_is_said(world: World) -> None:
    world.clock.advance(213 * 24 * 60 * MINUTE + 13 * 60 * MINUTE + 55 * MINUTE)  # 2026-12-31 22:55
    _person, _enrolment, attempt_id, pen = await running(world)
    address = f"/support/attempts/{attempt_id}/extra-time"
    async with world.browser(await agent(world)) as desk:
        form = (await desk.get(address)).text
        assert "考试开放期到 2027年1月1日 00:00 结束，只能补到那时：实际多 5 分钟，少 5 分钟。" in form
        assert "截止 23:55:00 → 00:00:00" in form
        assert (await send(desk, address, minutes=10)).status_code == 303
        pulse = await world.services.desk.pulse(pen, world.now_ms)
        assert (pulse.left_ms, pulse.deadline_reason) == (65 * MINUTE, "window_end")
        more = await desk.get(address)
        assert "补时不起作用" in more.text
        refused = await send(desk, address, minutes=10)
        assert refused.status_code == 409


async def test_where_the_rules_let_a_sitting_finish_the_page_says_that_it_outlives_the_window(world: World) -> None:
    world.clock.advance(213 * 24 * 60 * MINUTE + 14 * 60 * MINUTE)
    _person, _enrolment, attempt_id, _pen = await running(world, {"window.end_policy": "let_finish"})
    async with world.browser(await agent(world)) as desk:
        form = (await desk.get(f"/support/attempts/{attempt_id}/extra-time")).text
    assert "补 10 分钟，00:10:00 截止（含补时）。这已超过考试开放期（到 2027年1月1日 00:00）" in form


async def test_only_what_was_shown_can_be_confirmed(world: World) -> None:
    _person, enrolment_id, attempt_id, _pen = await running(world)
    async with world.browser(await agent(world)) as desk:
        changed = await send(desk, f"/support/attempts/{attempt_id}/extra-time", minutes=25)
        assert changed.status_code == 409
        assert "截止 10:00:00 → 10:25:00" in changed.text
        for wrong in (0, 121, "", "x"):
            answer = await send(desk, f"/support/attempts/{attempt_id}/extra-time", minutes=wrong)
            assert answer.status_code == 422
            assert 'id="e-minutes"' in answer.text
    assert await entries_of(world, enrolment_id) == []


async def test_an_attempt_that_is_over_gets_no_time(world: World) -> None:
    person_id, enrolment_id, attempt_id, _pen = await running(world)
    address = f"/support/attempts/{attempt_id}/extra-time"
    async with world.browser(await agent(world)) as desk:
        form = (await desk.get(address)).text
        world.clock.advance(60 * MINUTE + 32_000)
        refused = await desk.post(address, data={**WHY, "minutes": 10, "intent": hidden(form, "intent")})
        assert refused.status_code == 409
        assert "这次考试已经结束，不能补时" in refused.text
        assert address not in (await desk.get(f"/support/people/{person_id}")).text
    assert await entries_of(world, enrolment_id) == []
    assert (await world.outcome(attempt_id)).state == State.EXPIRED_NO_SCORE


async def test_within_the_grace_a_sitting_runs_again(world: World) -> None:
    _person, _enrolment, attempt_id, pen = await running(world)
    world.clock.advance(60 * MINUTE + 10_000)
    async with world.browser(await agent(world)) as desk:
        assert (await send(desk, f"/support/attempts/{attempt_id}/extra-time", minutes=10)).status_code == 303
    assert (await world.services.desk.pulse(pen, world.now_ms)).word is Word.ALIVE


async def test_while_the_desk_is_away_the_time_is_kept_and_comes_later(
    world: World, redis_for_tests: RedisForTests
) -> None:
    person_id, enrolment_id, attempt_id, _pen = await running(world)
    address = f"/support/attempts/{attempt_id}/extra-time"
    async with world.browser(await agent(world)) as desk:
        fields = {**WHY, "minutes": 10, "intent": hidden((await desk.get(address)).text, "intent")}
        redis_for_tests.stop()
        try:
            done = await desk.post(address, data=fields)
        finally:
            redis_for_tests.folder.mkdir(exist_ok=True)
            redis_for_tests.start()
        assert done.headers["location"] == f"/support/people/{person_id}?done=extended_later"
    assert len(await entries_of(world, enrolment_id)) == 1


async def test_extra_time_is_taken_back_while_the_attempt_runs(world: World) -> None:
    person_id, enrolment_id, attempt_id, pen = await running(world)
    async with world.browser(await agent(world)) as desk:
        await send_after_preview(desk, f"/support/attempts/{attempt_id}/extra-time", minutes=30)
        [entry] = await entries_of(world, enrolment_id)
        address = f"/support/entries/{entry.id}/undo"
        form = (await desk.get(address)).text
        assert "截止时间改回 10:00:00 截止（考试时长用完），原来是 10:30:00。" in form
        done = await send(desk, address, reason="wrong_entry")
        assert done.headers["location"] == f"/support/people/{person_id}?done=undone"
        assert (await world.services.desk.pulse(pen, world.now_ms)).left_ms == 60 * MINUTE


async def test_taking_back_time_that_has_passed_says_that_the_attempt_ends(world: World) -> None:
    _person, enrolment_id, attempt_id, pen = await running(world)
    async with world.browser(await agent(world)) as desk:
        await send_after_preview(desk, f"/support/attempts/{attempt_id}/extra-time", minutes=30)
        world.clock.advance(65 * MINUTE)
        await world.services.desk.pulse(pen, world.now_ms)
        [entry] = await entries_of(world, enrolment_id)
        address = f"/support/entries/{entry.id}/undo"
        assert "这个时间已经过了：撤回以后马上收卷" in (await desk.get(address)).text
        assert (await send(desk, address, reason="wrong_entry")).status_code == 303
    await world.services.sweeper.sweep(world.now_ms)
    assert (await world.outcome(attempt_id)).state == State.AUTO_SUBMITTED


async def test_time_of_a_finished_attempt_is_not_taken_back(world: World) -> None:
    _person, enrolment_id, attempt_id, _pen = await running(world)
    async with world.browser(await agent(world)) as desk:
        await send_after_preview(desk, f"/support/attempts/{attempt_id}/extra-time", minutes=30)
        world.clock.advance(95 * MINUTE)
        [entry] = await entries_of(world, enrolment_id)
        form = (await desk.get(f"/support/entries/{entry.id}/undo")).text
    assert "这次考试已经结束，时间不能再改。" in form
    assert '<form method="post" action="/support/entries' not in form
