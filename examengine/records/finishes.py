"""Many finishes in one transaction: everybody's time is up at the same minute, or a crowd hands in.

It writes, row by row, what :func:`examengine.records.endings.record_finish` writes of one, and is as careful: the
enrolments and attempts are locked, and a finish counts only where what it was decided by still stands. Whatever is
locked by others, or has changed since, is left to be finished by itself. On PostgreSQL that is a statement to lock,
one to read and one to write, however many they are.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select

from examengine.records import results
from examengine.records.among import among
from examengine.records.attempts import Attempt
from examengine.records.bulk import Filling, next_number
from examengine.records.database import Values, Writing
from examengine.records.endings import Left, first_outcome, left_by
from examengine.records.fixed import MOST_HERE, Fixed, Write
from examengine.records.listed import listed
from examengine.records.outcomes import OPEN_NO_MORE, OUTCOME, Finish, Outcome, outcome_of, row_of
from examengine.records.shapes import chunks
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
    select(attempts.c.id)
    .join_from(enrolments, attempts, attempts.c.enrolment_id == enrolments.c.id)
    .join(results_table, results_table.c.enrolment_id == enrolments.c.id)
    .where(among(attempts.c.id))
    .order_by(enrolments.c.id)
    .with_for_update(of=[enrolments, attempts, results_table], key_share=True, skip_locked=True)
)
_beside = attempts.alias("beside")
_standing = (
    select(
        attempts.c.id,
        attempts.c.generation,
        people.c.pseudonym,
        *results.PLACE,
        next_number(outcomes),
        listed([entries.c.id], entries, entries.c.enrolment_id == enrolments.c.id, enrolments),
        listed(
            OUTCOME,
            _beside.join(outcomes, outcomes.c.attempt_id == _beside.c.id),
            _beside.c.enrolment_id == enrolments.c.id,
            enrolments,
        ),
    )
    .join_from(attempts, enrolments)
    .join(people, people.c.id == enrolments.c.person_id)
    .join(results_table, results_table.c.enrolment_id == enrolments.c.id)
)
_ALL_STANDING = Fixed(_standing.where(among(attempts.c.id)))
_ONE_STANDING = Fixed(_standing.where(attempts.c.id == bindparam("wanted")))
_OPEN_NO_MORE = Fixed(delete(open_attempts).where(among(open_attempts.c.attempt_id)))
_OUTCOMES, _ANSWERS = Filling(outcomes, *(column.name for column in OUTCOME)), Filling(attempt_answers)
_ARCHIVES, _RECEIPTS, _UNLINKED = Filling(attempt_journals), Filling(receipts), Filling(unlinked)
_rows_in = msgspec.json.Decoder(list[tuple[Any, ...]]).decode
_oldest_first = attrgetter("attempt_id", "no")


@dataclass(frozen=True, slots=True)
class _Standing:
    """One that may be recorded: locked, with what its enrolment has come to so far, by attempt, oldest first, and the
    id of its outcome.
    """

    ready: Ready
    pseudonym: str
    place: results.Place
    ended: tuple[Outcome, ...]
    number: int


async def record_finishes(tx: Writing, ready: Sequence[Ready], at_ms: int) -> dict[int, Outcome]:
    """Record how attempts ended, at most :data:`MOST`; their outcomes by attempt. One that is missing was not
    touched: it is over already, locked by others, was rebuilt, or its enrolment has entries unknown to the finish.

    Raises:
        Conflict, ValueError: nothing was written, and one of them has to be looked at by itself.
    """
    if len(ready) > MOST:
        raise ValueError("too many finishes at once")
    recorded: dict[int, Outcome] = {}
    kept: list[Left] = []
    refreshed: list[tuple[results.Place, tuple[tuple[int, Outcome], ...]]] = []
    for place, one in enumerate(await _still_standing(tx, ready), start=1):
        if place % SEALED_BETWEEN == 0:
            await asyncio.sleep(0)
        finish, attempt = one.ready.finish, one.ready.attempt
        outcome = recorded[attempt.id] = first_outcome(finish, one.number, at_ms)
        kept.append(left_by(finish, attempt, one.pseudonym, finish.journal, outcome))
        refreshed.append((one.place, tuple((ended.attempt_id, ended) for ended in (*one.ended, outcome))))
    if not recorded:
        return {}
    facts = zip(recorded, kept, strict=True)
    filled: tuple[tuple[Filling, list[Values]], ...] = (
        (_OUTCOMES, [row_of(outcome) for outcome in recorded.values()]),
        (_ANSWERS, [left.answers for left in kept]),
        (_ARCHIVES, [left.archive for left in kept]),
        (_RECEIPTS, [left.receipt for left in kept]),
        (_UNLINKED, [{"kind": FactKind.ATTEMPT, "ref": of, "digest": left.head} for of, left in facts]),
    )
    writes: list[Write] = [
        write for filling, rows in filled for write in filling.writes(rows, is_sqlite=tx.is_sqlite)
    ]
    writes += results.refreshing_all(refreshed, is_sqlite=tx.is_sqlite)
    if not tx.is_sqlite:
        await tx.put(*writes, (_OPEN_NO_MORE, {"wanted": list(recorded)}))
        return recorded
    writes += ((OPEN_NO_MORE, {"wanted": attempt_id}) for attempt_id in recorded)
    for part in chunks(writes, MOST_HERE):
        await tx.put(*part)
        await asyncio.sleep(0)
    return recorded


async def _still_standing(tx: Writing, ready: Sequence[Ready]) -> list[_Standing]:
    """Those that may be recorded, locked: what they are decided by is read after that."""
    found = {row[0]: row[1:] for row in await _locked(tx, [one.attempt.id for one in ready])}
    standing: list[_Standing] = []
    for one in ready:
        row = found.get(one.attempt.id)
        if row is None:
            continue
        generation, pseudonym, *place, number, its_entries, its_outcomes = row
        ended = tuple(sorted(map(outcome_of, _rows_in(its_outcomes)), key=_oldest_first))
        if (
            generation != one.finish.generation
            or {entry_id for (entry_id,) in _rows_in(its_entries)} != one.entries
            or any(outcome.attempt_id == one.attempt.id for outcome in ended)
        ):
            continue
        at = results.Place(one.attempt.enrolment_id, *place)
        # SQLite tells every one the same next number: its only writer counts on by himself
        number += len(standing) if tx.is_sqlite else 0
        standing.append(_Standing(one, str(pseudonym), at, ended, number))
    return standing


async def _locked(tx: Writing, attempt_ids: Sequence[int]) -> list[Sequence[Any]]:
    """What stands of those that nobody else holds. SQLite's writer is alone, and looks them up one by one."""
    if tx.is_sqlite:
        found: list[Sequence[Any]] = []
        for part in chunks(attempt_ids, MOST_HERE):
            for rows in await tx.fetch_each(*((_ONE_STANDING, {"wanted": attempt_id}) for attempt_id in part)):
                found += rows
        return found
    locked = [row[0] for row in await tx.fetch(_LOCKED, {"wanted": list(attempt_ids)})]
    return list(await tx.fetch(_ALL_STANDING, {"wanted": locked})) if locked else []
