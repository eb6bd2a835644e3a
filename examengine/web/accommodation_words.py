"""Accommodations (合理便利) in words: what is given in every attempt, and from when until when."""

from examengine.enrolment.accommodations import is_for_breaks
from examengine.records.accommodations import Accommodation
from examengine.records.history import EnrolmentRecord
from examengine.records.words import EntryKind
from examengine.web import times
from examengine.web.wording import gettext as _

STANDING = (EntryKind.ACCOMMODATE_PERCENT, EntryKind.ACCOMMODATE_MINUTES)


def given_told(percent: int | None, minutes: int | None, breaks_minutes: int) -> str:
    """``延长 25%，另加休息 10 分钟``."""
    told = []
    if percent:
        told.append(_("延长 {n}%").format(n=percent))
    if minutes:
        told.append(_("延长 {n} 分钟").format(n=minutes))
    if breaks_minutes:
        told.append(_("另加休息 {n} 分钟").format(n=breaks_minutes))
    return "，".join(told)


def counted_told(record: EnrolmentRecord, started_ms: int) -> str:
    """What an attempt started then is given, over all accommodations; "" where nothing."""
    percent = minutes = breaks = 0
    for entry in record.entries:
        expired = entry.expires_ms is not None and started_ms >= entry.expires_ms
        if entry.kind not in STANDING or entry.id in record.undone or expired or started_ms < (entry.begins_ms or 0):
            continue
        amount = entry.amount or 0
        if entry.kind is EntryKind.ACCOMMODATE_PERCENT:
            percent += amount
        elif is_for_breaks(entry):
            breaks += amount
        else:
            minutes += amount
    return given_told(percent, minutes, breaks)


def validity_told(one: Accommodation, zone: str) -> str:
    """``2026年6月1日 起，到 2026年12月31日（含当天）``."""
    begins = times.day(one.begins_ms, zone)
    if one.expires_ms is None:
        return _("{begins} 起，长期有效").format(begins=begins)
    return _("{begins} 起，到 {day}（含当天）").format(begins=begins, day=times.last_day(one.expires_ms, zone))
