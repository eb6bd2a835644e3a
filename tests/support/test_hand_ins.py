"""代为交卷: staff hand a running attempt in. SQL first; whatever breaks, one outcome that says who did it."""

import asyncio

import pytest

from examengine import live
from examengine.live import CloseReason, Operation, Pen, Word
from examengine.live.desk import CLOSE, SETTLE
from examengine.live.scripts import Script
from examengine.records import audit, outbox
from examengine.records.entries import Entry
from examengine.records.errors import Unavailable
from examengine.records.words import EntryKind
from examengine.refusals import Next, Reason, Refusal
from examengine.support import extra_time, hand_ins
from examengine.support.acts import Asked
from examengine.support.extra_time import TimeOrder
from examengine.support.hand_ins import HandInOrder
from tests.faults import Line, sql_failing_at
from tests.support.sitting import agent
from tests.world import World

MINUTE_MS = 60_000


async def a_page_with_answers(world: World) -> Pen:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    right = await world.right_answers(attempt_id)
    await world.answer(pen, {position: right[position] for position in range(1, 31)})
    world.clock.advance(MINUTE_MS)
    return pen


async def ordered(world: World, attempt_id: int, by_person: int | None = None) -> Entry | Refusal:
    order = HandInOrder(
        attempt_id=attempt_id,
        by_person=await agent(world) if by_person is None else by_person,
        reason_category="platform",
        reason="考生电脑损坏，来电要求交卷。",
        ticket="KF-1",
    )
    told = await world.ordered(hand_ins.KIND, order)
    assert not isinstance(told, Asked)
    assert told is not None
    return told


async def waiting(world: World) -> int:
    async with world.services.database.reading() as tx:
        return len(await outbox.waiting(tx))


async def test_an_attempt_is_handed_in_with_what_was_saved_and_says_by_whom(world: World) -> None:
    pen, by = await a_page_with_answers(world), await agent(world)
    ordered_ms = world.now_ms
    entry = await ordered(world, pen.attempt_id, by)
    assert isinstance(entry, Entry)
    assert (entry.kind, entry.at_ms) == (EntryKind.HAND_IN, ordered_ms)
    world.clock.advance(500)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.score_hundredths, outcome.cause) == ("submitted", 6000, "staff")
    assert (outcome.ended_ms, outcome.by_person) == (ordered_ms, by)
    told = await world.services.desk.pulse(pen, world.now_ms)
    assert (told.word, told.close_reason, told.outcome) == (Word.CLOSED, "staff", "submitted")
    async with world.services.database.reading() as tx:
        [line] = await audit.newest(tx, object_kind="attempt", object_id=pen.attempt_id)
    assert (line.act, line.person_id, line.facts["entry"]) == ("hand_in_for", by, entry.id)


async def test_what_is_acknowledged_until_the_sitting_hears_of_it_counts(world: World) -> None:
    pen = await a_page_with_answers(world)
    await ordered(world, pen.attempt_id)
    right = await world.right_answers(pen.attempt_id)
    saved = await world.services.desk.save(pen, Operation(90, "a", 31, 0, right[31]), world.now_ms + 100)
    assert saved.word is Word.SAVED
    await world.services.sweeper.sweep(world.now_ms + 200)
    assert (await world.outcome(pen.attempt_id)).score_hundredths == 6300


async def test_ordered_twice_and_at_once_it_is_one_entry_and_one_outcome(world: World) -> None:
    pen = await a_page_with_answers(world)
    both = await asyncio.gather(ordered(world, pen.attempt_id), ordered(world, pen.attempt_id))
    assert both[0] == both[1]
    await asyncio.gather(*(world.services.sweeper.sweep(world.now_ms) for _ in range(2)))
    assert await ordered(world, pen.attempt_id) == both[0]
    await world.outcome(pen.attempt_id)


@pytest.mark.parametrize(("before_ms", "is_refused"), [(1, False), (0, True), (-1, True)])
async def test_at_the_deadline_the_rules_end_an_attempt_not_staff(
    world: World, before_ms: int, is_refused: bool
) -> None:
    pen = await a_page_with_answers(world)
    world.clock.move_to((await world.attempt(pen.attempt_id)).base_deadline_ms - before_ms)
    told = await ordered(world, pen.attempt_id)
    assert isinstance(told, Refusal) is is_refused
    if is_refused:
        assert told == Refusal(Reason.NOT_RUNNING, Next.NONE)


async def test_nobody_hands_himself_in_here_and_nobody_what_has_ended(world: World) -> None:
    pen = await a_page_with_answers(world)
    assert await ordered(world, pen.attempt_id, pen.owner_id) == Refusal(Reason.TWO_PERSONS_REQUIRED, Next.NONE)
    await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert await ordered(world, pen.attempt_id) == Refusal(Reason.NOT_RUNNING, Next.NONE)
    assert await waiting(world) == 0


async def test_a_hand_in_by_the_candidate_that_came_between_stands(world: World) -> None:
    pen = await a_page_with_answers(world)
    await ordered(world, pen.attempt_id)
    world.clock.advance(1_000)
    await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.cause, outcome.ended_ms, outcome.by_person) == ("hand_in", world.now_ms, None)
    assert await world.services.sweeper.sweep(world.now_ms) == 0
    assert await waiting(world) == 0


async def test_a_give_up_after_the_order_comes_too_late(world: World) -> None:
    """The page had not heard yet that it was handed in."""
    pen = await a_page_with_answers(world)
    ordered_ms = world.now_ms
    await ordered(world, pen.attempt_id)
    world.clock.advance(1_000)
    await world.services.finisher.by_page(pen, CloseReason.GIVE_UP, world.now_ms)
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.cause, outcome.ended_ms) == ("submitted", "staff", ordered_ms)


async def test_an_order_that_redis_hears_of_after_the_deadline_counts_from_its_own_time(
    world_on_a_line: World, line: Line
) -> None:
    """Facts first: SQL said so in time; Redis was away for an hour."""
    world = world_on_a_line
    pen = await a_page_with_answers(world)
    ordered_ms = world.now_ms
    await ordered(world, pen.attempt_id)
    line.cut()
    with pytest.raises(live.Unavailable):
        await world.services.sweeper.sweep(world.now_ms)
    world.clock.advance(90 * MINUTE_MS)
    line.mend()
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.score_hundredths, outcome.ended_ms) == ("submitted", 6000, ordered_ms)


@pytest.mark.parametrize("reason", [CloseReason.DEADLINE, CloseReason.PAGE_LEAVE])
async def test_a_sitting_that_was_closed_for_another_reason_after_the_order_is_handed_in(
    world: World, reason: CloseReason
) -> None:
    pen = await a_page_with_answers(world)
    entry = await ordered(world, pen.attempt_id)
    assert isinstance(entry, Entry)
    deadline_ms = (await world.attempt(pen.attempt_id)).base_deadline_ms
    ends_ms = deadline_ms if reason is CloseReason.DEADLINE else entry.at_ms
    await world.services.desk.close(pen.attempt_id, 1, reason, ends_ms, deadline_ms + 40_000)
    world.clock.move_to(deadline_ms + 40_000)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.cause, outcome.ended_ms) == ("submitted", "staff", entry.at_ms)


@pytest.mark.parametrize(
    ("script", "carried_out"),
    [(CLOSE, False), (CLOSE, True), (SETTLE, False), (SETTLE, True)],
    ids=["close unheard", "close heard", "settle unheard", "settle heard"],
)
async def test_a_hand_in_that_broke_off_between_its_steps_is_made_good(
    world_on_a_line: World, line: Line, script: Script, carried_out: bool
) -> None:
    world = world_on_a_line
    pen = await a_page_with_answers(world)
    ordered_ms = world.now_ms
    await ordered(world, pen.attempt_id)
    line.cut_at(script, carried_out=carried_out)
    if script is CLOSE:
        with pytest.raises(live.Unavailable):
            await world.services.sweeper.sweep(world.now_ms)
        assert await waiting(world) == 1
    else:
        await world.services.sweeper.sweep(world.now_ms)
    line.mend()
    world.clock.advance(1_000)
    await world.services.sweeper.sweep(world.now_ms)
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.ended_ms, await waiting(world)) == ("submitted", ordered_ms, 0)


@pytest.mark.parametrize("statement", ["INSERT INTO entries", "INSERT INTO outbox", "INSERT INTO audit"])
async def test_an_order_is_written_whole_or_not_at_all(world: World, statement: str) -> None:
    pen, by = await a_page_with_answers(world), await agent(world)
    with sql_failing_at(world.services.database, statement), pytest.raises(Unavailable):
        await ordered(world, pen.attempt_id, by)
    assert await waiting(world) == 0
    assert await world.services.sweeper.sweep(world.now_ms) == 0
    assert (await world.services.desk.pulse(pen, world.now_ms)).word is Word.ALIVE
    assert isinstance(await ordered(world, pen.attempt_id, by), Entry)


async def test_what_staff_have_handed_in_gets_no_more_time(world: World) -> None:
    pen = await a_page_with_answers(world)
    await ordered(world, pen.attempt_id)
    order = TimeOrder(
        attempt_id=pen.attempt_id,
        minutes=10,
        by_person=await agent(world),
        reason_category="platform",
        reason="断网",
        ticket="KF-2",
        nonce="n",
    )
    told = await world.ordered(extra_time.KIND, order)
    assert told == Refusal(Reason.NOT_RUNNING, Next.NONE)


async def test_an_order_needs_a_reason(world: World) -> None:
    order = HandInOrder(attempt_id=1, by_person=1, reason_category="platform", reason=" ", ticket="")
    with pytest.raises(ValueError, match="reason"):
        await world.ordered(hand_ins.KIND, order)
