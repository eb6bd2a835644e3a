"""Looking people up. Nobody sees a person's page without a line in the audit log, so it is written here first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from examengine.live import Sitting
from examengine.records import accounts, approvals, audit, enrolments, hearing, outcomes, people, search
from examengine.records.approvals import Approval
from examengine.records.database import Database, Reading
from examengine.records.enrolments import EnrolmentLine
from examengine.records.errors import Missing
from examengine.records.hearing import Case as DeafCase
from examengine.records.history import EnrolmentRecord, load_histories
from examengine.records.people import Person
from examengine.records.search import FoundBy
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.records.words import SignInOutcome
from examengine.rules.hearing import GAP_MS, Deaf
from examengine.rules.rulebook import Rulebook

MAX_FOUND = 20


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found: internal ids only, so that it may be handed on."""

    person_ids: tuple[int, ...]
    truncated: bool
    taken_for: tuple[FoundBy, ...]


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
    ``deaf``: when we could not have heard an attempt's candidate, by attempt.
    """

    person: Person
    enrolments: tuple[EnrolmentCase, ...]
    names: Mapping[int, str]
    answered: Mapping[int, int]
    signed_in_ms: int | None
    deaf: Mapping[int, tuple[Deaf, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Live:
    """What the desk knows of running attempts. ``reachable`` is False while it does not answer."""

    sittings: Mapping[int, Sitting]
    reachable: bool = True


async def find(database: Database, vault: Vault, text: str, by_person: int, now_ms: int) -> Hits:
    """Search; what was typed is not kept, only what it was taken for and how many it found."""
    async with database.reading() as tx:
        found = await search.search_people(tx, vault, text, MAX_FOUND)
    hits = Hits(tuple(person.id for person in found.people), found.truncated, found.taken_for)
    facts = {"taken_for": [kind.value for kind in hits.taken_for], "hits": list(hits.person_ids)}
    await _note(database, now_ms, by_person, "search_people", "person", None, facts)
    return hits


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
        cases = []
        answered = {}
        for line in lines:
            case = by_id[line.enrolment.id]
            asked = await approvals.of_enrolment(tx, case.id)
            cases.append(replace(case, approvals=asked))
            answered.update(await _answered(tx, case.record))
        names = await _names(tx, vault, cases)
        tries = await accounts.newest_sign_ins(tx, person_id)
        deaf = await _deaf(tx, cases, now_ms)
    signed_in = (t.at_ms for t in tries if t.outcome is SignInOutcome.SIGNED_IN)
    return Case(person, tuple(cases), names, answered, next(signed_in, None), deaf)


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
) -> None:
    """Log that someone asks to see a person's numbers in full, and for which reason and ticket.

    Raises:
        Missing: there is no such person, or he was erased.
    """
    async with database.reading() as tx:
        await _person(tx, vault, person_id)
    facts = {"reason": reason, "ticket": ticket}
    await _note(database, now_ms, by_person, "reveal_person", "person", person_id, facts)


async def note_list(database: Database, by_person: int, approval_ids: Iterable[int], now_ms: int) -> None:
    """Log that someone looks at the list of requests, which names people."""
    await _note(database, now_ms, by_person, "view_approvals", "approval", None, {"approvals": sorted(approval_ids)})


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


async def _answered(tx: Reading, record: EnrolmentRecord) -> dict[int, int]:
    found = {}
    for row in record.attempts:
        if row.outcome is None:
            continue
        try:
            found[row.id] = len((await outcomes.get_answers(tx, row.id)).answers)
        except Missing:
            continue  # voided while it ran: nothing was marked
    return found


async def _names(tx: Reading, vault: Vault, cases: Iterable[EnrolmentCase]) -> dict[int, str]:
    acted: set[int] = set()
    for case in cases:
        for entry in case.record.entries:
            acted |= {entry.by_person, entry.second_person or entry.by_person}
        for asked in case.approvals:
            acted |= {asked.asked_by, asked.decided_by or asked.asked_by}
        acted |= {one.decided_by for one in case.deaf_cases if one.decided_by is not None}
    return {person.id: person.name for person in (await people.find_people(tx, vault, acted)).values()}
