"""Outcomes: an append-only series for each attempt, the newest counts; the first one is the finish."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from sqlalchemy import FromClause, bindparam, delete, func, select

from examengine.evidence.receipts import Receipt
from examengine.records import archives, evidence, results, segments
from examengine.records.archives import Ending
from examengine.records.attempts import Attempt, lock_attempt
from examengine.records.database import Missing, Reading, Writing
from examengine.records.fixed import Fixed, Write
from examengine.records.shapes import columns, from_json_text
from examengine.records.tables import (
    attempt_answers,
    attempt_journals,
    attempts,
    enrolments,
    open_attempts,
    open_marking,
    outcomes,
    people,
    receipts,
)
from examengine.records.words import FactKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOutcome:
    """``score_hundredths`` None: no score. ``result`` None: void, or not marked yet. ``cause`` says what brought it
    about: hand_in, deadline, entry:12. ``deadline_ms`` is the effective deadline it ended under.
    """

    state: str
    score_hundredths: int | None
    full_hundredths: int | None
    result: str | None
    reason: str
    cause: str
    key_version: str = ""
    ended_ms: int
    deadline_ms: int
    deadline_reason: str
    by_person: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(NewOutcome):
    """An outcome as recorded; ``no`` 1 is the finish."""

    id: int
    attempt_id: int
    no: int
    generation: int
    recorded_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """All that a finish writes. ``answers``: item version to option ids; ``detail``: marks as JSON can say them;
    ``questions``: how many the paper has.
    """

    attempt_id: int
    generation: int
    questions: int
    outcome: NewOutcome
    answers: Mapping[int, str] = field(repr=False)
    detail: object = field(repr=False)
    journal: Sequence[str] = field(repr=False)


class FinishWord(StrEnum):
    """What became of a finish."""

    RECORDED = "recorded"
    ALREADY_FINISHED = "already_finished"
    STALE_GENERATION = "stale_generation"


@dataclass(frozen=True, slots=True)
class Finished:
    """``outcome`` is the newest one: this finish's own, or what someone else recorded; None with
    ``stale_generation``, when the sitting was rebuilt after this finish had closed it.
    """

    word: FinishWord
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class FinalAnswers:
    """The answers of a finished attempt and their marks."""

    answers: Mapping[int, str] = field(repr=False)
    detail: object = field(repr=False)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What a finished attempt left beside its outcomes; nothing where it was voided while it ran."""

    final: FinalAnswers | None
    receipt: Receipt | None


OUTCOME = columns(outcomes, Outcome)
_SERIES = Fixed(select(*OUTCOME).where(outcomes.c.attempt_id == bindparam("wanted")).order_by(outcomes.c.no))
_APPEND = Fixed(
    outcomes.insert()
    .values({column.name: bindparam(column.name) for column in OUTCOME if column.name != "id"})
    .returning(outcomes.c.id)
)
OPEN_NO_MORE = Fixed(delete(open_attempts).where(open_attempts.c.attempt_id == bindparam("wanted")))
ATTEMPT = columns(attempts, Attempt)
_TO_ARCHIVE = Fixed(
    select(*ATTEMPT, people.c.pseudonym)
    .join_from(attempts, enrolments)
    .join(people, people.c.id == enrolments.c.person_id)
    .where(attempts.c.id == bindparam("wanted"))
    .with_for_update(of=attempts, key_share=True)
)
HANDED_IN = (
    attempt_answers.c.answers,
    attempt_answers.c.detail,
    receipts.c.number,
    receipts.c.ended_ms,
    receipts.c.answered,
    receipts.c.questions,
    attempt_journals.c.head,
)
"""Columns that :func:`handed_in_of` reads, of :func:`with_handed_in`."""
_NAMES = tuple(column.name for column in OUTCOME)
NEW_NAMES = tuple(name.name for name in fields(NewOutcome))
ATTEMPT_NAMES = tuple(column.name for column in ATTEMPT)


def outcome_of(row: Sequence[object]) -> Outcome:
    """From a row of the columns :data:`OUTCOME`."""
    return Outcome(**dict(zip(_NAMES, row, strict=True)))  # type: ignore[arg-type]


async def archive_voided(tx: Writing, attempt_id: int, journal: Sequence[str]) -> bool:
    """Archive what an attempt's journal holds that was voided while it ran; False where it still runs or is archived
    already. Locks the attempt.

    Raises:
        Missing: there is no such attempt.
        ValueError: the journal is larger than 4 MiB.
    """
    attempt, pseudonym = await lock_to_archive(tx, attempt_id)
    known = await series(tx, attempt_id)
    if not known or await archives.is_archived(tx, attempt_id):
        return False
    lines = journal or await shipped(tx, attempt_id)
    archive, archiving = archives.keeping(attempt, pseudonym, lines, row_of(known[0]), Ending())
    await tx.put(archiving, evidence.noting(FactKind.ATTEMPT, attempt_id, archive.head))
    return True


async def append_outcome(tx: Writing, attempt_id: int, new: NewOutcome, at_ms: int) -> Outcome:
    """Append to an attempt's series: a void, a new score. An attempt that was running stops being open, one whose
    answers waited for people waits no more. Locks the attempt.

    Raises:
        Missing: there is no such attempt.
    """
    attempt = await lock_attempt(tx, attempt_id)
    newest = select(func.coalesce(func.max(outcomes.c.no), 0)).where(outcomes.c.attempt_id == attempt_id)
    no = int(await tx.value(newest)) + 1
    outcome, standing = await _append(tx, attempt_id, no, attempt.generation, new, at_ms)
    await tx.put(*standing)
    await tx.run(delete(open_marking).where(open_marking.c.attempt_id == attempt_id))
    digest = archives.digest_of_row(FactKind.OUTCOME, row_of(outcome))
    await evidence.note(tx, FactKind.OUTCOME, outcome.id, digest)
    return outcome


async def series(tx: Reading, attempt_id: int) -> tuple[Outcome, ...]:
    """An attempt's outcomes, oldest first; empty while it runs."""
    return tuple(outcome_of(tuple(row)) for row in await tx.fetch(_SERIES, {"wanted": attempt_id}))


async def find_newest(tx: Reading, attempt_id: int) -> Outcome | None:
    """The outcome that counts; None while the attempt runs."""
    statement = select(*OUTCOME).where(outcomes.c.attempt_id == attempt_id).order_by(outcomes.c.no.desc()).limit(1)
    row = await tx.row(statement)
    return None if row is None else outcome_of(tuple(row))


async def get_answers(tx: Reading, attempt_id: int) -> FinalAnswers:
    """The answers of a finished attempt.

    Raises:
        Missing: it has not finished, or was voided while it ran.
    """
    row = await tx.row(select(attempt_answers).where(attempt_answers.c.attempt_id == attempt_id))
    if row is None:
        raise Missing("answers of attempt", attempt_id)
    return _final(row.answers, row.detail)


def with_handed_in(source: FromClause) -> FromClause:
    """``source``, in which ``attempts`` stands, with what finished attempts have left."""
    return (
        source.outerjoin(attempt_answers, attempt_answers.c.attempt_id == attempts.c.id)
        .outerjoin(receipts, receipts.c.attempt_id == attempts.c.id)
        .outerjoin(attempt_journals, attempt_journals.c.attempt_id == receipts.c.attempt_id)
    )


def handed_in_of(row: Sequence[Any]) -> HandedIn:
    """Answers, marks and receipt of an attempt, from a row of the columns :data:`HANDED_IN`."""
    answers, detail, *receipt = row
    final = None if answers is None else _final(answers, detail)
    return HandedIn(final, None if receipt[0] is None else Receipt(*receipt))


def _final(answers: str, detail: str) -> FinalAnswers:
    by_version = {int(version_id): options for version_id, options in from_json_text(answers).items()}
    return FinalAnswers(by_version, from_json_text(detail))


async def _append(
    tx: Writing, attempt_id: int, no: int, generation: int, new: NewOutcome, at_ms: int
) -> tuple[Outcome, tuple[Write, ...]]:
    """The outcome, and what else is to be written of it."""
    values: dict[str, Any] = {name: getattr(new, name) for name in NEW_NAMES}
    placed: dict[str, Any] = {"attempt_id": attempt_id, "no": no, "generation": generation, "recorded_ms": at_ms}
    [(outcome_id,)] = await tx.fetch(_APPEND, {**values, **placed})
    standing = await results.refresh(tx, attempt_id)
    return Outcome(**values, **placed, id=outcome_id), ((OPEN_NO_MORE, {"wanted": attempt_id}), *standing)


async def lock_to_archive(tx: Writing, attempt_id: int) -> tuple[Attempt, str]:
    """The attempt, locked, and the pseudonym of its person."""
    rows = await tx.fetch(_TO_ARCHIVE, {"wanted": attempt_id})
    if not rows:
        raise Missing("attempt", attempt_id)
    *attempt, pseudonym = rows[0]
    return Attempt(**dict(zip(ATTEMPT_NAMES, attempt, strict=True))), str(pseudonym)


async def shipped(tx: Writing, attempt_id: int) -> tuple[str, ...]:
    """The lines that SQL has of a journal that Redis has lost: every sitting has one line at least."""
    found = await segments.journals(tx, attempt_id % segments.SLOTS, [attempt_id])
    return tuple(line.decode() for line in found.of(attempt_id))


def row_of(outcome: Outcome) -> dict[str, Any]:
    """As it stands in SQL."""
    return {name: getattr(outcome, name) for name in _NAMES}
