"""S2, one person: identity, every enrolment with its sentence of state, and what may be done now."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from examengine import live
from examengine.accounts.names import Place, mask_document, mask_phone
from examengine.records.approvals import Approval
from examengine.records.as_rules import closing_of, history_of
from examengine.records.errors import Missing
from examengine.records.people import Person
from examengine.records.words import Role
from examengine.rules.decide import allowed
from examengine.sittings.deadlines import final_ms
from examengine.support.effects import left_in_all
from examengine.support.extra_time import still_runs
from examengine.support.grants import may_grant
from examengine.support.hand_ins import may_hand_in
from examengine.support.looking import Case, EnrolmentCase, Live, note_reveal, open_case, read_case
from examengine.web import times
from examengine.web.contexts.frame import Act, Fact, FieldError, Frame
from examengine.web.contexts.support import CallRow, EnrolmentBlock, PersonDesk, WaitingLine
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
from examengine.web.services import Services
from examengine.web.support.accommodation_effect import accommodation_lines
from examengine.web.support.account import ledger_of, round_blocks
from examengine.web.support.acts import accommodate, call, let_in, message
from examengine.web.support.asked import what_of
from examengine.web.support.forms import MAX_TICKET, desk_frame, sign, ticket_errors
from examengine.web.support.let_in_page import may_show
from examengine.web.support.sentences import said_of, why_no_grant
from examengine.web.support.timeline import MAX_ROWS, timeline_of
from examengine.web.support.why_not import condition_rows, what_if
from examengine.web.support.wording import (
    CALL_TOPICS,
    IDENTITY_CHECKS,
    PERSON_CATEGORIES,
    REVEAL_REASONS,
    document_type,
    named,
)
from examengine.web.wording import gettext as _

REVEAL = "reveal"
ABOUT_THE_PERSON = (let_in.ACT, call.ACT, message.ACT, accommodate.GIVE)
"""Acts that every person's page offers, whatever its exams."""
REVEAL_MS = 5 * 60_000


@signed_in(Role.SUPPORT)
async def person_page(request: Request) -> Response:
    """A person's page. Every look is in the audit log before anything is shown."""
    return await _person_page(request, path_id(request), ())


@signed_in(Role.SUPPORT)
async def reveal(request: Request) -> Response:
    """Show the numbers in full for five minutes, to this agent, for a reason and a ticket that are logged."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    person_id = path_id(request)
    reason, ticket = field_of(request, "reason", 40), field_of(request, "ticket", MAX_TICKET)
    errors = [] if named(REVEAL_REASONS, reason) else [FieldError("reason", _("请选择原因"))]
    errors += ticket_errors(ticket)
    if errors:
        return await _person_page(request, person_id, tuple(errors))
    try:
        shown = await note_reveal(
            services.database, services.vault, person_id, visitor.person.id, reason, ticket, now_ms
        )
    except Missing:
        raise NotAllowed(404) from None
    if not shown:
        told = _("24 小时内显示的次数已经用完；需要时请联系安全管理员")
        return await _person_page(request, person_id, (FieldError("reason", told),))
    token = await sign(request, REVEAL, person_id, first=(now_ms + REVEAL_MS) // 1000)
    return see_other(f"/support/people/{person_id}?shown={token}")


async def _person_page(request: Request, person_id: int, errors: tuple[FieldError, ...]) -> Response:
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    until_ms = await _revealed_until_ms(request, person_id)
    try:
        case = await open_case(
            services.database,
            services.vault,
            services.shelf,
            person_id,
            visitor.person.id,
            now_ms,
            shown="masked" if until_ms is None else "full",
        )
    except Missing:
        raise NotAllowed(404) from None
    known = await live_of(services, case, now_ms)
    if await settle_due(services, case, known, now_ms):
        case = await read_case(services.database, services.vault, services.shelf, person_id, now_ms)
    frame = await desk_frame(request)
    every = request.query_params.get("show") == "all"
    context = person_desk(case, known, frame, visitor.person.id, until_ms, errors, every=every)
    if until_ms is not None:  # the other filter shows the numbers for as long
        shown = urlencode({"shown": request.query_params["shown"]})
        context = replace(context, filter_href=f"{context.filter_href}{'&' if not every else '?'}{shown}")
    return page("support/person.html", context, 422 if errors else 200)


async def live_of(services: Services, case: Case, now_ms: int) -> Live:
    """What the desk knows of the person's running attempts."""
    sittings = {}
    try:
        for enrolment in case.enrolments:
            for row in enrolment.record.attempts:
                if row.outcome is None:
                    sittings[row.id] = await services.desk.read(row.id, now_ms)
    except live.Unavailable:
        return Live({}, reachable=False)
    return Live(sittings)


async def settle_due(services: Services, case: Case, known: Live, now_ms: int) -> bool:
    """Record what has ended and nobody has recorded yet, so that the page tells the truth; whether there was any."""
    found = False
    for enrolment in case.enrolments:
        for row in enrolment.record.attempts:
            sitting = known.sittings.get(row.id)
            if row.outcome is not None or sitting is None:
                continue
            closing = closing_of(enrolment.rulebook, enrolment.record, row)
            over = now_ms >= final_ms(enrolment.rulebook, closing)
            gone = sitting.back_by_ms is not None and now_ms >= sitting.back_by_ms
            if over or gone or sitting.state == "closing":
                try:
                    ended = await services.finisher.look_at(row.id, now_ms)
                except live.Unavailable:
                    return found
                found = found or ended is not None
    return found


def person_desk(
    case: Case,
    known: Live,
    frame: Frame,
    visitor_id: int,
    revealed_until_ms: int | None = None,
    errors: tuple[FieldError, ...] = (),
    *,
    every: bool = False,
) -> PersonDesk:
    """The page of a case as of ``frame.now_ms``. Pure."""
    own = case.person.id == visitor_id
    known_rows = timeline_of(case, known, frame.now_ms, frame.zone)
    timeline = tuple(row for row in known_rows if every or not row.minor)
    here = f"/support/people/{case.person.id}"
    return PersonDesk(
        frame=frame,
        person_id=case.person.id,
        name=case.person.name,
        identity=_identity(case, frame, full=revealed_until_ms is not None),
        enrolments=tuple(_block(enrolment, case, known, frame, visitor_id, own=own) for enrolment in case.enrolments),
        timeline=timeline[:MAX_ROWS],
        acts=() if own else _acts(case, visitor_id, frame),
        waiting=_waiting(case.person, None, case.approvals, case.names, visitor_id),
        calls=_calls(case),
        accommodations=accommodation_lines(case, frame, own=own),
        reveal_reasons=() if revealed_until_ms is not None else REVEAL_REASONS,
        revealed_until_ms=revealed_until_ms,
        errors=errors,
        every=every,
        hidden=len(known_rows) - len(timeline),
        earlier=len(timeline) > MAX_ROWS,
        filter_href=here if every else f"{here}?show=all",
    )


def _block(
    enrolment: EnrolmentCase, case: Case, known: Live, frame: Frame, visitor_id: int, *, own: bool
) -> EnrolmentBlock:
    record, rulebook, now_ms = enrolment.record, enrolment.rulebook, frame.now_ms
    history = history_of(record)
    running = next((a for a in record.attempts if a.outcome is None), None)
    sitting = known.sittings.get(running.id) if running is not None else None
    withdrawn = enrolment.line.exam_withdrawn_ms is not None
    undecided = enrolment.undecided
    said = said_of(
        rulebook, record, sitting, now_ms, frame.zone, withdrawn=withdrawn, undecided=undecided is not None
    )
    refusal = may_grant(rulebook, record, now_ms)
    acts = []
    wanted = case.requests.get(enrolment.id)
    if not own and wanted is not None and wanted.waits:
        acts.append(Act(f"/support/requests/{wanted.id}", _("办理补考申请")))
    if not own and undecided is not None:
        acts.append(Act(f"/support/cases/{undecided.id}", _("核实是否在场")))
    if not own and refusal is None and not withdrawn:
        acts.append(Act(f"/support/enrolments/{enrolment.id}/grant", _("增加考试次数")))
    if not own and running is not None and still_runs(rulebook, record, running, now_ms):
        acts.append(Act(f"/support/attempts/{running.id}/extra-time", _("补时")))
        if may_hand_in(rulebook, record, running, now_ms) is None:
            acts.append(Act(f"/support/attempts/{running.id}/hand-in", _("代为交卷")))
    return EnrolmentBlock(
        enrolment_id=enrolment.id,
        subject=enrolment.line.exam_title,
        year=record.enrolment.credit_year,
        sentence=said.sentence,
        tone=said.tone,
        why_text=said.why_text,
        left=left_in_all(rulebook, history, now_ms),
        allowed=sum(allowed(rulebook, round_, now_ms) for round_ in history.rounds),
        rounds=round_blocks(enrolment, known.sittings, case.answered, case.names, now_ms, own=own),
        ledger=ledger_of(enrolment, case.names, now_ms, own=own),
        acts=tuple(acts),
        waiting=_waiting(case.person, enrolment, enrolment.approvals, case.names, visitor_id),
        no_grant=_no_grant(enrolment, now_ms, own=own),
        reason=said.reason,
        next=said.next,
        conditions=condition_rows(rulebook, record, now_ms, frame.zone, may_act=not own and not withdrawn),
        what_if=what_if(rulebook, record, now_ms, frame.zone),
    )


def _no_grant(enrolment: EnrolmentCase, now_ms: int, *, own: bool) -> str:
    if own:
        return _("这是您本人的报名，请另一位同事来办理。")
    refusal = may_grant(enrolment.rulebook, enrolment.record, now_ms)
    return "" if refusal is None else why_no_grant(enrolment.rulebook, enrolment.record, refusal, now_ms)


def _waiting(
    person: Person,
    enrolment: EnrolmentCase | None,
    asked: Iterable[Approval],
    names: Mapping[int, str],
    visitor_id: int,
) -> tuple[WaitingLine, ...]:
    return tuple(
        WaitingLine(
            text=what_of(one, person, enrolment),
            asked_by=names.get(one.asked_by, ""),
            asked_ms=one.asked_ms,
            ticket=str(one.act["ticket"]),
            href="" if visitor_id in {one.asked_by, person.id} else f"/support/approvals#a{one.id}",
        )
        for one in asked
        if one.decision is None
    )


def _acts(case: Case, visitor_id: int, frame: Frame) -> tuple[Act, ...]:
    """What may be done for the person, whatever the exams."""
    acts = tuple(Act(one.path.replace("{id}", str(case.person.id)), one.title) for one in ABOUT_THE_PERSON)
    told = next((one for one in case.let_ins if may_show(one, visitor_id, frame.now_ms)), None)
    if told is None:
        return acts
    return (Act(f"/support/let-ins/{told.id}", _("查看一次性密码")), *acts)


def _calls(case: Case) -> tuple[CallRow, ...]:
    return tuple(
        CallRow(
            call.at_ms,
            CALL_TOPICS[call.topic],
            IDENTITY_CHECKS[call.identity],
            call.note,
            case.names.get(call.by_person, ""),
            call.ticket,
            call.recording,
        )
        for call in case.calls
    )


def _identity(case: Case, frame: Frame, *, full: bool) -> tuple[Fact, ...]:
    person: Person = case.person
    profile = person.profile
    assert profile is not None
    document = profile.document if full else mask_document(profile.document, Place.STAFF_LIST)
    phone = (profile.phone or "") if full else mask_phone(profile.phone, Place.STAFF_LIST)
    signed_in = times.exact(case.signed_in_ms, frame.zone) if case.signed_in_ms is not None else _("还没有登录过")
    return (
        Fact(document_type(profile.doc_type), document),
        Fact(_("手机"), phone or _("没有登记")),
        Fact(_("单位"), profile.unit_name),
        Fact(_("人员类别"), PERSON_CATEGORIES[profile.category]),
        Fact(_("最近登录"), signed_in),
    )


async def _revealed_until_ms(request: Request, person_id: int) -> int | None:
    """Until when the numbers may be shown, None where they may not."""
    visitor, now_ms = await visitor_of(request), now_of(request)
    intent = services_of(request).tokens.read_intent(request.query_params.get("shown", ""), now_ms)
    if intent is None or (intent.act, intent.subject_id, intent.person_id) != (REVEAL, person_id, visitor.person.id):
        return None
    until_ms = intent.round_no * 1000
    return until_ms if now_ms < until_ms else None
