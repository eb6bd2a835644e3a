"""A candidate without attempts left asks for make-up study and exam (补学补考), and sees what became of it."""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response

from examengine.records import grant_requests
from examengine.records.enrolments import EnrolmentLine
from examengine.records.errors import Missing
from examengine.records.history import EnrolmentRecord
from examengine.records.words import Role
from examengine.refusals import Refusal
from examengine.rules.rulebook import Rulebook
from examengine.support import effects
from examengine.support import grant_requests as requests
from examengine.support.grants import MAX_ATTEMPTS
from examengine.web import times
from examengine.web.candidate.my import own_enrolment
from examengine.web.candidate.request_told import request_shown
from examengine.web.contexts.frame import Alert, Fact, FieldError
from examengine.web.contexts.requests import AskForAttempts
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
from examengine.web.messages import refusal_told
from examengine.web.staffed import staffing_shown
from examengine.web.wording import gettext as _

DONE: Mapping[str, Alert] = MappingProxyType(
    {
        "asked": Alert("success", _("已提交申请"), _("编号和前面的人数见下面；结果会显示在这里和“我的考试”。")),
        "withdrawn": Alert("info", _("已撤回申请"), _("需要时可以重新申请，排到最后。")),
        "answered": Alert("info", _("申请已经办理"), _("客服已经答复，不能再撤回。")),
    }
)


@signed_in(Role.CANDIDATE)
async def asking_page(request: Request) -> Response:
    """What is asked for, what it would mean, when somebody is there; and what became of it."""
    return await _page(request, "", ())


@signed_in(Role.CANDIDATE)
async def ask(request: Request) -> Response:
    """Put the request into the queue. Sent twice it is one request."""
    services, visitor = services_of(request), await visitor_of(request)
    line, _record, _rulebook = await own_enrolment(request, path_id(request))
    note = field_of(request, "note", requests.MAX_NOTE + 1)
    if len(note) > requests.MAX_NOTE:
        error = FieldError("note", _("说明最多 {n} 个字").format(n=requests.MAX_NOTE))
        return await _page(request, note, (error,))
    asked = await requests.ask(
        services.database,
        services.vault,
        services.shelf,
        line.enrolment.id,
        visitor.person.id,
        note,
        now_of(request),
    )
    address = f"/enrolments/{line.enrolment.id}/request"
    return see_other(address if isinstance(asked, Refusal) else f"{address}?done=asked")


@signed_in(Role.CANDIDATE)
async def withdraw(request: Request) -> Response:
    """Take the request out of the queue."""
    services, visitor = services_of(request), await visitor_of(request)
    line, _record, _rulebook = await own_enrolment(request, path_id(request))
    number = field_of(request, "request", 18)
    if not number.isascii() or not number.isdecimal():
        raise NotAllowed(404)
    try:
        withdrawn = await requests.withdraw(services.database, int(number), visitor.person.id, now_of(request))
    except Missing:
        raise NotAllowed(404) from None
    done = "withdrawn" if withdrawn else "answered"
    return see_other(f"/enrolments/{line.enrolment.id}/request?done={done}")


async def _page(request: Request, note: str, errors: tuple[FieldError, ...]) -> Response:
    services, now_ms = services_of(request), now_of(request)
    line, record, rulebook = await own_enrolment(request, path_id(request))
    async with services.database.reading() as tx:
        known = await grant_requests.of_enrolment(tx, line.enrolment.id)
        waiting = next((one for one in known if one.waits), None)
        ahead = await grant_requests.count_waiting(tx, waiting.id) if waiting is not None else 0
    refusal = requests.may_ask(rulebook, record, known, now_ms)
    if not known and refusal is not None:
        return see_other(f"/enrolments/{line.enrolment.id}/why")
    frame = await frame_of(request, "/my", DONE.get(request.query_params.get("done", "")))
    context = AskForAttempts(
        frame=frame,
        enrolment_id=line.enrolment.id,
        subject=line.exam_title,
        year=line.enrolment.credit_year,
        facts=_facts(line, record, rulebook, frame.zone),
        effects=_effects(rulebook, record, now_ms, frame.zone) if refusal is None else (),
        staffing=staffing_shown(rulebook, now_ms),
        phone=rulebook.exam.support_phone or frame.hotline,
        waiting=None if waiting is None else request_shown(waiting, ahead),
        past=tuple(request_shown(one, None) for one in reversed(known) if not one.waits),
        can_ask=refusal is None and waiting is None,
        why_not="" if refusal is None or waiting is not None else refusal_told(refusal, frame.zone).text,
        note=note,
        note_max=requests.MAX_NOTE,
        errors=errors,
    )
    return page("request.html", context, 422 if errors else 200)


def _facts(line: EnrolmentLine, record: EnrolmentRecord, rulebook: Rulebook, zone: str) -> tuple[Fact, ...]:
    counted = [row for row in record.attempts if row.outcome is not None]
    closes = times.end_moment(effects.window_closes_ms(rulebook, record), zone)
    return (
        Fact(_("考试"), line.exam_title),
        Fact(_("已经考过"), _("{n} 次，没有及格").format(n=len(counted))),
        Fact(_("考试开放到"), closes, _("补学补考也要在这之前完成")),
    )


def _effects(rulebook: Rulebook, record: EnrolmentRecord, now_ms: int, zone: str) -> tuple[str, ...]:
    """What granting what the rulebook names would come to, by the function that grants."""
    attempts = min(rulebook.grant.attempts, MAX_ATTEMPTS)
    effect = effects.of_grant(rulebook, record, now_ms, attempts, None)
    told = [_("通常增加 {n} 次考试机会，在考试开放期内有效。").format(n=effect.left_after - effect.left_before)]
    if isinstance(effect.decision, Refusal):
        shown = refusal_told(effect.decision, zone)
        told.append(_("考试以前：{text}").format(text=shown.text))
    if rulebook.grant.identity_check:
        told.append(_("客服可能会打登记的手机号核对身份，请保持畅通。"))
    return tuple(told)
