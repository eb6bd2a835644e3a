"""Contexts of the question authors' pages."""

from dataclasses import dataclass

from examengine.web.contexts.frame import FieldError, Frame
from examengine.web.contexts.suspects import SuspectView


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many items of a kind; ``text`` is the kind's Chinese name."""

    text: str
    count: int


@dataclass(frozen=True, slots=True)
class BankRow:
    bank_id: int
    name: str
    subject: str
    items: int
    kinds: tuple[KindCount, ...]
    release_no: int | None
    changed_ms: int
    changed_by: str
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Banks:
    """A1: the banks; a form creates another."""

    frame: Frame
    rows: tuple[BankRow, ...]
    errors: tuple[FieldError, ...] = ()
    name: str = ""
    suspects: tuple[SuspectView, ...] = ()


@dataclass(frozen=True, slots=True)
class OptionView:
    letter: str
    text: str
    key: bool


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item as the candidate sees it, with its key for the author; ``answers``: what counts where there are no
    options, a line each.
    """

    no: str
    kind_text: str
    stem: str
    options: tuple[OptionView, ...]
    topic: str
    difficulty: str
    explanation: str
    version: int = 1
    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    no: int
    items: int
    at_ms: int
    by: str
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ImportRow:
    batch_no: int
    file_name: str
    added: int
    changed: int
    at_ms: int
    by: str
    is_undone: bool = False


@dataclass(frozen=True, slots=True)
class FindingRow:
    """``severity``: error, warning or info; ``where`` names sheet, row and column."""

    severity: str
    where: str
    message: str
