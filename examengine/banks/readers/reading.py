"""What a reader gives back."""

from collections.abc import Mapping
from dataclasses import dataclass

from examengine.banks.findings import Finding
from examengine.banks.item import Item, Kind
from examengine.banks.markup import Media


@dataclass(frozen=True, slots=True)
class ReadItem:
    """An item that can be imported, and the place it came from."""

    item: Item
    where: str


@dataclass(frozen=True, slots=True)
class BankReading:
    """A file as it was understood.

    ``total`` counts every answerable question, also those that stay out; ``by_type`` splits it over all kinds.
    ``importable`` is ``len(items)``. ``understood`` says how dialects were read, one sentence a habit.
    ``kept_out`` holds what was understood of questions that cannot be delivered yet; ``media`` the pictures that
    markup refers to as ``media:NAME``.
    """

    format: str
    encoding: str
    items: tuple[ReadItem, ...]
    total: int
    by_type: Mapping[Kind, int]
    importable: int
    findings: tuple[Finding, ...]
    understood: tuple[str, ...]
    kept_out: tuple[ReadItem, ...] = ()
    media: tuple[Media, ...] = ()
