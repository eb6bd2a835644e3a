"""The smaller fields: points, difficulty, expiry date and years."""

import re
from datetime import date
from typing import Final

from examengine.banks.wording import word


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_POINTS = re.compile(r"^(\d{1,5})(?:\.(\d{1,2}))?0*\s*(?:分|points?)?$")
_EASY: Final = _words("易 容易 简单 较易 较容易 很易 低 easy low simple 初级 基础")
_MIDDLE: Final = _words("中 中等 一般 适中 中级 普通 medium middle normal moderate")
_HARD: Final = _words("难 困难 较难 很难 高 高级 复杂 hard difficult high")
_COEFFICIENT = re.compile(r"^(?:0?\.\d{1,4}|0|1|1\.0)$")
_DATE = re.compile(
    r"^(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:\s+00:00(?::00)?)?$|^(\d{4})(\d{2})(\d{2})$"
)
_FOREVER: Final = frozenset({"", "长期", "长期有效", "永久", "永久有效", "无", "不限", "-", "/"})
_RANGE = re.compile(r"\s*[-~—–至到]+\s*")
_BETWEEN_YEARS = re.compile(r"[\s,;/|、]+")
_YEARS = re.compile(r"^\d{4}(?:-\d{4})?$")


def points_hundredths(text: str) -> int | None:
    """Hundredths of a point for "2", "1.5", "2分"; raises ``ValueError`` for anything else, None for nothing."""
    plain = word(text)
    if not plain:
        return None
    match = _POINTS.match(plain)
    if match is None:
        raise ValueError(text)
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def difficulty(text: str) -> str | None:
    """易, 中 or 难, "" for nothing, None for what is not understood.

    A coefficient between 0 and 1 is a facility as examiners use it: the share expected to answer correctly.
    """
    plain = word(text).removesuffix("题")
    if not plain or plain in {"-", "/", "无"}:
        return ""
    for label, words in (("易", _EASY), ("中", _MIDDLE), ("难", _HARD)):
        if plain in words:
            return label
    if "." in plain and _COEFFICIENT.match(plain):
        facility = float(plain)
        return "易" if facility >= 0.7 else "中" if facility >= 0.4 else "难"
    return None


def valid_until(text: str) -> date | None:
    """The last day on which an item is valid, None for "长期" and nothing; raises ``ValueError`` otherwise."""
    plain = word(text)
    if plain in _FOREVER:
        return None
    match = _DATE.match(plain)
    if match is None:
        raise ValueError(text)
    year, month, day = match.group(1, 2, 3) if match[1] else match.group(4, 5, 6)
    return date(int(year), int(month), int(day))


def years(text: str) -> tuple[int, ...]:
    """Ascending years of "2014", "2014、2015" and "2014-2016"; raises ``ValueError`` for anything else."""
    found: set[int] = set()
    plain = _RANGE.sub("-", word(text).replace("年度", "").replace("年", ""))
    if plain in _FOREVER or plain == "通用":
        return ()
    for part in _BETWEEN_YEARS.split(plain):
        if not _YEARS.match(part):
            raise ValueError(text)
        first, last = int(part[:4]), int(part[-4:])
        if not 1990 <= first <= last <= 2099:
            raise ValueError(text)
        found.update(range(first, last + 1))
    return tuple(sorted(found))
