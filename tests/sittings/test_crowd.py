"""Many that hand in at once: what waits together is recorded together, and each is told his own."""

import asyncio
from dataclasses import dataclass

from examengine.live import CloseReason, Pen, Standing
from examengine.live.slots import slot_of
from examengine.records import archives, enrolments, evidence, outcomes, proof, slots
from examengine.records.enrolments import Enrolment
from examengine.records.errors import Unavailable
from examengine.records.exams import Exam
from examengine.records.history import find_ended_with_history
from examengine.refusals import Reason, Refusal
from examengine.sittings.finish import Ended
from examengine.sittings.together import Closed, Together
from tests.faults import sql_away, sql_failing_at
from tests.kinds import an_exam_of_every_kind, best_answers
from tests.world import World

MINUTE_MS = 60_000
TOO_EARLY = {"exam.min_minutes_before_submit": 30}

Told = Ended | Refusal | Standing


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of a crowd, at his page."""

    enrolment: Enrolment
    attempt_id: int
    pen: Pen


async def a_crowd(world: World, size: int = 5, exam: Exam | None = None) -> list[Candidate]:
    """Candidates in one exam, every one with one right answer more than the one before."""
    found = []
    for n, enrolment in enumerate(await world.crowd(exam or await world.exam(), size), start=1):
        attempt_id = await world.started(enrolment)
        pen = await world.pen(attempt_id, enrolment.person_id)
        right = await world.right_answers(attempt_id)
        await world.answer(pen, {position: right[position] for position in range(1, n + 1)})
        found.append(Candidate(enrolment, attempt_id, pen))
    return found


async def hand_in(world: World, *crowd: Candidate, reason: CloseReason = CloseReason.HAND_IN) -> list[Told]:
    """All at once, each a millisecond after the one before."""
    by_page = world.services.finisher.by_page
    return await asyncio.gather(*(by_page(one.pen, reason, world.now_ms + n) for n, one in enumerate(crowd)))


def outcome_of(told: Told | BaseException) -> outcomes.Outcome:
    assert isinstance(told, Ended), told
    return told.outcome


async def test_everyone_of_a_crowd_gets_his_own_result_and_receipt_from_one_transaction(world: World) -> None:
    crowd = await a_crowd(world)
    told = [outcome_of(one) for one in await hand_in(world, *crowd)]
    assert [(one.attempt_id, one.score_hundredths) for one in told] == [
        (one.attempt_id, 200 * n) for n, one in enumerate(crowd, start=1)
    ]
    assert [one.ended_ms for one in told] == [world.now_ms + n for n in range(len(crowd))]
    assert {(one.state, one.cause, one.recorded_ms) for one in told} == {
        ("submitted", "hand_in", world.now_ms + len(crowd) - 1)  # one transaction: the stamp of the last of them
    }
    async with world.services.database.writing() as tx:
        await evidence.link_waiting(tx, None, world.now_ms)
    receipts = set()
    async with world.services.database.reading() as tx:
        facts = {
            fact.ref: fact.digest async for page in evidence.all_links(tx) for fact in page if fact.kind == "attempt"
        }
        for n, (one, outcome) in enumerate(zip(crowd, told, strict=True), start=1):
            assert await outcomes.series(tx, one.attempt_id) == (outcome,)
            found = await find_ended_with_history(tx, one.attempt_id)
            assert found is not None
            final, receipt = found[2].final, found[2].receipt
            assert final is not None
            assert receipt is not None
            assert (len(final.answers), receipt.answered, receipt.ended_ms) == (n, n, outcome.ended_ms)
            receipts.add(receipt.number)
            archive = await archives.find_archive(tx, one.attempt_id)
            assert archive is not None
            assert proof.archive_fault(archive, facts[one.attempt_id]) is None
    assert len(receipts) == len(crowd)
    for one in crowd:
        standing = await world.services.desk.read(one.attempt_id, world.now_ms)
        assert (standing.state, standing.outcome) == ("closed", "submitted")


async def test_who_gives_up_hands_in_what_people_mark_or_comes_too_early_is_told_so_among_many(world: World) -> None:
    crowd = await a_crowd(world, 3)
    [early] = await a_crowd(world, 1, await world.exam(TOO_EARLY))
    essay = await world.enrolled(await an_exam_of_every_kind(world), await world.person())
    essay_id = await world.started(essay)
    writer = Candidate(essay, essay_id, await world.pen(essay_id, essay.person_id))
    await world.answer(writer.pen, await best_answers(world, essay_id, essay="核对发件人。"))
    both = await asyncio.gather(
        hand_in(world, crowd[0], early, writer, crowd[1]), hand_in(world, crowd[2], reason=CloseReason.GIVE_UP)
    )
    first, too_early, written, second, gave_up = (*both[0], *both[1])
    assert [outcome_of(one).score_hundredths for one in (first, second)] == [200, 400]
    assert isinstance(too_early, Refusal)
    assert too_early.reason is Reason.TOO_EARLY_TO_SUBMIT
    assert await world.series(early.attempt_id) == ()
    assert outcome_of(written).reason == "awaiting_marking"
    assert (outcome_of(gave_up).state, outcome_of(gave_up).cause) == ("forced_exit", "give_up")


async def test_one_after_his_deadline_is_refused_among_those_who_have_time(world: World) -> None:
    [late] = await a_crowd(world, 1)
    world.clock.advance(10 * MINUTE_MS)
    crowd = await a_crowd(world, 3)
    world.clock.move_to((await world.attempt(late.attempt_id)).base_deadline_ms)
    first, refused, *others = await hand_in(world, crowd[0], late, *crowd[1:])
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.NOT_RUNNING
    assert {outcome_of(one).state for one in (first, *others)} == {"submitted"}
    assert await world.series(late.attempt_id) == ()


async def test_one_whom_somebody_else_holds_keeps_nobody_waiting(world: World) -> None:
    """A person at the desk has the enrolment open. SQLite's writer is alone: there everybody waits for him."""
    crowd = await a_crowd(world)
    async with world.services.database.writing() as tx:
        await enrolments.lock_enrolment(tx, crowd[1].enrolment.id)
        asked = [asyncio.create_task(hand_in(world, one)) for one in crowd]
        if not tx.is_sqlite:
            await asyncio.wait([task for n, task in enumerate(asked) if n != 1], timeout=5)
            assert [task.done() for task in asked] == [True, False, True, True, True]
    told = [outcome_of(one) for task in asked for one in await task]
    assert [one.score_hundredths for one in told] == [200 * n for n in range(1, 6)]


async def test_two_pages_of_one_attempt_in_one_batch_are_told_the_same(world: World) -> None:
    crowd = await a_crowd(world, 3)
    told = [outcome_of(one) for one in await hand_in(world, crowd[0], crowd[1], crowd[0], crowd[2], crowd[0])]
    assert told[0] == told[2] == told[4]
    assert [len(await world.series(one.attempt_id)) for one in crowd] == [1, 1, 1]


async def test_what_was_given_or_rebuilt_meanwhile_is_left_to_be_ended_by_itself(world: World) -> None:
    """Extra time that was written after the hand-in was read, and a sitting put together again."""
    crowd, services = await a_crowd(world, 3), world.services
    known = await services.finisher.load([one.attempt_id for one in crowd])
    sittings = [await services.desk.hand_in(one.pen, CloseReason.HAND_IN, world.now_ms) for one in crowd]
    await world.extra_time(crowd[0].enrolment, crowd[0].attempt_id, 15)
    async with services.database.writing() as tx:
        await slots.raise_generations(tx, slot_of(crowd[1].attempt_id), [crowd[1].attempt_id])
    together = Together(services.database, services.desk, services.shelf, services.prober)
    closed = zip(crowd, sittings, strict=True)
    told = await together.record([Closed(known[one.attempt_id], at, world.now_ms) for one, at in closed])
    assert [one is not None for one in told] == [False, False, True]
    outcome = outcome_of((await hand_in(world, crowd[0]))[0])
    assert outcome.deadline_ms == known[crowd[0].attempt_id].closing.deadline_ms + 15 * MINUTE_MS


async def test_where_sql_goes_away_in_the_middle_all_is_closed_and_recorded_later(world: World) -> None:
    crowd = await a_crowd(world)
    with sql_failing_at(world.services.database, "INSERT INTO receipts"):
        broken = await asyncio.gather(*(hand_in(world, one) for one in crowd), return_exceptions=True)
    assert {type(one) for one in broken} == {Unavailable}
    closed_ms = world.now_ms
    for one in crowd:
        assert await world.series(one.attempt_id) == ()
        assert (await world.services.desk.read(one.attempt_id, world.now_ms)).state == "closing"
    world.clock.advance(5_000)
    told = [outcome_of(one) for one in await hand_in(world, *crowd)]
    assert [(one.score_hundredths, one.ended_ms) for one in told] == [(200 * n, closed_ms) for n in range(1, 6)]


async def test_while_sql_is_away_everyone_is_closed_and_told_so(world: World) -> None:
    crowd = await a_crowd(world, 3)
    async with sql_away(world.services.database):
        broken = await asyncio.gather(*(hand_in(world, one) for one in crowd), return_exceptions=True)
    assert {type(one) for one in broken} == {Unavailable}
    closed_ms = world.now_ms
    world.clock.advance(5_000)
    assert {outcome_of(one).ended_ms for one in await hand_in(world, *crowd)} == {closed_ms}
