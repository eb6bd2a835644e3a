"""O2: what is looked at before an exam is published, each with its verdict. Pure: facts in, checks out.

A red check stands in the way of publishing. What would make the exam itself impossible or unlawful cannot be signed
away (``HARD``); for the rest a named person may answer, with a reason, for a while. The facts are gathered in
``publishing/gathering.py``; the words are the web's.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from examengine.records.checks import Signature

SECOND_MS = 1_000
DAY_MS = 24 * 3_600 * SECOND_MS

APART_LOOK_MS = 500
APART_RED_MS = 2_000
"""Clocks farther apart than this: stamps are clamped to two seconds around Redis' own time (``live/lua``)."""

FREE_RED = 1 << 30
FREE_PER_PERSON = 200_000
"""Octets of disk that a person's exam may take with all its attempts: papers, journals, archives, indexes, Redis'
file while it is rewritten. Measured: 20 to 40 kB an attempt."""

BACKUP_LOOK_MS = DAY_MS
BACKUP_RED_MS = 7 * DAY_MS

SMALL = 500
"""So many people may sit at once without a drill: the smallest installation starts as many in two seconds."""
DRILL_LOOK_MS = 180 * DAY_MS
DRILL_P99_RED_MS = 1_000
SHORT_WINDOW_MS = 3 * DAY_MS
PEAK_SHARE = 10
"""One in ten sits at once where the window is longer than ``SHORT_WINDOW_MS``; in a shorter one everybody may."""

SIGNED_FOR_MS = 7 * DAY_MS
"""How long a signature stands."""


class CheckKind(StrEnum):
    """What is looked at, in the order in which it is shown."""

    RULEBOOK = "rulebook"
    BANK = "bank"
    BLUEPRINT = "blueprint"
    WINDOW = "window"
    PEOPLE = "people"
    CLOCK = "clock"
    DISK = "disk"
    BACKUP = "backup"
    DRILL = "drill"
    DUTY = "duty"
    HOTLINE = "hotline"


class CheckState(StrEnum):
    """``LOOK``: nothing stands in the way, but somebody should know."""

    OK = "ok"
    LOOK = "look"
    RED = "red"


class Finding(StrEnum):
    """What a check found; a signature is for one finding."""

    FINE = "fine"
    # rulebook
    NOT_CHOSEN = "not_chosen"
    UNCONFIRMED = "unconfirmed"
    # bank
    NEWER_RELEASE = "newer_release"
    UNRELEASED = "unreleased"
    LEAVING = "leaving"
    CORRECTIONS = "corrections"
    # blueprint
    DIFFERS = "differs"
    TOO_FEW = "too_few"
    REPEATS = "repeats"
    # window
    OVER = "over"
    # people
    NOBODY = "nobody"
    # clock
    APART = "apart"
    UNSYNCHRONISED = "unsynchronised"
    UNKNOWN = "unknown"
    MOVED = "moved"
    # disk
    FULL = "full"
    TIGHT = "tight"
    # backup, drill
    NEVER = "never"
    OLD = "old"
    LOST = "lost"
    ERRORS = "errors"
    SLOW = "slow"
    STARTS_SLOW = "starts_slow"
    SMALLER = "smaller"
    # duty
    NO_ONE = "no_one"
    NO_ONE_AT_THE_END = "no_one_at_the_end"
    # hotline
    NONE = "none"
    OTHER_NUMBER = "other_number"
    NO_HOURS = "no_hours"


HARD = frozenset({CheckKind.RULEBOOK, CheckKind.BANK, CheckKind.BLUEPRINT})
"""Nobody can sign these away: without them there is no paper, or one that no notice stands behind (A-47)."""


@dataclass(frozen=True, slots=True)
class Check:
    """One verdict; ``facts`` are numbers and texts that the words name."""

    kind: CheckKind
    state: CheckState
    finding: Finding = Finding.FINE
    facts: Mapping[str, int | str] = field(default_factory=dict)

    @property
    def is_red(self) -> bool:
        return self.state is CheckState.RED

    @property
    def may_be_signed(self) -> bool:
        """Whether a named person may answer for publishing in spite of it."""
        return self.is_red and self.kind not in HARD


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFacts:
    """What rulebook, release and blueprint are like together.

    ``newer_no`` is the bank's newest release where another was chosen, 0 otherwise; ``unreleased`` checked changes
    that no release holds; ``leaving`` items that leave mid-window; ``corrections`` of its items' keys that wait for a
    second person; ``disjoint`` papers without a common item, for ``attempts`` of one person.
    """

    newer_no: int
    unreleased: int
    leaving: int
    corrections: int
    differences: int
    lacking_cells: int
    disjoint: int
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFacts:
    """``record_ms`` and ``live_ms``: how far SQL's and Redis' clocks are ahead of ours, None where it was not to be
    told; ``synchronised``: what the system says of its time server, None where it does not say; ``moved``: a demo's
    clock, which shows another time on purpose.
    """

    record_ms: int | None
    live_ms: int | None
    synchronised: bool | None
    moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillFacts:
    """The newest drill: ``people`` sat at once, begun within ``minutes``."""

    at_ms: int
    people: int
    minutes: int
    p99_ms: int
    lost: int
    starts_p99_ms: int = 0
    errors: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is so on this installation at ``now_ms``, for an exam open in ``[opens_ms, closes_ms)``.

    ``people`` may be enrolled. ``trial``: a demo or a test, which nobody backs up. ``backup_ms``: when the newest
    backup was begun. ``first_day`` and ``last_day``: how many are on duty on the first day that is still to come, and
    on the last. ``asked_number`` is the telephone number that the notice names.
    """

    now_ms: int
    opens_ms: int
    closes_ms: int
    trial: bool
    people: int
    clock: ClockFacts
    free_bytes: int
    total_bytes: int
    backup_ms: int | None
    drill: DrillFacts | None
    first_day: int
    last_day: int
    number: str
    hours: str
    asked_number: str


def checks_of(unconfirmed: int, paper: PaperFacts | None, around: Surroundings) -> tuple[Check, ...]:
    """All checks, in the order in which they are shown.

    Args:
        unconfirmed: assumed values of the rulebook that no named person has confirmed.
        paper: None while no release is chosen.
        around: what is so on this installation.
    """
    return (
        _rulebook(unconfirmed),
        _bank(paper),
        _blueprint(paper),
        _window(around),
        _people(around),
        _clock(around.clock),
        _disk(around),
        _backup(around),
        _drill(around),
        _duty(around),
        _hotline(around),
    )


def standing(signatures: Iterable[Signature], check: Check, now_ms: int) -> Signature | None:
    """The signature that stands for a red check: for the same finding, the newest, not older than it may be."""
    fitting = [
        one
        for one in signatures
        if one.kind == check.kind and one.finding == check.finding and now_ms - one.at_ms < SIGNED_FOR_MS
    ]
    return fitting[-1] if check.may_be_signed and fitting else None


def in_the_way(checks: Iterable[Check], signatures: Iterable[Signature], now_ms: int) -> tuple[Check, ...]:
    """The red checks that nobody has signed: while there is one, nothing is published."""
    known = tuple(signatures)
    return tuple(check for check in checks if check.is_red and standing(known, check, now_ms) is None)


def peak_of(people: int, window_ms: int) -> int:
    """How many may sit at once."""
    return people if window_ms <= SHORT_WINDOW_MS else math.ceil(people / PEAK_SHARE)


def _ok(kind: CheckKind, **facts: int | str) -> Check:
    return Check(kind, CheckState.OK, Finding.FINE, facts)


def _look(kind: CheckKind, finding: Finding, **facts: int | str) -> Check:
    return Check(kind, CheckState.LOOK, finding, facts)


def _red(kind: CheckKind, finding: Finding, **facts: int | str) -> Check:
    return Check(kind, CheckState.RED, finding, facts)


def _rulebook(unconfirmed: int) -> Check:
    kind = CheckKind.RULEBOOK
    return _red(kind, Finding.UNCONFIRMED, n=unconfirmed) if unconfirmed else _ok(kind)


def _bank(paper: PaperFacts | None) -> Check:
    kind = CheckKind.BANK
    if paper is None:
        return _red(kind, Finding.NOT_CHOSEN)
    if paper.newer_no:
        return _look(kind, Finding.NEWER_RELEASE, no=paper.newer_no)
    if paper.corrections:
        return _look(kind, Finding.CORRECTIONS, n=paper.corrections)
    if paper.leaving:
        return _look(kind, Finding.LEAVING, n=paper.leaving)
    return _look(kind, Finding.UNRELEASED, n=paper.unreleased) if paper.unreleased else _ok(kind)


def _blueprint(paper: PaperFacts | None) -> Check:
    kind = CheckKind.BLUEPRINT
    if paper is None:
        return _red(kind, Finding.NOT_CHOSEN)
    if paper.differences:
        return _red(kind, Finding.DIFFERS, n=paper.differences)
    if paper.lacking_cells:
        return _red(kind, Finding.TOO_FEW, n=paper.lacking_cells)
    facts = {"n": paper.attempts, "m": paper.disjoint}
    return (
        Check(kind, CheckState.LOOK, Finding.REPEATS, facts)
        if paper.disjoint < paper.attempts
        else _ok(kind, **facts)
    )


def _window(around: Surroundings) -> Check:
    kind = CheckKind.WINDOW
    return _look(kind, Finding.OVER) if around.now_ms >= around.closes_ms else _ok(kind)


def _people(around: Surroundings) -> Check:
    kind = CheckKind.PEOPLE
    return _ok(kind, n=around.people) if around.people else _look(kind, Finding.NOBODY)


def _clock(clock: ClockFacts) -> Check:
    kind = CheckKind.CLOCK
    facts: dict[str, int | str] = {}
    if clock.record_ms is not None:
        facts["record_ms"] = clock.record_ms
    if clock.live_ms is not None:
        facts["live_ms"] = clock.live_ms
    apart = max((abs(offset) for offset in (clock.record_ms, clock.live_ms) if offset is not None), default=0)
    if apart > APART_RED_MS:
        return _red(kind, Finding.APART, **facts)
    if apart > APART_LOOK_MS:
        return _look(kind, Finding.APART, **facts)
    if clock.moved:
        return _look(kind, Finding.MOVED, **facts)
    if clock.live_ms is None:
        return _look(kind, Finding.UNKNOWN, **facts)
    if clock.synchronised is None:
        return _look(kind, Finding.UNKNOWN, **facts)
    return _ok(kind, **facts) if clock.synchronised else _red(kind, Finding.UNSYNCHRONISED, **facts)


def _disk(around: Surroundings) -> Check:
    kind = CheckKind.DISK
    needed = max(FREE_RED, around.people * FREE_PER_PERSON)
    facts = {"free": around.free_bytes, "total": around.total_bytes, "needed": needed}
    if around.free_bytes < needed:
        return _red(kind, Finding.FULL, **facts)
    return _look(kind, Finding.TIGHT, **facts) if around.free_bytes < 2 * needed else _ok(kind, **facts)


def _backup(around: Surroundings) -> Check:
    kind = CheckKind.BACKUP
    if around.backup_ms is None:
        return (_look if around.trial else _red)(kind, Finding.NEVER)
    age_ms = max(0, around.now_ms - around.backup_ms)
    facts = {"at_ms": around.backup_ms, "age_ms": age_ms}
    if age_ms >= BACKUP_RED_MS:
        return (_look if around.trial else _red)(kind, Finding.OLD, **facts)
    return _look(kind, Finding.OLD, **facts) if age_ms >= BACKUP_LOOK_MS else _ok(kind, **facts)


def _drill(around: Surroundings) -> Check:
    kind, drill = CheckKind.DRILL, around.drill
    peak = peak_of(around.people, around.closes_ms - around.opens_ms)
    if drill is None:
        return _red(kind, Finding.NEVER, peak=peak) if peak > SMALL else _look(kind, Finding.NEVER, peak=peak)
    facts = {"at_ms": drill.at_ms, "people": drill.people, "minutes": drill.minutes, "p99_ms": drill.p99_ms}
    if drill.lost:
        return _red(kind, Finding.LOST, lost=drill.lost, **facts)
    if drill.errors:
        return _red(kind, Finding.ERRORS, errors=drill.errors, **facts)
    if drill.p99_ms > DRILL_P99_RED_MS:
        return _red(kind, Finding.SLOW, peak=peak, **facts)
    if drill.starts_p99_ms > DRILL_P99_RED_MS:
        return _red(kind, Finding.STARTS_SLOW, peak=peak, starts_p99_ms=drill.starts_p99_ms, **facts)
    if drill.people < peak:
        return _red(kind, Finding.SMALLER, peak=peak, **facts)
    if around.now_ms - drill.at_ms >= DRILL_LOOK_MS:
        return _look(kind, Finding.OLD, peak=peak, **facts)
    return _ok(kind, peak=peak, **facts)


def _duty(around: Surroundings) -> Check:
    kind = CheckKind.DUTY
    facts = {"first": around.first_day, "last": around.last_day}
    if around.now_ms >= around.closes_ms:
        return _look(kind, Finding.OVER)
    if not around.first_day:
        return _red(kind, Finding.NO_ONE, **facts)
    return _ok(kind, **facts) if around.last_day else _look(kind, Finding.NO_ONE_AT_THE_END, **facts)


def _hotline(around: Surroundings) -> Check:
    kind = CheckKind.HOTLINE
    facts = {"number": around.number, "hours": around.hours, "asked": around.asked_number}
    if not around.number:
        return _red(kind, Finding.NONE, **facts)
    if around.asked_number and _digits(around.asked_number) != _digits(around.number):
        return _look(kind, Finding.OTHER_NUMBER, **facts)
    return _ok(kind, **facts) if around.hours else _look(kind, Finding.NO_HOURS, **facts)


def _digits(number: str) -> str:
    return "".join(character for character in number if character.isdigit())
