"""What a later version of an item says otherwise, for people to read."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final, Literal

import msgspec

from examengine.banks.item import KIND_LABELS, OPTION_LETTERS, Item, Option

Part = Literal[
    "kind",
    "stem",
    "markup",
    "option",
    "key",
    "points",
    "difficulty",
    "topic",
    "explanation",
    "source",
    "valid_until",
    "years",
    "external_no",
]
Sign = Literal["same", "out", "in"]
LONGEST: Final = 1_500
"""Characters of a text that is compared sign by sign; a longer one is shown whole, before and after."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that stayed, went or came."""

    sign: Sign
    text: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of the item that changed; ``letter`` names the option where one is meant."""

    part: Part
    pieces: tuple[Piece, ...]
    letter: str = ""


def differences(before: Item, after: Item) -> tuple[Difference, ...]:
    """The parts in which two versions differ, in the order of a page. Options are compared by their places: their ids
    are drawn anew with every version.
    """
    return tuple(_differences(before, after))


def pieces_of(before: str, after: str) -> tuple[Piece, ...]:
    """The way from one text to the other; joining what stayed and came gives ``after``."""
    if before == after:
        return (Piece("same", after),) if after else ()
    if not before or not after or max(len(before), len(after)) > LONGEST:
        return tuple(Piece(sign, text) for sign, text in _whole(before, after) if text)
    return tuple(_pieces(before, after))


def _whole(before: str, after: str) -> Iterator[tuple[Sign, str]]:
    yield "out", before
    yield "in", after


def _pieces(before: str, after: str) -> Iterator[Piece]:
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Piece("same", before[a:b])
            continue
        if a < b:
            yield Piece("out", before[a:b])
        if c < d:
            yield Piece("in", after[c:d])


def _differences(before: Item, after: Item) -> Iterator[Difference]:
    texts: tuple[tuple[Part, str, str], ...] = (
        ("kind", KIND_LABELS[before.kind], KIND_LABELS[after.kind]),
        ("stem", before.stem, after.stem),
    )
    yield from _changed(texts)
    if before.stem == after.stem and before.markup != after.markup:
        yield Difference("markup", ())
    yield from _options(before.options, after.options)
    yield from _changed(
        (
            ("key", key_told(before), key_told(after)),
            ("points", _points(before), _points(after)),
            ("difficulty", before.difficulty, after.difficulty),
            ("topic", before.topic, after.topic),
            ("explanation", before.explanation, after.explanation),
            ("source", before.source, after.source),
            ("valid_until", str(before.valid_until or ""), str(after.valid_until or "")),
            ("years", _years(before), _years(after)),
            ("external_no", before.external_no, after.external_no),
        )
    )


def _changed(texts: tuple[tuple[Part, str, str], ...]) -> Iterator[Difference]:
    for part, before, after in texts:
        if before != after:
            whole = part not in {"stem", "explanation", "source", "topic"}
            pieces = [Piece(sign, text) for sign, text in _whole(before, after) if text]
            yield Difference(part, tuple(pieces) if whole else pieces_of(before, after))


def _options(before: tuple[Option, ...], after: tuple[Option, ...]) -> Iterator[Difference]:
    for place, (older, newer) in enumerate(zip_longest(before, after)):
        letter = OPTION_LETTERS[place % len(OPTION_LETTERS)].upper()
        old_text, new_text = (option.text if option is not None else "" for option in (older, newer))
        if old_text != new_text:
            yield Difference("option", pieces_of(old_text, new_text), letter)
        elif older is not None and newer is not None and (older.markup, older.fixed) != (newer.markup, newer.fixed):
            yield Difference("option", (), letter)


def key_told(item: Item) -> str:
    """The key as authors write it: letters in the order of the file, or what is expected."""
    if item.expected is not None:
        return "；".join(_leaves(item.expected))
    letters = [OPTION_LETTERS[n % 26].upper() for n, option in enumerate(item.options) if option.id in item.key]
    return "".join(letters)


def _leaves(value: object) -> Iterator[str]:
    """The words and numbers of an expectation, in its order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _leaves(getattr(value, name))
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _points(item: Item) -> str:
    return "" if item.points_hundredths is None else f"{item.points_hundredths / 100:g}"


def _years(item: Item) -> str:
    return "、".join(map(str, item.years))
