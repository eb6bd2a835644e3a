"""Our fault is never the candidate's: what an outage over a deadline comes to, and how we know that there was one."""

import asyncio
import contextlib

import pytest
from structlog.testing import capture_logs

from examengine import live
from examengine.live import CloseReason, Operation, Pen, Word
from examengine.records import hearing as records
from examengine.records.errors import Unavailable
from examengine.records.hearing import ALL_SLOTS, SLOTS, Stretch
from examengine.records.words import CaseKind
from examengine.rules.hearing import GAP_MS, Deaf
from examengine.sittings.finish import Ended
from examengine.sittings.hearing import ENOUGH_MS, Prober
from tests.faults import Line, sql_away
from tests.sittings.listening import cases, heard
from tests.world import World

MINUTE_MS = 60_000
FINAL_MS = 32_000
PRESENCE_MS = 90_000
LEAVING = {"exam.forced_exit.detect": "page_leave", "exam.forced_exit.page_leave_grace_seconds": 30}


async def stretches(world: World) -> list[Stretch]:
    async with world.services.database.reading() as tx:
        return list(await records.stretches(tx, 0))


async def a_sitting(world: World, override: dict[str, object] | None = None) -> tuple[Pen, int]:
    """A page with thirty right answers (60 points), and the deadline."""
    person_id, _, attempt_id = await world.a_candidate_in_an_exam(override)
    pen = await world.pen(attempt_id, person_id)
    right = await world.right_answers(attempt_id)
    await world.answer(pen, {position: right[position] for position in range(1, 31)})
    return pen, (await world.attempt(attempt_id)).base_deadline_ms


async def seen_at(world: World, pen: Pen, at_ms: int) -> None:
    assert (await world.services.desk.pulse(pen, at_ms)).word is Word.ALIVE


async def sweep_at(world: World, now_ms: int) -> int:
    world.clock.move_to(now_ms)
    return await world.services.sweeper.sweep(now_ms)


# ── what an outage over a deadline comes to ──


async def test_whoever_was_present_when_we_became_deaf_is_handed_in_and_listed(world: World) -> None:
    """Redis stopped from a minute before the deadline until a minute after it."""
    pen, deadline_ms = await a_sitting(world)
    deaf_from_ms = deadline_ms - MINUTE_MS
    await seen_at(world, pen, deaf_from_ms - PRESENCE_MS)
    await heard(world, (0, deaf_from_ms), (deadline_ms + MINUTE_MS, deadline_ms + 2 * MINUTE_MS))
    assert await sweep_at(world, deadline_ms + 2 * MINUTE_MS) == 1
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.score_hundredths, outcome.cause) == ("auto_submitted", 6000, "deadline")
    assert outcome.ended_ms == deadline_ms
    [case] = await cases(world, pen.attempt_id)
    assert (case.kind, case.deaf) == (CaseKind.AUTO_SUBMITTED, Deaf(deaf_from_ms, deadline_ms))
    assert (case.seen_ms, case.waits) == (deaf_from_ms - PRESENCE_MS, False)


@pytest.mark.parametrize("before_ms", [1, 10 * MINUTE_MS])
async def test_whoever_was_not_there_then_is_neither_absent_nor_present_without_a_person(
    world: World, before_ms: int
) -> None:
    pen, deadline_ms = await a_sitting(world)
    deaf_from_ms = deadline_ms - MINUTE_MS
    await seen_at(world, pen, deaf_from_ms - PRESENCE_MS - before_ms)
    await heard(world, (0, deaf_from_ms), (deadline_ms + MINUTE_MS, deadline_ms + 200 * MINUTE_MS))
    for later_ms in (0, 1_000, MINUTE_MS, 100 * MINUTE_MS):
        assert await sweep_at(world, deadline_ms + 2 * MINUTE_MS + later_ms) == 0
    assert await world.services.finisher.look_at(pen.attempt_id, world.now_ms) is None
    assert await world.series(pen.attempt_id) == ()
    [case] = await cases(world, pen.attempt_id)
    assert (case.kind, case.waits) == (CaseKind.UNDECIDED, True)
    sitting = await world.services.desk.read(pen.attempt_id, world.now_ms)
    assert (sitting.state, len(sitting.given)) == ("closing", 30)
    saved = await world.services.desk.save(pen, Operation(99, "a", 50, 0, "a"), world.now_ms)
    assert saved.word is Word.CLOSED


@pytest.mark.parametrize(("more_ms", "kinds"), [(-1, []), (0, []), (1, [CaseKind.UNDECIDED])])
async def test_an_outage_that_ended_presence_seconds_before_the_deadline_changes_nothing(
    world: World, more_ms: int, kinds: list[CaseKind]
) -> None:
    pen, deadline_ms = await a_sitting(world)
    until_ms = deadline_ms - PRESENCE_MS + more_ms
    await heard(world, (0, until_ms - MINUTE_MS), (until_ms, deadline_ms + MINUTE_MS))
    await sweep_at(world, deadline_ms + MINUTE_MS)
    assert [case.kind for case in await cases(world, pen.attempt_id)] == kinds
    assert [outcome.state for outcome in await world.series(pen.attempt_id)] == (
        [] if kinds else ["expired_no_score"]
    )


async def test_one_slot_that_was_deaf_concerns_its_own_sittings_only(world: World) -> None:
    one, deadline_ms = await a_sitting(world)
    other, _ = await a_sitting(world)
    deaf_slot = 1 << one.attempt_id % 64
    await heard(world, (0, deadline_ms - MINUTE_MS), (deadline_ms + 1_000, deadline_ms + MINUTE_MS))
    async with world.services.database.writing() as tx:
        others = ALL_SLOTS & ~deaf_slot
        await records.begin(tx, deadline_ms - MINUTE_MS, others, until_ms=deadline_ms + 1_000)
    assert await sweep_at(world, deadline_ms + MINUTE_MS) == 1
    assert (await world.outcome(other.attempt_id)).state == "expired_no_score"
    assert await world.series(one.attempt_id) == ()


async def test_nothing_is_decided_while_no_proof_covers_the_deadline(world_on_a_line: World, line: Line) -> None:
    """SQL and Redis answer again, but we do not know yet whether we could hear at the deadline: we ask at once."""
    world = world_on_a_line
    pen, deadline_ms = await a_sitting(world)
    await seen_at(world, pen, deadline_ms - 2 * MINUTE_MS)
    await heard(world, (0, deadline_ms - MINUTE_MS))
    world.clock.move_to(deadline_ms + FINAL_MS)
    line.cut()
    with pytest.raises(live.Unavailable):
        await world.services.sweeper.sweep(world.now_ms)
    assert await world.services.prober.deaf(pen.attempt_id % 64, 0, deadline_ms, world.now_ms) is None
    line.mend()
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    assert (await world.outcome(pen.attempt_id)).state == "auto_submitted"
    assert (await stretches(world))[-1].began_ms == world.now_ms


async def test_time_before_the_first_proof_was_not_heard(world: World) -> None:
    """All the time since his last sign of life: he was there when it began."""
    pen, deadline_ms = await a_sitting(world)
    await heard(world, (deadline_ms - PRESENCE_MS + 1, deadline_ms + MINUTE_MS))
    assert await sweep_at(world, deadline_ms + MINUTE_MS) == 1
    assert [case.kind for case in await cases(world, pen.attempt_id)] == [CaseKind.AUTO_SUBMITTED]


@pytest.mark.parametrize("seen_before_ms", [0, 20 * MINUTE_MS])
async def test_where_only_a_hand_in_of_ones_own_counts_an_outage_leaves_it_to_a_person(
    world: World, seen_before_ms: int
) -> None:
    """Present or not, he could not hand in."""
    pen, deadline_ms = await a_sitting(world, {"exam.timeout.connected": "no_score_fail"})
    await seen_at(world, pen, deadline_ms - MINUTE_MS - seen_before_ms)
    await heard(world, (0, deadline_ms - MINUTE_MS), (deadline_ms + 1_000, deadline_ms + MINUTE_MS))
    assert await sweep_at(world, deadline_ms + MINUTE_MS) == 0
    assert [case.kind for case in await cases(world, pen.attempt_id)] == [CaseKind.UNDECIDED]


async def test_where_what_was_saved_is_marked_anyway_nobody_has_to_decide(world: World) -> None:
    pen, deadline_ms = await a_sitting(world, {"exam.interruption.unresumed": "grade_saved"})
    await heard(world, (0, deadline_ms - MINUTE_MS), (deadline_ms + 1_000, deadline_ms + MINUTE_MS))
    assert await sweep_at(world, deadline_ms + MINUTE_MS) == 1
    assert (await world.outcome(pen.attempt_id)).score_hundredths == 6000


async def test_who_handed_in_himself_during_an_outage_of_others_is_no_case(world: World) -> None:
    pen, deadline_ms = await a_sitting(world)
    await heard(world, (0, 1))
    ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, deadline_ms - 1)
    assert isinstance(ended, Ended)
    assert await cases(world, pen.attempt_id) == ()


@pytest.mark.parametrize("seen_ms", [0, -10 * MINUTE_MS])
async def test_redis_stopped_over_a_deadline_from_beginning_to_end(
    world_on_a_line: World, line: Line, seen_ms: int
) -> None:
    """With a prober as it runs in production, every five seconds. One candidate was there when Redis stopped, the
    other had gone long before.
    """
    world, prober = world_on_a_line, a_prober(world_on_a_line)
    pen, deadline_ms = await a_sitting(world)
    stops_ms, back_ms = deadline_ms - 30_000, deadline_ms + 45_000
    await heard(world, (0, stops_ms - 60_000))
    for at_ms in range(stops_ms - 60_000, back_ms + 20_000, 5_000):
        world.clock.move_to(at_ms)
        if at_ms == stops_ms:
            await seen_at(world, pen, stops_ms - 1_000 + seen_ms)
            line.cut()
        if at_ms == back_ms:
            line.mend()
        with contextlib.suppress(live.Unavailable):
            await prober.prove(world.now_ms)
            await world.services.sweeper.sweep(world.now_ms)
    kinds = [case.kind for case in await cases(world, pen.attempt_id)]
    states = [outcome.state for outcome in await world.series(pen.attempt_id)]
    if seen_ms == 0:
        assert (states, kinds) == (["auto_submitted"], [CaseKind.AUTO_SUBMITTED])
    else:
        assert (states, kinds) == ([], [CaseKind.UNDECIDED])


# ── a page that is left ──


async def a_page_left(world: World) -> tuple[Pen, int]:
    pen, _ = await a_sitting(world, LEAVING)
    left_ms = world.now_ms + MINUTE_MS
    await world.services.desk.leave(pen, 50, left_ms)
    return pen, left_ms


@pytest.mark.parametrize(("deaf_for_ms", "ends"), [(0, True), (1, False)])
async def test_a_leave_that_expires_while_we_may_be_deaf_is_no_forced_exit(
    world: World, deaf_for_ms: int, ends: bool
) -> None:
    pen, left_ms = await a_page_left(world)
    heard_again_ms = left_ms + deaf_for_ms
    await heard(world, (0, heard_again_ms - GAP_MS - 1), (heard_again_ms, left_ms + MINUTE_MS))
    assert await sweep_at(world, left_ms + 30_000 + 2_000) == int(ends)
    if ends:
        assert (await world.outcome(pen.attempt_id)).state == "forced_exit"
        return
    assert [case.kind for case in await cases(world, pen.attempt_id)] == [CaseKind.LEAVE_EXCUSED]
    assert (await world.services.desk.pulse(pen, world.now_ms)).word is Word.ALIVE


async def test_a_page_that_comes_back_too_late_by_our_fault_goes_on(world: World) -> None:
    pen, left_ms = await a_page_left(world)
    back_ms = left_ms + 5 * MINUTE_MS
    await heard(world, (0, left_ms + 1_000), (back_ms - 1_000, back_ms))
    world.clock.move_to(back_ms)
    assert (await world.services.desk.pulse(pen, back_ms)).word is Word.FORCED
    ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, back_ms)
    assert isinstance(ended, Ended)
    assert (ended.outcome.state, ended.outcome.score_hundredths) == ("submitted", 6000)


async def test_a_page_that_stays_away_after_an_excuse_is_absent_at_the_deadline(world: World) -> None:
    pen, left_ms = await a_page_left(world)
    deadline_ms = (await world.attempt(pen.attempt_id)).base_deadline_ms
    await heard(world, (0, left_ms), (left_ms + 20_000, deadline_ms + MINUTE_MS))
    assert await sweep_at(world, left_ms + 33_000) == 0
    assert await sweep_at(world, deadline_ms + FINAL_MS) == 1
    assert (await world.outcome(pen.attempt_id)).state == "expired_no_score"


# ── how we know ──


def a_prober(world: World, *, moved_clocks: bool = False) -> Prober:
    """As another process has it."""
    services = world.services
    return Prober(services.database, services.desk, services.clock, moved_clocks=moved_clocks)


async def test_proofs_without_a_gap_are_one_stretch(world: World) -> None:
    began_ms, prober = world.now_ms, a_prober(world)
    for _ in range(4):
        world.clock.advance(5_000)
        await prober.prove(world.now_ms)
    [one] = await stretches(world)
    assert (one.began_ms, one.until_ms, one.slots) == (began_ms, began_ms + 20_000, ALL_SLOTS)


@pytest.mark.parametrize(("gap_ms", "count"), [(GAP_MS - 1, 1), (GAP_MS, 1), (GAP_MS + 1, 2)])
async def test_a_longer_gap_between_proofs_was_deaf(world: World, gap_ms: int, count: int) -> None:
    began_ms, prober = world.now_ms, a_prober(world)
    world.clock.advance(gap_ms)
    await prober.prove(world.now_ms)
    assert len(await stretches(world)) == count
    deaf = await prober.deaf(7, began_ms, world.now_ms, world.now_ms)
    assert deaf == (() if count == 1 else (Deaf(began_ms, world.now_ms),))


async def test_a_worker_leaves_it_at_the_proof_that_another_has_just_made(world: World) -> None:
    one, other = a_prober(world), a_prober(world)
    world.clock.advance(ENOUGH_MS + 1)
    await one.prove(world.now_ms)
    before = await stretches(world)
    world.clock.advance(ENOUGH_MS)
    await other.prove(world.now_ms)
    assert await stretches(world) == before
    world.clock.advance(1)
    await asyncio.gather(one.prove(world.now_ms), other.prove(world.now_ms))
    assert {stretch.until_ms for stretch in await stretches(world)} == {world.now_ms}


async def test_without_redis_or_sql_nothing_is_proved_and_it_is_said_once(world_on_a_line: World, line: Line) -> None:
    world, prober = world_on_a_line, a_prober(world_on_a_line)
    before = await stretches(world)
    world.clock.advance(5_000)
    line.cut()
    with pytest.raises(live.Unavailable):
        await prober.prove(world.now_ms)
    line.mend()
    async with sql_away(world.services.database):
        with pytest.raises(Unavailable):
            await prober.prove(world.now_ms)
    assert await stretches(world) == before
    with capture_logs() as logs:
        prober._say(hears=False, error="x")
        prober._say(hears=False, error="x")
        await prober.prove(world.now_ms)
    assert [log["event"] for log in logs] == ["deaf", "hears_again"]


async def test_a_slot_without_a_fence_is_not_heard(world: World) -> None:
    await world.services.calls.command("DEL", "{07}:fence")
    world.clock.advance(60_000)
    prober = a_prober(world)
    await prober.prove(world.now_ms)
    newest = (await stretches(world))[-1]
    assert [slot for slot in range(SLOTS) if not newest.has(slot)] == [7]
    assert await prober.deaf(7, world.now_ms - 1, world.now_ms, world.now_ms) is None


async def test_a_clock_that_leaps_ahead_was_deaf_but_not_in_a_demo_whose_clock_is_moved(world: World) -> None:
    real, moved = a_prober(world), a_prober(world, moved_clocks=True)
    world.clock.advance(5_000)
    await moved.prove(world.now_ms)
    world.clock.advance(60 * MINUTE_MS)
    await moved.prove(world.now_ms)
    assert len(await stretches(world)) == 1
    world.clock.advance(60 * MINUTE_MS)
    await real.prove(world.now_ms)
    assert len(await stretches(world)) == 2


async def test_in_a_demo_silence_is_measured_in_real_time_once_somebody_proves(world: World) -> None:
    real_ms = 0
    services = world.services
    prober = Prober(services.database, services.desk, services.clock, moved_clocks=True, real_ms=lambda: real_ms)
    task = asyncio.create_task(prober.run())
    world.clock.advance(6_000)
    while (await stretches(world))[-1].until_ms != world.now_ms:
        await asyncio.sleep(0.01)
    world.clock.advance(60 * MINUTE_MS)
    real_ms += GAP_MS + 1
    await prober.prove(world.now_ms)
    task.cancel()
    assert len(await stretches(world)) == 2


async def test_a_clock_that_goes_back_takes_back_what_is_to_come(world: World) -> None:
    began_ms, prober = world.now_ms, a_prober(world)
    for _ in range(10):
        world.clock.advance(5_000)
        await prober.prove(world.now_ms)
    world.clock.advance(-30_000)
    with capture_logs() as logs:
        await prober.prove(world.now_ms)
    assert [log["event"] for log in logs] == ["clock_went_back"]
    [one] = await stretches(world)
    assert (one.began_ms, one.until_ms) == (began_ms, world.now_ms)
