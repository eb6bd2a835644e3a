"""What a finish asks of attempts before it acts, in one statement, however many they are."""

from collections.abc import Iterable
from dataclasses import replace
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import select

from examengine.records.among import among
from examengine.records.attempts import OWNED, OwnedAttempt, owned_of
from examengine.records.database import Reading
from examengine.records.enrolments import Enrolment
from examengine.records.entries import ENTRY, entry_of
from examengine.records.fixed import Fixed
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.records.listed import listed
from examengine.records.outcomes import OUTCOME, outcome_of
from examengine.records.shapes import columns
from examengine.records.tables import attempts, enrolments, entries, outcomes

_DUE = Fixed(
    select(
        *OWNED,
        *columns(enrolments, Enrolment),
        listed(ENTRY, entries, entries.c.enrolment_id == enrolments.c.id, enrolments),
        listed(OUTCOME, outcomes, outcomes.c.attempt_id == attempts.c.id, attempts),
    )
    .join_from(attempts, enrolments)
    .where(among(attempts.c.id))
)
_rows_in = msgspec.json.Decoder(list[tuple[Any, ...]]).decode
_oldest_first, _by_no = attrgetter("at_ms", "id"), attrgetter("no")


async def load_due(tx: Reading, attempt_ids: Iterable[int]) -> dict[int, tuple[OwnedAttempt, EnrolmentRecord]]:
    """Attempts with what of their enrolments bears on how they end: all entries, and no attempt but themselves.
    Rounds, learning, cards and other attempts are left out: no finish asks for them. So is an id that is none.
    """
    found = {}
    for row in await tx.fetch(_DUE, {"wanted": sorted(set(attempt_ids))}):
        *facts, its_entries, its_outcomes = row
        owned, enrolment = owned_of(facts), Enrolment(*facts[len(OWNED) :])
        attempt = AttemptRecord.of(owned.attempt)
        if series := _rows_in(its_outcomes):
            attempt = replace(attempt, outcomes=tuple(sorted(map(outcome_of, series), key=_by_no)))
        ledger = tuple(sorted(map(entry_of, _rows_in(its_entries)), key=_oldest_first))
        found[owned.attempt.id] = owned, EnrolmentRecord(enrolment, (), (), (), ledger, (attempt,))
    return found
