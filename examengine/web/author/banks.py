"""A1: the banks; a bank with its items as candidates see them, its releases and imports, and its export."""

import asyncio
from functools import cache
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.item import DELIVERABLE, from_json
from examengine.banks.writers.workbook import MIME_TYPE, write_template
from examengine.publishing.exams import release_bank
from examengine.publishing.exports import export_bank
from examengine.records import audit, bank_pages, banks, items, people
from examengine.records.banks import Bank, ImportBatch
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.words import Role
from examengine.web.author.shown import (
    item_view,
    kind_counts,
    number_of,
    page_asked,
    page_or_block,
    paging_of,
)
from examengine.web.contexts import author
from examengine.web.contexts.frame import Alert, FieldError, Paging
from examengine.web.http import (
    NotAllowed,
    field_of,
    frame_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.messages import KINDS
from examengine.web.services import Services
from examengine.web.wording import gettext as _

HERE = "/author"
MAX_NAME = 80
MAX_QUERY = 80
ITEMS_A_PAGE = 20
IMPORTS_SHOWN = 10
KINDS_SHOWN = tuple(kind for kind in KINDS if kind in DELIVERABLE)


@signed_in(Role.AUTHOR)
async def list_banks(request: Request) -> Response:
    """A1."""
    return await _banks_page(request)


@signed_in(Role.AUTHOR)
async def new_bank(request: Request) -> Response:
    """Make a bank; asked for twice, it is made once."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    name = " ".join(field_of(request, "name", 4 * MAX_NAME).split())
    if not name:
        return await _banks_page(request, _("请写题库名称"), name)
    if len(name) > MAX_NAME:
        return await _banks_page(request, _("题库名称最多 {n} 个字").format(n=MAX_NAME), name)
    async with services.database.writing() as tx:
        known = await banks.find_bank(tx, name)
        bank = known or await banks.add_bank(tx, name, visitor.person.id, now_ms)
        if known is None:
            await audit.append(tx, now_ms, visitor.person.id, "add", "bank", bank.id)
        # one's own bank that nothing was imported into yet is the one that was asked for a moment ago
        is_fresh = bank.by_person == visitor.person.id and not await banks.list_imports(tx, bank.id, 1)
    if not is_fresh:
        return await _banks_page(request, _("已经有叫这个名称的题库，请换一个名称，或打开上面的那一个"), name)
    return see_other(f"/author/banks/{bank.id}")


async def _banks_page(request: Request, wrong: str = "", name: str = "") -> Response:
    services = services_of(request)
    async with services.database.reading() as tx:
        found = await bank_pages.overviews(tx)
        names = await names_of(tx, services, [bank.changed_by for bank in found])
    rows = tuple(
        author.BankRow(
            bank_id=bank.bank_id,
            name=bank.name,
            subject="、".join(bank.used_by),
            items=sum(bank.kinds.values()),
            kinds=kind_counts(bank.kinds),
            release_no=bank.release_no,
            changed_ms=bank.changed_ms,
            changed_by=names.get(bank.changed_by, ""),
        )
        for bank in found
    )
    errors = (FieldError("name", wrong),) if wrong else ()
    shown = author.Banks(await frame_of(request, HERE), rows, errors, name[: 4 * MAX_NAME])
    return page("author/banks.html", shown, 422 if wrong else 200)


@signed_in(Role.AUTHOR)
async def show_bank(request: Request) -> Response:
    """A bank: its items searched and paged, its releases, its imports."""
    services = services_of(request)
    query = request.query_params.get("q", "")[:MAX_QUERY].strip()
    kind = request.query_params.get("kind", "")
    kind = kind if kind in KINDS else ""
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        found, paging = await _items(tx, bank.id, kind, query, page_asked(request))
        kinds = await items.count_by_kind(tx, bank.id)
        releases = await bank_pages.releases_in_use(tx, bank.id)
        imports = await banks.list_imports(tx, bank.id, IMPORTS_SHOWN)
        makers = [use.release.by_person for use in releases] + [batch.by_person for batch in imports]
        names = await names_of(tx, services, makers)
        unreleased = await bank_pages.count_unreleased(tx, bank.id)
    shown = author.Bank(
        frame=await frame_of(request, HERE, _done(request)),
        bank_id=bank.id,
        name=bank.name,
        kinds=kind_counts(kinds),
        query=query,
        kind=kind,
        kind_choices=tuple((key, KINDS[key]) for key in KINDS_SHOWN),
        items=found,
        paging=paging,
        releases=tuple(
            author.ReleaseRow(
                use.release.no,
                use.items,
                use.release.at_ms,
                names.get(use.release.by_person, ""),
                use.used_by,
            )
            for use in releases
        ),
        unreleased_changes=unreleased,
        imports=tuple(_import_row(batch, names.get(batch.by_person, "")) for batch in imports),
    )
    return page_or_block(request, "author/bank.html", "items", shown)


async def _items(
    tx: Reading, bank_id: int, kind: str, query: str, page_no: int
) -> tuple[tuple[author.ItemView, ...], Paging]:
    href = f"/author/banks/{bank_id}?{urlencode({'q': query, 'kind': kind, 'page': ''})}"
    offset = (page_no - 1) * ITEMS_A_PAGE
    found = await bank_pages.find_items(tx, bank_id, kind=kind, text=query, offset=offset, limit=ITEMS_A_PAGE)
    paging = paging_of(page_no, ITEMS_A_PAGE, found.total, href)
    if paging.page != page_no:
        offset = (paging.page - 1) * ITEMS_A_PAGE
        found = await bank_pages.find_items(tx, bank_id, kind=kind, text=query, offset=offset, limit=ITEMS_A_PAGE)
    shown = tuple(
        item_view(from_json(item.version.content), number_of(item, place), item.version.no)
        for place, item in enumerate(found.items, offset + 1)
    )
    return shown, paging


def _import_row(batch: ImportBatch, by: str) -> author.ImportRow:
    return author.ImportRow(batch.id, batch.file_name, batch.added, batch.changed, batch.at_ms, by)


def _done(request: Request) -> Alert | None:
    done = request.query_params.get("done", "")
    if done == "released":
        return Alert("success", _("已发布新版本"), _("发布考试时可以选这个版本；以后的改动不影响它。"))
    if done == "dropped":
        return Alert("info", _("已放弃这个文件"), _("文件已删除，题库没有改动。"))
    return None


@signed_in(Role.AUTHOR)
async def release(request: Request) -> Response:
    """Freeze the bank as it stands; asked for twice, the second one is the first."""
    services, visitor = services_of(request), await visitor_of(request)
    bank_id = path_id(request)
    try:
        await release_bank(services.database, bank_id, visitor.person.id, now_of(request))
    except Missing:
        raise NotAllowed(404) from None
    except ValueError:
        return see_other(f"/author/banks/{bank_id}")
    return see_other(f"/author/banks/{bank_id}?done=released")


@signed_in(Role.AUTHOR)
async def export(request: Request) -> Response:
    """The bank as a workbook in the canonical columns."""
    try:
        bank, workbook = await export_bank(services_of(request).database, path_id(request))
    except Missing:
        raise NotAllowed(404) from None
    return attachment(workbook, f"{bank.name}.xlsx", MIME_TYPE)


@signed_in(Role.AUTHOR)
async def template(_request: Request) -> Response:
    """The empty template with its guidance."""
    return attachment(await asyncio.to_thread(_template), "题库导入模板.xlsx", MIME_TYPE)


_template = cache(write_template)


def attachment(content: bytes, name: str, media_type: str) -> Response:
    """A file to keep, under a name that may be Chinese."""
    safe = "".join(sign for sign in name if sign not in '\\/:*?"<>|' and sign.isprintable())
    disposition = f"attachment; filename*=UTF-8''{quote(safe, safe='')}"
    return Response(content, media_type=media_type, headers={"content-disposition": disposition})


async def bank_of(request: Request, tx: Reading) -> Bank:
    """The bank of the address.

    Raises:
        NotAllowed: there is none.
    """
    try:
        return await banks.get_bank(tx, path_id(request))
    except Missing:
        raise NotAllowed(404) from None


async def names_of(tx: Reading, services: Services, person_ids: list[int | None]) -> dict[int | None, str]:
    """Names of those who did something; the system has none."""
    found = await people.find_people(tx, services.vault, [person_id for person_id in person_ids if person_id])
    return {person_id: person.name for person_id, person in found.items()}
