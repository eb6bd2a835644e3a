"""What is archived of an attempt that has ended: its journal between a header and a closing line, chained.

Header and closing are made again from the rows whenever the archive is checked, so that a row that was altered later
does not agree any more.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import and_, bindparam, select

from examengine.evidence import chain
from examengine.evidence.canonical import canonical, row_digest
from examengine.evidence.chain import Archive
from examengine.evidence.receipts import Receipt
from examengine.records.attempts import Attempt
from examengine.records.database import AnyRow, Reading
from examengine.records.fixed import Write, inserting
from examengine.records.shapes import columns, from_json_text
from examengine.records.tables import (
    attempt_answers,
    attempt_journals,
    attempts,
    enrolments,
    outcomes,
    people,
    receipts,
)

MAX_JOURNAL_BYTES = 4 * 1024 * 1024
KEEP = inserting(attempt_journals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What a closing line states beside the outcome. ``answers`` and ``detail`` are the texts as they are kept;
    None: voided while it ran. ``receipt`` is the number of the receipt.
    """

    answers: str | None = field(default=None, repr=False)
    detail: str | None = field(default=None, repr=False)
    answered: int | None = None
    questions: int | None = None
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Archived:
    """An archive as it stands in SQL, and what the rows say now. ``receipt`` None: voided while it ran."""

    attempt_id: int
    archive: Archive = field(repr=False)
    header: Mapping[str, Any] = field(repr=False)
    closing: Mapping[str, Any] | None = field(repr=False)
    receipt: Receipt | None
    receipt_digest: bytes | None = field(repr=False)
    contract: str = field(repr=False)


class UnreadableError(ValueError):
    """The stored lines are no compressed text any more."""


def header_of(attempt: Attempt, pseudonym: str) -> dict[str, Any]:
    """What an attempt's chain begins with; the person by pseudonym only."""
    return {
        "attempt": attempt.id,
        "person": pseudonym,
        "enrolment": attempt.enrolment_id,
        "round": attempt.round_id,
        "no": attempt.no,
        "generation": attempt.generation,
        "started_ms": attempt.started_ms,
        "base_deadline_ms": attempt.base_deadline_ms,
        "base_reason": attempt.base_reason,
        "seed": sha256(attempt.seed).hexdigest(),
        "paper": sha256(attempt.paper).hexdigest(),
        "generator": attempt.generator,
        "release": attempt.release_id,
        "rulebook": attempt.rulebook_digest,
        "contract": sha256(attempt.contract.encode()).hexdigest(),
    }


def closing_of(outcome: Mapping[str, Any], ending: Ending) -> dict[str, Any]:
    """What it ends with; ``outcome`` is the row of the first outcome, by column."""
    stated = {
        "outcome": {name: value for name, value in outcome.items() if value is not None},
        "answers": _digest_of(ending.answers),
        "detail": _digest_of(ending.detail),
        "answered": ending.answered,
        "questions": ending.questions,
        "receipt": ending.receipt,
    }
    return {name: value for name, value in stated.items() if value is not None}


def keeping(
    attempt: Attempt, pseudonym: str, lines: Sequence[str], outcome: Mapping[str, Any], ending: Ending
) -> tuple[Archive, Write]:
    """Seal an attempt's journal: its head is for the log of links, and what is to be written.

    Writing it raises Conflict where it is archived already.

    Raises:
        ValueError: the journal is larger than 4 MiB.
    """
    text = "\n".join(lines).encode()
    if len(text) > MAX_JOURNAL_BYTES:
        raise ValueError("the journal is too large")
    archive = chain.seal(header_of(attempt, pseudonym), lines, closing_of(outcome, ending))
    row = {
        "attempt_id": attempt.id,
        "generation": attempt.generation,
        "lines": zlib.compress(text),
        "count": len(lines),
        "header": archive.header,
        "closing": archive.closing,
        "marks": archive.marks,
        "head": archive.head,
    }
    return archive, (KEEP, row)


async def is_archived(tx: Reading, attempt_id: int) -> bool:
    """Whether the attempt's journal is archived."""
    found = select(attempt_journals.c.attempt_id).where(attempt_journals.c.attempt_id == attempt_id).limit(1)
    return await tx.value(found) is not None


async def get_journal(tx: Reading, attempt_id: int) -> tuple[str, ...]:
    """The archived lines of an attempt, all generations in order; empty while it runs.

    Raises:
        UnreadableError: they are damaged.
    """
    statement = (
        select(attempt_journals.c.lines)
        .where(attempt_journals.c.attempt_id == attempt_id)
        .order_by(attempt_journals.c.generation)
    )
    return tuple(line for row in await tx.rows(statement) for line in _lines(row.lines))


async def get_journals(tx: Reading, attempt_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    """The archived lines of attempts, at most 500; one that is damaged, or not archived, is left out."""
    statement = (
        select(attempt_journals.c.attempt_id, attempt_journals.c.lines)
        .where(attempt_journals.c.attempt_id.in_(list(attempt_ids)))
        .order_by(attempt_journals.c.attempt_id, attempt_journals.c.generation)
    )
    found: dict[int, tuple[str, ...]] = {}
    for row in await tx.rows(statement):
        try:
            found[row.attempt_id] = (*found.get(row.attempt_id, ()), *_lines(row.lines))
        except UnreadableError:
            continue
    return found


async def find_archive(tx: Reading, attempt_id: int) -> Archived | None:
    """An attempt's archive with what the rows say now; None where it has none.

    Raises:
        UnreadableError: the lines are damaged.
    """
    found = await find_archives(tx, [attempt_id])
    kept = found.get(attempt_id)
    if isinstance(kept, UnreadableError):
        raise kept
    return kept


async def find_archives(tx: Reading, attempt_ids: Sequence[int]) -> dict[int, Archived | UnreadableError]:
    """Archives by attempt; give at most 100 at once, they are held in memory."""
    rows = await tx.rows(_ARCHIVED, {"wanted": list(attempt_ids)})
    found: dict[int, Archived | UnreadableError] = {}
    for row in rows:
        try:
            found[row.id] = _archived(row)
        except UnreadableError as error:
            found[row.id] = error
    return found


_ATTEMPT = columns(attempts, Attempt)
_OUTCOME = [column.label(f"of_{column.name}") for column in outcomes.columns]
_ARCHIVED = (
    select(
        *_ATTEMPT,
        people.c.pseudonym,
        attempt_journals.c.lines,
        attempt_journals.c.header,
        attempt_journals.c.closing,
        attempt_journals.c.marks,
        attempt_journals.c.head,
        attempt_answers.c.answers,
        attempt_answers.c.detail,
        receipts.c.number,
        receipts.c.ended_ms,
        receipts.c.answered,
        receipts.c.questions,
        receipts.c.digest,
        *_OUTCOME,
    )
    .join_from(attempts, attempt_journals)
    .join(enrolments, enrolments.c.id == attempts.c.enrolment_id)
    .join(people, people.c.id == enrolments.c.person_id)
    .outerjoin(attempt_answers, attempt_answers.c.attempt_id == attempts.c.id)
    .outerjoin(receipts, receipts.c.attempt_id == attempts.c.id)
    .outerjoin(outcomes, and_(outcomes.c.attempt_id == attempts.c.id, outcomes.c.no == 1))
    .where(attempts.c.id.in_(bindparam("wanted", expanding=True)), attempt_journals.c.head.is_not(None))
)


def _archived(row: AnyRow) -> Archived:
    kept = row._mapping
    attempt = Attempt(**{column.name: kept[column] for column in _ATTEMPT})
    archive = Archive(row.header, _lines(row.lines), row.closing, row.head, row.marks)
    receipt = None
    if row.number is not None:
        receipt = Receipt(row.number, row.ended_ms, row.answered, row.questions, row.head)
    closing = None
    if row.of_id is not None:
        answered = row.answered if row.number is not None else None
        questions = row.questions if row.number is not None else None
        ending = Ending(
            answers=row.answers, detail=row.detail, answered=answered, questions=questions, receipt=row.number
        )
        outcome = {column.name: kept[f"of_{column.name}"] for column in outcomes.columns}
        closing = {**closing_of(outcome, ending), "lines": len(archive.lines)}
    return Archived(
        row.id, archive, header_of(attempt, row.pseudonym), closing, receipt, row.digest, attempt.contract
    )


def differences(stated: str, found: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Names of the values in which a header or closing and what the rows say now differ; inner ones as ``a.b``."""
    if found is None:
        return ("outcome",)
    if stated.encode() == canonical(found):
        return ()
    kept = from_json_text(stated)
    return tuple(
        name for name in sorted({*_flat(kept), *_flat(found)}) if _flat(kept).get(name) != _flat(found).get(name)
    )


def digest_of_row(kind: str, row: Mapping[str, Any]) -> bytes:
    """The digest of a fact kept as one row; what is null is left out, so that a column may be added later."""
    return row_digest(kind, {name: value for name, value in row.items() if value is not None})


def _flat(value: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, inner in value.items():
        if isinstance(inner, Mapping):
            flat |= {f"{name}.{below}": one for below, one in inner.items()}
        else:
            flat[name] = inner
    return flat


def _digest_of(text: str | None) -> str | None:
    return None if text is None else sha256(text.encode()).hexdigest()


def _lines(packed: bytes) -> tuple[str, ...]:
    try:
        unpacking = zlib.decompressobj()
        text = unpacking.decompress(packed, MAX_JOURNAL_BYTES).decode()
    except (zlib.error, UnicodeDecodeError) as error:
        raise UnreadableError("the lines are damaged") from error
    if not unpacking.eof:
        raise UnreadableError("the lines are damaged")
    return tuple(text.split("\n")) if text else ()
