"""Whatever breaks between the steps of a finish: one outcome, and every acknowledged answer in it."""

import asyncio

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from examengine import live
from examengine.live import CloseReason, Pen, Word
from examengine.live.desk import CLOSE, HAND_IN, READ, REOPEN, SETTLE
from examengine.live.scripts import Script
from examengine.records.errors import Unavailable
from examengine.records.tables import attempt_journals
from examengine.sittings.finish import Ended
from tests.faults import Line, sql_away, sql_failing_at
from tests.world import World

MINUTE_MS = 60_000
FINAL_MS = 32_000


async def a_page_with_answers(world: World) -> tuple[Pen, dict[int, str]]:
    """Thirty right answers, acknowledged: 60 points."""
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    right = await world.right_answers(attempt_id)
    await world.answer(pen, {position: right[position] for position in range(1, 31)})
    return pen, right


async def is_settled(world: World, attempt_id: int) -> bool:
    sitting = await world.services.desk.read(attempt_id, world.now_ms)
    due = await world.services.desk.due(attempt_id % 64, world.now_ms + 10 * 3_600_000)
    return (sitting.state, attempt_id in due) == ("closed", False)


@pytest.mark.parametrize("carried_out", [False, True])
async def test_a_hand_in_whose_closing_broke_off_is_repeated(
    world_on_a_line: World, line: Line, carried_out: bool
) -> None:
    world = world_on_a_line
    pen, _ = await a_page_with_answers(world)
    line.cut_at(HAND_IN, carried_out=carried_out)
    with pytest.raises(live.Unavailable):
        await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert await world.series(pen.attempt_id) == ()
    line.mend()
    handed_in_ms = world.now_ms
    world.clock.advance(5_000)
    ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert isinstance(ended, Ended)
    assert (ended.outcome.state, ended.outcome.score_hundredths) == ("submitted", 6000)
    assert ended.outcome.ended_ms == handed_in_ms + (0 if carried_out else 5_000)
    assert await is_settled(world, pen.attempt_id)


async def test_a_sitting_closed_by_a_crashed_hand_in_is_recorded_by_the_sweeper(
    world_on_a_line: World, line: Line
) -> None:
    world = world_on_a_line
    pen, _ = await a_page_with_answers(world)
    line.cut_at(HAND_IN, carried_out=True)
    with pytest.raises(live.Unavailable):
        await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    line.mend()
    world.clock.advance(60 * MINUTE_MS + FINAL_MS)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.score_hundredths, outcome.cause) == ("submitted", 6000, "hand_in")


@pytest.mark.parametrize(
    "statement", ["INSERT INTO outcomes", "INSERT INTO attempt_answers", "INSERT INTO attempt_journals"]
)
async def test_a_record_that_fails_is_written_later_by_the_same_intent(world: World, statement: str) -> None:
    pen, _ = await a_page_with_answers(world)
    with sql_failing_at(world.services.database, statement), pytest.raises(Unavailable):
        await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert await world.series(pen.attempt_id) == ()
    world.clock.advance(5_000)
    ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert isinstance(ended, Ended)
    assert (ended.outcome.score_hundredths, ended.outcome.ended_ms) == (6000, world.now_ms - 5_000)
    assert await is_settled(world, pen.attempt_id)


async def test_whoever_looks_at_the_result_records_what_a_crash_left(world: World) -> None:
    pen, _ = await a_page_with_answers(world)
    await world.services.desk.hand_in(pen, CloseReason.HAND_IN, world.now_ms)
    outcome = await world.services.finisher.look_at(pen.attempt_id, world.now_ms)
    assert outcome is not None
    assert (outcome.state, outcome.score_hundredths) == ("submitted", 6000)


@pytest.mark.parametrize("carried_out", [False, True])
async def test_an_outcome_stands_also_where_the_tombstone_could_not_be_left(
    world_on_a_line: World, line: Line, carried_out: bool
) -> None:
    world = world_on_a_line
    pen, _ = await a_page_with_answers(world)
    line.cut_at(SETTLE, carried_out=carried_out)
    ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert isinstance(ended, Ended)
    line.mend()
    assert await is_settled(world, pen.attempt_id) == carried_out
    world.clock.advance(60 * MINUTE_MS + FINAL_MS)
    await world.services.sweeper.sweep(world.now_ms)
    assert await is_settled(world, pen.attempt_id)
    assert await world.services.sweeper.sweep(world.now_ms) == 0
    assert await world.outcome(pen.attempt_id) == ended.outcome


@pytest.mark.parametrize(
    ("script", "carried_out"),
    [(CLOSE, False), (CLOSE, True), (SETTLE, False), (SETTLE, True)],
    ids=["close unheard", "close heard", "settle unheard", "settle heard"],
)
async def test_a_sweep_that_broke_off_is_made_good_by_the_next(
    world_on_a_line: World, line: Line, script: Script, carried_out: bool
) -> None:
    world = world_on_a_line
    pen, _ = await a_page_with_answers(world)
    world.clock.advance(60 * MINUTE_MS - 1)
    await world.services.desk.pulse(pen, world.now_ms)
    world.clock.advance(FINAL_MS + 1)
    line.cut_at(script, carried_out=carried_out)
    if script is CLOSE:
        with pytest.raises(live.Unavailable):
            await world.services.sweeper.sweep(world.now_ms)
    else:
        await world.services.sweeper.sweep(world.now_ms)
    line.mend()
    await world.services.sweeper.sweep(world.now_ms)
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.score_hundredths) == ("auto_submitted", 6000)
    assert await is_settled(world, pen.attempt_id)


async def test_a_reopening_that_broke_off_is_made_good_by_the_next_sweep(world_on_a_line: World, line: Line) -> None:
    world = world_on_a_line
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    deadline_ms = (await world.attempt(attempt_id)).base_deadline_ms
    world.clock.move_to(deadline_ms + FINAL_MS)
    await world.services.desk.close(attempt_id, 1, CloseReason.DEADLINE, deadline_ms, world.now_ms)
    await world.extra_time(enrolment, attempt_id, 15)
    line.cut_at(REOPEN)
    with pytest.raises(live.Unavailable):
        await world.services.finisher.when_due(attempt_id, world.now_ms)
    line.mend()
    assert await world.services.sweeper.sweep(world.now_ms) == 0
    told = await world.services.desk.pulse(pen, world.now_ms)
    assert (told.word, told.deadline_ms) == (Word.ALIVE, deadline_ms + 15 * MINUTE_MS)


async def test_sql_away_in_the_middle_of_a_sweep_ends_nothing_and_loses_nothing(world: World) -> None:
    pen, _ = await a_page_with_answers(world)
    world.clock.advance(60 * MINUTE_MS + FINAL_MS)
    async with sql_away(world.services.database):
        with pytest.raises(Unavailable):
            await world.services.sweeper.sweep(world.now_ms)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    assert (await world.outcome(pen.attempt_id)).state == "expired_no_score"


async def test_a_hand_in_while_sql_is_away_keeps_its_own_time(world: World) -> None:
    """At 23:59:59 the desk takes it; SQL comes back after the deadline."""
    pen, _ = await a_page_with_answers(world)
    deadline_ms = (await world.attempt(pen.attempt_id)).base_deadline_ms
    world.clock.move_to(deadline_ms - 1)
    async with sql_away(world.services.database):
        for _ in range(2):
            with pytest.raises(Unavailable):
                await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
            world.clock.advance(20_000)
        assert (await world.services.desk.read(pen.attempt_id, world.now_ms)).state == "closing"
    world.clock.advance(MINUTE_MS)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.cause, outcome.ended_ms) == ("submitted", "hand_in", deadline_ms - 1)
    assert outcome.score_hundredths == 6000


async def test_a_hand_in_at_the_deadline_while_sql_is_away_is_too_late_all_the_same(world: World) -> None:
    pen, _ = await a_page_with_answers(world)
    world.clock.move_to((await world.attempt(pen.attempt_id)).base_deadline_ms)
    async with sql_away(world.services.database):
        with pytest.raises(Unavailable):
            await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert (await world.services.desk.read(pen.attempt_id, world.now_ms)).state == "running"


@pytest.mark.parametrize("sql_back_after_ms", [MINUTE_MS, 70 * MINUTE_MS])
async def test_a_hand_in_that_was_too_early_and_only_sql_could_have_said_so_is_undone(
    world: World, sql_back_after_ms: int
) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam({"exam.min_minutes_before_submit": 15})
    pen = await world.pen(attempt_id, person_id)
    async with sql_away(world.services.database):
        with pytest.raises(Unavailable):
            await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    world.clock.advance(sql_back_after_ms)
    outcome = await world.services.finisher.look_at(attempt_id, world.now_ms)
    if sql_back_after_ms == MINUTE_MS:
        assert outcome is None
        assert (await world.services.desk.pulse(pen, world.now_ms)).word is Word.ALIVE
    else:
        assert outcome is not None
        assert (outcome.state, outcome.cause) == ("expired_no_score", "deadline")


async def test_a_give_up_while_sql_is_away_closes_nothing(world: World) -> None:
    """It waits for SQL; until then the page may go on and the same intent is repeated."""
    pen, _ = await a_page_with_answers(world)
    async with sql_away(world.services.database):
        with pytest.raises(Unavailable):
            await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms)
    assert (await world.services.desk.read(pen.attempt_id, world.now_ms)).state == "running"


@pytest.mark.parametrize(
    ("script", "carried_out"), [(READ, False), (SETTLE, False), (SETTLE, True)], ids=["read", "unheard", "heard"]
)
async def test_a_void_that_broke_off_between_its_steps_is_made_good_with_its_journal(
    world_on_a_line: World, line: Line, script: Script, carried_out: bool
) -> None:
    world = world_on_a_line
    pen, _ = await a_page_with_answers(world)
    await world.voided(pen.attempt_id)
    line.cut_at(script, carried_out=carried_out)
    with pytest.raises(live.Unavailable):
        await world.services.pusher.push_waiting(world.now_ms)
    line.mend()
    assert await world.services.pusher.push_waiting(world.now_ms) == 1
    assert await world.services.pusher.push_waiting(world.now_ms) == 0
    assert await is_settled(world, pen.attempt_id)
    assert (await world.outcome(pen.attempt_id)).state == "void"
    async with world.services.database.reading() as tx:
        count = await tx.value(
            select(attempt_journals.c.count).where(attempt_journals.c.attempt_id == pen.attempt_id)
        )
    assert count == 32  # opened, claimed, thirty answers


async def test_a_void_whose_journal_could_not_be_archived_keeps_its_sitting_until_it_is(world: World) -> None:
    pen, _ = await a_page_with_answers(world)
    await world.voided(pen.attempt_id)
    with sql_failing_at(world.services.database, "INSERT INTO attempt_journals"), pytest.raises(Unavailable):
        await world.services.pusher.push_waiting(world.now_ms)
    assert len((await world.services.desk.read(pen.attempt_id, world.now_ms)).journal) == 32
    await world.services.pusher.push_waiting(world.now_ms)
    assert await is_settled(world, pen.attempt_id)


@pytest.mark.parametrize("broken", ["UPDATE open_attempts", "UPDATE outbox"])
async def test_extra_time_whose_push_broke_off_is_pushed_again(world: World, broken: str) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    deadline_ms = (await world.attempt(attempt_id)).base_deadline_ms
    await world.extra_time(enrolment, attempt_id, 15)
    with sql_failing_at(world.services.database, broken), pytest.raises(Unavailable):
        await world.services.pusher.push_waiting(world.now_ms)
    assert await world.services.pusher.push_waiting(world.now_ms) == 1
    world.clock.move_to(deadline_ms + FINAL_MS)
    assert await world.services.sweeper.sweep(world.now_ms) == 0
    told = await world.services.desk.pulse(pen, world.now_ms)
    assert (told.word, told.deadline_ms) == (Word.ALIVE, deadline_ms + 15 * MINUTE_MS)


async def test_a_lost_sitting_is_not_recorded_as_absent_nor_spun_on(world: World) -> None:
    pen, _ = await a_page_with_answers(world)
    await world.services.calls.command("FLUSHALL")
    world.clock.advance(60 * MINUTE_MS + FINAL_MS)
    for _ in range(3):
        assert await world.services.sweeper.sweep(world.now_ms) == 0
    world.clock.advance(24 * 60 * MINUTE_MS)
    assert await world.services.sweeper.sweep(world.now_ms) == 0
    assert await world.series(pen.attempt_id) == ()
    assert await world.services.finisher.look_at(pen.attempt_id, world.now_ms) is None


async def test_a_tombstone_whose_outcome_sql_has_lost_is_not_taken_for_an_empty_paper(world: World) -> None:
    pen, _ = await a_page_with_answers(world)
    await world.services.desk.hand_in(pen, CloseReason.HAND_IN, world.now_ms)
    await world.services.desk.settle(pen.attempt_id, 1, CloseReason.HAND_IN, world.now_ms, "submitted", world.now_ms)
    world.clock.advance(60 * MINUTE_MS + FINAL_MS)
    with capture_logs() as logs:
        for _ in range(3):
            assert await world.services.sweeper.sweep(world.now_ms) == 0
    assert [log["event"] for log in logs] == ["outcome_lost"]
    assert await world.series(pen.attempt_id) == ()


async def test_a_sitting_that_was_rebuilt_after_it_was_closed_is_not_finished_by_the_old_closing(
    world: World,
) -> None:
    pen, _ = await a_page_with_answers(world)
    await world.services.desk.hand_in(pen, CloseReason.HAND_IN, world.now_ms)
    closed = await world.services.desk.read(pen.attempt_id, world.now_ms)
    await world.services.calls.command("FLUSHALL")
    await world.services.rebuilder.look(world.now_ms)
    known = await world.services.finisher._read(pen.attempt_id)
    assert await world.services.finisher._record(known, closed, world.now_ms) is None
    assert await world.series(pen.attempt_id) == ()
    assert (await world.services.desk.read(pen.attempt_id, world.now_ms)).state == "running"


async def test_a_hand_in_that_races_the_sweeper_has_one_outcome(world: World) -> None:
    pen, _ = await a_page_with_answers(world)
    world.clock.advance(60 * MINUTE_MS + FINAL_MS)
    handed_in, swept = await asyncio.gather(
        world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms - FINAL_MS - 1),
        world.services.finisher.when_due(pen.attempt_id, world.now_ms),
    )
    assert isinstance(handed_in, Ended)
    assert swept is None or swept == handed_in
    assert len(await world.series(pen.attempt_id)) == 1


async def test_a_hand_in_with_an_older_stamp_than_the_closing_reopens_nothing(world: World) -> None:
    pen, _ = await a_page_with_answers(world)
    world.clock.advance(60 * MINUTE_MS + FINAL_MS)
    deadline_ms = world.now_ms - FINAL_MS
    await world.services.desk.close(
        pen.attempt_id, pen.generation, CloseReason.DEADLINE, deadline_ms, world.now_ms, only_if_due_ms=deadline_ms
    )
    handed_in = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, deadline_ms - 1)
    assert isinstance(handed_in, Ended)
    assert handed_in.outcome.ended_ms == deadline_ms
    assert len(await world.series(pen.attempt_id)) == 1
