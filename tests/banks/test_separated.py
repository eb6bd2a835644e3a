"""Encodings and separators of text files are found out."""

import codecs

import pytest

from examengine.banks.cells.separated import decode
from examengine.banks.readers import BankReading, read_bank
from tests.banks.builders import HEADER, codes, csv_of, the_item

ROW = ("单选", "我国首都是哪座城市？", "上海", "北京", "广州", "深圳", "B")
TEXT = csv_of(HEADER, ROW).decode()


def is_read(reading: BankReading) -> bool:
    return the_item(reading).stem == "我国首都是哪座城市？" and the_item(reading).options[1].text == "北京"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("gbk"), "gb18030"),
        (TEXT.encode("gb18030"), "gb18030"),
        (TEXT.encode("utf-16"), "utf-16"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-32"), "utf-32"),
    ],
)
def test_encodings_are_told_from_the_bytes(data: bytes, encoding: str) -> None:
    reading = read_bank(data, "题库.csv")
    assert is_read(reading)
    assert (reading.encoding, reading.findings) == (encoding, ())


def test_traditional_chinese_is_not_taken_for_gb18030() -> None:
    text = "題型,題幹,選項A,選項B,正確答案\n單選,我國的首都是哪一座城市？這個問題並不難回答。,上海,北京,B\n" * 20
    decoded, encoding = decode(text.encode("big5"))
    assert (decoded, encoding) == (text, "big5")


def test_plain_letters_are_ascii() -> None:
    reading = read_bank(b"question,A,B,answer\nWhich?,one,two,A\n", "x.csv")
    assert (reading.encoding, reading.importable) == ("ascii", 1)


def test_an_encoding_given_is_the_encoding_used() -> None:
    assert is_read(read_bank(TEXT.encode("gb18030"), "x.csv", encoding="GBK"))
    assert codes(read_bank(TEXT.encode(), "x.csv", encoding="no-such-code")) == ["encoding_unknown"]
    assert codes(read_bank(TEXT.encode(), "x.csv", encoding="rot13")) == ["encoding_unknown"]
    assert codes(read_bank(TEXT.encode(), "x.csv", encoding="base64")) == ["encoding_unknown"]


def test_a_character_cut_off_at_the_end_does_not_change_the_encoding() -> None:
    reading = read_bank((TEXT + "单选,又一题").encode()[:-1], "x.csv")
    assert reading.encoding == "utf-8"
    assert "encoding_broken" in codes(reading, "warning")


def test_a_few_broken_bytes_are_said_with_their_place() -> None:
    data = TEXT.encode() + b"\xff\xfe,x\n" + TEXT.encode() * 10
    reading = read_bank(data, "x.csv")
    assert reading.encoding == "utf-8"
    assert "第 3 行" in next(finding.message for finding in reading.findings if finding.code == "encoding_broken")


@pytest.mark.parametrize("separator", [",", "\t", ";", "|", "，"])
def test_separators_are_told_from_the_header(separator: str) -> None:
    reading = read_bank(csv_of(HEADER, ROW, separator=separator), "x.txt")
    assert is_read(reading)


def test_options_joined_by_bars_do_not_make_the_bar_the_separator() -> None:
    reading = read_bank("题目,选项,答案\n哪个？,甲|乙|丙,B\n".encode(), "x.csv")
    assert [option.text for option in the_item(reading).options] == ["甲", "乙", "丙"]


def test_a_line_that_declares_the_separator_counts_as_a_row() -> None:
    reading = read_bank(b"sep=;\r\n" + csv_of(HEADER, ROW, separator=";"), "x.csv")
    assert reading.items[0].where == "第 3 行"


def test_rows_are_counted_as_a_spreadsheet_counts_them() -> None:
    data = '题干,A,B,答案\n"一\n二\n三",甲,乙,A\n\n第二题？,甲,乙,F\r\n'.encode()
    reading = read_bank(data, "x.csv")
    assert reading.items[0].where == "第 2 行"
    assert reading.findings[0].where == "第 4 行 D 列"


def test_an_unclosed_quote_is_said_with_its_row() -> None:
    data = csv_of(HEADER, ROW) + '单选,"没有收尾的引号,甲,乙,,,A\n单选,下一题,甲,乙,,,A\n'.encode()
    reading = read_bank(data, "x.csv")
    assert reading.importable == 1
    assert ("quote_unclosed", "第 3 行") in [(finding.code, finding.where) for finding in reading.findings]


def test_a_huge_field_is_bounded() -> None:
    data = csv_of(HEADER, ROW) + b'"' + "长".encode() * 200_000
    assert "quote_unclosed" in codes(read_bank(data, "x.csv"))
    long_cell = csv_of(HEADER, ("单选", "长" * 40_000, *ROW[2:]))
    assert {"cell_too_long", "stem_too_long"} <= set(codes(read_bank(long_cell, "x.csv"), "error"))
