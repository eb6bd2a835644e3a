"""Local days as instants: a rule's date is a day in the rulebook's zone, included to 24:00 (A-22)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from examengine.rules.rulebook import Rulebook

MINUTE_MS = 60_000
SECOND_MS = 1_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Window:
    """When learning and exam are open: ``opens_ms <= now_ms < closes_ms``."""

    opens_ms: int
    closes_ms: int

    def holds(self, now_ms: int) -> bool:
        return self.opens_ms <= now_ms < self.closes_ms


def instant_ms(moment: datetime) -> int:
    """Milliseconds since the epoch of an aware ``moment``, finer parts cut off."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


@lru_cache(maxsize=1024)
def day_starts_ms(day: date, zone: str) -> int:
    """The instant at which the local ``day`` begins."""
    return instant_ms(datetime.combine(day, time(), tzinfo=ZoneInfo(zone)))


def day_ends_ms(day: date, zone: str) -> int:
    """The first instant after the local ``day``."""
    return day_starts_ms(day + timedelta(days=1), zone)


def window_of(rulebook: Rulebook, credit_year: int) -> Window:
    """The window of the year's own exam, or of an earlier year's make-up (S2024-24)."""
    closes_on = rulebook.window.closes_on
    if credit_year != rulebook.meta.year and rulebook.backfill.closes_on is not None:
        closes_on = rulebook.backfill.closes_on
    zone = rulebook.meta.timezone
    return Window(day_starts_ms(rulebook.window.opens_on, zone), day_ends_ms(closes_on, zone))


def iso(now_ms: int, zone: str) -> str:
    """ISO 8601 in ``zone``; milliseconds are written only where they are not zero."""
    moment = (_EPOCH + timedelta(milliseconds=now_ms)).astimezone(ZoneInfo(zone))
    return moment.isoformat(timespec="milliseconds" if now_ms % SECOND_MS else "seconds")
