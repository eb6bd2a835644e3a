"""Silences of a journal, and the device whose page held the pen."""

import pytest

from examengine.live.devices import device_at, parts_of
from examengine.live.silences import SILENT_MS, Silence, silences

T = 1_780_000_000_000


@pytest.mark.parametrize(("gap_ms", "is_silent"), [(SILENT_MS - 1, False), (SILENT_MS, False), (SILENT_MS + 1, True)])
def test_more_than_a_minute_without_a_sign_of_life_is_a_silence(gap_ms: int, is_silent: bool) -> None:
    lines = [f"o {T} 1 {T} 1 time_limit 50", f"p {T + gap_ms} 1.1"]
    known = (Silence(T, T + gap_ms),) if is_silent else ()
    assert silences(lines, T + gap_ms) == known
    lasting = (Silence(T, T + gap_ms, is_over=False),) if is_silent else ()
    assert silences(lines[:1], T + gap_ms) == lasting


def test_what_the_system_writes_is_no_sign_of_life() -> None:
    lines = [f"o {T} 1 {T} 1 time_limit 50", f"d {T + 30_000} {T} 2 extra_time 1", f"z {T + 90_000} deadline {T}"]
    assert silences(lines, T + 90_000) == (Silence(T, T + 90_000, is_over=False),)


def test_answers_brought_back_with_their_instants_of_then_end_no_silence_twice() -> None:
    lines = [
        f"p {T} 1.1",
        f"p {T + 120_000} 1.2",
        f"q {T + 120_001}",
        f"a {T + 20_000} 1.1 1 1 0 a",
        f"p {T + 150_000} 1.3",
    ]
    assert silences(lines, T + 150_000) == (Silence(T, T + 120_000),)


def test_an_empty_or_damaged_journal_tells_nothing() -> None:
    assert silences([], T) == ()
    assert silences(["p", "p x 1.1", ""], T) == ()


def test_the_device_is_that_of_the_page_that_held_the_pen_then() -> None:
    lines = [
        f"o {T} 1 {T} 1 time_limit 50",
        f"c {T + 1} 1 p1 chrome-windows-3f9ac",
        f"p {T + 50_000} 1.1",
        f"c {T + 60_000} 2 p2 wechat-ios",
    ]
    assert device_at(lines, T) == ""
    assert device_at(lines, T + 1) == "chrome-windows-3f9ac"
    assert device_at(lines, T + 60_000) == "wechat-ios"
    assert parts_of("chrome-windows-3f9ac") == ("chrome", "windows", "3f9ac")
    assert parts_of("wechat-ios") == ("wechat", "ios", "")
    assert parts_of("") == ("", "", "")
