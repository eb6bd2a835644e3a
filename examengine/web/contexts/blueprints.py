"""Contexts of the pages about blueprints (组卷规则)."""

from dataclasses import dataclass

from markupsafe import Markup

from examengine.web.contexts.frame import Alert, Fact, FieldError, Frame
from examengine.web.contexts.items import BankTab


@dataclass(frozen=True, slots=True)
class BlueprintLine:
    """The newest revision of a blueprint; ``used_by``: exams that stand and were published with exactly it."""

    revision_id: int
    name: str
    no: int
    items: int
    points_hundredths: int
    cells: int
    at_ms: int
    by: str
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Blueprints:
    """The blueprints of a bank; a form begins another. ``sources``: what it may be copied from, value and name."""

    frame: Frame
    bank_id: int
    bank_name: str
    tabs: tuple[BankTab, ...]
    lines: tuple[BlueprintLine, ...]
    rulebooks: tuple[tuple[str, str], ...]
    sources: tuple[tuple[str, str], ...]
    name: str = ""
    rulebook: str = ""
    source: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class RowView:
    """A row of the matrix as it was typed. ``available``: items that fit it, None where that cannot be said yet."""

    no: int
    kind: str
    topic: str
    difficulty: str
    count: str
    points: str
    available: int | None
    short: bool


@dataclass(frozen=True, slots=True)
class TotalRow:
    """A kind against the rulebook: items and points wanted and there. ``marked``: by how many people, "" by none."""

    kind_text: str
    wanted: int
    count: int
    wanted_hundredths: int
    hundredths: int
    agrees: bool
    marked: str = ""


@dataclass(frozen=True, slots=True)
class LackView:
    told: str
    remedies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExposureRow:
    """Items of one sort: how many there are, how probable each is on a paper, how often it is shown in a year."""

    name: str
    items: int
    percent: str
    showings: str


@dataclass(frozen=True, slots=True)
class ProofView:
    """What was proved. ``state``: feasible, infeasible, or unknown where there is nothing to prove yet.

    ``note`` says how it was computed; ``leaving`` names items that leave before the window closes; ``people`` is how
    many candidates the showings are for.
    """

    state: str
    title: str
    facts: tuple[Fact, ...] = ()
    lacks: tuple[LackView, ...] = ()
    exposure: tuple[ExposureRow, ...] = ()
    warnings: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    note: str = ""
    people: str = ""


@dataclass(frozen=True, slots=True)
class RevisionLine:
    revision_id: int
    no: int
    at_ms: int
    by: str
    here: bool


@dataclass(frozen=True, slots=True)
class Clash:
    """Somebody has kept revision ``no`` while this form was open; ``changes`` says what differs from it."""

    revision_id: int
    no: int
    by: str
    at_ms: int
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BlueprintEditor:
    """A4: the matrix with what it adds up to and its proof beside it.

    ``after``: the revision that the form was made from, 0 for none yet. ``topics`` and ``difficulties`` are what the
    stock holds; a typed one that it does not hold is shown as it is.
    """

    frame: Frame
    bank_id: int
    bank_name: str
    name: str
    after: int
    rulebooks: tuple[tuple[str, str], ...]
    rulebook: str
    stocks: tuple[tuple[str, str], ...]
    stock: str
    kinds: tuple[tuple[str, str], ...]
    topics: tuple[str, ...]
    difficulties: tuple[str, ...]
    people: str
    rows: tuple[RowView, ...]
    totals: tuple[TotalRow, ...]
    total_hundredths: int
    full_hundredths: int
    differences: tuple[str, ...]
    proof: ProofView
    history: tuple[RevisionLine, ...]
    is_newest: bool = True
    clash: Clash | None = None
    alert: Alert | None = None
    errors: tuple[FieldError, ...] = ()
    oob: bool = False


@dataclass(frozen=True, slots=True)
class SampleView:
    """A sample paper; ``keys``: its answers in order, empty while they are not asked for."""

    no: int
    seed: str
    paper: Markup
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SamplePapers:
    """Papers drawn from a kept revision by a stated seed, as candidates see them."""

    frame: Frame
    bank_id: int
    bank_name: str
    revision_id: int
    name: str
    no: int
    stocks: tuple[tuple[str, str], ...]
    stock: str
    seed: str
    asked: int
    most: int
    with_keys: bool
    papers: tuple[SampleView, ...]
    common: tuple[Fact, ...]
    alert: Alert | None = None
