"""What is expected of a candidate where options and a key do not say it, and what he may answer.

Expectations are plain immutable data that readers fill and SQL keeps within an item. Weights are hundredths of the
full score, 100 for a full answer. Nothing here marks anything.

A response is one string. Of the choice kinds it is option ids in order ("ac"); of the others a compact JSON list with
one string a part, in NFC and trimmed: ``short_answer`` ["text"], ``numeric`` ["3.14"], ``matching`` the id of the
right side chosen for each left one, ``cloze`` one a gap, ``essay`` ["text"]; an empty part is "". A response whose
parts are all empty is "".
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from examengine.banks.item import Item

FULL_WEIGHT: Final = 100


class AcceptedText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer that counts. ``*`` stands for any run of characters where the expectation says so."""

    text: str
    weight: int = FULL_WEIGHT


class TextExpected(msgspec.Struct, frozen=True, tag="text", forbid_unknown_fields=True):
    """A short text: any of ``accepted``."""

    accepted: tuple[AcceptedText, ...]
    case_counts: bool = False
    wildcards: bool = False


class NumberRange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Numbers from ``low`` to ``high``, both within; decimal digits as the author wrote them, never floats."""

    low: str
    high: str
    weight: int = FULL_WEIGHT


class NumberExpected(msgspec.Struct, frozen=True, tag="number", forbid_unknown_fields=True):
    """A number in any of ``ranges``; ``unit`` is shown beside the field."""

    ranges: tuple[NumberRange, ...]
    unit: str = ""


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Two texts that belong together."""

    left: str
    right: str


class PairsExpected(msgspec.Struct, frozen=True, tag="pairs", forbid_unknown_fields=True):
    """Pairs to be found; ``distractors`` are right sides that belong to nothing."""

    pairs: tuple[Pair, ...]
    distractors: tuple[str, ...] = ()


class ChoiceExpected(msgspec.Struct, frozen=True, tag="choice", forbid_unknown_fields=True):
    """One of ``texts``, as in a drop-down gap; ``right`` holds (index into texts, weight)."""

    texts: tuple[str, ...]
    right: tuple[tuple[int, int], ...]


class Gap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A gap of a cloze; ``mark`` stands in the stem where the gap is ("{1}")."""

    mark: str
    expected: TextExpected | NumberExpected | ChoiceExpected
    share: int = 1


class GapsExpected(msgspec.Struct, frozen=True, tag="gaps", forbid_unknown_fields=True):
    """The gaps of a cloze in reading order; a gap counts ``share`` parts of the sum of all shares."""

    gaps: tuple[Gap, ...]


class EssayExpected(msgspec.Struct, frozen=True, tag="essay", forbid_unknown_fields=True):
    """A text that a person marks, by ``model`` where the author gave one."""

    model: str = ""


Expected = TextExpected | NumberExpected | PairsExpected | ChoiceExpected | GapsExpected | EssayExpected


def answerable(expected: Expected | None) -> bool:
    """True where an answer can earn the full score; an essay always can."""
    match expected:
        case EssayExpected():
            return True
        case TextExpected():
            return any(answer.weight >= FULL_WEIGHT and answer.text for answer in expected.accepted)
        case NumberExpected():
            return any(span.weight >= FULL_WEIGHT for span in expected.ranges)
        case PairsExpected():
            return bool(expected.pairs)
        case ChoiceExpected():
            return len(expected.texts) > 1 and any(weight >= FULL_WEIGHT for _, weight in expected.right)
        case GapsExpected():
            return bool(expected.gaps) and all(answerable(gap.expected) for gap in expected.gaps)
        case _:
            return False


PART_LIMIT: Final = 200
"""Characters of one part, also of a gap; an essay has ``ESSAY_LIMIT``."""
ESSAY_LIMIT: Final = 4_000
"""Characters of an essay, and of all parts of a response together."""
PARTS_LIMIT: Final = 60
VALUE_BYTES: Final = 16 * 1024 + 64
"""No response in its written form is longer: 4,000 characters of four bytes each, or of two with a backslash."""

_CHOICE_KINDS: Final = frozenset({"single_choice", "multiple_choice", "true_false"})
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_SIDES: Final = (*_LETTERS, *(one + other for one in "abcd" for other in _LETTERS))
_IDS: Final = re.compile("[a-z]{0,26}")
# what no keyboard types into an answer; a line feed and a tab stay
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff]")
_LINE_ENDS: Final = re.compile("\r\n?|\u2028|\u2029|\x85")
_parts_of_json = msgspec.json.Decoder(tuple[str, ...]).decode
_json_of_parts = msgspec.json.Encoder().encode


def tidied(text: str) -> str:
    """One part as it is kept: NFC, line ends as ``\\n``, without control characters and outer space."""
    if text.isascii() and text.isprintable():
        return text.strip()
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", unicodedata.normalize("NFC", text))).strip()


def encode(parts: Sequence[str]) -> str:
    """The value of a response with these parts; "" where all are empty."""
    kept = tuple(tidied(part) for part in parts)
    return _json_of_parts(kept).decode() if any(kept) else ""


def parse(kind: str, value: str) -> tuple[str, ...]:
    """The parts of a response; of a choice kind the option ids, one each. Empty for a blank.

    What is no response of the kind (it was saved by no page of ours) has no parts either.
    """
    if kind in _CHOICE_KINDS:
        return tuple(value) if value.isalpha() else ()
    return listed(value) or ()


def listed(value: str) -> tuple[str, ...] | None:
    """The strings of a JSON list; None where ``value`` is not one."""
    if not value.startswith("["):
        return None
    try:
        return _parts_of_json(value)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return None


def bounded(value: str) -> str:
    """A written response of whatever kind in its canonical form, as the edge takes it without knowing the item.

    Raises ValueError for what is neither option ids nor a list of at most ``PARTS_LIMIT`` strings with
    ``ESSAY_LIMIT`` characters in all.
    """
    if not value or value[0] != "[":
        if not _IDS.fullmatch(value):
            raise ValueError("not option ids")
        return "".join(sorted(set(value)))
    parts = listed(value)
    if parts is None or len(parts) > PARTS_LIMIT:
        raise ValueError("not a list of parts")
    if sum(map(len, parts)) > ESSAY_LIMIT:
        raise ValueError(f"more than {ESSAY_LIMIT} characters")
    return encode(parts)


def check(item: "Item", value: str) -> str:
    """The canonical form of a response to an item. Raises ValueError, with words for people, where it is none."""
    if item.kind in _CHOICE_KINDS:
        ids = {option.id for option in item.options}
        if not set(value) <= ids:
            raise ValueError("没有这个选项")
        if item.kind != "multiple_choice" and len(set(value)) > 1:
            raise ValueError("只能选一个")
        return "".join(sorted(set(value)))
    parts = parse(item.kind, value)
    if value and not parts:
        raise ValueError("读不懂这个答案")
    fields = parts_of(item)
    if len(parts) > len(fields):
        raise ValueError("没有这么多空")
    for no, (text, sides) in enumerate(zip(parts, fields, strict=False), start=1):
        limit = ESSAY_LIMIT if item.kind == "essay" else PART_LIMIT
        if sides is not None and text and text not in {side for side, _ in sides}:
            raise ValueError(f"第 {no} 处没有这一项")
        if len(tidied(text)) > limit:
            raise ValueError(f"第 {no} 处有 {len(tidied(text))} 字，最多 {limit} 字")
    if sum(map(len, parts)) > ESSAY_LIMIT:
        raise ValueError(f"合计超过 {ESSAY_LIMIT} 字")
    return encode((*parts, *("" for _ in range(len(fields) - len(parts)))))


Sides = tuple[tuple[str, str], ...]
"""What a part may be chosen from: (id, text). The ids are a, b, c … z, aa … over the sorted texts, so that they tell
nothing of where the author put the right one."""


def sides_of(texts: Sequence[str]) -> Sides:
    """Distinct texts with the ids by which responses name them."""
    return tuple(zip(_SIDES, sorted(set(texts)), strict=False))


def right_sides(expected: PairsExpected) -> Sides:
    """What a left side may be matched with."""
    return sides_of([pair.right for pair in expected.pairs] + list(expected.distractors))


def parts_of(item: "Item") -> tuple[Sides | None, ...]:
    """One entry a part of a response to an item that has no options: what it is chosen from, None: it is typed."""
    match item.expected:
        case PairsExpected() as pairs:
            return (right_sides(pairs),) * len(pairs.pairs)
        case GapsExpected() as gaps:
            return tuple(
                sides_of(gap.expected.texts) if isinstance(gap.expected, ChoiceExpected) else None
                for gap in gaps.gaps
            )
        case _:
            return (None,)


def shown_ids(item: "Item") -> tuple[str, ...]:
    """The ids whose order a paper draws: an item's options, or the sides that its parts are chosen from.

    Several gaps share the letters: each shows those it has, in the order of the paper. More than 26 sides have no
    order of a paper: they are shown sorted.
    """
    if item.kind in _CHOICE_KINDS:
        return tuple(option.id for option in item.options)
    most = max((len(sides) for sides in parts_of(item) if sides is not None), default=0)
    return tuple(_LETTERS[:most]) if most <= len(_LETTERS) else ()


def needs_person(expected: Expected | None) -> bool:
    """Whether only a person can mark it: an essay, and a short answer for which no text is named."""
    return isinstance(expected, EssayExpected) or (isinstance(expected, TextExpected) and not expected.accepted)
