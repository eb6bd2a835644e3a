"""Releases: what one holds, how it differs from the one before, and what the next one would hold."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.item import from_json
from examengine.publishing.items import release_bank
from examengine.records import bank_pages, item_lists, release_pages, releases
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.release_pages import PARTS, Compared, ComparedItem, Part
from examengine.records.words import ItemState, Role
from examengine.web import times
from examengine.web.author import expiry
from examengine.web.author.banks import HERE, bank_of, names_of
from examengine.web.author.item_rows import number_told, stem_told
from examengine.web.author.items import release_row, told_of
from examengine.web.author.shown import kind_counts, page_asked, paging_of
from examengine.web.author.tabs import tabs_of
from examengine.web.contexts.frame import Paging
from examengine.web.contexts.items import PartTab, ReleasedRow, ReleasePage, Releases
from examengine.web.http import (
    ZONE,
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
from examengine.web.messages import KINDS
from examengine.web.wording import gettext as _

ROWS_A_PAGE = 50
PART_WORDS: Mapping[Part, str] = {"all": _("全部"), "added": _("新增"), "changed": _("改动"), "out": _("取出")}


@signed_in(Role.AUTHOR)
async def list_releases(request: Request) -> Response:
    """All releases of a bank."""
    services = services_of(request)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        uses = await bank_pages.releases_in_use(tx, bank.id)
        names = await names_of(tx, services, [use.release.by_person for use in uses])
        unreleased = await bank_pages.count_unreleased(tx, bank.id)
        releasable = await releases.count_releasable(tx, bank.id)
    shown = Releases(
        frame=await frame_of(request, HERE, told_of(request.query_params)),
        bank_id=bank.id,
        bank_name=bank.name,
        tabs=tabs_of(bank.id, "/releases"),
        releases=tuple(release_row(use, names) for use in uses),
        unreleased=unreleased,
        releasable=releasable,
    )
    return page("author/releases.html", shown)


@signed_in(Role.AUTHOR)
async def show_release(request: Request) -> Response:
    """What a release holds, beside the one before it."""
    services = services_of(request)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        try:
            release, before, compared = await release_pages.get_compared(tx, bank.id, path_id(request, "no"))
        except Missing:
            raise NotAllowed(404) from None
        used = [use for use in await bank_pages.releases_in_use(tx, bank.id) if use.release.id == release.id]
        kinds = kind_counts(await release_pages.kinds_of_release(tx, release.id))
        warnings = await expiry.warnings_of(tx, services.shelf, bank.id, now_of(request), release.id)
        names = await names_of(tx, services, [release.by_person])
        parts, rows, paging = await _parts(request, tx, compared, f"releases/{release.no}")
    shown = ReleasePage(
        frame=await frame_of(request, HERE, told_of(request.query_params)),
        bank_id=bank.id,
        bank_name=bank.name,
        tabs=tabs_of(bank.id, "/releases"),
        no=release.no,
        before_no=None if before is None else before.no,
        at_ms=release.at_ms,
        by=names.get(release.by_person, _("系统")),
        size=release.size,
        kinds=kinds,
        used_by=used[0].used_by if used else (),
        warnings=warnings,
        parts=parts,
        rows=rows,
        paging=paging,
        can_release=False,
    )
    return page("author/release.html", shown)


@signed_in(Role.AUTHOR)
async def show_next(request: Request) -> Response:
    """What a release made now would hold, beside the newest one; a button makes it."""
    services, now_ms = services_of(request), now_of(request)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        before = await release_pages.newest_release(tx, bank.id)
        compared = Compared(bank.id, None, None if before is None else before.id)
        parts, rows, paging = await _parts(request, tx, compared, "release")
        states = await item_lists.count_by_state(tx, bank.id)
        size = await releases.count_releasable(tx, bank.id)
        expired = await releases.count_releasable(tx, bank.id, times.local(now_ms, ZONE).date().isoformat())
    counts = {tab.part: tab.count for tab in parts}
    shown = ReleasePage(
        frame=await frame_of(request, HERE, told_of(request.query_params)),
        bank_id=bank.id,
        bank_name=bank.name,
        tabs=tabs_of(bank.id, "/releases"),
        no=None,
        before_no=None if before is None else before.no,
        at_ms=now_ms,
        by="",
        size=size,
        kinds=(),
        used_by=(),
        warnings=(),
        parts=parts,
        rows=rows,
        paging=paging,
        can_release=bool(size) and (before is None or any(counts[part] for part in ("added", "changed", "out"))),
        left_out=_left_out(states, expired),
    )
    return page("author/release.html", shown)


def _left_out(states: Mapping[ItemState, int], expired: int) -> tuple[str, ...]:
    texts = {
        ItemState.DRAFT: _("{n} 题是草稿，或有还没有提交审核的改动"),
        ItemState.WAITING: _("{n} 题待审"),
        ItemState.RETURNED: _("{n} 题被退回"),
        ItemState.RETIRED: _("{n} 题已停用"),
    }
    told = [text.format(n=states[state]) for state, text in texts.items() if states.get(state)]
    if expired:
        told.append(_("{n} 题已经到期，发布了也不会抽到").format(n=expired))
    return tuple(told)


async def _parts(
    request: Request, tx: Reading, compared: Compared, end: str
) -> tuple[tuple[PartTab, ...], tuple[ReleasedRow, ...], Paging]:
    """The parts of a comparison, and the page of one of them that was asked for."""
    address = f"/author/banks/{compared.bank_id}/{end}"
    counts = await release_pages.count_parts(tx, compared)
    asked = request.query_params.get("part", "")
    part: Part = next((known for known in PARTS if known == asked), "all")
    paging = paging_of(page_asked(request), ROWS_A_PAGE, counts[part], f"{address}?part={part}&page=")
    offset = (paging.page - 1) * ROWS_A_PAGE
    found = await release_pages.items_of_part(tx, compared, part, offset=offset, limit=ROWS_A_PAGE)
    tabs = tuple(
        PartTab(f"{address}?part={known}", known, PART_WORDS[known], counts[known], known == part)
        for known in PARTS
        if known == "all" or compared.before_id is not None
    )
    return tabs, tuple(_row(one, part) for one in found), paging


def _row(one: ComparedItem, part: Part) -> ReleasedRow:
    item = from_json(one.version.content)
    return ReleasedRow(
        item_id=one.version.item_id,
        no=number_told(one.external_no, one.version.item_id),
        stem=stem_told(item),
        kind_text=KINDS[item.kind.value],
        topic=item.topic,
        difficulty=item.difficulty,
        version=one.version.no,
        before_no=one.before_no if part != "out" and one.before_no != one.version.no else None,
    )


@signed_in(Role.AUTHOR)
async def release(request: Request) -> Response:
    """Freeze what is checked; asked for twice, the second one is the first."""
    services, visitor = services_of(request), await visitor_of(request)
    bank_id = path_id(request)
    try:
        made = await release_bank(services.database, bank_id, visitor.person.id, now_of(request))
    except Missing:
        raise NotAllowed(404) from None
    except ValueError:
        return see_other(f"/author/banks/{bank_id}/release?done=unreleasable")
    return see_other(f"/author/banks/{bank_id}/releases/{made.no}?done=released")
