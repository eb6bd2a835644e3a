"""Granting attempts."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from examengine.records.words import Measure
from examengine.refusals import Refusal
from examengine.support import grants
from examengine.support.acts import Asked
from examengine.support.effects import window_closes_ms
from examengine.support.grants import MAX_ATTEMPTS, GrantOrder, expiry_holds
from examengine.support.quotas import Weight
from examengine.web import times
from examengine.web.contexts.acts import Control, Effect
from examengine.web.contexts.frame import FieldError
from examengine.web.support.act import Act, At, ByTwo, Confirmed, Fields, Subject, Weighed, carry_out, nothing_more
from examengine.web.support.effect_words import grant_effect
from examengine.web.support.forms import day_of, enrolment_for_act, expiry_ms, iso_day, to_person, whole_number
from examengine.web.support.wording import GRANT_REASONS
from examengine.web.wording import gettext as _


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many, and until when."""

    attempts: int
    expires_ms: int | None


async def _find(request: Request, enrolment_id: int) -> Subject | Response:
    found = await enrolment_for_act(request, enrolment_id)
    if isinstance(found, Response):
        return found
    person, case = found
    return Subject(enrolment_id, person, case)


def _read(subject: Subject, fields: Fields, at: At) -> Weighed[Amounts]:
    case = subject.case
    zone = case.rulebook.meta.timezone
    closes_ms = window_closes_ms(case.rulebook, case.record)
    typed = fields.get("attempts", "") if fields else str(min(case.rulebook.grant.attempts, MAX_ATTEMPTS))
    until = fields.get("expires", "")
    attempts, day = whole_number(typed, 1, MAX_ATTEMPTS), day_of(until)
    ends_ms = expiry_ms(day, zone) if day is not None else None
    errors = []
    if attempts is None:
        errors.append(FieldError("attempts", _("请写 1 到 {n} 的数").format(n=MAX_ATTEMPTS)))
    if until and ends_ms is None:
        errors.append(FieldError("expires", _("有效期要写成年月日，例如 2026-12-31")))
    elif not expiry_holds(case.rulebook, case.record, ends_ms, at.now_ms):
        last = times.last_day(closes_ms, zone)
        told = _("有效期要从今天起，到考试开放期的最后一天（{day}）为止").format(day=last)
        errors.append(FieldError("expires", told))
    controls = (
        Control("attempts", _("增加几次"), value=str(attempts or 1), low="1", high=str(MAX_ATTEMPTS)),
        Control(
            "expires",
            _("有效期至"),
            "date",
            day.isoformat() if day is not None else "",
            iso_day(at.now_ms, zone),
            iso_day(closes_ms - 1, zone),
            required=False,
        ),
    )
    amounts = Amounts(attempts, ends_ms) if attempts is not None and not errors else None
    return Weighed(amounts, controls, tuple(errors))


async def _effect(subject: Subject, amounts: Amounts, at: At) -> Effect:
    case = subject.case
    return grant_effect(case.rulebook, case.record, amounts.attempts, amounts.expires_ms, at.now_ms, at.zone)


async def _do(request: Request, subject: Subject, amounts: Amounts, by: Confirmed) -> Response | Refusal:
    order = GrantOrder(
        enrolment_id=subject.id,
        attempts=amounts.attempts,
        by_person=by.by_person,
        reason_category=by.reason_category,
        reason=by.reason,
        ticket=by.ticket,
        expires_ms=amounts.expires_ms,
        nonce=by.nonce,
    )
    given = await carry_out(request, grants.KIND, order)
    if isinstance(given, Refusal):
        return given
    return to_person(subject.person.id, "asked" if isinstance(given, Asked) else "granted")


ACT = Act(
    slug=grants.KIND.slug,
    path="/support/enrolments/{id}/grant",
    title=_("增加考试次数"),
    english="Grant attempts",
    button=_("增加"),
    refused=_("没有增加"),
    reasons=GRANT_REASONS,
    find=_find,
    read=_read,
    effect=_effect,
    do=_do,
    weight=lambda amounts: Weight(Measure.ATTEMPTS, amounts.attempts),
    by_two=ByTwo(
        grants.KIND,
        lambda order: Amounts(order.attempts, order.expires_ms),
        lambda _subject, amounts: _("增加 {n} 次考试次数").format(n=amounts.attempts),
        nothing_more,
    ),
)
