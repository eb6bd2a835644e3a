"""⑥ The report of an import, and taking it back."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.publishing.imports import undo_batch
from examengine.records import bank_pages, banks, undo
from examengine.records.banks import Bank, ImportBatch
from examengine.records.errors import Missing
from examengine.records.undo import ImportUse
from examengine.records.words import Role
from examengine.web.author.banks import HERE, bank_of, names_of
from examengine.web.author.shown import kind_counts
from examengine.web.contexts import imports as shown
from examengine.web.contexts.frame import Alert
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
from examengine.web.wording import gettext as _


@signed_in(Role.AUTHOR)
async def report(request: Request) -> Response:
    """⑥ What the import has changed, and whether it may still be taken back."""
    return await _report_page(request)


async def _report_page(request: Request, alert: Alert | None = None) -> Response:
    async with services_of(request).database.reading() as tx:
        bank, batch = await _batch(request)
        kinds = await bank_pages.kinds_of_import(tx, batch.id)
        use = await undo.use_of_import(tx, batch.id)
        names = await names_of(tx, services_of(request), [batch.by_person])
        findings = await banks.import_findings(tx, batch.id)
    if alert is None and request.query_params.get("done") == "undone":
        alert = Alert("success", _("这次导入已经撤销"), _("题库回到了导入以前的样子。同一个文件可以再导入。"))
    context = shown.BankCommitted(
        frame=await frame_of(request, HERE),
        bank_id=bank.id,
        name=bank.name,
        file_name=batch.file_name,
        batch_no=batch.id,
        at_ms=batch.at_ms,
        by=names.get(batch.by_person, ""),
        added=batch.added,
        changed=batch.changed,
        unchanged=batch.same,
        left_out=max(0, batch.total - batch.added - batch.changed - batch.same),
        kinds=kind_counts(kinds),
        findings=sum(finding.severity != "info" for finding in findings),
        undo=_undo_told(batch, use),
        undone_ms=batch.undone_ms,
        alert=alert,
    )
    return page("author/committed.html", context, 409 if alert is not None and alert.tone == "danger" else 200)


def _undo_told(batch: ImportBatch, use: ImportUse) -> str:
    if batch.undone_ms is not None or not batch.added + batch.changed:
        return ""
    if use.is_unused:
        return "open"
    if use.released:
        return _("其中 {n} 题已经发布，不能整批撤销；不要的题可以逐题停用。").format(n=use.released)
    if use.reviewed:
        return _("其中 {n} 题已经有人审过，不能整批撤销；不要的题可以逐题停用。").format(n=use.reviewed)
    return _("其中 {n} 题后来又改过，不能整批撤销；不要的题可以逐题停用。").format(n=use.changed_since)


async def _batch(request: Request) -> tuple[Bank, ImportBatch]:
    async with services_of(request).database.reading() as tx:
        bank = await bank_of(request, tx)
        try:
            batch = await banks.get_import(tx, path_id(request, "batch"))
        except Missing:
            raise NotAllowed(404) from None
    if batch.bank_id != bank.id:
        raise NotAllowed(404)
    return bank, batch


@signed_in(Role.AUTHOR)
async def undo_page(request: Request) -> Response:
    """What taking the import back would mean; asked before it is done."""
    bank, batch = await _batch(request)
    async with services_of(request).database.reading() as tx:
        use = await undo.use_of_import(tx, batch.id)
    if _undo_told(batch, use) != "open":
        return see_other(f"/author/banks/{bank.id}/imports/{batch.id}")
    context = shown.UndoImport(
        await frame_of(request, HERE), bank.id, bank.name, batch.file_name, batch.id, batch.added, batch.changed
    )
    return page("author/undo_import.html", context)


@signed_in(Role.AUTHOR)
async def undo_import(request: Request) -> Response:
    """Take the import back; a second click finds it taken back."""
    services, visitor = services_of(request), await visitor_of(request)
    bank, batch = await _batch(request)
    done = await undo_batch(services.database, bank.id, batch.id, visitor.person.id, now_of(request))
    if isinstance(done, ImportUse):
        return await _report_page(request, Alert("danger", _("没有撤销"), _undo_told(batch, done)))
    return see_other(f"/author/banks/{bank.id}/imports/{batch.id}?done=undone")
