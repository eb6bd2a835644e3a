"""Asterisks in short answers: Moodle's ``*`` stands for any text, ``\\*`` for itself."""

import re
from collections.abc import Sequence

_OPEN = re.compile(r"(?<!\\)\*")


def stars_read(texts: Sequence[str]) -> tuple[list[str], bool]:
    """The answers as they are to be kept, and whether ``*`` stands for any text in them."""
    if any(_OPEN.search(text) for text in texts):
        return list(texts), True
    return [text.replace("\\*", "*") for text in texts], False


def with_escaped_stars(text: str, wildcards: bool) -> str:
    """The answer as ``stars_read`` reads it."""
    return text if wildcards else text.replace("*", "\\*")
