"""What is done for those selected on the wall: a message to each, their list as a workbook, the desk's acts by
person.
"""

import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

from examengine.incidents.announcing import TEXT_LIMIT, announce
from examengine.records import audit
from examengine.records import wall as records
from examengine.records.incidents import Scope
from examengine.records.wall import WallRow
from examengine.records.words import Role
from examengine.web.contexts import wall as contexts
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.contexts.wall import PersonRow, SelectedRow
from examengine.web.http import (
    NotAllowed,
    field_of,
    form_of,
    now_of,
    page,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.operator import wall_links as links
from examengine.web.operator.frames import WALL, operator_frame
from examengine.web.operator.wall_links import Filter
from examengine.web.operator.wall_people import rows_told
from examengine.web.operator.wall_workbook import MIME_TYPE, write_people
from examengine.web.wording import gettext as _

MAX_SELECTED = 200
SHOWN_MS = 12 * 3_600_000
"""How long a message is shown: an exam, and the evening after it."""
NONCE = re.compile(r"[A-Za-z0-9_-]{16,40}")
PURPOSES = (
    ("contact", _("联系考生")),
    ("incident", _("处理故障")),
    ("organise", _("考务组织")),
    ("report", _("上报情况")),
)


@signed_in(Role.OPERATOR)
async def selected_page(request: Request) -> Response:
    """Those selected, and what can be done for them."""
    return await _page(request, request.query_params.getlist("enrolment"), request.query_params.get("back", ""))


@signed_in(Role.OPERATOR)
async def message(request: Request) -> Response:
    """Show a message to each of them. The same form again shows nobody anything twice."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    keys, back = form_of(request).get("enrolment", []), field_of(request, "back", 500)
    text, reason, ticket = (
        field_of(request, "text"),
        field_of(request, "reason", 500),
        field_of(request, "ticket", 40),
    )
    nonce = field_of(request, "nonce", 40)
    errors = []
    if not 1 <= len(text) <= TEXT_LIMIT:
        told = _("请填写要显示给考生的话") if not text else _("最多 {n} 个字，现在有 {now} 个字")
        errors.append(FieldError("text", told.format(n=TEXT_LIMIT, now=len(text))))
    if not reason:
        errors.append(FieldError("reason", _("请填写为什么发这条消息，备查")))
    if not NONCE.fullmatch(nonce):
        raise NotAllowed(400)
    rows = await _rows(request, keys)
    if errors or not rows:
        return await _page(request, keys, back, tuple(errors), (text, reason, ticket))
    for person_id in dict.fromkeys(row.person_id for row in rows):
        await announce(
            services.database,
            scope=Scope(),
            person_id=person_id,
            text=text,
            reason=reason,
            ticket=ticket,
            intent=f"wall:{nonce}:{person_id}",
            by_person=visitor.person.id,
            until_ms=now_ms + SHOWN_MS,
            now_ms=now_ms,
        )
    await services.notices.look(now_ms)
    query = "".join(f"enrolment={row.enrolment_id}&" for row in rows)
    return see_other(f"{links.SELECTED}?{query}done=message")


@signed_in(Role.OPERATOR)
async def export(request: Request) -> Response:
    """Their list as a workbook; that it was taken, and what for, is logged."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    keys, purpose = form_of(request).get("enrolment", []), field_of(request, "purpose", 40)
    rows = await _rows(request, keys)
    if purpose not in dict(PURPOSES) or not rows:
        errors = (FieldError("purpose", _("请选择用途")),) if rows else ()
        return await _page(request, keys, field_of(request, "back", 500), errors)
    told = await rows_told(request, rows, now_ms)
    async with services.database.writing() as tx:
        facts = {"purpose": purpose, "enrolments": [row.enrolment_id for row in rows]}
        await audit.append(tx, now_ms, visitor.person.id, "export_wall", "wall", None, facts)
    headers = {"content-disposition": 'attachment; filename="candidates.xlsx"'}
    return Response(write_people(told), media_type=MIME_TYPE, headers=headers)


async def _rows(request: Request, keys: list[str]) -> tuple[WallRow, ...]:
    ids = [int(key) for key in dict.fromkeys(keys) if key.isdecimal() and len(key) <= 18][:MAX_SELECTED]
    async with services_of(request).database.reading() as tx:
        return await records.rows_of_enrolments(tx, ids)


async def _page(
    request: Request,
    keys: list[str],
    back: str,
    errors: tuple[FieldError, ...] = (),
    typed: tuple[str, str, str] = ("", "", ""),
) -> Response:
    visitor = await visitor_of(request)
    rows = await _rows(request, keys)
    told = await rows_told(request, rows, now_of(request))
    at_desk = Role.SUPPORT in visitor.roles
    context = contexts.WallSelected(
        frame=await operator_frame(request, WALL, _done(request)),
        keys=tuple(str(row.enrolment_id) for row in rows),
        back_href=back if back.startswith(links.TABLE) else links.TABLE,
        rows=tuple(_row(row, one, at_desk=at_desk) for row, one in zip(rows, told, strict=True)),
        wider=_wider(rows),
        nonce=secrets.token_urlsafe(18),
        errors=errors,
        alert=None if rows else _nobody(),
        text=typed[0],
        reason=typed[1],
        ticket=typed[2],
        purposes=PURPOSES,
        purpose=field_of(request, "purpose", 40) if request.method == "POST" else "",
    )
    return page("operator/wall_selected.html", context, 422 if errors else 200)


def _row(row: WallRow, told: PersonRow, *, at_desk: bool) -> SelectedRow:
    acts = []
    if at_desk:
        acts.append((f"/support/people/{row.person_id}", _("考生页")))
        if row.attempt_id is not None and not row.state:
            acts.append((f"/support/attempts/{row.attempt_id}/extra-time", _("补时")))
            acts.append((f"/support/attempts/{row.attempt_id}/hand-in", _("代为交卷")))
    return SelectedRow(told.name, told.document_tail, told.unit, told.exam, told.state_text, told.tone, tuple(acts))


def _wider(rows: tuple[WallRow, ...]) -> tuple[tuple[str, str], ...]:
    """Where all of them share an exam, a region or a unit, the act for all of it may be meant."""
    exams, regions, units = {row.exam_id for row in rows}, {row.region for row in rows}, {row.unit for row in rows}
    if not rows or len(exams) > 1:
        return ()
    at = Filter(exam=str(exams.pop()))
    found = [(at.scoped(links.ANNOUNCEMENTS), _("给整场考试发公告"))]
    if len(regions) == 1:
        at = at.narrowed(region=regions.pop())
        found.append((at.scoped(links.ANNOUNCEMENTS), _("给本区划发公告")))
    if len(units) == 1:
        at = at.narrowed(unit=units.pop())
        found.append((at.scoped(links.ANNOUNCEMENTS), _("给本单位发公告")))
    found.append((at.scoped(links.NEW_INCIDENT), _("按故障统一补时")))
    return tuple(found)


def _nobody() -> Alert:
    return Alert("warning", _("没有选中考生"), _("请回到名单，勾选考生以后再办理。"))


def _done(request: Request) -> Alert | None:
    if request.query_params.get("done") != "message":
        return None
    told = _("开着考试页面的考生在下一次联系服务器时看到，一般不超过 1 分钟；其余的人登录后看到。")
    return Alert("success", _("消息已发出"), told)
