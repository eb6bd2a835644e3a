"""People from a list: upload, verdicts row by row, commit, report; the first passwords can be fetched once."""

import asyncio
import csv
import io

from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.passwords import BusyError
from examengine.accounts.people_import import VERDICT_WORDS, PeopleReport, import_people, preview_people
from examengine.accounts.people_workbook import PeopleRules, rules_of
from examengine.banks.writers.written import WORKBOOK_TYPE
from examengine.enrolment.many import enrol_people
from examengine.records import audit, exams
from examengine.records.errors import Missing
from examengine.records.exams import Exam
from examengine.records.words import Role
from examengine.refusals import Refusal
from examengine.web.author.banks import attachment
from examengine.web.author.shown import page_asked, paging_of
from examengine.web.contexts import operator
from examengine.web.contexts.author import FindingRow
from examengine.web.contexts.frame import FieldError
from examengine.web.http import NotAllowed, now_of, page, path_id, see_other, services_of, signed_in, visitor_of
from examengine.web.multipart import posted
from examengine.web.operator import kept
from examengine.web.operator.exams import MAX_MB
from examengine.web.operator.frames import LISTS, busy, operator_frame
from examengine.web.operator.kept import FINDINGS_SHOWN, KeptRow, Report, Stage
from examengine.web.operator.lists import ROWS_A_PAGE, VERDICTS, tabs_of
from examengine.web.wording import gettext as _

CSV = "text/csv; charset=utf-8"
FILTERS = ("new", "changed", "error")
_WORDS = {word: VERDICTS[verdict] for verdict, word in VERDICT_WORDS.items()}


@signed_in(Role.OPERATOR)
async def people_page(request: Request) -> Response:
    """The form."""
    return await _page(request)


async def _page(request: Request, errors: tuple[FieldError, ...] = (), exam: str = "") -> Response:
    async with services_of(request).database.reading() as tx:
        published = [line.exam for line in await exams.list_exams(tx) if line.exam.withdrawn_ms is None]
    shown = operator.PeopleImport(
        frame=await operator_frame(request, LISTS),
        max_mb=MAX_MB,
        exams=tuple((str(one.id), _exam_text(one)) for one in published),
        exam=exam,
        errors=errors,
        tabs=tabs_of("people"),
    )
    return page("operator/people.html", shown, 422 if errors else 200)


@signed_in(Role.OPERATOR)
async def upload(request: Request) -> Response:
    """Keep the file, with the exam that its people shall be enrolled in, and show what it comes to."""
    form = await posted(request)
    chosen = form.field("exam", 18)
    errors = kept.wrong_file(form)
    exam = await _exam(request, chosen) if not errors else None
    if not errors and chosen and exam is None:
        errors = (FieldError("exam", _("请从列表里选考试")),)
    if errors:
        return await _page(request, errors, chosen)
    exam_id = exam.id if exam else 0
    upload_id = await kept.keep(request, purpose_of(exam_id), form)
    return see_other(f"/operator/people/{exam_id}/uploads/{upload_id}")


@signed_in(Role.OPERATOR)
async def template(_request: Request) -> Response:
    """The empty template with its guidance."""
    from examengine.accounts.people_template import write_people_template  # openpyxl takes a process ten MiB

    return attachment(await asyncio.to_thread(write_people_template), "人员导入模板.xlsx", WORKBOOK_TYPE)


def purpose_of(exam_id: int) -> str:
    """What a list was kept for; 0 where nobody is to be enrolled."""
    return f"people:{exam_id}"


async def _exam(request: Request, text: str) -> Exam | None:
    """The exam of that id, None where none can be enrolled in."""
    if not (text.isascii() and text.isdecimal()) or int(text) == 0:
        return None
    async with services_of(request).database.reading() as tx:
        try:
            exam = await exams.get_exam(tx, int(text))
        except Missing:
            return None
    return exam if exam.withdrawn_ms is None else None


def _exam_text(exam: Exam) -> str:
    return _("{year} 年度 {subject}").format(year=exam.credit_year, subject=exam.title)


async def _rules(request: Request, exam: Exam | None) -> PeopleRules:
    if exam is None:
        return PeopleRules()
    services = services_of(request)
    async with services.database.reading() as tx:
        return rules_of(await services.shelf.rulebook(tx, exam.rulebook_digest))


@signed_in(Role.OPERATOR)
async def preview(request: Request) -> Response:
    """The rows with their verdicts; after the commit, the report."""
    services, exam_id = services_of(request), path_id(request, "exam")
    exam = await _exam(request, str(exam_id))
    found = await kept.find(request, purpose_of(exam_id), path_id(request, "upload"))
    is_done = found.stage is Stage.DONE
    if is_done:
        report = found.report()
    else:
        rules = await _rules(request, exam)
        looked_at = await preview_people(
            services.database, services.vault, found.content, found.file_name, rules, now_of(request)
        )
        report = report_of(looked_at)
    verdict = request.query_params.get("verdict", "")
    verdict = verdict if verdict in FILTERS else ""
    listed = [row for row in report.rows if verdict in {"", row.verdict}]
    paging = paging_of(page_asked(request), ROWS_A_PAGE, len(listed), f"?verdict={verdict}&page=")
    start = (paging.page - 1) * ROWS_A_PAGE
    shown = operator.PeoplePreview(
        frame=await operator_frame(request, LISTS, busy() if found.stage is Stage.BUSY else None),
        upload_id=f"{exam_id}/uploads/{found.upload_id}",
        file_name=found.file_name,
        exam_text=_exam_text(exam) if exam else "",
        new=report.count("new"),
        same=report.count("same"),
        changed=report.count("changed"),
        errors=report.count("error") + (0 if report.rows else len(report.findings)),
        rows=tuple(
            operator.PersonRow(row.where, row.name, row.document_masked, row.unit, row.verdict, row.message)
            for row in listed[start : start + ROWS_A_PAGE]
        ),
        findings=report.findings,
        paging=paging,
        verdict=verdict,
        done=is_done,
        passwords=is_done and await kept.has_secret(request, found.upload_id),
    )
    return page("operator/people_preview.html", shown)


@signed_in(Role.OPERATOR)
async def commit(request: Request) -> Response:
    """Import the list, all of it or nothing, and enrol its people. A second click leads to the same report."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    exam_id, upload_id = path_id(request, "exam"), path_id(request, "upload")
    purpose, here = purpose_of(exam_id), f"/operator/people/{exam_id}/uploads/{upload_id}"
    found = await kept.find(request, purpose, upload_id)
    exam = await _exam(request, str(exam_id))
    if exam_id and exam is None:
        raise NotAllowed(409)
    if found.stage is Stage.DONE or not await kept.claim(request, purpose, upload_id):
        return see_other(here)
    try:
        result = await import_people(
            services.database,
            services.vault,
            services.passwords,
            found.content,
            found.file_name,
            await _rules(request, exam),
            visitor.person.id,
            now_ms,
        )
    except BusyError:
        await kept.give_back(request, purpose, upload_id)
        raise NotAllowed(503) from None
    except BaseException:
        await kept.give_back(request, purpose, upload_id)
        raise
    if not result.listing.committed:
        await kept.give_back(request, purpose, upload_id)
        return see_other(here)
    secret = result.result if any(_passwords(result.result)) else b""
    await kept.finish(request, upload_id, report_of(result), secret)
    if exam is not None:
        await _enrol(request, exam, result)
    return see_other(here)


async def _enrol(request: Request, exam: Exam, result: PeopleReport) -> None:
    services, visitor = services_of(request), await visitor_of(request)
    enrolled = await enrol_people(
        services.database,
        services.shelf,
        exam.id,
        exam.credit_year,
        result.person_ids,
        visitor.person.id,
        now_of(request),
        at_most=len(result.person_ids),
    )
    if isinstance(enrolled, Refusal):
        raise NotAllowed(409)


@signed_in(Role.OPERATOR)
async def fetch_passwords(request: Request) -> Response:
    """The result with the first passwords; it can be fetched once."""
    services, visitor = services_of(request), await visitor_of(request)
    upload_id = path_id(request, "upload")
    result = await kept.fetch_secret(request, upload_id)
    async with services.database.writing() as tx:
        await audit.append(tx, now_of(request), visitor.person.id, "fetch_passwords", "people", None)
    name = result.file_name.rpartition(".")[0] or result.file_name
    return attachment(result.content, f"{name}-结果.csv", CSV)


def report_of(found: PeopleReport) -> Report:
    """A report as its page shows it, without the passwords."""
    rows = tuple(
        KeptRow(where, _WORDS[word], message, name, document, unit)
        for where, name, document, unit, word, _password, message in _lines(found.result)
    )
    findings = found.listing.findings[:FINDINGS_SHOWN]
    return Report(
        found.listing.file_name,
        rows,
        tuple(FindingRow(f.severity, f.where, f.message) for f in findings),
        found.listing.is_importable,
    )


def _passwords(result: bytes) -> list[str]:
    return [line[5] for line in _lines(result)]


def _lines(result: bytes) -> list[list[str]]:
    """The rows of a result file below its header."""
    return list(csv.reader(io.StringIO(result.decode("utf-8-sig"), newline="")))[1:]
