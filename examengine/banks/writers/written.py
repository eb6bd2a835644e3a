"""What a writer gives back, and what all writers share: titles, media of an item, archives without times."""

import html
import io
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

from examengine.banks.item import Item

TITLE_CHARACTERS: Final = 50
WORKBOOK_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

_MEDIA = re.compile(r'src="media:([\w.-]{1,200})"')
_ZIP_STAMP: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something a format could not hold: of which item (1-based, in the order written) and what."""

    number: int
    title: str
    what: str


@dataclass(frozen=True, slots=True)
class Written:
    """A file; ``ending`` is without a dot."""

    content: bytes
    ending: str
    mime_type: str
    left_out: tuple[LeftOut, ...] = ()


@dataclass(slots=True)
class Losses:
    """Collects what is left out while items are written."""

    listed: list[LeftOut] = field(default_factory=list)

    def say(self, number: int, item: Item, what: str) -> None:
        self.listed.append(LeftOut(number, item.external_no or title_of(item), what))

    def media(self, number: int, item: Item, media: Mapping[str, bytes]) -> None:
        """Says which pictures of an item are not at hand."""
        for name in media_of(item):
            if name not in media:
                self.say(number, item, f"图片 {name[:16]}… 不在库里，文件里没有这张图片")


def title_of(item: Item) -> str:
    """The beginning of the stem in one line, never empty."""
    line = " ".join(item.stem.split())
    return (line[:TITLE_CHARACTERS] + "…" if len(line) > TITLE_CHARACTERS else line) or "（无题干）"


def media_of(item: Item) -> tuple[str, ...]:
    """Names of the media an item's markup refers to, in order."""
    texts = [item.markup, *(option.markup for option in item.options)]
    return tuple(dict.fromkeys(name for text in texts for name in _MEDIA.findall(text)))


def media_used(items: Iterable[Item], media: Mapping[str, bytes]) -> dict[str, bytes]:
    """The media that items refer to and that are at hand."""
    return {name: media[name] for item in items for name in media_of(item) if name in media}


def with_sources(markup: str, prefix: str) -> str:
    """The markup with its pictures under another address."""
    return _MEDIA.sub(lambda match: f'src="{prefix}{match[1]}"', markup)


def zipped(parts: Mapping[str, bytes]) -> bytes:
    """An archive in the order given; the same parts give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, _ZIP_STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            archive.writestr(info, content)
    return packed.getvalue()


class _Xhtml(HTMLParser):
    """Writes clean HTML again as XML."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = "".join(f' {name}="{html.escape(value or "")}"' for name, value in attrs)
        space = ' xmlns="http://www.w3.org/1998/Math/MathML"' if tag == "math" else ""
        self.parts.append(f"<{tag}{space}{named}{'/' if tag in {'br', 'img', 'hr'} else ''}>")

    def handle_endtag(self, tag: str) -> None:
        if tag not in {"br", "img", "hr"}:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.parts.append(html.escape(data, quote=False))


def xhtml(markup: str) -> str:
    """Safe markup as well-formed XML; MathML in its namespace."""
    walk = _Xhtml()
    walk.feed(markup)
    walk.close()
    return "".join(walk.parts)


def share_of(count: int) -> str:
    """The percentage of one of so many right options, as Moodle writes it: 33.33333."""
    return f"{100 / count:.5f}".rstrip("0").rstrip(".")
