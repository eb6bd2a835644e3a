"""Moodle's cloze notation: "{1:MULTICHOICE:=right~%50%half~wrong#feedback}" within a text."""

import html
import re
from typing import Final

from examengine.banks.dialects.numbers import number_range
from examengine.banks.readers.starred import stars_read
from examengine.banks.responses import (
    FULL_WEIGHT,
    AcceptedText,
    ChoiceExpected,
    Gap,
    GapsExpected,
    NumberExpected,
    TextExpected,
    answerable,
)
from examengine.banks.wording import tidy

GAPS_LIMIT: Final = 200
GAP_LENGTH_LIMIT: Final = 8_000

_NAMES: Final = (
    "MULTICHOICE_VS|MULTICHOICE_HS|MULTICHOICE_V|MULTICHOICE_H|MULTICHOICE_S|MULTICHOICE|MCVS|MCHS|MCV|MCH|MCS|MC"
    "|MULTIRESPONSE_HS|MULTIRESPONSE_H|MULTIRESPONSE_S|MULTIRESPONSE|MRHS|MRH|MRS|MR"
    "|SHORTANSWER_C|SHORTANSWER|SAC|SA|MWC|MW|NUMERICAL|NM"
)
_OPENED = re.compile(rf"(?<!\\)\{{\s*(\d{{0,4}})\s*:\s*({_NAMES})\s*(?::|(?=\}}))", re.IGNORECASE)
_CLOSED = re.compile(r"(?:[^\\}]|\\.)*\}", re.DOTALL)
# An escaped sign becomes one of a private plane, so that what is left of "~", "#", "}" is notation.
_ESCAPE = re.compile(r"\\([~#={}\"/\\])")
_FIRST: Final = 0xF0000
_MARKS = re.compile("[\U000f0000-\U000f007f]")
_ANSWER_WEIGHT = re.compile(r"^(?:%(-?\d{1,3}(?:\.\d{1,6})?)%|(=))?")


def opens_a_gap(text: str) -> bool:
    """True where a text would be read as having a gap."""
    return _OPENED.search(text) is not None


def gaps_of(source: str, *, is_html: bool = True) -> tuple[str, GapsExpected, tuple[str, ...]]:
    """The text with "{1}", "{2}" … where gaps are, the gaps, and what is wrong with any of them."""
    gaps: list[Gap] = []
    problems: list[str] = []
    text: list[str] = []
    at = 0
    while (match := _OPENED.search(source, at)) is not None:
        end = _closing(source, match.end())
        if end < 0 or len(gaps) >= GAPS_LIMIT:
            problems.append(f"第 {len(gaps) + 1} 个空没有右花括号，或空过多")
            break
        mark = f"{{{len(gaps) + 1}}}"
        body = source[match.end() : end]
        body = html.unescape(body) if is_html else body
        gap = _gap(mark, match[2].upper(), int(match[1] or 1), body)
        if gap is None or not answerable(gap.expected):
            problems.append(f"第 {len(gaps) + 1} 个空（{match[2].upper()}）没有完整的选项或满分答案")
        if gap is not None:
            gaps.append(gap)
        text += [source[at : match.start()], mark]
        at = end + 1
    text.append(source[at:])
    if not gaps and not problems:
        problems.append("填空题里没有一个空（如 {1:SHORTANSWER:=答案}）")
    return "".join(text), GapsExpected(tuple(gaps)), tuple(problems)


def _closing(source: str, start: int) -> int:
    """Index of the brace that ends a gap; an escaped one does not."""
    found = _CLOSED.match(source, start, start + GAP_LENGTH_LIMIT)
    return found.end() - 1 if found else -1


def _gap(mark: str, name: str, share: int, body: str) -> Gap | None:
    marked = _ESCAPE.sub(lambda match: chr(_FIRST + ord(match[1])), body)
    answers = [_answer(part) for part in marked.split("~") if part.strip()]
    if name.startswith(("MULTI", "MC", "MR")):
        right = tuple((index, weight) for index, (_, weight) in enumerate(answers) if weight > 0)
        return Gap(mark, ChoiceExpected(tuple(text for text, _ in answers), right), share)
    if name in {"NUMERICAL", "NM"}:
        ranges = []
        for text, weight in answers:
            found = number_range(text, weight) if weight > 0 else None
            if found is not None:
                ranges.append(found)
        return Gap(mark, NumberExpected(tuple(ranges)), share)
    read, wildcards = stars_read([text for text, _ in answers])
    weighted = zip(read, (weight for _, weight in answers), strict=True)
    accepted = tuple(AcceptedText(text, weight) for text, weight in weighted if weight > 0 and text)
    case = name in {"SHORTANSWER_C", "SAC", "MWC"}
    return Gap(mark, TextExpected(accepted, case, wildcards), share)


def _answer(part: str) -> tuple[str, int]:
    """Text and weight of one answer, its feedback left out."""
    match = _ANSWER_WEIGHT.match(part.strip())
    weight, rest = 0, part.strip()
    if match is not None:
        weight = FULL_WEIGHT if match[2] else round(float(match[1])) if match[1] else 0
        rest = rest[match.end() :]
    text = rest.split("#", 1)[0]
    return tidy(_MARKS.sub(lambda match: chr(ord(match[0]) - _FIRST), text)), weight
