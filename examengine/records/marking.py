"""Answers that wait for people, the marks that people gave, and attempts whose result depends on them.

A task is one answer to one item of an exam, whoever wrote it: who wrote the same shares it. Nothing that a marker is
shown leads to a person.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, Subquery, bindparam, case, delete, func, select, update

from examengine.grading.people import Given, decided
from examengine.records.database import CHUNK, AnyRow, Missing, Reading, Writing
from examengine.records.marking_state import (
    exams_of_interest,
    is_decided,
    is_frozen,
    is_offered,
    is_open,
    is_own_answer,
    needs_third,
    newest_marks,
    one_task,
    state_for,
    tasks_of_item,
)
from examengine.records.shapes import chunks
from examengine.records.tables import exams, marking_answers, marking_tasks, marks, open_marking

CHANGE_MS = 120_000
"""How long the last mark of an attempt may still be changed: then its result is recorded."""
ORDERS = 65_536
MAX_COMMENT = 1_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """An answer that a person has to mark. ``same_as``: answers with equal ones are marked together."""

    version_id: int
    position: int
    cell: int
    answer: str = field(repr=False)
    same_as: str = field(repr=False)
    full_hundredths: int
    markers: int
    tolerance_hundredths: int


@dataclass(frozen=True, slots=True)
class Task:
    """An answer to be marked. ``copies``: of how many attempts; ``own_no`` and the mark with it are the marker's own
    newest one, 0 and None where he has given none.
    """

    id: int
    exam_id: int
    version_id: int
    cell: int
    answer: str = field(repr=False)
    full_hundredths: int
    copies: int
    own_no: int = 0
    own_hundredths: int | None = None
    own_comment: str = field(default="", repr=False)
    is_frozen: bool = False


@dataclass(frozen=True, slots=True)
class Queue:
    """How far the answers to one item of an exam are marked. ``for_me`` counts what the marker may mark now, ``mine``
    what he has marked; ``third`` what waits for a third person.
    """

    exam_id: int
    version_id: int
    cell: int
    full_hundredths: int
    markers: int
    tolerance_hundredths: int
    answers: int
    tasks: int
    done: int
    third: int
    for_me: int
    mine: int


@dataclass(frozen=True, slots=True)
class ExamQueue:
    """An exam with answers to mark. ``attempts`` wait for their result."""

    exam_id: int
    title: str
    attempts: int
    items: tuple[Queue, ...]


@dataclass(frozen=True, slots=True)
class OwnMark:
    """A mark that its giver may look at again; ``may_change``: no result has been recorded with it."""

    task_id: int
    answer: str = field(repr=False)
    hundredths: int
    at_ms: int
    may_change: bool


class MarkWord(StrEnum):
    """What became of a mark."""

    RECORDED = "recorded"
    REPEATED = "repeated"
    STALE = "stale"
    NOT_NEEDED = "not_needed"
    FROZEN = "frozen"
    OWN_ANSWER = "own_answer"


# ── answers come to wait ──


async def wait_for(tx: Writing, attempt_id: int, exam_id: int, waiting: Sequence[Waiting], at_ms: int) -> None:
    """An attempt that finishes waits for people from now on. Answers that were marked before for somebody else who
    wrote the same need nobody again.
    """
    tasks: dict[int, int] = {}
    for one in waiting:
        known_by = {
            "exam_id": exam_id,
            "version_id": one.version_id,
            "cell": one.cell,
            "text_digest": sha256(one.same_as.encode()).hexdigest(),
        }
        values = {
            **known_by,
            "answer": one.answer,
            "full_hundredths": one.full_hundredths,
            "markers": one.markers,
            "tolerance_hundredths": one.tolerance_hundredths,
            "shuffled": secrets.randbelow(ORDERS),
            "at_ms": at_ms,
        }
        await tx.insert_unless_known(marking_tasks, values, *known_by)
        found = select(marking_tasks.c.id).where(
            *(marking_tasks.c[name] == value for name, value in known_by.items())
        )
        tasks[one.version_id] = int(await tx.value(found))
    await tx.insert_all(
        marking_answers,
        [
            {
                "attempt_id": attempt_id,
                "version_id": one.version_id,
                "position": one.position,
                "task_id": tasks[one.version_id],
            }
            for one in waiting
        ],
    )
    await _lock_tasks(tx, tasks.values())
    marked = all(each is not None for each in (await _decided(tx, tasks.values())).values())
    look_at_ms = at_ms if marked else None
    await tx.run(open_marking.insert(), {"attempt_id": attempt_id, "exam_id": exam_id, "look_at_ms": look_at_ms})


# ── people mark ──


async def queues(tx: Reading, marker: int, exam_id: int | None = None) -> tuple[ExamQueue, ...]:
    """Exams with answers that wait, or that this person has marked, newest exam first."""
    of_interest = exams_of_interest(marker)
    task = marking_tasks.c
    asked = task.exam_id.in_(of_interest) if exam_id is None else task.exam_id == exam_id
    state = state_for(marker, select(task.id).where(asked))
    copies = select(func.count()).where(marking_answers.c.task_id == task.id).scalar_subquery()
    statement = (
        select(
            task.exam_id,
            task.version_id,
            task.cell,
            func.max(task.full_hundredths),
            func.max(task.markers),
            func.max(task.tolerance_hundredths),
            func.sum(copies),
            func.count(),
            func.sum(case((is_decided(state), 1), else_=0)),
            func.sum(case((needs_third(state), 1), else_=0)),
            func.sum(case((is_offered(state, marker), 1), else_=0)),
            func.sum(case((state.c.own_no > 0, 1), else_=0)),
        )
        .outerjoin_from(marking_tasks, state, state.c.task_id == task.id)
        .where(asked, is_open() | (state.c.own_no > 0))
        .group_by(task.exam_id, task.version_id, task.cell)
        .order_by(task.exam_id.desc(), task.cell, task.version_id)
    )
    by_exam: dict[int, list[Queue]] = {}
    for row in await tx.rows(statement):
        by_exam.setdefault(row[0], []).append(Queue(*(int(value or 0) for value in row)))
    if not by_exam:
        return ()
    waiting = select(open_marking.c.exam_id, func.count()).group_by(open_marking.c.exam_id)
    counts = {row[0]: row[1] for row in await tx.rows(waiting)}
    named = select(exams.c.id, exams.c.title).where(exams.c.id.in_(by_exam))
    titles = {row.id: row.title for row in await tx.rows(named)}
    return tuple(ExamQueue(exam, titles[exam], counts.get(exam, 0), tuple(items)) for exam, items in by_exam.items())


async def find_queue(tx: Reading, exam_id: int, version_id: int, cell: int, marker: int) -> tuple[str, Queue] | None:
    """How far one item is, with the title of its exam; None where nothing of it waits or was marked by him."""
    for exam in await queues(tx, marker, exam_id):
        for item in exam.items:
            if (item.version_id, item.cell) == (version_id, cell):
                return exam.title, item
    return None


async def next_task(tx: Reading, exam_id: int, version_id: int, cell: int, marker: int) -> Task | None:
    """An answer for this person to mark; None where there is none. Different people begin at different places."""
    state = state_for(marker, tasks_of_item(exam_id, version_id, cell))
    task = marking_tasks.c
    turn = (task.shuffled + marker * 7_919) % ORDERS
    statement = (
        _tasks(state)
        .where(task.exam_id == exam_id, task.version_id == version_id, task.cell == cell)
        .where(is_offered(state, marker))
        .order_by(turn, task.id)
        .limit(1)
    )
    row = await tx.row(statement)
    return None if row is None else _task_of(row)


async def get_task(tx: Reading, task_id: int, marker: int) -> Task:
    """One task as this person sees it.

    Raises:
        Missing: there is none of that id, or it is none of his: neither marked by him nor open to him.
    """
    state = state_for(marker, one_task(task_id))
    statement = _tasks(state).where(marking_tasks.c.id == task_id, is_offered(state, marker) | (state.c.own_no > 0))
    row = await tx.row(statement)
    if row is None:
        raise Missing("task of this marker", task_id)
    return _task_of(row)


async def find_task(tx: Reading, task_id: int, marker: int) -> Task | None:
    """One task, whoever may mark it now; None where there is none of that id."""
    row = await tx.row(_tasks(state_for(marker, one_task(task_id))).where(marking_tasks.c.id == task_id))
    return None if row is None else _task_of(row)


async def own_marks(
    tx: Reading, exam_id: int, version_id: int, cell: int, marker: int, limit: int
) -> tuple[OwnMark, ...]:
    """The newest marks that a person gave for one item, each task once, newest first."""
    newest = newest_marks(tasks_of_item(exam_id, version_id, cell))
    statement = (
        select(marking_tasks.c.id, marking_tasks.c.answer, newest.c.hundredths, newest.c.at_ms, ~is_frozen())
        .join_from(newest, marking_tasks, marking_tasks.c.id == newest.c.task_id)
        .where(newest.c.marker == marker, marking_tasks.c.exam_id == exam_id)
        .where(marking_tasks.c.version_id == version_id, marking_tasks.c.cell == cell)
        .order_by(newest.c.at_ms.desc(), newest.c.task_id.desc())
        .limit(limit)
    )
    return tuple(OwnMark(*[*row[:4], bool(row[4])]) for row in await tx.rows(statement))


async def record_mark(
    tx: Writing, task_id: int, marker: int, hundredths: int, comment: str, no: int, at_ms: int
) -> MarkWord:
    """Record a person's mark. ``no`` is the number of it that his page named: 1 for the first, one more for each
    change; a second post of the same page changes nothing.

    Raises:
        Missing: there is no such task.
        ValueError: the mark lies outside the points, or the comment is too long.
    """
    await _lock_tasks(tx, [task_id])
    state = state_for(marker, one_task(task_id))
    row = await tx.row(_tasks(state).add_columns(is_offered(state, marker)).where(marking_tasks.c.id == task_id))
    if row is None:
        raise Missing("task", task_id)
    task, offered = _task_of(row), bool(row[-1])
    if not 0 <= hundredths <= task.full_hundredths or len(comment) > MAX_COMMENT:
        raise ValueError("no such mark")
    if no <= task.own_no:
        is_same = no == task.own_no and (hundredths, comment) == (task.own_hundredths, task.own_comment)
        return MarkWord.REPEATED if is_same else MarkWord.STALE
    if no != task.own_no + 1:
        return MarkWord.STALE
    if await tx.value(select(is_own_answer(marker)).where(marking_tasks.c.id == task_id)):
        return MarkWord.OWN_ANSWER
    if task.own_no and task.is_frozen:
        return MarkWord.FROZEN
    if not task.own_no and not offered:
        return MarkWord.NOT_NEEDED
    values = {"task_id": task_id, "marker": marker, "no": no, "hundredths": hundredths, "comment": comment}
    await tx.insert(marks, {**values, "at_ms": at_ms})
    if (await _decided(tx, [task_id]))[task_id] is not None:
        waiting = select(marking_answers.c.attempt_id).where(marking_answers.c.task_id == task_id)
        of_task = open_marking.c.attempt_id.in_(waiting)
        await tx.run(update(open_marking).where(of_task).values(look_at_ms=at_ms + CHANGE_MS))
    return MarkWord.RECORDED


# ── results follow ──


async def due(tx: Reading, now_ms: int, limit: int) -> tuple[int, ...]:
    """Attempts whose marks may be complete, longest first."""
    statement = (
        select(open_marking.c.attempt_id)
        .where(open_marking.c.look_at_ms <= now_ms)
        .order_by(open_marking.c.look_at_ms, open_marking.c.attempt_id)
        .limit(limit)
    )
    return tuple(row.attempt_id for row in await tx.rows(statement))


async def hold_marks(tx: Writing, attempt_id: int) -> Mapping[int, int] | None:
    """The marks of an attempt in hundredths by position, held until the transaction ends; None where one is missing:
    then nobody needs to look before the next mark.
    """
    rows = await tx.rows(_ANSWERS, {"wanted": attempt_id})
    tasks = {row.task_id for row in rows}
    await _lock_tasks(tx, tasks)
    given = await _decided(tx, tasks)
    if any(each is None for each in given.values()):
        await tx.run(update(open_marking).where(open_marking.c.attempt_id == attempt_id).values(look_at_ms=None))
        return None
    return {row.position: hundredths for row in rows if (hundredths := given[row.task_id]) is not None}


async def marked_positions(tx: Reading, attempt_id: int) -> Mapping[int, int | None]:
    """Positions that people mark with what they have come to, None where a mark is missing."""
    rows = await tx.rows(_ANSWERS, {"wanted": attempt_id})
    given = await _decided(tx, {row.task_id for row in rows})
    return {row.position: given[row.task_id] for row in rows}


async def no_longer_waits(tx: Writing, attempt_id: int) -> None:
    """A later outcome stands: nobody's mark is waited for."""
    await tx.run(delete(open_marking).where(open_marking.c.attempt_id == attempt_id))


_ANSWERS = (
    select(marking_answers.c.position, marking_answers.c.task_id)
    .where(marking_answers.c.attempt_id == bindparam("wanted"))
    .order_by(marking_answers.c.position)
)


async def _lock_tasks(tx: Writing, task_ids: Iterable[int]) -> None:
    wanted = sorted(set(task_ids))
    for part in chunks(wanted, CHUNK):
        statement = select(marking_tasks.c.id).where(marking_tasks.c.id.in_(part)).order_by(marking_tasks.c.id)
        await tx.rows(statement.with_for_update())


async def _decided(tx: Reading, task_ids: Iterable[int]) -> dict[int, int | None]:
    """What tasks have come to."""
    wanted = sorted(set(task_ids))
    found: dict[int, int | None] = {}
    for part in chunks(wanted, CHUNK):
        newest = newest_marks(select(marking_tasks.c.id).where(marking_tasks.c.id.in_(part)))
        rows = await tx.rows(
            select(
                marking_tasks.c.id,
                marking_tasks.c.markers,
                marking_tasks.c.tolerance_hundredths,
                newest.c.marker,
                newest.c.hundredths,
            )
            .outerjoin_from(marking_tasks, newest, newest.c.task_id == marking_tasks.c.id)
            .where(marking_tasks.c.id.in_(part))
            .order_by(marking_tasks.c.id, newest.c.first_id)
        )
        by_task: dict[int, list[AnyRow]] = {}
        for row in rows:
            by_task.setdefault(row.id, []).append(row)
        for task_id, of_task in by_task.items():
            given = [Given(row.marker, row.hundredths) for row in of_task if row.marker is not None]
            found[task_id] = decided(given, of_task[0].markers, of_task[0].tolerance_hundredths)
    return found


def _tasks(state: Subquery) -> Select[Any]:
    task = marking_tasks.c
    copies = select(func.count()).where(marking_answers.c.task_id == task.id).scalar_subquery()
    return select(
        task.id,
        task.exam_id,
        task.version_id,
        task.cell,
        task.answer,
        task.full_hundredths,
        copies,
        func.coalesce(state.c.own_no, 0),
        state.c.own_hundredths,
        func.coalesce(state.c.own_comment, ""),
        is_frozen(),
    ).outerjoin_from(marking_tasks, state, state.c.task_id == task.id)


def _task_of(row: AnyRow) -> Task:
    return Task(*[*row[:10], bool(row[10])])
