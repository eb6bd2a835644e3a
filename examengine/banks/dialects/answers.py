"""Answers as authors write them: "A、C", "ＡＣ", "选A", "√", "对", "T", "1"."""

import re
from collections.abc import Sequence
from typing import Final

from examengine.banks.wording import option_form, word


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


TRUE_WORDS: Final = _words(
    "对 正确 是 同意 真 ○ ◯ ⭕ ✅ √ ✓ ✔ ☑ v ∨ t true y yes right correct 對 对的 正确的 是的 正確 ok"
)
FALSE_WORDS: Final = _words(
    "错 错误 否 不同意 假 ❌ × ✗ ✘ ✕ ╳ х f false n no wrong incorrect x 錯 錯誤 错的 错误的 不对 不是 不正确 非"
)
_PREFIX = re.compile(
    r"^(?:正确答案|标准答案|参考答案|正確答案|參考答案|答案|应选|故选|选项?|option|choice)\s*(?:是|为)?\s*[:：]?\s*"
)
_WRAPPED = re.compile(r"^[【\[(（“\"'](.*)[】\])）”\"']$", re.DOTALL)
_NUMBER_SEPARATORS = re.compile(r"[\s,;/|、&+和与及]+")
_SEPARATORS = re.compile(r"[\s,;/|.。、·+&#和与及()\[\]]+")


# Longer than any list of letters, or of option texts; what is longer is no key of a choice.
LETTERS_LIMIT: Final = 200
TEXTS_LIMIT: Final = 4_000


def bare_answer(text: str) -> str:
    """The answer in half-width lower case, without "答案：", brackets and closing marks."""
    plain = word(text)
    for _ in range(3):
        plain = _PREFIX.sub("", plain, count=1)
        wrapped = _WRAPPED.match(plain)
        plain = (wrapped[1] if wrapped else plain).strip(" \t\n.。,;、:")
    return plain


def letters_of(text: str) -> tuple[str, ...] | None:
    """The option letters (a–z, in the order written) an answer consists of; None where it is anything else."""
    if len(text) > LETTERS_LIMIT:
        return None
    parts = [part for part in _SEPARATORS.split(bare_answer(text)) if part]
    if not parts or not all(part.isascii() and part.isalpha() for part in parts):
        return None
    return tuple("".join(parts))


def numbers_of(text: str) -> tuple[int, ...] | None:
    """The option numbers (from 1) an answer consists of ("2", "1,3"); None where it is anything else."""
    if len(text) > LETTERS_LIMIT:
        return None
    parts = [part for part in _NUMBER_SEPARATORS.split(bare_answer(text)) if part]
    if not parts or not all(part.isascii() and part.isdigit() and len(part) <= 2 for part in parts):
        return None
    return tuple(int(part) for part in parts)


def truth_of(text: str) -> bool | None:
    """True, false or None for a word of judgement; digits and letters of options are not words."""
    plain = bare_answer(text) if len(text) <= LETTERS_LIMIT else ""
    if plain in TRUE_WORDS:
        return True
    return False if plain in FALSE_WORDS else None


def truth_pair(texts: Sequence[str]) -> tuple[bool, bool] | None:
    """The meaning of two options such as 正确 and 错误, in their order; None for any others."""
    if len(texts) != 2:
        return None
    first, second = truth_of(texts[0]), truth_of(texts[1])
    if first is None or second is None or first == second:
        return None
    return first, second


def options_named(text: str, options: Sequence[str]) -> tuple[int, ...] | None:
    """The options (indexes) whose very text the answer gives, alone or joined; None where it names none."""
    if len(text) > TEXTS_LIMIT:
        return None
    forms = [option_form(option) for option in options]
    whole = option_form(text)
    if forms.count(whole) == 1:
        return (forms.index(whole),)
    for joint in ("|", "\n", "；", ";", "、", "，", ",", "/", "#"):
        parts = [option_form(part) for part in text.split(joint)]
        if len(parts) > 1 and all(forms.count(part) == 1 for part in parts):
            return tuple(forms.index(part) for part in parts)
    return None
