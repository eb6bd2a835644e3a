import base64

import pytest

from examengine.banks.item import Item, Kind
from examengine.banks.readers.reading import BankReading
from examengine.banks.responses import (
    AcceptedText,
    ChoiceExpected,
    EssayExpected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
)
from tests.banks.builders import codes, letters, the_item
from tests.banks.foreign_builders import PNG, answer, moodle, quiz, read

SINGLE = answer("0", "上海") + answer("100", "北京") + "<single>true</single>"


def xml(*questions: str) -> BankReading:
    return read(quiz(*questions), "moodle_xml")


def kept_out(*questions: str) -> Item:
    return the_item(xml(*questions))


def test_a_single_choice_with_all_that_belongs_to_it() -> None:
    more = "<defaultgrade>2.5</defaultgrade><idnumber>GX-1</idnumber>"
    more += "<generalfeedback><text>因为。</text></generalfeedback>"
    item = the_item(xml(moodle("multichoice", SINGLE + more, "首都是？")))
    assert (item.kind, item.stem, letters(item)) == (Kind.SINGLE_CHOICE, "首都是？", "B")
    assert (item.points_hundredths, item.external_no, item.explanation) == (250, "GX-1", "因为。")


def test_several_weighted_answers_are_a_multiple_choice() -> None:
    answers = answer("50", "2") + answer("-100", "3") + answer("50", "4")
    item = the_item(xml(moodle("multichoice", answers + "<single>false</single>")))
    assert (item.kind, letters(item)) == (Kind.MULTIPLE_CHOICE, "AC")


def test_options_stay_where_the_author_does_not_shuffle() -> None:
    item = the_item(xml(moodle("multichoice", SINGLE + "<shuffleanswers>false</shuffleanswers>")))
    assert all(option.fixed for option in item.options)


@pytest.mark.parametrize(("right", "key"), [("true", "t"), ("false", "f")])
def test_true_and_false(right: str, key: str) -> None:
    wrong = "false" if right == "true" else "true"
    item = the_item(xml(moodle("truefalse", answer("100", right) + answer("0", wrong))))
    assert (item.kind, item.key) == (Kind.TRUE_FALSE, {key})


def test_categories_give_topics_and_are_no_questions_nor_are_descriptions() -> None:
    category = '<question type="category"><category><text>$course$/top/法律/劳动 // 合同</text></category></question>'
    reading = xml(category, moodle("description", ""), moodle("multichoice", SINGLE))
    assert reading.total == 1
    assert the_item(reading).topic == "法律/劳动 / 合同"


def test_the_other_kinds_are_kept_with_what_is_expected() -> None:
    assert kept_out(
        moodle("shortanswer", answer("100", "H2O") + answer("50", "水*") + answer("0", "*") + "<usecase>1</usecase>")
    ).expected == TextExpected((AcceptedText("H2O"), AcceptedText("水*", 50)), case_counts=True, wildcards=True)
    assert kept_out(
        moodle("numerical", answer("100", "3.14", "<tolerance>0.01</tolerance>") + answer("0", "*"))
    ).expected == NumberExpected((NumberRange("3.13", "3.15"),))
    pairs = "".join(
        f"<subquestion><text>{left}</text><answer><text>{right}</text></answer></subquestion>"
        for left, right in (("甲", "1"), ("乙", "2"), ("", "3"))
    )
    assert kept_out(moodle("matching", pairs)).expected == PairsExpected((Pair("甲", "1"), Pair("乙", "2")), ("3",))
    assert kept_out(moodle("essay", "<graderinfo><text>要点</text></graderinfo>")).expected == EssayExpected("要点")


def test_a_cloze_keeps_its_gaps_and_its_stem_shows_no_key() -> None:
    text = "首都是{1:SHORTANSWER:=北京~%50%北平#旧称}，人口{2:NM:=2200:100}万，位于{:MCS:南方~=北方\\}}。"
    item = kept_out(moodle("cloze", "", text))
    assert item.stem == "首都是{1}，人口{2}万，位于{3}。"
    assert item.expected == GapsExpected(
        (
            Gap("{1}", TextExpected((AcceptedText("北京"), AcceptedText("北平", 50)))),
            Gap("{2}", NumberExpected((NumberRange("2100", "2300"),)), 2),
            Gap("{3}", ChoiceExpected(("南方", "北方}"), ((1, 100),))),
        )
    )


@pytest.mark.parametrize(
    "text",
    ["没有空", "{1:MULTICHOICE}", "{1:MC:=一个}", "{1:MC:一~%50%二}", "{1:SA:=没有结束", "{1:NM:=三}"],
)
def test_a_cloze_that_cannot_be_answered_is_an_error(text: str) -> None:
    reading = xml(moodle("cloze", "", text))
    assert reading.by_type[Kind.CLOZE] == 1
    assert "cloze_unreadable" in codes(reading, "error")


@pytest.mark.parametrize(
    "qtype", ["ddwtos", "gapselect", "ordering", "coderunner", "calculated", "stack", "", "没见过"]
)
def test_any_other_type_is_counted_reported_and_kept_out(qtype: str) -> None:
    reading = xml(moodle(qtype, SINGLE))
    assert (reading.total, reading.by_type[Kind.OTHER], reading.importable) == (1, 1, 0)
    assert codes(reading, "error") == ["not_deliverable_yet"]


def test_pictures_in_the_file_come_along() -> None:
    text = '看图<img src="@@PLUGINFILE@@/%E5%9B%BE.png" alt="图">'
    question = moodle("multichoice", SINGLE, text).replace(
        "</questiontext>",
        f'<file name="图.png" path="/" encoding="base64">{base64.b64encode(PNG).decode()}</file></questiontext>',
    )
    reading = xml(question)
    (media,) = reading.media
    assert the_item(reading).markup == f'看图<img src="media:{media.name}" alt="图">'
    assert the_item(reading).stem == "看图[图：图]"


def test_a_lone_question_is_read_and_an_unescaped_name_of_html_is_forgiven() -> None:
    text = moodle("multichoice", SINGLE).replace("<![CDATA[题干？]]>", "题干&nbsp;甲？")
    assert the_item(read(text, "moodle_xml")).stem == "题干 甲？"


def test_of_a_broken_file_the_whole_questions_before_the_break_are_read() -> None:
    text = quiz(*(moodle("multichoice", SINGLE, f"题{n}？") for n in range(1, 5)))
    reading = read(text[: text.index("题4？") + 3], "moodle_xml")
    assert [one.item.stem for one in reading.items] == ["题1？", "题2？", "题3？"]
    (finding,) = [finding for finding in reading.findings if finding.severity == "error"]
    assert finding.code == "xml_malformed"
    assert "行" in finding.where


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_a_file_is_read_in_its_encoding(encoding: str) -> None:
    text = quiz(moodle("multichoice", SINGLE, "首都是？")).replace("UTF-8", encoding.removesuffix("-sig"))
    assert the_item(read(text.encode(encoding), "moodle_xml")).stem == "首都是？"


def test_a_file_in_chinese_that_declares_the_wrong_encoding_is_read_all_the_same() -> None:
    text = quiz(*(moodle("multichoice", SINGLE, f"第{n}题，首都是哪座城市？") for n in range(5)))
    assert read(text.encode("gb18030"), "moodle_xml").importable == 5
