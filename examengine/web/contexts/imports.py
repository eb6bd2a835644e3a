"""Contexts of the import's pages (A3)."""

from dataclasses import dataclass

from examengine.web.contexts.author import ItemView, KindCount
from examengine.web.contexts.frame import Alert, FieldError, Frame, Paging


@dataclass(frozen=True, slots=True)
class BankUpload:
    """①② template and upload."""

    frame: Frame
    bank_id: int
    name: str
    max_mb: int
    encodings: tuple[tuple[str, str], ...]
    formats: tuple[tuple[str, str], ...]
    errors: tuple[FieldError, ...] = ()
    encoding: str = ""
    format: str = ""


@dataclass(frozen=True, slots=True)
class BankReading:
    """② A file that takes a while: the page asks again until it has been read."""

    frame: Frame
    bank_id: int
    name: str
    upload_id: int
    file_name: str
    file_size: int
    refresh_s: int = 2


@dataclass(frozen=True, slots=True)
class ColumnView:
    """``control`` names the select; ``meaning`` is what the column is taken for, "" for nothing."""

    control: str
    letter: str
    header: str
    sample: str
    meaning: str


@dataclass(frozen=True, slots=True)
class SheetView:
    """A sheet's columns; ``header`` is the number of its header row, 0 where there is none."""

    control: str
    sheet: str
    header: int
    columns: tuple[ColumnView, ...]


@dataclass(frozen=True, slots=True)
class RowFinding:
    """``severity``: error, warning, info; ``column`` and ``value`` name the cell, "" where the whole row is meant;
    ``advice`` what to do, "" where ``message`` says it all.
    """

    severity: str
    column: str
    value: str
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class RowView:
    """A question with its findings. ``state`` is what becomes of it, in words; ``tone`` how it looks."""

    index: int
    where: str
    kind: str
    stem: str
    state: str
    tone: str
    findings: tuple[RowFinding, ...]
    is_fixed: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """A field of the fix form; ``lines`` > 1 for a text area."""

    name: str
    label: str
    value: str
    lines: int = 1


@dataclass(frozen=True, slots=True)
class FixForm:
    """The row as it stands, to be put right; ``replaces``: an item of the bank that it may be taken as a correction
    of.
    """

    kinds: tuple[tuple[str, str], ...]
    kind: str
    controls: tuple[Control, ...]
    more: tuple[Control, ...]
    replaces: int | None = None
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Counters:
    """Questions by what becomes of them."""

    total: int
    importable: int
    errors: int
    conflicts: int
    warnings: int
    repeated: int
    fixed: int
    left_out: int


@dataclass(frozen=True, slots=True)
class BankPreview:
    """③④ what was understood and found. ``show`` is the filter in force; ``remarks`` concern the file as a whole."""

    frame: Frame
    bank_id: int
    name: str
    upload_id: int
    file_name: str
    file_size: int
    format_text: str
    encoding_text: str
    counters: Counters
    kinds: tuple[KindCount, ...]
    understood: tuple[str, ...]
    samples: tuple[ItemView, ...]
    remarks: tuple[RowFinding, ...]
    show: str
    tabs: tuple[tuple[str, str, int], ...]
    rows: tuple[RowView, ...]
    paging: Paging
    encodings: tuple[tuple[str, str], ...]
    encoding: str
    formats: tuple[tuple[str, str], ...]
    format: str
    sheets: tuple[SheetView, ...]
    meanings: tuple[tuple[str, str], ...]
    is_settings_open: bool = False


@dataclass(frozen=True, slots=True)
class ImportRow:
    """④ one row, with its form where ``form`` is given; ``counters`` and the ``others`` that a fix has changed go
    along when htmx asks for the row alone.
    """

    frame: Frame
    bank_id: int
    name: str
    upload_id: int
    file_name: str
    row: RowView
    form: FixForm | None
    counters: Counters
    is_alone: bool = False
    others: tuple[RowView, ...] = ()


@dataclass(frozen=True, slots=True)
class BankConfirm:
    """⑤ how much, and what to do with what the bank has. The numbers say what each choice would write."""

    frame: Frame
    bank_id: int
    name: str
    upload_id: int
    file_name: str
    counters: Counters
    added: int
    changed: int
    same: int
    duplicates: int
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class BankCommitted:
    """⑥ the report. ``undo``: "open" while it may be taken back, else why not; ``undone_ms`` when it was."""

    frame: Frame
    bank_id: int
    name: str
    file_name: str
    batch_no: int
    at_ms: int
    by: str
    added: int
    changed: int
    unchanged: int
    left_out: int
    kinds: tuple[KindCount, ...]
    findings: int
    undo: str
    undone_ms: int | None = None
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class UndoImport:
    """Taking an import back: what goes and what stands again."""

    frame: Frame
    bank_id: int
    name: str
    file_name: str
    batch_no: int
    added: int
    changed: int
