"""待核实: attempts that ended while we could not hear, and the decision that no engine may take (promise 8)."""

from collections.abc import Mapping
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from examengine import live
from examengine.live import Sitting, Word
from examengine.records.as_rules import closing_of
from examengine.records.errors import Missing, Unavailable
from examengine.records.words import UNDECIDED_CASES, CaseDecision, CaseKind, Role
from examengine.refusals import Reason, Refusal
from examengine.support import deaf_cases
from examengine.support.deaf_cases import CaseOrder, decide_case, list_cases, open_case
from examengine.web import times
from examengine.web.contexts.frame import Alert, Fact, FieldError, Frame
from examengine.web.contexts.support import CaseChoice, CaseRow, DeafCase, DeafCases
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
from examengine.web.messages import how_ended
from examengine.web.support.account import attempt_name
from examengine.web.support.attempt_facts import facts_of
from examengine.web.support.effect_words import absent_effects, case_hand_in_effects
from examengine.web.support.forms import Typed, desk_frame, intent_of, look_again, masked, sign, typed_of
from examengine.web.support.wording import CASE_KINDS, CASE_REASONS, refused_act
from examengine.web.wording import gettext as _

HERE = "/support/cases"
ACT = "case"
DECISIONS = {decision.value: decision for decision in CaseDecision}


@signed_in(Role.SUPPORT)
async def cases_page(request: Request) -> Response:
    """What waits for a decision, and what an incident's report wants besides."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    listed = await list_cases(services.database, services.vault, services.shelf, visitor.person.id, now_ms)
    frame = await desk_frame(request, HERE)
    return page(
        "support/cases.html",
        DeafCases(
            frame=frame,
            waiting=tuple(_row(one, listed.names, frame) for one in listed.waiting),
            others=tuple(_row(one, listed.names, frame) for one in listed.others),
        ),
    )


@signed_in(Role.SUPPORT)
async def case_page(request: Request) -> Response:
    """One case, with what either decision would come to."""
    one = await _case_of(request)
    if not one.is_open:
        return see_other(f"{HERE}?done=case_over")
    return await _form(request, one, "", Typed("", "", "", ()))


@signed_in(Role.SUPPORT)
async def decide(request: Request) -> Response:
    """Register the decision and what follows from it. A case is decided once, however often the form is sent."""
    one = await _case_of(request)
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    typed = typed_of(request, CASE_REASONS)
    chosen = field_of(request, "decision", 20)
    if typed.errors or chosen not in DECISIONS:
        return await _form(request, one, chosen, typed, status=422)
    if not one.is_open:
        same = one.case.decision == chosen and one.case.decided_by == visitor.person.id
        return see_other(f"{HERE}?done={'case_decided' if same else 'case_over'}")
    if await intent_of(request, ACT, one.case.id) is None:
        return await _form(request, one, chosen, typed, flash=look_again(), status=409)
    order = CaseOrder(
        case_id=one.case.id,
        decision=DECISIONS[chosen],
        by_person=visitor.person.id,
        reason_category=typed.reason,
        reason=typed.note,
        ticket=typed.ticket,
    )
    decided = await decide_case(services.database, order, now_ms)
    if isinstance(decided, Refusal):
        if decided.reason is Reason.TWO_PERSONS_REQUIRED:
            flash = Alert("danger", _("没有登记"), refused_act(decided))
            return await _form(request, one, chosen, typed, flash=flash, status=409)
        return see_other(f"{HERE}?done=case_over")
    with suppress(live.Unavailable, Unavailable):  # the sweeper records it later
        if await services.finisher.look_at(one.case.attempt_id, now_ms) is not None:
            return see_other(f"{HERE}?done=case_decided")
    return see_other(f"{HERE}?done=case_later")


async def _case_of(request: Request) -> deaf_cases.DeafCase:
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    try:
        return await open_case(
            services.database, services.vault, services.shelf, path_id(request), visitor.person.id, now_ms
        )
    except Missing:
        raise NotAllowed(404) from None


def _row(one: deaf_cases.DeafCase, names: Mapping[int, str], frame: Frame) -> CaseRow:
    case, outcome = one.case, one.row.outcome
    text, tone = CASE_KINDS[case.kind]
    if case.kind in UNDECIDED_CASES and not one.is_open:
        text, tone = (_("不用再核实"), "plain") if case.decision is None else (_("已核实"), "plain")
    result = how_ended(outcome.state, outcome.cause) if outcome is not None else _("还没有结果")
    if case.decided_by is not None:
        result = _("{result}（{by} 核实）").format(result=result, by=names.get(case.decided_by, ""))
    return CaseRow(
        case_id=case.id,
        kind_text=text,
        tone=tone,
        person_id=one.person.id,
        name=one.person.name,
        document_masked=masked(one.person),
        what=_("{title}，{attempt}").format(title=one.title, attempt=attempt_name(one.record, one.row)),
        deaf_text=_deaf_text(one, frame.zone),
        deadline_ms=closing_of(one.rulebook, one.record, one.row).deadline_ms,
        result_text=result,
        href=f"{HERE}/{case.id}" if one.is_open else "",
    )


def _deaf_text(one: deaf_cases.DeafCase, zone: str) -> str:
    if one.case.kind is CaseKind.LOST:
        return _("没有找到作答记录")
    since, until = times.exact(one.case.deaf.from_ms, zone), times.clock_time(one.case.deaf.until_ms, zone)
    return _("{since}—{until} 收不到考试页面的消息").format(since=since, until=until)


async def _form(
    request: Request,
    one: deaf_cases.DeafCase,
    decision: str,
    typed: Typed,
    *,
    flash: Alert | None = None,
    status: int = 200,
) -> Response:
    now_ms = now_of(request)
    frame = await desk_frame(request, HERE, flash)
    sitting = await _sitting(request, one.case.attempt_id)
    errors = typed.errors
    if status == 422 and decision not in DECISIONS:
        errors = (FieldError("decision", _("请选择怎样登记")), *errors)
    seen = times.exact(one.case.seen_ms, frame.zone)
    context = DeafCase(
        frame=frame,
        case_id=one.case.id,
        person_id=one.person.id,
        name=one.person.name,
        document_masked=masked(one.person),
        kind_text=CASE_KINDS[one.case.kind][0],
        facts=(
            *facts_of(one.title, one.rulebook, one.record, one.row, now_ms, frame.zone),
            Fact(_("平台故障"), _deaf_text(one, frame.zone)),
            Fact(_("最近一次收到考试页面的消息"), seen),
        ),
        choices=(
            CaseChoice(CaseDecision.HAND_IN, _("按已保存的答案交卷评分"), case_hand_in_effects(sitting)),
            CaseChoice(
                CaseDecision.ABSENT,
                _("登记为到时不在场"),
                absent_effects(one.rulebook, one.record, one.row, now_ms, frame.zone),
            ),
        ),
        decision=decision,
        reasons=CASE_REASONS,
        reason=typed.reason,
        note=typed.note,
        ticket=typed.ticket,
        intent=await sign(request, ACT, one.case.id),
        errors=errors,
    )
    return page("support/case.html", context, status)


async def _sitting(request: Request, attempt_id: int) -> Sitting | None:
    """What the desk knows; None where it does not answer."""
    try:
        sitting = await services_of(request).desk.read(attempt_id, now_of(request))
    except live.Unavailable:
        return None
    return None if sitting.word is Word.ABSENT else sitting
