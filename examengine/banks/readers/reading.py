"""What a reader gives back."""

from collections.abc import Mapping
from dataclasses import dataclass

from examengine.banks.findings import Finding
from examengine.banks.item import Item, Kind
from examengine.banks.markup import Media
from examengine.banks.readers.columns import SheetColumns
from examengine.banks.readers.questions import Question


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
    markup refers to as ``media:NAME``. ``questions`` are all of them in the order of the file, also those that stay
    out or repeat one another; ``columns`` how the columns of a sheet were understood.
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
    questions: tuple[Question, ...] = ()
    columns: tuple[SheetColumns, ...] = ()
