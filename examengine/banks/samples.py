"""The example rows of the template: shown to authors, recognised and left out when the file comes back."""

from typing import Final

from examengine.banks.item import TRUE_FALSE_OPTIONS, Item, Kind, Option

SAMPLE_NUMBER: Final = "示例"


def _choice(kind: Kind, no: int, stem: str, texts: tuple[str, ...], key: str, **rest: str) -> Item:
    fixed = [text.startswith("以上") for text in texts]
    options = tuple(Option(letter, text, stay) for letter, text, stay in zip("abcdefgh", texts, fixed, strict=False))
    return Item(kind, stem, options, frozenset(key), external_no=f"{SAMPLE_NUMBER}{no}", **rest)  # type: ignore[arg-type]


def _true_false(no: int, stem: str, key: str, explanation: str) -> Item:
    return Item(
        Kind.TRUE_FALSE,
        stem,
        TRUE_FALSE_OPTIONS,
        frozenset(key),
        difficulty="易",
        topic="示例",
        explanation=explanation,
        external_no=f"{SAMPLE_NUMBER}{no}",
    )


SAMPLE_ITEMS: Final = (
    _choice(
        Kind.SINGLE_CHOICE,
        1,
        "（示例，可删除）一年有几个月？",
        ("10 个", "11 个", "12 个", "13 个"),
        "c",
        difficulty="易",
        topic="示例",
        explanation="公历一年有十二个月。",
    ),
    _choice(
        Kind.SINGLE_CHOICE,
        2,
        "（示例，可删除）下列哪一项是水果？",
        ("苹果", "白菜", "土豆", "以上都不是"),
        "a",
        difficulty="易",
        topic="示例",
        explanation="“以上都不是”一类的选项在组卷时保持原位。",
    ),
    _choice(
        Kind.MULTIPLE_CHOICE,
        3,
        "（示例，可删除）下列哪些是偶数？",
        ("1", "2", "3", "4"),
        "bd",
        difficulty="中",
        topic="示例",
        explanation="多选题的答案连写字母，如 BD。",
    ),
    _choice(
        Kind.MULTIPLE_CHOICE,
        4,
        "（示例，可删除）下列哪些是直辖市？",
        ("北京", "上海", "南宁", "天津", "重庆"),
        "abde",
        difficulty="中",
        topic="示例",
        explanation="选项可以多于四个，从 A 起连续填写。",
    ),
    _true_false(5, "（示例，可删除）一周有七天。", "t", "判断题不填选项，答案写 正确 或 错误。"),
    _true_false(6, "（示例，可删除）一小时有一百分钟。", "f", "一小时有六十分钟。"),
)
_SAMPLES: Final = frozenset((item.stem, item.external_no) for item in SAMPLE_ITEMS)


def is_sample(stem: str, external_no: str) -> bool:
    """True for a row of the template that its author has left as it was."""
    return (stem, external_no) in _SAMPLES
