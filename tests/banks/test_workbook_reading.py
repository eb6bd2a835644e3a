"""What spreadsheet programs do to banks: sheets, formulas, dates, numbers, merged and hidden cells, pictures."""

from datetime import date, datetime

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from examengine.banks.cells.grid import Oddity
from examengine.banks.cells.workbook import text_of
from examengine.banks.item import Kind
from examengine.banks.readers import read_bank
from tests.banks.builders import HEADER, codes, letters, repacked, the_item, with_result, workbook_of
from tests.banks.old_excel import xls_of

ROW = ("单选", "首都是哪座城市？", "上海", "北京", "广州", "深圳", "B")
TRUE_FALSE = ("判断", "一周有七天。", "", "", "", "", "对")


MACROS = {"xl/vbaProject.bin": b"\xd0\xcf"}


def found(data: bytes) -> list[tuple[str, str, str]]:
    reading = read_bank(data, "题库.xlsx")
    return [(finding.severity, finding.code, finding.where) for finding in reading.findings]


def test_a_workbook_is_read_by_sheet_and_row() -> None:
    reading = read_bank(workbook_of(("总表", [HEADER, ROW, TRUE_FALSE])), "题库.xlsx")
    assert (reading.format, reading.encoding, reading.importable) == ("sheet", "binary (zip)", 2)
    assert [read.where for read in reading.items] == ["工作表“总表” 第 2 行", "工作表“总表” 第 3 行"]
    assert reading.findings == ()


@pytest.mark.parametrize("name", ["题库.csv", "题库.xls", "题库", "题库.docx"])
def test_the_ending_of_the_name_does_not_matter(name: str) -> None:
    assert read_bank(workbook_of(("总表", [HEADER, ROW])), name).importable == 1


def test_a_sheet_per_type_gives_the_type() -> None:
    columns = ("题目（必填）", "选项A（必填）", "选项B（必填）", "选项C", "正确选项（必填，用/分隔）", "解析")
    data = workbook_of(
        ("单选题", [columns, ("题一", "甲", "乙", "丙", "A", "")]),
        ("多选题", [columns, ("题二", "甲", "乙", "丙", "A/C", "")]),
        ("判断题", [("题目", "答案"), ("题三", "错")]),
        ("填写说明", [("请按列填写",), ("不要合并单元格",)]),
        ("参数", [("单选",), ("多选",)]),
    )
    reading = read_bank(data, "题库.xlsx")
    assert [read.item.kind for read in reading.items] == [Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE, Kind.TRUE_FALSE]
    assert letters(reading.items[1].item) == "AC"
    assert [(finding.code, finding.where) for finding in reading.findings] == [("sheet_skipped", "工作表“参数”")]
    assert "题型按工作表名或大题标题读作判断题，共 1 处" in reading.understood


def test_the_sheet_may_begin_anywhere() -> None:
    def move(sheet: Worksheet) -> None:
        sheet.move_range("A1:O2", rows=4, cols=3)

    data = workbook_of(("甲", [HEADER, (*ROW[:6], "E")]), touch=move)
    assert found(data) == [("error", "key_without_option", "工作表“甲” 第 6 行 J 列")]


def test_numbers_are_read_as_they_are_seen() -> None:
    def percent(sheet: Worksheet) -> None:
        for column, form in (("C", "0%"), ("D", "0.00%"), ("E", "General"), ("F", '0.0"%"')):
            sheet[f"{column}2"].number_format = form

    data = workbook_of(("甲", [HEADER, ("单选", "几成？", 0.5, 0.125, 62345.0, 0.1 + 0.2, "B", 2)]), touch=percent)
    item = the_item(read_bank(data, "x.xlsx"))
    assert [option.text for option in item.options] == ["50%", "12.5%", "62345", "30%"]
    assert item.points_hundredths == 200


@pytest.mark.parametrize(
    ("cell", "text", "oddity"),
    [
        (1.0, "1", None),
        (-2.5, "-2.5", None),
        (0.1 + 0.2, "0.3", None),
        (999999999999999.0, "999999999999999", None),
        (1.2e17, "1.2e+17", Oddity.ROUNDED),
        (-1e15, "-1e+15", Oddity.ROUNDED),
        (True, "TRUE", None),
        (None, "", None),
        (["2024-01-02"], "2024-01-02", Oddity.DATE),
        (float("nan"), "nan", Oddity.ERROR),
        ("=DISPIMG(1)", "=DISPIMG(1)", Oddity.IMAGE),
    ],
)
def test_a_cell_as_text(cell: object, text: str, oddity: Oddity | None) -> None:
    assert text_of(cell) == (text, oddity)  # type: ignore[arg-type]


def test_truth_as_a_logical_cell() -> None:
    data = workbook_of(
        ("甲", [HEADER, ("判断", "一周有七天。", "", "", "", "", True), ("判断", "一年有两季。", *[""] * 4, False)])
    )
    assert [set(read.item.key) for read in read_bank(data, "x.xlsx").items] == [{"t"}, {"f"}]


def test_an_identity_number_that_was_rounded_is_an_error() -> None:
    data = workbook_of(("甲", [HEADER, (*ROW[:3], 450106199001011234, *ROW[4:])]))
    assert found(data) == [("error", "number_rounded", "工作表“甲” 第 2 行 D 列")]


def test_an_option_that_became_a_date_is_a_warning() -> None:
    data = workbook_of(("甲", [HEADER, (*ROW[:3], date(2024, 1, 2), datetime(2024, 1, 2, 3, 4), *ROW[5:])]))  # noqa: DTZ001
    assert found(data) == [
        ("warning", "date_converted", "工作表“甲” 第 2 行 D 列"),
        ("warning", "date_converted", "工作表“甲” 第 2 行 E 列"),
    ]
    assert read_bank(data, "x.xlsx").items[0].item.options[1].text == "2024-01-02"


def test_an_expiry_date_may_be_a_date() -> None:
    data = workbook_of(("甲", [HEADER, (*ROW, *[""] * 5, date(2026, 12, 31), 2014)]))
    item = the_item(read_bank(data, "x.xlsx"))
    assert (item.valid_until, item.years) == (date(2026, 12, 31), (2014,))
    assert found(data) == []


def test_formulas_errors_and_cell_pictures_have_findings() -> None:
    data = workbook_of(
        ("甲", [HEADER, (*ROW[:3], "=A1&B1", *ROW[4:]), ("单选", "另一题？", "甲", "#N/A", "", "", "A")])
    )
    assert found(data)[0] == ("error", "formula_without_result", "工作表“甲” 第 2 行 D 列")
    assert ("error", "error_value", "工作表“甲” 第 3 行 D 列") in found(data)

    stored = with_result(workbook_of(("甲", [HEADER, (*ROW[:3], "=6*7", *ROW[4:])])), "D2", "42")
    assert found(stored) == [("warning", "formula", "工作表“甲” 第 2 行 D 列")]
    assert read_bank(stored, "x.xlsx").items[0].item.options[1].text == "42"
    formula = '=_xlfn.DISPIMG("ID_1",1)'
    picture = with_result(workbook_of(("甲", [HEADER, (*ROW[:3], formula, *ROW[4:])])), "D2", "=DISPIMG(1)")
    assert ("error", "image_not_taken", "工作表“甲” 第 2 行 D 列") in found(picture)


def test_a_formula_in_a_column_of_numbers_is_nobodys_business() -> None:
    data = workbook_of(("甲", [("序号", *HEADER), ("=ROW()-1", *ROW)]))
    assert found(data) == []


def test_text_that_begins_like_a_formula_is_text() -> None:
    def as_text(sheet: Worksheet) -> None:
        sheet["C2"].value = "=SUM(A1:A3)"
        sheet["C2"].data_type = "s"

    data = workbook_of(("甲", [HEADER, ROW]), touch=as_text)
    assert the_item(read_bank(data, "x.xlsx")).options[0].text == "=SUM(A1:A3)"
    assert found(data) == []


def test_hidden_rows_and_sheets_are_read_and_named() -> None:
    def hide(sheet: Worksheet) -> None:
        for row in (3, 4, 6):
            sheet.row_dimensions[row].hidden = True

    rows = [("单选", f"题{n}？", "甲", "乙", "", "", "A") for n in range(1, 7)]
    data = workbook_of(("甲", [HEADER, *rows]), touch=hide)
    reading = read_bank(data, "x.xlsx")
    assert reading.importable == 6
    assert [(finding.code, finding.where) for finding in reading.findings] == [("hidden_rows", "工作表“甲” 第 3 行")]
    assert "第 3–4 行、第 6 行" in reading.findings[0].message

    def hide_sheet(sheet: Worksheet) -> None:
        sheet.sheet_state = "hidden"

    hidden = workbook_of(("甲", [HEADER, *rows]), ("乙", [("备注",)]), touch=hide_sheet)
    assert ("warning", "hidden_sheet", "工作表“甲”") in found(hidden)


def test_a_type_merged_over_rows_holds_for_each_of_them() -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("A2:A4")

    rows = [
        ("多选", "题一？", "甲", "乙", "", "", "AB"),
        ("", "题二？", "甲", "乙", "丙", "", "AB"),
        ("", "题三？", "甲", "乙", "", "", "A"),
    ]
    reading = read_bank(workbook_of(("甲", [HEADER, *rows]), touch=merge), "x.xlsx")
    assert [read.item.kind for read in reading.items] == [Kind.MULTIPLE_CHOICE] * 3
    assert ("info", "merged_cells") in [(finding.severity, finding.code) for finding in reading.findings]


def test_merged_answers_are_a_warning() -> None:
    def merge(sheet: Worksheet) -> None:
        sheet.merge_cells("G2:G3")

    rows = [("单选", "题一？", "甲", "乙", "", "", "A"), ("单选", "题二？", "甲", "乙", "丙", "", "")]
    data = workbook_of(("甲", [HEADER, *rows]), touch=merge)
    assert ("warning", "merged_cells", "工作表“甲” 第 2 行 G 列") in found(data)
    assert ("error", "key_missing", "工作表“甲” 第 3 行 G 列") in found(data)


def test_a_picture_beside_a_question_is_named() -> None:
    drawing = (
        b'<d:wsDr xmlns:d="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"><d:twoCellAnchor>'
        b"<d:from><d:col>2</d:col><d:colOff>0</d:colOff><d:row>2</d:row><d:rowOff>0</d:rowOff></d:from>"
        b"<d:to><d:col>9</d:col><d:row>9</d:row></d:to><d:pic/></d:twoCellAnchor></d:wsDr>"
    )
    links = (
        b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/drawing"'
        b' Target="../drawings/drawing1.xml"/></Relationships>'
    )
    added = {"xl/drawings/drawing1.xml": drawing, "xl/worksheets/_rels/sheet1.xml.rels": links}
    data = repacked(workbook_of(("甲", [HEADER, ROW, TRUE_FALSE])), lambda _, content: content, **added)
    assert found(data) == [("warning", "image_not_taken", "工作表“甲” 第 3 行 C 列")]


def test_macros_are_ignored_and_it_is_said() -> None:
    data = repacked(
        workbook_of(("甲", [HEADER, ROW])), lambda _, content: content, **{"xl/vbaProject.bin": b"\xd0\xcf"}
    )
    assert found(data) == [("info", "macros_ignored", "文件")]
    assert read_bank(data, "x.xlsm").importable == 1


def test_an_old_workbook_is_read_like_a_new_one() -> None:
    rows = [
        HEADER,
        ROW,
        ("单选", "1.5 的两倍是？", 2.0, 3.0, 12.5, "", "B"),
        ("单选", "坏题？", "甲", "乙", "", "", "F"),
    ]
    reading = read_bank(xls_of("总表", rows), "题库.xls")
    assert (reading.encoding, reading.total, reading.importable) == ("binary (OLE2)", 3, 2)
    assert [option.text for option in reading.items[1].item.options] == ["2", "3", "12.5"]
    assert [finding.where for finding in reading.findings] == ["工作表“总表” 第 4 行 G 列"]
    assert read_bank(xls_of("总表", rows), "题库.xlsx").importable == 2


def test_an_old_workbook_with_a_password_asks_for_it() -> None:
    assert codes(read_bank(xls_of("总表", [HEADER, ROW], locked=True), "题库.xls")) == ["password_protected"]


def test_an_old_workbook_with_a_cell_far_out_is_bounded() -> None:
    rows: list[list[str | float]] = [["题干", "答案"], *[[] for _ in range(65_533)], [*[""] * 255, 1.0]]
    assert read_bank(xls_of("总表", rows), "题库.xls").importable == 0
