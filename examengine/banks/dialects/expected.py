"""Keys of short answers, numbers, pairs, gaps and essays as authors write them in one cell, read and written.

``expected_of(kind, written(expected), …)`` gives the expectation back wherever ``is_plain`` says that words suffice.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from examengine.banks.dialects.numbers import decimal_of, span
from examengine.banks.item import Kind
from examengine.banks.responses import (
    FULL_WEIGHT,
    AcceptedText,
    EssayExpected,
    Expected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
)
from examengine.banks.wording import half_width, tidy

BLANKS_LIMIT: Final = 60

_UNDERLINED = re.compile(r"_{2,}(?:\s*_{2,})*|＿{2,}")
_BRACKETED = re.compile(r"([（(])[\s_＿]*([)）])")
_MARKED = re.compile(r"\{(\d{1,2})\}")
_JOINTS: Final = ("|", "｜", "\n", "；", ";", "、", "，", ",")
_NUMBERED_PARTS = re.compile(
    r"(?:(?:^|\s)(?:[(（]\s{0,4}(\d{1,2})\s{0,4}[)）]|(\d{1,2})\s{0,4}[.．、:：](?!\d))|([①-⑳]))\s{0,9}"
)
_ARROW = re.compile(r"\s*(?:→|-+>|=+>|—+>|——+|⟶)\s*")
_WEAK_ARROW = re.compile(r"\s*(?:[=＝:：]|--+)\s*")
_RANGE = re.compile(r"^[\[(]?\s*([-+]?[\d.,eE]+)\s*(?:~|～|\.\.|至|到|,)\s*([-+]?[\d.,eE]+)\s*[\])]?$")
_AROUND = re.compile(r"^([-+]?[\d.,eE]+)\s*(?:±|\+/-|\+-|:)\s*([\d.,eE]+)$")


def expected_of(kind: Kind, key: str, blanks: Sequence[str] = (), gaps: int = 0) -> Expected | None:
    """What the words of a key mean for a kind; ``gaps`` is how many the stem shows. None where they mean nothing."""
    match kind:
        case Kind.SHORT_ANSWER:
            texts = [tidy(text) for text in (blanks or re.split(r"[|｜]", key))]
            return TextExpected(tuple(AcceptedText(text) for text in dict.fromkeys(texts) if text))
        case Kind.CLOZE:
            return gaps_expected(list(blanks) if blanks else split_parts(key, gaps))
        case Kind.NUMERIC:
            return numbers_expected(key)
        case Kind.MATCHING:
            return pairs_expected(key)
        case Kind.ESSAY:
            return EssayExpected(tidy(key))
        case _:
            return None


def gaps_expected(parts: Sequence[str]) -> GapsExpected:
    """A gap a part."""
    filled = [text for part in parts if (text := tidy(part))]
    return GapsExpected(
        tuple(Gap(f"{{{n}}}", TextExpected((AcceptedText(text),))) for n, text in enumerate(filled, start=1))
    )


def split_parts(key: str, count: int = 0) -> list[str]:
    """A key taken apart into ``count`` parts, by numbers or by the first sign that does; as it stands otherwise.

    With ``count`` 0 any sign will do.
    """
    numbered = _by_numbers(key)
    if numbered and (count in {0, len(numbered)}):
        return numbered
    for joint in (*_JOINTS, None):
        parts = [part.strip() for part in key.split(joint)]
        parts = [part for part in parts if part]
        if len(parts) == count or (count == 0 and len(parts) > 1):
            return parts
    return [key]


def _by_numbers(key: str) -> list[str]:
    marks = list(_NUMBERED_PARTS.finditer(key))[:BLANKS_LIMIT]
    numbers = [ord(mark[3]) - ord("①") + 1 if mark[3] else int(mark[1] or mark[2]) for mark in marks]
    if len(marks) < 2 or marks[0].start() != 0 or numbers != list(range(1, len(numbers) + 1)):
        return []
    ends = [mark.start() for mark in marks[1:]] + [len(key)]
    return [key[mark.end() : end].strip(" \t\n;；,，、。") for mark, end in zip(marks, ends, strict=True)]


def count_gaps(stem: str) -> int:
    """How many gaps a stem shows: marks, underlines, or empty brackets."""
    return len(_places(stem))


def _places(stem: str) -> list[re.Match[str]]:
    marked = list(_MARKED.finditer(stem))
    if marked and [int(mark[1]) for mark in marked] == list(range(1, len(marked) + 1)):
        return marked
    return list(_UNDERLINED.finditer(stem)) or list(_BRACKETED.finditer(stem))


def with_marks(stem: str, count: int) -> str | None:
    """The stem with "{1}", "{2}" … in its gaps; None where it does not show just so many."""
    places = _places(stem)
    if len(places) != count or count > BLANKS_LIMIT:
        return None
    parts: list[str] = []
    at = 0
    for number, place in enumerate(places, start=1):
        around = place.groups() if place.re is _BRACKETED else ("", "")
        parts += [stem[at : place.start()], around[0], f"{{{number}}}", around[1]]
        at = place.end()
    return "".join([*parts, stem[at:]])


def numbers_expected(key: str) -> NumberExpected:
    """ "3", "2.9~3.1", "3±0.1", "1/2" is no number; alternatives by "|". What cannot be read leaves no range."""
    ranges = []
    for part in re.split(r"[|｜\n；;]", key):
        found = _number(half_width(part).strip().replace("−", "-"))
        if found is None:
            return NumberExpected(())
        ranges.append(found)
    return NumberExpected(tuple(ranges))


def _number(text: str) -> NumberRange | None:
    exact = span(text, "0", FULL_WEIGHT)
    if exact is not None:
        return exact
    around = _AROUND.match(text)
    if around is not None:
        return span(around[1], around[2], FULL_WEIGHT)
    between = _RANGE.match(text)
    if between is None:
        return None
    low, high = decimal_of(between[1]), decimal_of(between[2])
    if low is None or high is None:
        return None
    return NumberRange(min(low, high, key=Decimal), max(low, high, key=Decimal), FULL_WEIGHT)


def pairs_expected(key: str) -> PairsExpected | None:
    """ "甲 → 1" a line or parted by "；"; "→ 3" is a right side that belongs to nothing."""
    lines = [line for line in key.split("\n") if line.strip()]
    if len(lines) == 1:
        lines = [part for part in re.split(r"[；;|｜]", key) if part.strip()]
    pairs: list[Pair] = []
    spare: list[str] = []
    for line in lines:
        sides = _ARROW.split(line, maxsplit=1)
        if len(sides) != 2:
            sides = _WEAK_ARROW.split(line, maxsplit=1)
        if len(sides) != 2 or not sides[1].strip():
            return None
        left, right = tidy(sides[0]), tidy(sides[1])
        if left:
            pairs.append(Pair(left, right))
        else:
            spare.append(right)
    return PairsExpected(tuple(pairs), tuple(spare)) if pairs else None


def written(expected: Expected) -> str:
    """The key in words, as ``expected_of`` reads it; what words cannot say is left out."""
    match expected:
        case TextExpected():
            return " | ".join(answer.text for answer in expected.accepted)
        case NumberExpected():
            return " | ".join(_span_written(found) for found in expected.ranges)
        case PairsExpected():
            lines = [f"{pair.left} → {pair.right}" for pair in expected.pairs]
            return "\n".join([*lines, *(f"→ {text}" for text in expected.distractors)])
        case GapsExpected():
            return " | ".join(_gap_written(gap) for gap in expected.gaps)
        case EssayExpected():
            return expected.model
        case _:
            return ""


def _span_written(found: NumberRange) -> str:
    return found.low if found.low == found.high else f"{found.low}~{found.high}"


def _gap_written(gap: Gap) -> str:
    match gap.expected:
        case TextExpected():
            return next((answer.text for answer in gap.expected.accepted), "?")
        case NumberExpected():
            return next((_span_written(found) for found in gap.expected.ranges), "?")
        case _:
            best = max(gap.expected.right, key=lambda pair: pair[1], default=None)
            return gap.expected.texts[best[0]] if best is not None else "?"


def is_plain(kind: Kind, expected: Expected, gaps: int = 0) -> bool:
    """True where the words alone say everything."""
    return expected_of(kind, tidy(written(expected)), (), gaps) == expected


__all__ = [
    "count_gaps",
    "expected_of",
    "gaps_expected",
    "is_plain",
    "numbers_expected",
    "pairs_expected",
    "split_parts",
    "with_marks",
    "written",
]
