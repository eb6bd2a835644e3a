"""Requests that wait for a second person, and the last ones decided, with all that a decision needs."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from examengine.records import approvals, enrolments, people
from examengine.records.approvals import Approval
from examengine.records.database import Database, Reading
from examengine.records.entries import Entry
from examengine.records.history import load_histories
from examengine.records.people import Person
from examengine.records.shapes import json_text
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.support.looking import EnrolmentCase, note_list

MAX_WAITING = 100
MAX_DECIDED = 20


@dataclass(frozen=True, slots=True)
class Request:
    """A request with whose record it is about; ``case`` None: the person as a whole."""

    approval: Approval
    person: Person
    case: EnrolmentCase | None = None

    @property
    def entry(self) -> Entry | None:
        """The entry that it is about."""
        entries = self.case.record.entries if self.case is not None else ()
        return next((entry for entry in entries if entry.id == self.approval.act.get("entry_id")), None)

    @property
    def digest(self) -> str:
        """Names what is decided about: the act, and how the record stood. It changes when either does."""
        stood: list[object] = []
        if self.case is not None:
            record = self.case.record
            stood = [[row.id, row.outcome.id if row.outcome is not None else None] for row in record.attempts]
            stood.append([entry.id for entry in record.entries])
        return hashlib.sha256(json_text([dict(self.approval.act), stood]).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Requests:
    """``names`` of those who asked and decided, by id."""

    waiting: tuple[Request, ...]
    decided: tuple[Request, ...]
    names: Mapping[int, str]


async def list_requests(database: Database, vault: Vault, shelf: Shelf, by_person: int, now_ms: int) -> Requests:
    """Everything that waits, oldest first, and the newest decisions; the look is logged."""
    async with database.reading() as tx:
        waiting = await approvals.list_waiting(tx, MAX_WAITING)
        decided = await approvals.list_decided(tx, MAX_DECIDED)
        loaded = {request.approval.id: request for request in await _loaded(tx, vault, shelf, (*waiting, *decided))}
        acted = {a.asked_by for a in (*waiting, *decided)} | {a.decided_by or a.asked_by for a in decided}
        acted |= {one.entry.by_person for one in loaded.values() if one.entry is not None}
        names = {person.id: person.name for person in (await people.find_people(tx, vault, acted)).values()}
    await note_list(database, by_person, loaded, now_ms)
    return Requests(
        tuple(loaded[a.id] for a in waiting if a.id in loaded),
        tuple(loaded[a.id] for a in decided if a.id in loaded),
        names,
    )


async def get_request(database: Database, vault: Vault, shelf: Shelf, approval_id: int) -> Request:
    """One request.

    Raises:
        Missing: there is none of that id.
    """
    async with database.reading() as tx:
        [request] = await _loaded(tx, vault, shelf, [await approvals.get_approval(tx, approval_id)])
    return request


async def _loaded(tx: Reading, vault: Vault, shelf: Shelf, asked: Sequence[Approval]) -> tuple[Request, ...]:
    records = await load_histories(tx, {a.enrolment_id for a in asked if a.enrolment_id is not None})
    persons = await people.find_people(tx, vault, {a.person_id for a in asked})
    lines = await enrolments.lines_of_people(tx, list(persons))
    by_enrolment = {line.enrolment.id: line for of_person in lines.values() for line in of_person}
    made = []
    for approval in asked:
        person = persons[approval.person_id]
        if approval.enrolment_id is None:
            made.append(Request(approval, person))
            continue
        record, line = records[approval.enrolment_id], by_enrolment[approval.enrolment_id]
        case = EnrolmentCase(line, record, await shelf.rulebook(tx, record.enrolment.rulebook_digest))
        made.append(Request(approval, person, case))
    return tuple(made)
