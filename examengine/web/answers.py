"""An answer in the reader's words."""

from collections.abc import Sequence

from examengine.banks.item import WITH_OPTIONS, Item
from examengine.banks.responses import listed, parts_of
from examengine.web.wording import gettext as _

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def letters(value: str, order: Sequence[str]) -> str:
    """Option ids as the letters that a paper shows, "" where none is chosen."""
    return "".join(letter for letter, option in zip(LETTERS, order, strict=False) if option in value)


def parts_told(item: Item, value: str) -> tuple[str, ...]:
    """The parts of an answer to an item without options, each as text, "" where it is blank."""
    given, sides = listed(value) or (), parts_of(item)
    texts = (*given[: len(sides)], *("" for _part in range(len(sides) - len(given))))
    return tuple(text if side is None else dict(side).get(text, "") for text, side in zip(texts, sides, strict=True))


def answer_told(item: Item, value: str, order: Sequence[str]) -> str:
    """An answer in one line or more, "" where there is none. ``order``: of the options, as the paper shows them."""
    if item.kind in WITH_OPTIONS:
        return letters(value, order)
    parts = parts_told(item, value)
    if len(parts) == 1 or not any(parts):
        return parts[0]
    return "；".join(f"{no}. {text or _('未答')}" for no, text in enumerate(parts, start=1))
