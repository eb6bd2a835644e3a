"""How far tasks of marking are, in SQL: what :func:`examengine.grading.people.decided` says of one, said of many."""

from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, literal, or_, select, union

from examengine.records.tables import attempts, enrolments, marking_answers, marking_tasks, marks, open_marking


def newest_marks(tasks: Select[Any]) -> Subquery:
    """One row a task and person: his newest mark, and the id of his first. Only of ``tasks`` (their ids): marks are
    never deleted, and those of years past must not be read for an answer of today.
    """
    ranked = select(
        marks.c.task_id,
        marks.c.marker,
        func.max(marks.c.no).label("no"),
        func.min(marks.c.id).label("first_id"),
    )
    ranked = ranked.where(marks.c.task_id.in_(tasks)).group_by(marks.c.task_id, marks.c.marker)
    newest = ranked.subquery()
    return (
        select(
            newest.c.task_id,
            newest.c.marker,
            newest.c.no,
            newest.c.first_id,
            marks.c.hundredths,
            marks.c.comment,
            marks.c.at_ms,
        )
        .join_from(
            newest,
            marks,
            and_(marks.c.task_id == newest.c.task_id, marks.c.marker == newest.c.marker, marks.c.no == newest.c.no),
        )
        .subquery()
    )


def tasks_of_item(exam_id: int, version_id: int, cell: int) -> Select[Any]:
    """The tasks of one item of an exam."""
    task = marking_tasks.c
    return select(task.id).where(task.exam_id == exam_id, task.version_id == version_id, task.cell == cell)


def one_task(task_id: int) -> Select[Any]:
    """A task alone."""
    return select(marking_tasks.c.id).where(marking_tasks.c.id == task_id)


def exams_of_interest(marker: int) -> Select[Any]:
    """Exams in which an attempt waits for marks, and those in which this person has given some."""
    his = select(marking_tasks.c.exam_id).join(marks, marks.c.task_id == marking_tasks.c.id)
    return select(union(select(open_marking.c.exam_id), his.where(marks.c.marker == marker)).subquery().c.exam_id)


def state_for(marker: int, tasks: Select[Any]) -> Subquery:
    """Those of ``tasks`` with marks: how many people gave one, how far they are apart, what this person gave."""
    newest = newest_marks(tasks)
    is_own = newest.c.marker == marker
    return (
        select(
            newest.c.task_id,
            func.count().label("given"),
            (func.max(newest.c.hundredths) - func.min(newest.c.hundredths)).label("apart"),
            func.sum(case((is_own, newest.c.no), else_=0)).label("own_no"),
            func.max(case((is_own, newest.c.hundredths))).label("own_hundredths"),
            func.max(case((is_own, newest.c.comment))).label("own_comment"),
        )
        .group_by(newest.c.task_id)
        .subquery()
    )


def _given(state: Subquery) -> ColumnElement[int]:
    return func.coalesce(state.c.given, 0)


def _is_apart(state: Subquery) -> ColumnElement[bool]:
    return func.coalesce(state.c.apart, 0) > marking_tasks.c.tolerance_hundredths


def is_decided(state: Subquery) -> ColumnElement[bool]:
    given = _given(state)
    two = or_(given >= 3, and_(given == 2, ~_is_apart(state)))
    return or_(and_(marking_tasks.c.markers == 1, given >= 1), and_(marking_tasks.c.markers == 2, two))


def needs_third(state: Subquery) -> ColumnElement[bool]:
    return and_(marking_tasks.c.markers == 2, _given(state) == 2, _is_apart(state))


def is_offered(state: Subquery, marker: int) -> ColumnElement[bool]:
    """Whether this person may mark it now: it is needed, he has not, and did not write it."""
    return and_(~is_decided(state), func.coalesce(state.c.own_no, 0) == 0, is_open(), ~is_own_answer(marker))


def _of_task() -> ColumnElement[bool]:
    return marking_answers.c.task_id == marking_tasks.c.id


def is_open() -> ColumnElement[bool]:
    """Whether an attempt still waits for it."""
    waits = open_marking.c.attempt_id == marking_answers.c.attempt_id
    return exists(select(literal(1)).select_from(marking_answers.join(open_marking, waits)).where(_of_task()))


def is_frozen() -> ColumnElement[bool]:
    """Whether the result of an attempt has been recorded with it."""
    waits = open_marking.c.attempt_id == marking_answers.c.attempt_id
    answered = marking_answers.outerjoin(open_marking, waits)
    return exists(select(literal(1)).select_from(answered).where(_of_task(), open_marking.c.attempt_id.is_(None)))


def is_own_answer(marker: int) -> ColumnElement[bool]:
    sat = marking_answers.join(attempts, attempts.c.id == marking_answers.c.attempt_id).join(
        enrolments, enrolments.c.id == attempts.c.enrolment_id
    )
    return exists(select(literal(1)).select_from(sat).where(_of_task(), enrolments.c.person_id == marker))
