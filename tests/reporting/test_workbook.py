"""Workbooks that are written as they are sent hold what was put in, as text."""

import io
from collections.abc import Sequence

import pytest
import python_calamine
from openpyxl import load_workbook

from examengine.reporting import workbook
from examengine.reporting.workbook import Column, StreamedWorkbook, Value

COLUMNS = (Column("姓名", 10), Column("证件号码", 20), Column("成绩", 8), Column("次数", 6))


def written(
    parts: Sequence[Sequence[Sequence[Value]]], about: Sequence[tuple[str, str]] = (("考试", "公需"),)
) -> bytes:
    book = StreamedWorkbook("成绩", COLUMNS, "王五 & 导出")
    return b"".join([*(book.rows(part) for part in parts), book.end(about)])


def read(content: bytes) -> dict[str, list[list[object]]]:
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_rows_come_back_in_order_with_what_the_list_is() -> None:
    sheets = read(written([[("张三", "450702198001010018", 86.5, 2)], [], [("李四", "E12345678", None, 0)]]))
    assert list(sheets) == ["成绩", "说明"]
    assert sheets["成绩"][0] == ["姓名", "证件号码", "成绩", "次数"]
    assert sheets["成绩"][1] == ["张三", "450702198001010018", 86.5, 2.0]
    assert sheets["成绩"][2] == ["李四", "E12345678", "", 0.0]
    assert sheets["说明"] == [["考试", "公需"]]


def test_an_empty_list_is_a_whole_workbook() -> None:
    assert read(written([]))["成绩"] == [["姓名", "证件号码", "成绩", "次数"]]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        '=HYPERLINK("http://x","y")',
        "＝1",
        "a=1",
        "<b>&amp;",
        "_x0041_",
        "𠮷",
        " 张",
    ],
)
def test_text_stays_text_whatever_it_looks_like(text: str) -> None:
    content = written([[(text, "0018", 1.0, 1)]])
    assert read(content)["成绩"][1][:2] == [text, "0018"]
    cell = load_workbook(io.BytesIO(content))["成绩"]["A2"]
    assert cell.data_type != "f"
    assert bool(cell.quotePrefix) == text.startswith(workbook._COMMAND_LIKE)


def test_what_xml_cannot_hold_is_left_out_and_long_texts_are_cut() -> None:
    content = written([[("张\x00\x0b三\ud800\uffff", "x" * 40_000, 1.0, 1)]])
    row = read(content)["成绩"][1]
    assert row[0] == "张三"
    assert len(str(row[1])) == workbook.CELL_CHARACTERS


def test_more_rows_than_a_sheet_takes_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "SHEET_ROWS", 3)
    rows = [(f"人{number}", "1", 1.0, 1) for number in range(7)]
    sheets = read(written([rows[:2], rows[2:]]))
    assert list(sheets) == ["成绩", "成绩（2）", "成绩（3）", "说明"]
    assert [row[0] for name in list(sheets)[:3] for row in sheets[name][1:]] == [row[0] for row in rows]


def test_octets_leave_before_the_end_and_none_twice() -> None:
    book = StreamedWorkbook("成绩", COLUMNS, "")
    first = book.rows([(f"人{number}", str(number * 7919), 1.0, 1) for number in range(5_000)])
    assert first.startswith(b"PK")
    assert len(first) > 10_000
    second = book.rows([("末", "1", 1.0, 1)])
    assert len(read(first + second + book.end([]))["成绩"]) == 5_002
