"""HTML of a question to plain text and, where that says less, to safe HTML of a small vocabulary."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from examengine.banks.markup.math import MATH_ATTRIBUTES, MATH_TAGS, linear
from examengine.banks.wording import tidy

if TYPE_CHECKING:
    import nh3

HTML_LIMIT: Final = 400_000
TAGS_LIMIT: Final = 20_000

_INLINE: Final = frozenset({"b", "strong", "i", "em", "u", "s", "sub", "sup", "code", "mark", "ruby", "rt", "rp"})
_BLOCKS: Final = frozenset(
    {"p", "div", "br", "ul", "ol", "li", "blockquote", "pre", "table", "caption", "thead", "tbody", "tr", "td", "th"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "dl", "dt", "dd", "hr"}
)
_TAGS: Final = _INLINE | _BLOCKS | MATH_TAGS | {"img"}
_ATTRIBUTES: Final = {
    "img": {"src", "alt", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "ol": {"start"},
    **MATH_ATTRIBUTES,
}
_FIRST_ATTRIBUTES: Final = {**_ATTRIBUTES, "img": _ATTRIBUTES["img"] | {"data-equation-content", "data-latex"}}
_FIRST_SCHEMES: Final = frozenset({"media", "data", "http", "https"})
_WITH_CONTENT: Final = {"script", "style", "object", "iframe", "svg", "title", "head", "template", "noscript"}
# Tags that plain text renders in full: line ends.
_PLAIN_ENOUGH: Final = frozenset({"p", "div", "br"})
_BREAKS: Final = frozenset({"p", "div", "li", "tr", "blockquote", "pre", "table", "ul", "ol", "hr", "dt", "dd", "br"})
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "caption"})
_VOID: Final = frozenset({"br", "img", "hr"})
_UP = str.maketrans("0123456789+-−=()n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿ")
_DOWN = str.maketrans("0123456789+-−=()", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎")
_SPACES = re.compile(r"[ \t\n\r\f]+")
_LOOKS_HTML = re.compile(r"<(?:/?[a-zA-Z][\w-]{0,20}(?:\s[^<>]*)?/?|!--)>|&(?:[a-zA-Z]{2,10}|#\d{2,6});")

Find = Callable[[str], str]
"""The shelf's name of what a ``src`` refers to, "" where it is not taken."""


@dataclass(frozen=True, slots=True)
class Rich:
    """A text twice: ``text`` plain, ``markup`` as safe HTML or empty where plain text says it all."""

    text: str
    markup: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.markup)


def plain_rich(text: str) -> Rich:
    """A text without any markup."""
    return Rich(tidy(text))


def looks_like_html(text: str) -> bool:
    """True where a text of unknown format carries tags or entities."""
    return _LOOKS_HTML.search(text) is not None


def safe(source: str) -> str:
    """HTML with nothing in it but the small vocabulary."""
    return _cleaner(is_first=False).clean(source)


@cache
def _cleaner(*, is_first: bool) -> "nh3.Cleaner":
    """Made once: making one costs ten times as much as cleaning a question. The first one lets through what is looked
    at before the second: references to pictures, formulas in attributes.
    """
    import nh3  # when it is needed: a worker that serves candidates cleans nothing

    attributes, schemes = (_FIRST_ATTRIBUTES, _FIRST_SCHEMES) if is_first else (_ATTRIBUTES, {"media"})
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=_WITH_CONTENT,
        attributes={tag: set(names) for tag, names in attributes.items()},
        url_schemes=set(schemes),
        link_rel=None,
    )


def rich_of(source: str, find: Find) -> Rich:
    """Plain text and safe markup of an HTML fragment; pictures are looked up with ``find``.

    What is longer than ``HTML_LIMIT`` or has more than ``TAGS_LIMIT`` tags is taken as plain text: nobody's question
    is, and a reader of HTML may be made to work for long.
    """
    if len(source) > HTML_LIMIT or source.count("<") > TAGS_LIMIT:
        return plain_rich(re.sub(r"<[^<>]{0,2000}>", " ", source[:HTML_LIMIT]))
    if "<" not in source and "&" not in source:
        return Rich(tidy(_SPACES.sub(" ", source)))
    first = _cleaner(is_first=True).clean(source)
    walk = _Walk(find)
    walk.feed(first)
    walk.close()
    text = walk.text()
    return Rich(text, safe(walk.markup()) if walk.says_more else "")


@dataclass(slots=True)
class _Level:
    """Text under an element whose plain form is known only when it ends."""

    tag: str
    parts: list[str] = field(default_factory=list)


class _Walk(HTMLParser):
    """Goes once over HTML that is clean and balanced already."""

    def __init__(self, find: Find) -> None:
        super().__init__(convert_charrefs=True)
        self._find = find
        self._levels = [_Level("")]
        self._markup: list[str] = []
        self._math: list[tuple[str, str]] | None = None
        self._pre = 0
        self.says_more = False

    def text(self) -> str:
        while len(self._levels) > 1:
            self._end_level()
        lines = "".join(self._levels[0].parts).split("\n")
        kept: list[str] = []
        for line in lines:
            if line.startswith("\x01"):
                kept.append(line[1:].rstrip(" \t"))
            elif line.strip(" \t"):
                kept.append(line.strip(" \t"))
        return tidy("\n".join(kept).replace("\x01", ""))

    def markup(self) -> str:
        return "".join(self._markup)

    def _say(self, text: str) -> None:
        self._levels[-1].parts.append(text)

    def _break(self) -> None:
        self._say("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "math":
            self._math = []
        if self._math is not None:
            self._math.append(("start", tag))
            self._markup.append(_start(tag, attrs))
            self.says_more = True
            return
        if tag == "img":
            self._image(dict(attrs))
            return
        self.says_more = self.says_more or tag not in _PLAIN_ENOUGH
        self._markup.append(_start(tag, attrs))
        if tag in _BREAKS or tag in _HEADINGS:
            self._break()
        if tag == "li":
            self._say("• ")
        if tag in {"td", "th"} and self._levels[-1].parts and not self._levels[-1].parts[-1].endswith("\n"):
            self._say(" | ")
        if tag in {"sup", "sub"}:
            self._levels.append(_Level(tag))
        self._pre += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if self._math is not None:
            self._markup.append(f"</{tag}>")
            self._math.append(("end", tag))
            if tag == "math":
                self._say(linear(self._math))
                self._math = None
            return
        if tag in _VOID:
            return
        self._markup.append(f"</{tag}>")
        if tag in {"sup", "sub"} and self._levels[-1].tag == tag:
            self._end_level()
        if tag in _BREAKS or tag in _HEADINGS:
            self._break()
        self._pre -= tag == "pre"

    def handle_data(self, data: str) -> None:
        self._markup.append(html.escape(data, quote=False))
        if self._math is not None:
            self._math.append(("text", data))
        elif self._pre:
            self._say("\n".join(f"\x01{line}" for line in data.replace("\x01", "").split("\n")))
        else:
            folded = _SPACES.sub(" ", data.replace("\x01", ""))
            parts = self._levels[-1].parts
            self._say(folded.lstrip(" ") if parts and parts[-1].endswith(("\n", " ")) else folded)

    def _end_level(self) -> None:
        level = self._levels.pop()
        inside = "".join(level.parts).strip()
        raised = inside.translate(_UP if level.tag == "sup" else _DOWN)
        if inside and not set(raised) & set("0123456789+-=()") and raised != inside and _all_moved(inside, raised):
            self._say(raised)
        elif inside:
            mark = "^" if level.tag == "sup" else "_"
            self._say(f"{mark}{inside}" if len(inside) == 1 else f"{mark}({inside})")

    def _image(self, attributes: dict[str, str | None]) -> None:
        formula = attributes.get("data-equation-content") or attributes.get("data-latex")
        if formula:
            shown = f"\\({formula.strip()}\\)"
            self._say(shown)
            self._markup.append(html.escape(shown, quote=False))
            return
        name = self._find(attributes.get("src") or "")
        alt = " ".join((attributes.get("alt") or "").split())[:200]
        self._say(f"[图：{alt}]" if alt else "[图]")
        if name:
            self.says_more = True
            kept: list[tuple[str, str | None]] = [("src", f"media:{name}"), ("alt", alt)]
            kept += [
                (side, attributes[side]) for side in ("width", "height") if (attributes.get(side) or "").isdigit()
            ]
            self._markup.append(_start("img", kept))
        else:
            self._markup.append(html.escape(f"[图：{alt}]" if alt else "[图]", quote=False))


def _all_moved(inside: str, raised: str) -> bool:
    return all(before != after for before, after in zip(inside, raised, strict=True))


def _start(tag: str, attrs: list[tuple[str, str | None]]) -> str:
    written = "".join(f' {name}="{html.escape(value or "")}"' for name, value in attrs)
    return f"<{tag}{written}>"
