"""Standing accommodations: carried into every enrolment, told to running sittings, taken back by counter-entries."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from examengine.records import accommodations as kept
from examengine.records import approvals, audit, entries, people
from examengine.records.accommodations import Accommodation
from examengine.records.as_rules import closing_of
from examengine.records.enrolments import Enrolment
from examengine.records.entries import Entry
from examengine.records.errors import Missing
from examengine.records.history import EnrolmentRecord, load_history
from examengine.records.tables import accommodations as table
from examengine.records.words import Decision, EntryKind, Role
from examengine.refusals import Reason, Refusal
from examengine.rules.closing import grace_ms
from examengine.rules.rulebook import Rulebook
from examengine.sittings.contract import Contract, contract_of
from examengine.support import accommodations, second
from examengine.support.accommodation_effects import carried, with_it, without
from examengine.support.accommodations import ACCOMMODATE, END_ACCOMMODATION, AccommodationOrder, EndOrder
from examengine.support.acts import Asked, Means, act
from tests.support.sitting import MINUTE, agent
from tests.world import World

DAY = 24 * 60 * MINUTE


async def order(world: World, person_id: int, by: int, **changed: object) -> AccommodationOrder:
    """25 per cent more from today for a month, with nothing for breaks."""
    async with world.services.database.reading() as tx:
        sealed = await accommodations.sealed(tx, world.services.vault, person_id, "残疾人证 4507020001")
    made = AccommodationOrder(
        person_id=person_id,
        percent=25,
        minutes=None,
        breaks_minutes=0,
        document_sealed=sealed,
        begins_ms=world.now_ms - 60 * MINUTE,
        expires_ms=world.now_ms + 30 * DAY,
        ordered_ms=world.now_ms,
        by_person=by,
        reason_category="document",
        reason="核对过原件",
        ticket="KF-1",
        nonce="n",
    )
    return replace(made, **changed)  # type: ignore[arg-type]


async def give(world: World, wanted: AccommodationOrder) -> Asked | Refusal | Entry | None:
    return await act(world.services.database, Means(world.services.shelf), ACCOMMODATE, wanted, world.now_ms)


async def given(world: World, person_id: int, **changed: object) -> Accommodation:
    """An accommodation in force."""
    by = await agent(world)
    assert await give(world, await order(world, person_id, by, **changed)) is None
    return (await of_person(world, person_id))[-1]


async def end(world: World, accommodation_id: int, by: int) -> Asked | Refusal | Entry | None:
    wanted = EndOrder(
        accommodation_id=accommodation_id,
        by_person=by,
        reason_category="wrong_entry",
        reason="记错了人",
        ticket="KF-2",
    )
    return await act(world.services.database, Means(world.services.shelf), END_ACCOMMODATION, wanted, world.now_ms)


async def of_person(world: World, person_id: int) -> tuple[Accommodation, ...]:
    async with world.services.database.reading() as tx:
        return await kept.of_person(tx, person_id)


async def record_of(world: World, enrolment: Enrolment) -> tuple[EnrolmentRecord, Rulebook]:
    async with world.services.database.reading() as tx:
        record = await load_history(tx, enrolment.id)
        return record, await world.services.shelf.rulebook(tx, record.enrolment.rulebook_digest)


async def minutes_of_a_start(world: World, enrolment: Enrolment) -> float:
    """How long an attempt would last that started now."""
    record, rulebook = await record_of(world, enrolment)
    contract = contract_of(rulebook, record, world.now_ms)
    assert isinstance(contract, Contract)
    return (contract.deadline_ms - world.now_ms) / MINUTE


async def deadline(world: World, enrolment: Enrolment) -> int:
    """The deadline of the running attempt by SQL."""
    record, rulebook = await record_of(world, enrolment)
    return closing_of(rulebook, record, record.attempts[-1]).deadline_ms


async def test_every_enrolment_of_the_person_gets_it_now_and_later(world: World) -> None:
    person_id, other = await world.person(), await world.person(name="李四")
    first = await world.enrolled(await world.exam(), person_id)
    someone_else = await world.enrolled(await world.exam(), other)
    await given(world, person_id, breaks_minutes=10)
    later = await world.enrolled(await world.exam({"exam.minutes": 40}), person_id)
    assert await minutes_of_a_start(world, first) == 60 + 15 + 10
    assert await minutes_of_a_start(world, later) == 40 + 10 + 10
    assert await minutes_of_a_start(world, someone_else) == 60
    record, _rulebook = await record_of(world, later)
    sources = [(entry.kind, entry.amount, entry.source) for entry in record.entries]
    [one] = await of_person(world, person_id)
    assert sources == [
        (EntryKind.ACCOMMODATE_PERCENT, 25, f"accommodation:{one.id}:{later.id}"),
        (EntryKind.ACCOMMODATE_MINUTES, 10, f"accommodation:{one.id}:{later.id}:breaks"),
    ]


async def test_an_enrolment_without_a_round_gets_it_as_well(world: World) -> None:
    """Where a card opens the exam there is nothing but the enrolment at first."""
    person_id = await world.person()
    cards = {"enrolment.mode": "card", "card.required": True, "exam.on_exhausted": "buy_card"}
    enrolment = await world.enrolled(await world.exam(cards), person_id, learned=False)
    one = await given(world, person_id)
    record, rulebook = await record_of(world, enrolment)
    assert record.rounds == ()
    assert [entry.amount for entry in record.entries] == [25]
    change = carried(rulebook, without(record, one), record, one.begins_ms, world.now_ms)
    assert (change.before, change.full_after_ms - change.full_before_ms) == (None, 15 * MINUTE)


async def test_a_running_sitting_hears_of_it_with_its_next_pulse(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    before_ms = (await world.services.desk.pulse(pen, world.now_ms)).deadline_ms
    one = await given(world, person_id)
    await world.services.pusher.push_waiting(world.now_ms)
    told = await world.services.desk.pulse(pen, world.now_ms)
    assert (told.deadline_ms, told.deadline_reason) == (before_ms + 15 * MINUTE, "extra_time")
    assert await end(world, one.id, await agent(world, "陈芳")) is None
    await world.services.pusher.push_waiting(world.now_ms)
    assert (await world.services.desk.pulse(pen, world.now_ms)).deadline_ms == before_ms
    record, _rulebook = await record_of(world, enrolment)
    assert [(e.kind, e.undoes) for e in record.entries] == [
        (EntryKind.ACCOMMODATE_PERCENT, None),
        (EntryKind.UNDO, record.entries[0].id),
    ]


async def test_a_form_sent_many_times_at_once_is_one_accommodation(world: World) -> None:
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam(), person_id)
    wanted = await order(world, person_id, await agent(world))
    told = await asyncio.gather(*(give(world, wanted) for _ in range(4)))
    assert told == [None] * 4
    assert len(await of_person(world, person_id)) == 1
    assert await minutes_of_a_start(world, enrolment) == 75


async def test_several_add_up_and_with_them_extra_time(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    base_ms = await deadline(world, enrolment)
    await given(world, person_id)
    await given(world, person_id, percent=None, minutes=5, nonce="m")
    await world.extra_time(enrolment, attempt_id, 10)
    assert await deadline(world, enrolment) == base_ms + (15 + 5 + 10) * MINUTE


async def test_who_is_enrolled_in_the_same_moment_gets_it_too(world: World) -> None:
    """The enrolment and the accommodation do not see each other's rows: one waits for the other."""
    person_id, by, exam = await world.person(), await agent(world), await world.exam()
    wanted = await order(world, person_id, by)
    for turn in range(4):
        exam = await world.exam({"exam.minutes": 60 + turn})
        told, enrolment = await asyncio.gather(
            give(world, replace(wanted, nonce=f"n{turn}")), world.enrolled(exam, person_id, learned=False)
        )
        assert told is None
        record, _rulebook = await record_of(world, enrolment)
        assert len(record.entries) == turn + 1


@pytest.mark.parametrize(
    ("changed", "asks"),
    [
        ({"percent": 30}, False),
        ({"percent": 31}, True),
        ({"percent": None, "minutes": 20}, False),
        ({"percent": None, "minutes": 21}, True),
        ({"breaks_minutes": 15}, False),
        ({"breaks_minutes": 16}, True),
        ({"expires_ms": None}, True),
    ],
)
async def test_a_large_one_or_one_for_good_waits_for_a_second_person(
    world: World, changed: dict[str, object], asks: bool
) -> None:
    person_id = await world.person()
    told = await give(world, await order(world, person_id, await agent(world), **changed))
    assert isinstance(told, Asked) is asks
    assert len(await of_person(world, person_id)) == (0 if asks else 1)


@pytest.mark.parametrize(("days", "asks"), [(366, False), (367, True)])
async def test_one_for_longer_than_a_year_waits_for_a_second_person(world: World, days: int, asks: bool) -> None:
    person_id = await world.person()
    wanted = await order(world, person_id, await agent(world))
    told = await give(world, replace(wanted, expires_ms=wanted.begins_ms + days * DAY))
    assert isinstance(told, Asked) is asks


async def test_after_ten_in_a_day_an_agent_needs_a_second_person(world: World) -> None:
    by = await agent(world)
    wanted = await order(world, await world.person(), by)
    for turn in range(10):
        assert await give(world, replace(wanted, nonce=f"n{turn}")) is None
    assert isinstance(await give(world, replace(wanted, nonce="eleventh")), Asked)
    world.clock.advance(DAY + 1)
    assert await give(world, replace(wanted, nonce="next day", ordered_ms=world.now_ms)) is None


async def test_a_second_person_gives_what_was_asked_for(world: World) -> None:
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam(), person_id)
    by, other = await agent(world), await agent(world, "陈芳")
    asked = await give(world, await order(world, person_id, by, percent=50, expires_ms=None))
    assert isinstance(asked, Asked)
    assert await minutes_of_a_start(world, enrolment) == 60
    means = Means(world.services.shelf)

    async def decide(by_person: int) -> Refusal | None:
        return await second.decide(
            world.services.database, means, asked.approval_id, Decision.APPROVED, by_person, world.now_ms
        )

    for nobody in (by, person_id):
        refused = await decide(nobody)
        assert isinstance(refused, Refusal)
        assert refused.reason is Reason.TWO_PERSONS_REQUIRED
    assert await decide(other) is None
    assert await decide(other) is None
    assert await minutes_of_a_start(world, enrolment) == 90
    [one] = await of_person(world, person_id)
    assert (one.by_person, one.second_person) == (by, other)
    assert isinstance(await end(world, one.id, by), Asked), "what two persons made takes two persons"
    assert await minutes_of_a_start(world, enrolment) == 90


async def test_nobody_accommodates_himself(world: World) -> None:
    both = await world.person(Role.CANDIDATE, Role.SUPPORT)
    told = await give(world, await order(world, both, both))
    assert isinstance(told, Refusal)
    assert told.reason is Reason.TWO_PERSONS_REQUIRED
    one = await given(world, both)
    told = await end(world, one.id, both)
    assert isinstance(told, Refusal)
    assert (await of_person(world, both))[0].end is None


async def test_what_has_ended_is_not_carried_into_later_enrolments(world: World) -> None:
    person_id = await world.person()
    first = await world.enrolled(await world.exam(), person_id)
    over = await given(world, person_id)
    await given(world, person_id, percent=10, nonce="short", expires_ms=world.now_ms + DAY)
    by = await agent(world, "陈芳")
    told = await asyncio.gather(*(end(world, over.id, by) for _ in range(3)))
    assert told == [None] * 3
    world.clock.advance(DAY)
    later = await world.enrolled(await world.exam({"exam.minutes": 40}), person_id)
    assert await minutes_of_a_start(world, first) == 60
    assert (await record_of(world, later))[0].entries == ()
    said = (await of_person(world, person_id))[0].end
    assert said is not None
    assert (said.by_person, said.reason) == (by, "记错了人")


@pytest.mark.parametrize("left_ms", [-1, 0, 1])
async def test_time_that_a_running_attempt_has_used_is_not_taken_back(world: World, left_ms: int) -> None:
    person_id, enrolment, _attempt_id = await world.a_candidate_in_an_exam()
    without_ms = await deadline(world, enrolment)
    one = await given(world, person_id)
    world.clock.advance(without_ms - left_ms - world.now_ms)
    told = await end(world, one.id, await agent(world, "陈芳"))
    if left_ms > 0:
        assert told is None
        assert await deadline(world, enrolment) == without_ms
    else:
        assert isinstance(told, Refusal)
        assert told.reason is Reason.TIME_ALREADY_USED
        assert await deadline(world, enrolment) == without_ms + 15 * MINUTE


async def test_an_attempt_begun_before_it_expires_keeps_it(world: World) -> None:
    person_id, enrolment, _attempt_id = await world.a_candidate_in_an_exam()
    base_ms = await deadline(world, enrolment)
    await given(world, person_id, expires_ms=world.now_ms + 1)
    world.clock.advance(MINUTE)
    assert await deadline(world, enrolment) == base_ms + 15 * MINUTE
    await given(world, person_id, nonce="later", begins_ms=world.now_ms)
    assert await deadline(world, enrolment) == base_ms + 15 * MINUTE, "it began before this one does"


async def test_what_is_shown_before_is_what_comes(world: World) -> None:
    """The window's end cuts the time given: the effect says what is missing."""
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam(), person_id)
    record, rulebook = await record_of(world, enrolment)
    closes_ms = 1_798_732_800_000  # the first instant of 2027 in China
    shown = await order(world, person_id, 0, breaks_minutes=10, expires_ms=closes_ms)
    supposed = accommodations.supposed(shown)
    before = carried(rulebook, record, with_it(record, supposed), supposed.begins_ms, world.now_ms)
    one = await given(world, person_id, breaks_minutes=10, expires_ms=closes_ms)
    assert before.after is not None
    assert await minutes_of_a_start(world, enrolment) == (before.after.deadline_ms - world.now_ms) / MINUTE == 85
    assert (before.missing_ms, before.runs) == (0, False)

    world.clock.advance(closes_ms - 70 * MINUTE - world.now_ms)
    await given(world, person_id, nonce="late", minutes=10, percent=None, expires_ms=closes_ms)
    await world.started(enrolment)
    running, _rulebook = await record_of(world, enrolment)
    gone = carried(rulebook, running, without(running, one), one.begins_ms, world.now_ms)
    assert gone.runs
    assert gone.before is not None
    assert gone.after is not None
    assert (gone.before.deadline_ms, gone.after.deadline_ms) == (closes_ms, closes_ms)
    more = carried(rulebook, running, with_it(running, supposed), supposed.begins_ms, world.now_ms)
    assert more.full_after_ms - more.full_before_ms == more.missing_ms > 0


async def test_one_that_ends_after_the_deadline_moves_nothing_that_is_over(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    record, rulebook = await record_of(world, enrolment)
    world.clock.advance(await deadline(world, enrolment) + grace_ms(rulebook) + 5_000 - world.now_ms)
    await world.services.finisher.look_at(attempt_id, world.now_ms)
    before = await world.outcome(attempt_id)
    await given(world, person_id)
    await world.services.pusher.push_waiting(world.now_ms)
    assert await world.outcome(attempt_id) == before
    assert record.attempts[0].id == attempt_id


async def test_what_it_rests_on_stands_under_the_persons_key_alone(world: World) -> None:
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam(), person_id)
    by = await agent(world)
    await give(world, await order(world, person_id, by, percent=90))
    one = await given(world, person_id)
    vault = world.services.vault
    async with world.services.database.reading() as tx:
        assert await kept.documents_of(tx, vault, [one]) == {one.id: "残疾人证 4507020001"}
        [row] = await tx.rows(select(table))
        [asked] = await approvals.list_waiting(tx)
        lines = [line.facts for line in await audit.newest(tx, object_kind="person")]
        ledger = [entry.reason for entry in await entries.list_of_enrolment(tx, enrolment.id)]
    for said in (repr(tuple(row)), repr(asked), repr(lines), repr(ledger)):
        assert "残疾" not in said
    async with world.services.database.writing() as tx:
        await people.erase_person(tx, person_id, world.now_ms)
    async with world.services.database.reading() as tx:
        assert await kept.documents_of(tx, vault, [one]) == {one.id: ""}
        with pytest.raises(Missing):
            await accommodations.sealed(tx, vault, person_id, "又一份")


@pytest.mark.parametrize(
    "changed",
    [
        {"percent": None},
        {"percent": 101},
        {"percent": None, "minutes": 121},
        {"breaks_minutes": 61},
        {"breaks_minutes": -1},
        {"minutes": 5},
        {"expires_ms": 0},
        {"reason": " "},
    ],
)
async def test_out_of_bounds_nothing_is_written(world: World, changed: dict[str, object]) -> None:
    person_id = await world.person()
    first, other = await agent(world), await agent(world, "陈芳")
    try:
        asked = await give(world, await order(world, person_id, first, **changed))
        assert isinstance(asked, Asked)
        means = Means(world.services.shelf)
        database, approved = world.services.database, Decision.APPROVED
        await second.decide(database, means, asked.approval_id, approved, other, world.now_ms)
        pytest.fail("it was done")
    except ValueError:
        pass
    assert await of_person(world, person_id) == ()
