"""From what an item keeps to the HTML that everybody sees: pictures with their address, formulas as MathML.

The result is safe by construction: text is escaped, tags come out of the cleaner, addresses are ours.
"""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from examengine.banks.markup.formulas import Formula, mathml_of, split, told
from examengine.banks.markup.html import safe
from examengine.banks.markup.math import DEPTH_LIMIT

SETTLED = re.compile(r"media:([0-9a-f]{64}\.[a-z0-9]{2,4})")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_INDENT = re.compile(r"(?<=\n)[ \t]{2,200}")
_SPACES = re.compile(r"[ \t\n\r\f]+")
_HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_VOID: Final = frozenset({"br", "hr", "img"})

Find = Callable[[str], str]
"""The address of a picture by its name, "" where there is none."""


@dataclass(slots=True)
class Shown:
    """HTML with what could not be shown: LaTeX as its author wrote it, and how many pictures say nothing in words."""

    html: str = ""
    unreadable: list[str] = field(default_factory=list)
    speechless: int = 0


def address_of(name: str) -> str:
    """Where a kept picture is served."""
    return f"/media/{name}" if SETTLED.fullmatch(f"media:{name}") else ""


def show(text: str, markup: str, find: Find = address_of) -> Shown:
    """Plain text, or the markup that says more, as HTML to be put into a page.

    Line ends are ``<br>`` or ``&#10;``, never a bare line feed, so that a page may fold space as it likes; braces in
    attributes are written as entities, so that a cloze may look for its gaps.
    """
    shown = Shown()
    if markup:
        walk = _Walk(shown, find)
        walk.feed(safe(markup))
        walk.close()
        # entities may have named control characters as well
        shown.html = _CONTROLS.sub("", "".join(walk.parts))
    else:
        shown.html = _text(_CONTROLS.sub("", text).strip(), shown, keeps_lines=True)
    return shown


def _text(text: str, shown: Shown, *, keeps_lines: bool) -> str:
    parts: list[str] = []
    for part in split(text):
        if isinstance(part, Formula):
            parts.append(_formula(part, shown))
        elif keeps_lines:
            indented = _INDENT.sub(lambda found: "\xa0" * len(found[0].expandtabs(4)), part)
            parts.append(html.escape(indented, quote=False).replace("\n", "<br>"))
        else:
            parts.append(html.escape(_SPACES.sub(" ", part), quote=False))
    return "".join(parts)


def _formula(formula: Formula, shown: Shown) -> str:
    mathml = mathml_of(formula, is_block=formula.is_block)
    if not mathml:
        shown.unreadable.append(formula.source)
        return f'<code class="formula-source">{html.escape(formula.source.replace(chr(10), " "))}</code>'
    return _math(mathml, formula, is_block=formula.is_block)


def _math(mathml: str, latex: str, *, is_block: bool) -> str:
    """A formula and the words for it: a browser shows the one or the other (``markup.css``)."""
    words = told(mathml)
    attributes = f' aria-label="{_attribute(words)}"' + (f' alttext="{_attribute(latex)}"' if latex else "")
    look = "formula formula-block" if is_block else "formula"
    return (
        f'<span class="{look}">{mathml.replace("<math", f"<math{attributes}", 1)}'
        f'<span class="formula-text">{html.escape(words)}</span></span>'
    )


def _attribute(text: str) -> str:
    folded = html.escape(_SPACES.sub(" ", text))
    return folded.replace("{", "&#123;").replace("}", "&#125;")


class _Walk(HTMLParser):
    """Goes once over HTML that is clean and balanced already."""

    def __init__(self, shown: Shown, find: Find) -> None:
        super().__init__(convert_charrefs=True)
        self._shown, self._find = shown, find
        self.parts: list[str] = []
        self._math: list[str] | None = None
        self._is_block = False
        self._depth = 0
        self._pre = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "math":
            self._math, self._is_block, self._depth = [], ("display", "block") in attrs, 0
        if self._math is not None:
            self._depth += 1
            if self._depth <= DEPTH_LIMIT:
                self._math.append(_start(tag, attrs))
        elif tag == "img":
            self.parts.append(self._picture(dict(attrs)))
        elif tag == "table":
            self.parts.append('<div class="wide"><table>')
        elif tag in _HEADINGS:
            # A heading of the question would be one of the page.
            self.parts.append("<p><strong>")
        else:
            self._pre += tag == "pre"
            self.parts.append(_start(tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        if self._math is not None:
            if self._depth <= DEPTH_LIMIT:
                self._math.append(f"</{tag}>")
            self._depth -= 1
            if tag == "math":
                self.parts.append(_math("".join(self._math), "", is_block=self._is_block))
                self._math = None
        elif tag == "table":
            self.parts.append("</table></div>")
        elif tag in _HEADINGS:
            self.parts.append("</strong></p>")
        elif tag not in _VOID:
            self._pre -= tag == "pre"
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self._math is not None:
            self._math.append(html.escape(_SPACES.sub(" ", data), quote=False))
        elif self._pre:
            self.parts.append(html.escape(data, quote=False).replace("\n", "&#10;"))
        else:
            self.parts.append(_text(data, self._shown, keeps_lines=False))

    def _picture(self, attributes: dict[str, str | None]) -> str:
        alt = " ".join((attributes.get("alt") or "").split())[:200]
        if not alt:
            self._shown.speechless += 1
        address = self._find((attributes.get("src") or "").removeprefix("media:"))
        if not address:
            return html.escape(f"[图：{alt}]" if alt else "[图]", quote=False)
        sides = "".join(
            f' {side}="{int(str(attributes[side]))}"'
            for side in ("width", "height")
            if _is_length(attributes.get(side))
        )
        where = html.escape(address)
        return (
            f'<span class="picture"><img src="{where}" alt="{_attribute(alt)}"{sides}>'
            f'<a href="{where}" target="_blank" rel="noopener" data-enlarge="关闭">放大图片</a></span>'
        )


def _is_length(text: str | None) -> bool:
    return text is not None and text.isascii() and text.isdecimal() and 0 < len(text) < 6 and int(text) > 0


def _start(tag: str, attrs: list[tuple[str, str | None]]) -> str:
    written = "".join(f' {name}="{_attribute(value or "")}"' for name, value in attrs)
    return f"<{tag}{written}>"
