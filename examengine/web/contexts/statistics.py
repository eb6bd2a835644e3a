"""Contexts of the pages of statistics (A5)."""

from dataclasses import dataclass

from markupsafe import Markup

from examengine.web.contexts.author import ItemView
from examengine.web.contexts.frame import Fact, Frame, Paging
from examengine.web.contexts.suspects import AnswerRow, SuspectView


@dataclass(frozen=True, slots=True)
class ExamLineView:
    exam_id: int
    title: str
    year: int
    counted: int
    mean: str
    pass_rate: str
    reliability: str
    suspects: int


@dataclass(frozen=True, slots=True)
class Statistics:
    """Exams with what is counted of them, and the keys that are suspect."""

    frame: Frame
    rows: tuple[ExamLineView, ...]
    suspects: tuple[SuspectView, ...]
    more_suspects: int = 0


@dataclass(frozen=True, slots=True)
class DayRow:
    day: str
    n: int
    mean: str
    pass_rate: str


@dataclass(frozen=True, slots=True)
class ScoreRow:
    span: str
    n: int


@dataclass(frozen=True, slots=True)
class ItemRow:
    """``facility`` and the others "—" where there are too few answers; ``state``: a correction, or a suspicion."""

    href: str
    no: str
    kind: str
    stem: str
    n: int
    facility: str
    discrimination: str
    upper_lower: str
    state: str
    suspect: bool


@dataclass(frozen=True, slots=True)
class SortLink:
    """A column by which the table can be sorted; ``order``: ascending, descending or none (for ``aria-sort``)."""

    text: str
    href: str
    order: str


@dataclass(frozen=True, slots=True)
class ExamStatistics:
    """One exam: figures, plots with their tables, and its items."""

    frame: Frame
    exam_id: int
    title: str
    counted: int
    handed_in: int
    at_ms: int | None
    facts: tuple[Fact, ...]
    histogram: Markup
    scores: tuple[ScoreRow, ...]
    scatter: Markup
    trend: Markup
    days: tuple[DayRow, ...]
    columns: tuple[SortLink, ...]
    items: tuple[ItemRow, ...]
    paging: Paging
    query: str
    sort: str
    only_suspects: bool
    suspects: int


@dataclass(frozen=True, slots=True)
class CorrectionLink:
    href: str
    text: str


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """One item in one exam: as candidates see it, its figures, who chose what."""

    frame: Frame
    exam_id: int
    exam_title: str
    version_id: int
    item: ItemView
    facts: tuple[Fact, ...]
    suspicion: str
    curves: Markup
    answers: tuple[AnswerRow, ...]
    people: str
    corrections: tuple[CorrectionLink, ...]
