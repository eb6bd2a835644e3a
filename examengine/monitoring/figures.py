"""What a worker says of itself: starts, saves, how soon they were acknowledged.

Counting costs an answer two readings of a counter and a look into a short tuple; all else is done by whoever
publishes.
"""

import os
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

BOUNDS_MS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 250, 500, 1000, 2000, 5000)
"""Upper bounds of the classes of acknowledgement times; a last class has none."""
RATE_S = 10.0
WINDOW_S = 60.0


def monotonic_s() -> float:
    """Time that runs on whatever the clock does."""
    return time.perf_counter()


@dataclass(slots=True)
class Figures:
    """Counts since the worker began. ``refused``: answers that were not acknowledged because a store was away."""

    starts: int = 0
    saves: int = 0
    refused: int = 0
    pending: int = 0
    acknowledged: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_MS) + 1))
    waited_s: float = 0.0

    def began(self) -> float:
        """An answer has arrived; give what this returns to :meth:`ended`."""
        self.pending += 1
        return monotonic_s()

    def ended(self, began_s: float, *, refused: bool) -> None:
        """It was answered; ``refused``: with "not saved, try again"."""
        self.pending -= 1
        if refused:
            self.refused += 1
            return
        took_s = monotonic_s() - began_s
        self.saves += 1
        self.waited_s += took_s
        self.acknowledged[bisect_left(BOUNDS_MS, took_s * 1000)] += 1


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """A worker's figures as others read them. Totals since ``since_ms``; rates over the last ten seconds;
    ``minute_…`` over the last one.
    """

    worker: str
    at_ms: int
    since_ms: int
    starts: int
    saves: int
    refused: int
    pending: int
    acknowledged: list[int]
    waited_s: float
    starts_a_second: float
    saves_a_second: float
    minute_refused: int
    minute_acknowledged: list[int]
    failing: int


_read = msgspec.msgpack.Decoder(Published).decode
_write = msgspec.msgpack.Encoder().encode


def read(content: bytes) -> Published | None:
    """Figures as they were published; None for those of another version of the program."""
    try:
        return _read(content)
    except msgspec.MsgspecError:
        return None


def write(figures: Published) -> bytes:
    return _write(figures)


class Reporter:
    """Turns a worker's counts into what it publishes; asked every few seconds."""

    def __init__(
        self, figures: Figures, worker: str, since_ms: int, real_s: Callable[[], float] = monotonic_s
    ) -> None:
        self._figures = figures
        self._worker = worker
        self._since_ms = since_ms
        self._real_s = real_s
        self._past: deque[tuple[float, int, int, int, list[int]]] = deque()
        self._remember()

    def report(self, now_ms: int, failing: int = 0) -> Published:
        """The figures of now."""
        now = self._figures
        self._remember()
        at_s = self._past[-1][0]
        while len(self._past) > 2 and self._past[1][0] <= at_s - WINDOW_S:
            self._past.popleft()
        minute = self._past[0]
        lately = next((one for one in reversed(self._past) if one[0] <= at_s - RATE_S), minute)
        over_s = max(1.0, at_s - lately[0])
        return Published(
            worker=self._worker,
            at_ms=now_ms,
            since_ms=self._since_ms,
            starts=now.starts,
            saves=now.saves,
            refused=now.refused,
            pending=now.pending,
            acknowledged=list(now.acknowledged),
            waited_s=now.waited_s,
            starts_a_second=(now.starts - lately[1]) / over_s,
            saves_a_second=(now.saves - lately[2]) / over_s,
            minute_refused=now.refused - minute[3],
            minute_acknowledged=[a - b for a, b in zip(now.acknowledged, minute[4], strict=True)],
            failing=failing,
        )

    def _remember(self) -> None:
        now = self._figures
        self._past.append((self._real_s(), now.starts, now.saves, now.refused, list(now.acknowledged)))


@dataclass(frozen=True, slots=True)
class Totals:
    """All workers together. ``p99_ms`` None: nothing was saved in the last minute."""

    workers: int = 0
    starts_a_second: float = 0.0
    saves_a_second: float = 0.0
    p99_ms: float | None = None
    pending: int = 0
    refused: int = 0
    failing: int = 0


def added(workers: Iterable[Published]) -> Totals:
    """Add up what workers say."""
    known = list(workers)
    times = [sum(column) for column in zip(*(one.minute_acknowledged for one in known), strict=True)]
    return Totals(
        workers=len(known),
        starts_a_second=sum(one.starts_a_second for one in known),
        saves_a_second=sum(one.saves_a_second for one in known),
        p99_ms=quantile(times, 0.99),
        pending=sum(one.pending for one in known),
        refused=sum(one.minute_refused for one in known),
        failing=max((one.failing for one in known), default=0),
    )


def quantile(times: Sequence[int], share: float) -> float | None:
    """The time, ms, within which a share of what was counted lies: within its class by proportion, at most the last
    bound. None where nothing was counted.
    """
    wanted = sum(times) * share
    if not wanted:
        return None
    below = 0
    for place, count in enumerate(times):
        if count and below + count >= wanted:
            if place == len(BOUNDS_MS):
                break
            low = BOUNDS_MS[place - 1] if place else 0
            return low + (BOUNDS_MS[place] - low) * (wanted - below) / count
        below += count
    return float(BOUNDS_MS[-1])


def process_name(owner: str) -> str:
    """A worker as its figures name it: host and process, with what tells it from a namesake."""
    return f"{os.uname().nodename}:{owner}"[:80]
