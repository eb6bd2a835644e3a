"""Contexts of the pages on which incidents are made good (O4) and announcements made."""

from dataclasses import dataclass

from examengine.web.contexts.frame import Act, Fact, FieldError, Frame, Paging

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """What looks like an incident: ``href`` opens the form with it."""

    href: str
    when: str
    span: str
    told: str
    running: int


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """``tone`` and ``state`` make the pill."""

    incident_id: int
    when: str
    span: str
    scope: str
    source: str
    state: str
    tone: str
    by: str
    effect: str


@dataclass(frozen=True, slots=True)
class Incidents:
    """Proposals, and all incidents, newest first. ``silence_known`` False: the wall does not answer."""

    frame: Frame
    proposals: tuple[ProposalRow, ...]
    rows: tuple[IncidentRow, ...]
    silence_known: bool = True


@dataclass(frozen=True, slots=True)
class IncidentFields:
    """The form of an incident as it was filled in: local times, the policy's numbers as text."""

    source: str = "hand"
    begins: str = ""
    ends: str = ""
    exam: str = ""
    region: str = ""
    unit: str = ""
    reason: str = ""
    ticket: str = ""
    notice: str = ""
    minutes: bool = True
    attempts: bool = True
    absent_too: bool = True
    least: str = "30"
    least_attempt: str = "60"
    round_min: str = "1"


@dataclass(frozen=True, slots=True)
class IncidentNew:
    """Opening an incident."""

    frame: Frame
    fields: IncidentFields
    exams: Choices
    roundings: Choices
    units: tuple[str, ...]
    nonce: str
    notice_limit: int
    told: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    text: str
    here: bool


@dataclass(frozen=True, slots=True)
class EffectRow:
    """A group of attempts: what they get, how many, and what it comes to. ``tone``: "", warn or bad."""

    text: str
    number: int
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class LossRow:
    """One attempt: masked; ``gap`` is the longest silence, ``remedy`` what it gets or got."""

    name: str
    document: str
    unit: str
    exam: str
    lost: str
    gap: str
    remedy: str
    state: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """An incident wherever it stands. ``percent`` None: nothing is being computed; ``refresh_s``: when to look again,
    0 for never. ``seen``: as of when the losses that are shown were counted.
    """

    frame: Frame
    incident_id: int
    title: str
    steps: tuple[Step, ...]
    state: str
    tone: str
    say: str
    facts: tuple[Fact, ...]
    effects: tuple[EffectRow, ...]
    effects_title: str
    notes: tuple[str, ...]
    percent: int | None
    progress: str
    refresh_s: int
    filters: tuple[Act, ...]
    filter_here: str
    rows: tuple[LossRow, ...]
    paging: Paging | None
    may_adjust: bool
    may_ask: bool
    may_drop: bool
    may_decide: bool
    may_ask_undo: bool
    may_decide_undo: bool
    has_report: bool
    seen: int
    fields: IncidentFields
    exams: Choices
    roundings: Choices
    units: tuple[str, ...]
    notice_limit: int
    undo_reason: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class AmountRow:
    """How many attempts got so much."""

    text: str
    number: int


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """To print: what happened, who decided, what was given. ``signed``: who made and who approved it."""

    frame: Frame
    incident_id: int
    title: str
    facts: tuple[Fact, ...]
    effects: tuple[EffectRow, ...]
    amounts: tuple[AmountRow, ...]
    rows: tuple[LossRow, ...]
    total: int
    shown: int
    signed: tuple[Fact, ...]
    made_ms: int


@dataclass(frozen=True, slots=True)
class AnnouncementRow:
    """``state`` and ``tone`` make the pill; ``may_withdraw`` False: it is over, or taken back."""

    announcement_id: int
    text: str
    to: str
    by: str
    at_ms: int
    until_ms: int
    state: str
    tone: str
    reason: str
    may_withdraw: bool


@dataclass(frozen=True, slots=True)
class Announcements:
    """The form, and what was announced, newest first; ``older``: the address of the next page, "" for none."""

    frame: Frame
    exams: Choices
    durations: Choices
    text: str
    exam: str
    region: str
    unit: str
    units: tuple[str, ...]
    duration: str
    reason: str
    ticket: str
    nonce: str
    text_limit: int
    rows: tuple[AnnouncementRow, ...]
    older: str = ""
    errors: tuple[FieldError, ...] = ()
