"""Enrolments, rounds, learning, cards, entries, approvals."""

from typing import Any

import pytest

from examengine.records import approvals, attempts, cards, enrolments, entries
from examengine.records.cards import NewCard
from examengine.records.database import Database
from examengine.records.entries import NewEntry
from examengine.records.errors import Conflict, Missing
from examengine.records.vault import Vault
from examengine.records.words import TWO_PERSON_ENTRIES, Decision, EntryKind
from tests.databases import counted
from tests.records.builders import DIGEST, T0, Place, a_person, a_place, an_attempt, an_exam


def an_entry(place: Place, by: int, **changes: Any) -> NewEntry:
    values: dict[str, Any] = {
        "enrolment_id": place.enrolment.id,
        "kind": EntryKind.GRANT,
        "amount": 1,
        "by_person": by,
        "reason_category": "phone",
        "reason": "三次未通过，电话申请",
        "ticket": "T-1",
        "source": "form:1",
    }
    return NewEntry(**{**values, **changes})


async def test_enrolling_twice_is_one_enrolment(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        exam, person_id = await an_exam(tx), await a_person(tx, vault)
        first, is_new = await enrolments.enrol(tx, exam.id, person_id, 2014, DIGEST, T0)
        again, is_new_again = await enrolments.enrol(tx, exam.id, person_id, 2014, DIGEST, T0 + 1)
        earlier, _ = await enrolments.enrol(tx, exam.id, person_id, 2013, DIGEST, T0)
        lines = await enrolments.list_of_person(tx, person_id)
        assert (is_new, is_new_again, first) == (True, False, again)
        assert [line.enrolment for line in lines] == [earlier, first]
        assert lines[0].exam_title == exam.title
        assert await enrolments.get_enrolment(tx, first.id) == first == await enrolments.lock_enrolment(tx, first.id)
        assert await enrolments.find_enrolment(tx, exam.id, person_id, 2012) is None
        assert (await enrolments.of_people(tx, [person_id], 2014)) == {person_id: (first,)}
        for act in (enrolments.get_enrolment(tx, 999), enrolments.lock_enrolment(tx, 999)):
            with pytest.raises(Missing):
                await act


async def test_a_round_is_opened_once_per_source_and_numbered(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
        second, is_new = await enrolments.open_round(tx, place.enrolment.id, "card", 2, "card:17", T0)
        again, is_new_again = await enrolments.open_round(tx, place.enrolment.id, "card", 2, "card:17", T0)
    assert (place.round.no, second.no, is_new, is_new_again) == (1, 2, True, False)
    assert again == second


async def test_the_newest_learning_of_the_newest_round_is_found(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        exam = await an_exam(tx)
        places = [await a_place(tx, vault, no, exam) for no in range(3)]
        for percent in (10, 100):
            await enrolments.report_learning(tx, places[0].enrolment.id, 1, percent, "import:1", T0 + percent)
        await enrolments.report_learning(tx, places[1].enrolment.id, 1, 50, "import:1", T0)
        await enrolments.open_round(tx, places[1].enrolment.id, "grant", 1, "entry:1", T0)
        ids = [place.enrolment.id for place in places]
        with counted(database) as statements:
            found = await enrolments.newest_rounds(tx, ids)
    assert [found[enrolment_id] for enrolment_id in ids] == [(1, 100), (2, None), (1, None)]
    assert len(statements) == 1


async def test_a_percentage_beyond_a_hundred_is_a_conflict(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
    with pytest.raises(Conflict):
        async with database.writing() as tx:
            await enrolments.report_learning(tx, place.enrolment.id, 1, 101, "import:1", T0)


async def test_a_card_opens_one_round(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
        new = [NewCard("1001", vault.card_code_hash("1001", "8888"), "", None), NewCard("1002", b"2", "450702", T0)]
        await cards.add_cards(tx, new, T0)
        found = await cards.find_cards(tx, ["1001", "1002", "1003"])
        assert set(found) == {"1001", "1002"}
        assert found["1001"].code_hash == vault.card_code_hash("1001", "8888")
        assert found["1001"].code_hash != vault.card_code_hash("1001", "8889")
        card = await cards.lock_card(tx, "1001")
        assert await cards.book_out(tx, card.id, T0 + 1, "450702")
        assert not await cards.book_out(tx, card.id, T0 + 2, "450702")
        assert await cards.use_card(tx, card.id, place.round.id, T0 + 3)
        assert not await cards.use_card(tx, card.id, place.round.id, T0 + 4)
        used = await cards.find_card(tx, "1001")
        assert used is not None
        assert (used.booked_out_ms, used.region, used.round_id, used.used_ms) == (
            T0 + 1,
            "450702",
            place.round.id,
            T0 + 3,
        )
        assert await cards.block(tx, found["1002"].id, T0)
        assert not await cards.block(tx, found["1002"].id, T0)
        assert await cards.find_card(tx, "1003") is None
        with pytest.raises(Missing):
            await cards.lock_card(tx, "1003")


async def test_the_same_form_twice_is_one_entry(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place, by = await a_place(tx, vault), await a_person(tx, vault, 2)
        entry, is_new = await entries.add_entry(tx, an_entry(place, by), T0)
        again, is_new_again = await entries.add_entry(tx, an_entry(place, by, reason="又一次"), T0 + 1)
        assert (is_new, is_new_again) == (True, False)
        assert entry == again == await entries.get_entry(tx, entry.id)
        with pytest.raises(Missing):
            await entries.get_entry(tx, 999)


async def test_an_entry_is_undone_once(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place, by = await a_place(tx, vault), await a_person(tx, vault, 2)
        entry, _ = await entries.add_entry(tx, an_entry(place, by), T0)
        undo = an_entry(place, by, kind=EntryKind.UNDO, amount=None, undoes=entry.id, source="form:2")
        await entries.add_entry(tx, undo, T0)
    again = an_entry(place, by, kind=EntryKind.UNDO, amount=None, undoes=entry.id, source="form:3")
    with pytest.raises(Conflict):
        async with database.writing() as tx:
            await entries.add_entry(tx, again, T0)


@pytest.mark.parametrize("kind", TWO_PERSON_ENTRIES)
@pytest.mark.parametrize("second", ["none", "the same"])
async def test_what_needs_two_persons_is_a_conflict_with_one(
    database: Database, vault: Vault, kind: EntryKind, second: str
) -> None:
    async with database.writing() as tx:
        place, by = await a_place(tx, vault), await a_person(tx, vault, 2)
        attempt, _ = await attempts.begin(tx, an_attempt(place))
    second_person = None if second == "none" else by
    entry = an_entry(place, by, kind=kind, attempt_id=attempt.id, second_person=second_person)
    with pytest.raises(Conflict):
        async with database.writing() as tx:
            await entries.add_entry(tx, entry, T0)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": EntryKind.UNDO, "undoes": None},
        {"kind": EntryKind.GRANT, "amount": None},
        {"kind": "present"},
        {"kind": EntryKind.VOID, "second_person": 1, "attempt_id": None},
    ],
    ids=["an undo of nothing", "a grant of nothing", "an unknown kind", "a void of nothing"],
)
async def test_an_entry_that_makes_no_sense_is_a_conflict(
    database: Database, vault: Vault, changes: dict[str, Any]
) -> None:
    async with database.writing() as tx:
        place, by = await a_place(tx, vault), await a_person(tx, vault, 2)
    with pytest.raises(Conflict):
        async with database.writing() as tx:
            await entries.add_entry(tx, an_entry(place, by, **changes), T0)


async def test_a_second_person_decides_once(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
        first, second = await a_person(tx, vault, 2), await a_person(tx, vault, 3)
        asked = await approvals.ask(
            tx, place.enrolment.person_id, place.enrolment.id, {"kind": "void", "attempt": 1}, first, T0
        )
        other = await approvals.ask(
            tx, place.enrolment.person_id, place.enrolment.id, {"kind": "void", "attempt": 2}, first, T0 + 1
        )
        with counted(database) as statements:
            waiting = await approvals.list_waiting(tx)
        assert [request.id for request in waiting] == [asked, other]
        assert len(statements) == 1
        entry, _ = await entries.add_entry(tx, an_entry(place, first, second_person=second), T0 + 2)
        assert await approvals.decide(tx, asked, Decision.APPROVED, second, entry.id, T0 + 2)
        assert not await approvals.decide(tx, asked, Decision.REFUSED, second, None, T0 + 3)
        assert await approvals.decide(tx, other, Decision.REFUSED, second, None, T0 + 3)
        assert await approvals.list_waiting(tx) == ()
        decided = await approvals.get_approval(tx, asked)
        assert (decided.decision, decided.decided_by, decided.entry_id) == (Decision.APPROVED, second, entry.id)
        assert decided.act == {"kind": "void", "attempt": 1}
        assert [request.id for request in await approvals.of_enrolment(tx, place.enrolment.id)] == [asked, other]
        with pytest.raises(Missing):
            await approvals.get_approval(tx, 999)


async def test_nobody_approves_what_he_asked_for(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place, person = await a_place(tx, vault), await a_person(tx, vault, 2)
        asked = await approvals.ask(tx, place.enrolment.person_id, place.enrolment.id, {}, person, T0)
    with pytest.raises(Conflict):
        async with database.writing() as tx:
            await approvals.decide(tx, asked, Decision.APPROVED, person, None, T0)
