"""Items and counts as authors' pages show them."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from examengine.banks.item import Item
from examengine.records.items import BankItem
from examengine.web.candidate.paper_page import LETTERS
from examengine.web.contexts.author import ItemView, KindCount, OptionView
from examengine.web.contexts.frame import Paging
from examengine.web.http import page
from examengine.web.messages import KINDS
from examengine.web.pages import render_block

NAMELESS = ("sha256:", "no:")
"""How the record names an item without an author's number (or with a very long one)."""
MAX_PAGE = 100_000


def item_view(item: Item, no: str, version: int = 1) -> ItemView:
    """An item with its options in the author's order, its key marked."""
    return ItemView(
        no=no,
        kind_text=KINDS[item.kind.value],
        stem=item.stem,
        options=tuple(
            OptionView(LETTERS[index % len(LETTERS)], option.text, option.id in item.key)
            for index, option in enumerate(item.options)
        ),
        topic=item.topic,
        difficulty=item.difficulty,
        explanation=item.explanation,
        version=version,
    )


def number_of(bank_item: BankItem, place: int) -> str:
    """The author's number; where there is none, the item's place in the list."""
    external_no = bank_item.external_no
    return str(place) if external_no.startswith(NAMELESS) else external_no


def kind_counts(kinds: Mapping[str, int]) -> tuple[KindCount, ...]:
    """Counts in the order in which the kinds are always named; what there is none of is left out."""
    return tuple(KindCount(text, kinds[kind]) for kind, text in KINDS.items() if kinds.get(kind))


def paging_of(page_no: int, size: int, total: int, href: str) -> Paging:
    """``page_no`` brought into the range of the pages there are."""
    pages = max(1, -(-total // size))
    return Paging(min(max(1, page_no), pages), pages, total, href)


def page_asked(request: Request) -> int:
    """The page number of the address, 1 where it is none."""
    text = request.query_params.get("page", "")
    return min(int(text), MAX_PAGE) if text.isascii() and text.isdecimal() and len(text) < 9 else 1


def page_or_block(request: Request, name: str, block: str, context: object) -> Response:
    """The named block alone where htmx asks for it, else the page."""
    asked = request.headers.get("hx-request") == "true"
    if asked and request.headers.get("hx-history-restore-request") != "true":
        return HTMLResponse(render_block(name, block, context), headers={"vary": "HX-Request"})
    response = page(name, context)
    response.headers["vary"] = "HX-Request"
    return response
