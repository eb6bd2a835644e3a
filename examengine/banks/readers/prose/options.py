"""Options on a line: one, or several in a run ("A. 北京   B. 上海")."""

import re
from typing import Final

from examengine.banks.readers.prose.marks import plain

LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_FIRST = re.compile(
    r"^[（(\[【]?\s*(?P<letter>[A-Za-z])\s*(?:[)）\]】]\s*[.．、:：]?|[.．、:：,，)）]|(?P<bare>\s+(?=\S)|(?=[\u4e00-\u9fff《“（(\[])))\s*"
)


def begins_option(text: str, expected: int) -> bool:
    """True where a line begins with the label of the option at index ``expected``."""
    return _label(plain(text), expected) is not None


def _label(text: str, expected: int) -> re.Match[str] | None:
    match = _FIRST.match(text)
    if match is None or expected >= len(LETTERS):
        return None
    letter = match["letter"]
    if letter.islower() and match["bare"] is not None:
        return None
    return match if letter.upper() == LETTERS[expected] else None


def options_on(text: str, expected: int, *, alone: bool) -> list[str] | None:
    """The options of a line that begins with the expected one; None where it does not.

    ``alone``: the next option begins the next line, so that this line holds one, whatever letters it names.
    """
    flat = plain(text)
    match = _label(flat, expected)
    if match is None:
        return None
    begins = [match.end()]
    ends: list[int] = []
    upper = match["letter"].isupper()
    while not alone:
        following = _next(flat, begins[-1], expected + len(begins), upper=upper)
        if following is None:
            break
        ends.append(following[0])
        begins.append(following[1])
    ends.append(len(text))
    return [text[begin:end].strip() for begin, end in zip(begins, ends, strict=True)]


def _next(text: str, start: int, expected: int, *, upper: bool) -> tuple[int, int] | None:
    if expected >= len(LETTERS):
        return None
    letter = LETTERS[expected] if upper else LETTERS[expected].lower()
    labelled = re.compile(
        rf"(?<![A-Za-z])[（(\[【]{letter}[)）\]】]\s*[.．、:：]?\s*|(?<![A-Za-z]){letter}\s*[.．、:：)）]\s*"
        rf"|(?<=\s){letter}(?=[\u4e00-\u9fff《“\d])|(?<=\s\s){letter}\s+(?=\S)"
    )
    match = labelled.search(text, start)
    return None if match is None else (match.start(), match.end())


def run_within(text: str) -> tuple[str, list[str]] | None:
    """A stem that runs on into its options ("…的是（ ） A.甲 B.乙 C.丙"): the stem and the options."""
    flat = plain(text)
    for match in re.finditer(r"(?:(?<=[\s）)。？?：:；;])|^)[（(\[【]?A\s*[)）\]】]?\s*[.．、:：)）]\s*(?=\S)", flat):
        found = options_on(text[match.start() :], 0, alone=False)
        if found is not None and len(found) > 1 and all(found):
            return text[: match.start()].strip(), found
    return None
