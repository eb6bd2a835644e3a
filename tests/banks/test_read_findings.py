"""Each finding at its sheet, row and column."""

import pytest

from examengine.banks.findings import MOST_OF_ONE_CODE, Findings, column_letters, place
from examengine.banks.item import Kind
from examengine.banks.readers import read_bank
from examengine.banks.wording import STEM_LIMIT
from examengine.banks.writers.workbook import write_template
from tests.banks.builders import HEADER, codes, csv_of, read_question, read_rows

NO_OPTIONS = {"选项A": "", "选项B": "", "选项C": "", "选项D": ""}


@pytest.mark.parametrize(
    ("cells", "severity", "code", "column"),
    [
        ({"正确答案": "E"}, "error", "key_without_option", "G"),
        ({"题型": "多选", "正确答案": "AE"}, "error", "key_without_option", "G"),
        ({"正确答案": "5"}, "error", "key_without_option", "G"),
        ({"正确答案": "AB"}, "error", "key_one_expected", "G"),
        ({"题型": "多选", "正确答案": "A"}, "warning", "key_single_letter", "G"),
        ({"正确答案": ""}, "error", "key_missing", "G"),
        ({"正确答案": "略"}, "error", "key_missing", "G"),
        ({"正确答案": "A-C"}, "error", "key_unreadable", "G"),
        ({"正确答案": "南宁"}, "error", "key_unreadable", "G"),
        ({"题型": "判断", **NO_OPTIONS, "正确答案": "也许"}, "error", "key_unreadable", "G"),
        ({"题型": "判断", **NO_OPTIONS, "正确答案": ""}, "error", "key_missing", "G"),
        ({"题型": "判断", "正确答案": "A"}, "error", "true_false_options", "C"),
        ({"选项C": "北京"}, "error", "options_duplicate", "E"),
        ({"选项C": ""}, "warning", "option_gap", "F"),
        ({**NO_OPTIONS, "选项A": "甲", "正确答案": "A"}, "error", "options_too_few", "C"),
        ({"题干": "题" * (STEM_LIMIT + 1)}, "error", "stem_too_long", "B"),
        ({"题干": ""}, "error", "stem_missing", "B"),
        ({"选项B": "1.2E+17"}, "warning", "number_rounded", "D"),
        ({"题干": "#REF!"}, "error", "error_value", "B"),
        ({"题干": '看<img src="a.png">图'}, "warning", "image_not_taken", "B"),
        ({"分值": "两分"}, "warning", "points_unreadable", "H"),
        ({"有效期": "明年"}, "error", "valid_until_unreadable", "M"),
        ({"适用年度": "去年"}, "error", "years_unreadable", "N"),
        ({"题型": "排序题", **NO_OPTIONS, "正确答案": "要点"}, "error", "not_deliverable_yet", "B"),
    ],
)
def test_a_finding_stands_at_its_cell(cells: dict[str, str], severity: str, code: str, column: str) -> None:
    reading = read_question(**cells)
    found = [(f.severity, f.code, f.where) for f in reading.findings if f.severity != "info"]
    assert (severity, code, f"第 2 行 {column} 列") in found
    assert reading.importable == int(not any(severity == "error" for severity, _, _ in found))
    assert all(finding.message for finding in reading.findings)


def test_a_key_is_read_by_the_letter_of_its_column_where_options_have_a_gap() -> None:
    item = read_question(选项C="", 正确答案="D").items[0].item
    assert [(option.id, option.text) for option in item.options] == [("a", "上海"), ("b", "北京"), ("c", "深圳")]
    assert item.key == {"c"}


def test_a_bad_row_stays_out_and_a_good_part_is_taken() -> None:
    reading = read_rows(
        HEADER, ("单选", "好题？", "甲", "乙", "", "", "A"), ("单选", "坏题？", "甲", "乙", "", "", "F")
    )
    assert (reading.total, reading.importable) == (2, 1)
    assert codes(reading) == ["key_without_option"]


def test_a_row_of_nothing_but_a_stem_is_no_question() -> None:
    reading = read_rows(HEADER, ("单选", "好题？", "甲", "乙", "", "", "A"), ("", "注：以上题目仅供参考"))
    assert (reading.total, codes(reading)) == (1, ["not_a_question"])
    assert reading.findings[0].where == "第 3 行"


def test_a_row_with_options_and_no_key_column_is_counted_and_is_an_error() -> None:
    reading = read_rows(("题干", "选项A", "选项B"), ("第一题", "甲", "乙"), ("第二题", "甲", "乙"))
    assert (reading.by_type[Kind.SINGLE_CHOICE], reading.importable) == (2, 0)
    assert codes(reading) == ["key_missing", "key_missing"]


def test_the_same_question_twice_is_imported_once_and_counted_twice() -> None:
    row = ("单选", "首都（ ）", "上海", "北京", "", "", "B")
    again = ("单选", "首都(  )。", "北京", "上海", "", "", "A")
    reading = read_rows(HEADER, row, again)
    assert (reading.total, reading.importable, codes(reading)) == (2, 1, ["duplicate"])
    assert (reading.findings[0].severity, reading.findings[0].where) == ("warning", "第 3 行")
    assert "只导入一次" in reading.findings[0].message


def test_the_same_question_with_another_key_stays_out_at_both_places() -> None:
    row = ("单选", "首都", "上海", "北京", "", "")
    reading = read_rows(HEADER, (*row, "B"), ("单选", "别的？", "甲", "乙", "", "", "A"), (*row, "A"))
    assert (reading.total, reading.importable) == (3, 1)
    assert [(f.severity, f.code, f.where) for f in reading.findings] == [
        ("error", "contradiction", "第 4 行"),
        ("error", "contradiction", "第 2 行"),
    ]


def test_a_common_stem_with_other_options_is_another_question() -> None:
    stem = "下列说法正确的是"
    reading = read_rows(HEADER, ("单选", stem, "甲", "乙", "", "", "A"), ("单选", stem, "丙", "丁", "", "", "A"))
    assert (reading.importable, codes(reading, "warning")) == (2, ["same_stem"])


def test_an_external_number_names_one_question() -> None:
    def row(stem: str) -> list[str]:
        return ["单选", stem, "甲", "乙", "", "", "A", *[""] * 7, "N-1"]

    reading = read_rows(HEADER, row("第一题"), row("第二题"))
    assert (reading.importable, codes(reading)) == (1, ["duplicate_external_no"])


def test_columns_that_mean_nothing_here_are_named() -> None:
    reading = read_rows((*HEADER, "备注", "出题人"), ("单选", "题？", "甲", "乙", "", "", "A"))
    assert codes(reading) == ["column_ignored"]
    assert "备注、出题人" in reading.findings[0].message


def test_letters_in_an_explanation_are_one_info_for_all_rows() -> None:
    rows = [("单选", f"第{n}题？", "甲", "乙", "", "", "A", "", "", "", "故选A") for n in range(12)]
    reading = read_rows(HEADER, *rows)
    assert [(f.severity, f.code) for f in reading.findings] == [("info", "explanation_names_letters")]
    assert "共 12 处：第 2、3、4、5、6、7、8、9 等 行" in reading.findings[0].message


@pytest.mark.parametrize(
    "data",
    [
        csv_of(("城市", "人口"), ("北京", "2000 万")),
        csv_of(("甲",), ("乙",)),
        "一段话，不是表格。\n又一段话。".encode(),
    ],
)
def test_text_that_is_no_bank_is_told_what_is_missing(data: bytes) -> None:
    reading = read_bank(data, "x.csv")
    assert (reading.total, codes(reading, "error"), reading.format) == (0, ["header_missing"], "unknown")


def test_what_a_file_holds_counts_not_what_its_name_ends_in() -> None:
    assert read_bank(b'[{"question": "x"}]', "x.csv").format == "json"
    gift = read_bank(b"::GIFT:: What? {=a ~b}\n", "x.csv")
    assert (gift.format, gift.total) == ("gift", 1)


def test_a_header_without_questions_is_an_error() -> None:
    assert codes(read_rows(HEADER)) == ["no_questions"]
    template = read_bank(write_template(), "模板.xlsx")
    assert codes(template) == ["no_questions", "sample_row"]
    assert template.total == 0


def test_findings_of_one_code_are_bounded_and_the_rest_counted() -> None:
    findings = Findings()
    for row in range(MOST_OF_ONE_CODE + 5):
        findings.add("error", "x", place("", row), "坏")
    listed = findings.result()
    assert len(listed) == MOST_OF_ONE_CODE + 1
    assert listed[-1].message == "同类问题另有 5 处，未逐一列出"


def test_places_are_named_as_the_spreadsheet_names_them() -> None:
    assert [column_letters(index) for index in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert place("总表", 12, 2) == "工作表“总表” 第 12 行 C 列"
    assert place("总表") == "工作表“总表”"
    assert place("") == "文件"
