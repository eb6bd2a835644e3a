"""Who lives, who fell silent: what the collector knows of every sitting, counted by exam, region and unit.

A page that is there is heard at least every 45 s. So a sitting heard lately need not be looked at before that has
passed; one that is silent is looked at in every round. That makes the wall cheap: of 200,000 sittings some 8,000 are
looked at a second. Values only: nothing here asks Redis, SQL or the time.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import msgspec

from examengine.live.slots import SLOTS, slot_of
from examengine.live.wall import CLOSED, CLOSING, NONE, OPENING, RUNNING, Sign
from examengine.records.wall import Place

BUCKET_MS = 5_000
SILENT_MS = 60_000
"""Silent for longer than that: a page pulses every 40 ± 5 s, and its request may be tried twice."""
LOOK_MS = 45_000
CLOSING_MS = 30_000
"""A hand-in that is being registered for longer than that needs somebody."""
OVERDUE_MS = 60_000
MOST_BUCKETS = 10_000
LONG_SILENT = ((900_000, 30_000), (300_000, 15_000))
"""Who has been silent for long is looked at less often."""


UNKNOWN = Place(0, "", "")
"""Where SQL does not say (yet) where a sitting belongs."""


class Kind(IntEnum):
    """What a live sitting counts as, beside whether it is heard. Trouble begins with ``LEFT``."""

    RUNNING = 0
    ENDING = 1
    """Its deadline has passed a moment ago."""
    LEFT = 2
    OVERDUE = 3
    CLOSING = 4
    OPENING = 5


TROUBLE = (Kind.LEFT, Kind.OVERDUE, Kind.CLOSING, Kind.OPENING)


class _Known(msgspec.Struct, gc=False):
    """One of very many: its numbers are shared, and the collector of cycles has nothing to look through."""

    place: int
    kind: Kind
    bucket: int
    look: int
    """The second in which it is looked at next, as :func:`_hand` has it."""
    silent: bool = False


@dataclass(slots=True)
class Group:
    """The live sittings of a place: running ones by the five seconds in which they were last heard, others by
    kind.
    """

    signs: Counter[int] = field(default_factory=Counter)
    kinds: Counter[Kind] = field(default_factory=Counter)

    @property
    def live(self) -> int:
        return self.signs.total() + self.kinds.total()


@dataclass(frozen=True, slots=True)
class Listed:
    """A sitting that somebody may want to look at."""

    attempt_id: int
    place: int
    kind: Kind
    seen_ms: int


class Watch:
    """Everything that is known; begins with nothing. ``counted_until_ms``: whoever fell silent before that was
    counted by the collector before this one.
    """

    def __init__(self, counted_until_ms: int = 0) -> None:
        self.places: list[Place] = [UNKNOWN]
        self.groups: dict[int, Group] = {}
        self.fell: Counter[tuple[int, int, str]] = Counter()
        """Who fell silent since these were taken: instant of the last sign (5 s), exam, region."""
        self.fell_by_slot: Counter[tuple[int, int]] = Counter()
        self._counted_until_ms = counted_until_ms
        self._numbers: dict[Place, int] = {UNKNOWN: 0}
        self._known: list[dict[int, _Known]] = [{} for _ in range(SLOTS)]
        self._wheels: list[dict[int, list[int]]] = [{} for _ in range(SLOTS)]
        self._buckets: dict[int, int] = {}
        self._listed: dict[int, Listed] = {}

    @property
    def live(self) -> int:
        return sum(len(known) for known in self._known)

    def count(self, slot: int) -> int:
        """How many live in a slot."""
        return len(self._known[slot])

    @property
    def listed(self) -> Iterable[Listed]:
        """Who is silent or in trouble."""
        return self._listed.values()

    def number(self, place: Place) -> int:
        """The place's number, its index in ``places``."""
        found = self._numbers.get(place)
        if found is None:
            found = self._numbers[place] = len(self.places)
            self.places.append(place)
        return found

    def unknown(self, slot: int, members: Iterable[int]) -> list[int]:
        """Take note of who lives in a slot; those whose place must be asked for before they are looked at."""
        known, living = self._known[slot], set(members)
        for attempt_id in known.keys() - living:
            self._forget(slot, attempt_id)
        return sorted(living - known.keys())

    def put(self, attempt_id: int, place: Place, now_ms: int) -> None:
        """A sitting that was not known; it is looked at next."""
        slot = slot_of(attempt_id)
        one = _Known(self.number(place), Kind.RUNNING, self._bucket(now_ms), 0)
        self._known[slot][attempt_id] = one
        self._count(one, 1)
        self._turn(slot, attempt_id, one, now_ms)

    def move(self, attempt_id: int, place: Place) -> None:
        """Its place is known by now."""
        one = self._known[slot_of(attempt_id)].get(attempt_id)
        if one is not None:
            self._count(one, -1)
            one.place = self.number(place)
            self._count(one, 1)

    def due(self, slot: int, now_ms: int) -> list[int]:
        """Who is to be looked at now; each is named once, and must be told of by :meth:`seen`."""
        wheel, now_s = self._wheels[slot], now_ms // 1000
        known, found = self._known[slot], []
        for tick in [tick for tick in wheel if tick <= now_s]:
            for attempt_id in wheel.pop(tick):
                one = known.get(attempt_id)
                if one is not None and one.look == _hand(tick):  # else an entry of before it came again
                    found.append(attempt_id)
        return found

    def later(self, slot: int, attempt_ids: Iterable[int], now_ms: int) -> None:
        """They could not be looked at now."""
        for attempt_id in attempt_ids:
            self._turn(slot, attempt_id, self._known[slot][attempt_id], now_ms + 1000)

    def seen(self, slot: int, attempt_ids: Sequence[int], signs: Sequence[Sign], now_ms: int) -> None:
        """What a look has found."""
        known, wheel = self._known[slot], self._wheels[slot]
        for attempt_id, (state, seen, deadline, since) in zip(attempt_ids, signs, strict=True):
            one = known.get(attempt_id)
            if one is None:
                continue
            seen_ms = min(int(seen), now_ms)
            if (
                state == RUNNING
                and not since
                and one.kind is Kind.RUNNING
                and not one.silent
                and now_ms - seen_ms <= SILENT_MS
                and deadline - now_ms > LOOK_MS
            ):  # nearly all, nearly always: what follows comes to the same for them, at twice the cost
                if (bucket := self._bucket(seen_ms)) != one.bucket:
                    _moved(self.groups[one.place].signs, one.bucket, bucket)
                    one.bucket = bucket
                look_s = max(now_ms + BUCKET_MS, seen_ms + LOOK_MS) // 1000
                one.look = _hand(look_s)
                wheel.setdefault(look_s, []).append(attempt_id)
                continue
            if state in (NONE, CLOSED):
                self._forget(slot, attempt_id)
                continue
            kind = _kind(state, int(deadline), int(since), now_ms)
            bucket = self._bucket(seen_ms)
            if kind is not one.kind or bucket != one.bucket:
                self._count(one, -1)
                one.kind, one.bucket = kind, bucket
                self._count(one, 1)
            self._list(slot, attempt_id, one, seen_ms, now_ms)
            self._turn(slot, attempt_id, one, self._look_at_ms(one, seen_ms, int(deadline), now_ms))

    def take_fallen(self) -> tuple[Counter[tuple[int, int, str]], Counter[tuple[int, int]]]:
        """Who fell silent since the last time: by instant, exam and region; by instant and slot."""
        fallen = self.fell, self.fell_by_slot
        self.fell, self.fell_by_slot = Counter(), Counter()
        return fallen

    def _list(self, slot: int, attempt_id: int, one: _Known, seen_ms: int, now_ms: int) -> None:
        silent = one.kind is Kind.RUNNING and now_ms - seen_ms > SILENT_MS
        if silent and not one.silent and seen_ms + SILENT_MS > self._counted_until_ms:
            place = self.places[one.place]
            self.fell[one.bucket * BUCKET_MS, place.exam_id, place.region] += 1
            self.fell_by_slot[one.bucket * BUCKET_MS, slot] += 1
        one.silent = silent
        if silent or one.kind in TROUBLE:
            self._listed[attempt_id] = Listed(attempt_id, one.place, one.kind, seen_ms)
        else:
            self._listed.pop(attempt_id, None)

    def _turn(self, slot: int, attempt_id: int, one: _Known, at_ms: int) -> None:
        look_s = at_ms // 1000
        one.look = _hand(look_s)
        self._wheels[slot].setdefault(look_s, []).append(attempt_id)

    @staticmethod
    def _look_at_ms(one: _Known, seen_ms: int, deadline_ms: int, now_ms: int) -> int:
        soon_ms = now_ms + BUCKET_MS
        if one.kind is not Kind.RUNNING:
            return soon_ms
        if one.silent:
            age_ms = now_ms - seen_ms
            wait_ms = next((wait for least, wait in LONG_SILENT if age_ms >= least), BUCKET_MS)
            return max(soon_ms, min(now_ms + wait_ms, deadline_ms))
        return max(soon_ms, min(seen_ms + LOOK_MS, deadline_ms))

    def _bucket(self, seen_ms: int) -> int:
        """The five seconds of a sign: one number for all that were heard in them."""
        bucket = seen_ms // BUCKET_MS
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.clear()
        return self._buckets.setdefault(bucket, bucket)

    def _count(self, one: _Known, by: int) -> None:
        group = self.groups.get(one.place)
        if group is None:
            group = self.groups[one.place] = Group()
        counts: Counter[int] = group.signs if one.kind is Kind.RUNNING else group.kinds  # type: ignore[assignment]
        key = one.bucket if one.kind is Kind.RUNNING else one.kind
        counts[key] += by
        if not counts[key]:
            del counts[key]
            if not group.signs and not group.kinds:
                del self.groups[one.place]

    def _forget(self, slot: int, attempt_id: int) -> None:
        self._count(self._known[slot].pop(attempt_id), -1)
        self._listed.pop(attempt_id, None)


def _hand(second: int) -> int:
    """Where a clock's hand of 256 s stands: Python has such small numbers once for all. Nobody waits for so long."""
    return second & 0xFF


def _moved(counts: Counter[int], from_: int, to: int) -> None:
    counts[to] = counts.get(to, 0) + 1
    if counts[from_] == 1:
        del counts[from_]
    else:
        counts[from_] -= 1


def _kind(state: int, deadline_ms: int, since_ms: int, now_ms: int) -> Kind:
    if state == OPENING:
        return Kind.OPENING
    if state == CLOSING:
        return Kind.CLOSING if now_ms - since_ms > CLOSING_MS else Kind.ENDING
    if now_ms >= deadline_ms:
        return Kind.OVERDUE if now_ms - deadline_ms > OVERDUE_MS else Kind.ENDING
    return Kind.LEFT if since_ms else Kind.RUNNING
