import pytest

from examengine.banks.item import Kind
from tests.banks.builders import codes, letters, the_item
from tests.banks.foreign_builders import read


def test_a_question_is_stem_options_and_answer() -> None:
    item = the_item(read("首都是\n哪座城市？\nA) 上海\nB. 北京\nANSWER: B\n", "aiken"))
    assert (item.kind, item.stem, letters(item)) == (Kind.SINGLE_CHOICE, "首都是\n哪座城市？", "B")
    assert [option.text for option in item.options] == ["上海", "北京"]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_blank_lines_do_not_matter(end: str) -> None:
    text = "甲？\n\nA) 一\n\nB) 二\nANSWER: A\n\n\n乙？\nA) 一\nB) 二\nanswer： b".replace("\n", end)
    assert [letters(one.item) for one in read(text, "aiken").items] == ["A", "B"]


def test_several_letters_are_several_keys_and_words_of_judgement_are_options() -> None:
    text = "偶数？\nA. 1\nB. 2\nC. 4\nANSWER: B, C\n\n对吗？\nA. True\nB. False\nANSWER: B\n"
    several, judged = read(text, "aiken").items
    assert (several.item.kind, letters(several.item)) == (Kind.MULTIPLE_CHOICE, "BC")
    assert (judged.item.kind, judged.item.key) == (Kind.SINGLE_CHOICE, {"b"})


def test_a_letter_without_option_is_counted_and_not_imported() -> None:
    reading = read("甲？\nA) 一\nB) 二\nANSWER: C\n", "aiken")
    assert (reading.total, reading.importable) == (1, 0)
    assert codes(reading, "error") == ["key_without_option"]


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("甲？\nA. 一\nC. 二\nANSWER: A", "options_unreadable", "第 1 行（第 1 题）"),
        ("ANSWER: A", "not_a_question", "第 1 行（第 1 题）"),
        ("甲？\nANSWER: A", "not_a_question", "第 1 行（第 1 题）"),
        ("A) 一\nB) 二\nANSWER: A", "not_a_question", "第 1 行（第 1 题）"),
        ("甲？\nA) 一\nB) 二\n", "key_missing", "第 1 行"),
    ],
)
def test_a_block_that_breaks_the_format_is_named_by_its_line(text: str, code: str, where: str) -> None:
    reading = read(text, "aiken")
    assert reading.total == 0
    assert (reading.findings[0].code, reading.findings[0].where) == (code, where)
