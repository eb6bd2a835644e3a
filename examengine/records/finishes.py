"""Many finishes in one transaction: everybody's time is up at the same minute.

It writes, row by row, what :func:`examengine.records.endings.record_finish` writes of one, and is as careful: the
enrolments and attempts are locked, and a finish counts only where what it was decided by still stands. Whatever is
locked by others, or has changed since, is left to be finished by itself.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, bindparam, delete, select

from examengine.records import results
from examengine.records.attempts import Attempt
from examengine.records.database import Writing
from examengine.records.endings import first_outcome, left_by
from examengine.records.outcomes import Finish, Outcome, row_of
from examengine.records.shapes import columns
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
from examengine.records.words import FactKind

MOST = 500
"""Finishes in one transaction."""
SEALED_BETWEEN = 8
"""So many journals are chained, a few milliseconds, before requests have their turn."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A finish, and the ids of the enrolment's entries by which it was decided. It has a journal."""

    finish: Finish
    enrolment_id: int
    entries: frozenset[int]


_WANTED: BindParameter[Sequence[int]] = bindparam("wanted", expanding=True)
_ATTEMPT = columns(attempts, Attempt)
_ENROLMENTS = (
    select(enrolments.c.id)
    .where(enrolments.c.id.in_(_WANTED))
    .order_by(enrolments.c.id)
    .with_for_update(key_share=True, skip_locked=True)
)
_ATTEMPTS = (
    select(*_ATTEMPT, people.c.pseudonym)
    .join_from(attempts, enrolments)
    .join(people, people.c.id == enrolments.c.person_id)
    .where(attempts.c.id.in_(_WANTED))
    .order_by(attempts.c.id)
    .with_for_update(of=attempts, key_share=True, skip_locked=True)
)
_ENTRIES = select(entries.c.enrolment_id, entries.c.id).where(entries.c.enrolment_id.in_(_WANTED))
_ENDED = select(outcomes.c.attempt_id).where(outcomes.c.attempt_id.in_(_WANTED))
_OPEN_NO_MORE = delete(open_attempts).where(open_attempts.c.attempt_id.in_(_WANTED))


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
    for place, (outcome_id, (finish, attempt, pseudonym)) in enumerate(zip(numbers, standing, strict=True), start=1):
        if place % SEALED_BETWEEN == 0:
            await asyncio.sleep(0)
        outcome = first_outcome(finish, outcome_id, at_ms)
        left = left_by(finish, attempt, pseudonym, finish.journal, outcome)
        recorded[attempt.id] = outcome
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
    await tx.run(_OPEN_NO_MORE, {"wanted": list(recorded)})
    await results.refresh_all(tx, list(recorded))
    return recorded


async def _still_standing(tx: Writing, ready: Sequence[Ready]) -> list[tuple[Finish, Attempt, str]]:
    """Those that may be recorded, with their attempts, locked, and the pseudonyms of their people."""
    wanted = [one.finish.attempt_id for one in ready]
    of = {"wanted": sorted({one.enrolment_id for one in ready})}
    free = {row.id for row in await tx.rows(_ENROLMENTS, of)}
    locked = {row.id: row for row in await tx.rows(_ATTEMPTS, {"wanted": wanted})}
    ended = {row.attempt_id for row in await tx.rows(_ENDED, {"wanted": wanted})}
    found: dict[int, set[int]] = {}
    for row in await tx.rows(_ENTRIES, of):
        found.setdefault(row.enrolment_id, set()).add(row.id)
    standing = []
    for one in ready:
        found_row = locked.get(one.finish.attempt_id)
        if found_row is None or one.enrolment_id not in free or one.finish.attempt_id in ended:
            continue
        *facts, pseudonym = found_row
        attempt = Attempt(**dict(zip((column.name for column in _ATTEMPT), facts, strict=True)))
        if attempt.generation == one.finish.generation and found.get(one.enrolment_id, set()) == one.entries:
            standing.append((one.finish, attempt, str(pseudonym)))
    return standing
