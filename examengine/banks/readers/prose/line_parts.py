"""Parts of a typed line that several rules look at."""

import re
from collections.abc import Sequence
from typing import Final

from examengine.banks.readers.lines import Line
from examengine.banks.readers.prose import marks
from examengine.banks.readers.prose.options import begins_option

LINE_LIMIT: Final = 40_000
BLANKS_LIMIT: Final = 24
UNNUMBERED_SHARE: Final = 0.3

_LONG_BLANKS = re.compile(rf"[ \t\u3000\u2002\u2003]{{{BLANKS_LIMIT},}}")
_INNER = re.compile(r"^(\d{1,3})\s*(?:[.．](?!\d)|[、)）])")


def narrowed(text: str) -> str:
    """A line whose length and runs of blanks are bounded: patterns look for both."""
    return _LONG_BLANKS.sub(" " * BLANKS_LIMIT, text[:LINE_LIMIT].replace("\xa0", " "))


def bounded(text: str) -> str:
    """A line without outer space and Markdown, a star before an option told as the mark of the right one."""
    line = marks.without_markdown(text.strip(" \t\u3000\ufeff"))
    starred = marks.MARKED_BEFORE.match(line)
    return f"{starred['option']}（正确答案）" if starred else line


def inner_number(text: str) -> int:
    """The number a line within an answer begins with; 0 for none."""
    match = _INNER.match(marks.plain(text))
    return int(match[1]) if match else 0


def has_own_key(rest: str) -> bool:
    """True where a stem has a key in its brackets, or empty brackets for one."""
    flat = marks.plain(rest)
    return bool(marks.KEY_IN_BRACKETS.search(flat) or marks.EMPTY_BRACKETS.search(flat))


def split_at_explanation(text: str) -> tuple[str, bool, str]:
    """What stands before an explanation on the same line, whether there is one, and the explanation."""
    match = re.search(r"\s*(?:[【\[]\s*(?:试题|答案)?解析\s*[】\]]\s*[:：]?|(?:试题|答案)?解析\s*[:：])", text)
    return (text[: match.start()], True, text[match.end() :].strip()) if match else (text, False, "")


def is_numbered(lines: Sequence[Line]) -> bool:
    """True where the questions of a paper have numbers, and not only some lines between them."""
    numbered = firsts = 0
    for line in lines:
        match = marks.QUESTION.match(marks.plain(line.text))
        numbered += match is not None and match["d"] is None
        firsts += begins_option(line.text, 0)
    return numbered > 0 and numbered >= UNNUMBERED_SHARE * firsts
