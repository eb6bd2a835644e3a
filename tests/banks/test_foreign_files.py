"""Files that other people wrote, where a path to them is given.

``EXAMENGINE_FOREIGN_BANKS`` names a folder with ``index.jsonl`` and ``files/``. A line of the index is
``{"file", "format", "expected": {"total", "by_type"}, "acceptable_total": [least, most]}``; lines of formats
that have no reader are passed over. Without the variable nothing foreign is checked: the tests below then prove the
runner on files made here.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examengine.banks.readers import FORMATS
from examengine.banks.report import check_file
from tests.banks.builders import HEADER, csv_of, workbook_of


def records(folder: Path) -> Iterator[dict[str, Any]]:
    for line in (folder / "index.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        if record["format"] in FORMATS:
            yield record


def disagreement(folder: Path, record: dict[str, Any]) -> str:
    """What a file's report says otherwise than the index; "" where they agree."""
    report = check_file(folder / "files" / record["file"])
    least, most = record["acceptable_total"]
    if not least <= report["total"] <= most:
        return f"total {report['total']}, expected {least} to {most}"
    if report["total"] == record["expected"]["total"] and report["by_type"] != record["expected"]["by_type"]:
        return f"kinds {report['by_type']}, expected {record['expected']['by_type']}"
    return ""


def given() -> list[Any]:
    named = os.environ.get("EXAMENGINE_FOREIGN_BANKS")
    if not named:
        return []
    folder = Path(named)
    return [pytest.param(folder, record, id=record["file"][:12]) for record in records(folder)]


GIVEN = given()

if GIVEN:

    @pytest.mark.parametrize(("folder", "record"), GIVEN)
    def test_a_foreign_file_agrees_with_its_index(folder: Path, record: dict[str, Any]) -> None:
        assert disagreement(folder, record) == ""


def by_type(**counts: int) -> dict[str, int]:
    kinds = "single_choice multiple_choice true_false short_answer numeric matching cloze essay other"
    return {kind: counts.get(kind, 0) for kind in kinds.split()}


def a_folder(root: Path) -> Path:
    (root / "files").mkdir()
    rows = [("单选", "题一？", "甲", "乙", "", "", "A"), ("判断", "题二。", "", "", "", "", "对")]
    (root / "files" / "a.csv").write_bytes(csv_of(HEADER, *rows, encoding="gb18030"))
    (root / "files" / "b.xlsx").write_bytes(workbook_of(("总表", [HEADER, *rows])))
    index = [
        {"file": name, "format": form, "expected": {"total": 2, "by_type": counts}, "acceptable_total": [2, 2]}
        for name, form, counts in (
            ("a.csv", "sheet", by_type(single_choice=1, true_false=1)),
            ("b.xlsx", "sheet", by_type(single_choice=2)),
            ("missing.xml", "no_such_format", by_type()),
        )
    ]
    index.append({**index[0], "acceptable_total": [3, 4]})
    (root / "index.jsonl").write_text("\n".join(json.dumps(line) for line in index), "utf-8")
    return root


def test_the_runner_agrees_where_a_file_does_and_says_where_it_does_not(tmp_path: Path) -> None:
    folder = a_folder(tmp_path)
    told = [disagreement(folder, record) for record in records(folder)]
    assert told[0] == ""
    assert told[1].startswith("kinds")
    assert told[2] == "total 2, expected 3 to 4"
    assert len(told) == 3


def test_files_are_collected_only_where_a_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXAMENGINE_FOREIGN_BANKS", raising=False)
    assert given() == []
    monkeypatch.setenv("EXAMENGINE_FOREIGN_BANKS", str(a_folder(tmp_path)))
    assert len(given()) == 3
