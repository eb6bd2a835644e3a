"""Finished attempts of an exam with their newest outcome, a page at a time: for corrections and statistics."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, and_, exists, func, select

from examengine.records.database import Reading
from examengine.records.outcomes import OUTCOME, Outcome, outcome_of
from examengine.records.shapes import from_json_text
from examengine.records.tables import attempt_answers, attempts, enrolments, outcomes


@dataclass(frozen=True, slots=True)
class FinishedAttempt:
    """An attempt whose answers are kept. ``answers``: item version to response; ``outcome``: the newest one."""

    attempt_id: int
    enrolment_id: int
    person_id: int
    rulebook_digest: str
    paper: bytes = field(repr=False)
    answers: dict[int, str] = field(repr=False)
    outcome: Outcome


_newer = outcomes.alias("newer")
_IS_NEWEST = ~exists().where(_newer.c.attempt_id == outcomes.c.attempt_id, _newer.c.no > outcomes.c.no)
_IS_NEWEST_SCORE = and_(
    outcomes.c.score_hundredths.is_not(None),
    ~exists().where(
        _newer.c.attempt_id == outcomes.c.attempt_id,
        _newer.c.no > outcomes.c.no,
        _newer.c.score_hundredths.is_not(None),
    ),
)
_FINISHED = (
    attempts.c.id,
    attempts.c.enrolment_id,
    enrolments.c.person_id,
    attempts.c.rulebook_digest,
    attempts.c.paper,
    attempt_answers.c.answers,
    *OUTCOME,
)


async def finished_after(
    tx: Reading, exam_id: int, after_id: int, limit: int, since_ms: int | None = None, but_cause: str = ""
) -> tuple[FinishedAttempt, ...]:
    """Finished attempts of an exam with a higher id, in the order of their ids.

    Args:
        since_ms: only those whose newest outcome was recorded from then on, for another cause than ``but_cause``.
    """
    statement = _of_exam(exam_id).where(attempts.c.id > after_id).order_by(attempts.c.id).limit(limit)
    if since_ms is not None:
        statement = statement.where(outcomes.c.recorded_ms >= since_ms, outcomes.c.cause != but_cause)
    return await _read(tx, statement)


async def scored_of(tx: Reading, exam_id: int, attempt_ids: Sequence[int]) -> tuple[FinishedAttempt, ...]:
    """These of the exam's attempts, at most 500, each with its newest outcome that has a score, also where it was
    voided later; one that never had a score is left out.
    """
    statement = _of_exam(exam_id, _IS_NEWEST_SCORE).where(attempts.c.id.in_(attempt_ids))
    return await _read(tx, statement.order_by(attempts.c.id))


async def count_finished(tx: Reading, exam_id: int) -> int:
    """How many attempts of an exam have answers that are kept."""
    statement = (
        select(func.count())
        .select_from(attempt_answers)
        .join(attempts, attempts.c.id == attempt_answers.c.attempt_id)
        .join(enrolments, enrolments.c.id == attempts.c.enrolment_id)
        .where(enrolments.c.exam_id == exam_id)
    )
    return int(await tx.value(statement))


@dataclass(frozen=True, slots=True)
class Counted:
    """What an outcome does to the sums of its exam: ``sign`` 1 adds the attempt, −1 takes it back, 0 nothing."""

    outcome_id: int
    attempt_id: int
    sign: int


async def counted_after(tx: Reading, exam_id: int, after_id: int, before_id: int, limit: int) -> tuple[Counted, ...]:
    """Outcomes of an exam with ids between the two (exclusive), in order. An attempt counts from its first score to
    its void.
    """
    earlier = outcomes.alias("earlier")
    scored_before = exists().where(
        earlier.c.attempt_id == outcomes.c.attempt_id,
        earlier.c.no < outcomes.c.no,
        earlier.c.score_hundredths.is_not(None),
    )
    statement = (
        select(outcomes.c.id, outcomes.c.attempt_id, outcomes.c.state, outcomes.c.score_hundredths, scored_before)
        .join_from(outcomes, attempts)
        .join(enrolments, enrolments.c.id == attempts.c.enrolment_id)
        .where(enrolments.c.exam_id == exam_id, outcomes.c.id > after_id, outcomes.c.id < before_id)
        .order_by(outcomes.c.id)
        .limit(limit)
    )
    return tuple(
        Counted(outcome_id, attempt_id, _sign(state, score, bool(before)))
        for outcome_id, attempt_id, state, score, before in await tx.rows(statement)
    )


def _sign(state: str, score: int | None, scored_before: bool) -> int:
    if state == "void":
        return -1 if scored_before else 0
    return 1 if score is not None and not scored_before else 0


async def newest_settled(tx: Reading, recorded_before_ms: int) -> int:
    """One more than the highest outcome id up to which everything was recorded before an instant: ids are given
    before transactions commit, so that a lower one may still appear beside a younger one.
    """
    fresh = await tx.value(select(func.min(outcomes.c.id)).where(outcomes.c.recorded_ms >= recorded_before_ms))
    if fresh is not None:
        return int(fresh)
    return 1 + int(await tx.value(select(func.coalesce(func.max(outcomes.c.id), 0))))


def _of_exam(exam_id: int, which: ColumnElement[bool] = _IS_NEWEST) -> Select[tuple[object, ...]]:
    return (
        select(*_FINISHED)
        .select_from(attempts)
        .join(enrolments, enrolments.c.id == attempts.c.enrolment_id)
        .join(attempt_answers, attempt_answers.c.attempt_id == attempts.c.id)
        .join(outcomes, outcomes.c.attempt_id == attempts.c.id)
        .where(enrolments.c.exam_id == exam_id, which)
    )


async def _read(tx: Reading, statement: Select[tuple[object, ...]]) -> tuple[FinishedAttempt, ...]:
    found = []
    for row in await tx.rows(statement):
        answers = {int(version): value for version, value in from_json_text(row[5]).items()}
        found.append(FinishedAttempt(row[0], row[1], row[2], row[3], row[4], answers, outcome_of(tuple(row[6:]))))
    return tuple(found)
