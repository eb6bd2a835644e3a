"""Attempts that ended while we could not hear their candidates: a person decides what no engine may (promise 8)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from examengine.records import attempts, audit, enrolments, hearing, outcomes, people
from examengine.records.database import Database, Reading
from examengine.records.enrolments import lock_enrolment
from examengine.records.errors import Missing
from examengine.records.hearing import Case
from examengine.records.history import AttemptRecord, EnrolmentRecord, load_histories
from examengine.records.people import Person
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.records.words import CaseDecision
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.rulebook import Rulebook

MAX_WAITING = 100
MAX_OTHERS = 50


@dataclass(frozen=True, slots=True)
class DeafCase:
    """A case with the attempt it is about, and whose that is."""

    case: Case
    person: Person
    record: EnrolmentRecord
    row: AttemptRecord
    rulebook: Rulebook
    title: str

    @property
    def is_open(self) -> bool:
        """Whether it still waits for a decision."""
        return self.case.waits and self.row.outcome is None


@dataclass(frozen=True, slots=True)
class DeafCases:
    """``names`` of those who decided, by id."""

    waiting: tuple[DeafCase, ...]
    others: tuple[DeafCase, ...]
    names: Mapping[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOrder:
    """What an agent decides. A case is decided once, so a form sent twice is one decision."""

    case_id: int
    decision: CaseDecision
    by_person: int
    reason_category: str
    reason: str
    ticket: str


async def list_cases(database: Database, vault: Vault, shelf: Shelf, by_person: int, now_ms: int) -> DeafCases:
    """All that wait, oldest first, and the newest of the others; the look is logged."""
    async with database.reading() as tx:
        waiting = await hearing.list_waiting(tx, MAX_WAITING)
        others = await hearing.list_others(tx, MAX_OTHERS)
        loaded = {one.case.id: one for one in await _loaded(tx, vault, shelf, (*waiting, *others))}
        decided = {case.decided_by for case in others if case.decided_by is not None}
        names = {person.id: person.name for person in (await people.find_people(tx, vault, decided)).values()}
    async with database.writing() as tx:
        await audit.append(tx, now_ms, by_person, "view_deaf_cases", "case", None, {"cases": sorted(loaded)})
    return DeafCases(
        tuple(loaded[case.id] for case in waiting if case.id in loaded),
        tuple(loaded[case.id] for case in others if case.id in loaded),
        names,
    )


async def open_case(
    database: Database, vault: Vault, shelf: Shelf, case_id: int, by_person: int, now_ms: int
) -> DeafCase:
    """One case; logged like a view of its person.

    Raises:
        Missing: there is none of that id, or the person was erased.
    """
    async with database.reading() as tx:
        case = await hearing.get_case(tx, case_id)
        [found] = await _loaded(tx, vault, shelf, [case]) or [None]
    if found is None:
        raise Missing("case", case_id)
    async with database.writing() as tx:
        await audit.append(tx, now_ms, by_person, "view_person", "person", found.person.id, {"shown": "masked"})
    return found


async def decide_case(database: Database, order: CaseOrder, stamp_ms: int) -> Case | Refusal:
    """Write what a person decides; the finish follows it. One decided before stays. Nobody decides about himself.

    Raises:
        Missing: there is no such case.
        ValueError: no reason.
    """
    if not order.reason.strip():
        raise ValueError("a decision needs a reason")
    async with database.writing() as tx:
        case = await hearing.get_case(tx, order.case_id)
        owned = await attempts.get_attempt(tx, case.attempt_id)
        if owned.person_id == order.by_person:
            return Refusal(Reason.TWO_PERSONS_REQUIRED, Next.NONE)
        await lock_enrolment(tx, owned.attempt.enrolment_id)
        case = await hearing.get_case(tx, order.case_id)
        if case.decision is not None:
            return case
        if not case.waits or await outcomes.find_newest(tx, case.attempt_id) is not None:
            return Refusal(Reason.NOT_RUNNING, Next.NONE)
        now_ms = max(stamp_ms, case.at_ms)
        await hearing.decide(
            tx,
            case.id,
            order.decision,
            order.by_person,
            order.reason_category,
            order.reason,
            order.ticket,
            now_ms,
        )
        await attempts.look_again(tx, case.attempt_id, now_ms)
        facts = {"case": case.id, "decision": order.decision.value, "reason": order.reason_category}
        await audit.append(tx, now_ms, order.by_person, "decide_deaf_case", "attempt", case.attempt_id, facts)
        return await hearing.get_case(tx, case.id)


async def _loaded(tx: Reading, vault: Vault, shelf: Shelf, asked: Iterable[Case]) -> tuple[DeafCase, ...]:
    asked = tuple(asked)
    of = await hearing.enrolments_of(tx, [case.attempt_id for case in asked])
    records = await load_histories(tx, of.values())
    persons = await people.find_people(tx, vault, {record.enrolment.person_id for record in records.values()})
    lines = await enrolments.lines_of_people(tx, list(persons))
    titles = {line.enrolment.id: line.exam_title for of_person in lines.values() for line in of_person}
    made = []
    for case in asked:
        record = records[of[case.attempt_id]]
        person = persons.get(record.enrolment.person_id)
        if person is None or person.profile is None:
            continue
        row = next(a for a in record.attempts if a.id == case.attempt_id)
        rulebook = await shelf.rulebook(tx, row.rulebook_digest)
        made.append(DeafCase(case, person, record, row, rulebook, titles[record.enrolment.id]))
    return tuple(made)
