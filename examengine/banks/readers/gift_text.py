"""Text within GIFT: its escapes, and the formats a text may name."""

import re
from collections.abc import Callable
from typing import Final

from examengine.banks.markup import Rich, plain_rich, rich_of
from examengine.banks.markup.html import looks_like_html
from examengine.banks.wording import tidy

# Escaped characters become noncharacters, which no text may hold, so that what is left of "{", "~", "=" is structure.
_ESCAPED: Final = "\\~=#{}:"
_FIRST: Final = 0xFDD0
_MARKS: Final = {character: chr(_FIRST + index) for index, character in enumerate(_ESCAPED)}
_BACK: Final = {ord(mark): character for character, mark in _MARKS.items()} | {_FIRST + len(_ESCAPED): "\n"}
_ALL = re.compile("[\ufdd0-\ufdef]")
_ESCAPE = re.compile(r"\\([\\~=#{}:n])")
_FORMAT = re.compile(r"^\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_MARKDOWN_IMAGE = re.compile(r"!\[([^\[\]\n]{0,300})\]\(([^()\s]{1,400})\)")


def with_marks(text: str) -> str:
    """The text with its escapes as marks."""
    text = _ALL.sub("", text)
    return _ESCAPE.sub(lambda match: _MARKS.get(match[1], chr(_FIRST + len(_ESCAPED))), text)


def unescape_marks(text: str) -> str:
    """The text as its author meant it."""
    return text.translate(_BACK)


def plain(text: str) -> str:
    return tidy(unescape_marks(text))


def rich(text: str, form: str, find: Callable[[str], str]) -> Rich:
    """A text in the format it names itself, or else in that of its question ("" where none is named)."""
    named = _FORMAT.match(text)
    if named:
        text, form = text[named.end() :], named[1].lower()
    return in_format(text, form, find)


def in_format(text: str, form: str, find: Callable[[str], str]) -> Rich:
    """A text in a format that has been told already."""
    text = unescape_marks(text).strip()
    if form == "plain":
        return plain_rich(text)
    if form == "markdown":
        image = _MARKDOWN_IMAGE.search(text)
        if image is None and not looks_like_html(text):
            return plain_rich(text)
        text = _MARKDOWN_IMAGE.sub(lambda match: f'<img src="{match[2]}" alt="{match[1]}">', text)
    if form == "html":
        return rich_of(text, find)
    if not looks_like_html(text):
        return plain_rich(text)
    return rich_of(text.replace("\n", "<br>\n") if "<p" not in text.lower() else text, find)
