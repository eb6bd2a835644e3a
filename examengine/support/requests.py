"""Requests that wait for a second person, and the last ones decided, with all that a decision needs."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from examengine.records import approvals, enrolments, people
from examengine.records.approvals import Approval
from examengine.records.database import Database, Reading
from examengine.records.history import AttemptRecord, EnrolmentRecord, load_histories
from examengine.records.people import Person
from examengine.records.shapes import json_text
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.rules.rulebook import Rulebook
from examengine.support.looking import note_list

MAX_WAITING = 100
MAX_DECIDED = 20


@dataclass(frozen=True, slots=True)
class Request:
    """A request with the attempt it is about, and whose that is."""

    approval: Approval
    person: Person
    record: EnrolmentRecord
    row: AttemptRecord
    rulebook: Rulebook
    title: str

    @property
    def digest(self) -> str:
        """Names what is decided about: the act, and how the attempt stood. It changes when either does."""
        outcome = self.row.outcome
        seen = [dict(self.approval.act), self.row.id, outcome.id if outcome is not None else None]
        return hashlib.sha256(json_text({"seen": seen}).encode()).hexdigest()[:32]


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
    records = await load_histories(tx, {a.enrolment_id for a in asked})
    persons = await people.find_people(tx, vault, {record.enrolment.person_id for record in records.values()})
    lines = await enrolments.lines_of_people(tx, list(persons))
    titles = {line.enrolment.id: line.exam_title for of_person in lines.values() for line in of_person}
    made = []
    for approval in asked:
        record = records[approval.enrolment_id]
        row = next(a for a in record.attempts if a.id == approval.act["attempt_id"])
        rulebook = await shelf.rulebook(tx, record.enrolment.rulebook_digest)
        person, title = persons[record.enrolment.person_id], titles[approval.enrolment_id]
        made.append(Request(approval, person, record, row, rulebook, title))
    return tuple(made)
