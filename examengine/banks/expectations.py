"""Checks of the keys of short answers, numbers, pairs, gaps and essays."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from examengine.banks.item import KIND_LABELS, WITH_OPTIONS, Item, Kind
from examengine.banks.problems import Problem
from examengine.banks.responses import (
    FULL_WEIGHT,
    AcceptedText,
    ChoiceExpected,
    EssayExpected,
    Expected,
    GapsExpected,
    NumberExpected,
    PairsExpected,
    TextExpected,
    answerable,
)
from examengine.banks.wording import option_form, tidy

ANSWER_LIMIT: Final = 200
"""Characters of one answer, as many as a candidate may write into a field."""
ANSWERS_LIMIT: Final = 60
PARTS_LIMIT: Final = 60
MODEL_LIMIT: Final = 8_000

_FITTING: Final[dict[Kind, type]] = {
    Kind.SHORT_ANSWER: TextExpected,
    Kind.NUMERIC: NumberExpected,
    Kind.MATCHING: PairsExpected,
    Kind.CLOZE: GapsExpected,
    Kind.ESSAY: EssayExpected,
}


def expectation_problems(item: Item) -> Iterator[Problem]:
    """Everything to be said about ``expected`` of an item without options."""
    fitting = _FITTING.get(item.kind)
    if fitting is None or item.kind in WITH_OPTIONS:
        return
    if item.expected is None or not isinstance(item.expected, fitting):
        said = "没有正确答案，请补上" if item.expected is None else f"{KIND_LABELS[item.kind]}的答案写法不对"
        yield Problem("error", "key_missing" if item.expected is None else "key_unreadable", "key", said)
        return
    said_of_answer = False
    for code, message in _wrong(item.expected, item.stem):
        said_of_answer = True
        yield Problem("error", code, "key", message)
    if not said_of_answer and not answerable(item.expected):
        yield Problem("error", "key_missing", "key", "没有能得满分的答案，请补上")


def _wrong(expected: Expected, stem: str) -> Iterator[tuple[str, str]]:
    match expected:
        case TextExpected():
            yield from _texts(expected.accepted)
        case NumberExpected():
            yield from _numbers(expected)
        case PairsExpected():
            yield from _pairs(expected)
        case ChoiceExpected():
            yield from _choices(expected)
        case GapsExpected():
            yield from _gaps(expected, stem)
        case EssayExpected():
            if len(expected.model) > MODEL_LIMIT:
                yield "key_too_long", f"参考答案超过 {MODEL_LIMIT} 字，请缩短"
            if expected.model != tidy(expected.model):
                yield "untidy_text", "参考答案含有首尾空白或控制字符"


def _texts(accepted: tuple[AcceptedText, ...]) -> Iterator[tuple[str, str]]:
    if len(accepted) > ANSWERS_LIMIT:
        yield "answers_too_many", f"列了 {len(accepted)} 个可以算对的答案，最多 {ANSWERS_LIMIT} 个"
    for answer in accepted:
        if not answer.text or answer.text != tidy(answer.text):
            yield "untidy_text", f"答案“{answer.text[:30]}”是空的，或含有首尾空白、控制字符"
        if len(answer.text) > ANSWER_LIMIT:
            yield (
                "key_too_long",
                f"答案“{answer.text[:20]}…”有 {len(answer.text)} 字，超过 {ANSWER_LIMIT} 字；长的请改为问答题",
            )
        if not 0 < answer.weight <= FULL_WEIGHT:
            yield "weight_out_of_range", f"答案“{answer.text[:30]}”的得分比例须在 1 到 100 之间"


def _numbers(expected: NumberExpected) -> Iterator[tuple[str, str]]:
    if len(expected.ranges) > ANSWERS_LIMIT:
        yield "answers_too_many", f"列了 {len(expected.ranges)} 个可以算对的数，最多 {ANSWERS_LIMIT} 个"
    for span in expected.ranges:
        if Decimal(span.low) > Decimal(span.high):
            yield "key_unreadable", f"数值答案的下限 {span.low[:20]} 大于上限 {span.high[:20]}"
        if not 0 < span.weight <= FULL_WEIGHT:
            yield "weight_out_of_range", f"数值答案 {span.low[:20]} 的得分比例须在 1 到 100 之间"


def _pairs(expected: PairsExpected) -> Iterator[tuple[str, str]]:
    pairs, spare = expected.pairs, expected.distractors
    if not pairs:
        return
    if len(pairs) + len(spare) < 2:
        yield "pairs_too_few", "匹配题只有一对，至少要两对（或一对加一个多余的右项）"
    if len(pairs) + len(spare) > PARTS_LIMIT:
        yield "pairs_too_many", f"匹配题有 {len(pairs) + len(spare)} 项，最多 {PARTS_LIMIT} 项"
    for text, count in Counter(option_form(pair.left) or pair.left for pair in pairs).items():
        if count > 1:
            yield "pairs_ambiguous", f"匹配题的左项“{text[:30]}”出现了 {count} 次"
    rights = {option_form(pair.right) or pair.right for pair in pairs}
    spares = [option_form(text) or text for text in spare]
    for text in spares:
        if text in rights or spares.count(text) > 1:
            yield "pairs_ambiguous", f"匹配题多余的右项“{text[:30]}”与别的右项相同"
            break
    for text in (*(text for pair in pairs for text in (pair.left, pair.right)), *spare):
        if not text or text != tidy(text):
            yield "untidy_text", f"匹配题的“{text[:30]}”是空的，或含有首尾空白、控制字符"
        if len(text) > ANSWER_LIMIT * 2:
            yield "key_too_long", f"匹配题的“{text[:20]}…”超过 {ANSWER_LIMIT * 2} 字"


def _choices(expected: ChoiceExpected) -> Iterator[tuple[str, str]]:
    forms = [option_form(text) or text for text in expected.texts]
    if len(forms) > ANSWERS_LIMIT:
        yield "answers_too_many", f"下拉选项有 {len(forms)} 个，最多 {ANSWERS_LIMIT} 个"
    for text, count in Counter(forms).items():
        if count > 1 or not text:
            yield "options_duplicate", f"下拉选项“{text[:30]}”是空的或重复"
    if any(not 0 <= index < len(forms) or not 0 < weight <= FULL_WEIGHT for index, weight in expected.right):
        yield "key_without_option", "下拉选项的答案指向不存在的选项，或得分比例不在 1 到 100 之间"


def _gaps(expected: GapsExpected, stem: str) -> Iterator[tuple[str, str]]:
    if len(expected.gaps) > PARTS_LIMIT:
        yield "gaps_too_many", f"有 {len(expected.gaps)} 个空，最多 {PARTS_LIMIT} 个"
    at = 0
    for number, gap in enumerate(expected.gaps, start=1):
        found = stem.find(gap.mark, at) if gap.mark else -1
        if found < 0 or stem.count(gap.mark) > 1:
            yield "gap_mark", f"题干里应有且只有一个 {gap.mark or '空的标记'} 表示第 {number} 个空，并按先后排列"
            return
        at = found + len(gap.mark)
        for code, message in _wrong(gap.expected, ""):
            yield code, f"第 {number} 个空：{message}"
        if not answerable(gap.expected):
            yield "key_missing", f"第 {number} 个空没有能得满分的答案，请补上"
        if not 0 <= gap.share <= 1_000:
            yield "weight_out_of_range", f"第 {number} 个空的权重须在 0 到 1000 之间"
    if expected.gaps and not any(gap.share for gap in expected.gaps):
        yield "weight_out_of_range", "各空的权重都是 0"
