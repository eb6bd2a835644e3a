"""O4: incidents of ours found, counted, approved by a second person and made good."""

import secrets
from collections.abc import Coroutine
from urllib.parse import urlencode

import structlog
from starlette.requests import Request
from starlette.responses import Response

from examengine import live
from examengine.incidents import asking
from examengine.incidents.announcing import TEXT_LIMIT
from examengine.incidents.asking import Obstacle
from examengine.incidents.proposals import Proposal, Reading, propose
from examengine.monitoring import silence
from examengine.records import incidents, losses
from examengine.records.errors import Missing
from examengine.records.incidents import NewIncident, Scope
from examengine.records.words import Decision, IncidentSource, Role
from examengine.web import times
from examengine.web.contexts import incidents as contexts
from examengine.web.contexts.frame import FieldError
from examengine.web.contexts.incidents import IncidentFields
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
from examengine.web.operator import incident_words as told
from examengine.web.operator.frames import INCIDENTS, operator_frame
from examengine.web.operator.incident_form import (
    ROUNDINGS,
    Read,
    local_instant,
    local_text,
    read,
    source_of,
    suggested_notice,
)
from examengine.web.operator.incident_page import DONE, choices_of, incident_page, names_of, titles_of
from examengine.web.services import Services
from examengine.web.support.forms import MAX_NOTE
from examengine.web.wording import gettext as _

BY_HAND_MS = 10 * 60_000
log = structlog.get_logger("examengine.incidents")


@signed_in(Role.OPERATOR)
async def list_all(request: Request) -> Response:
    """What looks like an incident, and all that were opened."""
    services, now_ms = services_of(request), now_of(request)
    seen = await _silences(services, now_ms)
    proposals = await propose(services.database, seen or (), now_ms)
    async with services.database.reading() as tx:
        found = await incidents.list_incidents(tx)
        titles = await titles_of(tx)
        names = await names_of(tx, services, (one.by_person for one in found))
        tallies = {one.id: await losses.tally(tx, one.id) for one in found[:20]}
    rows = tuple(
        contexts.IncidentRow(
            incident_id=one.id,
            when=told.interval(one.from_ms, one.until_ms, ZONE),
            span=times.span(one.until_ms - one.from_ms),
            scope=told.scope_told(one.scope, titles),
            source=told.SOURCES[one.source],
            state=told.STATES[one.state][0],
            tone=told.STATES[one.state][1],
            by=names.get(one.by_person, ""),
            effect="；".join(f"{row.number} {row.text}" for row in told.effects(tallies.get(one.id, ()), one)[:2])
            if one.phase is None
            else "",
        )
        for one in found
    )
    shown = contexts.Incidents(
        frame=await operator_frame(request, INCIDENTS, DONE.get(request.query_params.get("done", ""))),
        proposals=tuple(_proposal_row(one) for one in proposals),
        rows=rows,
        silence_known=seen is not None,
    )
    return page("operator/incidents.html", shown)


async def _silences(services: Services, now_ms: int) -> list[Reading] | None:
    """How many were silent, as the wall has kept it; None where it does not answer."""
    try:
        steps = await silence.history(services.wall.board, now_ms - silence.KEEP_MS, now_ms)
    except live.Unavailable as error:
        log.warning("silences_not_read", error=type(error).__name__)
        return None
    return [Reading(step.at_ms, step.live, step.silent) for step in steps if step.live]


def _proposal_row(one: Proposal) -> contexts.ProposalRow:
    asked = {
        "source": one.source.value,
        "from": local_text(one.from_ms, ZONE),
        "until": local_text(one.until_ms, ZONE, up=True),
    }
    if one.source is IncidentSource.DEAF:
        how = _("全部连接") if one.slots == losses.SLOTS else _("{n}/64 的连接").format(n=one.slots)
        text = _("系统自检：{how}收不到考生的信号").format(how=how)
    else:
        text = _("实时监控：一分钟内多出 {n} 人没有信号").format(n=one.silent)
    return contexts.ProposalRow(
        href=f"{INCIDENTS}/new?{urlencode(asked)}",
        when=told.interval(one.from_ms, one.until_ms, ZONE),
        span=times.span(one.until_ms - one.from_ms),
        told=text,
        running=one.running,
    )


@signed_in(Role.OPERATOR)
async def new_page(request: Request) -> Response:
    """The form, filled with what was proposed."""
    now_ms, query = now_of(request), request.query_params
    from_ms, until_ms = local_instant(query.get("from", ""), ZONE), local_instant(query.get("until", ""), ZONE)
    if from_ms is None or until_ms is None or until_ms <= from_ms:
        until_ms = now_ms // 60_000 * 60_000
        from_ms = until_ms - BY_HAND_MS
    source = source_of(query.get("source", ""))
    fields = IncidentFields(
        source=source.value,
        begins=local_text(from_ms, ZONE),
        ends=local_text(until_ms, ZONE),
        exam=query.get("exam", "")[:18],
        region=query.get("region", "")[:6],
        unit=query.get("unit", "")[:200],
        reason="" if source is IncidentSource.HAND else told.SOURCES[source],
        notice=suggested_notice(from_ms, until_ms, ZONE)[:TEXT_LIMIT],
    )
    return await _new_page(request, fields, secrets.token_urlsafe(12))


async def _new_page(
    request: Request, fields: IncidentFields, nonce: str, errors: tuple[FieldError, ...] = ()
) -> Response:
    services = services_of(request)
    async with services.database.reading() as tx:
        titles = await titles_of(tx)
        units = await losses.units_in(tx, Scope())
    shown = contexts.IncidentNew(
        frame=await operator_frame(request, INCIDENTS),
        fields=fields,
        exams=choices_of(titles),
        roundings=ROUNDINGS,
        units=tuple(name for name, _count in units),
        nonce=nonce,
        notice_limit=TEXT_LIMIT,
        told=told.SOURCES[source_of(fields.source)],
        errors=errors,
    )
    return page("operator/incident_new.html", shown, 422 if errors else 200)


@signed_in(Role.OPERATOR)
async def open_new(request: Request) -> Response:
    """Open an incident; what was lost by it is counted next."""
    services, now_ms = services_of(request), now_of(request)
    form = await _form(request)
    nonce = field_of(request, "nonce", 64) or secrets.token_urlsafe(12)
    if form.errors:
        return await _new_page(request, form.fields, nonce, form.errors)
    visitor = await visitor_of(request)
    new = _new(form, f"{visitor.person.id}:{nonce}", visitor.person.id, now_ms)
    made = await asking.open_incident(services.database, new, now_ms)
    return see_other(f"{INCIDENTS}/{made.id}?done=opened")


async def _form(request: Request) -> Read:
    services = services_of(request)
    async with services.database.reading() as tx:
        titles = await titles_of(tx)
    return read(request, titles, ZONE, now_of(request))


def _new(form: Read, intent: str, by_person: int, now_ms: int) -> NewIncident:
    return asking.new_incident(
        source=source_of(form.fields.source),
        scope=form.scope,
        from_ms=form.from_ms,
        until_ms=form.until_ms,
        reason=form.fields.reason,
        ticket=form.fields.ticket,
        notice=form.fields.notice,
        policy=form.policy,
        intent=intent[:64],
        by_person=by_person,
        now_ms=now_ms,
    )


@signed_in(Role.OPERATOR)
async def show(request: Request) -> Response:
    """An incident wherever it stands."""
    return await incident_page(request, path_id(request))


@signed_in(Role.OPERATOR)
async def adjust(request: Request) -> Response:
    """Change a draft, or count anew."""
    services, visitor, incident_id = services_of(request), await visitor_of(request), path_id(request)
    form = await _form(request)
    if form.errors:
        return await incident_page(request, incident_id, fields=form.fields, errors=form.errors)
    new = _new(form, "", visitor.person.id, now_of(request))
    act = asking.adjust_incident(services.database, incident_id, new, now_of(request))
    return await _after(request, await _or_404(act), "adjusted")


@signed_in(Role.OPERATOR)
async def ask(request: Request) -> Response:
    """Lay it before a second person."""
    services, visitor = services_of(request), await visitor_of(request)
    act = asking.ask_incident(services.database, path_id(request), visitor.person.id, now_of(request))
    return await _after(request, await _or_404(act), "asked")


@signed_in(Role.OPERATOR)
async def decide(request: Request) -> Response:
    """The second person's word on what was shown."""
    services, visitor = services_of(request), await visitor_of(request)
    said, seen = _decision(request), field_of(request, "seen", 20)
    if not (seen.isascii() and seen.isdecimal()):
        raise NotAllowed(400)
    act = asking.decide_incident(
        services.database, path_id(request), said, visitor.person.id, int(seen), now_of(request)
    )
    return await _after(request, await _or_404(act), "approved" if said is Decision.APPROVED else "refused")


@signed_in(Role.OPERATOR)
async def drop(request: Request) -> Response:
    """Give a draft or a request up."""
    services, visitor = services_of(request), await visitor_of(request)
    act = asking.drop_incident(services.database, path_id(request), visitor.person.id, now_of(request))
    return await _after(request, await _or_404(act), "dropped")


@signed_in(Role.OPERATOR)
async def ask_undo(request: Request) -> Response:
    """Ask that what was given be taken back."""
    services, visitor = services_of(request), await visitor_of(request)
    reason = field_of(request, "undo_reason", MAX_NOTE)
    if not reason:
        error = FieldError("undo_reason", _("请写为什么要撤销"))
        return await incident_page(request, path_id(request), errors=(error,))
    act = asking.ask_undo(services.database, path_id(request), visitor.person.id, reason, now_of(request))
    return await _after(request, await _or_404(act), "undo_asked")


@signed_in(Role.OPERATOR)
async def decide_undo(request: Request) -> Response:
    """The second person's word on taking back."""
    services, visitor, said = services_of(request), await visitor_of(request), _decision(request)
    act = asking.decide_undo(services.database, path_id(request), said, visitor.person.id, now_of(request))
    return await _after(request, await _or_404(act), "undoing" if said is Decision.APPROVED else "undo_refused")


def _decision(request: Request) -> Decision:
    said = {"approve": Decision.APPROVED, "refuse": Decision.REFUSED}.get(field_of(request, "decision", 20))
    if said is None:
        raise NotAllowed(400)
    return said


async def _or_404(act: Coroutine[object, object, Obstacle | None]) -> Obstacle | None:
    try:
        return await act
    except Missing:
        raise NotAllowed(404) from None


async def _after(request: Request, obstacle: Obstacle | None, done: str) -> Response:
    if obstacle is not None:
        return await incident_page(request, path_id(request), obstacle=obstacle)
    return see_other(f"{INCIDENTS}/{path_id(request)}?done={done}")
