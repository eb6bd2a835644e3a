"""Outcomes: an append-only series for each attempt, the newest counts; the first one is the finish."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, delete, func, select

from examengine.records.attempts import lock_attempt
from examengine.records.database import Missing, Reading, Writing
from examengine.records.shapes import columns, from_json_text, json_text
from examengine.records.tables import attempt_answers, attempt_journals, open_attempts, outcomes

MAX_JOURNAL_BYTES = 4 * 1024 * 1024


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
    """All that a finish writes. ``answers``: item version to option ids; ``detail``: marks as JSON can say them."""

    attempt_id: int
    generation: int
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


OUTCOME = columns(outcomes, Outcome)
_SERIES = select(*OUTCOME).where(outcomes.c.attempt_id == bindparam("wanted")).order_by(outcomes.c.no)


def outcome_of(row: Sequence[object]) -> Outcome:
    """From a row of the columns :data:`OUTCOME`."""
    return Outcome(**dict(zip((column.name for column in OUTCOME), row, strict=True)))  # type: ignore[arg-type]


async def record_finish(tx: Writing, finish: Finish, at_ms: int) -> Finished:
    """Record how an attempt ended, unless someone has done so or the sitting was rebuilt meanwhile. Outcome, answers
    and journal go in together and the attempt stops being open. Locks the attempt.

    Raises:
        Missing: there is no such attempt.
        ValueError: the journal is larger than 4 MiB.
    """
    attempt = await lock_attempt(tx, finish.attempt_id)
    known = await series(tx, finish.attempt_id)
    if known:
        return Finished(FinishWord.ALREADY_FINISHED, known[-1])
    if attempt.generation != finish.generation:
        return Finished(FinishWord.STALE_GENERATION, None)
    outcome = await _append(tx, finish.attempt_id, 1, finish.generation, finish.outcome, at_ms)
    answers = {str(version_id): options for version_id, options in finish.answers.items()}
    await tx.run(
        attempt_answers.insert().values(
            attempt_id=finish.attempt_id, answers=json_text(answers), detail=json_text(finish.detail)
        )
    )
    lines = "\n".join(finish.journal).encode()
    if len(lines) > MAX_JOURNAL_BYTES:
        raise ValueError("the journal is too large")
    await tx.run(
        attempt_journals.insert().values(
            attempt_id=finish.attempt_id,
            generation=finish.generation,
            lines=zlib.compress(lines),
            count=len(finish.journal),
        )
    )
    return Finished(FinishWord.RECORDED, outcome)


async def append_outcome(tx: Writing, attempt_id: int, new: NewOutcome, at_ms: int) -> Outcome:
    """Append to an attempt's series: a void, a new score. An attempt that was running stops being open. Locks the
    attempt.

    Raises:
        Missing: there is no such attempt.
    """
    attempt = await lock_attempt(tx, attempt_id)
    newest = select(func.coalesce(func.max(outcomes.c.no), 0)).where(outcomes.c.attempt_id == attempt_id)
    return await _append(tx, attempt_id, int(await tx.value(newest)) + 1, attempt.generation, new, at_ms)


async def series(tx: Reading, attempt_id: int) -> tuple[Outcome, ...]:
    """An attempt's outcomes, oldest first; empty while it runs."""
    return tuple(outcome_of(tuple(row)) for row in await tx.rows(_SERIES, {"wanted": attempt_id}))


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
    answers = {int(version_id): options for version_id, options in from_json_text(row.answers).items()}
    return FinalAnswers(answers, from_json_text(row.detail))


async def get_journal(tx: Reading, attempt_id: int) -> tuple[str, ...]:
    """The lines of a finished attempt's journal, all generations in order."""
    statement = (
        select(attempt_journals.c.lines)
        .where(attempt_journals.c.attempt_id == attempt_id)
        .order_by(attempt_journals.c.generation)
    )
    lines: list[str] = []
    for row in await tx.rows(statement):
        text = zlib.decompress(row.lines, bufsize=MAX_JOURNAL_BYTES).decode()
        lines += text.split("\n") if text else []
    return tuple(lines)


async def _append(tx: Writing, attempt_id: int, no: int, generation: int, new: NewOutcome, at_ms: int) -> Outcome:
    values: dict[str, Any] = {name.name: getattr(new, name.name) for name in fields(NewOutcome)}
    placed: dict[str, Any] = {"attempt_id": attempt_id, "no": no, "generation": generation, "recorded_ms": at_ms}
    outcome_id = await tx.insert(outcomes, {**values, **placed})
    await tx.run(delete(open_attempts).where(open_attempts.c.attempt_id == attempt_id))
    return Outcome(**values, **placed, id=outcome_id)
