"""Grants, extra time, voids and what takes them back, below the web."""

import asyncio
from dataclasses import replace

import pytest

from examengine.records.entries import Entry
from examengine.records.errors import Missing
from examengine.records.history import EnrolmentRecord, load_history
from examengine.records.words import Decision, EntryKind, Role
from examengine.refusals import Reason, Refusal
from examengine.rules.decide import Permission
from examengine.rules.history import State
from examengine.rules.rulebook import Rulebook
from examengine.sittings.contract import Contract, contract_of
from examengine.support import effects, extra_time, grants, undo, voids
from examengine.support.acts import Asked
from examengine.support.extra_time import TimeOrder
from examengine.support.grants import GrantOrder
from examengine.support.undo import UndoOrder
from examengine.support.voids import VoidOrder
from tests.support.sitting import MINUTE, agent, exhausted, sat
from tests.world import World

DAY = 24 * 60 * MINUTE


def order(enrolment_id: int, by: int, **changed: object) -> GrantOrder:
    made = GrantOrder(
        enrolment_id=enrolment_id,
        attempts=1,
        by_person=by,
        reason_category="power",
        reason="停电",
        ticket="T-1",
        expires_ms=None,
        nonce="n",
    )
    return replace(made, **changed)  # type: ignore[arg-type]


async def record_of(world: World, enrolment_id: int) -> tuple[EnrolmentRecord, Rulebook]:
    async with world.services.database.reading() as tx:
        record = await load_history(tx, enrolment_id)
        return record, await world.services.shelf.rulebook(tx, record.enrolment.rulebook_digest)


async def give(world: World, wanted: GrantOrder) -> Entry | Asked | Refusal | None:
    return await world.ordered(grants.KIND, wanted)


async def test_grants_of_different_forms_at_once_open_one_round(world: World) -> None:
    _person, enrolment = await exhausted(world)
    by = await agent(world)
    given = await asyncio.gather(*(give(world, order(enrolment.id, by, nonce=f"n{n}")) for n in range(4)))
    assert sum(isinstance(one, Entry) for one in given) == 1
    assert {one.reason for one in given if isinstance(one, Refusal)} == {Reason.GRANT_NOT_ALLOWED}
    record, _rulebook = await record_of(world, enrolment.id)
    assert len(record.rounds) == 2


async def test_the_same_form_at_once_is_answered_with_one_entry(world: World) -> None:
    _person, enrolment = await exhausted(world)
    by = await agent(world)
    given = await asyncio.gather(*(give(world, order(enrolment.id, by)) for _ in range(4)))
    assert len({one.id for one in given if isinstance(one, Entry)}) == 1
    assert all(isinstance(one, Entry) for one in given)


@pytest.mark.parametrize("moved_ms", [-1, 0, 1])
async def test_an_expiry_lies_after_now_and_not_after_the_window(world: World, moved_ms: int) -> None:
    _person, enrolment = await exhausted(world)
    by = await agent(world)
    record, rulebook = await record_of(world, enrolment.id)
    now_ms, closes_ms = world.now_ms, effects.window_closes_ms(rulebook, record)
    for expires_ms, holds in ((now_ms + moved_ms, moved_ms > 0), (closes_ms + moved_ms, moved_ms <= 0)):
        wanted = order(enrolment.id, by, expires_ms=expires_ms, nonce=str(expires_ms))
        if not holds:
            with pytest.raises(ValueError, match="lapsed already, or outlives"):
                await give(world, wanted)
            continue
        entry = await give(world, wanted)
        assert isinstance(entry, Entry)
        taken = UndoOrder(entry_id=entry.id, by_person=by, reason_category="wrong_entry", reason="试", ticket="")
        assert isinstance(await world.ordered(undo.KIND, taken), Entry)


@pytest.mark.parametrize("changed", [{"attempts": 0}, {"attempts": 4}, {"reason": " "}])
async def test_an_order_out_of_bounds_is_an_error(world: World, changed: dict[str, object]) -> None:
    _person, enrolment = await exhausted(world)
    by = await agent(world)
    do = world.ordered if "reason" in changed else world.performed
    with pytest.raises(ValueError, match=r"attempts|reason"):
        await do(grants.KIND, order(enrolment.id, by, **changed))


async def test_what_does_not_exist_is_missing(world: World) -> None:
    by = await agent(world)
    with pytest.raises(Missing):
        await give(world, order(999, by))
    time = TimeOrder(
        attempt_id=999, minutes=5, by_person=by, reason_category="power", reason="停电", ticket="", nonce="n"
    )
    with pytest.raises(Missing):
        await world.ordered(extra_time.KIND, time)
    taken = UndoOrder(entry_id=999, by_person=by, reason_category="wrong_entry", reason="错", ticket="")
    with pytest.raises(Missing):
        await world.ordered(undo.KIND, taken)


async def test_nobody_acts_for_himself(world: World) -> None:
    own = await world.person(Role.CANDIDATE, Role.SUPPORT)
    other = await agent(world)
    enrolment = await world.enrolled(await world.exam(), own)
    for no in (1, 2):
        await sat(world, enrolment, no)
    attempt_id = await world.started(enrolment, no=3, nonce="3")
    time = TimeOrder(
        attempt_id=attempt_id, minutes=5, by_person=own, reason_category="power", reason="停电", ticket="", nonce="n"
    )
    refused = [
        await give(world, order(enrolment.id, own)),
        await world.ordered(extra_time.KIND, time),
    ]
    entry = await world.ordered(extra_time.KIND, replace(time, by_person=other))
    assert isinstance(entry, Entry)
    taken = UndoOrder(entry_id=entry.id, by_person=own, reason_category="wrong_entry", reason="错", ticket="")
    refused.append(await world.ordered(undo.KIND, taken))
    asked = VoidOrder(attempt_id=attempt_id, by_person=own, reason_category="power", reason="停电", ticket="")
    voided = await world.ordered(voids.KIND, asked)
    approval = await world.ordered(voids.KIND, replace(asked, by_person=other))
    assert isinstance(approval, Asked)
    decided = [await world.decided(approval.approval_id, person) for person in (own, other)]
    for answer in (*refused, voided, *decided):
        assert isinstance(answer, Refusal)
        assert answer.reason is Reason.TWO_PERSONS_REQUIRED


async def test_a_host_whose_clock_is_behind_writes_no_fact_before_the_newest(world: World) -> None:
    _person, enrolment = await exhausted(world)
    by = await agent(world)
    record, _rulebook = await record_of(world, enrolment.id)
    world.clock.advance(record.newest_fact_ms - 2000 - world.now_ms)
    entry = await give(world, order(enrolment.id, by))
    assert isinstance(entry, Entry)
    assert entry.at_ms == record.newest_fact_ms


async def test_an_approved_void_of_what_is_void_by_now_is_refused(world: World) -> None:
    rules = {"exam.forced_exit.outcome": "void", "exam.forced_exit.detect": "page_leave"}
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam(rules)
    services, first, second = world.services, await agent(world), await agent(world)
    asked = VoidOrder(attempt_id=attempt_id, by_person=first, reason_category="power", reason="停电", ticket="")
    approval = await world.ordered(voids.KIND, asked)
    assert isinstance(approval, Asked)
    pen = await world.pen(attempt_id, person_id)
    await services.desk.leave(pen, 1, world.now_ms)
    world.clock.advance(5 * MINUTE)
    await services.sweeper.sweep(world.now_ms)
    assert (await world.outcome(attempt_id)).state == State.VOID
    for decision, reason in ((Decision.APPROVED, Reason.NO_SUCH_ATTEMPT), (Decision.REFUSED, None)):
        told = await world.decided(approval.approval_id, second, decision)
        assert (told.reason if told is not None else None) is reason
    assert len(await world.series(attempt_id)) == 1


@pytest.mark.parametrize("attempts", [1, 3])
@pytest.mark.parametrize("days", [None, 1, 60])
@pytest.mark.parametrize("override", [{}, {"grant.relearn": True}])
async def test_a_preview_is_what_comes_true(
    world: World, attempts: int, days: int | None, override: dict[str, object]
) -> None:
    _person, enrolment = await exhausted(world, override)
    record, rulebook = await record_of(world, enrolment.id)
    expires_ms = None if days is None else world.now_ms + days * DAY
    shown = effects.of_grant(rulebook, record, world.now_ms, attempts, expires_ms)
    wanted = order(enrolment.id, await agent(world), attempts=attempts, expires_ms=expires_ms)
    given = await world.performed(grants.KIND, wanted)
    assert isinstance(given, Entry)
    record, _rulebook = await record_of(world, enrolment.id)
    came = contract_of(rulebook, record, world.now_ms)
    if isinstance(shown.decision, Permission):
        assert isinstance(came, Contract)
        assert (came.round_no, came.no, came.left) == (2, 1, attempts)
        assert came.deadline_ms == shown.decision.closing.deadline_ms
        assert shown.left_after == shown.left_before + attempts == attempts
    else:
        assert came == shown.decision
    shown = effects.of_undo(rulebook, record, given, attempts, world.now_ms)
    taken = UndoOrder(
        entry_id=given.id, by_person=given.by_person, reason_category="wrong_entry", reason="错", ticket=""
    )
    assert isinstance(await world.ordered(undo.KIND, taken), Entry)
    record, _rulebook = await record_of(world, enrolment.id)
    assert contract_of(rulebook, record, world.now_ms) == shown.decision


@pytest.mark.parametrize("right", [0, None])
async def test_a_preview_of_a_void_is_what_comes_true(world: World, right: int | None) -> None:
    person_id = await world.person()
    enrolment = await world.enrolled(
        await world.exam({"exam.attempts": 1, "exam.attempts_labelled_makeup": 0}), person_id
    )
    attempt_id = await sat(world, enrolment, 1, right=right)
    record, rulebook = await record_of(world, enrolment.id)
    shown = effects.of_void(rulebook, record, record.attempts[0], world.now_ms)
    assert effects.gives_place_back(rulebook, record, record.attempts[0])
    await world.voided(attempt_id)
    record, _rulebook = await record_of(world, enrolment.id)
    came = contract_of(rulebook, record, world.now_ms)
    assert isinstance(shown.decision, Permission)
    assert isinstance(came, Contract)
    assert (came.round_no, came.no, came.left) == (shown.decision.round_no, shown.decision.no, shown.left_after)
    assert not effects.gives_place_back(rulebook, record, record.attempts[0])


async def test_what_two_persons_made_is_not_taken_back_by_one(world: World) -> None:
    _person, enrolment = await exhausted(world)
    async with world.services.database.reading() as tx:
        attempt_id = (await load_history(tx, enrolment.id)).attempts[0].id
    await world.voided(attempt_id)
    record, _rulebook = await record_of(world, enrolment.id)
    [entry] = record.entries
    assert entry.kind is EntryKind.VOID
    taken = UndoOrder(
        entry_id=entry.id, by_person=await agent(world), reason_category="wrong_entry", reason="错", ticket=""
    )
    refused = await world.ordered(undo.KIND, taken)
    assert isinstance(refused, Refusal)
    assert refused.reason is Reason.NO_SUCH_ENTRY
