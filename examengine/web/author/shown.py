"""Items and counts as authors' pages show them."""

from collections.abc import Mapping

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from examengine.banks.item import Item
from examengine.banks.responses import (
    EssayExpected,
    Expected,
    GapsExpected,
    NumberExpected,
    PairsExpected,
    TextExpected,
)
from examengine.web.answers import LETTERS
from examengine.web.author.expected_fields import gap_written, numbers_written, texts_written
from examengine.web.contexts.author import ItemView, KindCount, OptionView
from examengine.web.contexts.frame import Paging
from examengine.web.http import page
from examengine.web.markup import Loose, option_html, stem_html, text_html
from examengine.web.messages import KINDS
from examengine.web.pages import render_block
from examengine.web.wording import gettext as _

MAX_PAGE = 100_000


def item_view(item: Item, no: str, version: int = 1, loose: Loose | None = None) -> ItemView:
    """An item with its options in the author's order, its key marked; ``loose``: pictures not kept yet, by name."""
    return ItemView(
        no=no,
        kind_text=KINDS[item.kind.value],
        stem=_stem(item, loose),
        options=tuple(
            OptionView(LETTERS[index % len(LETTERS)], option_html(option, loose), option.id in item.key)
            for index, option in enumerate(item.options)
        ),
        topic=item.topic,
        difficulty=item.difficulty,
        explanation=text_html(item.explanation),
        version=version,
        answers=tuple(text_html(line) for line in answers_told(item.expected)),
    )


def _stem(item: Item, loose: Loose | None) -> Markup:
    """The stem; a gap is a numbered blank, not the mark by which the editor knows it."""
    stem = stem_html(item, loose)
    if isinstance(item.expected, GapsExpected):
        for no, gap in enumerate(item.expected.gaps, start=1):
            stem = stem.replace(gap.mark, f"（{no}）＿＿＿") if gap.mark else stem
    return stem


def answers_told(expected: Expected | None) -> tuple[str, ...]:
    """What counts for an item without options, a line an answer."""
    match expected:
        case TextExpected() if not expected.accepted:
            return (_("由人评分"),)
        case TextExpected():
            return tuple(texts_written(expected).split("\n"))
        case NumberExpected():
            return tuple(f"{line} {expected.unit}".strip() for line in numbers_written(expected).split("\n"))
        case PairsExpected():
            pairs = (f"{pair.left} → {pair.right}" for pair in expected.pairs)
            return (*pairs, *(_("多余的右项：{text}").format(text=text) for text in expected.distractors))
        case GapsExpected():
            return tuple(f"（{no}）{gap_written(gap).answers}" for no, gap in enumerate(expected.gaps, start=1))
        case EssayExpected():
            return (expected.model or _("由人评分，没有写参考答案"),)
        case _:
            return ()


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
