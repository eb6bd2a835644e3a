from datetime import date

import pytest

from examengine.banks.dialects import fields
from examengine.banks.dialects.answers import letters_of, numbers_of, options_named, truth_of, truth_pair
from examengine.banks.dialects.kinds import (
    is_any_choice,
    is_code,
    is_indefinite,
    kind_of,
    kind_of_section,
    kind_of_sheet,
    kind_tag,
)
from examengine.banks.item import Kind


def words(listed: str) -> list[str]:
    return listed.split()


S, M, T = Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE, Kind.TRUE_FALSE


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        *(
            (word, S)
            for word in (
                *words(
                    "单选 单选题 单项选择题 单项选择 single radio 【单选题】 A1型单选题 一、单选题"
                    " 单选题（每题2分） Ｓｉｎｇｌｅ"
                ),
                "Single Choice",
            )
        ),
        *((word, M) for word in words("多选 多选题 多项选择题 不定项 不定项选择题 multiple checkbox multi_select")),
        *((word, T) for word in words("判断 判断题 是非 是非题 判断改错题 True/False judge tf 对错题")),
        *((word, Kind.SHORT_ANSWER) for word in (*words("填空 填空题 fillblank 选择填空题"), "short answer")),
        *((word, Kind.CLOZE) for word in words("完形填空 cloze 多项填空题")),
        *((word, Kind.ESSAY) for word in words("简答题 问答题 论述题 名词解释 案例分析题 计算题 实务题 essay")),
        *((word, Kind.MATCHING) for word in words("匹配题 连线题 matching")),
        *((word, Kind.NUMERIC) for word in words("数值题 numerical")),
        *((word, Kind.OTHER) for word in words("排序题 古文今译题 编程题")),
        *((word, None) for word in (*words("选择题 单选和多选 综合"), "Multiple Choice", "")),
    ],
)
def test_words_for_a_type(written: str, kind: Kind | None) -> None:
    assert kind_of(written) is kind


def test_words_that_leave_single_or_multiple_to_the_key() -> None:
    assert is_any_choice("选择题")
    assert is_any_choice("Multiple Choice")
    assert not is_any_choice("多项选择题")
    assert is_indefinite("不定项选择题")
    assert not is_indefinite("多选题")
    assert is_code("1")
    assert is_code("０２")
    assert not is_code("单选1")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("单选题", S),
        ("多选", M),
        ("2.判断题", T),
        ("判断题（50道）", T),
        ("Sheet1", None),
        ("题库", None),
        ("单选和多选题", None),
    ],
)
def test_a_sheet_name_may_give_the_type(name: str, kind: Kind | None) -> None:
    assert kind_of_sheet(name) is kind


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("一、单选题", S),
        ("一、单项选择题（共40题，每题1分）", S),
        ("（二）多选题", M),
        ("第三部分 判断题：", T),
        ("判断", T),
        ("单选题", S),
        ("判断下列说法是否正确", None),
        ("不属于行政处罚的是", None),
        ("多喝水有益健康，对吗", None),
    ],
)
def test_a_section_line_gives_the_type_of_what_follows(line: str, kind: Kind | None) -> None:
    assert kind_of_section(line) is kind


def test_a_type_written_before_the_stem_is_taken_off() -> None:
    assert kind_tag("【单选题】下列说法正确的是") == (S, "下列说法正确的是")
    assert kind_tag("[多选] 下列哪些") == (M, "下列哪些")
    assert kind_tag("【案例】某公司") is None
    assert kind_tag("下列【单选题】") is None


@pytest.mark.parametrize(
    ("written", "letters"),
    [
        *(
            (text, "ac")
            for text in (
                *words(
                    "AC ac A,C A，C A、C A;C A；C A/C A|C A.C A和C A&C ＡＣ Ａ、Ｃ (AC) （AC） 【AC】"
                    " AC。 答案：AC 选AC 故选：AC A#C"
                ),
                "A C",
                " AC ",
                "正确答案: A、C",
            )
        ),
        ("B", "b"),
        ("[B]", "b"),
        ("CAB", "cab"),
        *((text, None) for text in (*words("12 A-C A~C 对 √ 甲 A1 《AC》"), "")),
    ],
)
def test_answers_in_letters(written: str, letters: str | None) -> None:
    found = letters_of(written)
    assert ("".join(found) if found is not None else None) == letters


@pytest.mark.parametrize(
    ("written", "numbers"),
    [("2", (2,)), ("1,3", (1, 3)), ("１、３", (1, 3)), ("1 3", (1, 3)), ("1.5", None), ("A", None), ("123", None)],
)
def test_answers_in_option_numbers(written: str, numbers: tuple[int, ...] | None) -> None:
    assert numbers_of(written) == numbers


@pytest.mark.parametrize(
    ("written", "truth"),
    [
        *((text, True) for text in words("对 正确 是 同意 √ ✓ ✔ T t True TRUE Ｙ Yes 对的 答案：对 （√） 正确。 v")),
        *((text, False) for text in words("错 错误 否 不同意 × ✗ ✘ F False FALSE N no 不对 x X （×） 错误。")),
        *((text, None) for text in (*words("A 1 0 对错 也许"), "")),
    ],
)
def test_words_of_judgement(written: str, truth: bool | None) -> None:
    assert truth_of(written) is truth


def test_two_options_of_judgement_in_either_order() -> None:
    assert truth_pair(["正确", "错误"]) == (True, False)
    assert truth_pair(["错", "对"]) == (False, True)
    assert truth_pair(["True", "False"]) == (True, False)
    assert truth_pair(["正确", "正确"]) is None
    assert truth_pair(["正确", "错误", "不确定"]) is None
    assert truth_pair(["能", "不能"]) is None


def test_an_answer_may_give_the_text_of_options() -> None:
    options = ["北京", "上海", "广州"]
    assert options_named("上海", options) == (1,)
    assert options_named("北京、广州", options) == (0, 2)
    assert options_named("北京;上海", options) == (0, 1)
    assert options_named("南宁", options) is None
    assert options_named("北京", ["北京", "北京"]) is None


@pytest.mark.parametrize(
    ("written", "hundredths"),
    [("", None), ("2", 200), ("2分", 200), ("1.5", 150), ("0.25", 25), ("２", 200), ("2.50", 250)],
)
def test_points(written: str, hundredths: int | None) -> None:
    assert fields.points_hundredths(written) == hundredths


@pytest.mark.parametrize("written", ["二", "-1", "1.234", "2/3"])
def test_points_that_are_none(written: str) -> None:
    with pytest.raises(ValueError, match=written):
        fields.points_hundredths(written)


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("", ""),
        *((text, "易") for text in words("易 简单 easy 0.8")),
        *((text, "中") for text in words("中等 一般 中等题 0.5")),
        *((text, "难") for text in words("困难 较难 hard 0.2")),
        *((text, None) for text in words("9 五星")),
    ],
)
def test_difficulties(written: str, label: str | None) -> None:
    assert fields.difficulty(written) == label


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("", None),
        ("长期", None),
        ("2026-12-31", date(2026, 12, 31)),
        ("2026/1/5", date(2026, 1, 5)),
        ("2026年1月5日", date(2026, 1, 5)),
        ("20260105", date(2026, 1, 5)),
        ("2026-12-31 00:00:00", date(2026, 12, 31)),
    ],
)
def test_expiry_dates(written: str, day: date | None) -> None:
    assert fields.valid_until(written) == day


@pytest.mark.parametrize("written", ["明年", "2026-02-30", "2026", "31/12/2026"])
def test_expiry_dates_that_are_none(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        fields.valid_until(written)


@pytest.mark.parametrize(
    ("written", "years"),
    [
        ("", ()),
        ("通用", ()),
        ("2014", (2014,)),
        ("2014年", (2014,)),
        ("2015、2014", (2014, 2015)),
        ("2014-2016", (2014, 2015, 2016)),
        ("2014年至2015年", (2014, 2015)),
        ("2014年度,2014", (2014,)),
    ],
)
def test_years(written: str, years: tuple[int, ...]) -> None:
    assert fields.years(written) == years


@pytest.mark.parametrize("written", ["去年", "14", "2016-2014", "3014"])
def test_years_that_are_none(written: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        fields.years(written)
