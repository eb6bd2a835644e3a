import json
from pathlib import Path

import pytest

from examengine.banks.report import check_file
from tests.banks.builders import HEADER, csv_of

KINDS = [
    "single_choice",
    "multiple_choice",
    "true_false",
    "short_answer",
    "numeric",
    "matching",
    "cloze",
    "essay",
    "other",
]


def test_the_report_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "题库.csv"
    rows = [
        ("单选", "题一？", "甲", "乙", "", "", "A"),
        ("排序题", "题二？", "", "", "", "", "要点"),
        ("单选", "题三？", "甲", "乙", "", "", "E"),
    ]
    path.write_bytes(csv_of(HEADER, *rows, encoding="gb18030"))
    report = check_file(path)
    assert list(report) == ["file", "format", "encoding", "total", "by_type", "importable", "findings"]
    assert list(report["by_type"]) == KINDS
    assert report["by_type"] | {"single_choice": 2, "other": 1} == report["by_type"]
    assert (report["file"], report["format"], report["encoding"]) == ("题库.csv", "sheet", "gb18030")
    assert (report["total"], report["importable"]) == (3, 1)
    assert report["findings"] == [
        {
            "severity": "error",
            "code": "not_deliverable_yet",
            "where": "第 3 行 B 列",
            "message": "题型“排序题”不能用于考试，没有导入",
        },
        {
            "severity": "error",
            "code": "key_without_option",
            "where": "第 4 行 G 列",
            "message": "答案“E”中的 E 没有对应的选项",
        },
    ]
    assert json.loads(json.dumps(report)) == report


def test_an_encoding_can_be_given(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(csv_of(HEADER, ("单选", "题一？", "甲", "乙", "", "", "A"), encoding="gb18030"))
    assert check_file(str(path), "gbk")["importable"] == 1
    assert check_file(path, "utf-8")["importable"] == 0


def test_a_broken_file_has_a_report_too(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(b"PK\x03\x04")
    report = check_file(path)
    assert (report["total"], report["importable"]) == (0, 0)
    assert [finding["code"] for finding in report["findings"]] == ["file_truncated"]


def test_a_file_that_is_not_there_is_the_callers_affair(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        check_file(tmp_path / "none.xlsx")
