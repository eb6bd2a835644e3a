"""Options and texts of JSON questions: lists, objects, letters, numbers; right ones by flag or weight."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from examengine.banks.dialects.headers import header_word
from examengine.banks.dialects.options import LETTERS, UnreadableOptionsError, split_options
from examengine.banks.markup import rich_of
from examengine.banks.markup.html import looks_like_html
from examengine.banks.wording import tidy

_TEXT_NAMES: Final = (
    *("optioncontent", "optiontext", "answertext", "choicetext", "content", "text", "value", "option", "title"),
    *("name", "body", "html", "desc", "label", "answer"),
)
_LABEL_NAMES: Final = (
    "label",
    "key",
    "letter",
    "prefix",
    "id",
    "no",
    "code",
    "option",
    "tag",
    "index",
    "optionname",
    "value",
    "numb",
    "num",
    "number",
    "oid",
    "mark",
    "seq",
)
_RIGHT_NAMES: Final = ("iscorrect", "correct", "isanswer", "isright", "right", "istrue", "answer", "checked")
_WEIGHT_NAMES: Final = ("weight", "fraction", "answerweight")
LETTER_KEY = re.compile(r"^(?:option|选项|opt)?_?([A-Za-z])$", re.IGNORECASE)
NUMBER_KEY = re.compile(r"^(?:item|option|opt|choice|answer|选项)_?(\d{1,2})$", re.IGNORECASE)


@lru_cache(maxsize=4096)
def name_word(name: str) -> str:
    return header_word(name).replace("_", "").replace("-", "").replace(" ", "")


def text_of(value: Any) -> str:
    if isinstance(value, bool):
        return "正确" if value else "错误"
    if isinstance(value, int | float):
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    if isinstance(value, str):
        return rich_of(value, lambda _: "").text if looks_like_html(value) else tidy(value)
    return ""


def options_of(value: Mapping[str, Any], content: Any) -> tuple[dict[int, str], list[int]]:
    """Options by letter and the indexes of those that call themselves right."""
    if isinstance(content, dict):
        pairs = sorted((str(name), inner) for name, inner in content.items())
        named = [(match, inner) for name, inner in pairs if (match := LETTER_KEY.match(name))]
        if named and len(named) == len(pairs):
            kept = {LETTERS.index(match[1].upper()): option_text(inner) for match, inner in named}
            return {index: text for index, text in kept.items() if text}, []
        return dict(enumerate(option_text(inner) for _, inner in pairs)), []
    if isinstance(content, list):
        return _listed(content)
    lettered = {
        LETTERS.index(match[1].upper()): text_of(inner)
        for name, inner in value.items()
        if (match := LETTER_KEY.match(str(name))) and text_of(inner)
    }
    if len(lettered) > 1:
        return lettered, []
    numbered = {
        int(match[1]): text_of(inner)
        for name, inner in value.items()
        if (match := NUMBER_KEY.match(str(name))) and text_of(inner)
    }
    if len(numbered) > 1:
        return {number - min(numbered): text for number, text in sorted(numbered.items())}, []
    if isinstance(content, str) and content.strip():
        try:
            return dict(enumerate(split_options(content)[0])), []
        except UnreadableOptionsError:
            return {0: content}, []
    return {}, []


def _listed(content: Sequence[Any]) -> tuple[dict[int, str], list[int]]:
    texts = [option_text(one) for one in content]
    labels = [_label(one) for one in content]
    in_place = labels == list(LETTERS[: len(labels)])
    indexes = list(range(len(texts)))
    if not in_place and all(labels) and len(set(labels)) == len(labels):
        indexes = [LETTERS.index(label) for label in labels]
    right = [index for index, one in zip(indexes, content, strict=True) if _says_right(one)]
    weights = [_weight(one) for one in content]
    if not right and any(weight is not None and weight <= 0 for weight in weights):
        right = [index for index, weight in zip(indexes, weights, strict=True) if weight is not None and weight > 0]
    return {index: text for index, text in zip(indexes, texts, strict=True) if text}, right


def option_text(one: Any) -> str:
    if not isinstance(one, dict):
        return text_of(one)
    by_word = {name_word(str(name)): content for name, content in one.items()}
    texts = [text_of(by_word[name]) for name in _TEXT_NAMES if isinstance(by_word.get(name), str | int | float)]
    # {"value": "A", "label": "北京"}: a lone letter is a text only where there is no other.
    return next((text for text in texts if len(text) > 1 or text.upper() not in LETTERS), next(iter(texts), ""))


def _weight(one: Any) -> float | None:
    if not isinstance(one, dict):
        return None
    by_word = {name_word(str(name)): content for name, content in one.items()}
    return next((float(by_word[name]) for name in _WEIGHT_NAMES if isinstance(by_word.get(name), int | float)), None)


def _label(one: Any) -> str:
    if not isinstance(one, dict):
        return ""
    by_word = {name_word(str(name)): content for name, content in one.items()}
    for name in _LABEL_NAMES:
        text = by_word.get(name)
        if isinstance(text, str) and len(text.strip(". 、")) == 1 and text.strip(". 、").upper() in LETTERS:
            return text.strip(". 、").upper()
    return ""


def _says_right(one: Any) -> bool:
    if not isinstance(one, dict):
        return False
    by_word = {name_word(str(name)): content for name, content in one.items()}
    # {"answer": "1", "correct": false}: an answer is no flag where it is the option's text.
    told = [name for name in _RIGHT_NAMES if name != "answer" or not isinstance(by_word.get("correct"), bool)]
    return any(by_word.get(name) in (True, 1, "1", "true", "True", "Y") for name in told)


def are_choices(content: Any) -> bool:
    if not isinstance(content, list) or not content or not all(isinstance(one, dict) for one in content):
        return False
    return all(option_text(one) for one in content) and (len(content) > 1 or _says_right(content[0]))


def are_listed(content: Any) -> bool:
    """True for a list of several, and for an object with a letter for every name."""
    if isinstance(content, dict):
        return len(content) > 1 and all(LETTER_KEY.match(str(name)) for name in content)
    return isinstance(content, list) and len(content) > 1
