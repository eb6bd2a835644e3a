"""The desk's queue of requests for make-up study and exam (补学补考, S2024-23), and the answer to one."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from examengine.records.errors import Missing
from examengine.records.words import Measure, Role
from examengine.refusals import Refusal
from examengine.support import grants, quotas
from examengine.support.acts import Asked
from examengine.support.grant_requests import REFUSE, RefuseOrder, RequestCase, list_requests, open_request
from examengine.support.grants import MAX_ATTEMPTS, GrantOrder
from examengine.support.looking import EnrolmentCase
from examengine.support.quotas import Weight
from examengine.web import times
from examengine.web.candidate.request_told import STATES, request_number
from examengine.web.contexts.acts import Effect
from examengine.web.contexts.finding import TimelineRow
from examengine.web.contexts.frame import Alert, Fact, FieldError
from examengine.web.contexts.requests import AnsweredRow, GrantChoice, QueueRow, RequestPage, RequestQueuePage
from examengine.web.http import (
    ZONE,
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
from examengine.web.staffed import staffing_shown
from examengine.web.support.account import attempt_name, attempt_row
from examengine.web.support.act import carry_out
from examengine.web.support.effect_words import grant_effect
from examengine.web.support.forms import (
    MAX_NOTE,
    MAX_TICKET,
    desk_frame,
    intent_of,
    look_again,
    masked,
    names_a_person,
    sign,
    ticket_errors,
    whole_number,
)
from examengine.web.support.sentences import said_of
from examengine.web.support.wording import MEASURES, REQUEST_REASONS, WHY_SECOND, refused_act
from examengine.web.wording import gettext as _

HERE = "/support/requests"
ACT = "answer_request"
MAX_ANSWER = 300


@signed_in(Role.SUPPORT)
async def requests_page(request: Request) -> Response:
    """Everyone who waits, oldest first, and what was answered last."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    queue = await list_requests(services.database, services.vault, services.shelf, visitor.person.id, now_ms)
    frame = await desk_frame(request, HERE)
    books = {case.rulebook.digest: case.rulebook for case in queue.waiting}
    shown = {digest: staffing_shown(book, now_ms) for digest, book in books.items()}
    context = RequestQueuePage(
        frame=frame,
        waiting=tuple(_queue_row(case, now_ms, frame.zone) for case in queue.waiting),
        answered=tuple(_answered_row(case, queue.names) for case in queue.answered),
        staffing=tuple(dict.fromkeys(one for one in shown.values() if one is not None)),
        more=queue.waiting_in_all - len(queue.waiting),
    )
    return page("support/requests.html", context)


@signed_in(Role.SUPPORT)
async def request_page(request: Request) -> Response:
    """One request with the case made out."""
    case = await _open(request)
    return await _form(request, case, _proposed(case), "", "", request_number(case.request.id))


@signed_in(Role.SUPPORT)
async def answer(request: Request) -> Response:
    """Grant or refuse. A request is answered once, however often the form is sent."""
    case = await _open(request)
    visitor = await visitor_of(request)
    if case.person.id == visitor.person.id:
        return see_other(f"{HERE}?done=own")
    attempts = whole_number(field_of(request, "attempts", 10), 1, MAX_ATTEMPTS)
    reply, note = field_of(request, "reply", MAX_ANSWER), field_of(request, "note", MAX_NOTE)
    ticket = field_of(request, "ticket", MAX_TICKET)
    grants_it = field_of(request, "decision", 10) == "grant"
    errors = _errors(attempts, reply, note, ticket, grants_it=grants_it)
    if errors:
        return await _form(request, case, attempts, reply, note, ticket, errors=errors, status=422)
    intent = await intent_of(request, ACT, case.request.id)
    if intent is None:
        return await _form(request, case, attempts, reply, note, ticket, flash=look_again(), status=409)
    if not case.request.waits and case.request.decided_by != visitor.person.id:
        return see_other(f"{HERE}?done=answered")
    number = request_number(case.request.id)
    if not grants_it:
        refuse = RefuseOrder(
            request_id=case.request.id,
            answer=reply,
            by_person=visitor.person.id,
            reason_category=REQUEST_REASONS[0][0],
            reason=note or reply,
            ticket=ticket,
            nonce=intent.nonce,
        )
        told = await carry_out(request, REFUSE, refuse)
        return see_other(f"{HERE}?done={'answered' if isinstance(told, Refusal) else 'request_refused'}")
    if case.request.waits and not effect_of(case, attempts or 1, now_of(request), ZONE).allowed:
        return await _form(request, case, attempts, reply, note, ticket, status=409)
    order = GrantOrder(
        enrolment_id=case.request.enrolment_id,
        attempts=attempts or 1,
        by_person=visitor.person.id,
        reason_category=REQUEST_REASONS[0][0],
        reason=note or _("补学补考申请 {number}").format(number=number),
        ticket=ticket,
        expires_ms=None,
        nonce=f"request:{case.request.id}",
        answer=reply,
    )
    given = await carry_out(request, grants.KIND, order)
    if isinstance(given, Refusal):
        if not case.request.waits:
            return see_other(f"{HERE}?done=answered")
        flash = Alert("danger", _("没有增加"), refused_act(given))
        return await _form(request, case, attempts, reply, note, ticket, flash=flash, status=409)
    return see_other(f"{HERE}?done={'request_asked' if isinstance(given, Asked) else 'request_granted'}")


async def _open(request: Request) -> RequestCase:
    services, visitor = services_of(request), await visitor_of(request)
    try:
        return await open_request(
            services.database,
            services.vault,
            services.shelf,
            path_id(request),
            visitor.person.id,
            now_of(request),
        )
    except Missing:
        raise NotAllowed(404) from None


def _errors(attempts: int | None, reply: str, note: str, ticket: str, *, grants_it: bool) -> tuple[FieldError, ...]:
    errors = []
    if grants_it and attempts is None:
        errors.append(FieldError("attempts", _("请选择增加几次")))
    if not grants_it and not reply:
        errors.append(FieldError("reply", _("不同意时要写给考生的答复：为什么，接下来怎么办")))
    if names_a_person(reply):
        errors.append(FieldError("reply", _("答复里不要写证件号和手机号")))
    if names_a_person(note):
        errors.append(FieldError("note", _("说明里不要写证件号和手机号，写工单号就能找到本人")))
    return (*errors, *ticket_errors(ticket))


def _proposed(case: RequestCase) -> int:
    return min(case.rulebook.grant.attempts, MAX_ATTEMPTS)


def _enrolment_of(case: RequestCase) -> EnrolmentCase:
    return EnrolmentCase(case.line, case.record, case.rulebook)


def _exam(case: RequestCase) -> str:
    return _("{year} 年度 · {title}").format(year=case.record.enrolment.credit_year, title=case.line.exam_title)


def effect_of(case: RequestCase, attempts: int, now_ms: int, zone: str) -> Effect:
    """What granting would come to, by the function that grants."""
    if case.line.exam_withdrawn_ms is not None:
        return Effect(False, (_("这场考试已撤回，不能再增加次数。"),))
    return grant_effect(case.rulebook, case.record, attempts, None, now_ms, zone)


def _queue_row(case: RequestCase, now_ms: int, zone: str) -> QueueRow:
    effect = effect_of(case, _proposed(case), now_ms, zone)
    return QueueRow(
        href=f"{HERE}/{case.request.id}",
        number=request_number(case.request.id),
        name=case.person.name,
        document_masked=masked(case.person),
        exam=_exam(case),
        at_ms=case.request.at_ms,
        waited=times.span(max(0, now_ms - case.request.at_ms) // 60_000 * 60_000),
        why=_why(case, now_ms, zone),
        effect=effect.lines[0],
        allowed=effect.allowed,
    )


def _answered_row(case: RequestCase, names: Mapping[int, str]) -> AnsweredRow:
    one = case.request
    text, tone = STATES[one.decision]
    return AnsweredRow(
        href=f"{HERE}/{one.id}",
        number=request_number(one.id),
        name=case.person.name,
        exam=_exam(case),
        decided_ms=one.decided_ms or 0,
        by=names.get(one.decided_by or 0, ""),
        state_text=text,
        tone=tone,
        answer=one.answer,
    )


def _why(case: RequestCase, now_ms: int, zone: str) -> str:
    withdrawn = case.line.exam_withdrawn_ms is not None
    return said_of(case.rulebook, case.record, None, now_ms, zone, withdrawn=withdrawn, undecided=False).sentence


def _history(case: RequestCase, now_ms: int) -> tuple[TimelineRow, ...]:
    """Every attempt in one line."""
    lines = []
    for row in case.record.attempts:
        shown = attempt_row(_enrolment_of(case), row, None, 0, {}, now_ms, own=True)
        score = "" if shown.score_hundredths is None else _("，{n} 分").format(n=times.points(shown.score_hundredths))
        took = (
            ""
            if shown.ended_ms is None
            else _("，用了 {span}").format(span=times.span(shown.ended_ms - row.started_ms))
        )
        text = _("{attempt}：{state}{score}{took}").format(
            attempt=attempt_name(case.record, row), state=shown.state_text, score=score, took=took
        )
        lines.append(TimelineRow(row.started_ms, text if not shown.why else f"{text}；{shown.why}"))
    return tuple(lines)


async def _form(
    request: Request,
    case: RequestCase,
    attempts: int | None,
    reply: str,
    note: str,
    ticket: str,
    *,
    errors: tuple[FieldError, ...] = (),
    flash: Alert | None = None,
    status: int = 200,
) -> Response:
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    frame = await desk_frame(request, HERE, flash)
    zone = frame.zone
    one = case.request
    choices = []
    async with services.database.reading() as tx:
        for number in range(1, MAX_ATTEMPTS + 1):
            effect = effect_of(case, number, now_ms, zone)
            weight = Weight(Measure.ATTEMPTS, number)
            look = await quotas.look(tx, visitor.person.id, case.person.id, weight, now_ms)
            text, unit = MEASURES[weight.measure]
            second = ""
            if look.why is not None and effect.allowed:
                bounds = look.bounds
                second = WHY_SECOND[look.why].format(
                    what=text, per_day=bounds.per_day, at_once=bounds.at_once, unit=unit, n=look.on_person
                )
            choices.append(GrantChoice(str(number), effect.lines[0], second))
    proposed = effect_of(case, attempts or _proposed(case), now_ms, zone)
    state, _tone = STATES[one.decision]
    own = case.person.id == visitor.person.id
    counts = sum(row.outcome is not None for row in case.record.attempts)
    context = RequestPage(
        frame=frame,
        request_id=one.id,
        number=request_number(one.id),
        person_id=case.person.id,
        name=case.person.name,
        document_masked=masked(case.person),
        exam=_exam(case),
        facts=(
            Fact(_("提交"), times.exact(one.at_ms, zone), _("第 {n} 个").format(n=case.place) if one.waits else ""),
            Fact(_("现在"), _why(case, now_ms, zone)),
            Fact(_("考过"), _("{n} 次，{rounds} 轮").format(n=counts, rounds=len(case.record.rounds))),
            Fact(_("以前增加过"), _("{n} 次").format(n=sum(r.opened_by == "grant" for r in case.record.rounds))),
        ),
        history=_history(case, now_ms),
        note=case.note,
        identity_check=case.rulebook.grant.identity_check,
        answered="" if one.waits else state,
        answered_ms=one.decided_ms,
        answer=one.answer,
        refused=_("这是您本人的申请，请另一位同事来办理。") if own else "" if proposed.allowed else proposed.lines[0],
        own=own,
        choices=tuple(choices) if proposed.allowed else (),
        attempts=str(attempts or _proposed(case)),
        reply=reply,
        reply_max=MAX_ANSWER,
        inside=note,
        ticket=ticket,
        intent=await sign(request, ACT, one.id),
        errors=errors,
    )
    return page("support/request.html", context, status)
