import pytest

from examengine.banks.dialects.options import (
    UnreadableOptionsError,
    options_in_stem,
    python_strings,
    split_options,
    strip_labels,
)

FOUR = ["甲", "乙", "丙", "丁"]


@pytest.mark.parametrize(
    "cell",
    [
        "A-甲|B-乙|C-丙|D-丁",
        "A. 甲 | B. 乙 | C. 丙 | D. 丁",
        "A.甲/B.乙/C.丙/D.丁",
        "A、甲\nB、乙\nC、丙\nD、丁",
        "A、甲\r\nB、乙\r\n\r\nC、丙\r\nD、丁",
        "A.甲 B.乙 C.丙 D.丁",
        "A．甲B．乙C．丙D．丁",
        "A：甲；B：乙；C：丙；D：丁；",
        "(A)甲 (B)乙 (C)丙 (D)丁",
        "（A）甲\n（B）乙\n（C）丙\n（D）丁",
        "a. 甲\nb. 乙\nc. 丙\nd. 丁",
        "①甲\n②乙\n③丙\n④丁",
        "甲|乙|丙|丁",
        "甲｜乙｜丙｜丁",
        "甲\n乙\n丙\n丁",
        "甲\t乙\t丙\t丁",
        "甲；乙；丙；丁",
        "甲、乙、丙、丁",
        "甲,乙,丙,丁",
        '["甲","乙","丙","丁"]',
        '["A.甲","B.乙","C.丙","D.丁"]',
        '[{"optionContent":"甲"},{"optionContent":"乙"},{"optionContent":"丙"},{"optionContent":"丁\\t"}]',
        '[{"label":"A","text":"甲"},{"label":"B","text":"乙"},{"label":"C","text":"丙"},{"label":"D","text":"丁"}]',
        '{"A":"甲","C":"丙","B":"乙","D":"丁"}',
        "['甲', '乙', '丙', '丁']",
    ],
)
def test_options_in_one_cell(cell: str) -> None:
    options, joint = split_options(cell)
    assert options == FOUR
    assert joint


@pytest.mark.parametrize("cell", ["", " ", "/", "\\", "-", "无", "[]", "null", "——"])
def test_a_cell_that_says_there_are_none(cell: str) -> None:
    assert split_options(cell) == ([], "")


@pytest.mark.parametrize(
    "cell",
    ['[{"optionContent":"甲"', '["甲",]', '[{"x":1}]', '{"甲":"乙"}', "[" * 5000 + "]" * 5000, '["甲", 3, null]'],
)
def test_broken_notation_is_refused_not_guessed(cell: str) -> None:
    try:
        options, _ = split_options(cell)
    except UnreadableOptionsError:
        return
    assert len(options) < 2


def test_numbers_in_json_are_texts() -> None:
    assert split_options("[1, 2.5, 3]") == (["1", "2.5", "3"], "JSON")


def test_a_label_inside_an_option_does_not_split_it() -> None:
    assert split_options("A-类似于B-树的结构|B-哈希表") == (["类似于B-树的结构", "哈希表"], "竖线")
    assert split_options("A. list | B. dict")[0] == ["list", "dict"]


def test_labels_go_only_where_each_option_bears_its_own() -> None:
    assert strip_labels(["A. 甲", "B. 乙"]) == (["甲", "乙"], True)
    assert strip_labels(["A. A. 甲", "B. B. 乙"]) == (["甲", "乙"], True)
    assert strip_labels(["A. 甲", "C. 乙"]) == (["A. 甲", "C. 乙"], False)
    assert strip_labels(["A. 甲", "乙"]) == (["A. 甲", "乙"], False)
    assert strip_labels(["A. 甲"]) == (["A. 甲"], False)


def test_options_written_into_the_stem() -> None:
    assert options_in_stem("下列正确的是\nA. 甲\nB. 乙") == ("下列正确的是", ["甲", "乙"])
    assert options_in_stem("下列正确的是\n\nA. 甲  B. 乙\nC. 丙  D. 丁") == ("下列正确的是", FOUR)
    assert options_in_stem("第一行\n第二行") is None
    assert options_in_stem("A. 甲\nB. 乙") is None


def test_python_lists_of_strings() -> None:
    assert python_strings("['罗盛教  ']") == ["罗盛教  "]
    assert python_strings("""['a', "b'c", 'd\\'e']""") == ["a", "b'c", "d'e"]
    assert python_strings("[]") == []
    assert python_strings("[1, 2]") is None
    assert python_strings("__import__('os')") is None
    assert python_strings("['a'") is None
