"""Contexts of the question authors' pages."""

from dataclasses import dataclass

from examengine.web.contexts.frame import Alert, FieldError, Frame, Paging


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


@dataclass(frozen=True, slots=True)
class Banks:
    """A1: the banks; a form creates another."""

    frame: Frame
    rows: tuple[BankRow, ...]
    errors: tuple[FieldError, ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class OptionView:
    letter: str
    text: str
    key: bool


@dataclass(frozen=True, slots=True)
class ItemView:
    """An item as the candidate sees it, with its key for the author."""

    no: str
    kind_text: str
    stem: str
    options: tuple[OptionView, ...]
    topic: str
    difficulty: str
    explanation: str
    version: int = 1


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


@dataclass(frozen=True, slots=True)
class Bank:
    """A bank: its items as candidates see them, its releases, and the way to import more."""

    frame: Frame
    bank_id: int
    name: str
    kinds: tuple[KindCount, ...]
    query: str
    kind: str
    kind_choices: tuple[tuple[str, str], ...]
    items: tuple[ItemView, ...]
    paging: Paging
    releases: tuple[ReleaseRow, ...]
    unreleased_changes: int
    imports: tuple[ImportRow, ...] = ()


@dataclass(frozen=True, slots=True)
class BankUpload:
    """A3 ①②: template and upload."""

    frame: Frame
    bank_id: int
    name: str
    max_mb: int
    encodings: tuple[tuple[str, str], ...]
    alert: Alert | None = None
    errors: tuple[FieldError, ...] = ()
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class FindingRow:
    """``severity``: error, warning or info; ``where`` names sheet, row and column."""

    severity: str
    where: str
    message: str


@dataclass(frozen=True, slots=True)
class BankPreview:
    """A3 ③④⑤: what was understood, the findings, and the commit of exactly that.

    ``severity`` is the filter in force ("" for all); ``encodings`` are the other ways to read a text file, each an
    address and a name.
    """

    frame: Frame
    bank_id: int
    name: str
    upload_id: str
    file_name: str
    file_size: int
    format: str
    encoding: str
    total: int
    importable: int
    kinds: tuple[KindCount, ...]
    understood: tuple[str, ...]
    samples: tuple[ItemView, ...]
    errors: int
    warnings: int
    infos: int
    severity: str
    findings: tuple[FindingRow, ...]
    paging: Paging
    encodings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BankCommitted:
    """A3 ⑥: the report."""

    frame: Frame
    bank_id: int
    name: str
    file_name: str
    batch_no: int
    at_ms: int
    added: int
    unchanged: int
    left_out: int
    kinds: tuple[KindCount, ...]
    release_no: int | None
    changed: int = 0
