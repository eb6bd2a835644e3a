"""The page of one incident: where it stands, what it comes to, whom it concerns."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.names import Place, mask_document
from examengine.incidents import asking
from examengine.incidents.announcing import TEXT_LIMIT
from examengine.incidents.asking import Obstacle
from examengine.incidents.remedy import policy_of
from examengine.records import audit, exams, incidents, losses, people
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.incidents import EXECUTED, Incident, Scope
from examengine.records.losses import LossLine
from examengine.records.words import IncidentState, RemedyKind, Role
from examengine.web import times
from examengine.web.author.shown import page_asked, paging_of
from examengine.web.contexts import incidents as contexts
from examengine.web.contexts.frame import Act, Alert, Fact, FieldError, Paging
from examengine.web.contexts.incidents import IncidentFields, LossRow
from examengine.web.http import ZONE, NotAllowed, now_of, page, services_of, visitor_of
from examengine.web.operator import incident_words as told
from examengine.web.operator.frames import INCIDENTS, operator_frame
from examengine.web.operator.incident_form import ROUNDINGS, fields_of
from examengine.web.services import Services
from examengine.web.wording import gettext as _

LOSSES_A_PAGE = 50
REFRESH_S = 2
WHILE_COMPUTING = frozenset({"opened", "adjusted", "approved", "undoing"})
DONE = {
    "opened": Alert("info", _("已建立，正在测算"), _("批准以前什么都不会改动。")),
    "adjusted": Alert("info", _("已调整，正在重新测算")),
    "asked": Alert("success", _("已提交，等另一个人批准"), _("请把这一页的地址发给批准的人。")),
    "approved": Alert("success", _("已批准，正在补偿"), _("可以离开这一页，补偿不会中断。")),
    "refused": Alert("info", _("未批准"), _("什么都没有改动。")),
    "dropped": Alert("info", _("已放弃"), _("什么都没有改动。")),
    "undo_asked": Alert("success", _("已申请撤销，等另一个人批准")),
    "undoing": Alert("success", _("已批准撤销，正在办理"), _("已经用掉的不撤销。")),
    "undo_refused": Alert("info", _("没有撤销"), _("补偿照旧。")),
}
FILTERS = (("", _("全部")), ("minutes", _("补时间")), ("attempts", _("退还机会")), ("none", _("不补")))


async def incident_page(
    request: Request,
    incident_id: int,
    *,
    obstacle: Obstacle | None = None,
    fields: IncidentFields | None = None,
    errors: tuple[FieldError, ...] = (),
) -> Response:
    """An incident wherever it stands, with errors of a form on it. Whoever sees names is logged."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    kind = request.query_params.get("remedy", "")
    remedy = RemedyKind(kind) if kind in set(RemedyKind) else None
    async with services.database.reading() as tx:
        known = await get_incident(tx, incident_id)
        titles = await titles_of(tx)
        names = await names_of(tx, services, (known.by_person, known.decided_by, known.undo_asked_by))
        tallies = await losses.tally(tx, incident_id)
        progress = await losses.progress(tx, incident_id)
        has_rows = known.phase is None and bool(tallies)
        page_no = page_asked(request)
        total, lines = await losses.losses_page(tx, incident_id, (page_no - 1) * LOSSES_A_PAGE, LOSSES_A_PAGE, remedy)
        rows = await loss_rows(tx, services, lines, linked=Role.SUPPORT in visitor.roles) if has_rows else ()
        if known.state not in EXECUTED:
            rows = tuple(replace(row, state="") for row in rows)
        own = known.by_person == visitor.person.id
        may_adjust = own and known.state in asking.OPEN and known.phase is None
        units = await losses.units_in(tx, Scope()) if may_adjust else ()
    flash = DONE.get(request.query_params.get("done", ""))
    if request.query_params.get("done", "") in WHILE_COMPUTING and known.phase is None:
        flash = None  # the page has looked again since, and says what came of it
    if obstacle is not None:
        flash = Alert("danger", *told.OBSTACLES[obstacle])
    if rows:
        async with services.database.writing() as tx:
            facts = {"page": page_no, "rows": len(rows)}
            await audit.append(tx, now_ms, visitor.person.id, "view_incident", "incident", known.id, facts)
    is_draft = known.state is IncidentState.DRAFTED
    is_ready = known.phase is None and known.surveyed_ms is not None
    percent = told.percent(known, progress)
    href = f"{INCIDENTS}/{known.id}"
    shown = contexts.IncidentPage(
        frame=await operator_frame(request, INCIDENTS, flash),
        incident_id=known.id,
        title=_("故障 {n}：{when}").format(n=known.id, when=told.interval(known.from_ms, known.until_ms, ZONE)),
        steps=told.steps(known),
        state=told.STATES[known.state][0],
        tone=told.STATES[known.state][1],
        say=told.say(known, names, own=own),
        facts=facts_of(known, titles, names),
        effects=told.effects(tallies, known) if known.phase is None or known.state in EXECUTED else (),
        effects_title=_("补偿结果") if known.state in EXECUTED else _("如果批准"),
        notes=told.notes(known, tallies, ZONE) if is_ready and known.state not in EXECUTED else (),
        percent=percent,
        progress=told.progress_told(known, progress),
        refresh_s=REFRESH_S if percent is not None else 0,
        filters=tuple(Act(f"{href}?remedy={key}#losses" if key else f"{href}#losses", text) for key, text in FILTERS),
        filter_here=dict(FILTERS)[remedy.value if remedy is not None else ""],
        rows=rows,
        paging=_paging(page_no, total, href, kind if remedy is not None else "") if rows else None,
        may_adjust=may_adjust,
        may_ask=own and is_draft and is_ready,
        may_drop=own and known.state in asking.OPEN,
        may_decide=not own and known.state is IncidentState.ASKED,
        may_ask_undo=known.state is IncidentState.DONE,
        may_decide_undo=known.state is IncidentState.UNDO_ASKED and known.undo_asked_by != visitor.person.id,
        has_report=known.state in EXECUTED,
        seen=known.surveyed_ms or 0,
        fields=fields or fields_of(known, ZONE),
        exams=choices_of(titles),
        roundings=ROUNDINGS,
        units=tuple(name for name, _count in units),
        notice_limit=TEXT_LIMIT,
        undo_reason=known.undo_reason,
        errors=errors,
    )
    status = 409 if obstacle is not None else 422 if errors else 200
    return page("operator/incident.html", shown, status)


def _paging(page_no: int, total: int, href: str, kind: str) -> Paging:
    return paging_of(page_no, LOSSES_A_PAGE, total, f"{href}?{f'remedy={kind}&' if kind else ''}page=")


def facts_of(known: Incident, titles: Mapping[int, str], names: Mapping[int, str]) -> tuple[Fact, ...]:
    """What an incident is, who opened it and who decided."""
    facts = [
        Fact(
            _("时间区间"),
            told.interval(known.from_ms, known.until_ms, ZONE),
            times.span(known.until_ms - known.from_ms),
        ),
        Fact(_("范围"), told.scope_told(known.scope, titles)),
        Fact(_("来源"), told.SOURCES[known.source]),
        Fact(_("说明"), known.reason),
        Fact(_("工单号"), known.ticket),
        Fact(_("补偿办法"), told.policy_told(policy_of(known.policy))),
        Fact(_("给考生的公告"), known.notice or _("不发")),
        Fact(_("建立"), names.get(known.by_person, ""), times.exact(known.at_ms, ZONE)),
    ]
    if known.decided_ms is not None:
        facts.append(
            Fact(
                told.STATES[known.state][0] if known.state not in EXECUTED else _("批准"),
                names.get(known.decided_by or 0, ""),
                times.exact(known.decided_ms, ZONE),
            )
        )
    if known.done_ms is not None:
        facts.append(Fact(_("补偿完成"), times.exact(known.done_ms, ZONE)))
    if known.undo_asked_ms is not None:
        told_by = names.get(known.undo_asked_by or 0, "")
        facts.append(Fact(_("申请撤销"), f"{told_by}：{known.undo_reason}", times.exact(known.undo_asked_ms, ZONE)))
    if known.undone_ms is not None:
        facts.append(Fact(_("撤销完成"), times.exact(known.undone_ms, ZONE)))
    return tuple(facts)


async def get_incident(tx: Reading, incident_id: int) -> Incident:
    """The incident of an address.

    Raises:
        NotAllowed: there is none.
    """
    try:
        return await incidents.get_incident(tx, incident_id)
    except Missing:
        raise NotAllowed(404) from None


async def loss_rows(
    tx: Reading, services: Services, lines: Iterable[LossLine], *, linked: bool = False
) -> tuple[LossRow, ...]:
    """Losses as they are listed: masked. ``linked``: with a link to the person's page of the desk."""
    lines = tuple(lines)
    who = await people.find_people(tx, services.vault, {line.person_id for line in lines})
    rows = []
    for line in lines:
        person = who.get(line.person_id)
        document = "" if person is None or person.profile is None else person.profile.document
        rows.append(
            LossRow(
                name=person.name if person is not None and person.name else _("（已注销）"),
                document=mask_document(document, Place.STAFF_LIST),
                unit=line.unit_name,
                exam=line.exam_title,
                lost=times.span(line.loss.lost_ms),
                gap=told.gap_told(line.loss, ZONE),
                remedy=told.remedy_told(line.loss),
                state=told.loss_state(line.loss),
                href=f"/support/people/{line.person_id}" if linked else "",
            )
        )
    return tuple(rows)


async def names_of(tx: Reading, services: Services, ids: Iterable[int | None]) -> dict[int, str]:
    """Names of staff by id."""
    wanted = {one for one in ids if one is not None}
    found = await people.find_people(tx, services.vault, wanted) if wanted else {}
    return {person_id: person.name for person_id, person in found.items()}


async def titles_of(tx: Reading) -> dict[int, str]:
    """Exams to choose from, by id."""
    return {line.exam.id: f"{line.exam.credit_year} {line.exam.title}" for line in await exams.list_exams(tx)}


def choices_of(titles: Mapping[int, str]) -> contexts.Choices:
    """The same as a form takes them."""
    return tuple((str(exam_id), title) for exam_id, title in titles.items())
