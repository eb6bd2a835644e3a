"""Contexts of the pages on which a key is corrected (A6)."""

from dataclasses import dataclass

from markupsafe import Markup

from examengine.web.contexts.author import ItemView
from examengine.web.contexts.frame import Act, Fact, FieldError, Frame, Paging
from examengine.web.contexts.suspects import AnswerRow


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """``tone`` and ``state`` make the pill."""

    correction_id: int
    exam: str
    no: str
    action: str
    state: str
    tone: str
    by: str
    at_ms: int
    effect: str


@dataclass(frozen=True, slots=True)
class Corrections:
    """All corrections, newest first."""

    frame: Frame
    rows: tuple[CorrectionRow, ...]


@dataclass(frozen=True, slots=True)
class FoundItem:
    """A question to choose: ``place`` is its number on the candidate's paper, "" where none was named."""

    href: str
    place: str
    no: str
    kind: str
    stem: str
    told: str


@dataclass(frozen=True, slots=True)
class ChooseItem:
    """Step 1: which question of which exam, by number, by a word of its text, or from a candidate's paper."""

    frame: Frame
    exams: tuple[tuple[str, str], ...]
    exam: str
    query: str
    receipt: str
    found: tuple[FoundItem, ...]
    searched: bool
    more: bool
    suspects: tuple[FoundItem, ...]
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyOption:
    """An option to tick: its id, its letter as it stands beside, its text."""

    id: str
    letter: str
    text: Markup | str
    ticked: bool


@dataclass(frozen=True, slots=True)
class NewCorrection:
    """Step 2: what is right instead, whether scores may fall, why and on what it rests."""

    frame: Frame
    exam_id: int
    exam_title: str
    version_id: int
    item: ItemView
    answers: tuple[AnswerRow, ...]
    actions: tuple[tuple[str, str, str], ...]
    action: str
    options: tuple[KeyOption, ...]
    several: bool
    texts: str
    texts_label: str
    texts_hint: str
    groups: str
    upwards: bool
    reason: str
    source: str
    nonce: str
    before: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    text: str
    here: bool


@dataclass(frozen=True, slots=True)
class StepRow:
    """How many scores change by so much."""

    change: str
    n: int


@dataclass(frozen=True, slots=True)
class CrossingRow:
    """A person whose result changes, for operators: the document number is masked."""

    name: str
    document: str
    place: str
    old: str
    new: str
    result: str
    falls: bool


@dataclass(frozen=True, slots=True)
class Count:
    """A number of the impact. ``tone``: "", warn or bad."""

    number: int
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class CorrectionPage:
    """A correction wherever it stands. ``percent`` None: nothing is being computed; ``refresh_s``: when to look
    again, 0 for never. ``seen``: the preview that is shown.
    """

    frame: Frame
    correction_id: int
    title: str
    steps: tuple[Step, ...]
    state: str
    tone: str
    say: str
    facts: tuple[Fact, ...]
    item: ItemView
    exam_id: int
    version_id: int
    percent: int | None
    progress: str
    refresh_s: int
    counts: tuple[Count, ...]
    counts_title: str
    notes: tuple[str, ...]
    histogram: Markup
    changes: tuple[StepRow, ...]
    crossing: tuple[CrossingRow, ...]
    crossing_paging: Paging | None
    may_ask: bool
    may_drop: bool
    may_decide: bool
    may_preview: bool
    seen: int
    next_acts: tuple[Act, ...] = ()
    version_act: str = ""
