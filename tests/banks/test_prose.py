import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from examengine.banks.item import Item, Kind
from examengine.banks.readers.reading import BankReading
from examengine.banks.responses import AcceptedText, EssayExpected, TextExpected
from tests.banks.builders import codes, letters, the_item
from tests.banks.foreign_builders import read


def prose(text: str) -> BankReading:
    return read(text, "text")


def items(text: str) -> list[Item]:
    return [one.item for one in prose(text).items]


def texts(item: Item) -> list[str]:
    return [option.text for option in item.options]


@pytest.mark.parametrize(
    "text",
    [
        "1. 首都是？\nA. 上海\nB. 北京\n答案：B",
        "1、首都是？\nA、上海  B、北京\n【答案】B",
        "１．首都是？\nＡ．上海　　Ｂ．北京\n正确答案：Ｂ",
        "（1）首都是？\n(A) 上海\n(B) 北京\n答案: B",
        "第1题 首都是？\nA：上海\nB：北京\n参考答案：B",
        "1. 首都是？ A.上海 B.北京 答案：B",
        "1\n首都是？\nA上海\nB北京\n答案：B",
        "首都是？\nA. 上海\nB. 北京\n答案：B",
        "1. 首都是？\nA. 上海\nB. 北京（正确答案）",
        "1. 首都是？\nA. 上海\nB. 北京√",
        "（B）1. 首都是？\nA. 上海\nB. 北京",
        "1. 首都是？\nA. 上海\tB. 北京\n答案：B  你的答案：A  得分：0",
        "1. 首都是？\na. 上海\nb. 北京\n答案：b",
        "题目1：首都是？\nA. 上海\nB. 北京\n【正确答案】：B",
        "1. 首都是？\nA. 上海\nB. 北京\n参考答案\n1. B",
        "1. 首都是？\nA. 上海\nB. 北京\n\n答案：\n1-1 B",
    ],
)
def test_the_manners_in_which_a_choice_is_typed(text: str) -> None:
    item = the_item(prose(text))
    assert (item.kind, item.stem, texts(item), letters(item)) == (
        Kind.SINGLE_CHOICE,
        "首都是？",
        ["上海", "北京"],
        "B",
    )


@pytest.mark.parametrize("key", ["B", " B ", "B　", "Ｂ"])
def test_a_key_in_the_brackets_of_the_stem_is_taken_out(key: str) -> None:
    item = the_item(prose(f"1. 首都是（{key}）。\nA. 上海\nB. 北京"))
    assert (item.stem, letters(item)) == ("首都是（　　）。", "B")


def test_brackets_that_hold_no_option_are_left_alone() -> None:
    item = the_item(prose("1. 标准（A）适用于（ B ）。\nA. 甲\nB. 乙"))
    assert (item.stem, letters(item)) == ("标准（A）适用于（　　）。", "B")
    item = the_item(prose("1. 证书（D）属于？\nA. 甲\nB. 乙\n答案：A"))
    assert item.stem == "证书（D）属于？"


PAPER = """公需科目试题
第一章 总则
一、单选题（每题2分，共4分）
（在每小题的备选答案中，只有一个正确。）
1．甲？
A．一    B．二
C．三    D．四
2．35．2010年起施行的是
A. 2010年1月1日起施行
B. 维生素A、B族都是
二、多项选择题
1. 丙？（AB）
A. 一 B. 二 C. 三
解析：因为一、二。
1. 不是新题，是解析
三、判断辨析题
1. 丁。（√）
2. 戊。（ × ）
解析：错在这里。
四、简答题
1. 己：
（1）一问
（2）二问
答：要点
1. 第一点
2. 第二点

2. 庚。
参考答案
一、单选题
1-2 DA
"""


def test_a_whole_paper_with_headings_and_answers_at_the_end() -> None:
    reading = prose(PAPER)
    assert {kind: count for kind, count in reading.by_type.items() if count} == {
        Kind.SINGLE_CHOICE: 2,
        Kind.MULTIPLE_CHOICE: 1,
        Kind.TRUE_FALSE: 2,
        Kind.ESSAY: 2,
    }
    first, second, third, fourth, fifth, essay, _ = (one.item for one in reading.items)
    assert (letters(first), first.points_hundredths, first.topic) == ("D", 200, "第一章 总则")
    assert second.stem == "35．2010年起施行的是"
    assert texts(second) == ["2010年1月1日起施行", "维生素A、B族都是"]
    assert (letters(third), third.explanation) == ("AB", "因为一、二。\n1. 不是新题，是解析")
    assert (fourth.stem, fourth.key, fifth.key, fifth.explanation) == ("丁。", {"t"}, {"f"}, "错在这里。")
    assert essay.stem == "己：\n（1）一问\n（2）二问"
    assert essay.expected == EssayExpected("要点\n1. 第一点\n2. 第二点")


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("1-3 ABC", "ABC"),
        ("1—3：A B C", "ABC"),
        ("1~3 A，B，C", "ABC"),
        ("1.A 2.B 3.C", "ABC"),
        ("1、A；2、B；3、C", "ABC"),
        ("1.A\n2.B\n3.C", "ABC"),
        ("1\t2\t3\nA\tB\tC", "ABC"),
        ("题号 1 2 3\n答案 A B C", "ABC"),
        ("1-2 AB\n3 C", "ABC"),
        ("1. B\n解析：因为。\n2. B\n3. B", "BBB"),
    ],
)
def test_answers_gathered_at_the_end(table: str, keys: str) -> None:
    questions = "".join(f"{n}. 题{n}？\nA. 一\nB. 二\nC. 三\n" for n in (1, 2, 3))
    assert "".join(letters(item) for item in items(f"{questions}\n参考答案\n{table}")) == keys


def test_numbers_that_begin_again_among_the_answers_are_the_next_section() -> None:
    questions = "一、单选题\n1. 甲？\nA. 一\nB. 二\n2. 乙？\nA. 一\nB. 二\n二、判断题\n1. 丙。\n2. 丁。\n"
    keys = [letters(item) for item in items(questions + "答案\n1.A 2.B\n1.√ 2.×")]
    assert keys == ["A", "B", "T", "F"]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("1. 一周有七天。（√）", Kind.TRUE_FALSE),
        ("1. 一周有七天。（ 对 ）", Kind.TRUE_FALSE),
        ("1. 一周有七天。 √", Kind.TRUE_FALSE),
        ("1. 一周有七天。\n答案：正确", Kind.TRUE_FALSE),
        ("1. 水是____。\n答案：H2O", Kind.SHORT_ANSWER),
        ("1. 【多选题】甲？\nA. 一\nB. 二\n答案：A、B", Kind.MULTIPLE_CHOICE),
        ("1. 甲？（多选）\nA. 一\nB. 二\n答案：AB", Kind.MULTIPLE_CHOICE),
        ("一、选择题\n1. 甲？\nA. 一\nB. 二\n答案：AB", Kind.MULTIPLE_CHOICE),
        ("题型：判断题\n1. 甲。\n答案：对", Kind.TRUE_FALSE),
        ("1. 甲。\n题型：简答题\n答案：乙", Kind.ESSAY),
        ("1. 谈谈改革的意义。\n答案：改革的意义在于很多方面，" + "需要一一说明，" * 8, Kind.ESSAY),
    ],
)
def test_the_kind_of_what_is_typed(line: str, kind: Kind) -> None:
    assert prose(line).by_type[kind] == 1


def test_what_stands_below_a_question_is_told_by_its_name() -> None:
    text = "1. 甲？\nA. 一\nB. 二\n【答案】A 【解析】因为。\n【难度】易\n知识点：法律\n分值：2\n"
    text += "依据：某条例第三条\n编号：GX-1"
    item = the_item(prose(text))
    assert (item.explanation, item.difficulty, item.topic) == ("因为。", "易", "法律")
    assert (item.points_hundredths, item.source, item.external_no) == (200, "某条例第三条", "GX-1")


def test_an_answer_that_is_short_is_kept_for_a_blank() -> None:
    item = the_item(prose("1. 水是____。\n答案：H2O"))
    assert item.expected == TextExpected((AcceptedText("H2O"),))


def test_a_finding_names_line_and_question() -> None:
    reading = prose("一、单选题\n\n1. 甲？\nA. 一\nB. 二\n2. 乙？\nA. 一\nB. 二\n答案：C")
    said = [(f.code, f.where) for f in reading.findings if f.severity == "error"]
    assert ("key_missing", "第 3 行（第 1 题）") in said
    assert ("key_without_option", "第 6 行（第 2 题）") in said


def test_questions_without_numbers_are_parted_by_their_answers() -> None:
    text = "甲？\nA. 一\nB. 二\n答案：A\n\n乙？\nA. 一\nB. 二\n答案：B\n丙？\nA. 一\nB. 二\n答案：A"
    assert [item.stem for item in items(text)] == ["甲？", "乙？", "丙？"]


def test_prose_without_questions_has_none() -> None:
    reading = prose("通知\n1. 引言\n2. 背景\n请各单位于1月1日前报名。")
    assert reading.total == 0
    assert codes(reading, "error") == ["no_questions"]


def test_trivia_notation() -> None:
    text = "#Q 首都是\n哪里？\n^ 北京\nA 上海\nB 北京\n\n#Q 对吗？\n^ True\nA True\nB False\n\n"
    text += "#Q 错？\n^ 无\nA 甲\nB 乙\n"
    reading = prose(text)
    first, second = (one.item for one in reading.items)
    assert (first.stem, letters(first), second.key) == ("首都是\n哪里？", "B", {"t"})
    assert (reading.total, codes(reading, "error")[0]) == (3, "key_without_option")


WORD = st.text(st.sampled_from("甲乙丙丁北京上海的是第和"), min_size=2, max_size=9)
QUESTION = st.tuples(WORD, st.lists(WORD, min_size=2, max_size=5, unique=True), st.integers(0, 4))
NUMBERS, LABELS = ["{}.", "{}、", "{}．", "（{}）", "第{}题："], ["{}.", "{}、", "({})", "{}："]
STYLE = st.tuples(st.sampled_from(NUMBERS), st.sampled_from(LABELS))


@settings(max_examples=40)
@given(st.lists(QUESTION, min_size=1, max_size=6, unique_by=lambda one: one[0]), STYLE, st.booleans())
def test_what_is_typed_in_one_manner_throughout_is_read_as_it_was_meant(
    questions: list[tuple[str, list[str], int]], style: tuple[str, str], one_line: bool
) -> None:
    lines = []
    for number, (stem, options, right) in enumerate(questions, start=1):
        shown = [f"{style[1].format('ABCDE'[index])}{text}" for index, text in enumerate(options)]
        lines += [f"{style[0].format(number)}{stem}？", *(["    ".join(shown)] if one_line else shown)]
        lines.append(f"答案：{'ABCDE'[right % len(options)]}")
    reading = prose("一、单选题\n" + "\n".join(lines))
    assert reading.total == len(questions)
    for one, (stem, options, right) in zip(reading.items, questions, strict=True):
        assert (one.item.stem, texts(one.item)) == (f"{stem}？", options)
        assert letters(one.item) == "ABCDE"[right % len(options)]
