"""When we could hear candidates, and the attempts that wait for a person because we could not."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, select, update

from examengine.records.database import AnyRow, Missing, Reading, Writing
from examengine.records.shapes import columns
from examengine.records.tables import attempts, hearing, hearing_cases, open_attempts
from examengine.records.words import UNDECIDED_CASES, CaseDecision, CaseKind
from examengine.rules.hearing import Deaf, deaf_between

SLOTS = 64
ALL_SLOTS = (1 << SLOTS) - 1


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time without a gap in the proofs; ``slots`` were heard, as bits."""

    id: int
    began_ms: int
    until_ms: int
    slots: int

    def has(self, slot: int) -> bool:
        return bool(self.slots >> slot & 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """An attempt that our deafness concerns; ``seen_ms``: the candidate's last sign of life."""

    attempt_id: int
    kind: CaseKind
    deaf: Deaf
    seen_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case(NewCase):
    """A case as recorded, with the decision of a person, where one was needed and made."""

    id: int
    at_ms: int
    decision: CaseDecision | None
    decided_by: int | None
    decided_ms: int | None
    reason_category: str
    reason: str
    ticket: str

    @property
    def waits(self) -> bool:
        """Whether a person must decide; of an attempt that has ended meanwhile nobody asks any more."""
        return self.kind in UNDECIDED_CASES and self.decision is None


_STRETCH = columns(hearing, Stretch)
_SINCE = (
    select(*_STRETCH).where(hearing.c.until_ms >= bindparam("since_ms")).order_by(hearing.c.began_ms, hearing.c.id)
)
_NEWEST = select(*_STRETCH).order_by(hearing.c.until_ms.desc(), hearing.c.id.desc()).limit(1)
_OF_ATTEMPT = select(hearing_cases).where(hearing_cases.c.attempt_id == bindparam("wanted"))


async def find_newest(tx: Reading) -> Stretch | None:
    """The stretch that was proved last; None: nothing was ever proved."""
    row = await tx.row(_NEWEST)
    return None if row is None else _stretch(row)


async def stretches(tx: Reading, since_ms: int) -> tuple[Stretch, ...]:
    """The stretches that reach to ``since_ms`` or beyond it, by their beginning."""
    return tuple(_stretch(row) for row in await tx.rows(_SINCE, {"since_ms": since_ms}))


async def first_ms(tx: Reading) -> int | None:
    """When anything was proved for the first time."""
    found = await tx.value(select(func.min(hearing.c.began_ms)))
    return None if found is None else int(found)


async def deaf_intervals(tx: Reading, slot: int, from_ms: int, until_ms: int) -> tuple[Deaf, ...]:
    """When in ``[from_ms, until_ms)`` a slot could not be heard, in order. What was not proved yet counts as deaf."""
    return deaf_of(await stretches(tx, from_ms), slot, from_ms, until_ms)


def deaf_of(known: Iterable[Stretch], slot: int, from_ms: int, until_ms: int) -> tuple[Deaf, ...]:
    """The same, of stretches that were read with a ``since_ms`` of at most ``from_ms``."""
    heard = ((stretch.began_ms, stretch.until_ms) for stretch in known if stretch.has(slot))
    return deaf_between(heard, from_ms, until_ms)


async def begin(tx: Writing, at_ms: int, slots: int, *, until_ms: int | None = None) -> None:
    """Note the first proof of a stretch, or a whole one."""
    until_ms = at_ms if until_ms is None else until_ms
    await tx.run(hearing.insert().values(began_ms=at_ms, until_ms=until_ms, slots=f"{slots:016x}"))


async def extend(tx: Writing, stretch_id: int, until_ms: int) -> None:
    """Note a further proof; of two workers the later one stands."""
    known = update(hearing).where(hearing.c.id == stretch_id, hearing.c.until_ms < until_ms)
    await tx.run(known.values(until_ms=until_ms))


async def take_back(tx: Writing, now_ms: int) -> None:
    """The clock went back: of time that is to come nothing was proved."""
    await tx.run(delete(hearing).where(hearing.c.began_ms > now_ms))
    await tx.run(update(hearing).where(hearing.c.until_ms > now_ms).values(until_ms=now_ms))


async def add_case(tx: Writing, new: NewCase, at_ms: int) -> bool:
    """List an attempt; False where one of this kind is listed already."""
    values = {
        "attempt_id": new.attempt_id,
        "kind": new.kind,
        "deaf_from_ms": new.deaf.from_ms,
        "deaf_until_ms": new.deaf.until_ms,
        "seen_ms": new.seen_ms,
        "at_ms": at_ms,
    }
    return await tx.insert_unless_known(hearing_cases, values, "attempt_id", "kind") > 0


async def cases_of(tx: Reading, attempt_id: int) -> tuple[Case, ...]:
    """What is listed of an attempt, oldest first."""
    rows = await tx.rows(_OF_ATTEMPT.order_by(hearing_cases.c.id), {"wanted": attempt_id})
    return tuple(_case(row) for row in rows)


async def cases_of_many(tx: Reading, attempt_ids: Iterable[int]) -> tuple[Case, ...]:
    """What is listed of many attempts, oldest first."""
    wanted = sorted(set(attempt_ids))
    if not wanted:
        return ()
    statement = select(hearing_cases).where(hearing_cases.c.attempt_id.in_(wanted)).order_by(hearing_cases.c.id)
    return tuple(_case(row) for row in await tx.rows(statement))


async def get_case(tx: Reading, case_id: int) -> Case:
    """One case.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(select(hearing_cases).where(hearing_cases.c.id == case_id))
    if row is None:
        raise Missing("case", case_id)
    return _case(row)


async def list_waiting(tx: Reading, limit: int = 100) -> tuple[Case, ...]:
    """Cases that wait for a person and whose attempts have not ended otherwise, oldest first."""
    statement = (
        select(hearing_cases)
        .join_from(hearing_cases, open_attempts, open_attempts.c.attempt_id == hearing_cases.c.attempt_id)
        .where(hearing_cases.c.kind.in_(UNDECIDED_CASES), hearing_cases.c.decision.is_(None))
        .order_by(hearing_cases.c.id)
        .limit(limit)
    )
    return tuple(_case(row) for row in await tx.rows(statement))


async def list_others(tx: Reading, limit: int = 50) -> tuple[Case, ...]:
    """Cases that wait for nobody (any more), newest first: for the report of an incident."""
    still_open = select(open_attempts.c.attempt_id)
    statement = (
        select(hearing_cases)
        .where(
            hearing_cases.c.kind.not_in(UNDECIDED_CASES)
            | hearing_cases.c.decision.is_not(None)
            | hearing_cases.c.attempt_id.not_in(still_open)
        )
        .order_by(hearing_cases.c.id.desc())
        .limit(limit)
    )
    return tuple(_case(row) for row in await tx.rows(statement))


async def decide(
    tx: Writing,
    case_id: int,
    decision: CaseDecision,
    by_person: int,
    reason_category: str,
    reason: str,
    ticket: str,
    at_ms: int,
) -> bool:
    """Write a person's decision; False where one stands already."""
    waiting = update(hearing_cases).where(hearing_cases.c.id == case_id, hearing_cases.c.decision.is_(None))
    values = {
        "decision": decision,
        "decided_by": by_person,
        "decided_ms": at_ms,
        "reason_category": reason_category,
        "reason": reason,
        "ticket": ticket,
    }
    return await tx.run(waiting.values(values)) > 0


async def enrolments_of(tx: Reading, attempt_ids: Iterable[int]) -> dict[int, int]:
    """Enrolment ids by attempt."""
    wanted = sorted(set(attempt_ids))
    if not wanted:
        return {}
    rows = await tx.rows(select(attempts.c.id, attempts.c.enrolment_id).where(attempts.c.id.in_(wanted)))
    return {row.id: row.enrolment_id for row in rows}


def _stretch(row: AnyRow) -> Stretch:
    return Stretch(row.id, row.began_ms, row.until_ms, int(row.slots, 16))


def _case(row: AnyRow) -> Case:
    return Case(
        id=row.id,
        attempt_id=row.attempt_id,
        kind=CaseKind(row.kind),
        deaf=Deaf(row.deaf_from_ms, row.deaf_until_ms),
        seen_ms=row.seen_ms,
        at_ms=row.at_ms,
        decision=None if row.decision is None else CaseDecision(row.decision),
        decided_by=row.decided_by,
        decided_ms=row.decided_ms,
        reason_category=row.reason_category,
        reason=row.reason,
        ticket=row.ticket,
    )
