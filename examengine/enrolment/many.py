"""Enrolling many people in an exam: in batches, each a transaction of its own, so that sittings are not held up."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from examengine.enrolment.rounds import enrol
from examengine.records import audit, exam_pages, exams
from examengine.records.database import Database
from examengine.records.shelf import Shelf
from examengine.refusals import Next, Reason, Refusal

BATCH = 50
AT_MOST = 2_000
"""People in one call; whoever asked calls again for the rest."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """``new`` people were enrolled now, ``left`` remain to be enrolled by another call."""

    new: int
    left: int


async def enrol_categories(
    database: Database,
    shelf: Shelf,
    exam_id: int,
    credit_year: int,
    categories: Iterable[str],
    by_person: int,
    now_ms: int,
    at_most: int = AT_MOST,
) -> Enrolled | Refusal:
    """Enrol the candidates of these categories who are not enrolled yet, ``at_most`` of them.

    Raises:
        Missing: there is no such exam.
    """
    wanted = frozenset(categories)
    async with database.reading() as tx:
        person_ids = await exam_pages.candidates_outside(tx, exam_id, credit_year, wanted, at_most)
    result = await enrol_people(database, shelf, exam_id, credit_year, person_ids, by_person, now_ms)
    if isinstance(result, Refusal):
        return result
    async with database.reading() as tx:
        outside = await exam_pages.count_outside(tx, exam_id, credit_year)
    return Enrolled(result.new, sum(count for category, count in outside.items() if category in wanted))


async def enrol_people(
    database: Database,
    shelf: Shelf,
    exam_id: int,
    credit_year: int,
    person_ids: Sequence[int],
    by_person: int,
    now_ms: int,
    at_most: int = AT_MOST,
) -> Enrolled | Refusal:
    """Enrol these people, ``at_most`` of those who are not enrolled yet. A batch that was enrolled stays so where a
    later one fails.

    Raises:
        Missing: there is no such exam.
    """
    async with database.reading() as tx:
        known = await exam_pages.enrolled_among(tx, exam_id, credit_year, person_ids)
    wanted = [person_id for person_id in dict.fromkeys(person_ids) if person_id not in known]
    for start in range(0, len(wanted[:at_most]), BATCH):
        batch = wanted[start : min(start + BATCH, at_most)]
        async with database.writing() as tx:
            exam = await exams.get_exam(tx, exam_id)
            if exam.withdrawn_ms is not None:
                return Refusal(Reason.NOT_OFFERED, Next.NONE)
            for person_id in batch:
                refusal = await enrol(tx, shelf, exam, person_id, credit_year, now_ms)
                if isinstance(refusal, Refusal):
                    return refusal
            await audit.append(tx, now_ms, by_person, "enrol", "exam", exam_id, {"people": len(batch)})
    return Enrolled(min(len(wanted), at_most), max(0, len(wanted) - at_most))
