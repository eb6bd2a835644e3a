"""Lists of results taken out as a workbook: asked for with a reason, fetched by whoever asked, every fetch logged."""

import secrets
from hashlib import sha256

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from examengine.accounts.documents import TYPE_NAMES
from examengine.accounts.sign_in import SignedIn
from examengine.records import audit, exams, people, result_exports, results
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.exams import Exam
from examengine.records.result_exports import Export, NewExport, OpenedName
from examengine.records.results import Asked, ResultLine
from examengine.records.words import DocumentType, Role
from examengine.reporting.lists import Wording, take_out
from examengine.reporting.workbook import MIME_TYPE, Column, Value
from examengine.rules.history import OutcomeReason
from examengine.web import times
from examengine.web.author.banks import attachment
from examengine.web.contexts import results as contexts
from examengine.web.contexts.frame import Fact, FieldError
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
from examengine.web.operator.frames import RESULTS, operator_frame
from examengine.web.operator.results import STANDINGS, asked_of, filter_of, summed, title_of
from examengine.web.regions import region_told
from examengine.web.sessions import device_of
from examengine.web.support.wording import OUTCOMES
from examengine.web.wording import gettext as _

EXPORTS = f"{RESULTS}/exports"
MAX_NOTE = 300
MAX_TICKET = 40
FETCH_MS = 24 * 3_600_000
"""How long after it was asked for a list may be fetched."""
REASONS = (
    ("report", _("上报主管部门")),
    ("unit", _("答复单位查询")),
    ("archive", _("归档")),
    ("appeal", _("成绩复核、申诉")),
    ("inspection", _("监督检查")),
    ("other", _("其他")),
)
COLUMNS = (
    Column(_("姓名"), 12),
    Column(_("证件类型"), 14),
    Column(_("证件号码"), 24),
    Column(_("单位"), 40),
    Column(_("区划"), 10),
    Column(_("年度"), 8),
    Column(_("结果"), 10),
    Column(_("成绩"), 10),
    Column(_("满分"), 10),
    Column(_("考过几次"), 10),
    Column(_("说明"), 40),
    Column(_("结束时间"), 22),
    Column(_("考试编号"), 14),
)


@signed_in(Role.OPERATOR)
async def export_page(request: Request) -> Response:
    """What is to be taken out, and the form that asks why."""
    async with services_of(request).database.reading() as tx:
        exam, _years, asked = await asked_of(request, tx)
    return await _form(request, exam, asked)


async def _form(
    request: Request, exam: Exam, asked: Asked, errors: tuple[FieldError, ...] = (), intent: str = ""
) -> Response:
    async with services_of(request).database.reading() as tx:
        count = summed(await results.rates(tx, asked)).of(asked.standing)
    posted = request.method == "POST"
    shown = contexts.ExportForm(
        frame=await operator_frame(request, RESULTS),
        exam_id=exam.id,
        title=title_of(exam, asked.credit_year),
        facts=facts_of(asked, count),
        asked=filter_of(asked),
        count=count,
        reasons=REASONS,
        intent=intent or secrets.token_hex(16),
        reason=field_of(request, "reason", 40) if posted else "",
        note=field_of(request, "note", MAX_NOTE) if posted else "",
        ticket=field_of(request, "ticket", MAX_TICKET) if posted else "",
        full=bool(field_of(request, "full")) if posted else False,
        errors=errors,
    )
    return page("operator/result_export.html", shown, 422 if errors else 200)


@signed_in(Role.OPERATOR)
async def ask(request: Request) -> Response:
    """Note who takes what out and why, and lead to the file. Whole numbers ask for the password again."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    async with services.database.reading() as tx:
        exam, _years, asked = await asked_of(request, tx)
        count = summed(await results.rates(tx, asked)).of(asked.standing)
    full, intent = bool(field_of(request, "full")), field_of(request, "intent", 32)
    errors = _errors(request, count)
    if not errors and full:
        wrong = await _wrong_password(request, visitor.person.id)
        errors = (FieldError("password", wrong),) if wrong else ()
    if errors or not intent:
        return await _form(request, exam, asked, errors, intent)
    new = NewExport(
        asked=asked,
        full_numbers=full,
        reason_category=field_of(request, "reason", 40),
        reason=field_of(request, "note", MAX_NOTE),
        ticket=field_of(request, "ticket", MAX_TICKET),
        people=count,
        by_person=visitor.person.id,
        intent=_intent(request, visitor.person.id, intent, asked),
    )
    async with services.database.writing() as tx:
        export, is_new = await result_exports.ask(tx, new, now_ms)
        if is_new:
            facts = {
                "export": export.id,
                "year": asked.credit_year,
                "people": count,
                "full_numbers": full,
                "reason": new.reason_category,
                "ticket": new.ticket,
            }
            await audit.append(tx, now_ms, visitor.person.id, "ask_results", "exam", exam.id, facts)
    return see_other(f"{EXPORTS}/{export.id}")


def _intent(request: Request, person_id: int, nonce: str, asked: Asked) -> str:
    """The same form with the same content is one export, also from another tab; gone back to and changed, another."""
    typed = [field_of(request, name, MAX_NOTE) for name in ("reason", "note", "ticket", "full")]
    content = "\n".join([nonce, filter_of(asked).query, str(asked.exam_id), *typed])
    return f"{person_id}:{sha256(content.encode()).hexdigest()[:40]}"


def _errors(request: Request, count: int) -> tuple[FieldError, ...]:
    found = []
    if field_of(request, "reason", 40) not in dict(REASONS):
        found.append(FieldError("reason", _("请选择原因")))
    if not field_of(request, "note", MAX_NOTE):
        found.append(FieldError("note", _("请写明给谁、作什么用")))
    if field_of(request, "full") and not field_of(request, "password", 200):
        found.append(FieldError("password", _("要完整证件号码，请再输一次您的密码")))
    if not count:
        found.append(FieldError("reason", _("这些条件下没有人，没有可以导出的")))
    return tuple(found)


async def _wrong_password(request: Request, person_id: int) -> str:
    """What is wrong with the password that was given again, "" where it is right; it counts as a try to sign in."""
    services, password = services_of(request), field_of(request, "password", 200)
    told = await services.sign_in.sign_in_again(person_id, password, device_of(request), now_of(request))
    if isinstance(told, SignedIn):
        return ""
    if told.is_limited:
        return _("试的次数太多，请 {wait} 以后再试").format(wait=times.span(max(told.wait_ms, 1000)))
    return _("密码不对，请再输一次")


@signed_in(Role.OPERATOR)
async def show_export(request: Request) -> Response:
    """A list that was asked for, with the link to its file."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    async with services.database.reading() as tx:
        export, exam = await _export(tx, path_id(request))
        named = await people.find_people(tx, services.vault, [export.by_person])
    facts = (
        *facts_of(export.asked, export.people),
        Fact(_("证件号码"), _("完整") if export.full_numbers else _("只显示前 6 位和后 4 位")),
        Fact(_("原因"), _why(export), export.ticket),
        Fact(_("申请人"), named[export.by_person].name, times.exact(export.at_ms, ZONE)),
    )
    shown = contexts.ExportPage(
        frame=await operator_frame(request, RESULTS),
        export_id=export.id,
        title=title_of(exam, export.asked.credit_year),
        facts=facts,
        is_own=export.by_person == visitor.person.id and now_ms < export.at_ms + FETCH_MS,
        back=f"{RESULTS}/{exam.id}?{filter_of(export.asked).query}",
    )
    return page("operator/result_file.html", shown)


@signed_in(Role.OPERATOR)
async def fetch(request: Request) -> Response:
    """The workbook, made while it is sent. Only for whoever asked, for a day."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    async with services.database.reading() as tx:
        export, exam = await _export(tx, path_id(request))
    if export.by_person != visitor.person.id:
        raise NotAllowed(404)
    if now_ms >= export.at_ms + FETCH_MS:
        return see_other(f"{EXPORTS}/{export.id}")
    title = title_of(exam, export.asked.credit_year)
    wording = _wording(export, title, visitor.person.name, now_ms)
    octets = take_out(services.database, services.vault, export, wording, visitor.person.id, now_ms)
    named = attachment(b"", _("成绩-{title}-{no}.xlsx").format(title=title, no=export.id), MIME_TYPE)
    headers = {"content-disposition": named.headers["content-disposition"]}
    return StreamingResponse(octets, media_type=MIME_TYPE, headers=headers)


@signed_in(Role.OPERATOR)
async def list_exports(request: Request) -> Response:
    """What was taken out last, by whom and why."""
    services = services_of(request)
    async with services.database.reading() as tx:
        found = await result_exports.newest_exports(tx)
        named = await people.find_people(tx, services.vault, [export.by_person for export in found])
        titles = {line.exam.id: line.exam for line in await exams.list_exams(tx)}
    rows = tuple(
        contexts.ExportRow(
            export.id,
            export.at_ms,
            named[export.by_person].name,
            title_of(titles[export.asked.exam_id], export.asked.credit_year),
            export.people,
            export.full_numbers,
            _why(export),
            export.taken,
        )
        for export in found
    )
    return page("operator/result_exports.html", contexts.Exports(await operator_frame(request, RESULTS), rows))


async def _export(tx: Reading, export_id: int) -> tuple[Export, Exam]:
    try:
        export = await result_exports.get_export(tx, export_id)
    except Missing:
        raise NotAllowed(404) from None
    return export, await exams.get_exam(tx, export.asked.exam_id)


def facts_of(asked: Asked, count: int) -> tuple[Fact, ...]:
    """What a list holds, as a table of facts."""
    standing = STANDINGS[asked.standing][0] if asked.standing else _("全部")
    return (
        Fact(_("年度"), str(asked.credit_year)),
        Fact(_("区划"), region_told(asked.region) or _("全部")),
        Fact(_("单位名称开头"), asked.unit or _("全部")),
        Fact(_("结果"), standing),
        Fact(_("人数"), str(count)),
    )


def _why(export: Export) -> str:
    category = dict(REASONS).get(export.reason_category, export.reason_category)
    return _("{category}：{note}").format(category=category, note=export.reason)


def _wording(export: Export, title: str, who: str, now_ms: int) -> Wording:
    at = times.exact(now_ms, ZONE)

    def about(count: int) -> tuple[tuple[str, str], ...]:
        return (
            (_("考试"), title),
            *((fact.term, fact.value) for fact in facts_of(export.asked, count)),
            (_("导出人"), who),
            (_("导出时间"), at),
            (_("导出编号"), str(export.id)),
            (_("原因"), _why(export)),
            (_("工单号"), export.ticket),
            (_("提示"), _("本表含个人信息，只能用于上面写明的用途，用完即删，不得转发。")),
        )

    return Wording(
        title=_("成绩"),
        columns=COLUMNS,
        foot=_("{who} {at} 导出，编号 {no}").format(who=who, at=at, no=export.id),
        about=about,
        cells=_cells,
    )


def _cells(line: ResultLine, person: OpenedName, number: str) -> tuple[Value, ...]:
    return (
        person.name,
        _TYPES.get(person.doc_type, person.doc_type.value) if person.document else "",
        number,
        line.unit_name,
        line.region,
        line.credit_year,
        STANDINGS[line.standing][0],
        None if line.score_hundredths is None else line.score_hundredths / 100,
        None if line.full_hundredths is None else line.full_hundredths / 100,
        line.attempts,
        "" if line.reason is None else OUTCOMES[OutcomeReason(line.reason)],
        "" if line.ended_ms is None else times.exact(line.ended_ms, ZONE),
        "" if line.attempt_id is None else str(line.attempt_id),
    )


_TYPES: dict[DocumentType, str] = {kind: name for name, kind in reversed(TYPE_NAMES.items())}
