"""The line in front of what costs much: so many a second are let in, first come first served, the others wait their
turn with a place that is told.

A place costs nothing and is kept by asking again; whoever has not asked for a minute has gone. One queue lies in one
slot of a cluster: only there can somebody say how many are before whom.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from examengine.live.coalesce import Coalescer
from examengine.live.scripts import load

ASK = load("queue_ask", "_stamp")

EXPIRES_MS = 60_000
"""Who has not asked for so long has given up his place."""
VALID_MS = 300_000
"""How long whoever was let in may come."""
SPAN_S = 5.0
SLOW_S = 1.0
LEAST = 5
LOOK_AGAIN_S = 0.5
FIRST_RETRY_MS, LAST_RETRY_MS = 1_000, 20_000
JITTER = 0.3


@dataclass(frozen=True, slots=True)
class Place:
    """Let in (``is_turn``), or the place in the line: ``before`` others, about ``wait_ms`` to go.

    ``joined_ms`` is when the place was taken; ``is_new``: just now.
    """

    is_turn: bool
    joined_ms: int
    before: int = 0
    wait_ms: int = 0
    is_new: bool = False


@dataclass(slots=True)
class Pace:
    """How long what is let in takes in this worker. It is slow while the 99th of a hundred took more than a second:
    of those that ended in the last five seconds, and of those under way, which have taken as long as they have.
    """

    real_s: Callable[[], float] = time.perf_counter
    _ended: deque[tuple[float, float]] = field(default_factory=deque)
    _under_way: dict[int, float] = field(default_factory=dict)
    _begun: int = 0
    _looked_at_s: float = -math.inf
    _slow: bool = False

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Around each of them, also where it fails."""
        self._begun += 1
        number, began_s = self._begun, self.real_s()
        self._under_way[number] = began_s
        try:
            yield
        finally:
            del self._under_way[number]
            ended_s = self.real_s()
            self._ended.append((ended_s, ended_s - began_s))

    def is_slow(self) -> bool:
        """Fewer than five say nothing. Looked at twice a second at most: it is asked with every start."""
        now_s = self.real_s()
        if now_s - self._looked_at_s < LOOK_AGAIN_S:
            return self._slow
        self._looked_at_s = now_s
        while self._ended and self._ended[0][0] <= now_s - SPAN_S:
            self._ended.popleft()
        count = len(self._ended) + len(self._under_way)
        over = sum(took_s > SLOW_S for _, took_s in self._ended)
        over += sum(now_s - began_s > SLOW_S for began_s in self._under_way.values())
        self._slow = count >= LEAST and over > count - math.ceil(0.99 * count)
        return self._slow


class Queue:
    """A line of its own by ``name``. All raise ``Unavailable`` where Redis does not answer.

    ``a_second``: how many are let in at most, by all workers together; None: everybody is, and nothing is asked.
    ``clamp`` as for the desk.
    """

    def __init__(self, calls: Coalescer, name: str, a_second: float | None, *, clamp_ms: int) -> None:
        if a_second is not None and not a_second > 0:
            raise ValueError(f"places a second: {a_second}")
        tag = f"{{queue:{name}}}"
        self._calls = calls
        self._keys = (f"{tag}:state", f"{tag}:line", f"{tag}:signs", f"{tag}:in", f"{tag}:joined")
        self._a_second = a_second
        self._clamp_ms = clamp_ms
        self.pace = Pace()

    async def ask(self, account: str, now_ms: int, *, keep: bool = False) -> Place:
        """Come in, or take a place in the line, or ask how it stands; each is a sign of life.

        ``account``: short, whoever may have one place. ``keep``: who is let in at once does not come with this
        request; what was let in is kept for ``VALID_MS``.
        """
        if self._a_second is None:
            return Place(True, now_ms)
        told = await self._calls.run(
            ASK,
            self._keys,
            (
                now_ms,
                self._clamp_ms,
                account,
                f"{self._a_second:.6f}",
                "1" if self.pace.is_slow() else "0",
                "1" if keep else "0",
            ),
        )
        if told[0]:
            return Place(True, int(told[1]))
        return Place(False, int(told[1]), int(told[2]), int(told[3]), bool(told[4]))

    async def standing(self) -> tuple[int, float | None]:
        """How many wait, and how many a second are let in at most now; None: everybody is."""
        waiting = int(await self._calls.command("ZCARD", self._keys[1]))
        found = await self._calls.command("HGET", self._keys[0], "r")
        if self._a_second is None or found is None:
            return waiting, self._a_second
        return waiting, self._a_second * float(found)


def retry_ms(place: Place, dice: float) -> int:
    """When to ask again: near one's turn when it comes, else every 20 s, so that two lost questions cost no place.

    ``dice``: from 0 to 1; what was told to many at once comes back spread out.
    """
    usual_ms = min(LAST_RETRY_MS, max(FIRST_RETRY_MS, place.wait_ms))
    return round(usual_ms * (1 + JITTER * dice))
