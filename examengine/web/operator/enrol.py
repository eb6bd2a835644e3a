"""Enrolling people who were imported: all candidates of some categories, or those of a list."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.names import Place, mask_document
from examengine.enrolment.lists import Judged, Word, judge, pasted_entries, read_entries
from examengine.enrolment.many import Enrolled, enrol_categories, enrol_people
from examengine.findings import Finding
from examengine.records import uploads
from examengine.records.errors import Missing
from examengine.records.exams import Exam
from examengine.records.uploads import Upload
from examengine.records.words import CATEGORIES, Role
from examengine.refusals import Refusal
from examengine.web.author.shown import page_asked, paging_of
from examengine.web.contexts import operator
from examengine.web.contexts.author import FindingRow
from examengine.web.contexts.frame import FieldError
from examengine.web.http import (
    NotAllowed,
    field_of,
    form_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.multipart import posted
from examengine.web.operator.exams import MAX_MB, exam_page, get_exam, year_asked
from examengine.web.operator.frames import EXAMS, operator_frame
from examengine.web.wording import gettext as _

ROWS_A_PAGE = 50
FINDINGS_SHOWN = 50
KEPT_MS = 24 * 60 * 60 * 1000
PASTED = "/粘贴的名单"
"""The name of a list that was no file; a file's name has no path."""
MAX_PASTED = 200_000

# word: (verdict of the row, what to say)
WORDS = {
    Word.NEW: ("new", ""),
    Word.ENROLLED: ("same", ""),
    Word.TWICE: ("error", _("名单里重复，只报名一次")),
    Word.UNKNOWN: ("error", _("系统中没有这个证件号，请先导入人员")),
    Word.SEVERAL: ("error", _("这个证件号对应不止一人，请在名单里加上姓名")),
    Word.OTHER_NAME: ("error", _("姓名与系统中登记的不同，请核对")),
    Word.NO_CANDIDATE: ("error", _("此人没有考生身份")),
}


@signed_in(Role.OPERATOR)
async def enrol_all(request: Request) -> Response:
    """Enrol the candidates of the categories ticked, some thousands at a time; again goes on with the rest."""
    services, visitor = services_of(request), await visitor_of(request)
    exam_id = path_id(request)
    exam, credit_year = await _exam_and_year(request, exam_id, field_of(request, "year", 8))
    categories = [category for category in form_of(request).get("category", []) if category in CATEGORIES]
    if not categories:
        return await exam_page(request, exam_id, (FieldError("category", _("请至少选一类人员")),), str(credit_year))
    result = await enrol_categories(
        services.database, services.shelf, exam.id, credit_year, categories, visitor.person.id, now_of(request)
    )
    return _to_exam(exam_id, credit_year, result)


def _to_exam(exam_id: int, credit_year: int, result: Enrolled | Refusal) -> Response:
    if isinstance(result, Refusal):
        raise NotAllowed(409)
    return see_other(f"/operator/exams/{exam_id}?year={credit_year}&enrolled={result.new}&left={result.left}")


async def _exam_and_year(request: Request, exam_id: int, year: str) -> tuple[Exam, int]:
    services = services_of(request)
    async with services.database.reading() as tx:
        exam = await get_exam(tx, exam_id)
        rulebook = await services.shelf.rulebook(tx, exam.rulebook_digest)
    return exam, year_asked(rulebook, exam, year)


def purpose_of(exam_id: int, credit_year: int) -> str:
    """What a list was kept for."""
    return f"enrol:{exam_id}:{credit_year}"


@signed_in(Role.OPERATOR)
async def upload_list(request: Request) -> Response:
    """Keep a list of document numbers, a file or pasted lines, and show what it comes to."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    exam_id = path_id(request)
    form = await posted(request)
    exam, credit_year = await _exam_and_year(request, exam_id, form.field("year", 8))
    numbers = form.fields.get("numbers", "")[:MAX_PASTED]
    name, content = form.file_name, form.content
    if not name and numbers.strip():
        name, content = PASTED, numbers.encode()
    wrong = ""
    if not name:
        wrong = _("请选择一个文件，或在下面粘贴证件号")
    elif len(content) > MAX_MB * 1024 * 1024:
        wrong = _("文件超过 {n} MB，请拆成几个文件").format(n=MAX_MB)
    if wrong:
        return await exam_page(request, exam.id, (FieldError("file", wrong),), str(credit_year), numbers)
    async with services.database.writing() as tx:
        await uploads.drop_older_than(tx, now_ms - KEPT_MS)
        purpose = purpose_of(exam.id, credit_year)
        upload_id = await uploads.keep(tx, services.vault, visitor.person.id, purpose, name, content, now_ms)
    return see_other(f"/operator/exams/{exam.id}/lists/{credit_year}/{upload_id}")


@signed_in(Role.OPERATOR)
async def show_list(request: Request) -> Response:
    """The rows with their verdicts, before and after they are enrolled."""
    services = services_of(request)
    exam, credit_year, kept = await _kept(request)
    judged, findings = await _judged(request, exam.id, credit_year, kept)
    verdicts = [WORDS[row.word][0] for row in judged]
    paging = paging_of(page_asked(request), ROWS_A_PAGE, len(judged), "?page=")
    start = (paging.page - 1) * ROWS_A_PAGE
    async with services.database.reading() as tx:
        rulebook = await services.shelf.rulebook(tx, exam.rulebook_digest)
    shown = operator.EnrolPreview(
        frame=await operator_frame(request, EXAMS),
        exam_id=exam.id,
        exam_text=_("{year} 年度 {subject}").format(year=credit_year, subject=exam.title or rulebook.meta.subject),
        upload_id=kept.id,
        year=str(credit_year),
        file_name=kept.file_name.removeprefix("/"),
        new=verdicts.count("new"),
        same=verdicts.count("same"),
        errors=verdicts.count("error"),
        rows=tuple(_row(row) for row in judged[start : start + ROWS_A_PAGE]),
        findings=tuple(FindingRow(f.severity, f.where, f.message) for f in findings[:FINDINGS_SHOWN]),
        paging=paging,
        takes=exam.withdrawn_ms is None,
    )
    return page("operator/enrol_list.html", shown)


@signed_in(Role.OPERATOR)
async def enrol_list(request: Request) -> Response:
    """Enrol those of the list who can be; repeated, it changes nothing."""
    services, visitor = services_of(request), await visitor_of(request)
    exam, credit_year, kept = await _kept(request)
    judged, _findings = await _judged(request, exam.id, credit_year, kept)
    wanted = [row.person.id for row in judged if row.word is Word.NEW and row.person is not None]
    result = await enrol_people(
        services.database,
        services.shelf,
        exam.id,
        credit_year,
        wanted,
        visitor.person.id,
        now_of(request),
        at_most=len(wanted),
    )
    if isinstance(result, Refusal):
        raise NotAllowed(409)
    return see_other(f"/operator/exams/{exam.id}/lists/{credit_year}/{kept.id}")


async def _kept(request: Request) -> tuple[Exam, int, Upload]:
    """The exam, the year and one's own list of the address."""
    services, visitor = services_of(request), await visitor_of(request)
    exam_id = path_id(request)
    exam, credit_year = await _exam_and_year(request, exam_id, str(path_id(request, "year")))
    async with services.database.reading() as tx:
        try:
            kept = await uploads.get_upload(
                tx, services.vault, path_id(request, "upload"), visitor.person.id, purpose_of(exam_id, credit_year)
            )
        except Missing:
            raise NotAllowed(404) from None
    return exam, credit_year, kept


async def _judged(
    request: Request, exam_id: int, credit_year: int, kept: Upload
) -> tuple[tuple[Judged, ...], tuple[Finding, ...]]:
    services = services_of(request)
    if kept.file_name == PASTED:
        entries, findings = pasted_entries(kept.content.decode())
    else:
        entries, findings = await read_entries(kept.content)
    async with services.database.reading() as tx:
        return await judge(tx, services.vault, exam_id, credit_year, entries), findings


def _row(row: Judged) -> operator.EnrolRow:
    verdict, message = WORDS[row.word]
    name = row.person.name if row.person else row.entry.name
    return operator.EnrolRow(
        row.entry.where, name, mask_document(row.entry.document, Place.STAFF_LIST), verdict, message
    )
