"""Marking by people (阅卷): blind, with a second marker where the plan says so.

A marker sees item, model answer and answer; never a name, a number, a time, or another's mark.
"""

from decimal import Decimal

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.item import Item
from examengine.banks.responses import EssayExpected
from examengine.banks.stems import stem_line
from examengine.grading.texts import number_of
from examengine.records import audit, marking
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.marking import CHANGE_MS, MAX_COMMENT, MarkWord, Queue, Task
from examengine.records.words import Role
from examengine.web import times
from examengine.web.answers import parts_told
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.contexts.marking import AnswerShown, ExamMarking, GivenMark, MarkAnswer, Marking, QueueRow
from examengine.web.http import (
    NotAllowed,
    field_of,
    frame_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.markup import stem_html, text_html
from examengine.web.messages import KINDS
from examengine.web.wording import gettext as _

HERE = "/marking"
OWN_SHOWN = 20
STEM_SHOWN = 80
TEXT_SHOWN = 60

TOLD: dict[MarkWord, tuple[str, str]] = {
    MarkWord.STALE: (
        _("没有记下：这份作答您在另一个页面改过分"),
        _("下面显示的是现在的分，要改请再填一次。"),
    ),
    MarkWord.NOT_NEEDED: (_("没有记下：这份作答已由别人评完"), _("不需要再评，请评下一份。")),
    MarkWord.FROZEN: (_("没有改：成绩已经登记"), _("登记以后不能再改分；评错的请报告考试管理，按更正办理。")),
    MarkWord.OWN_ANSWER: (_("没有记下：这是您自己的作答"), _("由别人评，请评下一份。")),
}


@signed_in(Role.MARKER)
async def queues(request: Request) -> Response:
    """Exams with answers that only people can mark, and how far they are."""
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.reading() as tx:
        exams = await marking.queues(tx, visitor.person.id)
        items = await services.shelf.items(tx, {row.version_id for exam in exams for row in exam.items})
    shown = tuple(
        ExamMarking(exam.title, exam.attempts, tuple(_row(row, items[row.version_id]) for row in exam.items))
        for exam in exams
    )
    return page("marking/queues.html", Marking(await frame_of(request, HERE), shown))


@signed_in(Role.MARKER)
async def next_answer(request: Request) -> Response:
    """The next answer to one item, in an order of chance."""
    services, visitor = services_of(request), await visitor_of(request)
    exam_id, version_id, cell = (path_id(request, name) for name in ("exam", "version", "cell"))
    async with services.database.reading() as tx:
        task = await marking.next_task(tx, exam_id, version_id, cell, visitor.person.id)
        return await _page(request, tx, (exam_id, version_id, cell), task, alert=_told(request))


@signed_in(Role.MARKER)
async def own_answer(request: Request) -> Response:
    """An answer that the visitor has marked, or is offered."""
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.reading() as tx:
        try:
            task = await marking.get_task(tx, path_id(request, "task"), visitor.person.id)
        except Missing:
            raise NotAllowed(404) from None
        return await _page(request, tx, (task.exam_id, task.version_id, task.cell), task)


@signed_in(Role.MARKER)
async def mark(request: Request) -> Response:
    """Record a mark; the next answer follows. A second click, or the back button, changes nothing."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    task_id, marker = path_id(request, "task"), visitor.person.id
    typed, comment = field_of(request, "points", 40), field_of(request, "comment", 4 * MAX_COMMENT)
    comment = comment.replace("\r\n", "\n")
    no = field_of(request, "no", 6)
    if not no.isdecimal() or int(no) < 1:
        raise NotAllowed(400)
    try:
        async with services.database.reading() as tx:
            task = await marking.get_task(tx, task_id, marker)
    except Missing:
        task = await _not_offered(request, task_id)
    where = _href(task)
    errors = _errors(task, typed, comment)
    if errors:
        async with services.database.reading() as tx:
            place = (task.exam_id, task.version_id, task.cell)
            return await _page(request, tx, place, task, errors=errors, typed=(typed, comment, int(no)))
    hundredths = int((number_of(typed) or Decimal(0)) * 100)
    async with services.database.writing() as tx:
        word = await marking.record_mark(tx, task_id, marker, hundredths, comment, int(no), now_ms)
        if word is MarkWord.RECORDED:
            facts = {"hundredths": hundredths, "no": int(no)}
            await audit.append(tx, now_ms, marker, "mark", "marking_task", task_id, facts)
    match word:
        case MarkWord.RECORDED | MarkWord.REPEATED:
            return see_other(f"{where}?done={task_id}&points={hundredths}")
        case MarkWord.STALE:
            return see_other(f"{HERE}/tasks/{task_id}?told={word.value}")
        case _:
            return see_other(f"{where}?told={word.value}")


async def _not_offered(request: Request, task_id: int) -> Task:
    """A task that was offered when the page was drawn, and has been marked by others since."""
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.reading() as tx:
        task = await marking.find_task(tx, task_id, visitor.person.id)
    if task is None:
        raise NotAllowed(404)
    return task


def _errors(task: Task, typed: str, comment: str) -> tuple[FieldError, ...]:
    errors = []
    points, full = number_of(typed), Decimal(task.full_hundredths) / 100
    if points is None:
        errors.append(FieldError("points", _("请填得分，例如 8 或 8.5")))
    elif not 0 <= points <= full:
        told = _("得分须在 0 到 {full} 之间").format(full=times.points(task.full_hundredths))
        errors.append(FieldError("points", told))
    elif points * 100 != int(points * 100):
        errors.append(FieldError("points", _("得分最多两位小数")))
    if len(comment) > MAX_COMMENT:
        errors.append(FieldError("comment", _("评语最多 {n} 字").format(n=MAX_COMMENT)))
    return tuple(errors)


async def _page(
    request: Request,
    tx: Reading,
    place: tuple[int, int, int],
    task: Task | None,
    *,
    errors: tuple[FieldError, ...] = (),
    typed: tuple[str, str, int] | None = None,
    alert: Alert | None = None,
) -> Response:
    services, visitor = services_of(request), await visitor_of(request)
    marker = visitor.person.id
    exam_id, version_id, cell = place
    queue = await marking.find_queue(tx, exam_id, version_id, cell, marker)
    if queue is None:
        return see_other(HERE)  # others have marked the last of it meanwhile
    title, row = queue
    item = (await services.shelf.items(tx, [version_id]))[version_id]
    own = await marking.own_marks(tx, exam_id, version_id, cell, marker, OWN_SHOWN)
    context = MarkAnswer(
        frame=await frame_of(request, HERE),
        title=title,
        row=_row(row, item),
        stem=stem_html(item),
        model=_model(item),
        explanation=text_html(item.explanation) if item.explanation else None,
        answer=None if task is None else _answer(task, item, typed),
        given=tuple(
            GivenMark(
                f"{HERE}/tasks/{one.task_id}",
                _short(_text(item, one.answer), TEXT_SHOWN),
                one.hundredths,
                one.at_ms,
                one.may_change,
                here=task is not None and one.task_id == task.id,
            )
            for one in own
        ),
        changing=task is not None and task.own_no > 0,
        errors=errors,
        alert=alert or _told(request),
    )
    return page("marking/answer.html", context, 422 if errors else 200)


def _answer(task: Task, item: Item, typed: tuple[str, str, int] | None) -> AnswerShown:
    text = _text(item, task.answer)
    points = "" if task.own_hundredths is None else times.points(task.own_hundredths)
    shown, comment, no = typed or (points, task.own_comment, task.own_no + 1)
    return AnswerShown(f"{HERE}/tasks/{task.id}", text, len(text), task.copies, no, shown, comment)


def _row(queue: Queue, item: Item) -> QueueRow:
    return QueueRow(
        href=f"{HERE}/{queue.exam_id}/{queue.version_id}/{queue.cell}",
        stem=stem_line(item, STEM_SHOWN),
        kind_text=KINDS[item.kind.value],
        full_hundredths=queue.full_hundredths,
        markers=queue.markers,
        tolerance_hundredths=queue.tolerance_hundredths,
        answers=queue.answers,
        tasks=queue.tasks,
        done=queue.done,
        third=queue.third,
        for_me=queue.for_me,
        mine=queue.mine,
    )


def _href(task: Task) -> str:
    return f"{HERE}/{task.exam_id}/{task.version_id}/{task.cell}"


def _model(item: Item) -> Markup | None:
    if isinstance(item.expected, EssayExpected) and item.expected.model:
        return text_html(item.expected.model)
    return None


def _text(item: Item, value: str) -> str:
    return "\n".join(parts_told(item, value))


def _short(text: str, most: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1] + "…"


def _told(request: Request) -> Alert | None:
    """What became of the last mark, by the address that it led to."""
    done, points = request.query_params.get("done", ""), request.query_params.get("points", "")
    if done.isdecimal() and points.isdecimal() and len(done) <= 18 and len(points) <= 9:
        title = _("已记下 {points} 分").format(points=times.points(int(points)))
        text = _("成绩登记以前（最后一份评完后 {n} 分钟内）可以在“我评过的”里改。").format(n=CHANGE_MS // 60_000)
        return Alert("success", title, text)
    word = request.query_params.get("told", "")
    if word in set(MarkWord) and MarkWord(word) in TOLD:
        title, text = TOLD[MarkWord(word)]
        return Alert("warning", title, text)
    return None
