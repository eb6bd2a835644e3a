"""Checks of items: of one alone, and of many side by side.

The same checks serve an import, the editor and a publication; where a problem stands in a file is the
reader's business, so a problem names the part of the item it is about.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from examengine.banks.expectations import expectation_problems
from examengine.banks.item import (
    DELIVERABLE,
    DIFFICULTIES,
    KIND_LABELS,
    OPTION_LETTERS,
    TRUE_FALSE_OPTIONS,
    WITH_OPTIONS,
    Item,
    Kind,
)
from examengine.banks.problems import Part, Problem
from examengine.banks.responses import EssayExpected, PairsExpected
from examengine.banks.wording import (
    EXCEL_ERRORS,
    EXPLANATION_LIMIT,
    LINE_LIMIT,
    OPTION_LIMIT,
    STEM_LIMIT,
    list_number,
    names_letters_in_prose,
    option_form,
    options_name_letters,
    stem_form,
    tidy,
    tidy_line,
)

FIXED_MARK: Final = "【固定】"
MOVABLE_MARK: Final = "【可换位】"
DASHES: Final = frozenset({"/", "\\", "-", "--", "—", "——"})
PLACEHOLDERS: Final = DASHES | {"null", "NULL", "N/A", "n/a"}

_ROUNDED = re.compile(r"(?<![\w.])\d(?:\.\d+)?[Ee]\+\d{2,3}(?!\w)")
# Every repetition is bounded: these run over text that strangers upload.
_IMAGE = re.compile(
    r"<img\b[^<>]{0,400}\bsrc\s{0,9}=|!\[[^\[\]\n]{0,200}\]\([^()\s]{1,400}\)|\[图片\]|【图片】|DISPIMG\(",
    re.IGNORECASE,
)
_SOURCE = re.compile(r'\bsrc="([^"]{1,300})"')
_LABEL = re.compile(r"^[(（\[【]?([A-Za-z])[)）\]】]?\s*[.．、:：)）\-－—]\s*\S")


def check_item(item: Item) -> tuple[Problem, ...]:
    """Everything to be said about one item; without errors it can be delivered."""
    return (*_stem(item), *_options(item), *_key(item), *_rest(item))


def _stem(item: Item) -> Iterator[Problem]:
    if not item.stem:
        yield Problem("error", "stem_missing", "stem", "题干是空的")
    elif item.stem != tidy(item.stem):
        yield Problem("error", "untidy_text", "stem", "题干含有首尾空白或控制字符")
    if len(item.stem) > STEM_LIMIT:
        yield Problem("error", "stem_too_long", "stem", f"题干有 {len(item.stem)} 字，超过 {STEM_LIMIT} 字，请缩短")
    if list_number(item.stem):
        yield Problem("info", "leading_number", "stem", "题干以编号开头，组卷后会与新题号并列")
    yield from _lost_in_the_sheet(item.stem, "stem")


def _lost_in_the_sheet(text: str, part: Part, option: int | None = None) -> Iterator[Problem]:
    if _ROUNDED.search(text):
        message = f"“{_ROUNDED.findall(text)[0]}”像是被表格软件改写的长数字，请核对原文"
        yield Problem("warning", "number_rounded", part, message, option)
    if text in EXCEL_ERRORS:
        yield Problem("error", "error_value", part, f"单元格是错误值 {text}，请改成文字", option)
    if _IMAGE.search(text):
        yield Problem("warning", "image_not_taken", part, "这里引用了图片，图片没有读入", option)


def _options(item: Item) -> Iterator[Problem]:
    if item.kind not in WITH_OPTIONS:
        return
    if item.kind is Kind.TRUE_FALSE:
        if item.options != TRUE_FALSE_OPTIONS:
            yield Problem("error", "true_false_options", "options", "判断题的选项只能是 正确、错误")
        return
    texts = [option.text for option in item.options]
    if len(texts) < 2:
        yield Problem("error", "options_too_few", "options", f"只有 {len(texts)} 个选项，至少需要 2 个")
    if len(texts) > len(OPTION_LETTERS):
        yield Problem("error", "options_too_many", "options", f"有 {len(texts)} 个选项，最多 26 个")
    ids = [option.id for option in item.options]
    if len(set(ids)) < len(ids) or not all(len(name) == 1 and name in OPTION_LETTERS for name in ids):
        yield Problem("error", "option_ids", "options", "选项标识须是互不相同的单个小写字母")
    yield from _option_texts(texts)
    if bear_their_letters(texts):
        yield Problem("info", "option_prefix", "options", "选项文字里又写了 A.、B.，选项打乱后会与新字母冲突")
    if options_name_letters(texts):
        yield Problem("info", "options_name_letters", "options", "有选项按字母提到别的选项，这道题的选项不打乱")


def _option_texts(texts: Sequence[str]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, text in enumerate(texts):
        letter = OPTION_LETTERS[index % 26].upper()
        if not text:
            yield Problem("error", "option_empty", "options", f"选项{letter}是空的", index)
            continue
        if text != tidy(text):
            yield Problem("error", "untidy_text", "options", f"选项{letter}含有首尾空白或控制字符", index)
        if len(text) > OPTION_LIMIT:
            yield Problem(
                "error", "option_too_long", "options", f"选项{letter}有 {len(text)} 字，超过 {OPTION_LIMIT} 字", index
            )
        if text in PLACEHOLDERS:
            yield Problem(
                "warning", "option_placeholder", "options", f"选项{letter}是“{text}”，若表示没有请留空", index
            )
        if text.endswith((FIXED_MARK, MOVABLE_MARK)):
            yield Problem("error", "option_mark", "options", f"选项{letter}以保留的标记结尾", index)
        same = first.setdefault(option_form(text) or text, index)
        if same != index:
            earlier = OPTION_LETTERS[same].upper()
            yield Problem(
                "error", "options_duplicate", "options", f"选项{letter}与选项{earlier}相同：“{text[:30]}”", index
            )
        yield from _lost_in_the_sheet(text, "options", index)


def bear_their_letters(texts: Sequence[str]) -> bool:
    """True where each of several texts begins with the letter of its place as a label ("A. …", "B. …")."""
    if not 1 < len(texts) <= len(OPTION_LETTERS):
        return False
    return all(
        (match := _LABEL.match(text)) is not None and match[1].lower() == letter
        for text, letter in zip(texts, OPTION_LETTERS, strict=False)
    )


def _key(item: Item) -> Iterator[Problem]:
    if item.kind not in WITH_OPTIONS:
        yield from expectation_problems(item)
        return
    ids = {option.id for option in item.options}
    if not item.key:
        yield Problem("error", "key_missing", "key", "没有正确答案，请补上")
    elif not item.key <= ids:
        yield Problem("error", "key_without_option", "key", "正确答案指向不存在的选项")
    if item.kind is not Kind.MULTIPLE_CHOICE and len(item.key) > 1:
        label = KIND_LABELS[item.kind]
        yield Problem(
            "error",
            "key_one_expected",
            "key",
            f"{label}只能有一个正确答案，现有 {len(item.key)} 个；若是多选请改题型",
        )
    if item.kind is Kind.MULTIPLE_CHOICE and len(item.key) == 1:
        yield Problem("warning", "key_single_letter", "key", "多选题只有一个正确答案，请核对题型或答案")


def _rest(item: Item) -> Iterator[Problem]:
    if item.kind not in DELIVERABLE:
        yield Problem("error", "not_deliverable_yet", "stem", f"{KIND_LABELS[item.kind]}暂不能用于考试")
    if item.points_hundredths is not None and not 0 <= item.points_hundredths <= 1_000_000:
        yield Problem("error", "points_out_of_range", "points", "分值须在 0 到 10000 之间")
    if item.difficulty and item.difficulty not in DIFFICULTIES:
        yield Problem("error", "difficulty_unknown", "difficulty", "难度只能是 易、中、难 或留空")
    if item.explanation != tidy(item.explanation):
        yield Problem("error", "untidy_text", "explanation", "解析含有首尾空白或控制字符")
    if len(item.explanation) > EXPLANATION_LIMIT:
        yield Problem("error", "explanation_too_long", "explanation", f"解析超过 {EXPLANATION_LIMIT} 字")
    if item.options and item.kind is not Kind.TRUE_FALSE and names_letters_in_prose(item.explanation):
        yield Problem("info", "explanation_names_letters", "explanation", "解析按字母提到选项，选项打乱后字母会不同")
    lines: tuple[tuple[Part, str, str], ...] = (
        ("topic", "知识点", item.topic),
        ("source", "依据", item.source),
        ("external_no", "外部编号", item.external_no),
    )
    for part, label, text in lines:
        if text != tidy_line(text):
            yield Problem("error", "untidy_text", part, f"{label}含有多余空白、换行或控制字符")
        if len(text) > LINE_LIMIT:
            yield Problem("error", "line_too_long", part, f"{label}超过 {LINE_LIMIT} 字")


@dataclass(frozen=True, slots=True)
class Repetition:
    """How item ``index`` repeats item ``first`` of the same bank (indexes into the sequence given)."""

    index: int
    first: int
    how: Literal["same", "other_key", "other_options", "external_no"]


def repetitions(items: Sequence[Item]) -> tuple[Repetition, ...]:
    """Every item that repeats an earlier one.

    ``same``: stem, options and key agree. ``other_key``: stem and options agree, the key does not, so one of
    them is wrong. ``other_options``: the stem alone agrees ("下列说法正确的是") and the two may well differ.
    ``external_no``: different questions under one number.
    """
    found: list[Repetition] = []
    by_stem: dict[str, int] = {}
    by_question: dict[tuple[str, frozenset[str]], dict[frozenset[str], int]] = {}
    by_number: dict[str, int] = {}
    for index, item in enumerate(items):
        stem = stem_form(item.stem) or item.stem
        question = (stem, _sides(item) | _pictures(item))
        by_key = by_question.setdefault(question, {})
        key = _key_texts(item)
        if key in by_key:
            found.append(Repetition(index, by_key[key], "same"))
            continue
        if by_key:
            found.append(Repetition(index, next(iter(by_key.values())), "other_key"))
        elif stem in by_stem:
            found.append(Repetition(index, by_stem[stem], "other_options"))
        by_stem.setdefault(stem, index)
        by_key[key] = index
        if item.external_no and by_number.setdefault(item.external_no, index) != index:
            found.append(Repetition(index, by_number[item.external_no], "external_no"))
    return tuple(found)


def _pictures(item: Item) -> frozenset[str]:
    """Questions about pictures ("图中的元件是") differ by these alone."""
    texts = (item.markup, *(option.markup for option in item.options))
    return frozenset(name for text in texts if "<img" in text for name in _SOURCE.findall(text))


def _sides(item: Item) -> frozenset[str]:
    """What stands below a stem to be chosen from."""
    if isinstance(item.expected, PairsExpected):
        pairs = item.expected.pairs
        return frozenset(option_form(text) for pair in pairs for text in (pair.left, pair.right))
    return frozenset(option_form(option.text) for option in item.options)


def _key_texts(item: Item) -> frozenset[str]:
    if isinstance(item.expected, EssayExpected):
        # Two models of one essay do not contradict each other: a person marks.
        return frozenset()
    if item.expected is not None:
        return frozenset({msgspec.json.encode(item.expected, order="deterministic").decode()})
    return frozenset(option_form(option.text) for option in item.options if option.id in item.key)
