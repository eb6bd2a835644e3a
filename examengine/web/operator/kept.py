"""A list between its upload and its report: kept encrypted, claimed by one commit, then replaced by what it came to.

The address stays the same all the way: before the commit it shows the preview, afterwards the report, so that a
second click and a reload lead to the same page.
"""

from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from starlette.requests import Request

from examengine.records import uploads
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.uploads import Upload
from examengine.web.contexts.author import FindingRow
from examengine.web.contexts.frame import FieldError
from examengine.web.http import NotAllowed, now_of, services_of, visitor_of
from examengine.web.multipart import Posted
from examengine.web.operator.exams import MAX_MB
from examengine.web.wording import gettext as _

KEPT_MS = 24 * 60 * 60 * 1000
FINDINGS_SHOWN = 50


class Stage(StrEnum):
    """Where a list stands."""

    WAITING = "waiting"
    BUSY = "busy"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class KeptRow:
    """A row as its page shows it. ``verdict``: new, same, changed or error."""

    where: str
    verdict: str
    message: str = ""
    name: str = ""
    document_masked: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a list comes to, or came to; kept instead of it after the commit."""

    file_name: str
    rows: tuple[KeptRow, ...]
    findings: tuple[FindingRow, ...]
    importable: bool

    def count(self, verdict: str) -> int:
        return sum(row.verdict == verdict for row in self.rows)


@dataclass(frozen=True, slots=True)
class Kept:
    """A list of the visitor's own. ``content`` is the file while it waits, the report when it is done."""

    upload_id: int
    stage: Stage
    file_name: str
    content: bytes = field(repr=False)

    def report(self) -> Report:
        """The report of a list that is done."""
        return msgspec.json.decode(self.content, type=Report)


def wrong_file(form: Posted) -> tuple[FieldError, ...]:
    """Why the file of a form cannot be looked at."""
    wrong = ""
    if not form.file_name:
        wrong = _("请选择一个文件")
    elif not form.content:
        wrong = _("文件是空的，请确认选对了文件")
    elif len(form.content) > MAX_MB * 1024 * 1024:
        wrong = _("文件超过 {n} MB，请拆成几个文件").format(n=MAX_MB)
    return (FieldError("file", wrong),) if wrong else ()


async def keep(request: Request, purpose: str, form: Posted) -> int:
    """Keep the file of a form; its id."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    async with services.database.writing() as tx:
        await uploads.drop_older_than(tx, now_ms - KEPT_MS)
        return await uploads.keep(
            tx, services.vault, visitor.person.id, purpose, form.file_name, form.content, now_ms
        )


async def find(request: Request, purpose: str, upload_id: int) -> Kept:
    """One's own list, wherever it stands.

    Raises:
        NotAllowed: there is none.
    """
    services, visitor = services_of(request), await visitor_of(request)
    by = visitor.person.id
    async with services.database.reading() as tx:
        done = await uploads.find_by_purpose(tx, services.vault, by, _done(upload_id))
        if done is not None:
            return Kept(upload_id, Stage.DONE, done.file_name, done.content)
        for stage, kept_for in ((Stage.WAITING, purpose), (Stage.BUSY, _busy(purpose))):
            try:
                kept = await uploads.get_upload(tx, services.vault, upload_id, by, kept_for)
            except Missing:
                continue
            return Kept(upload_id, stage, kept.file_name, kept.content)
    raise NotAllowed(404)


async def claim(request: Request, purpose: str, upload_id: int) -> bool:
    """Take the list for one's commit; False where another click has done so."""
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.writing() as tx:
        return await uploads.claim(tx, upload_id, visitor.person.id, purpose, _busy(purpose))


async def give_back(request: Request, purpose: str, upload_id: int) -> None:
    """The commit came to nothing: the list waits again."""
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.writing() as tx:
        await uploads.claim(tx, upload_id, visitor.person.id, _busy(purpose), purpose)


async def finish(request: Request, upload_id: int, report: Report, secret: bytes = b"") -> None:
    """Put the report in the list's place; ``secret`` can be fetched once."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    content = msgspec.json.encode(report)
    async with services.database.writing() as tx:
        await uploads.drop(tx, upload_id)
        by, vault = visitor.person.id, services.vault
        await uploads.keep(tx, vault, by, _done(upload_id), report.file_name, content, now_ms)
        if secret:
            await uploads.keep(tx, vault, by, _secret(upload_id), report.file_name, secret, now_ms)


async def has_secret(request: Request, upload_id: int) -> bool:
    """Whether what can be fetched once is still there."""
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.reading() as tx:
        return (await _find_secret(request, tx, visitor.person.id, upload_id)) is not None


async def fetch_secret(request: Request, upload_id: int) -> Upload:
    """What can be fetched once; it is gone afterwards.

    Raises:
        NotAllowed: there is none, or no more.
    """
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.writing() as tx:
        found = await _find_secret(request, tx, visitor.person.id, upload_id)
        if found is None:
            raise NotAllowed(404)
        await uploads.drop(tx, found.id)
        return found


async def _find_secret(request: Request, tx: Reading, by: int, upload_id: int) -> Upload | None:
    return await uploads.find_by_purpose(tx, services_of(request).vault, by, _secret(upload_id))


def _busy(purpose: str) -> str:
    return f"busy:{purpose}"


def _done(upload_id: int) -> str:
    return f"done:{upload_id}"


def _secret(upload_id: int) -> str:
    return f"secret:{upload_id}"
