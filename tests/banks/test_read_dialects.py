"""Whole rows in the dialects authors write, read from separated text."""

import pytest

from examengine.banks.item import Item, Kind
from examengine.banks.readers import read_bank
from examengine.banks.responses import (
    AcceptedText,
    EssayExpected,
    Expected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
)
from tests.banks.builders import HEADER, codes, letters, read_question, read_rows, the_item

S, M, T = Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE, Kind.TRUE_FALSE
NO_OPTIONS = dict.fromkeys(("选项A", "选项B", "选项C", "选项D"), "")
PLAIN = ("题干", "选项A", "选项B", "选项C", "选项D", "答案")


def texts(item: Item) -> list[str]:
    return [option.text for option in item.options]


def test_a_row_in_the_canonical_columns() -> None:
    reading = read_question(
        分值="2.5",
        难度="中",
        知识点="地理",
        解析="常识",
        依据="宪法",
        有效期="2026-12-31",
        适用年度="2014、2015",
        外部编号="X1",
    )
    item = the_item(reading)
    assert (item.kind, item.stem, texts(item), item.key) == (
        S,
        "首都是哪座城市？",
        ["上海", "北京", "广州", "深圳"],
        {"b"},
    )
    assert [option.id for option in item.options] == ["a", "b", "c", "d"]
    assert (item.points_hundredths, item.difficulty, item.topic) == (250, "中", "地理")
    assert (item.explanation, item.source, item.external_no) == ("常识", "宪法", "X1")
    assert (str(item.valid_until), item.years) == ("2026-12-31", (2014, 2015))
    assert reading.items[0].where == "第 2 行"
    assert (reading.findings, reading.understood) == ((), ())
    assert (reading.format, reading.encoding, reading.total, reading.importable) == ("sheet", "utf-8", 1, 1)
    assert reading.by_type == {kind: int(kind is S) for kind in Kind}


@pytest.mark.parametrize(
    "written", ["ACD", "acd", "A,C,D", "A、C、D", "A；C；D", "ＡＣＤ", "A/C/D", "A C D", "答案：ACD", "DCA"]
)
def test_letters_in_any_dress_are_a_key_and_it_is_said(written: str) -> None:
    reading = read_question(题型="多选", 正确答案=written)
    assert letters(the_item(reading)) == "ACD"
    assert [note for note in reading.understood if "读作 ACD" in note] == (
        [] if written == "ACD" else [f"答案“{written}”读作 ACD，共 1 处"]
    )


def test_like_dresses_are_counted_together() -> None:
    rows = [("多选", f"第几题{n}？", "甲", "乙", "丙", "丁", "A、C") for n in range(214)]
    reading = read_rows(HEADER, *rows)
    assert reading.importable == 214
    assert reading.understood == ("答案“A、C”读作 AC，共 214 处",)


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("对", "t"),
        ("错误", "f"),
        ("√", "t"),
        ("×", "f"),
        ("T", "t"),
        ("False", "f"),
        ("Y", "t"),
        ("是", "t"),
        ("否", "f"),
        ("同意", "t"),
        ("不同意", "f"),
        ("1", "t"),
        ("0", "f"),
        ("A", "t"),
        ("B", "f"),
        ("✓", "t"),
        ("✗", "f"),
    ],
)
def test_true_false_without_options(written: str, key: str) -> None:
    item = the_item(read_question(题型="判断", 选项A="", 选项B="", 选项C="", 选项D="", 正确答案=written))
    assert (item.kind, item.key, texts(item)) == (T, {key}, ["正确", "错误"])


@pytest.mark.parametrize(
    ("first", "second", "written", "key"),
    [
        ("正确", "错误", "A", "t"),
        ("正确", "错误", "B", "f"),
        ("错误", "正确", "A", "f"),
        ("错误", "正确", "B", "t"),
        ("对", "错", "错", "f"),
        ("True", "False", "FALSE", "f"),
        ("是", "否", "1", "t"),
    ],
)
def test_true_false_with_its_two_options(first: str, second: str, written: str, key: str) -> None:
    cells = {"选项A": first, "选项B": second, "选项C": "", "选项D": "", "正确答案": written}
    assert the_item(read_question(题型="判断", **cells)).key == {key}
    inferred = read_question(题型="", **cells)
    assert (the_item(inferred).kind, the_item(inferred).key) == (T, {key})


def test_a_judgement_with_its_reason_gives_the_reason_as_explanation() -> None:
    reading = read_question(题型="判断改错题", 选项A="", 选项B="", 选项C="", 选项D="", 正确答案="错误，应为七天")
    assert (the_item(reading).key, the_item(reading).explanation) == ({"f"}, "应为七天")


@pytest.mark.parametrize(("answer", "kind"), [("B", S), ("BD", M), ("B、D", M)])
def test_an_empty_type_is_inferred_and_it_is_said(answer: str, kind: Kind) -> None:
    reading = read_question(题型="", 正确答案=answer)
    assert the_item(reading).kind is kind
    label = {S: "单选题", M: "多选题"}[kind]
    assert f"题型为空，按选项和答案推断为{label}，共 1 处" in reading.understood


@pytest.mark.parametrize("word", ["选择题", "Multiple Choice"])
def test_any_choice_is_settled_by_the_key(word: str) -> None:
    assert the_item(read_question(题型=word, 正确答案="AB")).kind is M
    assert the_item(read_question(题型=word, 正确答案="A")).kind is S


def test_an_unknown_type_is_read_by_its_key_with_a_warning() -> None:
    reading = read_question(题型="奇特题")
    assert the_item(reading).kind is S
    assert codes(reading) == ["type_unknown"]


def test_indefinite_choice_may_have_one_key() -> None:
    reading = read_question(题型="不定项选择题", 正确答案="A")
    assert (the_item(reading).kind, codes(reading)) == (M, [])


def test_type_codes_are_told_by_the_rows_that_bear_them() -> None:
    header = ("questionAnswer", "questionContent", "optionContent", "questionType")
    options = '[{"optionContent":"甲"},{"optionContent":"乙"},{"optionContent":"丙"}]'
    reading = read_rows(
        header,
        ("1", "一周有七天", "", "1"),
        ("2", "一年有两季", "", "1"),
        ("A", "第一题", options, "2"),
        ("A,C", "第二题", options, "3"),
    )
    assert [(read.item.kind, set(read.item.key)) for read in reading.items] == [
        (T, {"t"}),
        (T, {"f"}),
        (S, {"a"}),
        (M, {"a", "c"}),
    ]
    assert "题型编号 1 按选项和答案读作判断题，共 2 处" in reading.understood


def test_type_codes_in_the_usual_order() -> None:
    rows = [
        ("1", "一题", "甲", "乙", "", "", "A"),
        ("2", "二题", "甲", "乙", "丙", "", "AB"),
        ("3", "三题", "", "", "", "", "对"),
    ]
    assert [read.item.kind for read in read_rows(HEADER, *rows).items] == [S, M, T]


def test_digits_as_judgement_mean_what_the_sheet_makes_of_them() -> None:
    def keys(*answers: str) -> list[set[str]]:
        reading = read_rows(("题型", "题干", "答案"), *(("判断", f"第{i}句话", a) for i, a in enumerate(answers)))
        return [set(read.item.key) for read in reading.items]

    assert keys("1", "2") == [{"t"}, {"f"}]
    assert keys("1", "0") == [{"t"}, {"f"}]
    assert keys("0", "1", "2") == [{"f"}]


@pytest.mark.parametrize(
    "cell",
    [
        "A-甲|B-乙|C-丙",
        "A. 甲 | B. 乙 | C. 丙",
        "A.甲/B.乙/C.丙",
        "甲|乙|丙",
        "A、甲\nB、乙\nC、丙",
        '["甲","乙","丙"]',
    ],
)
def test_options_in_one_cell(cell: str) -> None:
    reading = read_rows(("题目", "选项", "答案"), ("下列哪个？", cell, "C"))
    assert (texts(the_item(reading)), the_item(reading).key) == (["甲", "乙", "丙"], {"c"})


def test_options_written_into_the_stem() -> None:
    reading = read_rows(("题目", "答案"), ("下列哪个？\nA. 甲\nB. 乙", "B"))
    assert (the_item(reading).stem, texts(the_item(reading))) == ("下列哪个？", ["甲", "乙"])


def test_kahoot_numbers_and_several_keys() -> None:
    header = ("", "Question", "Answer 1", "Answer 2", "Answer 3", "Answer 4", "Time limit", "Correct")
    reading = read_rows(header, ("1", "Which are even?", "1", "2", "3", "4", "20", "2,4"))
    assert (the_item(reading).kind, letters(the_item(reading))) == (M, "BD")


def test_options_by_number_are_read_by_number() -> None:
    reading = read_rows(("题干", "选项1", "选项2", "选项3", "答案"), ("几？", "3", "1", "2", "2"))
    assert the_item(reading).key == {"b"}


def test_an_answer_by_text_or_by_number_among_lettered_options() -> None:
    assert the_item(read_question(正确答案="广州")).key == {"c"}
    assert the_item(read_question(题型="多选", 正确答案="上海、深圳")).key == {"a", "d"}
    assert the_item(read_question(正确答案="2")).key == {"b"}
    both = read_question(选项A="2", 选项B="4", 选项C="6", 选项D="8", 正确答案="2")
    assert codes(both) == ["key_ambiguous"]


def test_list_numbers_go_where_they_are_the_lists_own() -> None:
    rows = [(f"{n}、第{n}句话说了什么？", "甲", "乙", "", "", "A") for n in range(1, 6)]
    reading = read_rows(
        PLAIN, *rows, ("1、2、3 中的偶数是", "一", "二", "", "", "B"), ("2、这样开头", "一", "二", "", "", "B")
    )
    assert [read.item.stem for read in reading.items][:2] == ["第1句话说了什么？", "第2句话说了什么？"]
    assert [read.item.stem for read in reading.items][5:] == ["1、2、3 中的偶数是", "2、这样开头"]
    assert "（共 5 处：第 2、3、4、5、6 行）" in reading.findings[0].message


def test_labels_before_options_go_and_it_is_said() -> None:
    reading = read_question(选项A="A. 上海", 选项B="B. 北京", 选项C="C. 广州", 选项D="D. 深圳")
    assert texts(the_item(reading)) == ["上海", "北京", "广州", "深圳"]
    assert codes(reading) == ["option_prefix"]


def test_remarks_about_the_others_stay_in_place_and_marks_overrule() -> None:
    item = the_item(read_question(选项A="甲", 选项B="乙【固定】", 选项C="以上都对【可换位】", 选项D="以上都不对"))
    assert [(option.text, option.fixed) for option in item.options] == [
        ("甲", False),
        ("乙", True),
        ("以上都对", False),
        ("以上都不对", True),
    ]


def test_the_header_need_not_come_first() -> None:
    reading = read_rows(
        ("2015 年公需科目题库",), ("制表：某处", "", "2015-06-01"), PLAIN, ("题一", "甲", "乙", "", "", "A")
    )
    assert reading.items[0].where == "第 4 行"


def test_a_header_may_stand_in_two_rows() -> None:
    header = (("序号", "题型", "题干", "选项", "", "", "", "答案"), ("", "", "", "A", "B", "C", "D", ""))
    reading = read_rows(
        *header, ("1", "单选", "题一", "甲", "乙", "丙", "丁", "C"), ("2", "判断", "题二", "", "", "", "", "对")
    )
    assert [read.where for read in reading.items] == ["第 3 行", "第 4 行"]
    assert (texts(reading.items[0].item), reading.items[0].item.key) == (["甲", "乙", "丙", "丁"], {"c"})
    assert reading.findings == ()


def test_options_may_stand_in_nameless_columns_behind_their_header() -> None:
    header = ("题干", "选项", "", "", "答案")
    reading = read_rows(header, ("题一", "甲", "乙", "丙", "C"), ("题二", "甲|乙|丙", "", "", "B"))
    assert [texts(read.item) for read in reading.items] == [["甲", "乙", "丙"], ["甲", "乙", "丙"]]
    assert [set(read.item.key) for read in reading.items] == [{"c"}, {"b"}]


def test_repeated_headers_and_blank_rows_are_no_questions() -> None:
    reading = read_rows(
        PLAIN, ("题一", "甲", "乙", "", "", "A"), (), PLAIN, ("", ""), ("题二", "甲", "乙", "", "", "B")
    )
    assert (reading.total, reading.importable) == (2, 2)
    assert [read.where for read in reading.items] == ["第 2 行", "第 6 行"]
    assert codes(reading) == ["repeated_header"]


def test_a_second_table_in_the_sheet_has_columns_of_its_own() -> None:
    reading = read_rows(
        PLAIN,
        ("题一", "甲", "乙", "", "", "A"),
        ("判断", "", ""),
        ("题目", "答案", "解析"),
        ("地球是圆的", "对", "常识"),
    )
    assert [read.item.kind for read in reading.items] == [S, T]
    assert reading.items[1].item.explanation == "常识"


def test_section_lines_give_the_type() -> None:
    rows = (
        ("一、单选题（每题1分）",),
        ("题一", "甲", "乙", "", "", "A"),
        ("二、多选题",),
        ("题二", "甲", "乙", "丙", "", "AB"),
        ("三、判断题",),
        ("题三", "", "", "", "", "A"),
    )
    reading = read_rows(PLAIN, *rows)
    assert [(read.item.kind, set(read.item.key)) for read in reading.items] == [
        (S, {"a"}),
        (M, {"a", "b"}),
        (T, {"t"}),
    ]
    assert codes(reading) == ["section_line"]


def test_a_type_tag_before_the_stem() -> None:
    item = the_item(read_rows(("题干", "A", "B", "答案"), ("【多选题】哪些？", "甲", "乙", "AB")))
    assert (item.kind, item.stem) == (M, "哪些？")


def test_columns_without_a_header_are_told_by_their_content() -> None:
    rows = [(f"这是第 {n} 道题的题干吗？", "甲", "乙", "丙", "丁", "ABCD"[n % 4]) for n in range(20)]
    reading = read_rows(*rows)
    assert (reading.total, reading.importable) == (20, 20)
    assert codes(reading) == ["header_missing"]
    assert "A 列作题干" in reading.findings[0].message


def test_answers_that_are_python_lists_without_options() -> None:
    rows = [(f"（ ）是第 {n} 位候选人的名字。", f"['某{n}']") for n in range(9)]
    reading = read_rows(*rows, ("（ ）没有人知道答案。", "[]"))
    assert reading.by_type[Kind.SHORT_ANSWER] == reading.total == 10
    assert reading.items[0].item.expected == TextExpected((AcceptedText("某0"),))
    assert codes(reading, "error") == ["key_missing"]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("填空题", Kind.SHORT_ANSWER),
        ("简答题", Kind.ESSAY),
        ("论述题", Kind.ESSAY),
    ],
)
def test_a_question_without_options_keeps_its_answer(word: str, kind: Kind) -> None:
    reading = read_question(题型=word, **NO_OPTIONS, 正确答案="要点")
    item = the_item(reading)
    assert (item.kind, item.options, reading.findings) == (kind, (), ())


@pytest.mark.parametrize(
    ("word", "key", "expected"),
    [
        ("填空题", "甲 | 乙", TextExpected((AcceptedText("甲"), AcceptedText("乙")))),
        ("数值题", "3.10", NumberExpected((NumberRange("3.1", "3.1"),))),
        ("数值题", "2.9～3.1", NumberExpected((NumberRange("2.9", "3.1"),))),
        ("数值题", "3±0.1", NumberExpected((NumberRange("2.9", "3.1"),))),
        ("匹配题", "甲 → 1\n乙->2\n→ 3", PairsExpected((Pair("甲", "1"), Pair("乙", "2")), ("3",))),
        ("连线题", "甲=1；乙=2", PairsExpected((Pair("甲", "1"), Pair("乙", "2")))),
        ("简答题", "要点", EssayExpected("要点")),
        ("论述题", "", EssayExpected("")),
    ],
)
def test_the_words_of_a_key_say_what_is_expected(word: str, key: str, expected: Expected) -> None:
    assert the_item(read_question(题型=word, **NO_OPTIONS, 正确答案=key)).expected == expected


@pytest.mark.parametrize(
    ("stem", "key", "marked"),
    [
        ("甲____乙____", "一；二", "甲{1}乙{2}"),
        ("甲（ ）乙(  )", "一、二", "甲（{1}）乙({2})"),
        ("甲____乙____", "(1)一 (2)二", "甲{1}乙{2}"),
        ("甲____乙____", "①一②二", "甲{1}乙{2}"),
    ],
)
def test_as_many_answers_as_blanks_fill_them_in_order(stem: str, key: str, marked: str) -> None:
    reading = read_question(题型="填空题", 题干=stem, **NO_OPTIONS, 正确答案=key)
    item = the_item(reading)
    assert reading.by_type[Kind.SHORT_ANSWER] == 1, "counted as the file calls it"
    assert (item.kind, item.stem) == (Kind.CLOZE, marked)
    assert item.expected == GapsExpected(
        tuple(Gap(f"{{{n}}}", TextExpected((AcceptedText(text),))) for n, text in ((1, "一"), (2, "二")))
    )


@pytest.mark.parametrize(
    ("word", "key", "code"),
    [
        ("数值题", "约三", "key_unreadable"),
        ("匹配题", "甲一乙二", "key_unreadable"),
        ("填空题", "", "key_missing"),
        ("排序题", "1234", "not_deliverable_yet"),
    ],
)
def test_a_key_that_says_nothing_is_named_once(word: str, key: str, code: str) -> None:
    reading = read_question(题型=word, **NO_OPTIONS, 正确答案=key)
    assert (reading.total, reading.importable, codes(reading)) == (1, 0, [code])


def test_a_cloze_with_another_number_of_answers_than_blanks_stays_out() -> None:
    reading = read_question(题型="多空填空", 题干="甲____乙____", **NO_OPTIONS, 正确答案="一；二；三")
    assert codes(reading, "error") == ["blanks_differ"]
    assert "题干里有 2 个空，答案有 3 个" in reading.findings[0].message


def test_blanks_in_columns_are_cloze_where_there_are_several() -> None:
    header = ("问题", "题目类型", "答案", "填空项1", "填空项1分值", "填空项2", "填空项2分值")
    reading = read_rows(
        header, ("{1} 和 {2}", "fillblank", "", "甲", "1", "乙", "1"), ("{1} 呢", "fillblank", "", "甲", "1", "", "")
    )
    assert (reading.by_type[Kind.CLOZE], reading.by_type[Kind.SHORT_ANSWER]) == (1, 1)
    assert [read.item.kind for read in reading.items] == [Kind.CLOZE, Kind.SHORT_ANSWER]


def test_dialects_of_difficulty_are_read_and_said() -> None:
    reading = read_question(难度="困难")
    assert the_item(reading).difficulty == "难"
    assert reading.understood == ("难度“困难”读作“难”，共 1 处",)
    assert read_question(难度="9").understood == ("不认识难度“9”，按空白处理，共 1 处",)


def test_placeholders_behind_the_options_are_blanks() -> None:
    reading = read_question(选项C="/", 选项D="/")
    assert texts(the_item(reading)) == ["上海", "北京"]
    judged = read_question(题型="判断", 选项A="/", 选项B="/", 选项C="/", 选项D="/", 正确答案="√")
    assert the_item(judged).key == {"t"}
    signs = read_question(选项A="+", 选项B="-", 选项C="*", 选项D="/")
    assert texts(the_item(signs)) == ["+", "-", "*", "/"]


@pytest.mark.parametrize(
    ("numbers", "taken"),
    [
        (("T1", "T2", "T3"), ["T1", "T2", "T3"]),
        (("GX-1", "", "GX-3"), ["GX-1", "", "GX-3"]),
        (("1", "2", "3"), ["", "", ""]),
        (("A1", "A1", "A2"), ["", "", ""]),
        (("T1", "2", "3"), ["", "", ""]),
    ],
)
def test_a_column_of_numbers_that_does_not_count_names_the_questions(
    numbers: tuple[str, ...], taken: list[str]
) -> None:
    stems = ("一年有几个月？", "一周有几天？", "一天有几小时？")
    rows = [f"{number},{stem},七,八,九,C" for number, stem in zip(numbers, stems, strict=True)]
    reading = read_bank("\n".join(["编号,题目,A,B,C,答案", *rows]).encode(), "a.csv")
    assert [read.item.external_no for read in reading.items] == taken
