"""What each part of an answer is worth: a text or number, a pair, a gap. Nothing is rounded here."""

from collections.abc import Iterable
from dataclasses import dataclass

from examengine.banks.responses import (
    FULL_WEIGHT,
    ChoiceExpected,
    EssayExpected,
    Expected,
    GapsExpected,
    NumberExpected,
    PairsExpected,
    Sides,
    TextExpected,
    listed,
    right_sides,
    sides_of,
)
from examengine.grading.texts import weight_of_number, weight_of_text


@dataclass(frozen=True, slots=True)
class PartMark:
    """``weight`` of 100 was earned of a part that counts ``share`` of the sum of all shares."""

    is_blank: bool
    weight: int
    share: int = 1

    @property
    def is_right(self) -> bool:
        return self.weight == FULL_WEIGHT


def parts_marked(expected: Expected, value: str) -> tuple[PartMark, ...]:
    """One mark a part, in the order of the parts; what was left out at the end is blank.

    A value that is no list of parts – nothing of ours saves one – is one wrong part where there is one, blank where
    there are several. Raises ValueError for an essay: a person marks it.
    """
    given = listed(value) or ((value,) if value else ())
    match expected:
        case TextExpected():
            text = given[0] if given else ""
            return (PartMark(not text, weight_of_text(text, expected)),)
        case NumberExpected():
            text = given[0] if given else ""
            return (PartMark(not text, weight_of_number(text, expected)),)
        case ChoiceExpected():
            return (_chosen(given[0] if given else "", expected, 1),)
        case PairsExpected():
            sides = right_sides(expected)
            filled = _filled(given, len(expected.pairs))
            return tuple(
                PartMark(not side, FULL_WEIGHT * (side != "" and _text_of(side, sides) == pair.right))
                for side, pair in zip(filled, expected.pairs, strict=True)
            )
        case GapsExpected():
            filled = _filled(given, len(expected.gaps))
            return tuple(
                _in_gap(text, gap.expected, gap.share) for text, gap in zip(filled, expected.gaps, strict=True)
            )
        case EssayExpected():
            raise ValueError("a person marks an essay")


def _filled(given: tuple[str, ...], count: int) -> Iterable[str]:
    return (*given[:count], *("" for _ in range(count - len(given))))


def _in_gap(text: str, expected: TextExpected | NumberExpected | ChoiceExpected, share: int) -> PartMark:
    match expected:
        case TextExpected():
            return PartMark(not text, weight_of_text(text, expected), share)
        case NumberExpected():
            return PartMark(not text, weight_of_number(text, expected), share)
        case ChoiceExpected():
            return _chosen(text, expected, share)


def _chosen(side: str, expected: ChoiceExpected, share: int) -> PartMark:
    chosen = _text_of(side, sides_of(expected.texts))
    weights = (weight for index, weight in expected.right if side and expected.texts[index] == chosen)
    return PartMark(not side, min(max(weights, default=0), FULL_WEIGHT), share)


def _text_of(side: str, sides: Sides) -> str:
    return dict(sides).get(side, "")
