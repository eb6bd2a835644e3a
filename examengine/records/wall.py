"""What the wall of the exam-day room asks SQL: where attempts belong, who has not come, who has handed in, and the
rows of its table. Counts are of whole provinces: whoever asks for them does so seldom.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, bindparam, func, select

from examengine.records.database import CHUNK, Reading
from examengine.records.exams import Exam
from examengine.records.fixed import Fixed
from examengine.records.shapes import chunks, columns
from examengine.records.tables import (
    attempts,
    enrolments,
    exams,
    hearing_cases,
    open_attempts,
    outcomes,
    people,
)
from examengine.records.words import UNDECIDED_CASES


class Place(NamedTuple):
    """Exam, region (GB/T 2260) and unit of an attempt."""

    exam_id: int
    region: str
    unit: str


@dataclass(frozen=True, slots=True)
class Within:
    """What a table is narrowed to; None and "" do not narrow. ``unit`` is a whole name."""

    exam_id: int | None = None
    region: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class WallRow:
    """A person in an exam. Of who has not begun ``attempt_id`` is None; ``ended_ms`` and ``state`` are of an
    outcome.
    """

    enrolment_id: int
    person_id: int
    exam_id: int
    region: str
    unit: str
    attempt_id: int | None = None
    started_ms: int | None = None
    ended_ms: int | None = None
    state: str = ""


_PLACE = (enrolments.c.exam_id, people.c.region, people.c.unit_name)
_ROW = (enrolments.c.id, enrolments.c.person_id, *_PLACE)


async def places(tx: Reading, attempt_ids: Sequence[int]) -> dict[int, Place]:
    """Where attempts belong; one that SQL does not know is left out."""
    found: dict[int, Place] = {}
    for part in chunks(attempt_ids, CHUNK):
        size, statement = next(each for each in _places_of() if each[0] >= len(part))
        values = {f"id{no}": part[min(no, len(part) - 1)] for no in range(size)}
        for attempt_id, *place in await tx.fetch(statement, values):
            found[attempt_id] = Place(*place)
    return found


@cache
def _places_of() -> tuple[tuple[int, Fixed], ...]:
    """For so many attempts at most: a collector that begins asks of everybody. The last one fills what is left."""
    return tuple(
        (size, Fixed(_of_attempts(attempts.c.id, *_PLACE).where(attempts.c.id.in_(_numbered(size)))))
        for size in (8, 64, CHUNK)
    )


def _numbered(size: int) -> list[ColumnElement[int]]:
    return [bindparam(f"id{no}", type_=attempts.c.id.type) for no in range(size)]


async def not_started(tx: Reading, exam_ids: Iterable[int]) -> dict[Place, int]:
    """Enrolments of exams in which nobody has begun, by place."""
    statement = (
        select(*_PLACE, func.count())
        .join_from(enrolments, people, people.c.id == enrolments.c.person_id)
        .where(enrolments.c.exam_id.in_(list(exam_ids)), ~_has_begun())
        .group_by(*_PLACE)
    )
    return {Place(*row[:-1]): row[-1] for row in await tx.rows(statement)}


async def ended(tx: Reading, from_ms: int, until_ms: int) -> dict[tuple[Place, str], int]:
    """Attempts whose end was recorded in ``[from_ms, until_ms)``, by place and state; what was void from its end
    on is left out.
    """
    statement = (
        select(*_PLACE, outcomes.c.state, func.count())
        .select_from(outcomes)
        .join(attempts, attempts.c.id == outcomes.c.attempt_id)
        .join(enrolments, enrolments.c.id == attempts.c.enrolment_id)
        .join(people, people.c.id == enrolments.c.person_id)
        .where(
            outcomes.c.recorded_ms >= from_ms,
            outcomes.c.recorded_ms < until_ms,
            outcomes.c.no == 1,
            outcomes.c.state != "void",
        )
        .group_by(*_PLACE, outcomes.c.state)
    )
    return {(Place(*row[:3]), row[3]): row[4] for row in await tx.rows(statement)}


async def oldest_due_ms(tx: Reading) -> int | None:
    """When somebody should have looked at the attempt that has waited longest; it may lie in the future."""
    found = await tx.value(select(func.min(open_attempts.c.look_at_ms)))
    return None if found is None else int(found)


async def count_waiting_cases(tx: Reading) -> int:
    """Attempts that wait for a person because we could not hear."""
    statement = (
        select(func.count())
        .select_from(hearing_cases)
        .join(open_attempts, open_attempts.c.attempt_id == hearing_cases.c.attempt_id)
        .where(hearing_cases.c.kind.in_(list(UNDECIDED_CASES)), hearing_cases.c.decision.is_(None))
    )
    return int(await tx.value(statement))


async def published(tx: Reading) -> tuple[Exam, ...]:
    """The exams that are not withdrawn, newest first."""
    statement = select(*columns(exams, Exam)).where(exams.c.withdrawn_ms.is_(None)).order_by(exams.c.id.desc())
    return tuple(Exam(*row) for row in await tx.rows(statement))


async def exam_titles(tx: Reading, limit: int = 200) -> dict[int, str]:
    """Title and year of the newest exams, by id, newest first."""
    statement = select(exams.c.id, exams.c.title, exams.c.credit_year).order_by(exams.c.id.desc()).limit(limit)
    return {row.id: f"{row.title} {row.credit_year}" for row in await tx.rows(statement)}


async def open_rows(tx: Reading, within: Within, after_id: int, limit: int) -> tuple[WallRow, ...]:
    """Attempts without outcome, by id, from the one after ``after_id`` on."""
    statement = (
        _of_attempts(*_ROW, attempts.c.id, attempts.c.started_ms)
        .join(open_attempts, open_attempts.c.attempt_id == attempts.c.id)
        .where(open_attempts.c.attempt_id > after_id)
        .order_by(open_attempts.c.attempt_id)
        .limit(limit)
    )
    return tuple(WallRow(*row) for row in await tx.rows(_narrowed(statement, within)))


async def rows_of(tx: Reading, attempt_ids: Sequence[int]) -> dict[int, WallRow]:
    """The rows of attempts, by id, with the outcome where there is one."""
    found: dict[int, WallRow] = {}
    for part in chunks(attempt_ids, CHUNK):
        newer, state = outcomes.alias("newer"), func.coalesce(outcomes.c.state, "")
        newest = select(func.max(newer.c.no)).where(newer.c.attempt_id == attempts.c.id).scalar_subquery()
        statement = (
            _of_attempts(*_ROW, attempts.c.id, attempts.c.started_ms, outcomes.c.ended_ms, state)
            .outerjoin(outcomes, (outcomes.c.attempt_id == attempts.c.id) & (outcomes.c.no == newest))
            .where(attempts.c.id.in_(part))
        )
        for row in await tx.rows(statement):
            found[row[5]] = WallRow(*row)
    return found


async def rows_of_enrolments(tx: Reading, enrolment_ids: Sequence[int]) -> tuple[WallRow, ...]:
    """The rows of enrolments with their newest attempt, in the order given; who does not exist is left out."""
    newest = select(func.max(attempts.c.id)).where(attempts.c.enrolment_id == enrolments.c.id).scalar_subquery()
    statement = (
        select(*_ROW, newest)
        .join_from(enrolments, people, people.c.id == enrolments.c.person_id)
        .where(enrolments.c.id.in_(enrolment_ids))
    )
    found = {row[0]: WallRow(*row) for row in await tx.rows(statement)}
    begun = await rows_of(tx, [row.attempt_id for row in found.values() if row.attempt_id is not None])
    rows = (found[wanted] for wanted in enrolment_ids if wanted in found)
    return tuple(begun.get(row.attempt_id or 0, row) for row in rows)


async def ended_rows(
    tx: Reading, within: Within, from_ms: int, before: tuple[int, int] | None, limit: int
) -> tuple[WallRow, ...]:
    """Attempts whose end was recorded since ``from_ms``, newest first; ``before``: when the last one shown was
    recorded, and its attempt.
    """
    statement = (
        _of_attempts(*_ROW, attempts.c.id, attempts.c.started_ms, outcomes.c.recorded_ms, outcomes.c.state)
        .join(outcomes, outcomes.c.attempt_id == attempts.c.id)
        .where(outcomes.c.recorded_ms >= from_ms, outcomes.c.no == 1, outcomes.c.state != "void")
        .order_by(outcomes.c.recorded_ms.desc(), outcomes.c.attempt_id.desc())
        .limit(limit)
    )
    if before is not None:
        at_ms, attempt_id = before
        is_older = (outcomes.c.recorded_ms < at_ms) | (
            (outcomes.c.recorded_ms == at_ms) & (outcomes.c.attempt_id < attempt_id)
        )
        statement = statement.where(outcomes.c.recorded_ms <= at_ms, is_older)
    return tuple(WallRow(*row) for row in await tx.rows(_narrowed(statement, within)))


async def absent_rows(
    tx: Reading, exam_ids: Iterable[int], within: Within, after_id: int, limit: int
) -> tuple[WallRow, ...]:
    """Enrolments of exams in which nobody has begun, by id, from the one after ``after_id`` on."""
    statement = (
        select(*_ROW)
        .join_from(enrolments, people, people.c.id == enrolments.c.person_id)
        .where(enrolments.c.exam_id.in_(list(exam_ids)), enrolments.c.id > after_id, ~_has_begun())
        .order_by(enrolments.c.id)
        .limit(limit)
    )
    return tuple(WallRow(*row) for row in await tx.rows(_narrowed(statement, within)))


def _of_attempts(*wanted: Any) -> Select[Any]:
    return (
        select(*wanted)
        .select_from(attempts)
        .join(enrolments, enrolments.c.id == attempts.c.enrolment_id)
        .join(people, people.c.id == enrolments.c.person_id)
    )


def _narrowed(statement: Select[Any], within: Within) -> Select[Any]:
    if within.exam_id is not None:
        statement = statement.where(enrolments.c.exam_id == within.exam_id)
    if within.region:
        statement = statement.where(people.c.region == within.region)
    if within.unit:
        statement = statement.where(people.c.unit_name == within.unit)
    return statement


def _has_begun() -> Any:
    return select(attempts.c.id).where(attempts.c.enrolment_id == enrolments.c.id).exists()
