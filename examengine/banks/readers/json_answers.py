"""Answers that JSON gives as objects where there are no options: accepted words, numbers with a margin, pairs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from examengine.banks.readers.json_options import name_word, text_of

_SIDES: Final = (
    ("left", "right"),
    ("answermatchleft", "answermatchright"),
    ("question", "answer"),
    ("prompt", "answer"),
    ("key", "value"),
    ("term", "definition"),
    ("source", "target"),
)
_WORDS: Final = ("text", "answertext", "answer", "value", "content", "name")


def pairs_in(listed: Any) -> str:
    """The pairs of a matching question, a line each; "" where there are none."""
    if isinstance(listed, dict):
        listed = [[left, right] for left, right in listed.items()]
    lines = []
    for one in listed if isinstance(listed, list) else []:
        sides = _sides(one) if isinstance(one, dict) else one
        if isinstance(sides, list) and len(sides) == 2 and text_of(sides[1]):
            lines.append(f"{text_of(sides[0])} → {text_of(sides[1])}")
    return "\n".join(lines)


def answers_in(content: Sequence[Any]) -> str:
    """The key that a list of objects spells out (Canvas and others); "" where it spells out none."""
    if not content or not all(isinstance(one, dict) for one in content):
        return ""
    if all(_sides(one) for one in content):
        return pairs_in(content)
    found = [_said({name_word(str(name)): inner for name, inner in one.items()}) for one in content]
    return "|".join(text for text in found if text)


def _sides(one: Mapping[str, Any]) -> list[Any]:
    by_word = {name_word(str(name)): inner for name, inner in one.items()}
    return next(([by_word[a], by_word[b]] for a, b in _SIDES if text_of(by_word.get(a)) and b in by_word), [])


def _said(one: Mapping[str, Any]) -> str:
    if text_of(one.get("exact")):
        margin = text_of(one.get("margin"))
        return text_of(one["exact"]) + (f"±{margin}" if margin not in {"", "0"} else "")
    if text_of(one.get("start")) and text_of(one.get("end")):
        return f"{text_of(one['start'])}~{text_of(one['end'])}"
    if text_of(one.get("approximate")):
        return text_of(one["approximate"])
    weight = one.get("weight", one.get("answerweight", 100))
    wrong = isinstance(weight, int | float) and weight <= 0
    return "" if wrong else next((text for name in _WORDS if (text := text_of(one.get(name)))), "")
