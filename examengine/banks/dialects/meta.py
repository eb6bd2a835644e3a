"""What a bank says of a question beside its text, in words that formats without a field of their own carry along.

A line such as "难度：易" or "依据：某办法第三条": in tags of Moodle XML, comments of GIFT, metadata of QTI.
Our writers write them, our readers read them, people can read them too.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from examengine.banks.dialects import fields
from examengine.banks.dialects.kinds import kind_of
from examengine.banks.item import KIND_LABELS, OPTION_LETTERS, Item, Kind
from examengine.banks.wording import fixed_options, half_width, tidy, tidy_line

_LINE = re.compile(
    r"^\s*(知识点|难度|依据|有效期|适用年度|外部编号|分值|题型|固定选项|答案|单位|各空权重)\s*[：:](.*)$",
    re.DOTALL,
)
_NONE: Final = "无"


@dataclass(slots=True)
class Meta:
    """``fixed`` are the ids of the options that keep their place, None where nothing is said of it.

    ``kind`` overrides what the format's own notation would be read as. ``marks`` are single words about the key.
    """

    topic: str = ""
    difficulty: str = ""
    source: str = ""
    valid_until: date | None = None
    years: tuple[int, ...] = ()
    external_no: str = ""
    points_hundredths: int | None = None
    kind: Kind | None = None
    fixed: frozenset[str] | None = None
    marks: frozenset[str] = frozenset()
    unit: str = ""
    shares: tuple[int, ...] = ()


CASE_COUNTS: Final = "区分大小写"
WILDCARDS: Final = "星号代表任意文字"
NO_WILDCARDS: Final = "星号就是星号"


def meta_of(lines: Iterable[str]) -> Meta:
    """What lines say; a line that says nothing known, or nothing readable, is passed over."""
    meta = Meta()
    for line in lines:
        match = _LINE.match(line)
        if match is None:
            continue
        name, value = match[1], tidy(match[2])
        try:
            _take(meta, name, value)
        except ValueError:
            continue
    return meta


def _take(meta: Meta, name: str, value: str) -> None:
    match name:
        case "知识点":
            meta.topic = tidy_line(value)
        case "难度":
            meta.difficulty = fields.difficulty(value) or ""
        case "依据":
            meta.source = tidy_line(value)
        case "有效期":
            meta.valid_until = fields.valid_until(value)
        case "适用年度":
            meta.years = fields.years(value)
        case "外部编号":
            meta.external_no = tidy_line(value)
        case "分值":
            meta.points_hundredths = fields.points_hundredths(value)
        case "题型":
            meta.kind = next((kind for kind, label in KIND_LABELS.items() if label == value), None) or kind_of(value)
        case "固定选项":
            letters = half_width(value).lower()
            meta.fixed = frozenset() if value == _NONE else frozenset(letters) & frozenset(OPTION_LETTERS)
        case "答案":
            meta.marks |= frozenset(value.split("、"))
        case "单位":
            meta.unit = tidy_line(value)[:40]
        case "各空权重":
            meta.shares = tuple(int(part) for part in re.split(r"[、,，]", value))


def points_written(hundredths: int) -> str:
    """Points as people write them: 150 → "1.5"."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


def fixed_line(item: Item) -> list[str]:
    """The line that says which options keep their place, where their texts do not say it."""
    if item.kind is Kind.TRUE_FALSE or not item.options:
        return []
    if [option.fixed for option in item.options] == list(fixed_options([option.text for option in item.options])):
        return []
    kept = "".join(
        letter.upper() for letter, option in zip(OPTION_LETTERS, item.options, strict=False) if option.fixed
    )
    return [f"固定选项：{kept or _NONE}"]


def common_lines(item: Item) -> list[str]:
    """Difficulty, source, validity and years, as far as the item has them."""
    lines = []
    if item.difficulty:
        lines.append(f"难度：{item.difficulty}")
    if item.source:
        lines.append(f"依据：{item.source}")
    if item.valid_until is not None:
        lines.append(f"有效期：{item.valid_until.isoformat()}")
    if item.years:
        lines.append(f"适用年度：{'、'.join(map(str, item.years))}")
    return lines
