"""What the collector leaves in Redis for every worker, and the states that it comes to when it is shown.

Nothing says "silent" in it: of running sittings it holds how long ago they were heard, in classes, and the wall
adds the time that has passed since. So a wall whose collector was late by some seconds still tells the truth.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from examengine.monitoring.watch import BUCKET_MS, SILENT_MS, TROUBLE, Kind, Listed, Watch
from examengine.records.wall import Place

K = TypeVar("K")
AGES_S = (0, 40, 45, 50, 55, 60, 65, 70, 75, 80, 90, 120, 300, 900)
"""Where the classes of age begin. The fine ones lie where a few seconds decide."""
MAX_LAG_MS = 20_000
"""A snapshot older than that is shown as of its own time: in the meantime pages were heard of whom it says
nothing.
"""
STALE_MS = 30_000
MAX_LISTED = 20_000


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A place with live sittings or ends of today. ``ages``: class, count, class, count …; ``kinds``: kind,
    count …
    """

    place: int
    ages: list[int]
    kinds: list[int]
    handed_in: int = 0
    expired: int = 0


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """``life`` names the list of places (``places`` of them) that rows refer to by number; ``round_ms``: how long
    it took to look at all; ``shut``: slots of which nothing could be read; ``unshipped``: sittings with lines that
    are not in SQL, since ``unshipped_ms``; ``due_ms``: since when the attempt waits that should have been ended
    first.
    """

    life: str
    at_ms: int
    round_ms: int
    places: int
    rows: list[Row]
    shut: int = 0
    unshipped: int = 0
    unshipped_ms: int | None = None
    due_ms: int | None = None
    cases: int = 0
    counted_ms: int = 0
    day_ms: int = 0


class ListedRow(msgspec.Struct, frozen=True, array_like=True):
    """A sitting that is silent or in trouble, as the table lists it."""

    attempt_id: int
    place: int
    kind: int
    seen_ms: int


_read = msgspec.msgpack.Decoder(Snapshot).decode
_read_listed = msgspec.msgpack.Decoder(list[ListedRow]).decode
_read_absent = msgspec.msgpack.Decoder(list[tuple[int, int]]).decode
_read_places = msgspec.msgpack.Decoder(list[tuple[int, str, str]]).decode
write = msgspec.msgpack.Encoder().encode


def read(content: bytes) -> Snapshot | None:
    """A snapshot; None for that of another version of the program."""
    try:
        return _read(content)
    except msgspec.MsgspecError:
        return None


def read_listed(content: bytes) -> list[ListedRow]:
    try:
        return _read_listed(content)
    except msgspec.MsgspecError:
        return []


def read_absent(content: bytes) -> list[tuple[int, int]]:
    """Place and how many have not begun there."""
    try:
        return _read_absent(content)
    except msgspec.MsgspecError:
        return []


def absent_name(life: str) -> str:
    """Where it is kept who has not begun; its numbers are of that life's places."""
    return f"absent:{life}"


def read_places(content: bytes) -> list[Place]:
    return [Place(*place) for place in _read_places(content)]


def rows_of(watch: Watch, ends: dict[int, list[int]], at_ms: int) -> list[Row]:
    """The live sittings by place, with the ends of today: handed in, not come back."""
    rows = []
    for place in sorted(watch.groups.keys() | ends.keys()):
        group = watch.groups.get(place)
        ages: Counter[int] = Counter()
        kinds: list[int] = []
        if group is not None:
            for bucket, count in group.signs.items():
                ages[_class_of(at_ms - (bucket + 1) * BUCKET_MS)] += count
            kinds = [number for pair in group.kinds.items() for number in pair]
        handed_in, expired = ends.get(place, (0, 0))
        rows.append(Row(place, [number for pair in ages.items() for number in pair], kinds, handed_in, expired))
    return rows


def listed_of(listed: Iterable[Listed]) -> list[ListedRow]:
    """Whom the table lists, those heard last first."""
    newest = sorted(listed, key=lambda one: one.seen_ms, reverse=True)[:MAX_LISTED]
    return [ListedRow(one.attempt_id, one.place, int(one.kind), one.seen_ms) for one in newest]


def _class_of(age_ms: int) -> int:
    place = 0
    for number, begins_s in enumerate(AGES_S):
        if age_ms < begins_s * 1000:
            break
        place = number
    return place


@dataclass(slots=True)
class Counts:
    """The states of a group of people. ``trouble`` by kind."""

    not_started: int = 0
    writing: int = 0
    silent: int = 0
    trouble: int = 0
    handed_in: int = 0
    expired: int = 0

    @property
    def live(self) -> int:
        return self.writing + self.silent + self.trouble

    def add(self, other: "Counts") -> None:
        self.not_started += other.not_started
        self.writing += other.writing
        self.silent += other.silent
        self.trouble += other.trouble
        self.handed_in += other.handed_in
        self.expired += other.expired


@dataclass(frozen=True, slots=True)
class Shown:
    """A snapshot with its places, as a worker has it."""

    snapshot: Snapshot
    places: Sequence[Place]
    not_started: Sequence[tuple[int, int]]

    def lag_ms(self, now_ms: int) -> int:
        """By how much ages are more than the snapshot says."""
        lag_ms = max(0, now_ms - self.snapshot.at_ms)
        return lag_ms if lag_ms <= MAX_LAG_MS else 0

    def is_stale(self, now_ms: int) -> bool:
        return now_ms - self.snapshot.at_ms > STALE_MS

    def place(self, number: int) -> Place:
        return self.places[number] if number < len(self.places) else self.places[0]

    def counts(self, now_ms: int, within: Callable[[Place], bool], by: Callable[[Place], K]) -> dict[K, Counts]:
        """States now of the places that are ``within``, put together ``by`` a part of the place."""
        silent_from = _silent_from(self.lag_ms(now_ms))
        found: dict[K, Counts] = {}
        for row in self.snapshot.rows:
            place = self.place(row.place)
            if within(place):
                counts = found.setdefault(by(place), Counts())
                _add(counts, row, silent_from)
        for number, count in self.not_started:
            place = self.place(number)
            if within(place):
                found.setdefault(by(place), Counts()).not_started += count
        return found


def _add(counts: Counts, row: Row, silent_from: int) -> None:
    ages = row.ages
    for at in range(0, len(ages), 2):
        if ages[at] >= silent_from:
            counts.silent += ages[at + 1]
        else:
            counts.writing += ages[at + 1]
    kinds = row.kinds
    for at in range(0, len(kinds), 2):
        if kinds[at] in TROUBLE:
            counts.trouble += kinds[at + 1]
        else:
            counts.writing += kinds[at + 1]
    counts.handed_in += row.handed_in
    counts.expired += row.expired


def _silent_from(lag_ms: int) -> int:
    """The first class of age that is silent when so much time has passed."""
    return next(number for number, begins_s in enumerate(AGES_S) if begins_s * 1000 + lag_ms >= SILENT_MS)


def is_silent(row: ListedRow, now_ms: int) -> bool:
    """Whether a listed sitting is listed for its silence, and not for trouble."""
    return row.kind == Kind.RUNNING and now_ms - row.seen_ms > SILENT_MS
