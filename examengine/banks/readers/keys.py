"""The key of a question, read against its options."""

import re
from dataclasses import dataclass

from examengine.banks.dialects.answers import (
    TEXTS_LIMIT,
    bare_answer,
    letters_of,
    numbers_of,
    options_named,
    truth_of,
    truth_pair,
)
from examengine.banks.dialects.options import LETTERS
from examengine.banks.readers.conventions import Conventions
from examengine.banks.readers.shapes import Shape
from examengine.banks.wording import half_width, option_form

_LABELLED = re.compile(r"^\s*([A-Za-z])\s*[.、:)]\s*(\S.*?)\s*$", re.DOTALL)
_BETWEEN_LABELLED = re.compile(r"\s*[|\n;；,，]\s*(?=[A-Za-z]\s*[.．、:：)）])")
_JUDGED_WITH_REASON = re.compile(r"^\s*(对|错|正确|错误|√|×|✓|✗)\s*[，,。;；：:、（(\s]+(.+)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ChoiceKey:
    """Option indexes of a key, or the code and message of what is wrong; ``habit`` and ``note`` for a dialect."""

    indexes: tuple[int, ...] = ()
    problem: tuple[str, str] | None = None
    habit: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class TruthKey:
    """A judgement, or what is wrong. ``reason`` is what stood behind the word ("错，应为…")."""

    truth: bool | None = None
    problem: tuple[str, str] | None = None
    habit: str = ""
    note: str = ""
    reason: str = ""


def choice_key(shape: Shape) -> ChoiceKey:
    """The options a key names: by letter, by number, or by their very text."""
    text = shape.key
    if not text:
        return ChoiceKey(problem=("key_missing", "没有正确答案，请补上"))
    if shape.draft.columns.numbered and (numbers := numbers_of(text)) is not None:
        return _by_number(shape, numbers)
    letters = letters_of(text)
    indexes = tuple(LETTERS.index(letter.upper()) for letter in letters or ())
    if letters and all(index in shape.options for index in indexes):
        return _by_letter(text, indexes)
    named = options_named(text, shape.texts)
    if named is None and (labelled := _letters_with_texts(shape)) is not None:
        written = "".join(LETTERS[index] for index in labelled)
        note = f"答案写的是字母和选项内容，如“{text[:20]}”读作 {written}"
        return ChoiceKey(labelled, None, "key by letter and text", note)
    numbers = numbers_of(text)
    if named is not None:
        positions = tuple(list(shape.options)[index] for index in named)
        if numbers is not None and _clash(shape, numbers, positions):
            message = f"答案“{text[:20]}”既像选项序号又像选项内容，请改写为字母"
            return ChoiceKey(problem=("key_ambiguous", message))
        written = "".join(LETTERS[index] for index in positions)
        return ChoiceKey(positions, None, "key by text", f"答案写的是选项内容，如“{text[:20]}”读作 {written}")
    if numbers is not None:
        return _by_number(shape, numbers)
    if letters and len(letters) <= len(LETTERS):
        missing = "".join(dict.fromkeys(LETTERS[i] for i in indexes if i not in shape.options))
        if len(set(letters)) == len(letters) or len(letters) == 1:
            return ChoiceKey(
                tuple(i for i in indexes if i in shape.options),
                ("key_without_option", f"答案“{text[:20]}”中的 {missing} 没有对应的选项"),
            )
    return ChoiceKey(problem=("key_unreadable", f"读不懂答案“{text[:30]}”，请写选项字母，如 A 或 ACD"))


def _letters_with_texts(shape: Shape) -> tuple[int, ...] | None:
    """The options a key names by letter and text at once ("A. 北京", several a line or joined)."""
    found: list[int] = []
    for part in _BETWEEN_LABELLED.split(shape.key[:TEXTS_LIMIT]):
        match = _LABELLED.match(half_width(part))
        if match is None:
            return None
        index = LETTERS.index(match[1].upper())
        if option_form(shape.options.get(index, "")) != option_form(match[2]):
            return None
        found.append(index)
    return tuple(found) or None


def _clash(shape: Shape, numbers: tuple[int, ...], positions: tuple[int, ...]) -> bool:
    by_number = tuple(number - 1 for number in numbers)
    return by_number != positions and all(index in shape.options for index in by_number)


def _by_letter(text: str, indexes: tuple[int, ...]) -> ChoiceKey:
    written = "".join(LETTERS[index] for index in sorted(set(indexes)))
    if text == written:
        return ChoiceKey(indexes)
    marks = "".join(sorted(set(re.sub(r"[A-Za-z]", "", half_width(text)))))
    wide = half_width(text) != text
    habit = f"key letters {marks!r} {wide} {text.isupper()} {len(set(indexes)) == len(indexes)}"
    return ChoiceKey(indexes, None, habit, f"答案“{text[:20]}”读作 {written}")


def _by_number(shape: Shape, numbers: tuple[int, ...]) -> ChoiceKey:
    indexes = tuple(number - 1 for number in numbers)
    written = "".join(LETTERS[index] if 0 <= index < len(LETTERS) else "?" for index in indexes)
    missing = [str(number) for number in numbers if number - 1 not in shape.options]
    if missing:
        message = f"答案“{shape.key[:20]}”中的 {'、'.join(missing)} 没有对应的选项"
        return ChoiceKey(tuple(i for i in indexes if i in shape.options), ("key_without_option", message))
    return ChoiceKey(indexes, None, "key by number", f"答案“{shape.key[:20]}”是选项序号，读作 {written}")


def truth_key(shape: Shape, conventions: Conventions) -> TruthKey:
    """The judgement a key states, with or without the two options written out."""
    text = shape.key
    pair = truth_pair(shape.texts)
    if shape.options and pair is None:
        message = "判断题的选项应是 正确、错误（或留空）；若另有选项，请把题型改为单选"
        return TruthKey(problem=("true_false_options", message))
    if not text:
        return TruthKey(problem=("key_missing", "没有正确答案，请补上"))
    truth, habit = _truth(text, pair, conventions)
    if truth is not None:
        label = "正确" if truth else "错误"
        plain = text == label
        return TruthKey(truth, None, "" if plain else f"truth {habit}", f"判断题答案“{text[:10]}”读作“{label}”")
    reasoned = _JUDGED_WITH_REASON.match(text)
    if reasoned:
        truth = truth_of(reasoned[1])
        label = "正确" if truth else "错误"
        note = f"判断题答案“{text[:20]}”读作“{label}”，其后的说明归入解析"
        return TruthKey(truth, None, "truth with reason", note, reasoned[2].strip().rstrip("）)"))
    return TruthKey(problem=("key_unreadable", f"读不懂判断题答案“{text[:30]}”，请写 正确 或 错误"))


def _truth(text: str, pair: tuple[bool, bool] | None, conventions: Conventions) -> tuple[bool | None, str]:
    plain = bare_answer(text)
    if plain in {"a", "b"}:
        first, second = pair or (True, False)
        return (first if plain == "a" else second), f"letters {pair} {plain}"
    said = truth_of(text)
    if said is not None:
        return said, plain
    if plain in conventions.truth_digits and (pair is None or pair[0]):
        return conventions.truth_digits[plain], plain
    return None, ""
