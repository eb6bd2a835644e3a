"""Formatted text of questions: reduced to a small safe vocabulary, with plain text beside it and media named."""

from examengine.banks.markup.html import Rich, plain_rich, rich_of, safe
from examengine.banks.markup.media import Media, MediaShelf
from examengine.banks.markup.settle import references, settle
from examengine.banks.markup.show import Shown, address_of, show

__all__ = [
    "Media",
    "MediaShelf",
    "Rich",
    "Shown",
    "address_of",
    "plain_rich",
    "references",
    "rich_of",
    "safe",
    "settle",
    "show",
]
