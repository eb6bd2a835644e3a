"""What our own workbook keeps beside the words of a row: a key that words cannot say, and formatting with pictures.

Both are taken only where they still agree with the words; where an author has changed these, the words win, and
pictures stay where the words still show their places.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import msgspec

from examengine.banks.dialects.expected import written
from examengine.banks.item import Item, Kind, Option
from examengine.banks.markup import Rich, rich_of
from examengine.banks.responses import (
    EssayExpected,
    Expected,
    GapsExpected,
    NumberExpected,
    PairsExpected,
    TextExpected,
)
from examengine.banks.wording import tidy

_KINDS: Final[Mapping[type, Kind]] = {
    TextExpected: Kind.SHORT_ANSWER,
    NumberExpected: Kind.NUMERIC,
    PairsExpected: Kind.MATCHING,
    GapsExpected: Kind.CLOZE,
    EssayExpected: Kind.ESSAY,
}
_PLACE = re.compile(r"\[图(?:：[^\[\]]{0,200})?\]")
_IMAGE = re.compile(r"<img [^<>]*>")


class Formatting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Markup of a stem and of its options in order, "" where words suffice."""

    stem: str = ""
    options: tuple[str, ...] = ()


_expected = msgspec.json.Decoder(Expected)
_formatting = msgspec.json.Decoder(Formatting)


def settings_of(cell: str, key: str) -> tuple[Kind, Expected] | None:
    """The kept expectation and its kind, where it says in words what the key says; None otherwise."""
    try:
        expected = _expected.decode(cell)
    except (msgspec.DecodeError, RecursionError):
        return None
    kind = _KINDS.get(type(expected))
    return (kind, expected) if kind is not None and tidy(written(expected)) == key else None


def formatted(item: Item, cell: str, names: Mapping[str, str]) -> tuple[Item, bool]:
    """The item with its kept markup, and whether all of it still agrees with the words.

    ``names`` are the shelf's names of media by the names the markup uses.
    """
    try:
        kept = _formatting.decode(cell)
    except (msgspec.DecodeError, RecursionError):
        return item, False
    stem, agrees = _rich(item.stem, kept.stem, names)
    options: list[Option] = []
    for index, option in enumerate(item.options):
        rich, same = _rich(option.text, kept.options[index] if index < len(kept.options) else "", names)
        options.append(replace(option, text=rich.text, markup=rich.markup))
        agrees = agrees and same
    return replace(item, stem=stem.text, markup=stem.markup, options=tuple(options)), agrees


def _rich(text: str, markup: str, names: Mapping[str, str]) -> tuple[Rich, bool]:
    if not markup:
        return Rich(text), True

    def find(source: str) -> str:
        return names.get(source.removeprefix("media:"), "")

    rich = rich_of(markup, find)
    if rich.text == text:
        return rich, True
    images = _IMAGE.findall(markup)
    if not images or len(_PLACE.findall(text)) != len(images):
        return Rich(text), False
    supply = iter(images)
    again = _PLACE.sub(lambda _: next(supply), html.escape(text, quote=False).replace("\n", "<br>"))
    return rich_of(again, find), False
