"""Many finishes in one transaction: everybody's time is up at the same minute.

It writes, row by row, what :func:`examengine.records.endings.record_finish` writes of one, and is as careful: the
enrolments and attempts are locked, and a finish counts only where what it was decided by still stands. Whatever is
locked by others, or has changed since, is left to be finished by itself.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from examengine.records import results
from examengine.records.among import among
from examengine.records.attempts import Attempt
from examengine.records.database import Writing
from examengine.records.endings import first_outcome, left_by
from examengine.records.fixed import Fixed
from examengine.records.outcomes import OUTCOME, Finish, Outcome, outcome_of, row_of
from examengine.records.tables import (
    attempt_answers,
    attempt_journals,
    attempts,
    enrolments,
    entries,
    open_attempts,
    outcomes,
    people,
    receipts,
    unlinked,
)
from examengine.records.tables import results as results_table
from examengine.records.words import FactKind

MOST = 500
"""Finishes in one transaction."""
SEALED_BETWEEN = 8
"""So many journals are chained, a few milliseconds, before requests have their turn."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A finish, its attempt as it was read, and the ids of the enrolment's entries by which it was decided. It has a
    journal.
    """

    finish: Finish
    attempt: Attempt
    entries: frozenset[int]


_LOCKED = Fixed(
    select(attempts.c.id, attempts.c.generation, people.c.pseudonym, *results.PLACE)
    .join_from(enrolments, attempts, attempts.c.enrolment_id == enrolments.c.id)
    .join(people, people.c.id == enrolments.c.person_id)
    .join(results_table, results_table.c.enrolment_id == enrolments.c.id)
    .where(among(attempts.c.id))
    .order_by(enrolments.c.id)
    .with_for_update(of=[enrolments, attempts, results_table], key_share=True, skip_locked=True)
)
_ENTRIES = Fixed(select(entries.c.enrolment_id, entries.c.id).where(among(entries.c.enrolment_id)))
_beside = attempts.alias("beside")
_ENDED = Fixed(
    select(_beside.c.enrolment_id, *OUTCOME)
    .join_from(_beside, outcomes, outcomes.c.attempt_id == _beside.c.id)
    .where(among(_beside.c.enrolment_id))
    .order_by(outcomes.c.attempt_id, outcomes.c.no)
)
_OPEN_NO_MORE = Fixed(delete(open_attempts).where(among(open_attempts.c.attempt_id)))


@dataclass(frozen=True, slots=True)
class _Standing:
    """One that may be recorded: locked, with what its enrolment has come to so far, by attempt, oldest first."""

    ready: Ready
    pseudonym: str
    place: results.Place
    ended: tuple[tuple[int, Outcome], ...]


async def record_finishes(tx: Writing, ready: Sequence[Ready], at_ms: int) -> dict[int, Outcome]:
    """Record how attempts ended, at most :data:`MOST`; their outcomes by attempt. One that is missing was not
    touched: it is over already, locked by others, was rebuilt, or its enrolment has entries unknown to the finish.

    Raises:
        Conflict, ValueError: nothing was written, and one of them has to be looked at by itself.
    """
    if len(ready) > MOST:
        raise ValueError("too many finishes at once")
    standing = await _still_standing(tx, ready)
    numbers = await tx.numbers(outcomes, len(standing)) if standing else []
    recorded: dict[int, Outcome] = {}
    answers, archives, proofs, facts = [], [], [], []
    refreshed: list[tuple[results.Place, tuple[tuple[int, Outcome], ...]]] = []
    for place, (outcome_id, one) in enumerate(zip(numbers, standing, strict=True), start=1):
        if place % SEALED_BETWEEN == 0:
            await asyncio.sleep(0)
        finish, attempt = one.ready.finish, one.ready.attempt
        outcome = first_outcome(finish, outcome_id, at_ms)
        left = left_by(finish, attempt, one.pseudonym, finish.journal, outcome)
        recorded[attempt.id] = outcome
        refreshed.append((one.place, (*one.ended, (attempt.id, outcome))))
        answers.append(left.answers)
        archives.append(left.archive)
        proofs.append(left.receipt)
        facts.append({"kind": FactKind.ATTEMPT, "ref": attempt.id, "digest": left.head})
    if not recorded:
        return {}
    await tx.put_all(outcomes, [row_of(outcome) for outcome in recorded.values()])
    await tx.put_all(attempt_answers, answers)
    await tx.put_all(attempt_journals, archives)
    await tx.put_all(receipts, proofs)
    await tx.put_all(unlinked, facts)
    await tx.fetch(_OPEN_NO_MORE, {"wanted": list(recorded)})
    await results.refresh_all(tx, refreshed)
    return recorded


async def _still_standing(tx: Writing, ready: Sequence[Ready]) -> list[_Standing]:
    """Those that may be recorded, locked: what they are decided by is read after that."""
    locked = {row[0]: row[1:] for row in await tx.fetch(_LOCKED, {"wanted": [one.attempt.id for one in ready]})}
    of_enrolments = {"wanted": [one.attempt.enrolment_id for one in ready if one.attempt.id in locked]}
    its_entries, its_outcomes = await tx.fetch_each((_ENTRIES, of_enrolments), (_ENDED, of_enrolments))
    known: dict[int, set[int]] = {}
    for enrolment_id, entry_id in its_entries:
        known.setdefault(enrolment_id, set()).add(entry_id)
    ended: dict[int, list[tuple[int, Outcome]]] = {}
    for enrolment_id, *row in its_outcomes:
        outcome = outcome_of(row)
        ended.setdefault(enrolment_id, []).append((outcome.attempt_id, outcome))
    standing = []
    for one in ready:
        found, enrolment_id = locked.get(one.attempt.id), one.attempt.enrolment_id
        if found is None or known.get(enrolment_id, set()) != one.entries:
            continue
        generation, pseudonym, *place = found
        before = tuple(ended.get(enrolment_id, ()))
        if generation != one.finish.generation or any(attempt_id == one.attempt.id for attempt_id, _ in before):
            continue
        standing.append(_Standing(one, str(pseudonym), results.Place(enrolment_id, *place), before))
    return standing
