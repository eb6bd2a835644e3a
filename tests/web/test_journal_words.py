"""A journal in plain words: every line of it, and what its silences mean."""

import re

import pytest

from examengine.live import journal
from examengine.live.silences import SILENT_MS
from examengine.web.journal_words import CLOSED, Told, told_of_journal, told_of_line
from tests.web.samples.frames import ZONE, at

T = at("2026-06-01T09:00:00")
END = T + 3_600_000


def told(*lines: str, until_ms: int = T) -> list[str]:
    return [one.text for one in told_of_journal(lines, ZONE, until_ms)]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (f"o {T} 1 {END} 0 time_limit 50", "开始作答：50 题，10:00:00 截止（考试时长用完）"),
        (f"c {T} 1 page windows-chrome", "打开考试页面（"),
        (f"c {T} 1 page", "打开考试页面"),
        (f"c {T} 2 page", "在另一个页面继续考试"),
        (f"l {T} 1.2", "离开考试页面"),
        (f"b {T} 1.3", "回到考试页面"),
        (f"v {T} 1.3 2", "考试窗口失去焦点"),
        (f"L {T} 1.2", "迟到"),
        (f"B {T} 1.2", "迟到"),
        (f"V {T} 1.2", "迟到"),
        (f"k {T}", "截止以后还想交卷"),
        (f"w {T} 1.9", "考试页面确认作答已全部送达"),
        (f"e {T}", "离开页面不计"),
        (f"s {T} 1.9 7 ab", "较早的页面补交了第 7 题的答案，没有采用"),
        (f"d {T} {END} 1 extra_time 1", "10:00:00 截止（含补时）"),
        (f"r {T} {END} 1 extra_time", "恢复作答：10:00:00 截止（含补时）"),
        (f"z {T} hand_in {T}", "收卷：考生交卷，以 09:00:00 为准"),
        (f"x {T} 2 14", "按已入库的前 14 条记录重建（第 2 代）"),
    ],
)
def test_a_line_is_told(line: str, text: str) -> None:
    found = told_of_line(line, ZONE)
    assert found is not None
    assert found.at_ms == T
    assert text in found.text


def test_every_kind_of_line_that_the_journal_knows_is_told_or_counted() -> None:
    documented = set(re.findall(r"``(\w) at", str(journal.__doc__)))
    assert documented >= set("ocafplbvLBVkwdzr")
    examples = {"o": f"o {T} 1 {END} 0 x 50", "c": f"c {T} 1 p", "s": f"s {T} 1.1 1 a", "x": f"x {T} 1 2"}
    examples |= {"d": f"d {T} {END} 1 x 1", "z": f"z {T} deadline {T}", "r": f"r {T} {END} 1 x"}
    untold = {kind for kind in documented if told_of_line(examples.get(kind, f"{kind} {T} 1.1"), ZONE) is None}
    assert untold == set("afp")


def test_every_reason_to_close_has_its_words() -> None:
    from examengine.live import CloseReason

    assert set(CLOSED) == set(CloseReason)


def test_answers_are_counted_between_what_else_happens() -> None:
    assert told(
        f"a {T} 1.1 1 1 0 b",
        f"a {T + 1} 1.2 2 2 0 c",
        f"a {T + 2} 1.3 1 3 1 ",
        f"l {T + 3} 1.4",
        f"f {T + 4} 1.5 2 4 0 1",
    ) == ["保存答案 3 次，最后是第 1 题；到此已答 1 题", "离开考试页面", "做标记 1 次"]


@pytest.mark.parametrize(("after_ms", "silences"), [(SILENT_MS, 0), (SILENT_MS + 1, 1)])
def test_a_silence_is_told_as_inferred_from_the_last_sign_of_life(after_ms: int, silences: int) -> None:
    lines = (f"p {T} 1.1", f"p {T + after_ms} 1.2")
    found = told_of_journal(lines, ZONE, T + after_ms)
    assert found == (Told(T, "此后 1 分钟没有收到考试页面的消息", inferred=True),) * silences
    assert len(told_of_journal(lines[:1], ZONE, T + after_ms)) == silences


def test_what_the_system_writes_is_no_sign_of_life() -> None:
    lines = (f"p {T} 1.1", f"d {T + 40_000} {END} 1 extra_time 1", f"z {T + 80_000} deadline {T + 80_000}")
    assert [one.inferred for one in told_of_journal(lines, ZONE, T + 80_000)] == [False, False, True]


def test_a_session_that_was_renewed_is_not_told_as_a_deadline() -> None:
    start = f"o {T} 1 {END} 0 time_limit 50"
    assert len(told(start, f"d {T} {END} 0 time_limit 2")) == 1
    assert len(told(start, f"d {T} {END + 1} 1 extra_time 2")) == 2


@pytest.mark.parametrize("line", ["", "q", "o", "o x 1", f"? {T} 1"])
def test_a_line_that_nobody_knows_is_passed_over(line: str) -> None:
    assert told(line) == []
