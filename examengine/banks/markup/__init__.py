"""Formatted text of questions: reduced to a small safe vocabulary, with plain text beside it and media named."""

from examengine.banks.markup.html import Rich, plain_rich, rich_of, safe
from examengine.banks.markup.media import Media, MediaShelf

__all__ = ["Media", "MediaShelf", "Rich", "plain_rich", "rich_of", "safe"]
