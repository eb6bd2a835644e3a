"""A question as its author wrote it, in the words of the canonical columns: what a form shows to be put right."""

from typing import Final

import msgspec

from examengine.banks.dialects.expected import written as expectation_written
from examengine.banks.item import OPTION_LETTERS, WITH_OPTIONS, Item, Kind

KIND_WORDS: Final[dict[Kind, str]] = {
    Kind.SINGLE_CHOICE: "单选",
    Kind.MULTIPLE_CHOICE: "多选",
    Kind.TRUE_FALSE: "判断",
    Kind.SHORT_ANSWER: "填空",
    Kind.NUMERIC: "数值",
    Kind.MATCHING: "匹配",
    Kind.CLOZE: "多空填空",
    Kind.ESSAY: "问答",
    Kind.OTHER: "",
}


class Written(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The fields of one row, as text. ``kind`` is a word of ``KIND_WORDS`` or what stood there; an option that is
    missing between others is "".
    """

    kind: str = ""
    stem: str = ""
    options: tuple[str, ...] = ()
    key: str = ""
    points: str = ""
    difficulty: str = ""
    topic: str = ""
    explanation: str = ""
    source: str = ""
    valid_until: str = ""
    years: str = ""
    external_no: str = ""


def written_of(item: Item) -> Written:
    """The row that says what the item says, as far as words can."""
    return Written(
        KIND_WORDS[item.kind],
        item.stem,
        () if item.kind is Kind.TRUE_FALSE else tuple(option.text for option in item.options),
        key_written(item),
        points_written(item.points_hundredths),
        item.difficulty,
        item.topic,
        item.explanation,
        item.source,
        item.valid_until.isoformat() if item.valid_until is not None else "",
        "、".join(map(str, item.years)),
        item.external_no,
    )


def key_written(item: Item) -> str:
    """The key as the canonical column has it; "" where there is none."""
    if item.kind is Kind.TRUE_FALSE:
        return "" if not item.key else "正确" if item.key == {"t"} else "错误"
    if item.kind in WITH_OPTIONS:
        letters = zip(OPTION_LETTERS.upper(), item.options, strict=False)
        return "".join(letter for letter, option in letters if option.id in item.key)
    return "" if item.expected is None else expectation_written(item.expected)


def points_written(hundredths: int | None) -> str:
    """Points with up to two places."""
    if hundredths is None:
        return ""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)
