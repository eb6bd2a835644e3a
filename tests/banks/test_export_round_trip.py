"""Every format: what is written is read back as the identical items, of every kind, with pictures and formulas."""

import zipfile
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings

from examengine.banks.item import Item, Kind
from examengine.banks.readers import BankReading, read_bank
from examengine.banks.readers.foreign import read_foreign
from examengine.banks.readers.formats import format_of
from examengine.banks.responses import (
    AcceptedText,
    EssayExpected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
)
from examengine.banks.writers import ExportFormat, Written, write_bank
from tests.banks.builders import a_single_choice, a_true_false
from tests.banks.item_strategies import MEDIA, banks

FOREIGN = (ExportFormat.MOODLE_XML, ExportFormat.GIFT, ExportFormat.QTI3)
ANYTHING_GOES = list(HealthCheck)
PICTURE = next(iter(MEDIA))
EVERY_KIND = (
    replace(
        a_single_choice(),
        markup=f'<p>首都是哪座城市？<img src="media:{PICTURE}" alt="图"></p>',
        stem="首都是哪座城市？[图：图]",
    ),
    a_single_choice("判断的选项也可以是单选题？", ("正确", "错误"), "a"),
    replace(a_single_choice("哪些是偶数？", ("1", "2", "4"), "b"), kind=Kind.MULTIPLE_CHOICE, key=frozenset("bc")),
    replace(
        a_true_false(),
        explanation="一周七天。",
        points_hundredths=150,
        difficulty="易",
        source="《历法》",
        years=(2024,),
    ),
    Item(
        Kind.SHORT_ANSWER,
        "水的化学式",
        (),
        frozenset(),
        expected=TextExpected((AcceptedText("H2O"), AcceptedText("水", 50)), case_counts=True),
    ),
    Item(Kind.NUMERIC, "圆周率", (), frozenset(), expected=NumberExpected((NumberRange("3.1", "3.2"),), "弧度")),
    Item(Kind.MATCHING, "配对", (), frozenset(), expected=PairsExpected((Pair("甲", "1"), Pair("乙", "2")), ("3",))),
    Item(
        Kind.CLOZE,
        "甲 {1} 乙 {2}",
        (),
        frozenset(),
        expected=GapsExpected(
            (Gap("{1}", TextExpected((AcceptedText("一"),))), Gap("{2}", NumberExpected((NumberRange("1", "2"),)), 2))
        ),
    ),
    Item(Kind.ESSAY, "谈谈体会。", (), frozenset(), expected=EssayExpected("要点一\n\n要点二")),
)


def read_back(written: Written, form: ExportFormat) -> BankReading:
    if form is ExportFormat.WORKBOOK:
        return read_bank(written.content, "题库.xlsx")
    return read_foreign(written.content, format_of(written.content, f"x.{written.ending}"))


def without_what_is_left_out(bank: Sequence[Item], written: Written) -> list[Item]:
    out = {one.number for one in written.left_out}
    return [item for number, item in enumerate(bank, start=1) if number not in out]


def agrees(bank: Sequence[Item], form: ExportFormat) -> None:
    written = write_bank(bank, MEDIA, form)
    assert write_bank(bank, MEDIA, form) == written
    kept = without_what_is_left_out(bank, written)
    if not kept:
        return
    reading = read_back(written, form)
    assert [read.item for read in reading.items] == kept
    assert [finding for finding in reading.findings if finding.severity != "info"] == []
    assert all(MEDIA[media.name] == media.data for media in reading.media)


@pytest.mark.parametrize("form", FOREIGN)
@settings(max_examples=12, deadline=None, suppress_health_check=ANYTHING_GOES)
@given(bank=banks())
def test_whatever_is_written_is_read_back_as_the_identical_items(form: ExportFormat, bank: list[Item]) -> None:
    agrees(bank, form)


def test_a_right_side_that_begins_like_a_tag_survives() -> None:
    pairs = PairsExpected((Pair("=1+1", "<A"), Pair("+7", "=1+1")))
    bank = [Item(Kind.MATCHING, "请配对。", (), frozenset(), expected=pairs)]
    for form in ExportFormat:
        agrees(bank, form)


@settings(max_examples=6, deadline=None, suppress_health_check=ANYTHING_GOES)
@given(bank=banks())
def test_a_workbook_is_read_back_as_the_identical_items(bank: list[Item]) -> None:
    agrees(bank, ExportFormat.WORKBOOK)


@pytest.mark.parametrize("form", ExportFormat)
def test_every_kind_and_a_picture_survive(form: ExportFormat) -> None:
    agrees(EVERY_KIND, form)
    reading = read_back(write_bank(EVERY_KIND, MEDIA, form), form)
    assert [media.name for media in reading.media] == [PICTURE]
    left_out = write_bank(EVERY_KIND, MEDIA, form).left_out
    assert [one.number for one in left_out] == ([8] if form is ExportFormat.GIFT else [])


@pytest.mark.parametrize("form", ExportFormat)
def test_a_picture_that_is_not_at_hand_is_reported(form: ExportFormat) -> None:
    (said,) = write_bank(EVERY_KIND[:1], {}, form).left_out
    assert said.number == 1
    assert "图片" in said.what


def test_a_kind_that_no_format_has_is_left_out_and_said_so() -> None:
    strange = Item(Kind.OTHER, "把这些排好", (), frozenset())
    for form in ExportFormat:
        assert [one.number for one in write_bank([a_true_false(), strange], {}, form).left_out] == [2]


def test_words_changed_in_the_workbook_win_and_pictures_keep_their_places() -> None:
    written = write_bank(EVERY_KIND[:1], MEDIA, ExportFormat.WORKBOOK)
    changed = _with_cell(written.content, "首都是哪座城市？[图：图]", "我国首都是哪座城市？[图：图]")
    reading = read_bank(changed, "题库.xlsx")
    item = reading.items[0].item
    assert item.stem == "我国首都是哪座城市？[图：图]"
    assert f'src="media:{PICTURE}"' in item.markup
    assert [finding.code for finding in reading.findings] == ["markup_dropped"]


def test_a_key_changed_in_the_workbook_wins_over_its_settings() -> None:
    written = write_bank(EVERY_KIND[4:5], {}, ExportFormat.WORKBOOK)
    changed = _with_cell(written.content, "H2O | 水", "H2O")
    assert read_bank(changed, "题库.xlsx").items[0].item.expected == TextExpected((AcceptedText("H2O"),))


def _with_cell(workbook: bytes, before: str, after: str) -> bytes:
    """The workbook with one text changed, as its author would."""
    packed = BytesIO()
    with zipfile.ZipFile(BytesIO(workbook)) as source, zipfile.ZipFile(packed, "w") as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == "xl/worksheets/sheet1.xml":
                written, wanted = (f">{text}<".encode("ascii", "xmlcharrefreplace") for text in (before, after))
                assert written in content
                content = content.replace(written, wanted)
            target.writestr(info.filename, content)
    return packed.getvalue()
