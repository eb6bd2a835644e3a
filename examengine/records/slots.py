"""What SQL knows of a slot of the live side: attempts whose id leaves the slot's number when divided by 64."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, exists, select, update

from examengine.records.database import Reading, Writing
from examengine.records.enrolments import Enrolment
from examengine.records.history import MAX_ENROLMENTS, AttemptRecord, EnrolmentRecord, load_histories
from examengine.records.outcomes import OUTCOME, Outcome, outcome_of
from examengine.records.segments import SLOTS
from examengine.records.shapes import chunks, columns
from examengine.records.tables import accounts, attempts, enrolments, entries, open_attempts, outbox, outcomes

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Running:
    """An attempt without outcome, with all that its live sitting needs. ``paper`` is packed."""

    id: int
    generation: int
    started_ms: int
    person_id: int
    session_version: int
    rulebook_digest: str
    paper: bytes = field(repr=False)
    record: EnrolmentRecord = field(repr=False)

    @property
    def row(self) -> AttemptRecord:
        """The attempt in its history."""
        return next(attempt for attempt in self.record.attempts if attempt.id == self.id)


@dataclass(frozen=True, slots=True)
class Ended:
    """An attempt with an outcome, as a tombstone tells of it."""

    id: int
    generation: int
    person_id: int
    session_version: int
    outcome: Outcome


def _in_slot(column: ColumnElement[int], slot: int) -> ColumnElement[bool]:
    return column % SLOTS == slot


async def busy(tx: Reading, ended_since_ms: int) -> frozenset[int]:
    """Slots with attempts that run, or whose outcome was recorded since then."""
    running = select(open_attempts.c.attempt_id % SLOTS).distinct()
    ended = select(outcomes.c.attempt_id % SLOTS).where(outcomes.c.recorded_ms >= ended_since_ms).distinct()
    found = [*await tx.rows(running), *await tx.rows(ended)]
    return frozenset(int(row[0]) for row in found)


async def generations(tx: Reading, slot: int) -> dict[int, int]:
    """Attempts of a slot without outcome, with their generations."""
    statement = (
        select(attempts.c.id, attempts.c.generation)
        .join_from(open_attempts, attempts, attempts.c.id == open_attempts.c.attempt_id)
        .where(_in_slot(open_attempts.c.attempt_id, slot))
    )
    return {row.id: row.generation for row in await tx.rows(statement)}


async def running(tx: Reading, slot: int) -> dict[int, Running]:
    """Attempts of a slot without outcome. The same few queries however many there are; where nothing was ever
    entered for an enrolment, its record holds this attempt only.
    """
    statement = (
        select(
            attempts.c.id,
            attempts.c.generation,
            attempts.c.started_ms,
            attempts.c.paper,
            attempts.c.round_id,
            attempts.c.no,
            attempts.c.base_deadline_ms,
            attempts.c.base_reason,
            attempts.c.rulebook_digest.label("attempt_digest"),
            accounts.c.session_version,
            exists().where(entries.c.enrolment_id == enrolments.c.id).label("has_entries"),
            *(column.label(f"of_{column.name}") for column in columns(enrolments, Enrolment)),
        )
        .join_from(open_attempts, attempts, attempts.c.id == open_attempts.c.attempt_id)
        .join(enrolments, enrolments.c.id == attempts.c.enrolment_id)
        .outerjoin(accounts, accounts.c.person_id == enrolments.c.person_id)
        .where(_in_slot(open_attempts.c.attempt_id, slot))
    )
    rows = await tx.rows(statement)
    histories: dict[int, EnrolmentRecord] = {}
    for some in chunks(sorted({row.of_id for row in rows if row.has_entries}), MAX_ENROLMENTS):
        histories |= await load_histories(tx, some)
    found = {}
    for row in rows:
        record = histories.get(row.of_id)
        if record is None:
            enrolment = Enrolment(
                row.of_id, row.of_person_id, row.of_exam_id, row.of_credit_year, row.of_rulebook_digest, row.of_at_ms
            )
            only = AttemptRecord(
                row.id,
                row.round_id,
                row.no,
                row.started_ms,
                row.base_deadline_ms,
                row.base_reason,
                row.attempt_digest,
                row.generation,
                (),
            )
            record = EnrolmentRecord(enrolment, (), (), (), (), (only,))
        found[row.id] = Running(
            row.id,
            row.generation,
            row.started_ms,
            row.of_person_id,
            row.session_version or 1,
            row.attempt_digest,
            row.paper,
            record,
        )
    return found


async def ended(tx: Reading, slot: int, since_ms: int) -> list[Ended]:
    """Attempts of a slot with an outcome recorded since then, each with its newest."""
    return await _ended(tx, _in_slot(outcomes.c.attempt_id, slot), outcomes.c.recorded_ms >= since_ms)


async def ended_of(tx: Reading, attempt_ids: Iterable[int]) -> list[Ended]:
    """Those of the attempts that have an outcome, each with its newest."""
    found = []
    for some in chunks(sorted(set(attempt_ids)), AT_ONCE):
        found += await _ended(tx, outcomes.c.attempt_id.in_(some))
    return found


async def _ended(tx: Reading, *which: ColumnElement[bool]) -> list[Ended]:
    statement = (
        select(*OUTCOME, attempts.c.generation, enrolments.c.person_id, accounts.c.session_version)
        .join_from(outcomes, attempts, attempts.c.id == outcomes.c.attempt_id)
        .join(enrolments, enrolments.c.id == attempts.c.enrolment_id)
        .outerjoin(accounts, accounts.c.person_id == enrolments.c.person_id)
        .where(*which)
        .order_by(outcomes.c.attempt_id, outcomes.c.no)
    )
    found: dict[int, Ended] = {}
    for row in await tx.rows(statement):
        *outcome, generation, person_id, session_version = row
        newest = outcome_of(outcome)
        found[newest.attempt_id] = Ended(newest.attempt_id, generation, person_id, session_version or 1, newest)
    return list(found.values())


async def known_of(tx: Reading, attempt_ids: Iterable[int]) -> frozenset[int]:
    """Those of the attempts that SQL knows at all."""
    found: set[int] = set()
    for some in chunks(sorted(set(attempt_ids)), AT_ONCE):
        rows = await tx.rows(select(attempts.c.id).where(attempts.c.id.in_(some)))
        found |= {row.id for row in rows}
    return frozenset(found)


async def told_since(tx: Reading, slot: int, since_ms: int) -> frozenset[int]:
    """Attempts of a slot for which a fact was put into the outbox since then."""
    statement = select(outbox.c.attempt_id).where(_in_slot(outbox.c.attempt_id, slot), outbox.c.at_ms >= since_ms)
    return frozenset(row.attempt_id for row in await tx.rows(statement))


async def raise_generations(tx: Writing, slot: int, only: Sequence[int] | None = None) -> Mapping[int, int]:
    """Before sittings of a slot are put together again: the new generations of its attempts without outcome, or of
    those of ``only`` that have none. What had closed one of them before cannot record its finish any more.
    """
    running_here = select(open_attempts.c.attempt_id).where(_in_slot(open_attempts.c.attempt_id, slot))
    raised = (
        update(attempts)
        .where(attempts.c.id.in_(running_here))
        .values(generation=attempts.c.generation + 1)
        .returning(attempts.c.id, attempts.c.generation)
    )
    if only is None:
        return {row.id: row.generation for row in await tx.rows(raised)}
    found: dict[int, int] = {}
    for some in chunks(only, AT_ONCE):
        rows = await tx.rows(raised.where(attempts.c.id.in_(some)))
        found |= {row.id: row.generation for row in rows}
    return found
