"""Everything that must be confirmed has words."""

import typing
from dataclasses import is_dataclass
from typing import Any

import pytest

from examengine.demo.practice import practice
from examengine.rules.load import Loaded, flatten, load, packaged_text, plain, rulebook_ids
from examengine.rules.rulebook import (
    ChoiceSection,
    ExamRules,
    HoursRules,
    MultipleSection,
    WindowRules,
    WrittenSection,
)
from examengine.web.operator.rule_words import MEANINGS, VALUES, meaning_of, remark_of, value_of


def leaves(cls: type, path: str) -> dict[str, Any]:
    """Every leaf of a table of the rulebook with its type."""
    found: dict[str, Any] = {}
    for name, hint in typing.get_type_hints(cls).items():
        inner = next(
            (
                option
                for option in (hint, *typing.get_args(hint))
                if isinstance(option, type)
                and is_dataclass(option)
                and option not in (ChoiceSection, MultipleSection, WrittenSection)
            ),
            None,
        )
        if inner is not None:
            found |= leaves(inner, f"{path}{name}.")
        else:
            found[path + name] = hint
    return found


LEAVES = leaves(WindowRules, "window.") | leaves(ExamRules, "exam.") | leaves(HoursRules, "hours.")


def test_every_value_that_may_be_assumed_has_a_meaning() -> None:
    assert set(MEANINGS) == set(LEAVES)


def test_every_word_that_a_value_may_be_is_worded() -> None:
    for key, hint in LEAVES.items():
        options = (hint, *typing.get_args(hint))
        words = {
            word
            for option in options
            if typing.get_origin(option) is typing.Literal
            for word in typing.get_args(option)
        }
        words |= set(typing.get_args(hint)) if typing.get_origin(hint) is typing.Literal else set()
        words |= {
            member.value
            for option in options
            if isinstance(option, type) and hasattr(option, "__members__")
            for member in option
        }
        if words:
            assert set(VALUES[key]) == words, key


@pytest.mark.parametrize("loaded", [*(load(packaged_text(name)) for name in rulebook_ids()), practice(2026, "练习")])
def test_what_the_files_assume_reads_as_chinese(loaded: Loaded) -> None:
    values = plain(flatten(loaded.content))
    for key in loaded.assumed():
        assert meaning_of(key) != key
        told = value_of(key, values[key])
        assert told
        assert "_" not in told, (key, told)
        assert "{" not in told, (key, told)
        assert not remark_of(loaded.provenance[key]).isascii(), (key, loaded.provenance[key])


def test_values_read_as_they_would_be_said() -> None:
    assert value_of("exam.minutes", 60) == "60 分钟"
    assert value_of("exam.interruption.max_returns", 0) == "不限"
    assert value_of("exam.pass_inclusive", True) == "是"
    assert value_of("exam.paper.single", {"count": 30, "points": 2}) == "30 题，每题 2 分"
    section = {"count": 10, "points": "1.5", "partial_credit": "half"}
    assert value_of("exam.paper.multiple", section) == "10 题，每题 1.5 分，少选得一半分"
    assert value_of("hours.professional_min_ratio", [2, 3]) == "2/3"
    assert value_of("window.opens_on", "2014-05-05") == "2014-05-05"
    assert value_of("exam.support_phone", "") == "（空）"
    assert remark_of("D:约150") == "约150"


def test_a_section_says_what_is_given_for_a_part_and_how_many_mark() -> None:
    essay = {"count": 1, "points": 10, "markers": 2}
    assert value_of("exam.paper.essay", essay) == "1 题，每题 10 分，2 人各自阅卷"
    cloze = {"count": 2, "points": "1.5", "partial_credit": "per_option"}
    assert value_of("exam.paper.cloze", cloze) == "2 题，每题 1.5 分，对几处给几处的分"
    multiple = {"count": 2, "points": 3, "partial_credit": "half"}
    assert value_of("exam.paper.multiple", multiple) == "2 题，每题 3 分，少选得一半分"
