"""Learning progress and activation cards from lists: upload, verdicts row by row, commit, report."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.cells.listing import ListReport, Verdict
from examengine.enrolment.cards_import import import_cards, preview_cards
from examengine.enrolment.learning_import import import_learning, preview_learning
from examengine.records.words import Role
from examengine.web.author.shown import page_asked, paging_of
from examengine.web.contexts import operator
from examengine.web.contexts.author import FindingRow
from examengine.web.contexts.frame import FieldError, NavLink
from examengine.web.http import NotAllowed, now_of, page, path_id, see_other, services_of, signed_in, visitor_of
from examengine.web.multipart import posted
from examengine.web.operator import kept
from examengine.web.operator.exams import MAX_MB
from examengine.web.operator.frames import LISTS, busy, operator_frame
from examengine.web.operator.kept import FINDINGS_SHOWN, KeptRow, Report, Stage
from examengine.web.wording import gettext as _

ROWS_A_PAGE = 50
VERDICTS = {
    Verdict.NEW: "new",
    Verdict.SAME: "same",
    Verdict.CHANGES: "changed",
    Verdict.CONFLICT: "error",
    Verdict.ERROR: "error",
}

Read = Callable[[Request, bytes, str], Awaitable[ListReport]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of list: how its pages call it, how it is looked at and written."""

    title: str
    english: str
    hint: str
    preview: Read
    commit: Read


async def _preview_learning(request: Request, content: bytes, name: str) -> ListReport:
    services = services_of(request)
    return await preview_learning(services.database, services.vault, content, name, now_of(request))


async def _import_learning(request: Request, content: bytes, name: str) -> ListReport:
    services, visitor = services_of(request), await visitor_of(request)
    return await import_learning(services.database, services.vault, content, name, visitor.person.id, now_of(request))


async def _preview_cards(request: Request, content: bytes, name: str) -> ListReport:
    services = services_of(request)
    return await preview_cards(services.database, services.vault, content, name)


async def _import_cards(request: Request, content: bytes, name: str) -> ListReport:
    services, visitor = services_of(request), await visitor_of(request)
    return await import_cards(services.database, services.vault, content, name, visitor.person.id, now_of(request))


KINDS = {
    "learning": Kind(
        _("导入学习进度"),
        "Learning",
        _("必填：身份证号、年度、学习进度（如 85%）；一人一年有几个考试的，再加“考试”一列，写考试名称或编号"),
        _preview_learning,
        _import_learning,
    ),
    "cards": Kind(
        _("导入激活卡"),
        "Cards",
        _("必填：卡号、激活码、出库日期（没有出库的留空）"),
        _preview_cards,
        _import_cards,
    ),
}
TABS = (("people", _("人员")), ("learning", _("学习进度")), ("cards", _("激活卡")))


def tabs_of(here: str) -> tuple[NavLink, ...]:
    """The kinds of list as links."""
    return tuple(NavLink(f"/operator/{kind}", text, kind == here) for kind, text in TABS)


def report_of(found: ListReport) -> Report:
    """A report as its page shows it; what was found in a row stands beside it."""
    messages: dict[str, list[str]] = {}
    for finding in found.findings:
        messages.setdefault(_row_of(finding.where), []).append(finding.message)
    return Report(
        found.file_name,
        tuple(
            KeptRow(row.where, VERDICTS[row.verdict], "；".join(messages.get(_row_of(row.where), ())))
            for row in found.rows
        ),
        tuple(FindingRow(f.severity, f.where, f.message) for f in found.findings[:FINDINGS_SHOWN]),
        found.is_importable,
    )


def _row_of(where: str) -> str:
    """A place without its column."""
    return where.rpartition(" 行")[0] or where


def _kind_of(request: Request) -> tuple[str, Kind]:
    name = str(request.path_params["kind"])
    if name not in KINDS:
        raise NotAllowed(404)
    return name, KINDS[name]


@signed_in(Role.OPERATOR)
async def list_page(request: Request) -> Response:
    """The form."""
    return await _page(request)


async def _page(request: Request, errors: tuple[FieldError, ...] = ()) -> Response:
    name, kind = _kind_of(request)
    shown = operator.ListImport(
        frame=await operator_frame(request, LISTS),
        kind=name,
        title=kind.title,
        english=kind.english,
        hint=kind.hint,
        max_mb=MAX_MB,
        tabs=tabs_of(name),
        errors=errors,
    )
    return page("operator/list.html", shown, 422 if errors else 200)


@signed_in(Role.OPERATOR)
async def upload(request: Request) -> Response:
    """Keep the file and show what it comes to."""
    name, _kind = _kind_of(request)
    form = await posted(request)
    errors = kept.wrong_file(form)
    if errors:
        return await _page(request, errors)
    return see_other(f"/operator/{name}/uploads/{await kept.keep(request, name, form)}")


@signed_in(Role.OPERATOR)
async def preview(request: Request) -> Response:
    """The rows with their verdicts; after the commit, the report."""
    name, kind = _kind_of(request)
    found = await kept.find(request, name, path_id(request, "upload"))
    if found.stage is Stage.DONE:
        report = found.report()
    else:
        report = report_of(await kind.preview(request, found.content, found.file_name))
    paging = paging_of(page_asked(request), ROWS_A_PAGE, len(report.rows), "?page=")
    start = (paging.page - 1) * ROWS_A_PAGE
    rows = report.rows[start : start + ROWS_A_PAGE]
    shown = operator.ListPreview(
        frame=await operator_frame(request, LISTS, busy() if found.stage is Stage.BUSY else None),
        kind=name,
        title=kind.title,
        upload_id=found.upload_id,
        file_name=found.file_name,
        new=report.count("new"),
        same=report.count("same"),
        changed=report.count("changed"),
        errors=report.count("error"),
        rows=tuple(operator.ListRow(row.where, row.verdict, row.message) for row in rows),
        findings=report.findings,
        paging=paging,
        done=found.stage is Stage.DONE,
    )
    return page("operator/list_preview.html", shown)


@signed_in(Role.OPERATOR)
async def commit(request: Request) -> Response:
    """Write the list, all of it or nothing. A second click leads to the same report."""
    name, kind = _kind_of(request)
    upload_id = path_id(request, "upload")
    here = f"/operator/{name}/uploads/{upload_id}"
    found = await kept.find(request, name, upload_id)
    if found.stage is Stage.DONE or not await kept.claim(request, name, upload_id):
        return see_other(here)
    try:
        result = await kind.commit(request, found.content, found.file_name)
    except BaseException:
        await kept.give_back(request, name, upload_id)
        raise
    if result.committed:
        await kept.finish(request, upload_id, report_of(result))
    else:
        await kept.give_back(request, name, upload_id)
    return see_other(here)
