"""An upload that somebody works on: whose it is, what was said about it, what it would do to the bank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.cells.grid import FILE_BYTES_LIMIT
from examengine.banks.readers.columns import IGNORED, MEANINGS, SheetChoice, SheetColumns
from examengine.publishing.previews import PATIENCE_S, Assessed, Readings, UploadedFile, Work
from examengine.records import banks, uploads
from examengine.records.banks import Bank
from examengine.records.errors import Missing
from examengine.records.uploads import UploadHead
from examengine.web.author.banks import bank_of
from examengine.web.http import ZONE, NotAllowed, now_of, path_id, see_other, services_of, visitor_of
from examengine.web.wording import gettext as _

MAX_MB = FILE_BYTES_LIMIT // (1024 * 1024)
ENCODINGS = {"utf-8": "UTF-8", "gb18030": "GB18030（GBK）", "big5": "Big5", "utf-16": "UTF-16"}
FORMATS = {
    "sheet": _("表格（Excel、CSV）"),
    "docx": _("Word 文档"),
    "text": _("排好版的文字"),
    "moodle_xml": "Moodle XML",
    "gift": "GIFT",
    "aiken": "Aiken",
    "qti": "QTI",
    "json": "JSON",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One's own upload for a bank, with what was said about it."""

    bank: Bank
    head: UploadHead
    work: Work

    @property
    def address(self) -> str:
        return f"/author/banks/{self.bank.id}/uploads/{self.head.id}"


def purpose_of(bank_id: int) -> str:
    """What an upload was kept for; one for another bank is not found."""
    return f"bank:{bank_id}"


def today_of(request: Request) -> date:
    """The author's day."""
    return datetime.fromtimestamp(now_of(request) / 1000, UTC).astimezone(ZoneInfo(ZONE)).date()


async def kept_of(request: Request) -> Kept | Response:
    """The upload of the address, or the way to the report where it was committed.

    Raises:
        NotAllowed: there is none, or it is another author's.
    """
    services, visitor = services_of(request), await visitor_of(request)
    upload_id = path_id(request, "upload")
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        batch = await banks.find_import_of_upload(tx, upload_id)
        if batch is not None and batch.bank_id == bank.id and batch.by_person == visitor.person.id:
            return see_other(f"/author/banks/{bank.id}/imports/{batch.id}")
        try:
            head = await uploads.get_head(tx, upload_id, visitor.person.id, purpose_of(bank.id))
        except Missing:
            raise NotAllowed(404) from None
        work = Work.load(await uploads.find_work(tx, services.vault, upload_id))
    return Kept(bank, head, work)


def readings_of(request: Request) -> Readings:
    """The one reader of this process."""
    state = request.app.state
    if not hasattr(state, "readings"):
        state.readings = Readings()
    readings: Readings = state.readings
    return readings


async def content_of(request: Request, head: UploadHead) -> bytes:
    """The file's bytes."""
    services = services_of(request)
    async with services.database.reading() as tx:
        try:
            kept = await uploads.get_upload(tx, services.vault, head.id, head.by_person, head.purpose)
        except Missing:
            raise NotAllowed(404) from None
    return kept.content


async def assessed_of(
    request: Request, kept: Kept, work: Work | None = None, *, patience_s: float | None = PATIENCE_S
) -> Assessed | None:
    """What the upload would do to its bank; None where that takes longer than ``patience_s``."""

    async def load() -> bytes:
        return await content_of(request, kept.head)

    return await readings_of(request).assessed(
        services_of(request).database,
        kept.bank.id,
        UploadedFile(kept.head.sha256, kept.head.file_name, load),
        kept.work if work is None else work,
        today_of(request),
        patience_s=patience_s,
    )


def work_from_form(work: Work, fields: Mapping[str, str], columns: Sequence[SheetColumns]) -> Work:
    """What was said about the upload, with the settings of the form; what the form lacks stays as it is."""
    encoding, form = fields.get("encoding", work.encoding), fields.get("format", work.format)
    if fields.get("reset"):
        return msgspec.structs.replace(work, columns={})
    choices = dict(work.columns)
    for number, sheet in enumerate(columns):
        header = fields.get(f"sheet{number}", "")
        if not (header.isascii() and header.isdecimal() and len(header) < 8):
            continue
        said = {
            column.letter: meaning
            for column in sheet.columns
            if (meaning := fields.get(f"column{number}-{column.letter}", "")) in {IGNORED, *MEANINGS}
        }
        if int(header) != sheet.header or said != {c.letter: c.meaning or IGNORED for c in sheet.columns}:
            choices[sheet.sheet] = SheetChoice(int(header), said)
    return msgspec.structs.replace(
        work,
        encoding=encoding if encoding in ENCODINGS else "",
        format=form if form in FORMATS else "",
        columns=choices,
    )
