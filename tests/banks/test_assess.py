"""A file held against itself, against a bank, and with its author's fixes."""

import io
from dataclasses import replace

import msgspec
import openpyxl
import pytest

from examengine.banks import similar
from examengine.banks.assess import Assessment, KnownBank, KnownItem, Outcome, assess, digest_of, number_of
from examengine.banks.cells.opening import open_grid
from examengine.banks.fixing import Fix
from examengine.banks.item import Item
from examengine.banks.readers import BankReading, read_bank
from examengine.banks.readers.columns import IGNORED, SheetChoice
from examengine.banks.report import report_of
from examengine.banks.writers.annotated import RESULT, write_annotated
from examengine.banks.writers.workbook import write_workbook
from examengine.banks.written import Written
from tests.world import items

HEADER = "题型,题干,选项A,选项B,选项C,正确答案,外部编号\n"
GOOD = "单选,我国的首都是哪一座城市？,北京,上海,广州,A,N1\n"
BAD = "单选,水的化学式是什么？,H2O,CO2,,E,N2\n"
GIFT = "::q1::地球是圆的{T}\n\n::q2::水的化学式是{=H2O ~CO2}\n\n::q3::没有答案的题{~甲 ~乙}\n"


def read(rows: str) -> BankReading:
    return read_bank((HEADER + rows).encode(), "题库.csv")


def codes(found: Assessment, index: int) -> set[str]:
    return {finding.code for finding in found.questions[index].findings}


def a_bank(*kept: Item, retired: int | None = None) -> KnownBank:
    return KnownBank(
        [
            KnownItem(n, number_of(item), digest_of(item), item, is_retired=n == retired)
            for n, item in enumerate(kept, 1)
        ]
    )


def changed(written: Written | None, **changes: str) -> Written:
    assert written is not None
    return msgspec.structs.replace(written, **changes)


def the_item(row: str) -> Item:
    return read(row).items[0].item


def test_without_a_bank_everything_importable_is_new() -> None:
    found = assess(read(GOOD + BAD))
    assert [one.outcome for one in found.questions] == [Outcome.NEW, Outcome.OUT]
    assert found.reading.importable == 1
    assert found.questions[1].written.key == "E"
    assert codes(found, 1) == {"key_without_option"}


def test_a_fix_goes_through_the_same_checks_and_replaces_what_was_said() -> None:
    reading = read(GOOD + BAD)
    where = reading.questions[1].where
    written = reading.questions[1].written
    still = assess(reading, fixes={1: Fix(where, changed(written, key="F"))})
    assert still.questions[1].outcome is Outcome.OUT
    assert "“F”" in "".join(finding.message for finding in still.questions[1].findings)
    right = assess(reading, fixes={1: Fix(where, changed(written, key="A"))})
    assert right.questions[1].outcome is Outcome.NEW
    assert right.questions[1].is_fixed
    assert right.reading.importable == 2
    assert codes(right, 1) == set()
    assert report_of(right.reading, "x")["importable"] == 2


def test_a_fix_for_another_reading_of_the_file_is_not_taken() -> None:
    reading = read(GOOD + BAD)
    found = assess(reading, fixes={1: Fix("第 99 行", leave_out=True), 7: Fix("第 3 行", leave_out=True)})
    assert [one.outcome for one in found.questions] == [Outcome.NEW, Outcome.OUT]


def test_leaving_one_of_two_contradicting_questions_out_frees_the_other() -> None:
    reading = read(GOOD + GOOD.replace(",A,N1", ",B,N9"))
    assert [one.outcome for one in assess(reading).questions] == [Outcome.OUT, Outcome.OUT]
    left = assess(reading, fixes={1: Fix(reading.questions[1].where, leave_out=True)})
    assert [one.outcome for one in left.questions] == [Outcome.NEW, Outcome.LEFT_OUT]


def test_a_question_is_known_by_its_number_before_its_text() -> None:
    kept = the_item(GOOD)
    same = assess(read(GOOD), known=a_bank(kept)).questions[0]
    assert (same.outcome, same.target) == (Outcome.SAME, 1)
    other_text = assess(read(GOOD.replace("广州", "深圳")), known=a_bank(kept)).questions[0]
    assert (other_text.outcome, other_text.target) == (Outcome.CHANGED, 1)
    other_key = assess(read(GOOD.replace(",A,", ",B,")), known=a_bank(kept)).questions[0]
    assert (other_key.outcome, other_key.contradicts) == (Outcome.CHANGED, None)
    other_number = assess(read(GOOD.replace("N1", "M1")), known=a_bank(kept)).questions[0]
    assert (other_number.outcome, other_number.target) == (Outcome.DUPLICATE, 1)


def test_another_key_for_a_question_of_the_bank_is_an_error_until_it_is_said_to_be_a_correction() -> None:
    kept = the_item(GOOD)
    reading = read(GOOD.replace(",A,N1", ",B,"))
    found = assess(reading, known=a_bank(kept)).questions[0]
    assert (found.outcome, found.contradicts) == (Outcome.OUT, 1)
    assert "北京" in found.findings[-1].message
    fix = Fix(reading.questions[0].where, replaces=1)
    corrected = assess(reading, fixes={0: fix}, known=a_bank(kept)).questions[0]
    assert (corrected.outcome, corrected.target) == (Outcome.CHANGED, 1)


def test_a_retired_item_contradicts_nobody() -> None:
    found = assess(read(GOOD.replace(",A,N1", ",B,M1")), known=a_bank(the_item(GOOD), retired=1))
    assert found.questions[0].outcome is Outcome.NEW


def test_a_near_duplicate_in_the_bank_is_named() -> None:
    long = "单选,我国现行宪法规定的国家根本制度是下列各项中的哪一项制度？,社会主义制度,民主集中制,政党制度,A,{}\n"
    kept = the_item(long.format("K1"))
    found = assess(read(long.format("K2").replace("哪一项制度", "哪一种制度")), known=a_bank(kept))
    assert codes(found, 0) == {"near_duplicate"}
    assert "编号 K1" in found.questions[0].findings[0].message
    assert found.questions[0].outcome is Outcome.NEW


def test_a_question_of_another_format_is_put_right_without_losing_the_others() -> None:
    reading = read_bank(GIFT.encode(), "题.gift")
    assert [one.outcome for one in assess(reading).questions] == [Outcome.NEW, Outcome.NEW, Outcome.OUT]
    broken = reading.questions[2]
    found = assess(reading, fixes={2: Fix(broken.where, changed(broken.written, key="B"))})
    assert found.questions[2].outcome is Outcome.NEW
    item = found.questions[2].question.item
    assert item is not None
    assert [option.text for option in item.options if option.id in item.key] == ["乙"]


def test_an_untouched_stem_keeps_its_formatting() -> None:
    xml = (
        '<quiz><question type="multichoice"><name><text>a</text></name><questiontext format="html"><text>'
        "<![CDATA[哪一项<b>不</b>属于？]]></text></questiontext><single>true</single>"
        '<answer fraction="0"><text>甲</text></answer><answer fraction="0"><text>乙</text></answer></question></quiz>'
    )
    reading = read_bank(xml.encode(), "题.xml")
    [broken] = reading.questions
    assert broken.item is None
    fixed = Fix(broken.where, changed(broken.written, key="A"))
    item = assess(reading, fixes={0: fixed}).questions[0].question.item
    assert item is not None
    assert "<b>不</b>" in item.markup


def test_columns_are_what_the_author_says_they_are() -> None:
    rows = "甲,乙,丙,丁,戊\n单选,一年有几个月？,十二个月,十个月,A\n".encode()
    assert read_bank(rows, "题.csv").importable == 0
    said = {"A": "题型", "B": "题干", "C": "选项A", "D": "选项B", "E": "正确答案"}
    found = read_bank(rows, "题.csv", columns={"": SheetChoice(1, said)})
    assert (found.total, found.importable) == (1, 1)
    assert [column.meaning for column in found.columns[0].columns] == list(said.values())
    without = read_bank(rows, "题.csv", columns={"": SheetChoice(0, {**said, "A": IGNORED})})
    assert without.total == 2
    other = read_bank(rows, "题.csv", columns={"另一张": SheetChoice(1, said)})
    assert other.importable == 0


def test_the_annotated_workbook_marks_cells_and_says_the_same_again() -> None:
    reading = read_bank((HEADER + GOOD + BAD + "判断,=1+1,,,,对,N3\n").encode(), "题库.csv")
    fix = Fix(reading.questions[0].where, changed(reading.questions[0].written, topic=""))
    found = assess(reading, fixes={0: fix})
    packed = write_annotated(found, open_grid((HEADER + GOOD + BAD + "判断,=1+1,,,,对,N3\n").encode()).sheets)
    sheet = openpyxl.load_workbook(io.BytesIO(packed)).worksheets[0]
    assert sheet["F3"].fill.fgColor.rgb == "00F9D2CF"
    assert "E" in sheet["F3"].comment.text
    assert sheet["H1"].value == RESULT
    assert "不能导入" in str(sheet["H3"].value)
    assert "改正" in str(sheet["H2"].value)
    assert (sheet["B4"].value, sheet["B4"].data_type) == ("=1+1", "s")
    again = read_bank(packed, "标注.xlsx")
    assert (again.total, again.importable) == (reading.total, reading.importable)
    assert [q.item for q in again.questions] == [q.item for q in reading.questions]


def test_another_formats_annotated_workbook_has_the_canonical_columns() -> None:
    reading = read_bank(GIFT.encode(), "题.gift")
    sheet = openpyxl.load_workbook(io.BytesIO(write_annotated(assess(reading)))).worksheets[0]
    assert [sheet["A1"].value, sheet["B1"].value] == ["题型", "题干"]
    assert sheet["B4"].value == "没有答案的题"
    assert "错误" in str(sheet.cell(4, sheet.max_column).value)


def test_a_fix_that_changes_nothing_changes_nothing() -> None:
    """A question written as it was read gives the same item, through the form's words."""
    made = [replace(item, topic="网络安全" if n % 2 else "") for n, item in enumerate(items(4, 4, 4))]
    for reading in (read_bank(write_workbook(made), "题.xlsx"), read_bank(GIFT.encode(), "题.gift")):
        fixes = {index: Fix(one.where, one.written) for index, one in enumerate(reading.questions)}
        fixed = assess(reading, fixes=fixes)
        assert [one.question.item for one in fixed.questions] == [one.item for one in reading.questions]


def test_what_is_not_compared_is_said_once(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "\n".join(
        f"判断题,第{n}号：网络运营者应当制定网络安全事件应急预案并及时处置安全风险,正确" for n in range(300)
    )
    reading = read_bank(f"题型,题干,正确答案\n{rows}".encode(), "题.csv")
    assert "near_not_compared" not in {finding.code for finding in assess(reading).reading.findings}
    monkeypatch.setattr(similar, "MOST_STEPS", 30_000)
    found = assess(reading)
    [told] = [finding for finding in found.reading.findings if finding.code == "near_not_compared"]
    assert (told.severity, told.where) == ("warning", "文件")
    assert "本文件靠后的" in told.message
    assert told in found.remarks
    assert found.reading.importable == 300
