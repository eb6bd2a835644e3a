from dataclasses import replace
from datetime import date

import msgspec
import pytest

from examengine.banks.item import Item, Kind, Option, from_json, to_json, with_random_option_ids
from examengine.banks.responses import (
    AcceptedText,
    ChoiceExpected,
    EssayExpected,
    Expected,
    Gap,
    GapsExpected,
    NumberExpected,
    NumberRange,
    Pair,
    PairsExpected,
    TextExpected,
    answerable,
)
from tests.banks.builders import a_single_choice, a_true_false


def test_an_item_survives_its_json() -> None:
    item = replace(
        a_single_choice(texts=("一", "二", "以上都对"), key="c"),
        points_hundredths=250,
        difficulty="难",
        valid_until=date(2026, 12, 31),
        years=(2014, 2015),
        external_no="GX-1",
    )
    assert from_json(to_json(item)) == item
    assert from_json(to_json(a_true_false())) == a_true_false()


def test_equal_items_give_equal_bytes() -> None:
    one = replace(a_single_choice(), kind=Kind.MULTIPLE_CHOICE, key=frozenset("ab"))
    other = replace(a_single_choice(), kind=Kind.MULTIPLE_CHOICE, key=frozenset("ba"))
    assert to_json(one) == to_json(other)


def test_json_of_something_else_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        from_json(b'{"kind":"no_such_kind","stem":"","options":[],"key":[]}')


def test_random_option_ids_keep_texts_order_and_key() -> None:
    item = with_random_option_ids(a_single_choice(texts=("一", "二", "三"), key="b"), iter("qxc"))
    assert [option.id for option in item.options] == ["q", "x", "c"]
    assert [option.text for option in item.options] == ["一", "二", "三"]
    assert item.key == {"x"}


def test_true_false_keeps_its_ids_and_takes_no_letter() -> None:
    letters = iter("ab")
    assert with_random_option_ids(a_true_false(), letters) == a_true_false()
    assert next(letters) == "a"


@pytest.mark.parametrize("letters", ["a", "aa", "aA", ["a", "bc"], ["a", ""], ["a", "é"]])
def test_letters_that_do_not_suffice_or_repeat_are_refused(letters: object) -> None:
    with pytest.raises(ValueError, match="needs a letter"):
        with_random_option_ids(a_single_choice(), letters)  # type: ignore[arg-type]


def test_an_option_is_movable_unless_said_otherwise() -> None:
    assert not Option("a", "甲").fixed
    assert Item(Kind.ESSAY, "题", (), frozenset()).points_hundredths is None


def test_items_kept_before_there_was_markup_have_the_same_bytes_and_digest() -> None:
    item = replace(a_single_choice(), key=frozenset("ba"), valid_until=date(2026, 1, 2), years=(2014,))
    assert (
        to_json(item)
        == (
            '{"kind":"single_choice","stem":"首都是哪座城市？","options":[{"id":"a","text":"上海","fixed":false},'
            '{"id":"b","text":"北京","fixed":false}],"key":["a","b"],"points_hundredths":null,"difficulty":"","topic":"",'
            '"explanation":"","source":"","valid_until":"2026-01-02","years":[2014],"external_no":""}'
        ).encode()
    )


def test_markup_and_expectation_survive_the_json() -> None:
    gap = Gap("{1}", NumberExpected((NumberRange("1", "2"),)))
    options = (Option("a", "甲", markup="<b>甲</b>"), Option("b", "乙"))
    item = Item(Kind.CLOZE, "空{1}", options, frozenset(), markup="<p>空{1}</p>", expected=GapsExpected((gap,)))
    assert from_json(to_json(item)) == item


@pytest.mark.parametrize(
    ("expected", "can"),
    [
        (None, False),
        (EssayExpected(), True),
        (TextExpected((AcceptedText("甲", 99),)), False),
        (TextExpected((AcceptedText("甲", 100),)), True),
        (NumberExpected(()), False),
        (PairsExpected(()), False),
        (PairsExpected((Pair("甲", "1"),)), True),
        (ChoiceExpected(("甲",), ((0, 100),)), False),
        (ChoiceExpected(("甲", "乙"), ((0, 100),)), True),
        (GapsExpected(()), False),
        (GapsExpected((Gap("{1}", TextExpected(())),)), False),
    ],
)
def test_an_expectation_is_answerable_where_the_full_score_can_be_had(expected: Expected | None, can: bool) -> None:
    assert answerable(expected) is can
