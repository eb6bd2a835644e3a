"""What is expected of a candidate where options and a key do not say it: the keys of the other kinds.

Plain immutable data that readers fill and SQL keeps within an item. Weights are hundredths of the full score,
100 for a full answer. Nothing here marks anything.
"""

from typing import Final

import msgspec

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
