"""A3: the import of a file, in steps that can each be reloaded: upload, what was understood, choices, report."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.assess import Outcome
from examengine.banks.cells.grid import FILE_BYTES_LIMIT
from examengine.banks.findings import Finding
from examengine.publishing.imports import (
    Choices,
    Duplicates,
    Refused,
    Source,
    commit_assessment,
)
from examengine.publishing.previews import Assessed, Work, samples_of
from examengine.records import audit, uploads
from examengine.records.banks import ImportBatch
from examengine.records.errors import Conflict
from examengine.records.words import Role
from examengine.web.author.banks import HERE, bank_of
from examengine.web.author.import_desk import (
    ENCODINGS,
    FORMATS,
    MAX_MB,
    Kept,
    assessed_of,
    kept_of,
    purpose_of,
    work_from_form,
)
from examengine.web.author.import_views import (
    MEANINGS_OFFERED,
    SHOWS,
    chosen,
    counters_of,
    finding_view,
    row_view,
    sheet_views,
    tabs_of,
)
from examengine.web.author.shown import item_view, kind_counts, page_asked, page_or_block, paging_of
from examengine.web.contexts import imports as shown
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.http import (
    field_of,
    form_of,
    frame_of,
    now_of,
    page,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.multipart import posted
from examengine.web.services import shuffled_letters
from examengine.web.wording import gettext as _

ROWS_A_PAGE = 25
KEPT_MS = 24 * 60 * 60 * 1000
"""A file that was neither committed nor given up goes after a day."""
BINARY = "binary"
"""How a reader's encoding begins for a file that is no text."""
TRIES = 3
"""A bank may change between the assessment and the commit; then it is assessed again."""


@signed_in(Role.AUTHOR)
async def upload_page(request: Request) -> Response:
    """① ② template and file."""
    return await _upload_page(request)


async def _upload_page(
    request: Request, errors: tuple[FieldError, ...] = (), encoding: str = "", form: str = ""
) -> Response:
    async with services_of(request).database.reading() as tx:
        bank = await bank_of(request, tx)
    context = shown.BankUpload(
        frame=await frame_of(request, HERE),
        bank_id=bank.id,
        name=bank.name,
        max_mb=MAX_MB,
        encodings=tuple(ENCODINGS.items()),
        formats=tuple(FORMATS.items()),
        errors=errors,
        encoding=encoding,
        format=form,
    )
    return page("author/upload.html", context, 422 if errors else 200)


@signed_in(Role.AUTHOR)
async def upload(request: Request) -> Response:
    """Keep the file, encrypted, and show what it holds."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
    form = await posted(request)
    work = Work(encoding=form.field("encoding", 40), format=form.field("format", 40))
    wrong = ""
    if not form.file_name:
        wrong = _("请选择一个文件")
    elif not form.content:
        wrong = _("文件是空的，请确认选对了文件")
    elif len(form.content) > FILE_BYTES_LIMIT:
        wrong = _("文件超过 {n} MB，请拆成几个文件，或删去其中的图片").format(n=MAX_MB)
    if wrong:
        return await _upload_page(request, (FieldError("file", wrong),), work.encoding, work.format)
    if work.encoding not in {"", *ENCODINGS}:
        return await _upload_page(request, (FieldError("encoding", _("请从列表里选编码")),))
    if work.format not in {"", *FORMATS}:
        return await _upload_page(request, (FieldError("format", _("请从列表里选格式")),))
    async with services.database.writing() as tx:
        await uploads.drop_older_than(tx, now_ms - KEPT_MS)
        person, purpose = visitor.person.id, purpose_of(bank.id)
        upload_id = await uploads.keep(tx, services.vault, person, purpose, form.file_name, form.content, now_ms)
        if work != Work():
            await uploads.change_work(tx, services.vault, upload_id, person, purpose, lambda _before: work.dump())
    return see_other(f"/author/banks/{bank.id}/uploads/{upload_id}")


@signed_in(Role.AUTHOR)
async def preview(request: Request) -> Response:
    """③ ④ What was understood, samples, the questions with their findings; 正在读取 while that takes long."""
    kept = await kept_of(request)
    if isinstance(kept, Response):
        return kept
    found = await assessed_of(request, kept)
    if found is None:
        return await _reading_page(request, kept)
    context = await _preview(request, kept, found)
    return page_or_block(request, "author/preview.html", "findings", context)


async def _reading_page(request: Request, kept: Kept) -> Response:
    context = shown.BankReading(
        frame=await frame_of(request, HERE),
        bank_id=kept.bank.id,
        name=kept.bank.name,
        upload_id=kept.head.id,
        file_name=kept.head.file_name,
        file_size=kept.head.octets,
    )
    return page("author/reading.html", context)


async def _preview(request: Request, kept: Kept, found: Assessed) -> shown.BankPreview:
    assessment, reading = found.assessment, found.assessment.reading
    counters = counters_of(assessment)
    show = request.query_params.get("show", "")
    default = next((name for name, _text, count in tabs_of(counters, 0) if count), "all")
    show = show if show in SHOWS else default
    listed = chosen(assessment, show)
    paging = paging_of(page_asked(request), ROWS_A_PAGE, len(listed), f"?show={show}&page=")
    start = (paging.page - 1) * ROWS_A_PAGE
    is_text = bool(reading.encoding) and not reading.encoding.startswith(BINARY)
    pictures = {media.name: media for media in reading.media}
    return shown.BankPreview(
        frame=await frame_of(request, HERE),
        bank_id=kept.bank.id,
        name=kept.bank.name,
        upload_id=kept.head.id,
        file_name=kept.head.file_name,
        file_size=kept.head.octets,
        format_text=FORMATS.get(reading.format, _("不认识的格式")),
        encoding_text=reading.encoding.upper() if is_text else "",
        counters=counters,
        kinds=kind_counts({kind.value: count for kind, count in reading.by_type.items()}),
        understood=reading.understood,
        samples=tuple(item_view(read.item, read.where, loose=pictures) for read in samples_of(reading.items)),
        remarks=tuple(finding_view(finding, None, ()) for finding in _worst_first(assessment.remarks)),
        show=show,
        tabs=tabs_of(counters, len(assessment.questions)),
        rows=tuple(row_view(question, reading.columns) for question in listed[start : start + ROWS_A_PAGE]),
        paging=paging,
        encodings=tuple(ENCODINGS.items()) if is_text or kept.work.encoding else (),
        encoding=kept.work.encoding,
        formats=tuple(FORMATS.items()),
        format=kept.work.format,
        sheets=sheet_views(reading.columns),
        meanings=MEANINGS_OFFERED,
        is_settings_open=not assessment.questions,
    )


def _worst_first(findings: tuple[Finding, ...]) -> list[Finding]:
    order = {"error": 0, "warning": 1, "info": 2}
    return sorted(findings, key=lambda finding: order[finding.severity])


@signed_in(Role.AUTHOR)
async def settings(request: Request) -> Response:
    """Read the file another way: encoding, format, what the columns hold. Fixes of rows that are still there stay."""
    services = services_of(request)
    kept = await kept_of(request)
    if isinstance(kept, Response):
        return kept
    found = await assessed_of(request, kept, patience_s=None)
    assert found is not None
    fields = {name: values[0][:80] for name, values in form_of(request).items()}
    columns = found.assessment.reading.columns

    def change(before: bytes) -> bytes:
        return work_from_form(Work.load(before), fields, columns).dump()

    async with services.database.writing() as tx:
        await uploads.change_work(tx, services.vault, kept.head.id, kept.head.by_person, kept.head.purpose, change)
    return see_other(f"{kept.address}")


@signed_in(Role.AUTHOR)
async def confirm(request: Request) -> Response:
    """⑤ How much would be written, and the choices that remain."""
    kept = await kept_of(request)
    if isinstance(kept, Response):
        return kept
    found = await assessed_of(request, kept)
    if found is None:
        return await _reading_page(request, kept)
    return await _confirm_page(request, kept, found)


async def _confirm_page(request: Request, kept: Kept, found: Assessed, refused: Refused | None = None) -> Response:
    assessment = found.assessment
    counters = counters_of(assessment)
    if not assessment.reading.importable:
        return see_other(kept.address)
    context = shown.BankConfirm(
        frame=await frame_of(request, HERE),
        bank_id=kept.bank.id,
        name=kept.bank.name,
        upload_id=kept.head.id,
        file_name=kept.head.file_name,
        counters=counters,
        added=assessment.count(Outcome.NEW),
        changed=assessment.count(Outcome.CHANGED),
        same=assessment.count(Outcome.SAME),
        duplicates=assessment.count(Outcome.DUPLICATE),
        alert=_refusal(refused, assessment.count(Outcome.OUT)),
    )
    return page("author/confirm.html", context, 422 if refused else 200)


def _refusal(refused: Refused | None, out: int) -> Alert | None:
    match refused:
        case None:
            return None
        case Refused.ERRORS:
            return Alert(
                "danger",
                _("没有写入：还有 {n} 题不能导入").format(n=out),
                _("您选了“全部正确才导入”。请先改好这些题，或改选“只导入正确的题”。"),
            )
        case Refused.NOTHING:
            return Alert("danger", _("没有写入：按这样选，没有可写的题"), _("请换一种选择，或换一个文件。"))
        case Refused.BANK_CHANGED:
            return Alert(
                "danger", _("没有写入：题库刚才一直在变"), _("别人正在改这个题库。请核对下面的数字，再按一次。")
            )


@signed_in(Role.AUTHOR)
async def commit(request: Request) -> Response:
    """Take exactly what was shown, as chosen. A second click changes nothing."""
    services, visitor = services_of(request), await visitor_of(request)
    kept = await kept_of(request)
    if isinstance(kept, Response):
        return kept
    named = field_of(request, "duplicates", 20)
    duplicates = next((one for one in Duplicates if one == named), Duplicates.UPDATE)
    choices = Choices(duplicates, field_of(request, "scope", 10) == "all")
    source = Source(kept.head.file_name, kept.head.sha256, kept.head.id)
    refused, found = Refused.BANK_CHANGED, None
    for _try in range(TRIES):
        found = await assessed_of(request, kept, patience_s=None)
        assert found is not None
        try:
            done = await commit_assessment(
                services.database,
                kept.bank.id,
                found.assessment,
                found.known,
                found.stamp,
                choices,
                source,
                shuffled_letters,
                visitor.person.id,
                now_of(request),
            )
        except Conflict:
            # a number was given to another item in the same moment: as if the bank had changed
            continue
        if isinstance(done, ImportBatch):
            return see_other(f"/author/banks/{kept.bank.id}/imports/{done.id}")
        refused = done
        if refused is not Refused.BANK_CHANGED:
            break
    assert found is not None
    return await _confirm_page(request, kept, found, refused)


@signed_in(Role.AUTHOR)
async def give_up(request: Request) -> Response:
    """Delete the file; the bank stays as it is."""
    services, visitor = services_of(request), await visitor_of(request)
    kept = await kept_of(request)
    if isinstance(kept, Response):
        return kept
    async with services.database.writing() as tx:
        await uploads.drop(tx, kept.head.id)
        await audit.append(tx, now_of(request), visitor.person.id, "give_up_import", "bank", kept.bank.id)
    return see_other(f"/author/banks/{kept.bank.id}?done=dropped")
