"""The wall's table: people in one state, a page at a time, with what Redis knows of them this moment."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from examengine import live
from examengine.live.wall import Detail
from examengine.monitoring.snapshot import ListedRow, Shown, is_silent
from examengine.monitoring.turnout import day_began_ms, open_exams
from examengine.monitoring.watch import TROUBLE
from examengine.records import audit, people
from examengine.records import wall as records
from examengine.records.database import Reading
from examengine.records.people import Person
from examengine.records.wall import WallRow
from examengine.records.words import Role
from examengine.web import times
from examengine.web.contexts import wall as contexts
from examengine.web.contexts.frame import NavLink
from examengine.web.contexts.wall import PersonRow
from examengine.web.device import device_told
from examengine.web.http import now_of, services_of, signed_in, visitor_of
from examengine.web.operator import wall_words as words
from examengine.web.operator.frames import WALL, operator_frame
from examengine.web.operator.wall import answer, exams_of, regions_of
from examengine.web.operator.wall_links import Filter
from examengine.web.wording import gettext as _

PAGE = 50
STATES = {
    "silent": _("断线"),
    "trouble": _("异常"),
    "live": _("在考"),
    "ended": _("今日已交卷"),
    "absent": _("未进入"),
}
EMPTY = {
    "silent": (_("没有人断线"), _("超过 60 秒没有信号的考生会列在这里，最近断线的在前。")),
    "trouble": (_("没有异常"), _("离开页面、到时未收卷、交卷登记过久、正在恢复的考生会列在这里。")),
    "live": (_("没有人在考"), _("考生开始考试后列在这里，按开始的先后。")),
    "ended": (_("今天还没有人交卷"), _("今天零点以来登记结果的考生会列在这里，最近的在前。")),
    "absent": (_("没有尚未进入的考生"), _("已报名开放中的考试、一次也没有开始过的考生会列在这里。")),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A page of rows, and what ``after`` would show the next one; "" where there is none."""

    rows: tuple[WallRow, ...]
    after: str
    total: int


@signed_in(Role.OPERATOR)
async def table_page(request: Request) -> Response:
    """People in one state. Opening the page is logged; being drawn anew is not."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    at, state = Filter.of(request), state_of(request)
    shown = await services.wall.shown()
    after = request.query_params.get("after", "")
    async with services.database.reading() as tx:
        found = await find(request, tx, state, at, shown, after, PAGE)
    rows = await rows_told(request, found.rows, now_ms, one_exam=bool(at.exam))
    if not request.headers.get("hx-request"):
        async with services.database.writing() as writing:
            facts = {"state": state, "people": len(rows), "exam": int(at.exam) if at.exam else None}
            await audit.append(writing, now_ms, visitor.person.id, "view_wall", "wall", None, facts)
    context = contexts.WallTable(
        frame=await operator_frame(request, WALL),
        address=at.table(state, after=after),
        at_ms=None if shown is None else shown.snapshot.at_ms,
        is_stale=shown is None or shown.is_stale(now_ms),
        state=state,
        tabs=tuple(NavLink(at.table(key), text, key == state) for key, text in STATES.items()),
        exams=await exams_of(request),
        exam=at.exam,
        regions=regions_of(shown),
        region=at.region,
        unit=at.unit,
        rows=rows,
        note=_note(state, found),
        next_href=at.table(state, after=found.after) if found.after else "",
        first_href=at.table(state) if after else "",
        empty_title=EMPTY[state][0],
        empty_text=EMPTY[state][1],
    )
    return answer(request, "operator/wall_table.html", "live", context)


def state_of(request: Request) -> str:
    asked = request.query_params.get("state", "")
    return asked if asked in STATES else "silent"


def _note(state: str, found: Found) -> str:
    if state in ("silent", "trouble") and found.total > len(found.rows):
        return _("共 {n} 人，每页 {page} 人").format(n=words.number(found.total), page=PAGE)
    return ""


async def find(
    request: Request, tx: Reading, state: str, at: Filter, shown: Shown | None, after: str, limit: int
) -> Found:
    """A page of people in a state. ``after`` is what the page before gave."""
    now_ms = now_of(request)
    if state in ("silent", "trouble"):
        listed = await listed_in(request, state, at, shown)
        first = _number(after)
        part = listed[first : first + limit]
        known = await records.rows_of(tx, [row.attempt_id for row in part])
        rows = tuple(known[row.attempt_id] for row in part if row.attempt_id in known)
        return Found(rows, str(first + limit) if len(listed) > first + limit else "", len(listed))
    if state == "ended":
        at_text, _sign, id_text = after.partition("-")
        before = (_number(at_text), _number(id_text)) if after else None
        rows = await records.ended_rows(tx, at.within, day_began_ms(now_ms), before, limit + 1)
        return _paged(rows, limit, [f"{row.ended_ms}-{row.attempt_id}" for row in rows])
    if state == "live":
        rows = await records.open_rows(tx, at.within, _number(after), limit + 1)
        return _paged(rows, limit, [str(row.attempt_id) for row in rows])
    exams = await open_exams(tx, services_of(request).shelf, now_ms)
    rows = await records.absent_rows(tx, exams, at.within, _number(after), limit + 1)
    return _paged(rows, limit, [str(row.enrolment_id) for row in rows])


def _paged(rows: Sequence[WallRow], limit: int, keys: Sequence[str]) -> Found:
    return Found(tuple(rows[:limit]), keys[limit - 1] if len(rows) > limit else "", len(rows[:limit]))


async def listed_in(request: Request, state: str, at: Filter, shown: Shown | None) -> list[ListedRow]:
    """Who is silent now, or in trouble, within the filter; those heard last first."""
    if shown is None:
        return []
    now_ms = shown.snapshot.at_ms + shown.lag_ms(now_of(request))
    wanted = is_silent if state == "silent" else (lambda row, _now_ms: row.kind in TROUBLE)
    return [
        row
        for row in await services_of(request).wall.listed()
        if wanted(row, now_ms) and at.holds(shown.place(row.place))
    ]


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= 18 else 0


async def rows_told(
    request: Request, rows: Sequence[WallRow], now_ms: int, *, one_exam: bool = False
) -> tuple[PersonRow, ...]:
    """Rows with names out of SQL and signs of life out of Redis, which may be away. ``one_exam``: its title stands
    above them already.
    """
    services, visitor = services_of(request), await visitor_of(request)
    board = services.wall.board
    living = [row.attempt_id for row in rows if row.attempt_id is not None and not row.state]
    shipped_ms = services.shipped_until.at_ms
    asked = (board.detail(attempt_id, shipped_ms) for attempt_id in living)
    told = await asyncio.gather(*asked, return_exceptions=True)
    for one in told:
        if isinstance(one, BaseException) and not isinstance(one, live.Unavailable):
            raise one
    details = {
        attempt_id: one
        for attempt_id, one in zip(living, told, strict=True)
        if one is not None and not isinstance(one, BaseException)
    }
    async with services.database.reading() as tx:
        known = await people.find_people(tx, services.vault, {row.person_id for row in rows})
        titles = {} if one_exam else await records.exam_titles(tx)
    at_desk = Role.SUPPORT in visitor.roles
    return tuple(
        _row(row, known.get(row.person_id), details.get(row.attempt_id or 0), titles, now_ms, at_desk=at_desk)
        for row in rows
    )


def _row(
    row: WallRow, person: Person | None, detail: Detail | None, titles: dict[int, str], now_ms: int, *, at_desk: bool
) -> PersonRow:
    document = person.profile.document if person is not None and person.profile is not None else ""
    is_live = detail is not None and detail.state not in ("", "closed")
    text, tone = words.ENDED.get(row.state, (_("没有信号记录"), "wait")) if row.state else (_("未进入"), "plain")
    if row.attempt_id is not None and not row.state:
        text, tone = words.state_told(detail, now_ms) if detail is not None and is_live else (_("正在恢复"), "wait")
    return PersonRow(
        key=str(row.enrolment_id),
        name=person.name if person is not None else _("已注销"),
        document_tail=document[-4:],
        href=f"/support/people/{row.person_id}" if at_desk else "",
        unit=row.unit,
        exam=titles.get(row.exam_id, ""),
        state_text=text,
        tone=tone,
        started_ms=row.started_ms,
        deadline_ms=detail.deadline_ms if detail is not None and is_live else None,
        answered=f"{detail.answered} / {detail.items}" if detail is not None and is_live else "",
        seen_ms=detail.seen_ms if detail is not None and is_live else row.ended_ms,
        seen_ago=times.span(max(0, now_ms - detail.seen_ms)) if detail is not None and is_live else "",
        unshipped=str(detail.unshipped) if detail is not None and is_live else "",
        device=_device(detail) if detail is not None and is_live else "",
        losses=str(detail.focus_losses) if detail is not None and is_live else "",
    )


def _device(detail: Detail) -> str:
    device = device_told(detail.device) if detail.device else _("还没有打开过页面")
    return _("{device}，第 {n} 个页面").format(device=device, n=detail.pages) if detail.pages > 1 else device
