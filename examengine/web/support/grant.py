"""Granting attempts: what it would come to is shown first, and only that can be confirmed."""

from dataclasses import dataclass
from datetime import date

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from examengine.records.people import Person
from examengine.records.words import Role
from examengine.refusals import Refusal
from examengine.support.effects import window_closes_ms
from examengine.support.grants import MAX_ATTEMPTS, GrantOrder, expiry_holds
from examengine.support.grants import grant as give
from examengine.support.looking import EnrolmentCase
from examengine.web import times
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.contexts.support import Grant, GrantEffect
from examengine.web.http import field_of, now_of, page, path_id, services_of, signed_in, visitor_of
from examengine.web.pages import render_block
from examengine.web.support.effect_words import grant_effect
from examengine.web.support.forms import (
    Typed,
    day_of,
    desk_frame,
    enrolment_for_act,
    expiry_ms,
    intent_of,
    iso_day,
    look_again,
    masked,
    sign,
    to_person,
    typed_of,
    whole_number,
)
from examengine.web.support.wording import GRANT_REASONS, refused_act
from examengine.web.wording import gettext as _

ACT = "grant"
TEMPLATE = "support/grant.html"
NOTHING_TYPED = Typed("", "", "", ())


@dataclass(frozen=True, slots=True)
class _Amounts:
    """How many, and until when; ``attempts`` None or ``errors`` where that cannot be weighed."""

    attempts: int | None
    expires: date | None
    expires_ms: int | None
    errors: tuple[FieldError, ...]

    @property
    def marks(self) -> tuple[int, int]:
        """What the intent names: number, and expiry in seconds (0: none)."""
        return self.attempts or 0, (self.expires_ms or 0) // 1000


@signed_in(Role.SUPPORT)
async def grant_page(request: Request) -> Response:
    """The form, with the effect of what it proposes."""
    found = await enrolment_for_act(request, path_id(request))
    if isinstance(found, Response):
        return found
    proposed = min(found[1].rulebook.grant.attempts, MAX_ATTEMPTS)
    return await _form(request, *found, _Amounts(proposed, None, None, ()), NOTHING_TYPED)


@signed_in(Role.SUPPORT)
async def preview(request: Request) -> Response:
    """The effect of what is typed: alone for htmx, else in its page. Nothing is written."""
    found = await enrolment_for_act(request, path_id(request))
    if isinstance(found, Response):
        return found
    amounts = _amounts_of(request, found[1])
    typed = typed_of(request, GRANT_REASONS)
    kept = Typed(typed.reason, typed.note, typed.ticket, ())
    return await _form(request, *found, amounts, kept, alone="hx-request" in request.headers)


@signed_in(Role.SUPPORT)
async def grant(request: Request) -> Response:
    """Grant what was shown. Sent twice it is one grant."""
    enrolment_id = path_id(request)
    found = await enrolment_for_act(request, enrolment_id)
    if isinstance(found, Response):
        return found
    person, case = found
    intent = await intent_of(request, ACT, enrolment_id)
    typed, amounts = typed_of(request, GRANT_REASONS), _amounts_of(request, case)
    if typed.errors or amounts.errors or amounts.attempts is None:
        return await _form(request, person, case, amounts, typed, status=422)
    if intent is None or (intent.round_no, intent.no) != amounts.marks:
        return await _form(request, person, case, amounts, typed, flash=look_again(), status=409)
    services, visitor = services_of(request), await visitor_of(request)
    order = GrantOrder(
        enrolment_id=enrolment_id,
        attempts=amounts.attempts,
        by_person=visitor.person.id,
        reason_category=typed.reason,
        reason=typed.note,
        ticket=typed.ticket,
        expires_ms=amounts.expires_ms,
        nonce=intent.nonce,
    )
    given = await give(services.database, services.shelf, order, now_of(request))
    if isinstance(given, Refusal):
        flash = Alert("danger", _("没有增加"), refused_act(given))
        return await _form(request, person, case, amounts, typed, flash=flash, status=409)
    return to_person(person.id, "granted")


def _amounts_of(request: Request, case: EnrolmentCase) -> _Amounts:
    zone = case.rulebook.meta.timezone
    errors = []
    attempts = whole_number(field_of(request, "attempts", 10), 1, MAX_ATTEMPTS)
    if attempts is None:
        errors.append(FieldError("attempts", _("请写 1 到 {n} 的数").format(n=MAX_ATTEMPTS)))
    text = field_of(request, "expires", 20)
    day = day_of(text)
    ends_ms = expiry_ms(day, zone) if day is not None else None
    if text and ends_ms is None:
        errors.append(FieldError("expires", _("有效期要写成年月日，例如 2026-12-31")))
    elif not expiry_holds(case.rulebook, case.record, ends_ms, now_of(request)):
        closes = times.last_day(window_closes_ms(case.rulebook, case.record), zone)
        errors.append(
            FieldError("expires", _("有效期要从今天起，到考试开放期的最后一天（{day}）为止").format(day=closes))
        )
    return _Amounts(attempts, day, ends_ms, tuple(errors))


async def _form(
    request: Request,
    person: Person,
    case: EnrolmentCase,
    amounts: _Amounts,
    typed: Typed,
    *,
    alone: bool = False,
    flash: Alert | None = None,
    status: int = 200,
) -> Response:
    now_ms = now_of(request)
    frame = await desk_frame(request, flash=flash)
    posted = await intent_of(request, ACT, case.id) if request.method == "POST" else None
    first, second = amounts.marks
    effect = _effect(case, amounts, now_ms, frame.zone)
    context = Grant(
        frame=frame,
        person_id=person.id,
        enrolment_id=case.id,
        name=person.name,
        document_masked=masked(person),
        subject=case.line.exam_title,
        year=case.record.enrolment.credit_year,
        attempts=amounts.attempts or 1,
        attempts_max=MAX_ATTEMPTS,
        reason=typed.reason,
        reasons=GRANT_REASONS,
        note=typed.note,
        ticket=typed.ticket,
        expires=amounts.expires.isoformat() if amounts.expires is not None else "",
        expires_min=iso_day(now_ms, case.rulebook.meta.timezone),
        expires_max=iso_day(window_closes_ms(case.rulebook, case.record) - 1, case.rulebook.meta.timezone),
        intent=await sign(
            request, ACT, case.id, first=first, second=second, nonce=posted.nonce if posted is not None else ""
        ),
        effect=effect,
        errors=(*amounts.errors, *typed.errors),
    )
    if alone:
        return HTMLResponse(render_block(TEMPLATE, "effect", context))
    return page(TEMPLATE, context, status)


def _effect(case: EnrolmentCase, amounts: _Amounts, now_ms: int, zone: str) -> GrantEffect | None:
    if amounts.errors:
        return GrantEffect(False, "；".join(error.message for error in amounts.errors) + "。")
    if amounts.attempts is None:
        return None
    return grant_effect(case.rulebook, case.record, amounts.attempts, amounts.expires_ms, now_ms, zone)
