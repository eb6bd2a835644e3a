"""``examengine bank import``: the same assessment as the page's, against the bank as it stands."""

from pathlib import Path

from typer.testing import CliRunner, Result

from examengine.cli import app

HEADER = "题型,题干,选项A,选项B,选项C,正确答案,外部编号\n"
GOOD = "单选,我国的首都是哪一座城市？,北京,上海,广州,A,N1\n"
BAD = "单选,水的化学式是什么？,H2O,CO2,,E,N2\n"


def imported(folder: Path, rows: str, *options: str) -> Result:
    file = folder / "题库.csv"
    file.write_text(HEADER + rows)
    return CliRunner().invoke(app, ["bank", "import", str(file), "--bank", "甲", "--data", str(folder), *options])


def test_a_file_is_imported_once_and_held_against_the_bank(tmp_path: Path) -> None:
    refused = imported(tmp_path, GOOD + BAD, "--all-or-nothing")
    assert refused.exit_code == 1
    assert "没有导入" in refused.output
    first = imported(tmp_path, GOOD + BAD)
    assert "新增 1，更新 0，未变 0" in first.output
    assert "第 3 行" in first.output
    assert "新增 0，更新 0，未变 1" in imported(tmp_path, GOOD).output
    other_key = imported(tmp_path, GOOD.replace(",A,N1", ",B,"))
    assert other_key.exit_code == 1
    assert "题干相同而答案不同" in other_key.output
    assert imported(tmp_path, GOOD.replace("广州", "深圳"), "--duplicates", "skip").exit_code == 1
    assert "更新 1" in imported(tmp_path, GOOD.replace("广州", "深圳")).output
    assert imported(tmp_path, BAD).exit_code == 1
    assert imported(tmp_path, GOOD, "--duplicates", "perhaps").exit_code != 0
