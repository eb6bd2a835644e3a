"""Contexts of the operators' pages."""

from dataclasses import dataclass

from examengine.web.contexts.author import FindingRow
from examengine.web.contexts.blueprints import ProofView
from examengine.web.contexts.checks import CheckRow, Signing
from examengine.web.contexts.frame import Alert, Fact, FieldError, Frame, NavLink, Paging, Tone


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
    """O1/O2: rulebook, release and blueprint chosen, what is assumed, what the bank can fill; then publishing."""

    frame: Frame
    rulebooks: tuple[tuple[str, str], ...]
    releases: tuple[tuple[str, str], ...]
    rulebook: str
    release: str
    digest: str
    assumed: tuple[AssumedValue, ...]
    cells: tuple[CellRow, ...]
    checks: tuple[CheckRow, ...]
    ready: bool
    basis: str
    signing: Signing
    alert: Alert | None = None
    errors: tuple[FieldError, ...] = ()
    title: str = ""
    blueprints: tuple[tuple[str, str], ...] = ()
    blueprint: str = ""
    differences: tuple[str, ...] = ()
    proof: ProofView | None = None


@dataclass(frozen=True, slots=True)
class RulebookUpload:
    """A rulebook that does not come with the system: uploaded or pasted, with what is wrong with it."""

    frame: Frame
    max_kb: int
    text: str
    findings: tuple[FindingRow, ...] = ()
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """Candidates of a category who are not enrolled; ``covered``: the rulebook is for them."""

    key: str
    text: str
    count: int
    covered: bool


@dataclass(frozen=True, slots=True)
class ExamPage:
    """A published exam: what it is, how far it is, who is to be enrolled. ``takes``: people may still be enrolled."""

    frame: Frame
    exam_id: int
    title: str
    state_text: str
    tone: Tone
    enrolled: int
    running: int
    finished: int
    passed: int
    facts: tuple[Fact, ...]
    digest: str
    takes: bool
    years: tuple[tuple[str, str], ...]
    year: str
    categories: tuple[CategoryCount, ...]
    max_mb: int
    errors: tuple[FieldError, ...] = ()
    numbers: str = ""


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The confirmation of a withdrawal, with what it means."""

    frame: Frame
    exam_id: int
    title: str
    enrolled: int
    running: int
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class EnrolRow:
    """``verdict``: new, same or error."""

    where: str
    name: str
    document_masked: str
    verdict: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class EnrolPreview:
    """A list of document numbers against the people known here, before and after they are enrolled."""

    frame: Frame
    exam_id: int
    exam_text: str
    upload_id: int
    year: str
    file_name: str
    new: int
    same: int
    errors: int
    rows: tuple[EnrolRow, ...]
    findings: tuple[FindingRow, ...]
    paging: Paging
    takes: bool = True


@dataclass(frozen=True, slots=True)
class ListImport:
    """Learning progress or cards: the file. ``tabs`` are the kinds of list."""

    frame: Frame
    kind: str
    title: str
    english: str
    hint: str
    max_mb: int
    tabs: tuple[NavLink, ...]
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class ListRow:
    """``verdict``: new, same, changed or error."""

    where: str
    verdict: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class ListPreview:
    """The rows with their verdicts; ``done`` after the commit, when the page is the report."""

    frame: Frame
    kind: str
    title: str
    upload_id: int
    file_name: str
    new: int
    same: int
    changed: int
    errors: int
    rows: tuple[ListRow, ...]
    findings: tuple[FindingRow, ...]
    paging: Paging
    done: bool = False


@dataclass(frozen=True, slots=True)
class PeopleImport:
    frame: Frame
    max_mb: int
    exams: tuple[tuple[str, str], ...]
    exam: str
    alert: Alert | None = None
    errors: tuple[FieldError, ...] = ()
    tabs: tuple[NavLink, ...] = ()


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
    """The rows with their verdicts; ``done`` after the commit, when the page is the report. ``passwords``: the first
    passwords can still be fetched, once.
    """

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
    passwords: bool = False
