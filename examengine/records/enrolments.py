"""Enrolments, their rounds and the learning reported in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from examengine.records import results
from examengine.records.database import CHUNK, Missing, Reading, Writing
from examengine.records.fixed import Fixed
from examengine.records.shapes import chunks, columns
from examengine.records.tables import enrolments, exams, learning_reports, rounds


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A person takes an exam for a credit year, under the rulebook of the digest."""

    id: int
    person_id: int
    exam_id: int
    credit_year: int
    rulebook_digest: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Round:
    """``attempts`` is what it opened with; ``source`` says what opened it."""

    id: int
    enrolment_id: int
    no: int
    opened_by: str
    attempts: int
    source: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class LearningReport:
    """Learning stood at ``percent`` of the round's tasks."""

    id: int
    enrolment_id: int
    round_no: int
    percent: int
    at_ms: int
    source: str


@dataclass(frozen=True, slots=True)
class EnrolmentLine:
    """An enrolment as "my exams" shows it."""

    enrolment: Enrolment
    exam_title: str
    exam_withdrawn_ms: int | None


_ENROLMENT = columns(enrolments, Enrolment)
_BY_ID = select(*_ENROLMENT).where(enrolments.c.id == bindparam("wanted"))
LOCKED = Fixed(_BY_ID.with_for_update(key_share=True))
"""An enrolment's lock, by its id as ``wanted``."""


async def enrol(
    tx: Writing, exam_id: int, person_id: int, credit_year: int, rulebook_digest: str, at_ms: int
) -> tuple[Enrolment, bool]:
    """Enrol a person; a person enrolled already stays so. The enrolment, and whether it is new."""
    key = {"person_id": person_id, "exam_id": exam_id, "credit_year": credit_year}
    row = {**key, "rulebook_digest": rulebook_digest, "at_ms": at_ms}
    new = await tx.insert_unless_known(enrolments, row, *key)
    found = await find_enrolment(tx, exam_id, person_id, credit_year)
    assert found is not None
    if new:
        await results.begin(tx, found.id)
    return found, new > 0


async def find_enrolment(tx: Reading, exam_id: int, person_id: int, credit_year: int) -> Enrolment | None:
    """A person's enrolment in an exam for a credit year."""
    row = await tx.row(
        select(*_ENROLMENT).where(
            enrolments.c.person_id == person_id,
            enrolments.c.exam_id == exam_id,
            enrolments.c.credit_year == credit_year,
        )
    )
    return None if row is None else Enrolment(*row)


async def get_enrolment(tx: Reading, enrolment_id: int) -> Enrolment:
    """One enrolment.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(_BY_ID, {"wanted": enrolment_id})
    if row is None:
        raise Missing("enrolment", enrolment_id)
    return Enrolment(*row)


async def lock_enrolment(tx: Writing, enrolment_id: int) -> Enrolment:
    """The enrolment, locked: starts, grants, cards and voids of one enrolment come one after another.

    Raises:
        Missing: there is none of that id.
        Unavailable: someone else held it too long.
    """
    rows = await tx.fetch(LOCKED, {"wanted": enrolment_id})
    if not rows:
        raise Missing("enrolment", enrolment_id)
    return Enrolment(*rows[0])


async def list_of_person(tx: Reading, person_id: int) -> tuple[EnrolmentLine, ...]:
    """A person's enrolments, newest first; one query."""
    statement = (
        select(*_ENROLMENT, exams.c.title, exams.c.withdrawn_ms)
        .join_from(enrolments, exams)
        .where(enrolments.c.person_id == person_id)
        .order_by(enrolments.c.id.desc())
    )
    return tuple(EnrolmentLine(Enrolment(*row[:-2]), row[-2], row[-1]) for row in await tx.rows(statement))


async def lines_of_people(tx: Reading, person_ids: Sequence[int]) -> dict[int, tuple[EnrolmentLine, ...]]:
    """The enrolments of several people by person, newest first; one query for every 500 people."""
    found: dict[int, tuple[EnrolmentLine, ...]] = {}
    for part in chunks(person_ids, CHUNK):
        statement = (
            select(*_ENROLMENT, exams.c.title, exams.c.withdrawn_ms)
            .join_from(enrolments, exams)
            .where(enrolments.c.person_id.in_(part))
            .order_by(enrolments.c.id.desc())
        )
        for row in await tx.rows(statement):
            line = EnrolmentLine(Enrolment(*row[:-2]), row[-2], row[-1])
            found[row.person_id] = (*found.get(row.person_id, ()), line)
    return found


async def of_people(tx: Reading, person_ids: Sequence[int], credit_year: int) -> dict[int, tuple[Enrolment, ...]]:
    """Enrolments for a credit year in exams that are not withdrawn, by person; for imports."""
    found: dict[int, tuple[Enrolment, ...]] = {}
    for part in chunks(person_ids, CHUNK):
        statement = (
            select(*_ENROLMENT)
            .join_from(enrolments, exams)
            .where(
                enrolments.c.person_id.in_(part),
                enrolments.c.credit_year == credit_year,
                exams.c.withdrawn_ms.is_(None),
            )
            .order_by(enrolments.c.id)
        )
        for row in await tx.rows(statement):
            found[row.person_id] = (*found.get(row.person_id, ()), Enrolment(*row))
    return found


async def open_round(
    tx: Writing, enrolment_id: int, opened_by: str, attempts: int, source: str, at_ms: int
) -> tuple[Round, bool]:
    """Open the next round; one with this source that is open already is answered instead. The round, and whether it
    is new. Hold the enrolment's lock.
    """
    known = await tx.row(select(*columns(rounds, Round)).where(rounds.c.source == source))
    if known is not None:
        return Round(*known), False
    newest = select(func.coalesce(func.max(rounds.c.no), 0)).where(rounds.c.enrolment_id == enrolment_id)
    no = 1 + int(await tx.value(newest))
    round_id = await tx.insert(
        rounds,
        {
            "enrolment_id": enrolment_id,
            "no": no,
            "opened_by": opened_by,
            "attempts": attempts,
            "source": source,
            "at_ms": at_ms,
        },
    )
    return Round(round_id, enrolment_id, no, opened_by, attempts, source, at_ms), True


async def report_learning(
    tx: Writing, enrolment_id: int, round_no: int, percent: int, source: str, at_ms: int
) -> None:
    """Append a report of learning progress."""
    await report_learning_of_many(tx, [LearningReport(0, enrolment_id, round_no, percent, at_ms, source)])


async def report_learning_of_many(tx: Writing, reports: Sequence[LearningReport]) -> None:
    """Append many reports; their ids are given here."""
    await tx.insert_all(
        learning_reports,
        [
            {
                "enrolment_id": report.enrolment_id,
                "round_no": report.round_no,
                "percent": report.percent,
                "at_ms": report.at_ms,
                "source": report.source,
            }
            for report in reports
        ],
    )


async def newest_rounds(tx: Reading, enrolment_ids: Sequence[int]) -> dict[int, tuple[int, int | None]]:
    """The newest round's number of each enrolment and the learning last reported in it; for imports."""
    found: dict[int, tuple[int, int | None]] = {}
    for part in chunks(enrolment_ids, CHUNK):
        statement = (
            select(rounds.c.enrolment_id, rounds.c.no, learning_reports.c.percent)
            .outerjoin_from(
                rounds,
                learning_reports,
                (learning_reports.c.enrolment_id == rounds.c.enrolment_id)
                & (learning_reports.c.round_no == rounds.c.no),
            )
            .where(rounds.c.enrolment_id.in_(part))
            .order_by(rounds.c.no, learning_reports.c.at_ms, learning_reports.c.id)
        )
        for row in await tx.rows(statement):
            found[row.enrolment_id] = (row.no, row.percent)
    return found
