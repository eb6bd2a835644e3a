"""What a finish asks of many attempts before it acts, in three statements, however many they are."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import select

from examengine.records.among import among
from examengine.records.attempts import OWNED, OwnedAttempt, owned_of
from examengine.records.database import Reading
from examengine.records.enrolments import Enrolment
from examengine.records.entries import ENTRY, Entry, entry_of
from examengine.records.fixed import Fixed
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.records.outcomes import OUTCOME, Outcome, outcome_of
from examengine.records.shapes import columns
from examengine.records.tables import attempts, enrolments, entries, outcomes

_ATTEMPTS = Fixed(
    select(*OWNED, *columns(enrolments, Enrolment)).join_from(attempts, enrolments).where(among(attempts.c.id))
)
_ENTRIES = Fixed(
    select(*ENTRY)
    .join_from(entries, attempts, attempts.c.enrolment_id == entries.c.enrolment_id)
    .where(among(attempts.c.id))
    .distinct()
    .order_by(entries.c.at_ms, entries.c.id)
)
_OUTCOMES = Fixed(select(*OUTCOME).where(among(outcomes.c.attempt_id)).order_by(outcomes.c.attempt_id, outcomes.c.no))


async def load_due(tx: Reading, attempt_ids: Iterable[int]) -> dict[int, tuple[OwnedAttempt, EnrolmentRecord]]:
    """Attempts with what of their enrolments bears on how they end: all entries, and no attempt but themselves.
    Rounds, learning, cards and other attempts are left out: no finish asks for them. So is an id that is none.
    """
    wanted = {"wanted": sorted(set(attempt_ids))}
    rows, its_entries, its_outcomes = await tx.fetch_each(
        (_ATTEMPTS, wanted), (_ENTRIES, wanted), (_OUTCOMES, wanted)
    )
    of_enrolment: dict[int, tuple[Entry, ...]] = {}
    for row in its_entries:
        entry = entry_of(tuple(row))
        of_enrolment[entry.enrolment_id] = (*of_enrolment.get(entry.enrolment_id, ()), entry)
    of_attempt: dict[int, tuple[Outcome, ...]] = {}
    for row in its_outcomes:
        outcome = outcome_of(tuple(row))
        of_attempt[outcome.attempt_id] = (*of_attempt.get(outcome.attempt_id, ()), outcome)
    found = {}
    for row in rows:
        owned, enrolment = owned_of(row), Enrolment(*row[len(OWNED) :])
        attempt = AttemptRecord.of(owned.attempt)
        if owned.attempt.id in of_attempt:
            attempt = replace(attempt, outcomes=of_attempt[owned.attempt.id])
        record = EnrolmentRecord(enrolment, (), (), (), of_enrolment.get(enrolment.id, ()), (attempt,))
        found[owned.attempt.id] = owned, record
    return found
