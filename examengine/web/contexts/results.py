"""Contexts of the operators' pages of results (O5)."""

from dataclasses import dataclass

from examengine.web.contexts.frame import Fact, FieldError, Frame, Tone


@dataclass(frozen=True, slots=True)
class RateRow:
    """How many people of an exam, a region or a unit have come to what. ``rate`` "—" where nobody has sat."""

    href: str
    title: str
    note: str
    enrolled: int
    sat: int
    passed: int
    failed: int
    pending: int
    rate: str


@dataclass(frozen=True, slots=True)
class ResultExams:
    """O5: every exam and year with its pass rate."""

    frame: Frame
    rows: tuple[RateRow, ...]
    years: tuple[tuple[str, str], ...]
    year: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A number that is also a filter. ``here``: it is the one that applies."""

    text: str
    count: int
    href: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list is narrowed to; ``query`` is the same as the end of an address, ``region`` a code."""

    year: str
    region: str
    region_name: str
    unit: str
    standing: str
    query: str
    is_narrow: bool


@dataclass(frozen=True, slots=True)
class ResultRow:
    enrolment_id: int
    person_id: int
    name: str
    document_masked: str
    unit: str
    region: str
    standing: str
    tone: Tone
    score: str
    attempts: int
    ended_ms: int | None


@dataclass(frozen=True, slots=True)
class ResultList:
    """One exam and year: how many have come to what, and the people, a page at a time."""

    frame: Frame
    exam_id: int
    title: str
    tiles: tuple[Tile, ...]
    rate: str
    asked: Filter
    years: tuple[tuple[str, str], ...]
    regions: tuple[tuple[str, str], ...]
    standings: tuple[tuple[str, str], ...]
    rows: tuple[ResultRow, ...]
    found: int | None
    earlier: str
    later: str


@dataclass(frozen=True, slots=True)
class ResultRates:
    """Pass rates of one exam and year by region, or by unit of a region."""

    frame: Frame
    exam_id: int
    title: str
    asked: Filter
    by: str
    rows: tuple[RateRow, ...]
    whole: RateRow
    later: str
    back: str


@dataclass(frozen=True, slots=True)
class ExportForm:
    """Taking a list out: for which people, why, and whether with whole numbers."""

    frame: Frame
    exam_id: int
    title: str
    facts: tuple[Fact, ...]
    asked: Filter
    count: int
    reasons: tuple[tuple[str, str], ...]
    intent: str
    reason: str = ""
    note: str = ""
    ticket: str = ""
    full: bool = False
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportPage:
    """A list that was asked for, to be fetched."""

    frame: Frame
    export_id: int
    title: str
    facts: tuple[Fact, ...]
    is_own: bool
    back: str


@dataclass(frozen=True, slots=True)
class ExportRow:
    export_id: int
    at_ms: int
    who: str
    what: str
    people: int
    full: bool
    why: str
    taken: int


@dataclass(frozen=True, slots=True)
class Exports:
    """What was taken out, by whom and why."""

    frame: Frame
    rows: tuple[ExportRow, ...]


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """``href``: where its paper is printed, "" while it runs."""

    no: str
    state: str
    tone: Tone
    score: str
    how: str
    started_ms: int
    ended_ms: int | None
    receipt: str
    href: str
    counts: bool


@dataclass(frozen=True, slots=True)
class PersonExam:
    title: str
    year: int
    standing: str
    tone: Tone
    attempts: tuple[AttemptRow, ...]


@dataclass(frozen=True, slots=True)
class ResultPerson:
    """One person with every attempt."""

    frame: Frame
    name: str
    facts: tuple[Fact, ...]
    exams: tuple[PersonExam, ...]
    back: str


@dataclass(frozen=True, slots=True)
class PaperForm:
    """Printing an attempt's paper for an appeal: why, and with what on it."""

    frame: Frame
    attempt_id: int
    person_id: int
    title: str
    facts: tuple[Fact, ...]
    reasons: tuple[tuple[str, str], ...]
    reason: str = ""
    ticket: str = ""
    with_key: bool = False
    full: bool = False
    errors: tuple[FieldError, ...] = ()
