"""A1: a bank's items by topic, state and filter, and what is done with many of them at once."""

from collections.abc import Mapping
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.item import DELIVERABLE, DIFFICULTIES
from examengine.publishing.exports import export_versions
from examengine.publishing.recasting import Recast
from examengine.records import bank_pages, banks, item_lists
from examengine.records.banks import Bank, ImportBatch
from examengine.records.database import Reading
from examengine.records.item_lists import Facets, ItemPage, Order
from examengine.records.words import ItemState, ReviewDecision, Role
from examengine.web import times
from examengine.web.author import expiry
from examengine.web.author.banks import HERE, SUSPECTS_PUSHED, attachment, bank_of, names_of
from examengine.web.author.item_filter import EXPIRED, Asked, asked_of, topic_text, topic_tree, validity_choices
from examengine.web.author.item_rows import item_row
from examengine.web.author.item_words import ACTS, EXPIRED_TEXT, RECASTS, SKIPS, STATES, ActWords
from examengine.web.author.shown import kind_counts, page_asked, page_or_block, paging_of
from examengine.web.author.suspects import suspect_views
from examengine.web.author.tabs import tabs_of
from examengine.web.contexts import author
from examengine.web.contexts.frame import Alert
from examengine.web.contexts.items import Bank as BankPage
from examengine.web.contexts.items import BulkAct, Filter, ItemRow, SortHead, StateTab
from examengine.web.http import ZONE, frame_of, now_of, services_of, signed_in
from examengine.web.messages import KINDS
from examengine.web.wording import gettext as _

ROWS_A_PAGE = 50
WHOLE_ITEMS_A_PAGE = 20
LISTED_BELOW = 5
KINDS_SHOWN = tuple(kind for kind in KINDS if kind in DELIVERABLE)
EXPORT = "export"
BULK_ACTS = (
    *(BulkAct(decision, words.button) for decision, words in ACTS.items()),
    *(BulkAct(field, words.button) for field, words in RECASTS.items()),
    BulkAct(EXPORT, _("导出选中")),
)
SORT_HEADS = {
    Order.NUMBER: _("编号"),
    Order.FACILITY: _("正确率"),
    Order.DISCRIMINATION: _("区分度"),
    Order.CHANGED: _("改动"),
}


@signed_in(Role.AUTHOR)
async def show_bank(request: Request) -> Response:
    """A bank: its items searched and paged, what may be done with them, its releases, its imports."""
    services, now_ms = services_of(request), now_of(request)
    asked = asked_of(request.query_params)
    conditions = asked.conditions(now_ms)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        address = f"/author/banks/{bank.id}"
        rows, total, page_no = await _rows(request, tx, bank, asked)
        upto = await item_lists.newest_version_id(tx)
        facets = await item_lists.count_facets(tx, bank.id, conditions)
        kinds = await item_lists.count_by_kind(tx, bank.id, Asked().conditions(now_ms))
        warnings = await expiry.warnings_of(tx, services.shelf, bank.id, now_ms)
        suspects = await suspect_views(tx, services, bank.id, SUSPECTS_PUSHED, with_answers=True)
        releases = await bank_pages.releases_in_use(tx, bank.id, LISTED_BELOW)
        imports = await banks.list_imports(tx, bank.id, LISTED_BELOW)
        makers = [use.release.by_person for use in releases] + [batch.by_person for batch in imports]
        names = await names_of(tx, services, makers)
        unreleased = await bank_pages.count_unreleased(tx, bank.id)
    size = WHOLE_ITEMS_A_PAGE if asked.view else ROWS_A_PAGE
    shown = BankPage(
        frame=await frame_of(request, HERE, told_of(request.query_params)),
        bank_id=bank.id,
        name=bank.name,
        tabs=tabs_of(bank.id, ""),
        kinds=kind_counts(kinds),
        total=sum(kinds.values()),
        warnings=warnings,
        suspects=suspects,
        states=_state_tabs(address, asked, facets),
        topics=topic_tree(facets.topics, asked, address),
        all_topics=address + replace(asked, topic="").query(),
        filter=_filter(asked),
        kind_choices=tuple((key, KINDS[key]) for key in KINDS_SHOWN),
        difficulty_choices=tuple((word, word) for word in DIFFICULTIES),
        validity_choices=validity_choices(),
        rows=rows,
        paging=paging_of(page_no, size, total, address + asked.query(("page", ""))),
        upto=upto,
        acts=BULK_ACTS,
        view=asked.view,
        other_view=address + replace(asked, view="" if asked.view else "full").query(),
        releases=tuple(release_row(use, names) for use in releases),
        unreleased=unreleased,
        imports=tuple(_import_row(batch, names.get(batch.by_person, "")) for batch in imports),
        heads=_heads(address, asked),
    )
    return page_or_block(request, "author/bank.html", "items", shown)


async def _rows(request: Request, tx: Reading, bank: Bank, asked: Asked) -> tuple[tuple[ItemRow, ...], int, int]:
    """The rows of the page that was asked for, of how many items, and which page it is."""
    services, now_ms = services_of(request), now_of(request)
    conditions = asked.conditions(now_ms)
    size = WHOLE_ITEMS_A_PAGE if asked.view else ROWS_A_PAGE
    page_no = page_asked(request)

    async def at(number: int) -> ItemPage:
        return await item_lists.find_items(
            tx,
            bank.id,
            conditions,
            offset=(number - 1) * size,
            limit=size,
            order=asked.order,
            descending=asked.descending,
        )

    found = await at(page_no)
    if not found.items and found.total:
        page_no = paging_of(page_no, size, found.total, "").page
        found = await at(page_no)
    names = await names_of(tx, services, [listed.by_person for listed in found.items])
    today = times.local(now_ms, ZONE).date().isoformat()
    rows = tuple(item_row(listed, names, today, full=bool(asked.view)) for listed in found.items)
    return rows, found.total, page_no


def _state_tabs(address: str, asked: Asked, facets: Facets) -> tuple[StateTab, ...]:
    def tab(state: str, text: str, count: int) -> StateTab:
        return StateTab(address + replace(asked, state=state).query(), text, count, asked.state == state)

    tabs = [tab("", _("全部"), sum(facets.states.values()))]
    tabs += [tab(state, STATES[state][0], facets.states.get(state, 0)) for state in ItemState]
    if facets.expired or asked.state == EXPIRED:
        tabs.append(tab(EXPIRED, EXPIRED_TEXT, facets.expired))
    return tuple(tabs)


def _filter(asked: Asked) -> Filter:
    known = {**{state.value: text for state, (text, _tone) in STATES.items()}, EXPIRED: EXPIRED_TEXT}
    return Filter(
        query=asked.q,
        kind=asked.kind,
        difficulty=asked.difficulty,
        validity=asked.valid,
        topic_text=topic_text(asked.topic),
        state_text=known.get(asked.state, ""),
        hidden=asked.fields(),
        is_on=asked.is_on,
        batch=asked.batch,
    )


def _heads(address: str, asked: Asked) -> dict[str, SortHead]:
    """The columns to sort by: a click sorts, the next one turns round, the hardest and the newest come first."""
    heads = {}
    for order, text in SORT_HEADS.items():
        first, other = (f"-{order}", order.value) if order is Order.CHANGED else (order.value, f"-{order}")
        here = "" if asked.order is not order else "descending" if asked.descending else "ascending"
        href = address + replace(asked, sort=other if asked.sort == first else first).query()
        heads[order.value] = SortHead(order.value, text, href, here)
    return heads


def release_row(use: bank_pages.ReleaseUse, names: Mapping[int | None, str]) -> author.ReleaseRow:
    """A release in a list."""
    release = use.release
    by = names.get(release.by_person, "")
    return author.ReleaseRow(release.no, release.size, release.at_ms, by, use.used_by)


def _import_row(batch: ImportBatch, by: str) -> author.ImportRow:
    return author.ImportRow(
        batch.id, batch.file_name, batch.added, batch.changed, batch.at_ms, by, batch.undone_ms is not None
    )


def told_of(params: Mapping[str, str]) -> Alert | None:
    """What an act that led to this page has done."""
    match params.get("done", ""):
        case "released":
            return Alert("success", _("已发布新版本"), _("发布考试时可以选这个版本；以后的改动不影响它。"))
        case "none":
            return Alert("info", _("还没有选题"), _("先在题目左边的方框里选，或选“全部符合条件的题”，再按按钮。"))
        case "unreleasable":
            return Alert("warning", _("没有已审的试题，不能发布"), _("先由另一位作者审核，再发布。"))
        case "dropped":
            return Alert("info", _("已放弃这个文件"), _("文件已删除，题库没有改动。"))
        case done if done in ACTS:
            return _changed(ACTS[ReviewDecision(done)], params)
        case done if done in RECASTS:
            return _changed(RECASTS[Recast(done)], params)
    return None


def _changed(words: ActWords, params: Mapping[str, str]) -> Alert:
    def count(name: str) -> int:
        text = params.get(name, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else 0

    changed = count("n")
    left = "；".join(text.format(n=count(skip)) for skip, text in SKIPS.items() if count(skip))
    if changed:
        return Alert("success", words.done.format(n=changed), left and left + "。")
    return Alert("info", words.nothing, left and left + "。")


async def export_chosen(request: Request, bank_id: int, version_ids: tuple[int, ...]) -> Response:
    """These versions as a workbook in the canonical columns."""
    bank, written = await export_versions(services_of(request).database, bank_id, version_ids)
    return attachment(
        written.content, _("{bank}（选中 {n} 题）.xlsx").format(bank=bank.name, n=len(version_ids)), written.mime_type
    )
