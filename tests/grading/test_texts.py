from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.banks.responses import AcceptedText, NumberExpected, NumberRange, TextExpected
from examengine.grading.texts import folded, number_of, weight_of_number, weight_of_text


def texts(*accepted: str | tuple[str, int], case_counts: bool = False, wildcards: bool = False) -> TextExpected:
    made = (AcceptedText(*(one if isinstance(one, tuple) else (one,))) for one in accepted)
    return TextExpected(tuple(made), case_counts, wildcards)


@pytest.mark.parametrize(
    ("what", "typed", "expected", "weight"),
    [
        ("the text", "数据安全法", texts("数据安全法"), 100),
        ("another text", "网络安全法", texts("数据安全法"), 0),
        ("nothing", "", texts("数据安全法"), 0),
        ("space around it", "  数据安全法\t", texts("数据安全法"), 100),
        ("ideographic space in Chinese", "数据　安全法", texts("数据安全法"), 100),
        ("full-width letters", "ＴＣＰ／ＩＰ", texts("TCP/IP"), 100),
        ("small letters", "tcp/ip", texts("TCP/IP"), 100),
        ("small letters where case counts", "tcp/ip", texts("TCP/IP", case_counts=True), 0),
        ("full-width letters where case counts", "ＴＣＰ", texts("TCP", case_counts=True), 100),
        ("two spaces between words", "open   source", texts("open source"), 100),
        ("no space between words", "opensource", texts("open source"), 0),
        ("space between a word and Chinese", "IPv6 协议", texts("IPv6协议"), 100),
        ("half-width katakana", "ﾃﾞｰﾀ", texts("データ"), 100),
        ("a raised figure is another figure", "102", texts("10²"), 0),
        ("a raised figure", "10²", texts("10²"), 100),
        ("full-width brackets", "（一）", texts("(一)"), 100),
        ("the better of two", "保密性", texts(("保密性", 50), ("保*", 80), wildcards=True), 80),
        ("a part of the score", "机密", texts(("机密性", 100), ("机密", 40)), 40),
        ("a weight above the full one", "是", texts(("是", 300)), 100),
        ("a weight below nothing", "是", texts(("是", -50)), 0),
        ("a wildcard at the end", "信息安全等级保护", texts("信息安全*", wildcards=True), 100),
        ("a wildcard for nothing", "信息安全", texts("信息安全*", wildcards=True), 100),
        ("a wildcard in the middle", "甲和乙和丙", texts("甲*丙", wildcards=True), 100),
        ("wildcards that must not share", "甲乙", texts("甲*乙*乙", wildcards=True), 0),
        ("wildcards in another order", "乙甲", texts("*甲*乙*", wildcards=True), 0),
        ("an escaped star", "3*4", texts(r"3\*4", wildcards=True), 100),
        ("an escaped star is no wildcard", "3x4", texts(r"3\*4", wildcards=True), 0),
        ("a star where there are no wildcards", "信息安全", texts("信息*"), 0),
        ("a text longer than any field takes", "长" * 401, texts("长*", wildcards=True), 0),
    ],
)
def test_a_short_answer_counts_as_its_author_meant(
    what: str, typed: str, expected: TextExpected, weight: int
) -> None:
    assert weight_of_text(typed, expected) == weight, what


@pytest.mark.parametrize(
    ("typed", "unit", "number"),
    [
        ("3.14", "", "3.14"),
        ("３．１４", "", "3.14"),
        (" +3.140 ", "", "3.140"),
        ("-0.5", "", "-0.5"),
        ("−０．５", "", "-0.5"),
        (".5", "", "0.5"),
        ("5.", "", "5"),
        ("1,234,567.89", "", "1234567.89"),
        ("1，234", "", "1234"),
        ("1 234 567", "", "1234567"),
        ("12,34", "", None),
        ("1234,567", "", None),
        ("1,2345", "", None),
        ("3,14", "", None),
        ("50%", "", "0.50"),
        ("50％", "%", "50"),
        ("50", "%", "50"),
        ("12 小时", "小时", "12"),
        ("12小时", "小时", "12"),
        ("12 h", "小时", None),
        ("3万", "", "30000"),
        ("1.5亿元", "元", "150000000"),
        ("3万元", "万元", "3"),
        ("1.2e3", "", "1.2E+3"),
        ("1.2×10^3", "", "1.2E+3"),
        ("1.2×10³", "", "1.2E+3"),
        ("1.2 x 10^-3", "", "0.0012"),
        ("1e9999", "", None),
        ("三", "", None),
        ("1/2", "", None),
        ("--1", "", None),
        ("", "", None),
        ("9" * 61, "", None),
        ("NaN", "", None),
        ("inf", "", None),
    ],
)
def test_a_number_is_read_as_people_type_it(typed: str, unit: str, number: str | None) -> None:
    assert number_of(typed, unit) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("typed", "weight"),
    [
        ("9.49", 0),
        ("9.5", 100),
        ("9.50", 100),
        ("10.5", 100),
        ("10.51", 0),
        ("10.50000000000000000000000000000000000000000001", 0),
        ("8", 40),
        ("9.0000", 40),
        ("7.99", 0),
        ("十", 0),
    ],
)
def test_a_range_holds_both_its_ends(typed: str, weight: int) -> None:
    expected = NumberExpected((NumberRange("9.5", "10.5"), NumberRange("8", "9", 40)))
    assert weight_of_number(typed, expected) == weight


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12))
def test_every_number_is_read_back_in_groups_and_in_wide_digits(number: Decimal) -> None:
    plain, grouped = f"{number:f}", f"{number:,f}"
    wide = plain.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789.-"})
    assert number_of(plain) == number_of(grouped) == number_of(wide) == number


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing_and_a_text_is_itself(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    kept = text.strip()
    if folded(kept):
        assert weight_of_text(kept, texts(kept)) == 100


@given(st.text(max_size=200), st.lists(st.text(alphabet="ab*", max_size=30), max_size=3))
def test_no_text_and_no_pattern_takes_long_or_fails(text: str, patterns: list[str]) -> None:
    assert 0 <= weight_of_text(text, texts(*patterns, wildcards=True)) <= 100
    number_of(text, text[:3])
