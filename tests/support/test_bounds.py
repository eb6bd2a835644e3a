"""What an agent may do alone, and what waits for a second person (C6)."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from examengine.records import approvals, audit
from examengine.records.bounds import Bounds
from examengine.records.entries import Entry
from examengine.records.history import load_history
from examengine.records.words import Decision, EntryKind, Measure, Role
from examengine.refusals import Reason, Refusal
from examengine.support import extra_time, grants, patterns, quotas, undo
from examengine.support.acts import Asked
from examengine.support.extra_time import TimeOrder
from examengine.support.grants import GrantOrder
from examengine.support.patterns import Sort
from examengine.support.quotas import DAY_MS, DEFAULTS, REPEATED_MS, Look, Weight, Why
from examengine.support.undo import UndoOrder
from tests.support.sitting import agent, exhausted
from tests.world import World

WHY: dict[str, Any] = {"reason_category": "platform", "reason": "断网", "ticket": "T"}
ATTEMPTS = DEFAULTS[Measure.ATTEMPTS]


def granting(enrolment_id: int, by: int, attempts: int = 1, nonce: str = "n") -> GrantOrder:
    return GrantOrder(enrolment_id=enrolment_id, attempts=attempts, by_person=by, expires_ms=None, nonce=nonce, **WHY)


def adding(attempt_id: int, by: int, minutes: int, nonce: str) -> TimeOrder:
    return TimeOrder(attempt_id=attempt_id, minutes=minutes, by_person=by, nonce=nonce, **WHY)


async def did(world: World, by: int, act: str, at_ms: int, **facts: object) -> None:
    """A line of the audit log, as an act leaves it."""
    async with world.services.database.writing() as tx:
        await audit.append(tx, at_ms, by, act, "enrolment", 1, facts)


async def stands(world: World, by: int, person_id: int, amount: int = 1) -> Look:
    async with world.services.database.reading() as tx:
        return await quotas.look(tx, by, person_id, Weight(Measure.ATTEMPTS, amount), world.now_ms)


@pytest.mark.parametrize(
    ("used", "amount", "why"),
    [
        (ATTEMPTS.per_day - 2, 1, None),
        (ATTEMPTS.per_day - 1, 1, None),
        (ATTEMPTS.per_day, 1, Why.PER_DAY),
        (ATTEMPTS.per_day - 1, 2, Why.PER_DAY),
        (0, ATTEMPTS.at_once, None),
        (0, ATTEMPTS.at_once + 1, Why.AT_ONCE),
    ],
)
async def test_the_edges_of_a_day_and_of_one_act(world: World, used: int, amount: int, why: Why | None) -> None:
    by = await agent(world)
    await did(world, by, "grant", world.now_ms, attempts=used, person=7)
    look = await stands(world, by, 8, amount)
    assert (look.used, look.left, look.why) == (used, ATTEMPTS.per_day - used, why)


@pytest.mark.parametrize(("ago_ms", "counts"), [(DAY_MS - 1, True), (DAY_MS, False), (DAY_MS + 1, False)])
async def test_a_day_is_the_last_24_hours(world: World, ago_ms: int, counts: bool) -> None:
    by = await agent(world)
    await did(world, by, "grant", world.now_ms - ago_ms, attempts=2, person=7)
    assert (await stands(world, by, 8)).used == (2 if counts else 0)


@pytest.mark.parametrize(
    ("times", "ago_ms", "why"),
    [(2, 0, None), (3, 0, Why.ON_ONE_PERSON), (3, REPEATED_MS + 1, None), (4, DAY_MS, Why.ON_ONE_PERSON)],
)
async def test_one_agent_on_one_person_again_and_again(
    world: World, times: int, ago_ms: int, why: Why | None
) -> None:
    by, other = await agent(world), await agent(world)
    for _ in range(times):
        await did(world, by, "grant", world.now_ms - ago_ms, attempts=1, person=7)
    assert (await stands(world, by, 7)).why is why
    assert (await stands(world, by, 8)).why is None
    assert (await stands(world, other, 7)).why is None


async def test_a_large_grant_waits_for_a_second_person_and_counts_for_nobody(world: World) -> None:
    person_id, enrolment = await exhausted(world)
    first, second = await agent(world), await agent(world)
    order = granting(enrolment.id, first, attempts=3)
    asked = [await world.ordered(grants.KIND, order) for _ in range(2)]
    assert isinstance(asked[0], Asked)
    assert asked[0] == asked[1]
    again = await world.ordered(grants.KIND, replace(order, nonce="other form"))
    assert again == asked[0]
    for refused in (first, person_id):
        told = await world.decided(asked[0].approval_id, refused)
        assert isinstance(told, Refusal)
        assert told.reason is Reason.TWO_PERSONS_REQUIRED
    assert await world.decided(asked[0].approval_id, second) is None
    assert await world.decided(asked[0].approval_id, await agent(world), Decision.REFUSED) is None
    async with world.services.database.reading() as tx:
        record = await load_history(tx, enrolment.id)
        approval = await approvals.get_approval(tx, asked[0].approval_id)
        lines = await audit.newest(tx, object_kind="enrolment", object_id=enrolment.id)
    [entry] = record.entries
    assert (entry.kind, entry.amount, entry.by_person, entry.second_person) == (EntryKind.GRANT, 3, first, second)
    assert (approval.entry_id, approval.decided_by, approval.decision) == (entry.id, second, Decision.APPROVED)
    assert [line.act for line in lines] == ["decide_second", "grant", "ask_second"]
    assert (await stands(world, first, person_id)).used == 0
    assert await world.ordered(grants.KIND, order) == entry


async def test_what_two_made_is_taken_back_by_two(world: World) -> None:
    _person, enrolment = await exhausted(world)
    first, second = await agent(world), await agent(world)
    asked = await world.ordered(grants.KIND, granting(enrolment.id, first, attempts=3))
    assert isinstance(asked, Asked)
    await world.decided(asked.approval_id, second)
    async with world.services.database.reading() as tx:
        [entry] = (await load_history(tx, enrolment.id)).entries
    asked = await world.ordered(undo.KIND, UndoOrder(entry_id=entry.id, by_person=first, nonce="u", **WHY))
    assert isinstance(asked, Asked)
    assert await world.decided(asked.approval_id, second) is None
    async with world.services.database.reading() as tx:
        counter = (await load_history(tx, enrolment.id)).entries[-1]
    assert (counter.kind, counter.undoes, counter.second_person) == (EntryKind.UNDO, entry.id, second)


async def test_an_approved_act_that_the_rules_refuse_by_now_stays_undecided(world: World) -> None:
    _person, enrolment = await exhausted(world)
    first, second = await agent(world), await agent(world)
    asked = await world.ordered(grants.KIND, granting(enrolment.id, first, attempts=3))
    assert isinstance(asked, Asked)
    assert isinstance(await world.ordered(grants.KIND, granting(enrolment.id, second, nonce="s")), Entry)
    told = await world.decided(asked.approval_id, second)
    assert isinstance(told, Refusal)
    assert told.reason is Reason.GRANT_NOT_ALLOWED
    async with world.services.database.reading() as tx:
        assert (await approvals.get_approval(tx, asked.approval_id)).decision is None
    assert await world.decided(asked.approval_id, second, Decision.REFUSED) is None


async def test_forms_at_once_share_one_quota(world: World) -> None:
    _person, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    by, head = await agent(world), await world.person(Role.SECURITY)
    await quotas.set_bounds(
        world.services.database, Measure.MINUTES, Bounds(20, 10, on_one_person=100), head, world.now_ms
    )
    orders = (adding(attempt_id, by, 10, f"n{place}") for place in range(4))
    told = await asyncio.gather(*(world.ordered(extra_time.KIND, order) for order in orders))
    assert sum(isinstance(one, Entry) for one in told) == 2
    assert len({one.approval_id for one in told if isinstance(one, Asked)}) == 1


async def test_bounds_are_added_and_the_newest_counts(world: World) -> None:
    head = await world.person(Role.SECURITY)
    database = world.services.database
    for per_day in (10, 10, 20):
        await quotas.set_bounds(database, Measure.ATTEMPTS, Bounds(per_day, 1, 1), head, world.now_ms)
    async with database.reading() as tx:
        assert (await quotas.in_force(tx))[Measure.ATTEMPTS] == Bounds(20, 1, 1)
        assert (await quotas.in_force(tx))[Measure.MINUTES] == DEFAULTS[Measure.MINUTES]
        lines = await audit.newest(tx, object_kind="bounds")
    assert [line.facts["per_day"] for line in lines] == [20, 10]
    for wrong in (Bounds(0, 0, 1), Bounds(1, 2, 1), Bounds(1, 1, 0), Bounds(10_001, 1, 1)):
        with pytest.raises(ValueError, match="bounds"):
            await quotas.set_bounds(database, Measure.ATTEMPTS, wrong, head, world.now_ms)


async def test_what_stands_out_is_listed_and_the_ordinary_is_not(world: World) -> None:
    quiet, busy, second = await agent(world), await agent(world), await agent(world)
    for place in range(3):
        await did(world, busy, "extra_time", world.now_ms + place, minutes=5, person=7)
        await did(world, quiet, "extra_time", world.now_ms + place, minutes=5, person=70 + place)
    await did(world, busy, "let_in", world.now_ms - patterns.LOOK_BACK_MS - 1, person=8)
    for place in range(4):
        await did(world, busy, "grant", world.now_ms + 10 + place, attempts=10, person=100 + place)
    _person, enrolment = await exhausted(world)
    async with world.services.database.writing() as tx:
        for place in range(patterns.PAIR):
            act = {"act": "grant", "enrolment_id": enrolment.id}
            asked = await approvals.ask(tx, enrolment.person_id, enrolment.id, act, quiet, world.now_ms + place)
            await approvals.decide(tx, asked, Decision.APPROVED, second, None, world.now_ms + place)
    async with world.services.database.reading() as tx:
        found = await patterns.find_patterns(tx, world.now_ms + 1000)
    assert {(one.sort, one.agent, one.about, one.count, one.of) for one in found} == {
        (Sort.ONE_PERSON, busy, 7, 3, 3),
        (Sort.MUCH, busy, None, 40, 50),
        (Sort.PAIR, quiet, second, patterns.PAIR, patterns.PAIR),
    }
