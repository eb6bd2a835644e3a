"""An item (试题) as it is drawn, shown and marked, and its JSON as SQL keeps it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

import msgspec

from examengine.banks.responses import Expected


class Kind(StrEnum):
    """The kinds of question a bank file may hold; only those in ``DELIVERABLE`` can be sat."""

    SINGLE_CHOICE = "single_choice"
    MULTIPLE_CHOICE = "multiple_choice"
    TRUE_FALSE = "true_false"
    SHORT_ANSWER = "short_answer"
    NUMERIC = "numeric"
    MATCHING = "matching"
    CLOZE = "cloze"
    ESSAY = "essay"
    OTHER = "other"


WITH_OPTIONS: Final = frozenset({Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE, Kind.TRUE_FALSE})
"""The kinds whose key is a set of options; the others say in ``expected`` what counts."""
DELIVERABLE: Final = frozenset(Kind) - {Kind.OTHER}

KIND_LABELS: Final[Mapping[Kind, str]] = {
    Kind.SINGLE_CHOICE: "单选题",
    Kind.MULTIPLE_CHOICE: "多选题",
    Kind.TRUE_FALSE: "判断题",
    Kind.SHORT_ANSWER: "填空题",
    Kind.NUMERIC: "数值题",
    Kind.MATCHING: "匹配题",
    Kind.CLOZE: "多空填空题",
    Kind.ESSAY: "简答题",
    Kind.OTHER: "其他题型",
}

DIFFICULTIES: Final = ("易", "中", "难")
OPTION_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Option:
    """One option. ``id`` is one letter a–z, unique in its item; a ``fixed`` option is never moved.

    ``markup`` is the same text as safe HTML (see ``Item``), empty where ``text`` says it all.
    """

    id: str
    text: str
    fixed: bool = False
    markup: str = ""


TRUE_FALSE_OPTIONS: Final = (Option("t", "正确", fixed=True), Option("f", "错误", fixed=True))


@dataclass(frozen=True, slots=True)
class Item:
    """A question with its key.

    ``key`` holds option ids. ``points_hundredths`` is None where the blueprint alone decides. ``difficulty``
    is one of ``DIFFICULTIES`` or empty. ``years`` is ascending, empty when the item suits every year.

    ``stem`` is plain text, always complete enough to be read, searched and compared. ``markup`` is the stem
    once more as HTML of the vocabulary of ``examengine.banks.markup``, where plain text says less (pictures,
    tables, formulas, emphasis); a picture's ``src`` is ``media:NAME``. ``expected`` is the key of the kinds
    that have no options.
    """

    kind: Kind
    stem: str
    options: tuple[Option, ...]
    key: frozenset[str]
    points_hundredths: int | None = None
    difficulty: str = ""
    topic: str = ""
    explanation: str = ""
    source: str = ""
    valid_until: date | None = None
    years: tuple[int, ...] = ()
    external_no: str = ""
    markup: str = ""
    expected: Expected | None = None


_decoder = msgspec.json.Decoder(Item)


def to_json(item: Item) -> bytes:
    """UTF-8 JSON of the item; equal items give equal bytes.

    Markup and expectation are left out where there are none, so that the digests of items kept before either
    existed still hold.
    """
    plain: dict[str, Any] = msgspec.to_builtins(item, order="deterministic")
    if not item.markup:
        del plain["markup"]
    if item.expected is None:
        del plain["expected"]
    for option in plain["options"]:
        if not option["markup"]:
            del option["markup"]
    return msgspec.json.encode(plain)


def from_json(data: bytes) -> Item:
    """The item that ``to_json`` wrote. Raises ``msgspec.ValidationError`` or ``msgspec.DecodeError``."""
    return _decoder.decode(data)


def with_random_option_ids(item: Item, letters: Iterable[str]) -> Item:
    """The same item under other option ids, taken in order from ``letters`` (distinct, a–z, shuffled).

    A reader gives a, b, c … in file order, which would tell a candidate where the author put the key. A
    true/false item keeps its ids and takes no letter. Raises ``ValueError`` where the letters do not suffice
    or repeat.
    """
    if item.kind is Kind.TRUE_FALSE:
        return item
    fresh: dict[str, str] = {}
    supply = iter(letters)
    for option in item.options:
        letter = next(supply, "")
        if len(letter) != 1 or letter not in OPTION_LETTERS or letter in fresh.values():
            raise ValueError(f"option {len(fresh) + 1} needs a letter a-z of its own, got {letter!r}")
        fresh[option.id] = letter
    options = tuple(replace(option, id=fresh[option.id]) for option in item.options)
    return replace(item, options=options, key=frozenset(fresh[letter] for letter in item.key))
