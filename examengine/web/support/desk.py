"""S2, one person: identity, every enrolment with its sentence of state, and what may be done now."""

from collections.abc import Mapping

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
from examengine.web.contexts.support import EnrolmentBlock, PersonDesk, WaitingLine
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
from examengine.web.support.account import attempt_name, ledger_of, round_blocks
from examengine.web.support.forms import MAX_TICKET, desk_frame, sign, ticket_errors
from examengine.web.support.sentences import said_of, why_no_grant
from examengine.web.support.timeline import timeline_of
from examengine.web.support.wording import PERSON_CATEGORIES, REVEAL_REASONS, document_type, named
from examengine.web.wording import gettext as _

REVEAL = "reveal"
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
        await note_reveal(services.database, services.vault, person_id, visitor.person.id, reason, ticket, now_ms)
    except Missing:
        raise NotAllowed(404) from None
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
    context = person_desk(case, known, frame, visitor.person.id, until_ms, errors)
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
) -> PersonDesk:
    """The page of a case as of ``frame.now_ms``. Pure."""
    own = case.person.id == visitor_id
    return PersonDesk(
        frame=frame,
        person_id=case.person.id,
        name=case.person.name,
        identity=_identity(case, frame, full=revealed_until_ms is not None),
        enrolments=tuple(_block(enrolment, case, known, frame, visitor_id, own=own) for enrolment in case.enrolments),
        timeline=timeline_of(case, known, frame.now_ms, frame.zone),
        reveal_reasons=() if revealed_until_ms is not None else REVEAL_REASONS,
        revealed_until_ms=revealed_until_ms,
        errors=errors,
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
        waiting=_waiting(enrolment, case.names, visitor_id, own=own),
        no_grant=_no_grant(enrolment, now_ms, own=own),
        reason=said.reason,
        next=said.next,
    )


def _no_grant(enrolment: EnrolmentCase, now_ms: int, *, own: bool) -> str:
    if own:
        return _("这是您本人的报名，请另一位同事来办理。")
    refusal = may_grant(enrolment.rulebook, enrolment.record, now_ms)
    return "" if refusal is None else why_no_grant(enrolment.rulebook, enrolment.record, refusal, now_ms)


def _waiting(
    enrolment: EnrolmentCase, names: Mapping[int, str], visitor_id: int, *, own: bool
) -> tuple[WaitingLine, ...]:
    def line(asked: Approval) -> WaitingLine:
        row = next(a for a in enrolment.record.attempts if a.id == asked.act["attempt_id"])
        mine = own or asked.asked_by == visitor_id
        return WaitingLine(
            text=_("作废{attempt}").format(attempt=attempt_name(enrolment.record, row)),
            asked_by=names.get(asked.asked_by, ""),
            asked_ms=asked.asked_ms,
            ticket=str(asked.act["ticket"]),
            href="" if mine else f"/support/approvals#a{asked.id}",
        )

    return tuple(line(asked) for asked in enrolment.approvals if asked.decision is None)


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
