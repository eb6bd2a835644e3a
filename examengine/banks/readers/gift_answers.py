"""What stands between the braces of a GIFT question."""

import re
from bisect import bisect_left
from typing import Final

import msgspec

from examengine.banks.dialects.meta import CASE_COUNTS
from examengine.banks.dialects.numbers import number_range
from examengine.banks.item import Kind
from examengine.banks.markup import Rich
from examengine.banks.readers.asked import FULL, Asked, Choice, essay, remark_on_weights
from examengine.banks.readers.gift_text import plain, rich
from examengine.banks.readers.pictures import Pictures
from examengine.banks.readers.starred import stars_read
from examengine.banks.responses import (
    AcceptedText,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
)

_TRUTH: Final = {"t": True, "true": True, "f": False, "false": False}
_WEIGHT = re.compile(r"^\s*%(-?\d{1,3}(?:[.,]\d{1,6})?)%")
_TAG = re.compile(r"<[a-zA-Z/][^<>]*>")
_MARK_AT_START = re.compile(r"\s*[~=]")
_MARK_AT_LINE = re.compile(r"^[ \t]*[~=]", re.MULTILINE)
_REMARK_BEHIND = re.compile(r"(?:^|\s)//.*$", re.MULTILINE)
"""Remarks behind an answer are no GIFT, but where only T or F can stand they can be told."""
_CLOZE_HEAD = re.compile(r"^\s*\d{0,3}:[A-Z_]{1,24}:", re.IGNORECASE)


def fill(asked: Asked, answer: str, form: str, pictures: Pictures) -> None:
    """Kind, choices and expectation of a question, from its answer with escapes as marks."""
    general = re.search(r"####(.*)$", answer, re.DOTALL)
    if general:
        asked.explanation = rich(general[1], form, pictures.find).text
        answer = answer[: general.start()]
    bare = answer.strip()
    head = _CLOZE_HEAD.match(bare)
    if head:
        asked.remark(
            "warning",
            "cloze_notation",
            f"答案以 {head[0].strip()} 开头，是 Moodle 填空的写法，按普通 GIFT 读入；请核对",
        )
        bare = bare[head.end() :]
    truth = _TRUTH.get(_REMARK_BEHIND.sub("", bare.split("#")[0]).strip().casefold())
    if not bare:
        asked.kind, asked.expected = Kind.ESSAY, essay()
    elif truth is not None:
        asked.kind, asked.truth = Kind.TRUE_FALSE, truth
    elif bare.startswith("#"):
        asked.kind, asked.expected = Kind.NUMERIC, _numbers(bare[1:], asked)
        asked.expected = msgspec.structs.replace(asked.expected, unit=asked.meta.unit)
    elif "~" in bare:
        _choices(asked, bare, form, pictures)
    elif "->" in bare and "=" in bare and asked.meta.kind is not Kind.SHORT_ANSWER:
        asked.kind, asked.expected = Kind.MATCHING, _pairs(bare, form, pictures)
    else:
        asked.kind, asked.expected = Kind.SHORT_ANSWER, _texts(bare, case_counts=CASE_COUNTS in asked.meta.marks)


def parts_of(answer: str) -> list[tuple[str, str]]:
    """The answers as (mark, text), mark being "=" or "~"; an "=" inside a tag or an operator is no mark."""
    tags = [(match.start(), match.end()) for match in _TAG.finditer(answer)]
    a_line_each = _MARK_AT_START.match(answer) is not None and len(_MARK_AT_LINE.findall(answer)) > 1
    marks: list[tuple[int, int, str]] = []
    for match in re.finditer(r"~=|~|=", answer):
        start = match.start()
        if match[0] == "=":
            begins_line = not answer[answer.rfind("\n", 0, start) + 1 : start].strip()
            before = bisect_left(tags, (start,)) - 1
            # where each answer has its line, "<A" and an arrow on the next line are no tag
            if before >= 0 and start < tags[before][1] and not (a_line_each and begins_line):
                continue
            around = answer[max(0, start - 1) : start + 2]
            if "==" in around or around[:1] in {"<", ">", "!"} or (len(around) == 3 and around[2] == ">"):
                continue
            if a_line_each and not begins_line:
                continue
        marks.append((start, match.end(), "=" if "=" in match[0] else "~"))
    ends = [*(mark[0] for mark in marks[1:]), len(answer)][: len(marks)]
    return [(mark, answer[end:until]) for (_, end, mark), until in zip(marks, ends, strict=True)]


def _weighted(mark: str, text: str) -> tuple[float, str]:
    match = _WEIGHT.match(text)
    if match:
        return float(match[1].replace(",", ".")), text[match.end() :]
    return (FULL if mark == "=" else 0.0), text


def _split_feedback(text: str) -> str:
    """The answer without its feedback."""
    return text.split("#", 1)[0]


def _choices(asked: Asked, answer: str, form: str, pictures: Pictures) -> None:
    parts = parts_of(answer)
    for mark, text in parts:
        percent, rest = _weighted(mark, text)
        asked.choices.append(Choice(rich(_split_feedback(rest), form, pictures.find), percent))
    single = any(mark == "=" for mark, _ in parts)
    asked.kind = Kind.SINGLE_CHOICE if single else Kind.MULTIPLE_CHOICE
    remark_on_weights(asked)


def _texts(answer: str, *, case_counts: bool) -> TextExpected:
    parts = parts_of(answer) or [("=", answer)]
    said = []
    for mark, text in parts:
        percent, rest = _weighted(mark, text)
        shown = plain(_split_feedback(rest))
        if shown and round(percent) > 0:
            said.append((shown, round(percent)))
    read, wildcards = stars_read([text for text, _ in said])
    accepted = (AcceptedText(text, weight) for text, (_, weight) in zip(read, said, strict=True))
    return TextExpected(tuple(accepted), case_counts, wildcards)


def _pairs(answer: str, form: str, pictures: Pictures) -> PairsExpected:
    pairs: list[Pair] = []
    spare: list[str] = []
    for _, text in parts_of(answer):
        left, arrow, right = text.partition("->")
        shown: tuple[Rich, str] = (rich(left, form, pictures.find), plain(_split_feedback(right)))
        if arrow and shown[0].text and shown[1]:
            pairs.append(Pair(shown[0].text, shown[1]))
        elif arrow and shown[1]:
            spare.append(shown[1])
    return PairsExpected(tuple(pairs), tuple(spare))


def _numbers(answer: str, asked: Asked) -> NumberExpected:
    parts = parts_of(answer) or [("=", answer)]
    ranges: list[NumberRange] = []
    for mark, text in parts:
        percent, rest = _weighted(mark, text)
        written = plain(_split_feedback(rest))
        if not written or percent <= 0 or written == "*":
            continue
        found = number_range(written, round(percent))
        if found is None:
            asked.remark("error", "key_unreadable", f"读不懂数值答案“{written[:30]}”，请写成 3、3:0.1 或 2.9..3.1")
        else:
            ranges.append(found)
    return NumberExpected(tuple(ranges))
