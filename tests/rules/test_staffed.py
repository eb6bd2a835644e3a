"""When the desk is staffed: the notice's hours on China's workdays (S2024-42)."""

from datetime import date

import pytest

from examengine.rules.load import load, packaged_text
from examengine.rules.rulebook import SupportRules
from examengine.rules.staffed import Staffing, is_workday, staffing
from tests.rules.cases import at
from tests.world import ms

RULES = SupportRules(hours=("14:00-18:00", "09:00-12:00"))


def told(moment: str, moved_ms: int = 0, rules: SupportRules = RULES) -> Staffing:
    found = staffing(rules, "Asia/Shanghai", ms(at(moment)) + moved_ms)
    assert found is not None
    return found


def open_until(moment: str, *, is_certain: bool = True) -> Staffing:
    return Staffing(True, ms(at(moment)), None, is_certain)


def closed_until(moment: str, *, is_certain: bool = True) -> Staffing:
    return Staffing(False, None, ms(at(moment)), is_certain)


@pytest.mark.parametrize(
    ("moment", "moved_ms", "expected"),
    [
        ("2026-06-01 09:00", -1, closed_until("2026-06-01 09:00")),
        ("2026-06-01 09:00", 0, open_until("2026-06-01 12:00")),
        ("2026-06-01 09:00", 1, open_until("2026-06-01 12:00")),
        ("2026-06-01 12:00", -1, open_until("2026-06-01 12:00")),
        ("2026-06-01 12:00", 0, closed_until("2026-06-01 14:00")),
        ("2026-06-01 14:00", 0, open_until("2026-06-01 18:00")),
        ("2026-06-01 18:00", -1, open_until("2026-06-01 18:00")),
        ("2026-06-01 18:00", 0, closed_until("2026-06-02 09:00")),
    ],
)
def test_a_workday_at_each_edge(moment: str, moved_ms: int, expected: Staffing) -> None:
    assert told(moment, moved_ms) == expected


def test_nobody_is_there_at_weekends() -> None:
    assert told("2026-06-05 18:00") == closed_until("2026-06-08 09:00")
    assert told("2026-06-06 10:00") == closed_until("2026-06-08 09:00")


def test_a_holiday_is_no_workday() -> None:
    assert told("2026-09-30 18:00") == closed_until("2026-10-08 09:00")


def test_a_weekend_that_is_worked_for_a_holiday_is_staffed() -> None:
    """The notice of 2014 itself is dated on such a Sunday."""
    assert is_workday(date(2014, 5, 4)) is True
    assert told("2026-02-28 10:00") == open_until("2026-02-28 12:00")


def test_a_year_whose_calendar_is_not_known_is_told_as_such() -> None:
    assert is_workday(date(2003, 6, 2)) is None
    assert told("2003-06-02 10:00") == open_until("2003-06-02 12:00", is_certain=False)
    assert told("2003-06-07 10:00") == closed_until("2003-06-09 09:00", is_certain=False)


def test_a_desk_that_works_every_day_asks_no_calendar() -> None:
    every_day = SupportRules(hours=("08:00-18:00",), workdays_only=False)
    assert told("2003-06-07 07:59", rules=every_day) == closed_until("2003-06-07 08:00")
    assert told("2026-06-06 08:00", rules=every_day) == open_until("2026-06-06 18:00")


def test_hours_may_last_until_midnight() -> None:
    late = SupportRules(hours=("18:00-24:00",), workdays_only=False)
    assert told("2026-06-01 23:59", rules=late) == open_until("2026-06-02 00:00")
    assert told("2026-06-02 00:00", rules=late) == closed_until("2026-06-02 18:00")


@pytest.mark.parametrize("hours", [(), ("九点到十二点",), ("12:00-09:00",), ("9:00-12:00",), ("09:00-24:30",)])
def test_without_readable_hours_nothing_is_claimed(hours: tuple[str, ...]) -> None:
    assert staffing(SupportRules(hours=hours), "Asia/Shanghai", ms(at("2026-06-01 10:00"))) is None


def test_without_a_word_of_the_rulebook_nothing_is_claimed() -> None:
    assert staffing(None, "Asia/Shanghai", ms(at("2026-06-01 10:00"))) is None


def test_hours_that_cannot_be_read_are_named_when_the_rulebook_is_loaded() -> None:
    hours = {"support.hours": ["09:00-12:00", "下午两点起"]}
    found = load(packaged_text("guangxi-2024"), name="guangxi-2024", override=hours).findings
    [told_of] = [one for one in found if one.code == "bad_hours"]
    assert (told_of.severity, told_of.where) == ("warning", "support.hours")
    assert "下午两点起" in told_of.message
    assert "09:00-12:00、" not in told_of.message
