"""The canonical workbook as an author opens it."""

import io
from datetime import datetime

from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from examengine.banks.checks import check_item
from examengine.banks.readers import read_bank
from examengine.banks.samples import SAMPLE_ITEMS
from examengine.banks.writers.workbook import GUIDE, SHEET, write_template, write_workbook
from tests.banks.builders import a_single_choice

HEADER = [
    *("题型*", "题干*", "选项A", "选项B", "选项C", "选项D", "选项E", "选项F", "选项G", "选项H"),
    *("正确答案*", "分值", "难度", "知识点", "解析", "依据", "有效期", "适用年度", "外部编号"),
]


def opened(data: bytes) -> Worksheet:
    sheet = load_workbook(io.BytesIO(data))[SHEET]
    assert isinstance(sheet, Worksheet)
    return sheet


def test_the_template_has_the_canonical_columns_and_six_examples() -> None:
    sheet = opened(write_template())
    assert [cell.value for cell in sheet[1]] == HEADER
    assert sheet.max_row == 7
    assert sheet.freeze_panes == "A2"


def test_cells_are_text_and_so_are_those_still_empty() -> None:
    sheet = opened(write_template())
    assert {cell.number_format for row in sheet.iter_rows(max_row=7) for cell in row if cell.value} == {"@"}
    assert {sheet.column_dimensions[letter].number_format for letter in "ABGKLS"} == {"@"}


def test_type_and_difficulty_have_drop_downs() -> None:
    lists = {
        str(choice.sqref): choice.formula1 for choice in opened(write_template()).data_validations.dataValidation
    }
    assert lists == {"A2:A20000": '"单选,多选,判断,填空,数值,匹配,多空填空,问答"', "M2:M20000": '"易,中,难"'}


def test_the_second_sheet_explains_every_column() -> None:
    guide = load_workbook(io.BytesIO(write_template()))[GUIDE]
    text = "\n".join(str(cell.value) for row in guide.iter_rows() for cell in row if cell.value)
    for name in HEADER:
        assert name.strip("*")[:2] in text


def test_the_examples_are_good_items_and_are_skipped() -> None:
    assert [problem for item in SAMPLE_ITEMS for problem in check_item(item)] == []
    reading = read_bank(write_template(), "模板.xlsx")
    assert reading.items == ()
    assert [finding.code for finding in reading.findings if finding.severity == "info"] == ["sample_row"]


def test_an_example_that_became_a_question_is_taken() -> None:
    sheet_data = write_template()
    book = load_workbook(io.BytesIO(sheet_data))
    book[SHEET]["B2"] = "一天有几个小时？"
    packed = io.BytesIO()
    book.save(packed)
    reading = read_bank(packed.getvalue(), "模板.xlsx")
    assert [read.item.stem for read in reading.items] == ["一天有几个小时？"]


def test_commands_in_cells_are_text_with_the_prefix_that_keeps_them_so() -> None:
    sheet = opened(write_workbook([a_single_choice("=cmd|'/c calc'!A1", ("+1", "-1", "@SUM(A1)"), "a")]))
    for name in ("B2", "C2", "D2", "E2"):
        assert sheet[name].data_type == "s"
        assert sheet[name].quotePrefix
    assert sheet["B2"].value == "=cmd|'/c calc'!A1"


def test_more_options_than_eight_get_columns_of_their_own() -> None:
    sheet = opened(write_workbook([a_single_choice(texts=[f"第{n}项" for n in range(10)], key="j")]))
    assert [cell.value for cell in sheet[1]][10:13] == ["选项I", "选项J", "正确答案*"]


def test_the_document_carries_no_time_of_its_own() -> None:
    properties = load_workbook(io.BytesIO(write_template())).properties
    assert {properties.created, properties.modified} == {datetime(2000, 1, 1)}  # noqa: DTZ001
