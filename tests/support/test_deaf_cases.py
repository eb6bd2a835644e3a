"""What a person decides about attempts that ended while we could not hear: once, with a reason, marked as such."""

import asyncio

import pytest

from examengine.live import Pen
from examengine.records import audit
from examengine.records import hearing as records
from examengine.records.errors import Unavailable
from examengine.records.hearing import Case
from examengine.records.words import CaseDecision
from examengine.refusals import Next, Reason, Refusal
from examengine.support.deaf_cases import CaseOrder, DeafCases, decide_case, list_cases
from tests.faults import sql_failing_at
from tests.sittings.listening import cases, heard
from tests.support.sitting import agent
from tests.world import World

MINUTE_MS = 60_000


async def an_undecided_attempt(world: World) -> Pen:
    """Sixty points saved in the first minute; we were deaf from a minute before the deadline on."""
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    right = await world.right_answers(attempt_id)
    await world.answer(pen, {position: right[position] for position in range(1, 31)})
    deadline_ms = (await world.attempt(attempt_id)).base_deadline_ms
    await heard(world, (0, deadline_ms - MINUTE_MS), (deadline_ms + 1_000, deadline_ms + 40 * MINUTE_MS))
    world.clock.move_to(deadline_ms + 2 * MINUTE_MS)
    await world.services.sweeper.sweep(world.now_ms)
    assert await world.series(attempt_id) == ()
    return pen


async def decided(
    world: World, attempt_id: int, decision: CaseDecision, by_person: int | None = None
) -> Case | Refusal:
    [case] = await cases(world, attempt_id)
    order = CaseOrder(
        case_id=case.id,
        decision=decision,
        by_person=await agent(world) if by_person is None else by_person,
        reason_category="platform",
        reason="机房断电，电话核实过。",
        ticket="KF-9",
    )
    return await decide_case(world.services.database, order, world.now_ms)


async def listed(world: World) -> DeafCases:
    services = world.services
    return await list_cases(services.database, services.vault, services.shelf, await agent(world), world.now_ms)


@pytest.mark.parametrize(
    ("decision", "comes_to"),
    [
        (CaseDecision.HAND_IN, ("auto_submitted", 6000, "pass")),
        (CaseDecision.ABSENT, ("expired_no_score", None, "fail")),
    ],
)
async def test_a_decision_is_recorded_with_who_made_it(
    world: World, decision: CaseDecision, comes_to: tuple[str, int | None, str]
) -> None:
    pen, by = await an_undecided_attempt(world), await agent(world)
    assert [one.case.attempt_id for one in (await listed(world)).waiting] == [pen.attempt_id]
    case = await decided(world, pen.attempt_id, decision, by)
    assert isinstance(case, Case)
    assert (case.decision, case.decided_by, case.decided_ms, case.ticket) == (decision, by, world.now_ms, "KF-9")
    world.clock.advance(5_000)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    outcome = await world.outcome(pen.attempt_id)
    assert (outcome.state, outcome.score_hundredths, outcome.result) == comes_to
    assert (outcome.ended_ms, outcome.by_person) == (outcome.deadline_ms, by)
    shown = await listed(world)
    assert (len(shown.waiting), [one.case.id for one in shown.others]) == (0, [case.id])
    async with world.services.database.reading() as tx:
        [line] = await audit.newest(tx, object_kind="attempt", object_id=pen.attempt_id)
    assert (line.act, line.person_id, line.facts["decision"]) == ("decide_deaf_case", by, decision.value)


async def test_the_first_decision_stands_also_against_another_at_once(world: World) -> None:
    pen = await an_undecided_attempt(world)
    first, second = await asyncio.gather(
        decided(world, pen.attempt_id, CaseDecision.HAND_IN), decided(world, pen.attempt_id, CaseDecision.ABSENT)
    )
    assert first == second
    assert await decided(world, pen.attempt_id, CaseDecision.ABSENT) == first
    await world.services.sweeper.sweep(world.now_ms)
    await world.outcome(pen.attempt_id)


async def test_nobody_decides_about_himself(world: World) -> None:
    pen = await an_undecided_attempt(world)
    told = await decided(world, pen.attempt_id, CaseDecision.HAND_IN, pen.owner_id)
    assert told == Refusal(Reason.TWO_PERSONS_REQUIRED, Next.NONE)


async def test_an_attempt_that_was_voided_meanwhile_waits_no_more(world: World) -> None:
    pen = await an_undecided_attempt(world)
    await world.voided(pen.attempt_id)
    assert (await listed(world)).waiting == ()
    assert await decided(world, pen.attempt_id, CaseDecision.HAND_IN) == Refusal(Reason.NOT_RUNNING, Next.NONE)
    await world.services.sweeper.sweep(world.now_ms)
    assert (await world.outcome(pen.attempt_id)).state == "void"


@pytest.mark.parametrize("statement", ["UPDATE hearing_cases", "UPDATE open_attempts", "INSERT INTO audit"])
async def test_a_decision_is_written_whole_or_not_at_all(world: World, statement: str) -> None:
    pen, by = await an_undecided_attempt(world), await agent(world)
    with sql_failing_at(world.services.database, statement), pytest.raises(Unavailable):
        await decided(world, pen.attempt_id, CaseDecision.HAND_IN, by)
    [case] = await cases(world, pen.attempt_id)
    assert case.decision is None
    assert isinstance(await decided(world, pen.attempt_id, CaseDecision.HAND_IN, by), Case)


async def test_a_record_that_fails_after_a_decision_is_made_good(world: World) -> None:
    pen = await an_undecided_attempt(world)
    await decided(world, pen.attempt_id, CaseDecision.HAND_IN)
    with sql_failing_at(world.services.database, "INSERT INTO outcomes"), pytest.raises(Unavailable):
        await world.services.sweeper.sweep(world.now_ms)
    world.clock.advance(5_000)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    assert (await world.outcome(pen.attempt_id)).score_hundredths == 6000


async def test_a_sitting_that_the_live_side_has_lost_is_left_to_a_person(world: World) -> None:
    """Begun in SQL, never opened: nobody wrote, nobody was heard."""
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    await world.pen(attempt_id, person_id)
    await world.services.calls.command("DEL", f"{{{attempt_id % 64:02d}}}:sitting:{attempt_id}")
    world.clock.advance(90 * MINUTE_MS)
    for _ in range(2):
        assert await world.services.sweeper.sweep(world.now_ms) == 0
    async with world.services.database.reading() as tx:
        assert [case.kind.value for case in await records.list_waiting(tx)] == ["lost"]
    await decided(world, attempt_id, CaseDecision.ABSENT)
    assert await world.services.sweeper.sweep(world.now_ms) == 1
    outcome = await world.outcome(attempt_id)
    assert (outcome.state, outcome.cause) == ("expired_no_score", "deadline")
