"""A finish as SQL has it: what it asks before it decides, and all that it writes, together."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from examengine.evidence.receipts import RANDOM_BYTES, Receipt, number_of
from examengine.records import archives, evidence, results
from examengine.records.archives import Ending
from examengine.records.attempts import Attempt
from examengine.records.bulk import next_number
from examengine.records.database import Missing, Values, Writing
from examengine.records.enrolments import LOCKED
from examengine.records.entries import ENTRY, Entry, entry_of
from examengine.records.fixed import Fixed, Write, inserting
from examengine.records.listed import listed
from examengine.records.outcomes import (
    ATTEMPT,
    ATTEMPT_NAMES,
    NEW_NAMES,
    OPEN_NO_MORE,
    OUTCOME,
    Finish,
    Finished,
    FinishWord,
    Outcome,
    lock_to_archive,
    outcome_of,
    row_of,
    shipped,
)
from examengine.records.shapes import json_text
from examengine.records.tables import attempt_answers, attempts, enrolments, entries, outcomes, people, receipts
from examengine.records.tables import results as results_table
from examengine.records.words import FactKind

_APPEND_NUMBERED = Fixed(outcomes.insert().values({column.name: bindparam(column.name) for column in OUTCOME}))
_KEEP_ANSWERS = inserting(attempt_answers)
_KEEP_RECEIPT = inserting(receipts)
_ATTEMPT_LOCKED = Fixed(
    select(attempts.c.id).where(attempts.c.id == bindparam("wanted")).with_for_update(key_share=True)
)
_beside = attempts.alias("beside")
_TO_FINISH = Fixed(
    select(
        *ATTEMPT,
        people.c.pseudonym,
        *results.PLACE,
        next_number(outcomes),
        listed(ENTRY, entries, entries.c.enrolment_id == enrolments.c.id, enrolments),
        listed(
            OUTCOME,
            _beside.join(outcomes, outcomes.c.attempt_id == _beside.c.id),
            _beside.c.enrolment_id == enrolments.c.id,
            enrolments,
        ),
    )
    .join_from(attempts, enrolments)
    .join(people, people.c.id == enrolments.c.person_id)
    .outerjoin(results_table, results_table.c.enrolment_id == enrolments.c.id)
    .where(attempts.c.id == bindparam("wanted"))
)
_rows_in = msgspec.json.Decoder(list[list[Any]]).decode


@dataclass(frozen=True, slots=True)
class ToFinish:
    """An attempt, locked with its enrolment and their result, and all that a finish is decided and written by.
    ``ended``: outcomes of all the enrolment's attempts, each attempt's oldest first; ``number``: the next one's id.
    """

    attempt: Attempt
    pseudonym: str
    entries: tuple[Entry, ...]
    ended: tuple[Outcome, ...] = field(repr=False)
    place: results.Place
    number: int

    @property
    def newest(self) -> Outcome | None:
        """The attempt's own outcome that counts; None while it runs."""
        return next((one for one in reversed(self.ended) if one.attempt_id == self.attempt.id), None)


async def lock_to_finish(tx: Writing, attempt_id: int, enrolment_id: int) -> ToFinish:
    """What a finish asks SQL for before it decides: on SQLite in one hop, on PostgreSQL in two turns.

    Raises:
        Missing: there is no such attempt.
        Unavailable: someone else held it too long.
    """
    of_enrolment = {"wanted": enrolment_id}
    await tx.hold((LOCKED, of_enrolment), (_ATTEMPT_LOCKED, {"wanted": attempt_id}), (results.LOCKED, of_enrolment))
    rows = await tx.fetch(_TO_FINISH, {"wanted": attempt_id})
    if not rows:
        raise Missing("attempt", attempt_id)
    *facts, pseudonym, exam_id, credit_year, region, standing, number, its_entries, its_outcomes = rows[0]
    attempt = Attempt(**dict(zip(ATTEMPT_NAMES, facts, strict=True)))
    return ToFinish(
        attempt,
        str(pseudonym),
        tuple(sorted((entry_of(tuple(one)) for one in _rows_in(its_entries)), key=attrgetter("at_ms", "id"))),
        tuple(sorted(map(outcome_of, _rows_in(its_outcomes)), key=attrgetter("attempt_id", "no"))),
        results.Place(attempt.enrolment_id, exam_id, credit_year, region, standing),
        number,
    )


async def record_finish(tx: Writing, finish: Finish, at_ms: int, found: ToFinish | None = None) -> Finished:
    """Record how an attempt ended, unless someone has done so or the sitting was rebuilt meanwhile. Outcome, answers,
    the chained journal and the receipt go in together and the attempt stops being open. A finish without a journal
    archives the lines that were shipped.

    Args:
        found: what :func:`lock_to_finish` has found in this transaction; without it that is done here.

    Raises:
        Missing: there is no such attempt.
        ValueError: the journal is larger than 4 MiB.
    """
    finished, writes = await _finishing(tx, finish, at_ms, found)
    if writes:
        await tx.put(*writes)
    return finished


async def record_finish_and_end(tx: Writing, finish: Finish, at_ms: int, found: ToFinish) -> Finished:
    """The same as the transaction's last act, which commits it."""
    finished, writes = await _finishing(tx, finish, at_ms, found)
    if writes:
        await tx.put_and_end(*writes)
    return finished


async def _finishing(
    tx: Writing, finish: Finish, at_ms: int, found: ToFinish | None
) -> tuple[Finished, tuple[Write, ...]]:
    """What becomes of a finish, and what is to be written; nothing where it does not count."""
    if found is None:
        attempt, _pseudonym = await lock_to_archive(tx, finish.attempt_id)
        found = await lock_to_finish(tx, attempt.id, attempt.enrolment_id)
    known = found.newest
    if known is not None:
        return Finished(FinishWord.ALREADY_FINISHED, known), ()
    if found.attempt.generation != finish.generation:
        return Finished(FinishWord.STALE_GENERATION, None), ()
    outcome = first_outcome(finish, found.number, at_ms)
    journal = finish.journal or await shipped(tx, finish.attempt_id)
    row = row_of(outcome)
    left = left_by(finish, found.attempt, found.pseudonym, journal, outcome)
    ended = ((one.attempt_id, one) for one in (*found.ended, outcome))
    return Finished(FinishWord.RECORDED, outcome), (
        (_APPEND_NUMBERED, row),
        (OPEN_NO_MORE, {"wanted": finish.attempt_id}),
        *results.refreshing(found.place, ended),
        (_KEEP_ANSWERS, left.answers),
        (archives.KEEP, left.archive),
        (_KEEP_RECEIPT, left.receipt),
        evidence.noting(FactKind.ATTEMPT, finish.attempt_id, left.head),
    )


def first_outcome(finish: Finish, number: int, at_ms: int) -> Outcome:
    """The outcome of a finish, whose id is ``number``."""
    return Outcome(
        **{name: getattr(finish.outcome, name) for name in NEW_NAMES},
        id=number,
        attempt_id=finish.attempt_id,
        no=1,
        generation=finish.generation,
        recorded_ms=at_ms,
    )


@dataclass(frozen=True, slots=True)
class Left:
    """What a finish leaves beside its outcome: rows of ``attempt_answers``, ``attempt_journals`` and ``receipts``,
    and the head of the chain.
    """

    answers: Values
    archive: Values
    receipt: Values
    head: bytes


def left_by(finish: Finish, attempt: Attempt, pseudonym: str, journal: Sequence[str], outcome: Outcome) -> Left:
    """The rows of an attempt whose outcome is numbered. Pure but for the receipt's random number.

    Raises:
        ValueError: the journal is larger than 4 MiB.
    """
    answers = json_text({str(version_id): options for version_id, options in finish.answers.items()})
    detail = json_text(finish.detail)
    number, answered = number_of(secrets.token_bytes(RANDOM_BYTES)), sum(map(bool, finish.answers.values()))
    ending = Ending(answers=answers, detail=detail, answered=answered, questions=finish.questions, receipt=number)
    archive, (_, archiving) = archives.keeping(attempt, pseudonym, journal, row_of(outcome), ending)
    receipt = Receipt(number, outcome.ended_ms, answered, finish.questions, archive.head)
    stated = {"number": number, "ended_ms": receipt.ended_ms, "answered": answered, "questions": finish.questions}
    return Left(
        {"attempt_id": finish.attempt_id, "answers": answers, "detail": detail},
        archiving,
        {"attempt_id": finish.attempt_id, **stated, "digest": receipt.digest},
        archive.head,
    )
