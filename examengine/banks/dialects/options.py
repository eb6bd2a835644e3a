"""Options that share one cell: "A-…|B-…", "A.9种/B.10种", a line each, JSON, a Python list."""

import re
from typing import Final

import msgspec

from examengine.banks.checks import bear_their_letters
from examengine.banks.wording import tidy

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NOTHING: Final = frozenset({"", "/", "\\", "-", "--", "—", "——", "无", "[]", "{}", "null", "none", "n/a", "''", '""'})

_LABEL = re.compile(r"^[(（\[【]?\s*([A-Za-z])\s*[)）\]】]?\s*[.．、:：)）\-－—]\s*|^[(（\[【]([A-Za-z])[)）\]】]\s*")
_CIRCLED: Final = "①②③④⑤⑥⑦⑧⑨⑩"
_NOTATION = re.compile(r"\{|\[\s*(?:[\[{\"']|-?\d[\d.,\s-]*\]$|$)")
_RUN_ON = re.compile(r"(?<![A-Za-z0-9])[(（\[【]?([A-Za-z])[)）\]】]?\s*[.．、:：)）]\s*")
_PY_STRING = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(?:,|$)""", re.DOTALL)
_TEXT_KEYS: Final = ("optioncontent", "content", "text", "value", "option", "title", "name", "label", "answer")
_JOINED: Final = (
    ("|", "竖线"),
    ("｜", "竖线"),
    ("\n", "换行"),
    ("\t", "制表符"),
    ("$$", "$$"),
    ("##", "##"),
    ("；", "分号"),
    (";", "分号"),
    ("/", "斜线"),
    ("、", "顿号"),
    ("，", "逗号"),
    (",", "逗号"),
)


class UnreadableOptionsError(ValueError):
    """The cell looks like JSON or a list and is not."""


def split_options(cell: str) -> tuple[list[str], str]:
    """The options in one cell, labels stripped, and the way they were joined ("" where there is none).

    Raises ``UnreadableOptionsError``.
    """
    text = tidy(cell)
    if text.casefold() in NOTHING:
        return [], ""
    if _NOTATION.match(text) and text[-1] in "]}":
        return _from_notation(text)
    labelled = _labelled(text)
    if labelled is not None:
        return labelled
    for joint, name in _JOINED:
        if joint in text:
            parts = [part.strip() for part in text.split(joint)]
            parts = parts[:-1] if not parts[-1] else parts
            if len(parts) > 1:
                return strip_labels(parts)[0], name
    return [text], ""


def _labelled(text: str) -> tuple[list[str], str] | None:
    for joint, name in (*_JOINED[:-3], (" ", "空格")):
        if joint not in text:
            continue
        parts = [part.strip() for part in text.split(joint)]
        parts = [part for part in parts if part] if joint in " \n|；;" else parts
        if len(parts) > 1 and _in_sequence(parts):
            return [_unlabelled(part) for part in parts], name
    return _run_on(text)


def _in_sequence(parts: list[str]) -> bool:
    found = [_LABEL.match(part) for part in parts]
    letters = "".join((match[1] or match[2]).upper() for match in found if match)
    circled = "".join(part[0] for part in parts)
    return letters == LETTERS[: len(parts)] or circled == _CIRCLED[: len(parts)]


def _unlabelled(part: str) -> str:
    match = _LABEL.match(part)
    if match:
        return part[match.end() :].strip()
    return part.lstrip(_CIRCLED).lstrip("、.． ") if part[:1] in _CIRCLED else part


def _run_on(text: str) -> tuple[list[str], str] | None:
    marks: list[re.Match[str]] = []
    for match in _RUN_ON.finditer(text):
        if len(marks) < len(LETTERS) and match[1].upper() == LETTERS[len(marks)]:
            marks.append(match)
    if len(marks) < 2 or marks[0].start() != 0:
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    parts = [text[mark.end() : end].strip(" \t\n|｜/;；,，、") for mark, end in zip(marks, ends, strict=True)]
    return parts, "字母"


def options_in_stem(stem: str) -> tuple[str, list[str]] | None:
    """A stem that carries its options on lines of their own: the bare stem and the options."""
    lines = stem.split("\n")
    for index, line in enumerate(lines):
        match = _LABEL.match(line.strip())
        if index and match and (match[1] or match[2]).upper() == "A":
            options, joint = split_options("\n".join(lines[index:]))
            return (tidy("\n".join(lines[:index])), options) if joint and len(options) > 1 else None
    return None


def strip_labels(texts: list[str]) -> tuple[list[str], bool]:
    """The options without their own letters, if every one of them begins with the letter of its place."""
    if not bear_their_letters(texts):
        return texts, False
    stripped = [_unlabelled(text) for text in texts]
    return strip_labels(stripped)[0], True


def _from_notation(text: str) -> tuple[list[str], str]:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        strings = python_strings(text)
        if strings is None:
            raise UnreadableOptionsError("选项看起来是 JSON，但读不出来") from None
        return strip_labels([tidy(part) for part in strings])[0], "列表"
    if isinstance(value, dict) and set(value) <= set(LETTERS) | set(LETTERS.lower()):
        value = [value[letter] for letter in sorted(value)]
    if not isinstance(value, list):
        raise UnreadableOptionsError("选项的 JSON 不是一个列表")
    return strip_labels([tidy(_text_of(part)) for part in value])[0], "JSON"


def _text_of(part: object) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, int | float) and not isinstance(part, bool):
        return f"{part:.15g}"
    if isinstance(part, dict):
        by_name = {str(name).casefold().replace("_", ""): value for name, value in part.items()}
        for name in _TEXT_KEYS:
            if isinstance(by_name.get(name), str):
                return str(by_name[name])
    raise UnreadableOptionsError("选项的 JSON 里有一项没有文字")


def python_strings(text: str) -> list[str] | None:
    """The strings of a Python list literal ("['罗盛教', '黄继光']"); None where it is something else."""
    body = text.strip()
    if not (body.startswith("[") and body.endswith("]")):
        return None
    body = body[1:-1]
    strings: list[str] = []
    at = 0
    while body[at:].strip():
        match = _PY_STRING.match(body, at)
        if match is None:
            return None
        strings.append(re.sub(r"\\(.)", r"\1", match[1] if match[1] is not None else match[2]))
        at = match.end()
    return strings
