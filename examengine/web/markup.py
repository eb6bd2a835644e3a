"""Stem and options of an item as everybody sees them: one place for candidate, author and marker."""

from base64 import b64encode
from collections.abc import Mapping

from markupsafe import Markup

from examengine.banks.item import Item, Option
from examengine.banks.markup import Media, address_of, show
from examengine.banks.markup.settle import PICTURES

Loose = Mapping[str, Media]
"""Pictures by name that are not kept yet, as in a preview: they are shown from within the page."""


def stem_html(item: Item, loose: Loose | None = None) -> Markup:
    """The stem as safe HTML; may hold blocks, so it never stands within a ``<p>``."""
    return _shown(item.stem, item.markup, loose)


def option_html(option: Option, loose: Loose | None = None) -> Markup:
    """An option's text as safe HTML."""
    return _shown(option.text, option.markup, loose)


def text_html(text: str) -> Markup:
    """Plain text (an explanation, one side of a pair) with its formulas."""
    return _shown(text, "", None)


def _shown(text: str, markup: str, loose: Loose | None) -> Markup:
    def find(name: str) -> str:
        kept = loose.get(name) if loose else None
        if kept is None or kept.type not in PICTURES:
            return address_of(name)
        return f"data:{kept.type};base64,{b64encode(kept.data).decode()}"

    return Markup(show(text, markup, find).html)  # noqa: S704 - cleaned and escaped where it is made
