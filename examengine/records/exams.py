"""Published exams."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import func, select, update

from examengine.records.database import Missing, Reading, Writing
from examengine.records.shapes import columns
from examengine.records.tables import banks, exams, releases, result_tallies, rulebooks


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExam:
    """What publishing fixes; ``blueprint`` is JSON."""

    title: str
    rulebook_digest: str
    credit_year: int
    release_id: int
    blueprint: str
    by_person: int | None


@dataclass(frozen=True, slots=True)
class Exam:
    """A published exam. Withdrawn, it takes no more enrolments and no starts."""

    id: int
    title: str
    rulebook_digest: str
    credit_year: int
    release_id: int
    blueprint: str
    published_ms: int
    by_person: int | None
    withdrawn_ms: int | None


@dataclass(frozen=True, slots=True)
class ExamLine:
    """An exam as a list shows it."""

    exam: Exam
    rulebook_id: str
    bank_name: str
    release_no: int
    enrolments: int


async def publish(tx: Writing, new: NewExam, at_ms: int) -> Exam:
    """Publish an exam.

    Raises:
        Conflict: rulebook or release are not kept here.
    """
    row = {
        "title": new.title,
        "rulebook_digest": new.rulebook_digest,
        "credit_year": new.credit_year,
        "release_id": new.release_id,
        "blueprint": new.blueprint,
        "published_ms": at_ms,
        "by_person": new.by_person,
    }
    return await get_exam(tx, await tx.insert(exams, row))


async def get_exam(tx: Reading, exam_id: int) -> Exam:
    """One exam.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(select(*columns(exams, Exam)).where(exams.c.id == exam_id))
    if row is None:
        raise Missing("exam", exam_id)
    return Exam(*row)


async def find_exams(tx: Reading, exam_ids: Iterable[int]) -> Mapping[int, Exam]:
    """Exams by their ids; those that do not exist are left out."""
    statement = select(*columns(exams, Exam)).where(exams.c.id.in_(sorted(set(exam_ids))))
    return {row.id: Exam(*row) for row in await tx.rows(statement)}


async def list_published(tx: Reading, rulebook_digest: str, release_id: int) -> tuple[Exam, ...]:
    """The exams under a rulebook with a release that are not withdrawn, oldest first: one a blueprint."""
    statement = (
        select(*columns(exams, Exam))
        .where(
            exams.c.rulebook_digest == rulebook_digest,
            exams.c.release_id == release_id,
            exams.c.withdrawn_ms.is_(None),
        )
        .order_by(exams.c.id)
    )
    return tuple(Exam(*row) for row in await tx.rows(statement))


async def list_exams(tx: Reading, limit: int = 200) -> tuple[ExamLine, ...]:
    """Exams with bank, rulebook and number of enrolments, newest first; one query."""
    enrolled = (
        select(result_tallies.c.exam_id, func.sum(result_tallies.c.n).label("people"))
        .group_by(result_tallies.c.exam_id)
        .subquery()
    )
    statement = (
        select(
            *columns(exams, Exam),
            rulebooks.c.rulebook_id,
            banks.c.name,
            releases.c.no,
            func.coalesce(enrolled.c.people, 0),
        )
        .join_from(exams, rulebooks, rulebooks.c.digest == exams.c.rulebook_digest)
        .join(releases, releases.c.id == exams.c.release_id)
        .join(banks, banks.c.id == releases.c.bank_id)
        .outerjoin(enrolled, enrolled.c.exam_id == exams.c.id)
        .order_by(exams.c.id.desc())
        .limit(limit)
    )
    return tuple(ExamLine(Exam(*row[:-4]), *row[-4:]) for row in await tx.rows(statement))


async def withdraw(tx: Writing, exam_id: int, by_person: int, at_ms: int) -> bool:
    """Withdraw an exam; False where it is withdrawn already or does not exist."""
    published = update(exams).where(exams.c.id == exam_id, exams.c.withdrawn_ms.is_(None))
    return await tx.run(published.values(withdrawn_ms=at_ms, withdrawn_by=by_person)) > 0
