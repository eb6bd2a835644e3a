"""When the desk is staffed: the rulebook's hours (S2024-42) on the workdays of the State Council's calendar.

Holidays and the weekends worked for them (调休) are published a year at a time. For a year whose calendar is not
known yet Mondays to Fridays are taken, and whoever asks is told that it is so.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import chinese_calendar

from examengine.rules.calendar import MINUTE_MS, day_starts_ms
from examengine.rules.rulebook import SupportRules

DAYS_AHEAD = 31
"""No holiday is longer."""
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", re.ASCII)
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """Minutes of a local day, the last one not included."""

    from_minute: int
    until_minute: int


@dataclass(frozen=True, slots=True)
class Staffing:
    """Whether somebody is there now, until when, and else from when on; ``is_certain`` False: by weekdays alone.

    ``opens_ms`` is None while somebody is there, ``closes_ms`` while nobody is; both where no hours are known.
    """

    is_open: bool
    closes_ms: int | None
    opens_ms: int | None
    is_certain: bool


def spans_of(rules: SupportRules) -> tuple[Span, ...]:
    """The hours of a day, in order; those that cannot be read are left out (:func:`unreadable` names them)."""
    found = (_span(text) for text in rules.hours)
    return tuple(sorted((span for span in found if span is not None), key=lambda span: span.from_minute))


def unreadable(rules: SupportRules) -> tuple[str, ...]:
    """Hours that are not written as 09:00-12:00."""
    return tuple(text for text in rules.hours if _span(text) is None)


def is_workday(day: date) -> bool | None:
    """Whether people work on ``day`` in China, None for a year whose calendar is not known."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None


def staffing(rules: SupportRules | None, zone: str, now_ms: int) -> Staffing | None:
    """How the desk is staffed at ``now_ms``; None where the rulebook says no hours."""
    spans = spans_of(rules) if rules is not None else ()
    if rules is None or not spans:
        return None
    today = datetime.fromtimestamp(now_ms / 1000, tz=UTC).astimezone(ZoneInfo(zone)).date()
    is_certain = True
    for day in _days(today):
        works = is_workday(day)
        if rules.workdays_only:
            is_certain = is_certain and works is not None
            if not (day.weekday() < 5 if works is None else works):
                continue
        starts_ms = day_starts_ms(day, zone)
        for span in spans:
            from_ms, until_ms = (starts_ms + n * MINUTE_MS for n in (span.from_minute, span.until_minute))
            if now_ms < from_ms:
                return Staffing(False, None, from_ms, is_certain)
            if now_ms < until_ms:
                return Staffing(True, until_ms, None, is_certain)
    return Staffing(False, None, None, is_certain)


def _days(first: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range(DAYS_AHEAD))


def _span(text: str) -> Span | None:
    found = _SPAN.fullmatch(text.strip().replace("：", ":").replace("–", "-"))
    if found is None:
        return None
    begins, ends = (int(found[n]) * 60 + int(found[n + 1]) for n in (1, 3))
    return Span(begins, ends) if begins < ends <= _DAY_MINUTES else None
