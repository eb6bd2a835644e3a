"""Asking for a void. Nothing changes until a second person has approved it (A-15)."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.records.as_rules import closing_of
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.records.people import Person
from examengine.records.words import Role
from examengine.refusals import Reason, Refusal
from examengine.rules.calendar import window_of
from examengine.rules.history import State
from examengine.rules.rulebook import Rulebook
from examengine.support.looking import EnrolmentCase
from examengine.support.voids import VoidOrder, ask_void
from examengine.web import times
from examengine.web.candidate.my import score_is_hidden
from examengine.web.contexts.frame import Alert, Fact
from examengine.web.contexts.support import VoidRequest
from examengine.web.http import now_of, page, path_id, services_of, signed_in, visitor_of
from examengine.web.messages import DEADLINE_REASONS, how_ended
from examengine.web.support.account import attempt_name
from examengine.web.support.effect_words import void_effects
from examengine.web.support.forms import (
    Typed,
    attempt_for_act,
    desk_frame,
    intent_of,
    look_again,
    masked,
    sign,
    to_person,
    typed_of,
)
from examengine.web.support.wording import VOID_REASONS
from examengine.web.wording import gettext as _

ACT = "void"


@signed_in(Role.SUPPORT)
async def void_page(request: Request) -> Response:
    """The form, with what an approval would come to."""
    found = await attempt_for_act(request, path_id(request))
    if isinstance(found, Response):
        return found
    person, case, row = found
    told = _settled(case, row)
    return to_person(person.id, told) if told else await _form(request, person, case, row, Typed("", "", "", ()))


@signed_in(Role.SUPPORT)
async def void(request: Request) -> Response:
    """Lay the void before a second person. Sent twice it is one request."""
    attempt_id = path_id(request)
    found = await attempt_for_act(request, attempt_id)
    if isinstance(found, Response):
        return found
    person, case, row = found
    typed = typed_of(request, VOID_REASONS)
    if typed.errors:
        return await _form(request, person, case, row, typed, status=422)
    intent = await intent_of(request, ACT, attempt_id)
    if intent is None or intent.round_no != _seen(row):
        return await _form(request, person, case, row, typed, flash=look_again(), status=409)
    services, visitor = services_of(request), await visitor_of(request)
    order = VoidOrder(
        attempt_id=attempt_id,
        asked_by=visitor.person.id,
        reason_category=typed.reason,
        reason=typed.note,
        ticket=typed.ticket,
    )
    asked = await ask_void(services.database, order, now_of(request))
    if isinstance(asked, Refusal):
        return to_person(person.id, "voided" if asked.reason is Reason.NO_SUCH_ATTEMPT else "own")
    others = any(a.id == asked and a.asked_by != visitor.person.id for a in case.approvals)
    return to_person(person.id, "void_asked" if others else "asked")


def attempt_facts(
    title: str, rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord, now_ms: int, zone: str
) -> tuple[Fact, ...]:
    """The attempt that is to be voided, as asker and approver see it."""
    outcome, closing = row.outcome, closing_of(rulebook, record, row)
    exam = _("{year} 年度 {title}").format(year=record.enrolment.credit_year, title=title)
    facts = [
        Fact(_("考试"), exam, attempt_name(record, row)),
        Fact(_("开始"), times.exact(row.started_ms, zone)),
    ]
    if outcome is None:
        until = times.exact(closing.deadline_ms, zone)
        return (*facts, Fact(_("状态"), _("正在考试"), _("{at} 截止").format(at=until)))
    hidden = score_is_hidden(rulebook, window_of(rulebook, record.enrolment.credit_year).closes_ms, now_ms)
    facts.append(Fact(_("截止"), times.exact(closing.deadline_ms, zone), DEADLINE_REASONS[closing.reason]))
    facts.append(Fact(_("状态"), how_ended(outcome.state, outcome.cause), times.exact(outcome.ended_ms, zone)))
    if outcome.score_hundredths is None:
        score = _("无成绩")
    elif hidden:
        score = _("未公布")
    else:
        passed = _("及格") if outcome.result == "pass" else _("不及格")
        score = _("{n} 分，{passed}").format(n=times.points(outcome.score_hundredths), passed=passed)
    return (*facts, Fact(_("成绩"), score))


def _seen(row: AttemptRecord) -> int:
    """Names how the attempt stood when the form was shown."""
    return row.outcome.id if row.outcome is not None else 0


def _settled(case: EnrolmentCase, row: AttemptRecord) -> str:
    """Where there is nothing to ask for any more: what to say instead."""
    if row.outcome is not None and row.outcome.state == State.VOID:
        return "voided"
    waits = any(a.decision is None and a.act.get("attempt_id") == row.id for a in case.approvals)
    return "void_asked" if waits else ""


async def _form(
    request: Request,
    person: Person,
    case: EnrolmentCase,
    row: AttemptRecord,
    typed: Typed,
    *,
    flash: Alert | None = None,
    status: int = 200,
) -> Response:
    now_ms = now_of(request)
    frame = await desk_frame(request, flash=flash)
    context = VoidRequest(
        frame=frame,
        person_id=person.id,
        attempt_id=row.id,
        name=person.name,
        document_masked=masked(person),
        facts=attempt_facts(case.line.exam_title, case.rulebook, case.record, row, now_ms, frame.zone),
        effects=void_effects(case.rulebook, case.record, row, now_ms, frame.zone),
        reasons=VOID_REASONS,
        reason=typed.reason,
        note=typed.note,
        ticket=typed.ticket,
        intent=await sign(request, ACT, row.id, first=_seen(row)),
        errors=typed.errors,
    )
    return page("support/void.html", context, status)
