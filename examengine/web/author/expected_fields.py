"""Keys of the kinds without options as the editor's fields: a line an answer, " =50%" behind one that earns a part.

``texts_of(texts_written(x)) == x`` and so on, for whatever a version may hold.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from examengine.banks.dialects.expected import numbers_expected
from examengine.banks.responses import (
    FULL_WEIGHT,
    AcceptedText,
    ChoiceExpected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
)
from examengine.banks.wording import half_width, tidy

_WEIGHT = re.compile(r"^(?P<text>.*?)\s*[=＝]\s*(?P<weight>\d{1,3})\s*[%％]$")
_UNIT = re.compile(r"^单位\s*[:：]\s*(?P<unit>.*)$")
GAP_KINDS = {
    "text": "填文字",
    "exact": "填文字，区分大小写",
    "wild": "填文字，* 代表任意字",
    "exact_wild": "填文字，区分大小写，* 代表任意字",
    "number": "填数",
    "choice": "从下拉列表选",
}


class UnreadableError(ValueError):
    """A line that means nothing; the text says which and what would."""


@dataclass(frozen=True, slots=True)
class GapFields:
    """One gap as its fields hold it. ``kind`` is one of ``GAP_KINDS``."""

    mark: str
    kind: str = "text"
    answers: str = ""
    share: str = "1"


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip())


def _weighed(line: str) -> tuple[str, int]:
    match = _WEIGHT.match(line)
    return (match["text"], int(match["weight"])) if match and match["text"] else (line, FULL_WEIGHT)


def _with_weight(text: str, weight: int) -> str:
    line = " ".join(text.split("\n"))
    return f"{line} ={weight}%" if weight != FULL_WEIGHT or _WEIGHT.match(line) else line


def texts_of(lines: str, *, case_counts: bool = False, wildcards: bool = False) -> TextExpected:
    """Accepted texts, one a line."""
    accepted = (AcceptedText(tidy(text), weight) for text, weight in map(_weighed, _lines(lines)))
    return TextExpected(tuple(accepted), case_counts, wildcards)


def texts_written(expected: TextExpected) -> str:
    return "\n".join(_with_weight(answer.text, answer.weight) for answer in expected.accepted)


def numbers_of(lines: str, unit: str = "") -> NumberExpected:
    """Accepted numbers and ranges, one a line: 3, 2.9~3.1, 3±0.1; a line 单位：kg names the unit.

    Raises:
        UnreadableError: a line is no number.
    """
    ranges: list[NumberRange] = []
    for line in _lines(lines):
        named = _UNIT.match(line)
        if named is not None:
            unit = named["unit"]
            continue
        text, weight = _weighed(line)
        found = numbers_expected(half_width(text)).ranges
        if not found:
            raise UnreadableError(f"“{text[:40]}”不是数；可以写 3、2.9~3.1 或 3±0.1，一行一个")
        ranges += [NumberRange(span.low, span.high, weight) for span in found]
    return NumberExpected(tuple(ranges), tidy(unit))


def numbers_written(expected: NumberExpected) -> str:
    """Without the unit."""
    return "\n".join(_with_weight(_span(found), found.weight) for found in expected.ranges)


def _span(found: NumberRange) -> str:
    return found.low if Decimal(found.low) == Decimal(found.high) else f"{found.low}~{found.high}"


def choice_of(lines: str) -> ChoiceExpected:
    """The entries of a drop-down, one a line, a * before each right one."""
    texts: list[str] = []
    right: list[tuple[int, int]] = []
    for line in _lines(lines):
        if line[0] in "*＊":
            text, weight = _weighed(line[1:].strip())
            right.append((len(texts), weight))
            texts.append(tidy(text))
        else:
            texts.append(tidy(line.removeprefix("\\")))
    return ChoiceExpected(tuple(texts), tuple(right))


def choice_written(expected: ChoiceExpected) -> str:
    weights = dict(expected.right)
    lines = []
    for index, text in enumerate(expected.texts):
        if index in weights:
            lines.append(f"*{_with_weight(text, weights[index])}")
        else:
            lines.append(f"\\{text}" if text[:1] in {"*", "＊", "\\"} else text)
    return "\n".join(lines)


def pairs_of(rows: Sequence[tuple[str, str]], spare: str) -> PairsExpected:
    """Rows that are empty on both sides are left out."""
    pairs = tuple(Pair(tidy(left), tidy(right)) for left, right in rows if tidy(left) or tidy(right))
    return PairsExpected(pairs, tuple(tidy(line) for line in _lines(spare)))


def gaps_of(rows: Sequence[GapFields]) -> GapsExpected:
    """Gaps that have an answer.

    Raises:
        UnreadableError: a line of a gap for a number is none, or a share is no number.
    """
    gaps: list[Gap] = []
    for number, row in enumerate(rows, 1):
        if not row.answers.strip():
            continue
        share = half_width(row.share).strip() or "1"
        if not (share.isascii() and share.isdecimal() and len(share) <= 4):
            raise UnreadableError(f"第 {number} 个空的份数“{row.share[:10]}”不是整数")
        try:
            expected = _gap_of(row)
        except UnreadableError as error:
            raise UnreadableError(f"第 {number} 个空：{error}") from None
        gaps.append(Gap(row.mark, expected, int(share)))
    return GapsExpected(tuple(gaps))


def _gap_of(row: GapFields) -> TextExpected | NumberExpected | ChoiceExpected:
    match row.kind:
        case "number":
            return numbers_of(row.answers)
        case "choice":
            return choice_of(row.answers)
        case kind:
            return texts_of(row.answers, case_counts=kind.startswith("exact"), wildcards=kind.endswith("wild"))


def gap_written(gap: Gap) -> GapFields:
    match gap.expected:
        case NumberExpected() as number:
            unit = f"单位：{number.unit}\n" if number.unit else ""
            return GapFields(gap.mark, "number", unit + numbers_written(number), str(gap.share))
        case ChoiceExpected() as choice:
            return GapFields(gap.mark, "choice", choice_written(choice), str(gap.share))
        case text:
            kind = {(False, False): "text", (True, False): "exact", (False, True): "wild"}.get(
                (text.case_counts, text.wildcards), "exact_wild"
            )
            return GapFields(gap.mark, kind, texts_written(text), str(gap.share))
