"""Exams as their operators' pages list them: how many sit and pass, and who is not enrolled yet."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from examengine.records import results
from examengine.records.database import CHUNK, Reading
from examengine.records.shapes import chunks
from examengine.records.tables import enrolments, open_attempts, people, roles
from examengine.records.words import Role


@dataclass(frozen=True, slots=True)
class Turnout:
    """People of an exam: ``running`` sit now, ``finished`` have ended an attempt that counts, ``passed`` passed."""

    running: int = 0
    finished: int = 0
    passed: int = 0


async def turnouts(tx: Reading, exam_id: int | None = None) -> Mapping[int, Turnout]:
    """By exam, of all or of one; an exam that nobody is enrolled in is left out. Two queries."""
    running = (
        select(enrolments.c.exam_id, func.count()).join_from(open_attempts, enrolments).group_by(enrolments.c.exam_id)
    )
    if exam_id is not None:
        running = running.where(enrolments.c.exam_id == exam_id)
    found: dict[int, dict[str, int]] = {}
    for (tallied_id, _year), rates in (await results.overview(tx)).items():
        if exam_id in {None, tallied_id}:
            counts = found.setdefault(tallied_id, {"finished": 0, "passed": 0})
            counts["finished"] += rates.sat
            counts["passed"] += rates.passed
    for running_exam, count in await tx.rows(running):
        found.setdefault(running_exam, {})["running"] = count
    return {found_id: Turnout(**counts) for found_id, counts in found.items()}


async def count_enrolled(tx: Reading, exam_id: int, credit_year: int) -> int:
    """How many are enrolled in an exam for a credit year."""
    statement = select(func.count()).where(enrolments.c.exam_id == exam_id, enrolments.c.credit_year == credit_year)
    return int(await tx.value(statement))


async def count_outside(tx: Reading, exam_id: int, credit_year: int) -> Mapping[str, int]:
    """Candidates not enrolled in an exam for a credit year, by category."""
    statement = _outside(select(people.c.category, func.count()), exam_id, credit_year).group_by(people.c.category)
    return {row[0]: row[1] for row in await tx.rows(statement)}


async def candidates_outside(
    tx: Reading, exam_id: int, credit_year: int, categories: Iterable[str], limit: int
) -> tuple[int, ...]:
    """Some of the candidates of these categories who are not enrolled yet, oldest first; their ids."""
    statement = (
        _outside(select(people.c.id), exam_id, credit_year)
        .where(people.c.category.in_(list(categories)))
        .order_by(people.c.id)
        .limit(limit)
    )
    return tuple(row.id for row in await tx.rows(statement))


async def enrolled_among(tx: Reading, exam_id: int, credit_year: int, person_ids: Sequence[int]) -> frozenset[int]:
    """Those of the people who are enrolled."""
    found: set[int] = set()
    for part in chunks(person_ids, CHUNK):
        statement = select(enrolments.c.person_id).where(
            enrolments.c.exam_id == exam_id,
            enrolments.c.credit_year == credit_year,
            enrolments.c.person_id.in_(part),
        )
        found.update(row.person_id for row in await tx.rows(statement))
    return frozenset(found)


async def candidates_among(tx: Reading, person_ids: Sequence[int]) -> frozenset[int]:
    """Those of the people who hold the role of a candidate."""
    found: set[int] = set()
    for part in chunks(person_ids, CHUNK):
        statement = select(roles.c.person_id).where(
            roles.c.person_id.in_(part), roles.c.role == Role.CANDIDATE, roles.c.revoked_ms.is_(None)
        )
        found.update(row.person_id for row in await tx.rows(statement))
    return frozenset(found)


def _outside(statement: Select[Any], exam_id: int, credit_year: int) -> Select[Any]:
    enrolled = (
        select(enrolments.c.id)
        .where(
            enrolments.c.person_id == people.c.id,
            enrolments.c.exam_id == exam_id,
            enrolments.c.credit_year == credit_year,
        )
        .exists()
    )
    return (
        statement.select_from(people)
        .join(
            roles,
            (roles.c.person_id == people.c.id) & (roles.c.role == Role.CANDIDATE) & roles.c.revoked_ms.is_(None),
        )
        .where(people.c.erased_ms.is_(None), ~enrolled)
    )
