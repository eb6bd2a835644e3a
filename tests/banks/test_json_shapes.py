import json
from typing import Any

import pytest

from examengine.banks.item import Kind
from examengine.banks.readers.reading import BankReading
from examengine.banks.responses import EssayExpected
from tests.banks.builders import codes, letters, the_item
from tests.banks.foreign_builders import read


def shaped(value: Any) -> BankReading:
    return read(json.dumps(value, ensure_ascii=False), "json")


@pytest.mark.parametrize(
    "question",
    [
        {"question": "首都是？", "options": ["上海", "北京"], "answer": "B"},
        {"question": "首都是？", "options": ["A. 上海", "B. 北京"], "answer": "B"},
        {"question": "首都是？", "options": {"A": "上海", "B": "北京"}, "answer": ["B"]},
        {"题干": "首都是？", "选项": "A.上海|B.北京", "答案": "B"},
        {"题目": "首都是？", "A": "上海", "B": "北京", "正确答案": "B"},
        {"title": "首都是？", "optionA": "上海", "optionB": "北京", "correctAnswer": "B"},
        {
            "content": "首都是？",
            "options": [{"label": "A", "text": "上海"}, {"label": "B", "text": "北京"}],
            "answer": "B",
        },
        {
            "content": "首都是？",
            "options": [{"key": "B", "value": "北京"}, {"key": "A", "value": "上海"}],
            "answer": "B",
        },
        {"stem": "首都是？", "options": [{"content": "上海"}, {"content": "北京", "isCorrect": True}]},
        {"stem": "<p>首都是？</p>", "options": ["上海", "北京"], "correct_answer": "北京"},
        {"question": "首都是？", "choices": ["上海", "北京"], "correctIndex": 1},
        {"type": "单选题", "question": "首都是？", "options": ["上海", "北京"], "answer": "B", "id": 7},
    ],
)
def test_a_choice_in_the_shapes_of_many_programs(question: dict[str, Any]) -> None:
    item = the_item(shaped([question]))
    assert (item.kind, item.stem, letters(item)) == (Kind.SINGLE_CHOICE, "首都是？", "B")
    assert [option.text for option in item.options] == ["上海", "北京"]


def test_right_and_wrong_answers_apart() -> None:
    item = the_item(
        shaped({"results": [{"question": "首都？", "correct_answer": "北京", "incorrect_answers": ["上海", "广州"]}]})
    )
    assert ([option.text for option in item.options], letters(item)) == (["北京", "上海", "广州"], "A")


def test_chapters_and_kinds_around_questions_are_understood() -> None:
    value = [
        {
            "chapter": "总则",
            "sections": [{"type": "判断题", "questions": [{"content": "一周有七天。", "answer": "对"}]}],
        },
        {"多选题": [{"question": "偶数？", "options": ["1", "2", "4"], "answer": "BC"}]},
        {"type": "试题", "questions": [{"type": "简答题", "content": "谈谈。", "options": [], "answer": "要点"}]},
    ]
    reading = shaped(value)
    judged, several, essay = (one.item for one in reading.items)
    assert (judged.kind, judged.key, judged.topic) == (Kind.TRUE_FALSE, {"t"}, "总则")
    assert (several.kind, letters(several)) == (Kind.MULTIPLE_CHOICE, "BC")
    assert (essay.kind, essay.expected) == (Kind.ESSAY, EssayExpected("要点"))


def test_one_object_a_line() -> None:
    line = json.dumps({"question": "首都是？", "options": ["上海", "北京"], "answer": "B"}, ensure_ascii=False)
    assert read(f"{line}\n\n{line.replace('首都', '省会')}\n", "json").importable == 2


def test_a_question_without_its_stem_or_its_key_is_named_by_its_place() -> None:
    good = {"question": "首都是？", "options": ["上海", "北京"], "answer": "B"}
    reading = shaped([good, good | {"question": ""}, {"question": "省会是？", "options": ["甲", "乙"], "answer": ""}])
    assert (reading.total, reading.importable) == (2, 1)
    assert [(f.code, f.where) for f in reading.findings] == [("stem_missing", "第 2 题"), ("key_missing", "第 3 题")]


def test_a_picture_that_is_only_named_is_said_to_be_missing() -> None:
    reading = shaped([{"question": "看图？", "options": ["甲", "乙"], "answer": "A", "image": "1.png"}])
    assert codes(reading) == ["image_missing"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[", "json_malformed"),
        ('[{"question": "x",\n "options": [}]', "json_malformed"),
        ("[" * 200_000, "json_malformed"),
        ("[]", "no_questions"),
        ('{"name": "x", "version": 1}', "no_questions"),
        ("[1, 2, null, true, {}]", "no_questions"),
        ('{"question": {"options": {}}, "answer": []}', "no_questions"),
    ],
)
def test_what_holds_no_question_says_so(text: str, code: str) -> None:
    reading = read(text, "json")
    assert (reading.total, codes(reading, "error")) == (0, [code])


def test_a_syntax_error_is_named_by_its_line() -> None:
    assert "第 3 行" in read('[\n{"question": "甲"},\n{"question" "乙"}]', "json").findings[0].message
