"""Contexts of the operators' pages."""

from dataclasses import dataclass

from examengine.web.contexts.author import FindingRow
from examengine.web.contexts.frame import Alert, FieldError, Frame, Paging, Tone


@dataclass(frozen=True, slots=True)
class PublishedRow:
    exam_id: int
    subject: str
    year: int
    rulebook_id: str
    digest: str
    bank: str
    release_no: int
    state_text: str
    tone: Tone
    opens_ms: int
    closes_ms: int
    enrolled: int
    running: int
    finished: int
    passed: int


@dataclass(frozen=True, slots=True)
class Exams:
    """O1: what is published."""

    frame: Frame
    rows: tuple[PublishedRow, ...]


@dataclass(frozen=True, slots=True)
class AssumedValue:
    """A value the notice leaves open: confirmed by a named person, or to be confirmed with its checkbox."""

    path: str
    meaning: str
    value: str
    note: str
    confirmed_by: str = ""
    confirmed_ms: int | None = None


@dataclass(frozen=True, slots=True)
class CellRow:
    """A cell of the blueprint against the release."""

    text: str
    wanted: int
    there: int
    points_hundredths: int
    disjoint: int
    fits: bool


@dataclass(frozen=True, slots=True)
class Publish:
    """O1/O2: rulebook and release chosen, what is assumed, what the bank can fill; then publishing."""

    frame: Frame
    rulebooks: tuple[tuple[str, str], ...]
    releases: tuple[tuple[str, str], ...]
    rulebook: str
    release: str
    digest: str
    assumed: tuple[AssumedValue, ...]
    cells: tuple[CellRow, ...]
    checks: tuple[tuple[str, bool, str], ...]
    ready: bool
    alert: Alert | None = None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class PeopleImport:
    frame: Frame
    max_mb: int
    exams: tuple[tuple[str, str], ...]
    exam: str
    alert: Alert | None = None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonRow:
    """``verdict``: new, same, changed or error."""

    where: str
    name: str
    document_masked: str
    unit: str
    verdict: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class PeoplePreview:
    """The rows with their verdicts; ``done`` after the commit, when the page is the report."""

    frame: Frame
    upload_id: str
    file_name: str
    exam_text: str
    new: int
    same: int
    changed: int
    errors: int
    rows: tuple[PersonRow, ...]
    findings: tuple[FindingRow, ...]
    paging: Paging
    verdict: str = ""
    done: bool = False
