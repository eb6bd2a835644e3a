"""Pictures of items named by what they hold, and only those that an item shows."""

import hashlib
import html
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import imagesize  # type: ignore[import-untyped]

from examengine.banks.item import Item, Option
from examengine.banks.markup.media import Media
from examengine.banks.markup.show import SETTLED

SIDE_LIMIT: Final = 20_000
PICTURES: Final[Mapping[str, str]] = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/bmp": "bmp",
    "image/webp": "webp",
}
"""Content types that are served, with the ending of their names. No SVG: it can run scripts, and cannot be told from
one that does without drawing it."""

# As the cleaner writes tags: one way of quoting, no bare ">" within.
_IMG = re.compile(r"<img\b([^<>]*)>")
_PAIR = re.compile(r'([a-z]+)="([^"]*)"')


def settle(items: Sequence[Item], media: Sequence[Media]) -> tuple[tuple[Item, ...], tuple[Media, ...]]:
    """Rename ``media:NAME`` to ``media:<sha256>.<ext>`` and give every picture its size.

    Media that no item refers to stay behind; a reference to what is not there becomes words, one that is settled
    already stays as it is, but for its size where ``media`` holds it.
    """
    named = {kept.name: kept for kept in media if kept.type in PICTURES}
    work = _Settling(named)
    settled = tuple(work.item(item) for item in items)
    return settled, tuple(work.used.values())


def references(item: Item) -> tuple[str, ...]:
    """Names (``<sha256>.<ext>``) of the kept pictures that an item shows."""
    texts = (item.markup, *(option.markup for option in item.options))
    return tuple(dict.fromkeys(name for text in texts for name in SETTLED.findall(text)))


def settled_name(kept: Media) -> str:
    """The name under which a picture is kept for good."""
    return f"{hashlib.sha256(kept.data).hexdigest()}.{PICTURES[kept.type]}"


def size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels as the picture stands upright, None where its bytes do not say."""
    try:
        width, height = imagesize.get(io.BytesIO(data))
    except Exception:
        # bytes of strangers: whatever the reader stumbles over, the picture is shown without its size
        return None
    return (width, height) if 0 < width <= SIDE_LIMIT and 0 < height <= SIDE_LIMIT else None


class _Settling:
    def __init__(self, named: Mapping[str, Media]) -> None:
        self._named = named
        self._size: dict[str, tuple[int, int] | None] = {}
        self.used: dict[str, Media] = {}

    def item(self, item: Item) -> Item:
        if "<img" not in item.markup and not any("<img" in option.markup for option in item.options):
            return item
        return replace(
            item, markup=self._text(item.markup), options=tuple(self._option(option) for option in item.options)
        )

    def _option(self, option: Option) -> Option:
        return replace(option, markup=self._text(option.markup)) if "<img" in option.markup else option

    def _text(self, markup: str) -> str:
        return _IMG.sub(self._img, markup)

    def _img(self, match: re.Match[str]) -> str:
        attributes = {name: html.unescape(value) for name, value in _PAIR.findall(match[1])}
        source = attributes.get("src", "")
        kept = self._named.get(source.removeprefix("media:"))
        if kept is None and SETTLED.fullmatch(source):
            return match[0]
        if kept is None:
            alt = attributes.get("alt", "")
            return html.escape(f"[图：{alt}]" if alt else "[图]", quote=False)
        name = settled_name(kept)
        if name not in self.used:
            self.used[name] = Media(name, kept.type, kept.data)
            self._size[name] = size_of(kept.data)
        attributes["src"] = f"media:{name}"
        _complete(attributes, self._size[name])
        attributes.setdefault("alt", "")
        written = "".join(
            f' {key}="{html.escape(attributes[key])}"'
            for key in ("src", "alt", "width", "height")
            if key in attributes
        )
        return f"<img{written}>"


def _complete(attributes: dict[str, str], size: tuple[int, int] | None) -> None:
    """Both sides of a picture, the author's where they are given: without them the page would jump."""
    width, height = (_length(attributes.pop(side, "")) for side in ("width", "height"))
    if size is not None:
        if width and not height:
            height = max(1, round(width * size[1] / size[0]))
        elif height and not width:
            width = max(1, round(height * size[0] / size[1]))
        elif not width and not height:
            width, height = size
    if width and height:
        attributes["width"], attributes["height"] = str(width), str(height)


def _length(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0
