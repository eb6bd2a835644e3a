"""Answers gathered at the end of a paper: "1-5 ABCDA", "1.A 2.B", a table of numbers above answers."""

import re
from collections.abc import Iterator

from examengine.banks.readers.prose.line_parts import split_at_explanation
from examengine.banks.readers.prose.marks import plain

_VALUE = r"(?:[A-H]{1,8}|[√×✓✗✔✘╳]|对|错|正确|错误|[TF](?![a-z]))"
_RANGE = re.compile(
    rf"(\d{{1,4}})\s*(?:[-–—~～至到]+)\s*(\d{{1,4}})\s*(?:题)?\s*[.．、:：]?\s*((?:{_VALUE}[\s,，、;；/|]*)+)"
)
_SINGLE = re.compile(
    rf"(?:第\s*|[(（]\s*)?(\d{{1,4}})\s*(?:题)?\s*[.．、:：)）]?\s*(?:[【\[]?(?:参考|正确)?答案[】\]]?\s?[:：]?\s?)?"
    rf"[(（【\[]?\s*({_VALUE}(?:\s*[、,，]\s*[A-H](?![A-Za-z]))*)\s*[)）】\]]?"
)
_ONE_LINE = re.compile(r"^(?:第\s*)?(\d{1,4})\s*(?:题)?\s*[.．、:：)）]\s*(?:答案?\s*[:：]\s*)?(\S.*)$")
_HEADED = re.compile(
    r"^[(（]?[一二三四五六七八九十]{1,3}[)）]?\s{0,3}[、.．:：]?\s{0,3}(?P<kind>[^\s\d(（:：、,，]{2,8}题)?\s{0,3}"
    r"(?:[(（][^()（）]{0,40}[)）])?\s{0,3}[:：]?\s{0,3}(?P<rest>[(（]?\d.*)$"
)
_NUMBERS_ROW = re.compile(r"^(?:题\s*号|序号|题目)?\s*((?:\d{1,4}\s+)+\d{1,4})\s*$")
_VALUES_ROW = re.compile(rf"^(?:参考|正确)?(?:答\s*案)?\s*[:：]?\s*((?:{_VALUE}\s+)*{_VALUE})\s*$")


def headed(text: str) -> tuple[str, str] | None:
    """A line of answers behind the heading of its section ("一、单选题 1-5 ABCDA"): the heading and the answers."""
    match = _HEADED.match(plain(text).strip())
    if match is None or not is_table_line(match["rest"]):
        return None
    return (match["kind"] or ""), match["rest"]


def is_table_line(text: str) -> bool:
    """True for a line that can only be part of a table of answers, explanation aside."""
    flat = split_at_explanation(plain(text).strip())[0]
    if _NUMBERS_ROW.match(flat):
        return True
    ranges = _RANGE.sub("", flat)
    if ranges != flat and not re.sub(r"[\s,，;；。.]+", "", _SINGLE.sub("", ranges)):
        return True
    singles = _SINGLE.findall(flat)
    left = re.sub(r"[\s,，;；。.]+", "", _SINGLE.sub("", flat))
    return bool(singles) and not left


def entries_of(text: str, numbers_above: tuple[int, ...]) -> Iterator[tuple[int, str]]:
    """(question number, answer) on a line; ``numbers_above`` are those of a table's row before it."""
    flat = plain(text).strip()
    values = _VALUES_ROW.match(flat)
    if numbers_above and values:
        yield from zip(numbers_above, values[1].split(), strict=False)
        return
    rest = flat
    for match in _RANGE.finditer(flat):
        yield from _spread(int(match[1]), int(match[2]), match[3])
        rest = rest.replace(match[0], " ", 1)
    if is_table_line(flat):
        for match in _SINGLE.finditer(rest):
            yield int(match[1]), match[2]
        return
    whole = _ONE_LINE.match(flat) if rest == flat else None
    if whole:
        yield int(whole[1]), text.strip()[-len(whole[2]) :]


def begins_table(text: str, following: str) -> bool:
    """True for "题号 1 2 3" above "答案 A B C"."""
    flat, below = plain(text).strip(), _VALUES_ROW.match(plain(following).strip())
    numbers = _NUMBERS_ROW.match(flat)
    return bool(numbers and below and not flat[:1].isdigit() and len(numbers[1].split()) == len(below[1].split()))


def numbers_row(text: str) -> tuple[int, ...]:
    """The question numbers of a table's upper row; empty for any other line."""
    match = _NUMBERS_ROW.match(plain(text).strip())
    return tuple(int(number) for number in match[1].split()) if match else ()


def _spread(first: int, last: int, written: str) -> Iterator[tuple[int, str]]:
    """The answers of a range, one each; nothing where their number does not fit."""
    count = last - first + 1
    parts = [part for part in re.split(r"[\s,，、;；/|]+", written) if part]
    if len(parts) != count:
        joined = "".join(parts)
        parts = re.findall(r"正确|错误|.", joined)
    if 0 < count == len(parts):
        yield from zip(range(first, last + 1), parts, strict=True)
