import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.banks.item import Item, Kind
from examengine.banks.readers.reading import BankReading
from examengine.banks.responses import AcceptedText, NumberExpected, NumberRange, Pair, PairsExpected, TextExpected
from examengine.banks.wording import tidy
from tests.banks.builders import codes, letters, the_item
from tests.banks.foreign_builders import PNG, read, zip_of


def gift(text: str) -> BankReading:
    return read(text, "gift")


def texts(item: Item) -> list[str]:
    return [option.text for option in item.options]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("首都是？{=北京 ~上海 ~广州}", Kind.SINGLE_CHOICE),
        ("首都是？{~上海 =北京}", Kind.SINGLE_CHOICE),
        ("偶数有？{~%50%2 ~%50%4 ~%-100%3}", Kind.MULTIPLE_CHOICE),
        ("一周有七天。{T}", Kind.TRUE_FALSE),
        ("一周有七天。{true#对了#错了}", Kind.TRUE_FALSE),
        ("一周有八天。{FALSE}", Kind.TRUE_FALSE),
        ("水的化学式？{=H2O =h2o}", Kind.SHORT_ANSWER),
        ("水的化学式？{H2O}", Kind.SHORT_ANSWER),
        ("圆周率？{#3.14:0.01}", Kind.NUMERIC),
        ("配对。{=甲 -> 1 =乙 -> 2}", Kind.MATCHING),
        ("谈谈看法。{}", Kind.ESSAY),
        ("谈谈看法。{ \n }", Kind.ESSAY),
        ("对吗？{=true ~false}", Kind.SINGLE_CHOICE),
        ("能吗？{=Yes ~No}", Kind.SINGLE_CHOICE),
    ],
)
def test_every_kind_is_told_by_its_answer(text: str, kind: Kind) -> None:
    reading = gift(text)
    assert (reading.total, reading.by_type[kind]) == (1, 1)


def test_a_choice_keeps_its_order_its_key_and_its_explanation() -> None:
    item = the_item(gift("// 注释\n::名称::首都是？{\n~上海#不是\n=北京 # 对\n~广州\n#### 北京是首都。\n}"))
    assert (item.stem, texts(item), letters(item)) == ("首都是？", ["上海", "北京", "广州"], "B")
    assert item.explanation == "北京是首都。"


def test_every_positive_weight_is_part_of_a_multiple_choice_key() -> None:
    item = the_item(gift("偶数？{~%33.33333%2 ~%-100%3 ~%33.33333%4 ~%33.33333%6}"))
    assert (item.kind, letters(item)) == (Kind.MULTIPLE_CHOICE, "ACD")


def test_part_of_the_score_for_an_option_is_said_to_be_dropped() -> None:
    assert codes(gift("首都？{=北京 ~%50%南京 ~上海}")) == ["weights_dropped"]


def test_several_right_answers_of_a_single_choice_are_an_error() -> None:
    reading = gift("首都？{=北京 =北京市 ~上海}")
    assert (reading.total, reading.importable) == (1, 0)
    assert "key_one_expected" in codes(reading, "error")


def test_categories_and_descriptions_are_no_questions_and_the_category_is_the_topic() -> None:
    reading = gift("$CATEGORY: $course$/top/公需科目/法律\n\n这一段是说明。\n\n题？{=甲 ~乙}")
    assert reading.total == 1
    assert the_item(reading).topic == "公需科目/法律"
    assert codes(reading) == ["descriptions"]


def test_text_behind_the_answer_makes_a_missing_word() -> None:
    assert the_item(gift("首都是{=北京 ~上海}，在北方。")).stem == "首都是 _____ ，在北方。"


def test_several_answer_blocks_count_as_moodle_counts_them_but_are_not_imported() -> None:
    reading = gift("甲{=一 ~二}乙{=三 ~四}")
    assert (reading.total, reading.by_type[Kind.SINGLE_CHOICE], reading.importable) == (1, 1, 0)
    assert codes(reading, "error") == ["several_answer_blocks"]


def test_an_open_brace_loses_one_question_and_not_the_rest() -> None:
    reading = gift("甲？{=一 ~二\n\n::乙::乙？{=一 ~二}\n\n丙？{=一 ~二}")
    assert (reading.total, reading.importable) == (2, 2)
    (finding,) = [finding for finding in reading.findings if finding.severity == "error"]
    assert (finding.code, finding.where) == ("braces_unbalanced", "第 1 行（第 1 题）")


def test_a_blank_line_within_braces_does_not_part() -> None:
    assert texts(the_item(gift("甲？{\n=一\n\n~二\n}"))) == ["一", "二"]


def test_an_equals_sign_in_a_tag_or_an_operator_is_no_mark() -> None:
    item = the_item(gift('[html]甲？{\n=<b class="x">a==b</b>\n~a<=b\n~c = d\n}'))
    assert texts(item) == ["a==b", "a<=b", "c = d"]


def test_the_question_id_of_a_comment_is_the_external_number() -> None:
    first, second = gift("// [id:GX-1] [tag:x]\n甲？{T}\n\n乙？{T}").items
    assert (first.item.external_no, second.item.external_no) == ("GX-1", "")


def test_what_cannot_be_delivered_is_kept_with_its_expectation() -> None:
    assert the_item(gift("水？{=H2O =%50%水}")).expected == TextExpected(
        (AcceptedText("H2O"), AcceptedText("水", 50))
    )
    assert the_item(gift("数？{#=3.1:0.05 =%50%2..4}")).expected == NumberExpected(
        (NumberRange("3.05", "3.15"), NumberRange("2", "4", 50))
    )
    assert the_item(gift("配？{=甲 -> 1 =乙 -> 2 = -> 3}")).expected == PairsExpected(
        (Pair("甲", "1"), Pair("乙", "2")), ("3",)
    )


def test_a_number_that_is_none_is_an_error_at_its_line() -> None:
    reading = gift("\n\n数？{#三}")
    assert [(f.code, f.where) for f in reading.findings if f.code == "key_unreadable"] == [
        ("key_unreadable", "第 3 行（第 1 题）")
    ]


def test_formats_are_html_markdown_or_plain() -> None:
    assert the_item(gift("[html]<p>甲<sup>2</sup>？</p>{T}")).stem == "甲²？"
    assert the_item(gift("[plain]甲<b>？{T}")).stem == "甲<b>？"
    assert the_item(gift("[markdown]甲 **乙**？{T}")).stem == "甲 **乙**？"
    assert the_item(gift("甲<b>乙</b>？{T}")).markup == "甲<b>乙</b>？"


def test_pictures_of_a_media_zip_come_along() -> None:
    data = zip_of({"bank/题库.gift": '[html]看图<img src\\="@@PLUGINFILE@@/图 1.png">{T}', "bank/图 1.png": PNG})
    reading = read(data, "gift")
    (media,) = reading.media
    assert the_item(reading).markup == f'看图<img src="media:{media.name}" alt="">'
    assert codes(reading) == []


@pytest.mark.parametrize(
    "text", ["", "没有花括号。\n\n另一段。", "题目\n- 甲\n+- 乙", "}", "{", "::::{", "\\{=甲\\}"]
)
def test_a_file_without_questions_says_so(text: str) -> None:
    reading = gift(text)
    assert (reading.total, reading.importable) == (0, 0)
    assert codes(reading, "error")


def escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\~=#{}:" else c for c in text)


WORDS = st.text(st.sampled_from("\\~=#{}:甲乙 ab%->"), min_size=1, max_size=12).filter(lambda t: tidy(t) == t != "")


@given(WORDS, st.lists(WORDS, min_size=2, max_size=4, unique=True))
def test_what_was_escaped_is_read_as_it_was_written(stem: str, options: list[str]) -> None:
    weights = [100, *(0 for _ in options[1:])]
    answers = "".join(f"\n~%{weight}%{escaped(text)}" for weight, text in zip(weights, options, strict=True))
    reading = gift(f"::t::[plain]{escaped(stem)}{{{answers}\n}}")
    assert reading.total == reading.by_type[Kind.MULTIPLE_CHOICE] == 1
    for one in reading.items:
        assert one.item.stem == stem
        assert texts(one.item) == options
