"""The one place that asks for the time.

Everything below ``web`` gets ``now_ms`` as a value: a request is stamped once and the stamp is handed down.
Times are integers, milliseconds since 1970-01-01T00:00Z.
"""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the server's time."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        ...


class SystemClock:
    """The host's clock."""

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000


class ShiftedClock:
    """The host's clock, moved: demo and tests live through old years and deadlines with it."""

    def __init__(self, offset_ms: int) -> None:
        self.offset_ms = offset_ms

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset_ms

    def move_to(self, now_ms: int) -> None:
        """Let the clock show ``now_ms`` and run on from there."""
        self.offset_ms = now_ms - time.time_ns() // 1_000_000


class MovableClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start_ms: int) -> None:
        self._now_ms = start_ms

    def now_ms(self) -> int:
        return self._now_ms

    def move_to(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def advance(self, by_ms: int) -> None:
        self._now_ms += by_ms
