"""A page that has sent all when its time is up gives up its grace: it is recorded at once, and nothing else is."""

import pytest

from examengine.live import CloseReason, Operation, Pen, Word
from examengine.sittings import sweep as sweeping
from tests.sittings.listening import heard
from tests.world import World

MINUTE_MS = 60_000
CLAMP_MS = 2_000
FINAL_MS = 32_000
PRESENCE_MS = 90_000


async def a_sitting(world: World, override: dict[str, object] | None = None) -> tuple[Pen, int]:
    """A page with one answer, and the deadline; nobody was heard since the answer."""
    person_id, _, attempt_id = await world.a_candidate_in_an_exam(override)
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, {1: "a"})
    return pen, (await world.attempt(attempt_id)).base_deadline_ms


async def last_word(world: World, pen: Pen, at_ms: int) -> str:
    return (await world.services.desk.pulse(pen, at_ms, 9, all_sent=True)).word.value


async def sweep_at(world: World, now_ms: int) -> int:
    world.clock.move_to(now_ms)
    return await world.services.sweeper.sweep(now_ms)


async def journal_of(world: World, pen: Pen) -> list[str]:
    return [line.decode() for line in (await world.services.desk.read(pen.attempt_id, world.now_ms)).journal]


async def test_a_page_that_has_sent_all_is_recorded_as_soon_as_two_clocks_agree(world: World) -> None:
    pen, deadline_ms = await a_sitting(world)
    await world.services.desk.pulse(pen, deadline_ms - PRESENCE_MS)
    world.clock.move_to(deadline_ms + 1)
    assert await last_word(world, pen, deadline_ms + 1) == "too_late"
    assert await last_word(world, pen, deadline_ms + 2) == "too_late"
    assert [line for line in await journal_of(world, pen) if line[0] == "w"] == [f"w {deadline_ms + 1} {pen.epoch}.9"]
    assert await sweep_at(world, deadline_ms + CLAMP_MS - 1) == 0
    assert await sweep_at(world, deadline_ms + CLAMP_MS) == 1
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.cause, outcome.ended_ms) == ("auto_submitted", "deadline", deadline_ms)
    told = await world.services.desk.pulse(pen, deadline_ms + CLAMP_MS)
    assert (told.word, told.close_reason) == (Word.CLOSED, "deadline")


async def test_many_that_have_sent_all_are_recorded_together_and_the_others_keep_their_grace(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "MANY", 2)
    enrolments = await world.crowd(await world.exam(), 4)
    pens = []
    for enrolment in enrolments:
        attempt_id = await world.started(enrolment)
        pens.append(await world.pen(attempt_id, enrolment.person_id))
    deadline_ms = (await world.attempt(pens[0].attempt_id)).base_deadline_ms
    for pen in pens:
        await world.services.desk.pulse(pen, deadline_ms - 1)
    for pen in pens[:3]:
        await last_word(world, pen, deadline_ms + 10)
    assert await sweep_at(world, deadline_ms + CLAMP_MS) == 3
    assert await world.series(pens[3].attempt_id) == ()
    assert await sweep_at(world, deadline_ms + FINAL_MS - 1) == 0
    assert await sweep_at(world, deadline_ms + FINAL_MS) == 1


@pytest.mark.parametrize("case", ["before the deadline", "without the pen", "long unheard"])
async def test_such_a_word_shortens_no_grace(world: World, case: str) -> None:
    pen, deadline_ms = await a_sitting(world)
    if case != "long unheard":
        await world.services.desk.pulse(pen, deadline_ms - 10)
    if case == "before the deadline":
        assert await last_word(world, pen, deadline_ms - 1) == "alive"
    elif case == "without the pen":
        await world.services.desk.claim(pen.attempt_id, pen.owner_id, 1, "newer", "test", deadline_ms - 5)
        assert await last_word(world, pen, deadline_ms + 1) == "too_late"
    else:
        await last_word(world, pen, deadline_ms + 1)
    assert await sweep_at(world, deadline_ms + FINAL_MS - 1) == 0
    assert await sweep_at(world, deadline_ms + FINAL_MS) == 1
    state = (await world.outcome(pen.attempt_id)).state
    assert state == ("expired_no_score" if case == "long unheard" else "auto_submitted")


async def test_time_given_before_the_deadline_that_the_desk_has_not_heard_of_outweighs_the_word(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    deadline_ms = (await world.attempt(attempt_id)).base_deadline_ms
    await world.services.desk.pulse(pen, deadline_ms - 1)
    await world.extra_time(enrolment, attempt_id, 15)
    assert await last_word(world, pen, deadline_ms + 1) == "too_late"
    world.clock.move_to(deadline_ms + CLAMP_MS)
    assert await world.services.finisher.when_due(attempt_id, world.now_ms) is None
    assert await sweep_at(world, deadline_ms + FINAL_MS) == 0
    moved_ms = deadline_ms + 15 * MINUTE_MS
    saved = await world.services.desk.save(pen, Operation(10, "a", 2, 0, "b"), moved_ms - 1)
    assert saved.word is Word.SAVED
    assert await last_word(world, pen, moved_ms) == "too_late"
    assert await sweep_at(world, moved_ms + CLAMP_MS) == 1
    assert (await world.outcome(attempt_id)).ended_ms == moved_ms


async def test_time_that_reaches_a_sitting_between_its_close_and_its_record_sets_it_running_again(
    world: World,
) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    deadline_ms = (await world.attempt(attempt_id)).base_deadline_ms
    await world.services.desk.pulse(pen, deadline_ms - 1)
    await last_word(world, pen, deadline_ms)
    world.clock.move_to(deadline_ms + CLAMP_MS)
    closed = await world.services.desk.close(
        attempt_id,
        1,
        CloseReason.DEADLINE,
        deadline_ms,
        world.now_ms,
        only_if_due_ms=deadline_ms,
        seen_since_ms=deadline_ms - PRESENCE_MS,
    )
    assert closed.word is Word.CLOSING
    await world.extra_time(enrolment, attempt_id, 15)
    assert await world.services.finisher.when_due(attempt_id, world.now_ms) is None
    assert (await world.services.desk.pulse(pen, world.now_ms)).word is Word.ALIVE


async def test_where_a_crash_left_it_closed_it_is_recorded_as_it_was_closed(world: World) -> None:
    pen, deadline_ms = await a_sitting(world)
    await world.services.desk.pulse(pen, deadline_ms - 1)
    await last_word(world, pen, deadline_ms)
    world.clock.move_to(deadline_ms + CLAMP_MS)
    await world.services.desk.close(
        pen.attempt_id,
        1,
        CloseReason.DEADLINE,
        deadline_ms,
        world.now_ms,
        only_if_due_ms=deadline_ms,
        seen_since_ms=deadline_ms - PRESENCE_MS,
    )
    assert await sweep_at(world, world.now_ms) == 1
    assert (await world.outcome(pen.attempt_id)).state == "auto_submitted"


async def test_an_outage_before_the_deadline_leaves_the_grace_to_those_who_answer_for_it(world: World) -> None:
    pen, deadline_ms = await a_sitting(world)
    await world.services.desk.pulse(pen, deadline_ms - 1)
    await last_word(world, pen, deadline_ms + 1)
    await heard(world, (0, deadline_ms - MINUTE_MS), (deadline_ms - MINUTE_MS // 2, deadline_ms + 5 * MINUTE_MS))
    assert await sweep_at(world, deadline_ms + CLAMP_MS) == 0
    assert await sweep_at(world, deadline_ms + FINAL_MS) == 1


async def test_a_page_that_never_said_so_is_not_closed_within_its_grace(world: World) -> None:
    pen, deadline_ms = await a_sitting(world)
    await world.services.desk.pulse(pen, deadline_ms - 1)
    asked = await world.services.desk.close(
        pen.attempt_id,
        1,
        CloseReason.DEADLINE,
        deadline_ms,
        deadline_ms + CLAMP_MS,
        only_if_due_ms=deadline_ms,
        seen_since_ms=deadline_ms - PRESENCE_MS,
    )
    assert (asked.word, asked.state) == (Word.MOVED, "running")
