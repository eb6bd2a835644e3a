from dataclasses import replace

import pytest

from examengine.banks.checks import bear_their_letters, check_item, repetitions
from examengine.banks.item import TRUE_FALSE_OPTIONS, Item, Kind, Option
from examengine.banks.problems import Problem
from examengine.banks.wording import EXPLANATION_LIMIT, LINE_LIMIT, OPTION_LIMIT, STEM_LIMIT
from tests.banks.builders import a_single_choice, a_true_false

GOOD = a_single_choice(texts=("上海", "北京", "广州"), key="b")


def problem_codes(item: Item) -> set[tuple[str, str, str]]:
    return {(problem.severity, problem.code, problem.part) for problem in check_item(item)}


@pytest.mark.parametrize(
    "item", [GOOD, a_true_false(), replace(GOOD, kind=Kind.MULTIPLE_CHOICE, key=frozenset("ab"))]
)
def test_good_items_have_no_problems(item: Item) -> None:
    assert check_item(item) == ()


def with_options(*texts: str) -> Item:
    return a_single_choice(texts=texts, key="a")


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        (replace(GOOD, stem=""), ("error", "stem_missing", "stem")),
        (replace(GOOD, stem=" 题"), ("error", "untidy_text", "stem")),
        (replace(GOOD, stem="题" * (STEM_LIMIT + 1)), ("error", "stem_too_long", "stem")),
        (replace(GOOD, stem="12、题"), ("info", "leading_number", "stem")),
        (replace(GOOD, stem="编号 1.2E+17 的人"), ("warning", "number_rounded", "stem")),
        (replace(GOOD, stem="#N/A"), ("error", "error_value", "stem")),
        (replace(GOOD, stem='看图 <img src="a.png">'), ("warning", "image_not_taken", "stem")),
        (with_options("甲"), ("error", "options_too_few", "options")),
        (with_options("甲", ""), ("error", "option_empty", "options")),
        (with_options("甲", "乙 "), ("error", "untidy_text", "options")),
        (with_options("甲", "乙" * (OPTION_LIMIT + 1)), ("error", "option_too_long", "options")),
        (with_options("甲", "乙", "甲。"), ("error", "options_duplicate", "options")),
        (with_options("甲", "/"), ("warning", "option_placeholder", "options")),
        (with_options("甲", "乙【固定】"), ("error", "option_mark", "options")),
        (with_options("A. 甲", "B. 乙"), ("info", "option_prefix", "options")),
        (with_options("甲", "乙", "A和B都对"), ("info", "options_name_letters", "options")),
        (with_options("甲", "3.1E+12"), ("warning", "number_rounded", "options")),
        (with_options(*map(str, range(27))), ("error", "options_too_many", "options")),
        (replace(GOOD, options=(Option("b", "甲"), Option("b", "乙"))), ("error", "option_ids", "options")),
        (replace(a_true_false(), options=TRUE_FALSE_OPTIONS[:1]), ("error", "true_false_options", "options")),
        (replace(GOOD, key=frozenset()), ("error", "key_missing", "key")),
        (replace(GOOD, key=frozenset("z")), ("error", "key_without_option", "key")),
        (replace(GOOD, key=frozenset("ab")), ("error", "key_one_expected", "key")),
        (replace(GOOD, kind=Kind.MULTIPLE_CHOICE), ("warning", "key_single_letter", "key")),
        (replace(GOOD, kind=Kind.OTHER), ("error", "not_deliverable_yet", "stem")),
        (replace(GOOD, points_hundredths=-1), ("error", "points_out_of_range", "points")),
        (replace(GOOD, difficulty="极难"), ("error", "difficulty_unknown", "difficulty")),
        (replace(GOOD, explanation="故选B"), ("info", "explanation_names_letters", "explanation")),
        (replace(GOOD, explanation=" 因为"), ("error", "untidy_text", "explanation")),
        (replace(GOOD, explanation="因" * (EXPLANATION_LIMIT + 1)), ("error", "explanation_too_long", "explanation")),
        (replace(GOOD, topic="两\n行"), ("error", "untidy_text", "topic")),
        (replace(GOOD, source="长" * (LINE_LIMIT + 1)), ("error", "line_too_long", "source")),
        (replace(GOOD, external_no="甲  乙"), ("error", "untidy_text", "external_no")),
    ],
)  # fmt: skip
def test_each_problem_is_found_and_named(item: Item, problem: tuple[str, str, str]) -> None:
    assert problem in problem_codes(item)


@pytest.mark.parametrize("length", [STEM_LIMIT - 1, STEM_LIMIT])
def test_a_stem_up_to_the_limit_is_taken(length: int) -> None:
    assert check_item(replace(GOOD, stem="题" * length)) == ()


def test_a_problem_of_an_option_names_which() -> None:
    (found,) = check_item(with_options("甲", "乙", "甲"))
    assert found == Problem("error", "options_duplicate", "options", "选项C与选项A相同：“甲”", 2)


@pytest.mark.parametrize(
    ("texts", "bear"),
    [
        (["A. 甲", "B. 乙"], True),
        (["(a)甲", "（B）、乙", "c、丙"], True),
        (["A. 甲", "乙"], False),
        (["A. 甲", "C. 乙"], False),
        (["A甲", "B乙"], False),
        (["A. 甲"], False),
        ([], False),
    ],
)
def test_labels_are_told_from_words(texts: list[str], bear: bool) -> None:
    assert bear_their_letters(texts) is bear


def test_repetitions_are_told_from_contradictions_and_from_common_stems() -> None:
    first = a_single_choice("下列说法正确的是（ ）", ("甲", "乙", "丙"), "a")
    items = [
        first,
        a_single_choice("下列说法正确的是(  )。", ("丙", "甲", "乙"), "b"),
        a_single_choice("下列说法正确的是", ("甲", "乙", "丙"), "c"),
        a_single_choice("下列说法正确的是", ("丁", "戊"), "a"),
        a_true_false("一周有七天"),
        a_true_false("一周有七天。", "f"),
        replace(a_true_false("一年有四季"), external_no="N1"),
        replace(a_true_false("一天有两昼夜"), external_no="N1"),
    ]
    found = {(repetition.index, repetition.first): repetition.how for repetition in repetitions(items)}
    assert found == {
        (1, 0): "same",
        (2, 0): "other_key",
        (3, 0): "other_options",
        (5, 4): "other_key",
        (7, 6): "external_no",
    }
