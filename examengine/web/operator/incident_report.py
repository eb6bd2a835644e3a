"""The report of an incident: what happened, who decided, what was given; to print, and as PDF."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.records import audit, losses
from examengine.records.incidents import EXECUTED
from examengine.records.words import RemedyKind, Role
from examengine.web import pdf, times
from examengine.web.contexts.frame import Fact
from examengine.web.contexts.incidents import IncidentReport
from examengine.web.http import ZONE, NotAllowed, frame_of, now_of, page, path_id, services_of, signed_in, visitor_of
from examengine.web.operator import incident_words as told
from examengine.web.operator.incident_page import facts_of, get_incident, loss_rows, names_of, titles_of
from examengine.web.wording import gettext as _

ROWS = 500
"""People listed by name on paper; the page of the incident has them all."""
PDF_ROWS = 5_000


@signed_in(Role.OPERATOR)
async def report(request: Request) -> Response:
    """The report as a page that prints well."""
    return page("operator/incident_report.html", await _report(request, ROWS))


@signed_in(Role.OPERATOR)
async def report_pdf(request: Request) -> Response:
    """The same as a file."""
    shown = await _report(request, PDF_ROWS)
    document = pdf.Document(
        title=shown.title,
        blocks=_blocks(shown),
        authority=shown.frame.authority,
        at_ms=shown.made_ms,
        foot=_("故障补偿报告 {n}").format(n=shown.incident_id),
    )
    try:
        content = await services_of(request).press.draw(document)
    except pdf.NotDrawnError:
        raise NotAllowed(503) from None
    headers = {"content-disposition": f'attachment; filename="incident-{shown.incident_id}.pdf"'}
    return Response(content, media_type=pdf.MIME_TYPE, headers=headers)


async def _report(request: Request, rows_limit: int) -> IncidentReport:
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    async with services.database.reading() as tx:
        known = await get_incident(tx, path_id(request))
        if known.state not in EXECUTED:
            raise NotAllowed(404)
        titles = await titles_of(tx)
        names = await names_of(tx, services, (known.by_person, known.decided_by, known.undo_asked_by))
        tallies = await losses.tally(tx, known.id)
        amounts = await losses.amounts(tx, known.id)
        total, lines = await losses.losses_page(tx, known.id, 0, rows_limit)
        rows = await loss_rows(tx, services, lines)
    async with services.database.writing() as tx:
        facts = {"rows": len(rows), "report": True}
        await audit.append(tx, now_ms, visitor.person.id, "view_incident", "incident", known.id, facts)
    longest_ms = max((one.longest_ms for one in tallies), default=0)
    given = sum(one.attempts for one in tallies if one.remedy is not RemedyKind.NONE)
    summary = (
        *facts_of(known, titles, names),
        Fact(_("受影响"), _("{n} 人").format(n=total), _("其中补偿 {n} 人").format(n=given)),
        Fact(_("最长耽误"), times.span(longest_ms)),
    )
    signed = (
        Fact(_("建立"), names.get(known.by_person, ""), times.exact(known.at_ms, ZONE)),
        Fact(_("批准"), names.get(known.decided_by or 0, ""), times.exact(known.decided_ms or known.at_ms, ZONE)),
        Fact(_("打印"), visitor.person.name, times.exact(now_ms, ZONE)),
    )
    return IncidentReport(
        frame=await frame_of(request),
        incident_id=known.id,
        title=_("故障补偿报告 {n}").format(n=known.id),
        facts=summary,
        effects=told.effects(tallies, known),
        amounts=told.amounts(amounts),
        rows=rows,
        total=total,
        shown=len(rows),
        signed=signed,
        made_ms=now_ms,
    )


def _blocks(shown: IncidentReport) -> tuple[pdf.Block, ...]:
    listed = tuple(
        (row.name, row.document, row.unit, row.lost, row.gap, f"{row.remedy} {row.state}".strip())
        for row in shown.rows
    )
    header = (_("姓名"), _("证件号码"), _("单位"), _("耽误"), _("最长的一段"), _("结果"))
    blocks: list[pdf.Block] = [
        pdf.Facts(tuple((fact.term, _with_note(fact)) for fact in shown.facts)),
        pdf.Heading(_("结果"), 2),
        *(
            pdf.Paragraph(f"{row.number} {row.text}" + (f"（{row.note}）" if row.note else ""))
            for row in shown.effects
        ),
        pdf.Heading(_("受影响的人"), 2),
        pdf.Table(header, listed, (3, 6, 5, 3, 5, 5)),
    ]
    if shown.shown < shown.total:
        told_rest = _("另有 {n} 人没有列出，见系统里的故障页面。").format(n=shown.total - shown.shown)
        blocks.append(pdf.Paragraph(told_rest, quiet=True))
    blocks += [
        pdf.Heading(_("经办"), 2),
        pdf.Facts(tuple((fact.term, _with_note(fact)) for fact in shown.signed)),
    ]
    return tuple(blocks)


def _with_note(fact: Fact) -> str:
    return f"{fact.value}（{fact.note}）" if fact.note else fact.value
