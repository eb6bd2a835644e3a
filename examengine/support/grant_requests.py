"""Candidates ask for make-up study and exam (补学补考, S2024-23); the desk sees the case made out and answers.

Granting is :mod:`examengine.support.grants`: whoever grants attempts, from wherever, answers the request that waits.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from examengine.records import audit, enrolments, grant_requests, people
from examengine.records.database import Database, Reading, Writing
from examengine.records.enrolments import EnrolmentLine, lock_enrolment
from examengine.records.errors import Missing
from examengine.records.grant_requests import NOTE, GrantRequest
from examengine.records.history import EnrolmentRecord, load_histories, load_history
from examengine.records.people import Person
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.records.words import GrantAnswer
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.rulebook import Rulebook
from examengine.support.acts import Kind, Means, Owner, facts_of
from examengine.support.grants import may_grant

MAX_NOTE = 200
MAX_REQUESTS = 5
"""Of one enrolment: whoever was refused so often calls."""


@dataclass(frozen=True, slots=True)
class RequestCase:
    """A request with all that its answer needs; ``note``: what the candidate wrote."""

    request: GrantRequest
    person: Person
    line: EnrolmentLine
    record: EnrolmentRecord
    rulebook: Rulebook
    note: str
    place: int


@dataclass(frozen=True, slots=True)
class RequestQueue:
    """``names`` of those who answered, by id; ``waiting_in_all``: also those beyond the first hundred."""

    waiting: tuple[RequestCase, ...]
    answered: tuple[RequestCase, ...]
    names: Mapping[int, str]
    waiting_in_all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseOrder:
    """What an agent orders. ``answer`` is what the candidate is told. A request is answered once."""

    request_id: int
    answer: str
    by_person: int
    reason_category: str
    reason: str
    ticket: str
    nonce: str = ""
    second_person: int | None = None


def may_ask(
    rulebook: Rulebook, record: EnrolmentRecord, known: Iterable[GrantRequest], now_ms: int
) -> Refusal | None:
    """Why nobody can ask for this enrolment, or None: the desk may grant now, and was not asked too often."""
    refusal = may_grant(rulebook, record, now_ms)
    if refusal is None and sum(one.decision is GrantAnswer.REFUSED for one in known) >= MAX_REQUESTS:
        return Refusal(Reason.GRANT_NOT_ALLOWED, Next.CALL_SUPPORT)
    return refusal


async def ask(
    database: Database, vault: Vault, shelf: Shelf, enrolment_id: int, person_id: int, note: str, stamp_ms: int
) -> GrantRequest | Refusal:
    """Put the candidate's request into the queue; one that waits already is answered instead.

    Raises:
        Missing: there is no such enrolment, or it is another person's.
    """
    async with database.writing() as tx:
        enrolment = await lock_enrolment(tx, enrolment_id)
        if enrolment.person_id != person_id:
            raise Missing("enrolment", enrolment_id)
        before = await grant_requests.of_enrolment(tx, enrolment_id)
        waiting = next((one for one in before if one.waits), None)
        if waiting is not None:
            return waiting
        record = await load_history(tx, enrolment_id)
        rulebook = await shelf.rulebook(tx, enrolment.rulebook_digest)
        now_ms = max(stamp_ms, record.newest_fact_ms)
        refusal = may_ask(rulebook, record, before, now_ms)
        if refusal is not None:
            return refusal
        sealed = None
        if note:
            sealed = (await people.ciphers_of(tx, vault, [person_id]))[person_id].seal(NOTE, note[:MAX_NOTE])
        request, _is_new = await grant_requests.ask(tx, enrolment_id, sealed, now_ms)
        await audit.append(
            tx, now_ms, person_id, "ask_for_attempts", "enrolment", enrolment_id, {"request": request.id}
        )
        return request


async def withdraw(database: Database, request_id: int, person_id: int, now_ms: int) -> bool:
    """Take a request out of the queue for the candidate who put it there; False where it waits no more.

    Raises:
        Missing: there is no such request, or it is another person's.
    """
    async with database.writing() as tx:
        request = await grant_requests.get(tx, request_id)
        enrolment = await lock_enrolment(tx, request.enrolment_id)
        if enrolment.person_id != person_id:
            raise Missing("grant_request", request_id)
        if not await grant_requests.decide(tx, request_id, GrantAnswer.WITHDRAWN, None, "", now_ms):
            return False
        facts = {"request": request_id}
        await audit.append(tx, now_ms, person_id, "withdraw_request", "enrolment", enrolment.id, facts)
        return True


async def list_requests(database: Database, vault: Vault, shelf: Shelf, by_person: int, now_ms: int) -> RequestQueue:
    """Everyone who waits, oldest first, and the newest answers; the look is logged."""
    async with database.reading() as tx:
        waiting = await grant_requests.list_waiting(tx)
        answered = await grant_requests.list_answered(tx)
        in_all = await grant_requests.count_waiting(tx)
        cases = {case.request.id: case for case in await _cases(tx, vault, shelf, (*waiting, *answered))}
        agents = {one.decided_by for one in answered if one.decided_by is not None}
        names = {person.id: person.name for person in (await people.find_people(tx, vault, agents)).values()}
    async with database.writing() as tx:
        await audit.append(tx, now_ms, by_person, "view_requests", "request", None, {"requests": sorted(cases)})
    return RequestQueue(
        tuple(cases[one.id] for one in waiting if one.id in cases),
        tuple(cases[one.id] for one in answered if one.id in cases),
        names,
        in_all,
    )


async def open_request(
    database: Database, vault: Vault, shelf: Shelf, request_id: int, by_person: int, now_ms: int
) -> RequestCase:
    """One request; logged like a view of its person.

    Raises:
        Missing: there is none of that id, or the person was erased.
    """
    async with database.reading() as tx:
        [case] = await _cases(tx, vault, shelf, [await grant_requests.get(tx, request_id)]) or [None]
    if case is None:
        raise Missing("grant_request", request_id)
    async with database.writing() as tx:
        await audit.append(tx, now_ms, by_person, "view_person", "person", case.person.id, {"shown": "masked"})
    return case


async def _refuse(tx: Writing, _means: Means, order: RefuseOrder, stamp_ms: int) -> Refusal | None:
    request = await grant_requests.get(tx, order.request_id)
    await lock_enrolment(tx, request.enrolment_id)
    answered = await grant_requests.decide(
        tx, request.id, GrantAnswer.REFUSED, order.by_person, order.answer, max(stamp_ms, request.at_ms)
    )
    if answered:
        owner = await _owner(tx, order)
        facts = facts_of(order, owner.person_id, request=request.id)
        await audit.append(tx, stamp_ms, order.by_person, "refuse_request", "enrolment", owner.enrolment_id, facts)
        return None
    request = await grant_requests.get(tx, order.request_id)
    same = request.decision is GrantAnswer.REFUSED and request.decided_by == order.by_person
    return None if same else Refusal(Reason.NO_SUCH_ENTRY, Next.NONE)


async def _owner(tx: Reading, order: RefuseOrder) -> Owner:
    request = await grant_requests.get(tx, order.request_id)
    enrolment = await enrolments.get_enrolment(tx, request.enrolment_id)
    return Owner(enrolment.person_id, enrolment.id)


REFUSE = Kind(slug="refuse_request", order=RefuseOrder, subject="request_id", owner=_owner, perform=_refuse)


async def _cases(tx: Reading, vault: Vault, shelf: Shelf, asked: Iterable[GrantRequest]) -> tuple[RequestCase, ...]:
    asked = tuple(asked)
    records = await load_histories(tx, {one.enrolment_id for one in asked})
    owners = {record.enrolment.person_id for record in records.values()}
    persons = await people.find_people(tx, vault, owners)
    ciphers = await people.ciphers_of(tx, vault, owners)
    lines = await enrolments.lines_of_people(tx, list(persons))
    by_enrolment = {line.enrolment.id: line for of_person in lines.values() for line in of_person}
    waiting = [one.id for one in asked if one.waits]
    ahead = await grant_requests.count_waiting(tx, min(waiting)) if waiting else 0
    made = []
    for one in asked:
        record = records[one.enrolment_id]
        person = persons.get(record.enrolment.person_id)
        if person is None or person.profile is None:
            continue
        rulebook = await shelf.rulebook(tx, record.enrolment.rulebook_digest)
        note = "" if one.note_enc is None else ciphers[person.id].open(NOTE, one.note_enc)
        place = ahead + 1 + sum(other < one.id for other in waiting)
        made.append(RequestCase(one, person, by_enrolment[one.enrolment_id], record, rulebook, note, place))
    return tuple(made)
