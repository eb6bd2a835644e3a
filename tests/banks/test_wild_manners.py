"""Manners met in banks that other people publish, each told again with questions of our own."""

import json

import pytest

from examengine.banks.item import Kind
from examengine.banks.readers import read_bank
from examengine.banks.readers.reading import BankReading
from examengine.banks.responses import EssayExpected, TextExpected
from tests.banks.builders import codes, letters, the_item
from tests.banks.foreign_builders import equals, material, qti1, read


def counts(reading: BankReading) -> dict[Kind, int]:
    return {kind: count for kind, count in reading.by_type.items() if count}


def shaped(value: object) -> BankReading:
    return read(json.dumps(value, ensure_ascii=False), "json")


ANSWERS_BY_SECTION = """安全试题
一、填空题（每空1分）
1、方针是____第一。
2、灭火器每（   ）检查一次。
二、单选题
1、火警电话是（  ）。
A．110 B．119 C．120
2、先做什么？
A．喊人
B．断电
三、判断题
1、油着火可用水扑灭。（  ）
四、简答题
1、怎样用灭火器？

参考答案
一、填空题
1、安全 2、月
二、单选题
1、B 2、B
三、判断题
1、×
四、简答题
1、提、拔、握、压。
要对准根部。
"""


def test_answers_at_the_end_under_the_headings_of_the_paper_again() -> None:
    reading = read(ANSWERS_BY_SECTION, "text")
    assert counts(reading) == {Kind.SHORT_ANSWER: 2, Kind.SINGLE_CHOICE: 2, Kind.TRUE_FALSE: 1, Kind.ESSAY: 1}
    assert (reading.importable, codes(reading, "error")) == (6, [])
    items = [one.item for one in reading.items]
    said = [item.expected.accepted[0].text for item in items[:2] if isinstance(item.expected, TextExpected)]
    assert said == ["安全", "月"]
    assert [letters(item) for item in items[2:5]] == ["B", "B", "F"]
    assert items[5].expected == EssayExpected("提、拔、握、压。\n要对准根部。")


def test_essays_without_answers_are_told_apart_though_a_number_is_missing() -> None:
    reading = read(
        "一、简答题\n\n1. 何为甲？\n\n2. 何为乙？\n\n5. 何为丁？\n\n二、论述题\n1. 论戊。\n答：略论。\n", "text"
    )
    assert counts(reading) == {Kind.ESSAY: 4}


def test_an_answer_of_numbered_points_stays_one_answer() -> None:
    text = "四、简答题\n1. 简述甲。\n参考答案：\n一、其一；\n二、其二。\n\n3. 简述乙。\n答：（一）子\n（二）丑\n"
    reading = read(text, "text")
    assert [one.item.stem for one in reading.items] == ["简述甲。", "简述乙。"]


@pytest.mark.parametrize(
    ("stem", "key", "shown"),
    [
        ("应满足（A）和（C）。", "AC", "应满足（　　）和（　　）。"),
        ("处（ A ）以下，重者（ A ）以上。", "A", "处（　　）以下，重者（　　）以上。"),
        ("给予（ C.  ）处分。", "C", "给予（　　）处分。"),
        ("存在的风险是：AB", "AB", "存在的风险是：（　　）"),
    ],
)
def test_keys_in_several_brackets_or_behind_a_colon(stem: str, key: str, shown: str) -> None:
    kind = "多选题" if len(key) > 1 else "单选题"
    item = the_item(read(f"一、{kind}\n1. {stem}\nA.甲\nB.乙\nC.丙\n", "text"))
    assert (letters(item), item.stem) == (key, shown)


TRADITIONAL = "一、單選題\n1. 首都？\n(A) 甲 (B) 乙 (C) 丙\n答案：(B)\n二、複選題\n1. 偶數？\n(A) 二 (B) 三 (C) 四\n"
TRADITIONAL += (
    "參考答案：(A)(C)\n三、是非題\n1. 一週七天。（○）\n2. 一年十月。\n答案：╳\n四、填充題\n1. 水是____。\n答案：H2O\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "big5"])
def test_papers_in_traditional_characters(encoding: str) -> None:
    reading = read_bank(TRADITIONAL.replace("╳", "×").encode(encoding), "題庫.txt")
    assert counts(reading) == {
        Kind.SINGLE_CHOICE: 1,
        Kind.MULTIPLE_CHOICE: 1,
        Kind.TRUE_FALSE: 2,
        Kind.SHORT_ANSWER: 1,
    }
    assert [letters(one.item) for one in reading.items][:4] == ["B", "AC", "T", "F"]


MARKDOWN = (
    "# 题库\n\n## 一、单选题\n\n### 1. 首都？\n\n- A. 上海\n- B. 北京\n\n**答案：** B\n\n**2. 省会？**\n\n- A. 南京\n"
)
MARKDOWN += "- B. 苏州\n\n> **答案**：A\n\n## 二、多选题\n\n1. 偶数？\n\n- [x] A. 二\n- [ ] B. 三\n- [x] C. 四\n"


def test_papers_in_markdown() -> None:
    reading = read_bank(MARKDOWN.encode(), "题库.md")
    assert (reading.format, [letters(one.item) for one in reading.items]) == ("text", ["B", "A", "AC"])
    assert reading.items[1].item.stem == "省会？"


def test_a_kind_in_brackets_may_be_any_kind_of_open_question() -> None:
    reading = read("1、（名词解释）水循环\n答案：水的运动。\n2、（案例分析题）某人……\n答案：甲。\n", "text")
    assert counts(reading) == {Kind.ESSAY: 2}


@pytest.mark.parametrize(
    ("question", "key"),
    [
        ({"q": "首都？", "options": ["上海", "北京"], "ans": "B"}, "B"),
        ({"question": "首都？", "options": ["A. 上海", "B. 北京"], "answer": "B. 北京"}, "B"),
        ({"question": "首都？", "options": ["A. 上海", "B. 北京"], "answer": ["A. 上海", "B. 北京"]}, "AB"),
        ({"question": "首都？", "item1": "上海", "item2": "北京", "item3": "", "answer": "2"}, "B"),
        ({"question": "首都？", "answers": [{"option": "上海"}, {"option": "北京", "is_correct": True}]}, "B"),
        ({"question": "首都？", "answers": [{"text": "上海", "weight": 0}, {"text": "北京", "weight": 100}]}, "B"),
        ({"question": "首都？", "answers": ["上海", "北京", "广州"], "correctAnswer": "北京"}, "B"),
        ({"question": "首都？", "answers": {"a": "上海", "b": "北京"}, "correctAnswer": "b"}, "B"),
        (
            {"question_text": "首都？", "options": [{"option_text": "上海"}, {"option_text": "北京"}], "answer": "B"},
            "B",
        ),
        ({"content": "首都？", "choose": ["<p>A．上海</p>", "<p>B．北京</p>"], "answer": "<p>B</p>"}, "B"),
        (
            {
                "stem": "首都？",
                "options": [{"value": "A", "label": "上海"}, {"value": "B", "label": "北京"}],
                "key": "B",
            },
            "B",
        ),
        ({"type": "选词填空", "question": "____是首都。", "options": ["上海", "北京"], "answer": "B"}, "B"),
    ],
)
def test_more_shapes_of_json(question: dict[str, object], key: str) -> None:
    item = the_item(shaped([question]))
    assert ([option.text for option in item.options][:2], letters(item)) == (["上海", "北京"], key)


def test_type_codes_that_count_from_zero() -> None:
    value = [
        {"type": 0, "title": "单？", "options": ["一", "二", "三"], "answer": [1]},
        {"type": 0, "title": "单二？", "options": ["一", "二", "三"], "answer": [0]},
        {"type": 1, "title": "多？", "options": ["一", "二", "三"], "answer": [0, 2]},
        {"type": 2, "title": "一周七天。", "answer": True},
        {"type": 3, "title": "水是____。", "answer": "H2O"},
        {"type": 4, "title": "简述甲。", "answer": "甲者……"},
    ]
    assert counts(shaped(value)) == {
        Kind.SINGLE_CHOICE: 2,
        Kind.MULTIPLE_CHOICE: 1,
        Kind.TRUE_FALSE: 1,
        Kind.SHORT_ANSWER: 1,
        Kind.ESSAY: 1,
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("multiple_answers_question", Kind.MULTIPLE_CHOICE),
        ("true_false_question", Kind.TRUE_FALSE),
        ("completion", Kind.SHORT_ANSWER),
        ("longtext", Kind.ESSAY),
    ],
)
def test_kinds_by_the_names_of_other_systems(name: str, kind: Kind) -> None:
    value = {"question_type": name, "question": "甲？", "answer": "对", "options": []}
    if kind is Kind.MULTIPLE_CHOICE:
        value |= {"options": ["一", "二"], "answer": "AB"}
    assert counts(shaped([value])) == {kind: 1}


def test_a_remark_behind_t_or_f_in_gift() -> None:
    item = the_item(read("::一:: 一周八天。\n{ // 先想\n  F // 七天\n}\n", "gift"))
    assert (item.kind, letters(item)) == (Kind.TRUE_FALSE, "F")


def test_qti_gaps_named_in_the_stem_without_a_word_on_the_kind() -> None:
    def gap(name: str) -> str:
        label = f'<response_label ident="{name}1">{material("红")}</response_label>'
        other = f'<response_label ident="{name}2">{material("蓝")}</response_label>'
        return f'<response_lid ident="response_{name}"><render_choice>{label}{other}</render_choice></response_lid>'

    scoring = "".join(
        f"<respcondition><conditionvar>{equals(f'response_{name}', f'{name}1')}</conditionvar>"
        '<setvar action="Add" varname="SCORE">50</setvar></respcondition>'
        for name in ("x", "y")
    )
    presentation = f"<presentation>{material('花[x]，果[y]。')}{gap('x')}{gap('y')}</presentation>"
    scored = f"<resprocessing><outcomes><decvar/></outcomes>{scoring}</resprocessing>"
    item = the_item(read(qti1(f'<item ident="q">{presentation}{scored}</item>'), "qti"))
    assert item.kind is Kind.CLOZE


YUKETANG = """【第 1 题】
1.单选题 (1分)
首都是（）。
A
上海
B
北京
本题得分： 1 分
正确答案： B
------------------------------

【第 2 题】
2.多选题 (1分)
偶数是（）。
A
二
B
三
C
四
本题得分： 0 分
正确答案： A,C (少选不得分)
------------------------------
"""
CHAOXING = """### 一. 单选题（共1题）

*1*

【单选题】

首都是( )。

- A、

  上海

- B、

  北京

我的答案：

A

**0.0**分

正确答案：

B

### 二. 多选题（共1题）

*2*

【多选题】偶数是( )。

- *A、*[二](javascript:void(0);)
- *B、*[三](javascript:void(0);)
- *C、*[四](javascript:void(0);)

我的答案：

AC

**4.1**分

正确答案：

AC

[*AI讲解*](javascript:;)
"""


@pytest.mark.parametrize("text", [YUKETANG, CHAOXING])
def test_papers_copied_out_of_course_platforms(text: str) -> None:
    reading = read_bank(text.encode(), "题库.txt")
    first, second = (one.item for one in reading.items)
    assert (reading.format, codes(reading, "error")) == ("text", [])
    assert ([option.text for option in first.options], letters(first)) == (["上海", "北京"], "B")
    assert ([option.text for option in second.options], letters(second)) == (["二", "三", "四"], "AC")
    assert second.stem.startswith("偶数是")


def test_judgements_with_options_named_true_and_false_and_ticks_as_keys() -> None:
    text = "1. 一周七天。( )\n   true. 正确\n   false. 错误\n参考答案：✔\n----------------\n\n"
    text += "2. 一年十月。( )\n   true. 正确\n   false. 错误\n参考答案：❌\n"
    assert [letters(one.item) for one in read(text, "text").items] == ["T", "F"]


def test_a_question_and_its_answer_on_a_line() -> None:
    text = "题目：一周七天。  答案：正确\n题目：一年十月。  答案：错误\n题目：一年几月？  答案：十二\n"
    reading = read_bank(text.encode(), "题库.txt")
    assert (reading.format, counts(reading)) == ("text", {Kind.TRUE_FALSE: 2, Kind.SHORT_ANSWER: 1})


def test_a_json_topic_with_options_below_is_the_question() -> None:
    item = the_item(shaped({"1": [{"topic": "首都？", "answer": "B", "options": ["A. 上海", "B. 北京"]}]}))
    assert (item.stem, letters(item)) == ("首都？", "B")
