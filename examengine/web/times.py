"""How times, spans, scores and counts are written for people.

Times are milliseconds since the epoch, spans milliseconds, scores hundredths of a point.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def local(at_ms: int, zone: str) -> datetime:
    """The local time of an instant."""
    return (_EPOCH + timedelta(milliseconds=at_ms)).astimezone(_zone(zone))


def clock_time(at_ms: int, zone: str) -> str:
    """``14:03:12``."""
    minute, rest_ms = divmod(at_ms, 60_000)
    return f"{_of_minute(minute, zone)}:{rest_ms // 1000:02d}"


def short_time(at_ms: int, zone: str) -> str:
    """``14:03``."""
    return _of_minute(at_ms // 60_000, zone)


@lru_cache(maxsize=2_000)
def _of_minute(minute: int, zone: str) -> str:
    """Pages of one hour show the same few minutes; a zone is whole minutes off."""
    return f"{local(minute * 60_000, zone):%H:%M}"


def day(at_ms: int, zone: str) -> str:
    """``2014年6月1日``."""
    at = local(at_ms, zone)
    return f"{at.year}年{at.month}月{at.day}日"


def last_day(end_ms: int, zone: str) -> str:
    """The last day included in a half-open span that ends at ``end_ms``."""
    return day(end_ms - 1, zone)


def moment(at_ms: int, zone: str) -> str:
    """``2014年6月1日 14:03``."""
    return f"{day(at_ms, zone)} {short_time(at_ms, zone)}"


def end_moment(end_ms: int, zone: str) -> str:
    """The end of a half-open span: midnight belongs to the day it ends, ``2014年10月31日 24:00``."""
    if local(end_ms, zone).strftime("%H%M%S") == "000000":
        return f"{last_day(end_ms, zone)} 24:00"
    return moment(end_ms, zone)


def exact(at_ms: int, zone: str) -> str:
    """``2014-06-01 14:03:12``, for tables that are compared line by line."""
    return f"{local(at_ms, zone):%Y-%m-%d %H:%M:%S}"


def iso(at_ms: int, zone: str) -> str:
    """For ``<time datetime>``."""
    return local(at_ms, zone).isoformat(timespec="seconds")


def countdown(left_ms: int) -> str:
    """``00:41:07``; never below zero, a begun second counts."""
    seconds = max(0, -(-left_ms // 1000))
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def span(ms: int) -> str:
    """``1 小时 5 分``, ``41 分 7 秒``, ``8 秒``."""
    seconds = max(0, ms // 1000)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    if hours:
        return f"{hours} 小时 {minutes} 分" if minutes else f"{hours} 小时"
    if minutes:
        return f"{minutes} 分 {rest} 秒" if rest else f"{minutes} 分钟"
    return f"{rest} 秒"


def points(hundredths: int) -> str:
    """``86`` or ``86.5`` or ``59.99``: as many places as the score has."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole)


def size(octets: int) -> str:
    """``1.2 MB``."""
    if octets < 1000:
        return f"{octets} B"
    if octets < 1_000_000:
        return f"{octets / 1000:.0f} KB"
    return f"{octets / 1_000_000:.1f} MB"


_DIGITS = "零一二三四五六七八九十"


def ordinal(number: int) -> str:
    """The Chinese numeral of a section, 1 to 99: 一, 十, 十二, 二十."""
    if not 0 < number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    if tens == 0:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")
