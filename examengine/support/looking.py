"""Looking people up. Nobody sees a person's page without a line in the audit log, so it is written here first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from examengine.live import Sitting
from examengine.records import (
    accommodations,
    accounts,
    approvals,
    archives,
    audit,
    calls,
    enrolments,
    grant_requests,
    hearing,
    incidents,
    let_ins,
    looks,
    losses,
    people,
    search,
)
from examengine.records.accommodations import Accommodation
from examengine.records.accounts import SignIn
from examengine.records.approvals import Approval
from examengine.records.calls import Call
from examengine.records.cards import Card
from examengine.records.database import Database, Reading
from examengine.records.enrolments import EnrolmentLine
from examengine.records.errors import Missing
from examengine.records.grant_requests import GrantRequest
from examengine.records.hearing import Case as DeafCase
from examengine.records.history import EnrolmentRecord, load_histories
from examengine.records.incidents import Incident
from examengine.records.let_ins import LetIn
from examengine.records.losses import Loss
from examengine.records.people import Person
from examengine.records.search import FoundBy
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.records.words import Measure, SignInOutcome
from examengine.rules.hearing import GAP_MS, Deaf
from examengine.rules.rulebook import Rulebook
from examengine.support import quotas
from examengine.support.quotas import Weight

MAX_FOUND = 20
MAX_CALLS = 20
MAX_RECENT = 8
MAX_JOURNALS = 12
"""Finished attempts whose journals a person's page tells; of earlier ones it tells what the record holds."""


class CardState(StrEnum):
    """What a card that somebody reads out has been through."""

    IN_STOCK = "in_stock"
    BOOKED_OUT = "booked_out"
    BLOCKED = "blocked"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found: internal ids only, so that it may be handed on. ``card``: of the card of that number."""

    person_ids: tuple[int, ...]
    truncated: bool
    taken_for: tuple[FoundBy, ...]
    card: CardState | None = None


@dataclass(frozen=True, slots=True)
class EnrolmentCase:
    """One enrolment with all that was recorded, the requests about it, and what our deafness concerns."""

    line: EnrolmentLine
    record: EnrolmentRecord
    rulebook: Rulebook
    approvals: tuple[Approval, ...] = ()
    deaf_cases: tuple[DeafCase, ...] = ()

    @property
    def id(self) -> int:
        return self.line.enrolment.id

    @property
    def undecided(self) -> DeafCase | None:
        """The case of the running attempt that waits for a person."""
        running = {row.id for row in self.record.attempts if row.outcome is None}
        return next((case for case in self.deaf_cases if case.waits and case.attempt_id in running), None)


@dataclass(frozen=True, slots=True)
class Case:
    """A person with every enrolment, newest first.

    ``names``: of everyone who acted here, by id. ``answered``: answers given in finished attempts, by attempt.
    ``deaf``: when we could not have heard an attempt's candidate, by attempt. ``journals``: of the newest finished
    attempts. ``sign_ins``: the last tries to sign in, newest first. ``incidents`` that overlap an attempt, with what
    it lost by them. ``approvals``: requests about the person as a whole. ``calls``: the newest that were noted.
    ``documents``: what accommodations rest on, by id. ``requests``: the newest of each enrolment.
    """

    person: Person
    enrolments: tuple[EnrolmentCase, ...]
    names: Mapping[int, str]
    answered: Mapping[int, int]
    signed_in_ms: int | None
    deaf: Mapping[int, tuple[Deaf, ...]] = field(default_factory=dict)
    journals: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    sign_ins: tuple[SignIn, ...] = ()
    incidents: Mapping[int, tuple[tuple[Incident, Loss | None], ...]] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    calls: tuple[Call, ...] = ()
    let_ins: tuple[LetIn, ...] = ()
    accommodations: tuple[Accommodation, ...] = ()
    documents: Mapping[int, str] = field(default_factory=dict)
    requests: Mapping[int, GrantRequest] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Live:
    """What the desk knows of running attempts. ``reachable`` is False while it does not answer."""

    sittings: Mapping[int, Sitting]
    reachable: bool = True


async def find(database: Database, vault: Vault, text: str, by_person: int, now_ms: int) -> Hits:
    """Search; what was typed is not kept, only what it was taken for and how many it found."""
    async with database.reading() as tx:
        found = await search.search_people(tx, vault, text, MAX_FOUND)
    ids = tuple(person.id for person in found.people)
    hits = Hits(ids, found.truncated, found.taken_for, None if found.card is None else _state_of(found.card))
    facts = {"taken_for": [kind.value for kind in hits.taken_for], "hits": list(hits.person_ids)}
    await _note(database, now_ms, by_person, "search_people", "person", None, facts)
    return hits


async def recent_people(database: Database, by_person: int) -> tuple[int, ...]:
    """Ids of the people whose pages someone opened last, the newest first: calls that come back."""
    async with database.reading() as tx:
        views = await audit.newest_views(tx, by_person, MAX_RECENT)
    return tuple(view.object_id for view in views if view.object_id is not None)


async def list_found(
    database: Database, vault: Vault, shelf: Shelf, person_ids: Sequence[int], by_person: int, now_ms: int
) -> tuple[tuple[Person, tuple[EnrolmentCase, ...]], ...]:
    """The people of a search with their enrolments, for a list. The same number of queries for one or twenty."""
    await _note(database, now_ms, by_person, "list_people", "person", None, {"people": list(person_ids)})
    async with database.reading() as tx:
        found = await people.find_people(tx, vault, person_ids)
        lines = await enrolments.lines_of_people(tx, list(found))
        cases = await _cases(tx, shelf, [line for of_person in lines.values() for line in of_person])
    return tuple(
        (found[person_id], tuple(cases[line.enrolment.id] for line in lines.get(person_id, ())))
        for person_id in person_ids
        if person_id in found
    )


async def open_case(
    database: Database,
    vault: Vault,
    shelf: Shelf,
    person_id: int,
    by_person: int,
    now_ms: int,
    *,
    shown: str = "masked",
) -> Case:
    """A person's case, once it stands in the audit log that ``by_person`` looks at it.

    Args:
        shown: what of the person's data the page shows: "masked" or "full".

    Raises:
        Missing: there is no such person, or he was erased.
    """
    async with database.reading() as tx:
        await _person(tx, vault, person_id)
    await _note(database, now_ms, by_person, "view_person", "person", person_id, {"shown": shown})
    return await read_case(database, vault, shelf, person_id, now_ms)


async def read_case(database: Database, vault: Vault, shelf: Shelf, person_id: int, now_ms: int) -> Case:
    """The case again, for whoever has opened it with :func:`open_case`."""
    async with database.reading() as tx:
        person = await _person(tx, vault, person_id)
        lines = await enrolments.list_of_person(tx, person_id)
        by_id = await _cases(tx, shelf, lines)
        asked = await approvals.of_person(tx, person_id)
        cases = [
            replace(case, approvals=tuple(one for one in asked if one.enrolment_id == case.id))
            for case in by_id.values()
        ]
        of_person = tuple(one for one in asked if one.enrolment_id is None)
        noted = await calls.of_person(tx, vault, person_id, MAX_CALLS)
        ended = [row.id for case in cases for row in case.record.attempts if row.outcome is not None]
        answered = await looks.answered_of(tx, ended)
        journals = await archives.get_journals(tx, sorted(ended)[-MAX_JOURNALS:]) if ended else {}
        let_in = await let_ins.of_person(tx, person_id, MAX_CALLS)
        standing = await accommodations.of_person(tx, person_id)
        documents = await accommodations.documents_of(tx, vault, standing)
        wanted = await grant_requests.newest_of(tx, [case.id for case in cases])
        agents = (
            {call.by_person for call in noted}
            | {one.by_person for one in let_in}
            | {one.by_person for one in standing}
        )
        names = await _names(tx, vault, cases, of_person, agents)
        tries = await accounts.newest_sign_ins(tx, person_id)
        deaf = await _deaf(tx, cases, now_ms)
        happened = await _incidents(tx, person, cases, now_ms)
    signed_in = (t.at_ms for t in tries if t.outcome is SignInOutcome.SIGNED_IN)
    return Case(
        person,
        tuple(cases),
        names,
        answered,
        next(signed_in, None),
        deaf,
        journals,
        tries,
        happened,
        of_person,
        noted,
        let_in,
        standing,
        documents,
        wanted,
    )


async def open_enrolment(
    database: Database, vault: Vault, shelf: Shelf, enrolment_id: int, by_person: int, now_ms: int
) -> tuple[Person, EnrolmentCase]:
    """One enrolment for a form that names its person; logged like a view of the person.

    Raises:
        Missing: there is no such enrolment, or the person was erased.
    """
    async with database.reading() as tx:
        enrolment = await enrolments.get_enrolment(tx, enrolment_id)
        person = await _person(tx, vault, enrolment.person_id)
        lines = await enrolments.list_of_person(tx, enrolment.person_id)
        line = next(line for line in lines if line.enrolment.id == enrolment_id)
        case = (await _cases(tx, shelf, [line]))[enrolment_id]
        asked = await approvals.of_enrolment(tx, enrolment_id)
    await _note(database, now_ms, by_person, "view_person", "person", person.id, {"shown": "masked"})
    return person, replace(case, approvals=asked)


async def note_reveal(
    database: Database, vault: Vault, person_id: int, by_person: int, reason: str, ticket: str, now_ms: int
) -> bool:
    """Log that someone asks to see a person's numbers in full, and for which reason and ticket. False, and nothing
    is to be shown, where he has shown himself as many as an agent may in a day, or this person's again and again.

    Raises:
        Missing: there is no such person, or he was erased.
    """
    async with database.writing() as tx:
        await _person(tx, vault, person_id)
        await tx.lock_name(f"desk:{by_person}")
        look = await quotas.look(tx, by_person, person_id, Weight(Measure.REVEALS, 1), now_ms)
        facts = {"person": person_id, "reason": reason, "ticket": ticket}
        act = "reveal_person" if look.why is None else "reveal_refused"
        await audit.append(tx, now_ms, by_person, act, "person", person_id, facts)
        return look.why is None


async def note_view(database: Database, person_id: int, by_person: int, now_ms: int) -> None:
    """Log that someone looks at a person on a page of his own making, numbers masked."""
    await _note(database, now_ms, by_person, "view_person", "person", person_id, {"shown": "masked"})


async def note_list(database: Database, by_person: int, approval_ids: Iterable[int], now_ms: int) -> None:
    """Log that someone looks at the list of requests, which names people."""
    await _note(database, now_ms, by_person, "view_approvals", "approval", None, {"approvals": sorted(approval_ids)})


def _state_of(card: Card) -> CardState:
    if card.round_id is not None:
        return CardState.USED
    if card.blocked_ms is not None:
        return CardState.BLOCKED
    return CardState.IN_STOCK if card.booked_out_ms is None else CardState.BOOKED_OUT


async def _note(
    database: Database, now_ms: int, by: int, act: str, kind: str, object_id: int | None, facts: Mapping[str, object]
) -> None:
    async with database.writing() as tx:
        await audit.append(tx, now_ms, by, act, kind, object_id, facts)


async def _person(tx: Reading, vault: Vault, person_id: int) -> Person:
    person = await people.get_person(tx, vault, person_id)
    if person.profile is None:
        raise Missing("person", person_id)
    return person


async def _cases(tx: Reading, shelf: Shelf, lines: Sequence[EnrolmentLine]) -> dict[int, EnrolmentCase]:
    records = await load_histories(tx, [line.enrolment.id for line in lines])
    of_attempts = await hearing.cases_of_many(tx, (a.id for record in records.values() for a in record.attempts))
    return {
        line.enrolment.id: EnrolmentCase(
            line,
            records[line.enrolment.id],
            await shelf.rulebook(tx, line.enrolment.rulebook_digest),
            deaf_cases=tuple(
                case
                for case in of_attempts
                if any(case.attempt_id == a.id for a in records[line.enrolment.id].attempts)
            ),
        )
        for line in lines
    }


async def _deaf(tx: Reading, cases: Sequence[EnrolmentCase], now_ms: int) -> dict[int, tuple[Deaf, ...]]:
    """When we could not have heard the candidate, by attempt. Before anything was ever proved nobody knows; the gap
    between the newest proof and now is none.
    """
    rows = [row for case in cases for row in case.record.attempts]
    first_ms = await hearing.first_ms(tx)
    if not rows or first_ms is None:
        return {}
    known = await hearing.stretches(tx, min(row.started_ms for row in rows))
    found = {}
    for row in rows:
        until_ms = row.outcomes[0].ended_ms if row.outcomes else now_ms
        spans = hearing.deaf_of(known, row.id % hearing.SLOTS, max(row.started_ms, first_ms), until_ms)
        found[row.id] = tuple(span for span in spans if span.until_ms - span.from_ms > GAP_MS)
    return found


async def _incidents(
    tx: Reading, person: Person, cases: Sequence[EnrolmentCase], now_ms: int
) -> dict[int, tuple[tuple[Incident, Loss | None], ...]]:
    """Incidents by attempt: those that ran over it where it was sat, whether or not it lost anything."""
    rows = [(case, row) for case in cases for row in case.record.attempts]
    if not rows or person.profile is None:
        return {}
    region, unit = person.profile.region, person.profile.unit_name
    ends = {row.id: row.outcomes[0].ended_ms if row.outcomes else now_ms for _case, row in rows}
    known = await incidents.overlapping(tx, min(row.started_ms for _case, row in rows), max(ends.values()))
    if not known:
        return {}
    lost = {(one.id, loss.attempt_id): loss for one, loss in await losses.of_attempts(tx, ends)}
    return {
        row.id: tuple(
            (one, lost.get((one.id, row.id)))
            for one in known
            if one.from_ms < ends[row.id]
            and row.started_ms < one.until_ms
            and one.exam_id in (None, case.record.enrolment.exam_id)
            and region.startswith(one.scope.region_prefix)
            and one.unit_name in ("", unit)
        )
        for case, row in rows
    }


async def _names(
    tx: Reading,
    vault: Vault,
    cases: Iterable[EnrolmentCase],
    of_person: Iterable[Approval],
    agents: Iterable[int],
) -> dict[int, str]:
    acted = set(agents)
    for asked in of_person:
        acted |= {asked.asked_by, asked.decided_by or asked.asked_by}
    for case in cases:
        for entry in case.record.entries:
            acted |= {entry.by_person, entry.second_person or entry.by_person}
        for asked in case.approvals:
            acted |= {asked.asked_by, asked.decided_by or asked.asked_by}
        acted |= {one.decided_by for one in case.deaf_cases if one.decided_by is not None}
    return {person.id: person.name for person in (await people.find_people(tx, vault, acted)).values()}
