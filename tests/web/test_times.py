"""How times, spans and scores are written."""

import pytest

from examengine.web import times

ZONE = "Asia/Shanghai"
AT = 1_401_580_992_499  # 2014-06-01T08:03:12.499+08:00


def test_an_instant_in_its_zone() -> None:
    assert times.clock_time(AT, ZONE) == "08:03:12"
    assert times.clock_time(AT - 13_000, ZONE) == "08:02:59"
    assert times.short_time(AT, ZONE) == "08:03"
    assert times.moment(AT, ZONE) == "2014年6月1日 08:03"
    assert times.exact(AT, ZONE) == "2014-06-01 08:03:12"
    assert times.iso(AT, ZONE) == "2014-06-01T08:03:12+08:00"


def test_the_last_day_of_a_half_open_window() -> None:
    ends_ms = 1_414_771_200_000  # 2014-11-01T00:00+08:00
    assert times.day(ends_ms, ZONE) == "2014年11月1日"
    assert times.last_day(ends_ms, ZONE) == "2014年10月31日"


@pytest.mark.parametrize(
    ("left_ms", "text"),
    [
        (0, "00:00:00"),
        (-5, "00:00:00"),
        (1, "00:00:01"),
        (60_000, "00:01:00"),
        (2_467_000, "00:41:07"),
        (3_600_001, "01:00:01"),
    ],
)
def test_a_begun_second_counts(left_ms: int, text: str) -> None:
    assert times.countdown(left_ms) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [(8_000, "8 秒"), (67_000, "1 分 7 秒"), (120_000, "2 分钟"), (3_600_000, "1 小时"), (3_900_000, "1 小时 5 分")],
)
def test_spans(ms: int, text: str) -> None:
    assert times.span(ms) == text


@pytest.mark.parametrize(("hundredths", "text"), [(8_600, "86"), (8_650, "86.5"), (5_999, "59.99"), (5, "0.05")])
def test_scores_have_the_places_they_need(hundredths: int, text: str) -> None:
    assert times.points(hundredths) == text


@pytest.mark.parametrize(("number", "text"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (45, "四十五")])
def test_chinese_numerals(number: int, text: str) -> None:
    assert times.ordinal(number) == text


def test_sizes() -> None:
    assert [times.size(n) for n in (12, 84_211, 30_000_000)] == ["12 B", "84 KB", "30.0 MB"]
