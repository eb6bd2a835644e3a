"""Contexts of the live wall (O3): its figures, its table, what is done for those selected."""

from dataclasses import dataclass

from markupsafe import Markup

from examengine.web.contexts.frame import Alert, FieldError, Frame, NavLink, Tone


@dataclass(frozen=True, slots=True)
class Tile:
    """A number to be read from three metres. ``tone`` "" is quiet; ``mark`` says in a word what the colour says."""

    label: str
    value: str
    note: str = ""
    tone: str = ""
    mark: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that needs somebody, in a sentence; ``href`` leads to where it is mended, "" where there is no
    page.
    """

    text: str
    href: str = ""
    act: str = ""


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """The states of a region or a unit; ``href`` leads to its silent ones."""

    name: str
    href: str
    not_started: int
    writing: int
    silent: int
    trouble: int
    handed_in: int
    is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A small chart; ``now`` is the newest value, written large beside the title."""

    title: str
    now: str
    chart: Markup


@dataclass(frozen=True, slots=True)
class MinuteRow:
    at_ms: int
    live: int
    silent: int
    starts: str
    saves: str
    p99: str


@dataclass(frozen=True, slots=True)
class Wall:
    """The room at a glance. ``address`` is this page with its filters, asked again every few seconds; ``at_ms`` None:
    nothing was collected yet.
    """

    frame: Frame
    address: str
    at_ms: int | None
    is_stale: bool
    exams: tuple[tuple[str, str], ...]
    exam: str
    regions: tuple[tuple[str, str], ...]
    region: str
    tiles: tuple[Tile, ...]
    measures: tuple[Tile, ...]
    warned: tuple[Warned, ...]
    panels: tuple[Panel, ...]
    minutes: tuple[MinuteRow, ...]
    shows_minutes: bool
    minutes_href: str
    by_region: tuple[PlaceRow, ...]
    by_unit: tuple[PlaceRow, ...]
    more_regions: int
    more_units: int
    counted_ms: int


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person in an exam. ``key`` stands for the row in a selection; times None: there is none."""

    key: str
    name: str
    document_tail: str
    href: str
    unit: str
    exam: str
    state_text: str
    tone: Tone
    started_ms: int | None
    deadline_ms: int | None
    answered: str
    seen_ms: int | None
    seen_ago: str
    unshipped: str
    device: str
    losses: str


@dataclass(frozen=True, slots=True)
class WallTable:
    """People in one state. ``note`` says what the list leaves out."""

    frame: Frame
    address: str
    at_ms: int | None
    is_stale: bool
    state: str
    tabs: tuple[NavLink, ...]
    exams: tuple[tuple[str, str], ...]
    exam: str
    regions: tuple[tuple[str, str], ...]
    region: str
    unit: str
    rows: tuple[PersonRow, ...]
    note: str
    next_href: str
    first_href: str
    empty_title: str
    empty_text: str


@dataclass(frozen=True, slots=True)
class SelectedRow:
    """One of those selected, and what may be done for him by whoever looks."""

    name: str
    document_tail: str
    unit: str
    exam: str
    state_text: str
    tone: Tone
    acts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class WallSelected:
    """What can be done for those selected; ``keys`` are carried along. ``wider``: links to acts for all of their
    exam, region or unit.
    """

    frame: Frame
    keys: tuple[str, ...]
    back_href: str
    rows: tuple[SelectedRow, ...]
    wider: tuple[tuple[str, str], ...]
    nonce: str
    errors: tuple[FieldError, ...] = ()
    alert: Alert | None = None
    text: str = ""
    reason: str = ""
    ticket: str = ""
    purposes: tuple[tuple[str, str], ...] = ()
    purpose: str = ""
