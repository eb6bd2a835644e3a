"""Words and forms of corrections: every case has its words, every form its ruling."""

import pytest

from examengine.banks.item import Item, Kind, Option
from examengine.banks.responses import AcceptedText, NumberExpected, NumberRange, Pair, PairsExpected, TextExpected
from examengine.grading.correction import AnyOf, Dropped, FullMarks, NewKey, Ruling
from examengine.grading.statistics import Suspicion
from examengine.records.words import CorrectionState
from examengine.regrading.asking import Obstacle
from examengine.web.author.correction_form import Typed, actions_for, ruling_of
from examengine.web.author.correction_words import (
    OBSTACLES,
    STATES,
    SUSPICIONS,
    candidates_reason,
    ruling_told,
)

OPTIONS = tuple(Option(letter, text) for letter, text in zip("qwer", "甲乙丙丁", strict=True))
SINGLE = Item(Kind.SINGLE_CHOICE, "?", OPTIONS, frozenset("q"))
MULTIPLE = Item(Kind.MULTIPLE_CHOICE, "?", OPTIONS, frozenset("qw"))
SHORT = Item(Kind.SHORT_ANSWER, "?", (), frozenset(), expected=TextExpected((AcceptedText("甲"),)))
NUMBER = Item(Kind.NUMERIC, "?", (), frozenset(), expected=NumberExpected((NumberRange("1", "1"),)))
PAIRS = Item(Kind.MATCHING, "?", (), frozenset(), expected=PairsExpected((Pair("a", "b"),)))
SHORT_KEY = NewKey(expected=TextExpected((AcceptedText("乙"), AcceptedText("丙"))))
NUMBER_KEY = NewKey(expected=NumberExpected((NumberRange("3.14", "3.14"), NumberRange("-1", "2"))))


def test_every_case_has_its_words() -> None:
    assert set(STATES) == set(CorrectionState)
    assert set(OBSTACLES) == set(Obstacle)
    assert set(SUSPICIONS) == set(Suspicion)


@pytest.mark.parametrize(
    ("item", "typed", "ruling", "told"),
    [
        (SINGLE, Typed("new_key", "w"), NewKey("w"), "答案改为 B"),
        (SINGLE, Typed("any_of", "qw"), AnyOf(("q", "w")), "A 或 B 均算对"),
        (SINGLE, Typed("full_marks", "qw"), FullMarks(), "全员给分"),
        (MULTIPLE, Typed("new_key", "eqw"), NewKey("eqw"), "答案改为 ABC"),
        (MULTIPLE, Typed("any_of", groups="ac、 ACD"), AnyOf(("eq", "eqr")), "AC 或 ACD 均算对"),
        (MULTIPLE, Typed("dropped"), Dropped(), "作废此题"),
        (SHORT, Typed("new_key", texts="乙\n丙"), SHORT_KEY, "答案改为 “乙” 或 “丙”"),
        (NUMBER, Typed("new_key", texts="3.14\n-1～2"), NUMBER_KEY, "答案改为 3.14 或 -1～2"),
        (SINGLE, Typed("new_key", "qw"), None, ""),
        (SINGLE, Typed("new_key"), None, ""),
        (MULTIPLE, Typed("any_of", "qw", groups="AC AC"), None, ""),
        (SHORT, Typed("new_key"), None, ""),
        (NUMBER, Typed("new_key", texts="三"), None, ""),
        (NUMBER, Typed("new_key", texts="2～1"), None, ""),
        (NUMBER, Typed("new_key", texts="NaN"), None, ""),
        (PAIRS, Typed("new_key", texts="a"), None, ""),
    ],
)
def test_a_form_means_a_ruling_or_an_error(item: Item, typed: Typed, ruling: Ruling | None, told: str) -> None:
    whole = Typed(typed.action, typed.ticked, typed.groups, typed.texts, reason="理由", source="依据")
    found, errors = ruling_of(item, whole)
    assert found == ruling
    assert bool(errors) is (ruling is None)
    if ruling is not None:
        assert ruling_told(item, ruling) == told


def test_pairs_and_essays_are_given_to_all_or_dropped() -> None:
    assert actions_for(PAIRS) == ("full_marks", "dropped")
    assert actions_for(SHORT) == ("new_key", "full_marks", "dropped")


def test_a_candidate_never_reads_what_is_right() -> None:
    for ruling in (NewKey("w"), AnyOf(("q", "w")), SHORT_KEY, FullMarks(), Dropped()):
        told = candidates_reason(ruling, 12)
        assert told.startswith("第 12 题")
        assert not set("ABCD甲乙丙丁") & set(told)
