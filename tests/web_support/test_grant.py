"""Granting attempts and taking them back, from the form to the candidate's start."""

import asyncio
import json
import re

import pytest

from examengine.records import audit
from examengine.records.entries import Entry
from examengine.records.history import load_history
from examengine.records.words import EntryKind
from tests.support.sitting import MINUTE, WHY, agent, exhausted, hidden, sat, send, send_after_preview
from tests.world import World

DAY = 24 * 60 * MINUTE


async def entries_of(world: World, enrolment_id: int) -> list[Entry]:
    async with world.services.database.reading() as tx:
        return list((await load_history(tx, enrolment_id)).entries)


async def test_exhausted_then_granted_then_the_candidate_may_start(world: World) -> None:
    person_id, enrolment = await exhausted(world)
    by = await agent(world)
    address = f"/support/enrolments/{enrolment.id}/grant"
    async with world.browser(by) as desk, world.browser(person_id) as candidate:
        refused = await candidate.get(f"/enrolments/{enrolment.id}/contract")
        assert refused.status_code == 303
        form = await desk.get(address)
        assert "增加后：可于 2026年12月31日（含当天）前再考 1 次，现在就可以开始；现在开始的话，" in form.text
        assert "剩余次数 0 → 1" in form.text
        done = await send(desk, address, attempts=1)
        assert done.headers["location"] == f"/support/people/{person_id}?done=granted"
        page = await desk.get(done.headers["location"])
        assert "已增加考试次数" in page.text
        assert 'data-reason="" data-next="" data-left="1"' in page.text
        for shown in ("第 2 轮：客服增加", "+1 次", "周敏", "平台故障：机房停电，核对过姓名。", "KF-20260601-7"):
            assert shown in page.text, shown
        contract = await candidate.get(f"/enrolments/{enrolment.id}/contract")
        assert contract.status_code == 200
        intent = hidden(contract.text, "intent")
        started = await candidate.post(
            f"/enrolments/{enrolment.id}/start", data={"intent": intent, "honest": "1", "short": "1"}
        )
        assert re.fullmatch(r"/sittings/\d+", started.headers["location"])


async def test_a_form_sent_twice_is_one_grant(world: World) -> None:
    person_id, enrolment = await exhausted(world)
    by = await agent(world)
    address = f"/support/enrolments/{enrolment.id}/grant"
    async with world.browser(by) as desk:
        form = (await desk.get(address)).text
        fields = {"intent": hidden(form, "intent"), "attempts": 1, "expires": "", **WHY}
        answers = await asyncio.gather(*(desk.post(address, data=fields) for _ in range(3)))
        again = await desk.post(address, data=fields)
    for answer in (*answers, again):
        assert answer.headers["location"] == f"/support/people/{person_id}?done=granted"
    assert [entry.kind for entry in await entries_of(world, enrolment.id)] == [EntryKind.GRANT]


async def test_only_what_was_shown_can_be_confirmed(world: World) -> None:
    _person, enrolment = await exhausted(world)
    by = await agent(world)
    address = f"/support/enrolments/{enrolment.id}/grant"
    async with world.browser(by) as desk:
        changed = await send(desk, address, attempts=2)
        assert changed.status_code == 409
        assert "请看过效果，再按一次" in changed.text
        assert "剩余次数 0 → 2" in changed.text
        assert "机房停电，核对过姓名。" in changed.text
        fields = {"intent": hidden(changed.text, "intent"), "attempts": 2, "expires": "", **WHY}
        assert (await desk.post(address, data=fields)).status_code == 303
    [entry] = await entries_of(world, enrolment.id)
    assert entry.amount == 2


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"attempts": 0}, "请写 1 到 3 的数"),
        ({"attempts": 4}, "请写 1 到 3 的数"),
        ({"attempts": "一"}, "请写 1 到 3 的数"),
        ({"attempts": "9" * 9}, "请写 1 到 3 的数"),
        ({"expires": "2026-05-31"}, "有效期要从今天起"),
        ({"expires": "2027-01-01"}, "有效期要从今天起，到考试开放期的最后一天（2026年12月31日）为止"),
        ({"expires": "9999-12-31"}, "有效期"),
        ({"expires": "1-1-1"}, "有效期要写成年月日"),
        ({"expires": "2026-02-30"}, "有效期要写成年月日"),
        ({"reason": "whim"}, "请选择原因"),
        ({"note": " "}, "请写说明"),
        ({"note": "身份证450702198001010018"}, "说明里不要写证件号和手机号"),
        ({"note": "电话13800000001已核对"}, "说明里不要写证件号和手机号"),
        ({"ticket": ""}, "请写工单号"),
        ({"ticket": "13800000001"}, "工单号不能是证件号或手机号"),
    ],
)
async def test_a_wrong_field_is_told_beside_it_and_nothing_is_granted(
    world: World, fields: dict[str, str | int], told: str
) -> None:
    _person, enrolment = await exhausted(world)
    by = await agent(world)
    async with world.browser(by) as desk:
        answer = await send(desk, f"/support/enrolments/{enrolment.id}/grant", **{"attempts": 1, **fields})
    assert answer.status_code == 422
    assert f'id="e-{next(iter(fields))}"' in answer.text
    assert told in answer.text
    assert await entries_of(world, enrolment.id) == []


async def test_a_grant_lapses_at_the_end_of_its_last_day(world: World) -> None:
    person_id, enrolment = await exhausted(world)
    by = await agent(world)
    async with world.browser(by) as desk, world.browser(person_id) as candidate:
        done = await send_after_preview(
            desk, f"/support/enrolments/{enrolment.id}/grant", attempts=2, expires="2026-06-01"
        )
        assert done.status_code == 303
        contract = f"/enrolments/{enrolment.id}/contract"
        assert (await candidate.get(contract)).status_code == 200
        assert "有效期至 2026年6月1日" in (await desk.get(f"/support/people/{person_id}")).text
        midnight_ms = 1_780_329_600_000
        world.clock.advance(midnight_ms - 1 - world.now_ms)
    async with world.browser(by) as desk, world.browser(person_id) as candidate:
        assert (await candidate.get(contract)).status_code == 200
        world.clock.advance(1)
        assert (await candidate.get(contract)).status_code == 303
        page = (await desk.get(f"/support/people/{person_id}")).text
        assert 'data-reason="attempts_exhausted"' in page
        assert "第 2 轮有效期已过，没有用的作废" in page


async def test_the_preview_is_the_effect_alone_for_htmx_and_grants_nothing(world: World) -> None:
    _person, enrolment = await exhausted(world)
    by = await agent(world)
    address = f"/support/enrolments/{enrolment.id}/grant"
    async with world.browser(by) as desk:
        form = (await desk.get(address)).text
        fields = {"intent": hidden(form, "intent"), "attempts": 2, "expires": "2026-07-01"}
        shown = await desk.post(f"{address}/preview", data=fields, headers={"hx-request": "true"})
        assert shown.text.strip().startswith('<div id="effect"')
        assert "增加后：可于 2026年7月1日（含当天）前再考 2 次" in shown.text
        wrong = await desk.post(f"{address}/preview", data={**fields, "attempts": 9}, headers={"hx-request": "true"})
        assert "请写 1 到 3 的数" in wrong.text
        whole = await desk.post(f"{address}/preview", data=fields)
        assert "<h1" in whole.text
        assert 'value="2026-07-01"' in whole.text
        done = await desk.post(address, data={**WHY, **fields, "intent": hidden(shown.text, "intent")})
        assert done.status_code == 303
    assert len(await entries_of(world, enrolment.id)) == 1


async def test_learning_again_is_said_before_the_grant_and_asked_for_after_it(world: World) -> None:
    person_id, enrolment = await exhausted(world, {"grant.relearn": True})
    by = await agent(world)
    async with world.browser(by) as desk:
        form = (await desk.get(f"/support/enrolments/{enrolment.id}/grant")).text
        assert "再考 1 次，需先完成学习（现在 0%）。" in form
        assert (await send(desk, f"/support/enrolments/{enrolment.id}/grant", attempts=1)).status_code == 303
        page = (await desk.get(f"/support/people/{person_id}")).text
    assert 'data-reason="learning_incomplete" data-next="finish_learning" data-left="1"' in page


@pytest.mark.parametrize("why", ["unused", "running", "passed"])
async def test_a_grant_that_the_rules_refuse_says_why(world: World, why: str) -> None:
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam(), person_id)
    by = await agent(world)
    told = "还有 3 次没有用，不能增加次数。"
    if why == "running":
        await world.started(enrolment)
        told = "正在考试：考完以后才能增加次数。"
    if why == "passed":
        await sat(world, enrolment, 1, right=None)
        told = "已经及格，不能再增加次数。"
    address = f"/support/enrolments/{enrolment.id}/grant"
    async with world.browser(by) as desk:
        assert told in (await desk.get(address)).text
        refused = await send(desk, address, attempts=1)
        assert refused.status_code == 409
        assert "没有增加" in refused.text
        assert told in refused.text
    assert await entries_of(world, enrolment.id) == []


async def test_an_attempt_whose_time_is_over_does_not_stand_in_the_way(world: World) -> None:
    person_id = await world.person()
    enrolment = await world.enrolled(
        await world.exam({"exam.attempts": 1, "exam.attempts_labelled_makeup": 0}), person_id
    )
    await world.started(enrolment)
    world.clock.advance(63 * MINUTE)  # nobody swept
    by = await agent(world)
    async with world.browser(by) as desk:
        assert (await send(desk, f"/support/enrolments/{enrolment.id}/grant", attempts=1)).status_code == 303


async def test_an_intent_serves_one_agent_and_one_enrolment(world: World) -> None:
    _person, enrolment = await exhausted(world)
    by, other = await agent(world), await agent(world, "陈芳")
    address = f"/support/enrolments/{enrolment.id}/grant"
    async with world.browser(by) as desk, world.browser(other) as elsewhere:
        intent = hidden((await desk.get(address)).text, "intent")
        for forged in (intent, "", intent + "x"):
            answer = await elsewhere.post(address, data={"attempts": 1, **WHY, "intent": forged})
            assert answer.status_code == 409
    assert await entries_of(world, enrolment.id) == []


async def test_an_unused_grant_is_taken_back_by_a_counter_entry(world: World) -> None:
    person_id, enrolment = await exhausted(world)
    by, other = await agent(world), await agent(world, "陈芳")
    async with world.browser(by) as desk, world.browser(other) as elsewhere:
        await send(desk, f"/support/enrolments/{enrolment.id}/grant", attempts=1)
        [entry] = await entries_of(world, enrolment.id)
        page = (await desk.get(f"/support/people/{person_id}")).text
        address = f"/support/entries/{entry.id}/undo"
        assert address in page
        form = (await elsewhere.get(address)).text
        for told in ("收回 1 次机会。", "剩余次数 1 → 0。考试次数已用完，没有及格。", "客服增加 +1 次", "周敏"):
            assert told in form, told
        fields = {**WHY, "reason": "wrong_entry", "intent": hidden(form, "intent")}
        done = [await elsewhere.post(address, data=fields) for _ in range(2)]
        assert {answer.headers["location"] for answer in done} == {f"/support/people/{person_id}?done=undone"}
        page = (await desk.get(f"/support/people/{person_id}")).text
    kinds = [(e.kind, e.amount, e.undoes) for e in await entries_of(world, enrolment.id)]
    assert kinds == [(EntryKind.GRANT, 1, None), (EntryKind.UNDO, 1, entry.id)]
    assert 'data-reason="attempts_exhausted"' in page
    assert address not in page
    assert "已撤回" in page
    assert "撤回：客服增加" in page


async def test_of_a_grant_only_what_is_unused_is_taken_back(world: World) -> None:
    person_id, enrolment = await exhausted(world)
    by = await agent(world)
    async with world.browser(by) as desk:
        await send_after_preview(desk, f"/support/enrolments/{enrolment.id}/grant", attempts=2)
        await sat(world, enrolment, 1, round_no=2)
        [entry] = await entries_of(world, enrolment.id)
        address = f"/support/entries/{entry.id}/undo"
        assert "考生已经用了其中 1 次，那些不变。" in (await desk.get(address)).text
        await send(desk, address, reason="wrong_entry")
        page = (await desk.get(f"/support/people/{person_id}")).text
        assert "已用 1 / 1 · 剩 0 次" in page
        again = await desk.get(address)
        assert "这条记录已经撤回" in again.text


async def test_a_used_grant_stays(world: World) -> None:
    person_id, enrolment = await exhausted(world)
    by = await agent(world)
    async with world.browser(by) as desk:
        await send(desk, f"/support/enrolments/{enrolment.id}/grant", attempts=1)
        [entry] = await entries_of(world, enrolment.id)
        address = f"/support/entries/{entry.id}/undo"
        form = (await desk.get(address)).text
        await world.started(enrolment, round_no=2, no=1)
        refused = await desk.post(address, data={**WHY, "reason": "wrong_entry", "intent": hidden(form, "intent")})
        assert refused.status_code == 409
        assert "考生已经用了增加的次数，不能撤回。" in refused.text
        assert address not in (await desk.get(f"/support/people/{person_id}")).text


async def test_grants_and_undos_are_audited_without_personal_data(world: World) -> None:
    _person, enrolment = await exhausted(world)
    by = await agent(world)
    async with world.browser(by) as desk:
        await send(desk, f"/support/enrolments/{enrolment.id}/grant", attempts=1)
        [entry] = await entries_of(world, enrolment.id)
        await send(desk, f"/support/entries/{entry.id}/undo", reason="wrong_entry")
    async with world.services.database.reading() as tx:
        lines = await audit.newest(tx, object_kind="enrolment", object_id=enrolment.id)
    assert [line.act for line in lines] == ["undo", "grant"]
    assert "机房停电" not in json.dumps([dict(line.facts) for line in lines], ensure_ascii=False)
