"""Questions in documents: from the HTML that everybody sees to text and pictures; formulas as their words."""

import re
from collections.abc import Mapping
from html.parser import HTMLParser

from examengine.web.pdf import Block, Paragraph, Picture

MEDIA = re.compile(r"/media/([0-9a-f]{64})\.[a-z0-9]{2,4}")
_BLOCKS = frozenset({"p", "div", "li", "ul", "ol", "tr", "table", "pre", "blockquote"})
_VOID = frozenset({"br", "hr", "img"})
_LINES = re.compile(r"[ \t\u00a0]*\n[ \t\n\u00a0]*")


def pictures_in(html: str) -> tuple[str, ...]:
    """Digests of the kept pictures that some HTML shows."""
    return tuple(dict.fromkeys(MEDIA.findall(html)))


def blocks_of(html: str, pictures: Mapping[str, bytes], *, mark: str = "", indent: int = 0) -> tuple[Block, ...]:
    """The HTML of a stem or an option as blocks.

    Args:
        html: what ``web.markup`` made.
        pictures: content by digest; one that is missing is told in words.
        mark: number or letter before the first line.
    """
    walk = _Walk(pictures, mark, indent)
    walk.feed(html)
    walk.close()
    walk.end_text()
    return tuple(walk.blocks) or (Paragraph("", indent=indent, mark=mark),)


class _Walk(HTMLParser):
    def __init__(self, pictures: Mapping[str, bytes], mark: str, indent: int) -> None:
        super().__init__(convert_charrefs=True)
        self._pictures = pictures
        self._mark = mark
        self._indent = indent
        self._text: list[str] = []
        self._unseen = 0
        self.blocks: list[Block] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if self._unseen or tag == "math" or (tag == "a" and "data-enlarge" in told):
            self._unseen += tag not in _VOID
        elif tag == "img":
            self._picture(told.get("src") or "", told.get("alt") or "")
        elif tag == "br" or tag in _BLOCKS:
            self._text.append("\n")
        elif tag in {"td", "th"}:
            self._text.append("　")
        elif tag == "sup":
            self._text.append("^")

    def handle_endtag(self, tag: str) -> None:
        if self._unseen:
            self._unseen -= tag not in _VOID
        elif tag in _BLOCKS:
            self._text.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._text.append(data)

    def _picture(self, address: str, told: str) -> None:
        found = MEDIA.fullmatch(address)
        content = self._pictures.get(found[1]) if found else None
        if content is None:
            self._text.append(f"[图：{told}]" if told else "[图]")
            return
        self.end_text()
        self.blocks.append(Picture(content, told))

    def end_text(self) -> None:
        """Put what was gathered into a paragraph."""
        text = _LINES.sub("\n", "".join(self._text)).strip()
        self._text = []
        if text or (self._mark and not self.blocks):
            self.blocks.append(Paragraph(text, indent=self._indent, mark=self._mark))
            self._mark = ""
