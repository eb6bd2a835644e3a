"""More manners of other people's banks: papers, quiz tools and programs, told again with questions of our own."""

import json

import msgspec
import pytest

from examengine.banks.assess import Outcome, assess
from examengine.banks.cells.separated import read_separated
from examengine.banks.fixing import Fix
from examengine.banks.item import Kind
from examengine.banks.readers import read_bank
from examengine.banks.readers.reading import BankReading
from examengine.banks.responses import EssayExpected, NumberExpected, PairsExpected, TextExpected
from examengine.banks.writers.annotated import write_annotated
from tests.banks.builders import codes, csv_of, letters, the_item, workbook_of
from tests.banks.foreign_builders import equals, lid, material, qti1, qti1_item, read


def counts(reading: BankReading) -> dict[Kind, int]:
    return {kind: count for kind, count in reading.by_type.items() if count}


def keys(text: str, name: str = "题库.txt") -> list[str]:
    """The keys of a paper whose questions can all be imported."""
    reading = read_bank(text.encode(), name)
    assert (reading.importable, codes(reading, "error")) == (reading.total, [])
    return [letters(one.item) for one in reading.items]


PAPER = (
    "一、单选题\n1．甲是（ ）。\nA．一 B．二\n2．乙是（ ）。\nA．一 B．二\n二、判断题\n{0}．丙是火。\n{1}．丁是水。\n"
)
APART, ON = PAPER.format(1, 2), PAPER.format(3, 4)


@pytest.mark.parametrize(
    "text",
    [
        ON + "参考答案\n一、单选题 1-2 AB\n二、判断题 3.√ 4.×\n",
        APART + "答案：\n一、1. A  2. B\n二、1. 对  2. 错\n",
        APART + "【参考答案】\n一、单选题（每题2分）：(1)A (2)B\n二、判断题：(1)√ (2)×\n",
        ON + "题号\t1\t2\t3\t4\n答案\tA\tB\t√\t×\n",
    ],
)
def test_answers_at_the_end_behind_their_headings_on_a_line(text: str) -> None:
    assert keys(text) == ["A", "B", "T", "F"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # a site that says how many knew it
        ("1．（单选题）甲？\nA、一\nB、二\n正确答案：B，全站正确率：87%，易错项：A\n解析\n略\n", ["B"]),
        # a survey system with points behind the kind
        (
            "1.甲？[单选题][分值:5]\n一\n二(正确答案)\n\n2.乙？[多选题][分值:5]\n一(正确答案)\n二(正确答案)\n三\n",
            ["B", "AB"],
        ),
        # copied out of a page: number, kind and stem on lines of their own
        (
            "1\n【单选题】(10分)\n甲\nA.\n一\nB.\n二\n正确\n查看答案解析\n正确答案是：A\n\n2\n【判断题】(10分)\n乙\nA.\n对\nB.\n错\n正确答案是：B\n",
            ["A", "F"],
        ),
        (
            "1单选(2分)\n甲？\nA.一\nB.二\n正确答案：B\n你选对了\n2判断(2分)\n丙是火。\nA.√\nB.×\n正确答案：A\n",
            ["B", "T"],
        ),
        # Markdown that escaped the number, blank lines between everything
        (
            "\\1. [单选题]\n\n甲是\n\n\n\nA.\n\n一\n\n\nB.\n\n二\n\n\n正确答案：B\n\n"
            "\\2. [判断题]\n\n乙\n\n\nA.\n\n正确\n\n\nB.\n\n错误\n\n正确答案：A\n",
            ["B", "T"],
        ),
        ("1、_[单选]_甲？\n- A: 一\n- B: 二\n正确答案：B\n\n2、_[判断]_乙\n正确答案：错误\n", ["B", "F"]),
        ("1. 甲是\nA. 一\nB. 二\n\\ans:A\n2. 乙是\nA. 一\nB. 二\n\\ans:AB\n", ["A", "AB"]),
        # decimals and years right behind the number
        ("1.2023年施行的是（ ）。\nA.甲\nB.乙\n答案：A\n2.0.5的倒数是（ ）。\nA.1\nB.2\n答案：B\n", ["A", "B"]),
        (
            "【单选】甲（ ）A.一 B.二【答案】B\n【多选】乙（ ）A.一 B.二【答案】AB\n【判断】丙【答案】错误\n",
            ["B", "AB", "F"],
        ),
        ("1. 甲（ ）。 A. 一 B. 二 答案：A\n2. 丙是火。 答案：错\n", ["A", "F"]),
        ("001.甲？\nA.一\nB.二\n★答案：B\n★解析：略\n\n002.乙？\nA.一\nB.二\n★答案：AB\n", ["B", "AB"]),
        ("1.甲（ ）\nA.一 B.二\n2.乙（ ）\nA.一 B.二\n答案：1.A\n2.B\n", ["A", "B"]),
        (
            "1.甲（ ）\nA.一 B.二\n2.乙（ ）\nA.一 B.二\n参考答案及解析\n1.【答案】A\n【解析】略\n2.B。解析：略\n",
            ["A", "B"],
        ),
        ("| 题目 | A | B | 答案 |\n|---|:---|---|---|\n| 甲？ | 一 | 二 | B |\n| 乙？ | 一 | 二 | A |\n", ["B", "A"]),
        ("1/甲是？\nA/一\nB/二\n答案/B\n2/乙是？\nA/一\nB/二\n答案/A\n", ["B", "A"]),
    ],
)
def test_keys_of_papers_out_of_other_systems(text: str, said: list[str]) -> None:
    assert keys(text) == said


def test_a_key_said_twice_and_differently_is_no_key_of_both() -> None:
    reading = read_bank(
        "1、甲？\nA、一\nB、二\n答案：A\n参考答案：B\n2、乙？\nA、一\nB、二\n答案：B\n参考答案：B\n".encode(), "a.txt"
    )
    assert (codes(reading, "error"), [letters(one.item) for one in reading.items]) == (["key_unreadable"], ["B"])


def test_questions_and_answers_without_numbers() -> None:
    reading = read_bank("问：甲是什么？\n答：一。\n\n问：乙是什么？\n答：二。\n".encode(), "问答.txt")
    assert [one.item.stem for one in reading.items] == ["甲是什么？", "乙是什么？"]


def test_options_and_keys_in_circles_and_statements_in_circles() -> None:
    assert keys("1. 甲？\n① 一\n② 二\n答案：②\n2. 乙？\n① 一 ② 二 ③ 三\n答案：①③\n") == ["B", "AC"]
    statements = "1. 下列正确的有（ ）\n①甲\n②乙\nA. ①\nB. ①②\n答案：B\n2. 丙（ ）\n①甲 ②乙\nA. ①\nB. ②\n答案：A\n"
    reading = read_bank(statements.encode(), "题库.txt")
    assert [one.item.options[0].text for one in reading.items] == ["①", "①"]
    assert "②乙" in reading.items[0].item.stem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("( 3 ) 1. 首都？ (1)甲 (2)乙 (3)丙\n( 1 ) 2. 偶數？ (1)二 (2)三\n", ["C", "A"]),
        ("1. (3) 首都？①甲②乙③丙。\n2. (14) 偶數？①二②三③五④四。\n", ["C", "AD"]),
        ("( 2 ) 1. 首都？\n(1)甲\n(2)乙\n( 1 ) 2. 偶數？\n(1)二\n(2)三\n", ["B", "A"]),
        ("(B) 1. 首都？ (A)甲 (B)乙\n(AB) 2. 偶數？ (A)二 (B)四 (C)五\n", ["B", "AB"]),
        ("二、是非題\n(○) 1. 一加一等於二。\n(╳) 2. 一加一等於三。\n", ["T", "F"]),
    ],
)
def test_papers_of_taiwan_with_the_key_in_front(text: str, said: list[str]) -> None:
    assert keys(text) == said


def test_callouts_and_task_lists_of_note_taking_programs() -> None:
    text = "### 一、判断题\n\n> [!question] 判断题 1\n> 甲是火。\n> - [ ] ✅ 正确\n> - [ ] ❌ 错误\n>\n"
    text += "> > [!success]- 点击查看答案\n> > 答案: 错误\n> > **解析**: 见书。\n\n### 二、选择题\n\n"
    text += "> [!question] 选择题 1\n> 乙是？\n> - [ ] 一\n> - [x] 二\n>\n"
    text += "> > [!success]- 点击查看答案\n> > **解析**: 略。\n"
    assert keys(text, "笔记.md") == ["F", "B"]


def test_quiz_tools_that_name_the_kind_above_each_question() -> None:
    text = "Type: MA\n1) Even?\n*a) 2\nb) 3\n*c) 4\n\nType: TF\n2) Sky is blue.\n*a) True\nb) False\n\n"
    text += "Type: E\n3) Explain.\na) Masses attract.\n\nType: F\n4) The capital is ____.\na) Paris\n"
    reading = read_bank(text.encode(), "quiz.txt")
    assert counts(reading) == {Kind.MULTIPLE_CHOICE: 1, Kind.TRUE_FALSE: 1, Kind.ESSAY: 1, Kind.SHORT_ANSWER: 1}
    first, second, third, fourth = (one.item for one in reading.items)
    assert (letters(first), letters(second)) == ("AC", "T")
    assert third.expected == EssayExpected("Masses attract.")
    assert isinstance(fourth.expected, TextExpected)
    assert fourth.expected.accepted[0].text == "Paris"


def test_questions_below_a_case_are_asked_about_it() -> None:
    text = "一、案例分析题\n（一）甲将房屋出租给乙。\n回答1-2题：\n1. 甲应（ ）。\nA. 通知\nB. 不通知\n"
    text += "2. 乙享有（ ）。\nA. 优先权\nB. 留置权\n（二）丙借钱给丁。\n3. 丁应（ ）。\nA. 还钱\nB. 不还\n"
    text += "答案：1.A 2.A 3.B\n"
    assert keys(text) == ["A", "A", "B"]
    stems = [one.item.stem for one in read_bank(text.encode(), "题库.txt").items]
    assert [stem.split("\n")[0] for stem in stems] == ["甲将房屋出租给乙。"] * 2 + ["丙借钱给丁。"]


def test_a_case_without_a_number_below_its_heading_is_a_question() -> None:
    reading = read_bank(
        "一、单选题\n1. 甲？（A）\nA. 一\nB. 二\n二、案例分析题\n某公司……\n问：如何改正？\n答：无。\n".encode(),
        "题库.txt",
    )
    assert counts(reading) == {Kind.SINGLE_CHOICE: 1, Kind.ESSAY: 1}


def test_a_paper_without_any_answers_is_read_and_says_so() -> None:
    reading = read_bank("1. 甲是？\nA. 一\nB. 二\n\n2. 乙是？\nA. 一\nB. 二\n".encode(), "卷.txt")
    assert (reading.format, reading.total, codes(reading, "error")) == ("text", 2, ["key_missing", "key_missing"])


def test_a_paper_typed_line_by_line_into_a_workbook() -> None:
    rows = [
        ["1、甲是？（A）"],
        ["A、一", "B、二"],
        ["2、丙是火。（×）"],
        ["3、乙是？"],
        ["A、一"],
        ["B、二"],
        ["答案：AB"],
    ]
    reading = read_bank(workbook_of(("Sheet1", rows)), "卷.xlsx")
    assert (reading.format, [letters(one.item) for one in reading.items]) == ("sheet", ["A", "F", "AB"])
    assert reading.questions[2].where == "第 4 行（第 3 题）"
    lines = "\n".join(" ".join(row) for row in rows)
    assert read_bank(lines.encode(), "卷.csv").total == 3


def test_several_questions_in_a_row_are_all_read_and_have_places_of_their_own() -> None:
    names = ["序号", "题目", "答案"]
    rows = [[*names, "", *names], ["1", "甲是火", "√", "", "3", "丙是土", "错误吗"], ["2", "乙是水", "×"]]
    reading = read_bank(csv_of(*rows), "题库.csv")
    assert [one.where for one in reading.questions] == [
        "第 2 行（左起第 1 题）",
        "第 3 行（左起第 1 题）",
        "第 2 行（左起第 2 题）",
    ]
    assert counts(reading) == {Kind.TRUE_FALSE: 2, Kind.SHORT_ANSWER: 1}


def test_what_is_wrong_with_a_question_beside_another_is_said_of_it_and_mended_in_its_own_cells() -> None:
    names = ["题目", "A", "B", "答案"]
    data = csv_of([*names, *names], ["甲是？", "一", "二", "A", "乙是？", "三", "四", "E"])
    reading = read_bank(data, "题库.csv")
    found = assess(reading)
    assert [(one.code, one.where) for one in found.questions[1].findings] == [
        ("key_without_option", "第 2 行（左起第 2 题） H 列")
    ]
    assert (found.questions[0].findings, found.remarks) == ((), ())
    written = found.questions[1].written
    fix = Fix(reading.questions[1].where, msgspec.structs.replace(written, key="B"))
    mended = assess(reading, fixes={1: fix})
    assert mended.questions[1].outcome is Outcome.NEW
    given = write_annotated(mended, read_separated(data).sheets)
    again = read_bank(given, "标注.xlsx")
    assert [letters(one.item) for one in again.items] == ["A", "B"]


def shaped(value: object) -> BankReading:
    return read(json.dumps(value, ensure_ascii=False), "json")


def test_json_with_numbered_selections_and_with_sections_of_items() -> None:
    selected = {
        "title": "甲？",
        "select": [{"numb": "A", "content": "一"}, {"numb": "B", "content": "二"}],
        "correct_ans": "B",
    }
    assert letters(the_item(shaped([selected]))) == "B"
    section = {"title": "一、单选题", "items": [{"no": 1, "stem": "甲", "opts": ["A. 一", "B. 二"], "ans": "B"}]}
    assert letters(the_item(shaped({"exam": "安全", "sections": [section]}))) == "B"


def test_json_options_whose_text_is_called_answer() -> None:
    choices = [{"answer": "1", "correct": False}, {"answer": "2", "correct": True}]
    item = the_item(shaped({"questions": [{"type": "quiz", "question": "1+1？", "choices": choices}]}))
    assert ([option.text for option in item.options], letters(item)) == (["1", "2"], "B")


def test_json_of_canvas_without_options() -> None:
    value = [
        {"question_type": "text_only_question", "question_text": "请看图。", "answers": []},
        {
            "question_type": "matching_question",
            "question_text": "连一连",
            "answers": [{"left": "甲", "right": "一"}, {"left": "乙", "right": "二"}],
        },
        {
            "question_type": "numerical_question",
            "question_text": "2+2",
            "answers": [{"exact": 4, "margin": 0.5, "weight": 100}],
        },
        {
            "question_type": "short_answer_question",
            "question_text": "首都",
            "answers": [{"text": "北京", "weight": 100}],
        },
    ]
    pairs, number, text = (one.item.expected for one in shaped(value).items)
    assert isinstance(pairs, PairsExpected)
    assert [(pair.left, pair.right) for pair in pairs.pairs] == [("甲", "一"), ("乙", "二")]
    assert isinstance(number, NumberExpected)
    assert (number.ranges[0].low, number.ranges[0].high) == ("3.5", "4.5")
    assert isinstance(text, TextExpected)
    assert text.accepted[0].text == "北京"


def test_flash_cards_with_a_front_and_a_back() -> None:
    reading = read_bank("front,back,tags\n甲的首都,一,地理\n乙的首都,二,地理\n".encode(), "卡片.csv")
    assert counts(reading) == {Kind.SHORT_ANSWER: 2}


def test_qti_that_names_what_is_right_and_no_score() -> None:
    blank = '<response_str ident="r"><render_fib/></response_str>'
    right = f'<respcondition title="x"><conditionvar>{equals("r", "北京")}</conditionvar></respcondition>'
    item = the_item(read(qti1(qti1_item("short_answer_question", material("首都？") + blank, right)), "qti"))
    assert isinstance(item.expected, TextExpected)
    assert item.expected.accepted[0].text == "北京"
    chosen = lid("r", "Single", {"1": "一", "2": "二"})
    wrong = f'<respcondition title="incorrect"><conditionvar>{equals("r", "1")}</conditionvar></respcondition>'
    refused = read(qti1(qti1_item("multiple_choice_question", material("甲？") + chosen, wrong)), "qti")
    assert codes(refused, "error") == ["key_missing"]
