"""A3: the import of a file, in steps that can each be reloaded: upload, preview, commit or give up, report."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.cells.grid import FILE_BYTES_LIMIT
from examengine.publishing.imports import commit_reading
from examengine.publishing.previews import Preview, Readings
from examengine.records import audit, bank_pages, banks, uploads
from examengine.records.banks import Bank, ImportBatch
from examengine.records.errors import Missing
from examengine.records.uploads import UploadHead
from examengine.records.words import Role
from examengine.web.author.banks import HERE, bank_of
from examengine.web.author.shown import item_view, kind_counts, page_asked, page_or_block, paging_of
from examengine.web.contexts import author
from examengine.web.contexts.author import FindingRow
from examengine.web.contexts.frame import FieldError
from examengine.web.http import (
    NotAllowed,
    frame_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.multipart import posted
from examengine.web.services import shuffled_letters
from examengine.web.wording import gettext as _

MAX_MB = FILE_BYTES_LIMIT // (1024 * 1024)
FINDINGS_A_PAGE = 50
KEPT_MS = 24 * 60 * 60 * 1000
"""A file that was neither committed nor given up goes after a day."""
ENCODINGS = {"utf-8": "UTF-8", "gb18030": "GB18030（GBK）", "big5": "Big5", "utf-16": "UTF-16"}
BINARY = "binary"
"""How a reader's encoding begins for a file that is no text."""
FORMATS = {"binary (zip)": _("Excel 工作簿"), "binary (OLE2)": _("Excel 97—2003 工作簿")}
SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Named:
    """An upload as an address names it: with the encoding that its author chose, so that a preview can be reloaded
    and its commit reads the same way.
    """

    id: int
    encoding: str

    @classmethod
    def parse(cls, text: str) -> "Named":
        """From the address.

        Raises:
            NotAllowed: it names none.
        """
        number, _dash, encoding = text.partition("-")
        if not (number.isascii() and number.isdecimal() and len(number) < 18) or encoding not in {"", *ENCODINGS}:
            raise NotAllowed(404)
        return cls(int(number), encoding)

    def __str__(self) -> str:
        return f"{self.id}-{self.encoding}" if self.encoding else str(self.id)


def purpose_of(bank_id: int) -> str:
    """What an upload was kept for; one for another bank is not found."""
    return f"bank:{bank_id}"


def readings_of(request: Request) -> Readings:
    """The one reader of this process."""
    state = request.app.state
    if not hasattr(state, "readings"):
        state.readings = Readings()
    readings: Readings = state.readings
    return readings


@signed_in(Role.AUTHOR)
async def upload_page(request: Request) -> Response:
    """① ② template and file."""
    return await _upload_page(request)


async def _upload_page(request: Request, errors: tuple[FieldError, ...] = (), encoding: str = "") -> Response:
    async with services_of(request).database.reading() as tx:
        bank = await bank_of(request, tx)
    shown = author.BankUpload(
        frame=await frame_of(request, HERE),
        bank_id=bank.id,
        name=bank.name,
        max_mb=MAX_MB,
        encodings=tuple(ENCODINGS.items()),
        encoding=encoding,
        errors=errors,
    )
    return page("author/upload.html", shown, 422 if errors else 200)


@signed_in(Role.AUTHOR)
async def upload(request: Request) -> Response:
    """Keep the file, encrypted, and show what it holds."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
    form = await posted(request)
    encoding = form.field("encoding", 40)
    wrong = ""
    if not form.file_name:
        wrong = _("请选择一个文件")
    elif not form.content:
        wrong = _("文件是空的，请确认选对了文件")
    elif len(form.content) > FILE_BYTES_LIMIT:
        wrong = _("文件超过 {n} MB，请拆成几个文件，或删去其中的图片").format(n=MAX_MB)
    if wrong:
        return await _upload_page(request, (FieldError("file", wrong),), encoding)
    if encoding not in {"", *ENCODINGS}:
        return await _upload_page(request, (FieldError("encoding", _("请从列表里选编码")),))
    async with services.database.writing() as tx:
        await uploads.drop_older_than(tx, now_ms - KEPT_MS)
        upload_id = await uploads.keep(
            tx, services.vault, visitor.person.id, purpose_of(bank.id), form.file_name, form.content, now_ms
        )
    return see_other(f"/author/banks/{bank.id}/uploads/{Named(upload_id, encoding)}")


@signed_in(Role.AUTHOR)
async def preview(request: Request) -> Response:
    """③ ④ What was understood, five samples, the findings."""
    named = Named.parse(request.path_params["upload"])
    bank, head = await _kept(request, named)
    if isinstance(head, ImportBatch):
        return see_other(f"/author/banks/{bank.id}/imports/{head.id}")
    found = await _preview(request, head, named.encoding)
    severity = request.query_params.get("severity", "")
    severity = severity if severity in SEVERITIES else ""
    listed = [finding for finding in found.findings if severity in {"", finding.severity}]
    paging = paging_of(page_asked(request), FINDINGS_A_PAGE, len(listed), f"?severity={severity}&page=")
    start = (paging.page - 1) * FINDINGS_A_PAGE
    counts = {word: sum(finding.severity == word for finding in found.findings) for word in SEVERITIES}
    shown = author.BankPreview(
        frame=await frame_of(request, HERE),
        bank_id=bank.id,
        name=bank.name,
        upload_id=str(named),
        file_name=head.file_name,
        file_size=head.octets,
        format=_format_told(found),
        encoding="" if found.encoding.startswith(BINARY) else found.encoding.upper(),
        total=found.total,
        importable=found.importable,
        kinds=kind_counts({kind.value: count for kind, count in found.by_type.items()}),
        understood=found.understood,
        samples=tuple(item_view(read.item, read.where) for read in found.samples),
        errors=counts["error"],
        warnings=counts["warning"],
        infos=counts["info"],
        severity=severity,
        findings=tuple(FindingRow(f.severity, f.where, f.message) for f in listed[start : start + FINDINGS_A_PAGE]),
        paging=paging,
        encodings=_other_encodings(bank.id, named, found),
    )
    return page_or_block(request, "author/preview.html", "findings", shown)


async def _kept(request: Request, named: Named) -> tuple[Bank, UploadHead | ImportBatch]:
    """The bank of the address and one's own upload for it, or what became of that.

    Raises:
        NotAllowed: there is none, or it is another author's.
    """
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        batch = await banks.find_import_of_upload(tx, named.id)
        if batch is not None and batch.bank_id == bank.id and batch.by_person == visitor.person.id:
            return bank, batch
        try:
            return bank, await uploads.get_head(tx, named.id, visitor.person.id, purpose_of(bank.id))
        except Missing:
            raise NotAllowed(404) from None


async def _content(request: Request, head: UploadHead) -> bytes:
    services = services_of(request)
    async with services.database.reading() as tx:
        try:
            kept = await uploads.get_upload(tx, services.vault, head.id, head.by_person, head.purpose)
        except Missing:
            raise NotAllowed(404) from None
    return kept.content


async def _preview(request: Request, head: UploadHead, encoding: str) -> Preview:
    async def load() -> bytes:
        return await _content(request, head)

    return await readings_of(request).preview(head.sha256, head.file_name, encoding, load)


def _format_told(found: Preview) -> str:
    if not found.encoding:
        return _("不认识的格式")
    return FORMATS.get(found.encoding, _("分列的文本"))


def _other_encodings(bank_id: int, named: Named, found: Preview) -> tuple[tuple[str, str], ...]:
    """Other ways to read a text file, each an address and a name; a workbook has none."""
    if not found.encoding or found.encoding.startswith(BINARY):
        return ()
    return tuple(
        (f"/author/banks/{bank_id}/uploads/{Named(named.id, encoding)}", name)
        for encoding, name in ENCODINGS.items()
        if encoding not in {named.encoding, found.encoding}
    )


@signed_in(Role.AUTHOR)
async def commit(request: Request) -> Response:
    """⑤ Take exactly what was previewed: the same bytes, read again the same way. A second click changes nothing."""
    services, visitor = services_of(request), await visitor_of(request)
    named = Named.parse(request.path_params["upload"])
    bank, head = await _kept(request, named)
    if isinstance(head, ImportBatch):
        return see_other(f"/author/banks/{bank.id}/imports/{head.id}")
    content = await _content(request, head)
    reading = await readings_of(request).read(content, head.file_name, named.encoding)
    if not reading.items:
        return see_other(f"/author/banks/{bank.id}/uploads/{named}")
    batch = await commit_reading(
        services.database,
        bank.id,
        reading,
        head.file_name,
        content,
        shuffled_letters,
        visitor.person.id,
        now_of(request),
        upload_id=head.id,
    )
    return see_other(f"/author/banks/{bank.id}/imports/{batch.id}")


@signed_in(Role.AUTHOR)
async def give_up(request: Request) -> Response:
    """Delete the file; the bank stays as it is."""
    services, visitor = services_of(request), await visitor_of(request)
    bank, head = await _kept(request, Named.parse(request.path_params["upload"]))
    if isinstance(head, ImportBatch):
        return see_other(f"/author/banks/{bank.id}/imports/{head.id}")
    async with services.database.writing() as tx:
        await uploads.drop(tx, head.id)
        await audit.append(tx, now_of(request), visitor.person.id, "give_up_import", "bank", bank.id)
    return see_other(f"/author/banks/{bank.id}?done=dropped")


@signed_in(Role.AUTHOR)
async def report(request: Request) -> Response:
    """⑥ What the import has changed."""
    async with services_of(request).database.reading() as tx:
        bank = await bank_of(request, tx)
        try:
            batch = await banks.get_import(tx, path_id(request, "batch"))
        except Missing:
            raise NotAllowed(404) from None
        if batch.bank_id != bank.id:
            raise NotAllowed(404)
        kinds = await bank_pages.kinds_of_import(tx, batch.id)
    shown = author.BankCommitted(
        frame=await frame_of(request, HERE),
        bank_id=bank.id,
        name=bank.name,
        file_name=batch.file_name,
        batch_no=batch.id,
        at_ms=batch.at_ms,
        added=batch.added,
        unchanged=batch.same,
        left_out=max(0, batch.total - batch.added - batch.changed - batch.same),
        kinds=kind_counts(kinds),
        release_no=None,
        changed=batch.changed,
    )
    return page("author/committed.html", shown)
