"""When the desk is staffed, in words: the rulebook's hours and whether somebody is there now (S2024-42)."""

from examengine.rules.rulebook import Rulebook
from examengine.rules.staffed import Staffing, spans_of, staffing
from examengine.web import times
from examengine.web.contexts.requests import StaffingShown
from examengine.web.wording import gettext as _


def staffing_shown(rulebook: Rulebook, now_ms: int) -> StaffingShown | None:
    """The staffed hours of a rulebook; None where it says none."""
    rules, zone = rulebook.support, rulebook.meta.timezone
    found = staffing(rules, zone, now_ms)
    if rules is None or found is None:
        return None
    spans = "，".join(f"{_clock(span.from_minute)}–{_clock(span.until_minute)}" for span in spans_of(rules))
    hours = _("工作日 {spans}").format(spans=spans) if rules.workdays_only else _("每天 {spans}").format(spans=spans)
    return StaffingShown(hours, _now(found, zone, now_ms), found.is_open)


def _now(found: Staffing, zone: str, now_ms: int) -> str:
    if found.closes_ms is not None:
        return _("现在有客服在岗，到 {at}。").format(at=times.short_time(found.closes_ms, zone))
    if found.opens_ms is None:
        return _("现在不是客服时间。")
    same_day = times.day(found.opens_ms, zone) == times.day(now_ms, zone)
    at = times.short_time(found.opens_ms, zone) if same_day else times.moment(found.opens_ms, zone)
    told = _("现在不是客服时间，下一次从 {at} 起。").format(at=at)
    return told if found.is_certain else told + _("（节假日安排公布后可能有变化）")


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02d}"
