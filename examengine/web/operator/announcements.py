"""Announcements: what candidates are told, who said it, and taking it back."""

import secrets

from starlette.requests import Request
from starlette.responses import Response

from examengine.incidents import announcing
from examengine.incidents.announcing import TEXT_LIMIT
from examengine.records import announcements, losses
from examengine.records.announcements import Announcement
from examengine.records.errors import Missing
from examengine.records.incidents import Scope
from examengine.records.words import Role
from examengine.web.contexts import incidents as contexts
from examengine.web.contexts.frame import Alert, FieldError, Tone
from examengine.web.http import (
    NotAllowed,
    field_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.operator import incident_words as told
from examengine.web.operator.frames import ANNOUNCEMENTS, operator_frame
from examengine.web.operator.incident_form import UNIT_LIMIT, region_errors
from examengine.web.operator.incident_page import choices_of, names_of, titles_of
from examengine.web.support.forms import MAX_NOTE, MAX_TICKET
from examengine.web.wording import gettext as _

HOUR_MS = 3_600_000
DURATIONS = (("1", _("1 小时")), ("4", _("4 小时")), ("12", _("12 小时")), ("24", _("1 天")), ("168", _("7 天")))
A_PAGE = 30
DONE = {
    "announced": Alert(
        "success",
        _("已发出"),
        _("正在考试的页面一分钟内会显示；“我的考试”页面打开时就能看到。"),
    ),
    "withdrawn": Alert("success", _("已收回"), _("还开着的考试页面一分钟内会不再显示。")),
}


@signed_in(Role.OPERATOR)
async def announcements_page(request: Request) -> Response:
    """The form and the list. A link may bring the audience along: ``exam``, ``region``, ``unit``."""
    return await _page(request, _asked(request))


@signed_in(Role.OPERATOR)
async def announce(request: Request) -> Response:
    """Announce to everybody, an exam, a region or a unit."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    async with services.database.reading() as tx:
        titles = await titles_of(tx)
    exam, region = field_of(request, "exam", 18), field_of(request, "region", 40)
    text, hours = _line(field_of(request, "text", TEXT_LIMIT + 1)), field_of(request, "duration", 5)
    exam_id = int(exam) if exam.isascii() and exam.isdecimal() else None
    errors = region_errors(region)
    if not text:
        errors.append(FieldError("text", _("请写公告的内容")))
    elif len(text) > TEXT_LIMIT:
        errors.append(FieldError("text", _("公告最多 {n} 个字").format(n=TEXT_LIMIT)))
    if exam and exam_id not in titles:
        errors.append(FieldError("exam", _("没有这场考试，请重新选择")))
    if hours not in dict(DURATIONS):
        errors.append(FieldError("duration", _("请选择显示多久")))
    if not field_of(request, "reason"):
        errors.append(FieldError("reason", _("请写为什么发，供以后查对")))
    if errors:
        return await _page(request, _posted(request), tuple(errors))
    nonce = field_of(request, "nonce", 60) or secrets.token_urlsafe(12)
    await announcing.announce(
        services.database,
        scope=Scope(exam_id=exam_id, region=region, unit_name=field_of(request, "unit", UNIT_LIMIT)),
        person_id=None,
        text=text,
        reason=field_of(request, "reason", MAX_NOTE),
        ticket=field_of(request, "ticket", MAX_TICKET),
        intent=f"{visitor.person.id}:{nonce}",
        by_person=visitor.person.id,
        until_ms=now_ms + int(hours) * HOUR_MS,
        now_ms=now_ms,
    )
    await services.notices.look(now_ms)
    return see_other(f"{ANNOUNCEMENTS}?done=announced")


@signed_in(Role.OPERATOR)
async def withdraw(request: Request) -> Response:
    """Take one back."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    try:
        await announcing.withdraw(
            services.database, path_id(request), visitor.person.id, field_of(request, "reason", MAX_NOTE), now_ms
        )
    except Missing:
        raise NotAllowed(404) from None
    await services.notices.look(now_ms)
    return see_other(f"{ANNOUNCEMENTS}?done=withdrawn")


def _line(text: str) -> str:
    return " ".join(text.split())


def _asked(request: Request) -> dict[str, str]:
    query = request.query_params
    return {name: query.get(name, "")[:UNIT_LIMIT] for name in ("exam", "region", "unit", "text")}


def _posted(request: Request) -> dict[str, str]:
    names = ("exam", "region", "unit", "text", "duration", "reason", "ticket", "nonce")
    return {name: field_of(request, name, MAX_NOTE) for name in names}


async def _page(request: Request, typed: dict[str, str], errors: tuple[FieldError, ...] = ()) -> Response:
    services, now_ms = services_of(request), now_of(request)
    before = request.query_params.get("before", "")
    before_id = int(before) if before.isascii() and before.isdecimal() and len(before) < 16 else None
    async with services.database.reading() as tx:
        titles = await titles_of(tx)
        units = await losses.units_in(tx, Scope())
        found = await announcements.list_announcements(tx, before_id=before_id, limit=A_PAGE + 1)
        taken_back = await announcements.withdrawals_of(tx, [row.id for row in found])
        people_ids = [row.by_person for row in found] + [row.person_id for row in found]
        names = await names_of(tx, services, people_ids)
    rows = tuple(_row(row, taken_back, titles, names, now_ms) for row in found[:A_PAGE])
    shown = contexts.Announcements(
        frame=await operator_frame(request, ANNOUNCEMENTS, DONE.get(request.query_params.get("done", ""))),
        exams=choices_of(titles),
        durations=DURATIONS,
        text=typed.get("text", ""),
        exam=typed.get("exam", ""),
        region=typed.get("region", ""),
        unit=typed.get("unit", ""),
        units=tuple(name for name, _count in units),
        duration=typed.get("duration", "") or "4",
        reason=typed.get("reason", ""),
        ticket=typed.get("ticket", ""),
        nonce=typed.get("nonce", "") or secrets.token_urlsafe(12),
        text_limit=TEXT_LIMIT,
        rows=rows,
        older=f"{ANNOUNCEMENTS}?before={found[A_PAGE - 1].id}" if len(found) > A_PAGE else "",
        errors=errors,
    )
    return page("operator/announcements.html", shown, 422 if errors else 200)


def _row(
    row: Announcement,
    taken_back: dict[int, Announcement],
    titles: dict[int, str],
    names: dict[int, str],
    now_ms: int,
) -> contexts.AnnouncementRow:
    state, tone = _state(row, taken_back, now_ms)
    to = told.scope_told(row.scope, titles)
    if row.person_id is not None:
        to = _("{name}一个人").format(name=names.get(row.person_id, _("（已注销）")))
    return contexts.AnnouncementRow(
        announcement_id=row.id,
        text=row.text,
        to=to,
        by=names.get(row.by_person, ""),
        at_ms=row.at_ms,
        until_ms=row.until_ms,
        state=state,
        tone=tone,
        reason=row.reason,
        may_withdraw=row.id not in taken_back and now_ms < row.until_ms,
    )


def _state(row: Announcement, taken_back: dict[int, Announcement], now_ms: int) -> tuple[str, Tone]:
    if row.id in taken_back:
        return _("已收回"), "plain"
    return (_("显示中"), "go") if now_ms < row.until_ms else (_("已过期"), "plain")
