"""Extra time for a running attempt: the new deadline is shown first, and only that can be confirmed."""

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from examengine.records.as_rules import closing_of
from examengine.records.history import AttemptRecord
from examengine.records.people import Person
from examengine.records.words import Role
from examengine.refusals import Refusal
from examengine.support.extra_time import MAX_MINUTES, TimeOrder, add_time
from examengine.support.looking import EnrolmentCase
from examengine.web import times
from examengine.web.contexts.frame import Alert, Fact, FieldError
from examengine.web.contexts.support import ExtraTime, TimeEffect
from examengine.web.http import field_of, now_of, page, path_id, services_of, signed_in, visitor_of
from examengine.web.messages import DEADLINE_REASONS
from examengine.web.pages import render_block
from examengine.web.support.account import attempt_name
from examengine.web.support.effect_words import time_effect
from examengine.web.support.forms import (
    Typed,
    attempt_for_act,
    desk_frame,
    intent_of,
    look_again,
    masked,
    push_now,
    sign,
    to_person,
    typed_of,
    whole_number,
)
from examengine.web.support.wording import TIME_REASONS, refused_act
from examengine.web.wording import gettext as _

ACT = "extra_time"
TEMPLATE = "support/extra_time.html"
PROPOSED_MINUTES = 10


@signed_in(Role.SUPPORT)
async def extra_time_page(request: Request) -> Response:
    """The form, with the effect of what it proposes."""
    found = await attempt_for_act(request, path_id(request))
    if isinstance(found, Response):
        return found
    return await _form(request, *found, PROPOSED_MINUTES, Typed("", "", "", ()))


@signed_in(Role.SUPPORT)
async def preview(request: Request) -> Response:
    """The effect of what is typed: alone for htmx, else in its page. Nothing is written."""
    found = await attempt_for_act(request, path_id(request))
    if isinstance(found, Response):
        return found
    typed = typed_of(request, TIME_REASONS)
    kept = Typed(typed.reason, typed.note, typed.ticket, ())
    return await _form(request, *found, _minutes_of(request), kept, alone="hx-request" in request.headers)


@signed_in(Role.SUPPORT)
async def extra_time(request: Request) -> Response:
    """Add what was shown, and bring it to the sitting. Sent twice it is one entry."""
    attempt_id = path_id(request)
    found = await attempt_for_act(request, attempt_id)
    if isinstance(found, Response):
        return found
    person, case, row = found
    intent = await intent_of(request, ACT, attempt_id)
    typed, minutes = typed_of(request, TIME_REASONS), _minutes_of(request)
    if typed.errors or minutes is None:
        return await _form(request, person, case, row, minutes, typed, status=422)
    if intent is None or intent.round_no != minutes:
        return await _form(request, person, case, row, minutes, typed, flash=look_again(), status=409)
    services, visitor = services_of(request), await visitor_of(request)
    known = any(entry.source == f"{ACT}:{intent.nonce}" for entry in case.record.entries)
    effect = time_effect(case.rulebook, case.record, row, minutes, now_of(request), case.rulebook.meta.timezone)
    if not known and not effect.allowed:
        return await _form(request, person, case, row, minutes, typed, status=409)
    order = TimeOrder(
        attempt_id=attempt_id,
        minutes=minutes,
        by_person=visitor.person.id,
        reason_category=typed.reason,
        reason=typed.note,
        ticket=typed.ticket,
        nonce=intent.nonce,
    )
    added = await add_time(services.database, services.shelf, order, now_of(request))
    if isinstance(added, Refusal):
        flash = Alert("danger", _("没有补时"), refused_act(added))
        return await _form(request, person, case, row, minutes, typed, flash=flash, status=409)
    return to_person(person.id, "extended" if await push_now(request) else "extended_later")


def _minutes_of(request: Request) -> int | None:
    return whole_number(field_of(request, "minutes", 10), 1, MAX_MINUTES)


async def _form(
    request: Request,
    person: Person,
    case: EnrolmentCase,
    row: AttemptRecord,
    minutes: int | None,
    typed: Typed,
    *,
    alone: bool = False,
    flash: Alert | None = None,
    status: int = 200,
) -> Response:
    frame = await desk_frame(request, flash=flash)
    posted = await intent_of(request, ACT, row.id) if request.method == "POST" else None
    closing = closing_of(case.rulebook, case.record, row)
    wrong = _("请写 1 到 {n} 的分钟数").format(n=MAX_MINUTES)
    if minutes is None:
        effect = TimeEffect(False, f"{wrong}。")
    else:
        effect = time_effect(case.rulebook, case.record, row, minutes, now_of(request), frame.zone)
    reason = DEADLINE_REASONS[closing.reason]
    context = ExtraTime(
        frame=frame,
        person_id=person.id,
        attempt_id=row.id,
        name=person.name,
        document_masked=masked(person),
        subject=case.line.exam_title,
        year=case.record.enrolment.credit_year,
        facts=(
            Fact(_("考试"), attempt_name(case.record, row)),
            Fact(_("开始"), times.exact(row.started_ms, frame.zone)),
            Fact(_("现在的截止时间"), times.exact(closing.deadline_ms, frame.zone), reason),
        ),
        minutes=minutes or PROPOSED_MINUTES,
        minutes_max=MAX_MINUTES,
        reason=typed.reason,
        reasons=TIME_REASONS,
        note=typed.note,
        ticket=typed.ticket,
        intent=await sign(request, ACT, row.id, first=minutes or 0, nonce=posted.nonce if posted is not None else ""),
        effect=effect,
        errors=(*(() if minutes is not None else (FieldError("minutes", wrong),)), *typed.errors),
    )
    if alone:
        return HTMLResponse(render_block(TEMPLATE, "effect", context))
    return page(TEMPLATE, context, status)
