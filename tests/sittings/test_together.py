"""Many sittings that end at the same minute: recorded together, exactly as one by one."""

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from examengine import live
from examengine.live import CloseReason, Standing
from examengine.records import archives, evidence, outcomes, proof, results
from examengine.records.as_rules import closing_of
from examengine.records.enrolments import Enrolment
from examengine.records.history import find_attempt_with_history, find_ended_with_history
from examengine.records.results import Asked
from examengine.sittings.ending import hand_in_entry
from examengine.sittings.known import read_known
from tests.sittings.test_sweep import spoil
from tests.world import World

MINUTE_MS = 60_000
FINAL_MS = 32_000


@pytest.fixture(autouse=True)
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("examengine.sittings.sweep.MANY", 3)


async def a_house(world: World, size: int = 6) -> tuple[list[Enrolment], list[int], int]:
    """Candidates with one deadline, who have answered and are there; enrolments, attempts, deadline."""
    enrolments = await world.crowd(await world.exam(), size)
    ids = [await world.started(enrolment) for enrolment in enrolments]
    deadline_ms = (await world.attempt(ids[0])).base_deadline_ms
    right = await world.right_answers(ids[0])
    for enrolment, attempt_id in zip(enrolments, ids, strict=True):
        pen = await world.pen(attempt_id, enrolment.person_id)
        await world.answer(pen, {1: right[1], 2: "b"})
        await world.services.desk.pulse(pen, deadline_ms - 1)
    return enrolments, ids, deadline_ms


async def sweep_at(world: World, now_ms: int) -> int:
    world.clock.move_to(now_ms)
    return await world.services.sweeper.sweep(now_ms)


async def one_by_one(world: World, ids: list[int], now_ms: int) -> None:
    world.clock.move_to(now_ms)
    for attempt_id in ids:
        await world.services.finisher.when_due(attempt_id, now_ms)


def but_numbers(outcome: outcomes.Outcome) -> outcomes.Outcome:
    return replace(outcome, id=0, attempt_id=0, key_version="", score_hundredths=None, result=None, reason="")


async def test_what_is_recorded_together_is_what_would_be_recorded_one_by_one(world: World) -> None:
    enrolments, ids, deadline_ms = await a_house(world)
    ended = await world.services.finisher.all_due(
        (await world.services.finisher.load(ids[:3])).values(), deadline_ms + FINAL_MS
    )
    assert ended == set(ids[:3])
    await one_by_one(world, ids[3:], deadline_ms + FINAL_MS)
    told = [await world.outcome(attempt_id) for attempt_id in ids]
    assert {outcome.state for outcome in told} == {"auto_submitted"}
    assert len({but_numbers(outcome) for outcome in told}) == 1
    async with world.services.database.writing() as tx:
        await evidence.link_waiting(tx, None, world.now_ms)
    async with world.services.database.reading() as tx:
        found = [await find_ended_with_history(tx, attempt_id) for attempt_id in ids]
        left = [one[2] for one in found if one is not None]
        lines = [results.find_result(tx, enrolment.id) for enrolment in enrolments]
        stood = [await line for line in lines]
        shares = await results.rates(tx, Asked(enrolments[0].exam_id, enrolments[0].credit_year))
        journals = [await archives.get_journal(tx, attempt_id) for attempt_id in ids]
        facts = {
            fact.ref: fact.digest async for page in evidence.all_links(tx) for fact in page if fact.kind == "attempt"
        }
        kept = await archives.find_archives(tx, ids)
    assert all(one.final and one.receipt and len(one.final.answers) == 2 for one in left)
    assert [line and (line.attempt_id, line.standing) for line in stood] == [
        (outcome.attempt_id, results.standing_of(outcome.result)) for outcome in told
    ]
    assert sum(rates.sat for rates in shares.values()) == sum(rates.enrolled for rates in shares.values()) == len(ids)
    assert all(lines[-1].startswith(f"z {deadline_ms + FINAL_MS} deadline") for lines in journals)
    for attempt_id in ids:
        archived = kept[attempt_id]
        assert isinstance(archived, archives.Archived)
        assert proof.archive_fault(archived, facts[attempt_id]) is None
        standing = await world.services.desk.read(attempt_id, world.now_ms)
        assert (standing.state, standing.outcome) == ("closed", "auto_submitted")


async def test_one_that_is_faulty_is_left_and_the_others_end(world: World) -> None:
    _, ids, deadline_ms = await a_house(world)
    await spoil(world, ids[2])
    with capture_logs() as logs:
        assert await sweep_at(world, deadline_ms + FINAL_MS) == len(ids) - 1
    assert [log["attempt"] for log in logs if log["event"] == "attempt_not_ended"] == [ids[2]]
    assert await world.series(ids[2]) == ()


async def test_what_was_given_meanwhile_keeps_one_from_ending_with_the_others(world: World) -> None:
    """Extra time that was written after the finish was made out, and before it was recorded."""
    enrolments, ids, deadline_ms = await a_house(world)
    known = await world.services.finisher.load(ids)
    world.clock.move_to(deadline_ms + 20_000)
    await world.extra_time(enrolments[1], ids[1], 15)
    world.clock.move_to(deadline_ms + FINAL_MS)
    ended = await world.services.finisher.all_due(known.values(), world.now_ms)
    assert ended == set(ids) - {ids[1]}
    assert await world.services.finisher.when_due(ids[1], world.now_ms) is None
    assert (await world.services.desk.read(ids[1], world.now_ms)).state == "running"


async def test_those_of_which_there_is_something_to_think_end_by_themselves(world: World) -> None:
    enrolments, ids, deadline_ms = await a_house(world)
    pen = await world.pen(ids[0], enrolments[0].person_id)
    await world.services.desk.hand_in(pen, CloseReason.HAND_IN, deadline_ms - 5)  # and then the worker was killed
    assert await sweep_at(world, deadline_ms + FINAL_MS) == len(ids)
    assert [(await world.outcome(attempt_id)).cause for attempt_id in ids] == ["hand_in"] + ["deadline"] * 5


async def test_a_transaction_that_fails_costs_nobody_anything(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    _, ids, deadline_ms = await a_house(world)

    def broken(*_args: object, **_more: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr("examengine.records.results.refreshing_all", broken)
    assert await sweep_at(world, deadline_ms + FINAL_MS) == len(ids)
    assert [len(await world.series(attempt_id)) for attempt_id in ids] == [1] * len(ids)


async def test_a_process_that_is_gone_before_the_tombstones_leaves_them_to_the_next(world: World) -> None:
    _, ids, deadline_ms = await a_house(world)
    settle = world.services.desk.settle

    async def away(*_args: object, **_more: object) -> Standing:
        raise live.Unavailable("gone")

    world.services.desk.settle = away  # type: ignore[method-assign]
    assert await sweep_at(world, deadline_ms + FINAL_MS) == len(ids)
    world.services.desk.settle = settle  # type: ignore[method-assign]
    told = [await world.outcome(attempt_id) for attempt_id in ids]
    assert await sweep_at(world, deadline_ms + FINAL_MS + 1_000) == len(ids)
    assert [await world.series(attempt_id) for attempt_id in ids] == [(outcome,) for outcome in told]
    for attempt_id in ids:
        assert (await world.services.desk.read(attempt_id, world.now_ms)).state == "closed"


async def test_two_that_end_the_same_sittings_record_them_once(world: World) -> None:
    _, ids, deadline_ms = await a_house(world)
    known = await world.services.finisher.load(ids)
    world.clock.move_to(deadline_ms + FINAL_MS)
    finisher = world.services.finisher
    told = await asyncio.gather(*(finisher.all_due(known.values(), world.now_ms) for _ in range(2)))
    for attempt_id in ids:
        await finisher.when_due(attempt_id, world.now_ms)
    assert set().union(*told) == set(ids)
    assert [len(await world.series(attempt_id)) for attempt_id in ids] == [1] * len(ids)


async def test_what_is_read_of_many_at_once_is_what_the_whole_history_says_of_each(world: World) -> None:
    """Of one that has extra time, and of one that has ended; an id that is none is left out."""
    enrolments, ids, _ = await a_house(world, 4)
    world.clock.move_to(world.now_ms + MINUTE_MS)
    await world.extra_time(enrolments[0], ids[0], 15)
    await world.services.finisher.by_page(
        await world.pen(ids[1], enrolments[1].person_id), CloseReason.GIVE_UP, world.now_ms
    )
    database, shelf = world.services.database, world.services.shelf
    many = await read_known(database, shelf, [*ids, max(ids) + 1])
    assert set(many) == set(ids)
    for attempt_id, together in many.items():
        async with database.reading() as tx:
            found = await find_attempt_with_history(tx, attempt_id)
        assert found is not None
        owned, record = found
        row = next(one for one in record.attempts if one.id == attempt_id)
        assert (together.owned, together.row) == (owned, row)
        assert together.closing == closing_of(together.rulebook, record, row)
        assert together.order == hand_in_entry(record, attempt_id)
        assert together.record.entries == record.entries
    assert many[ids[0]].record.entries
    assert many[ids[1]].row.outcome is not None
