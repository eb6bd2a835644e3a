"""The banks, and the export of one."""

import asyncio
from functools import cache
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.item import DELIVERABLE
from examengine.banks.writers.written import WORKBOOK_TYPE
from examengine.publishing.exports import export_bank
from examengine.records import audit, bank_pages, banks, people
from examengine.records.banks import Bank
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.words import Role
from examengine.web.author.shown import (
    kind_counts,
)
from examengine.web.author.suspects import suspect_views
from examengine.web.contexts import author
from examengine.web.contexts.frame import FieldError
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
SUSPECTS_PUSHED = 5
MAX_NAME = 80
MAX_QUERY = 80
ITEMS_A_PAGE = 20
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
        suspects = await suspect_views(tx, services, limit=SUSPECTS_PUSHED, with_answers=True)
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
            waiting=bank.waiting,
        )
        for bank in found
    )
    errors = (FieldError("name", wrong),) if wrong else ()
    shown = author.Banks(await frame_of(request, HERE), rows, errors, name[: 4 * MAX_NAME], suspects)
    return page("author/banks.html", shown, 422 if wrong else 200)


@signed_in(Role.AUTHOR)
async def export(request: Request) -> Response:
    """The bank as a workbook in the canonical columns."""
    try:
        bank, written = await export_bank(services_of(request).database, path_id(request))
    except Missing:
        raise NotAllowed(404) from None
    return attachment(written.content, f"{bank.name}.xlsx", written.mime_type)


@signed_in(Role.AUTHOR)
async def template(_request: Request) -> Response:
    """The empty template with its guidance."""
    return attachment(await asyncio.to_thread(_template), "题库导入模板.xlsx", WORKBOOK_TYPE)


@cache
def _template() -> bytes:
    from examengine.banks.writers.workbook import write_template  # openpyxl takes a process ten MiB

    return write_template()


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
