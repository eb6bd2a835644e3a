"""Who has not come and who has handed in today, counted in SQL no oftener than it is cheap."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from examengine.monitoring.figures import monotonic_s
from examengine.records import wall
from examengine.records.database import Database, Reading
from examengine.records.shelf import Shelf
from examengine.records.wall import Place
from examengine.rules.calendar import day_starts_ms, window_of

ZONE = "Asia/Shanghai"
EXPIRED = "expired_no_score"
SETTLED_MS = 20_000
"""A transaction that stamps an end commits within that time: what is older is counted for good."""
SHARE = 0.02
"""How much of the time counting may take."""
LEAST_S = 5.0


class Pace:
    """Lets a piece of work be done again only when so much time has passed that it took a small share of it."""

    def __init__(self, real_s: Callable[[], float] = monotonic_s) -> None:
        self._real_s = real_s
        self._next_s = 0.0
        self._began_s = 0.0

    def is_due(self) -> bool:
        self._began_s = self._real_s()
        return self._began_s >= self._next_s

    def done(self) -> None:
        now_s = self._real_s()
        self._next_s = now_s + max(LEAST_S, (now_s - self._began_s) / SHARE)


class Turnout:
    """``not_started``: enrolments of exams that are open, of ``counted_ms``; ``ends``: today's, handed in and not
    come back; both by place.
    """

    def __init__(self, database: Database, shelf: Shelf, real_s: Callable[[], float] = monotonic_s) -> None:
        self._database = database
        self._shelf = shelf
        self.not_started: dict[Place, int] = {}
        self.counted_ms = 0
        self.day_ms = 0
        self._absent_pace = Pace(real_s)
        self._ends_pace = Pace(real_s)
        self._settled: dict[Place, list[int]] = {}
        self._settled_until_ms = 0
        self.ends: dict[Place, list[int]] = {}

    async def count(self, now_ms: int) -> None:
        """Count what is due to be counted.

        Raises:
            records.Unavailable: SQL does not answer.
        """
        if self._absent_pace.is_due():
            async with self._database.reading() as tx:
                self.not_started = await wall.not_started(tx, await open_exams(tx, self._shelf, now_ms))
            self.counted_ms = now_ms
            self._absent_pace.done()
        if self._ends_pace.is_due():
            await self._count_ends(now_ms)
            self._ends_pace.done()

    async def _count_ends(self, now_ms: int) -> None:
        day_ms = day_began_ms(now_ms)
        if day_ms != self.day_ms:
            self.day_ms, self._settled, self._settled_until_ms = day_ms, {}, day_ms
        until_ms = max(self._settled_until_ms, now_ms - SETTLED_MS)
        async with self._database.reading() as tx:
            if until_ms > self._settled_until_ms:
                _add(self._settled, await wall.ended(tx, self._settled_until_ms, until_ms))
                self._settled_until_ms = until_ms
            newest = await wall.ended(tx, until_ms, now_ms + SETTLED_MS)
        self.ends = {place: list(counts) for place, counts in self._settled.items()}
        _add(self.ends, newest)


def _add(ends: dict[Place, list[int]], counted: dict[tuple[Place, str], int]) -> None:
    for (place, state), count in counted.items():
        ends.setdefault(place, [0, 0])[state == EXPIRED] += count


def day_began_ms(now_ms: int) -> int:
    """When the day began in China."""
    day = datetime.fromtimestamp(now_ms / 1000, tz=UTC).astimezone(ZoneInfo(ZONE)).date()
    return day_starts_ms(day, ZONE)


async def open_exams(tx: Reading, shelf: Shelf, now_ms: int) -> list[int]:
    """Exams whose window holds ``now_ms``."""
    found = []
    for exam in await wall.published(tx):
        rulebook = await shelf.rulebook(tx, exam.rulebook_digest)
        if window_of(rulebook, exam.credit_year).holds(now_ms):
            found.append(exam.id)
    return found
