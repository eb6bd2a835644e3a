import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.banks.item import TRUE_FALSE_OPTIONS, Item, Kind, Option
from examengine.banks.responses import (
    ESSAY_LIMIT,
    PARTS_LIMIT,
    VALUE_BYTES,
    ChoiceExpected,
    EssayExpected,
    Expected,
    Gap,
    GapsExpected,
    NumberExpected,
    Pair,
    PairsExpected,
    TextExpected,
    bounded,
    check,
    encode,
    parse,
    shown_ids,
)

OPTIONS = tuple(Option(letter, f"选项{letter}") for letter in "qwe")


def item(kind: Kind, expected: Expected | None = None) -> Item:
    if expected is not None:
        return Item(kind, "题干", (), frozenset(), expected=expected)
    options = TRUE_FALSE_OPTIONS if kind is Kind.TRUE_FALSE else OPTIONS
    return Item(kind, "题干", options, frozenset(options[0].id))


SINGLE, MANY, TRUTH = item(Kind.SINGLE_CHOICE), item(Kind.MULTIPLE_CHOICE), item(Kind.TRUE_FALSE)
SHORT = item(Kind.SHORT_ANSWER, TextExpected(()))
ESSAY = item(Kind.ESSAY, EssayExpected())
PAIRS = item(Kind.MATCHING, PairsExpected((Pair("甲", "二"), Pair("乙", "一")), ("三",)))
CLOZE = item(
    Kind.CLOZE,
    GapsExpected((Gap("{1}", TextExpected(())), Gap("{2}", ChoiceExpected(("高", "低"), ((0, 100),))))),
)


@pytest.mark.parametrize(
    ("of", "value", "kept"),
    [
        (SINGLE, "q", "q"),
        (SINGLE, "", ""),
        (MANY, "wqw", "qw"),
        (TRUTH, "t", "t"),
        (SHORT, '["a"]', '["a"]'),
        (SHORT, '[ " a\\r\\nb\\u0000 " ]', '["a\\nb"]'),
        (SHORT, '["e\\u0301"]', '["é"]'),
        (SHORT, '["  "]', ""),
        (PAIRS, '["b","a"]', '["b","a"]'),
        (PAIRS, '["b"]', '["b",""]'),
        (PAIRS, '["",""]', ""),
        (CLOZE, '["","b"]', '["","b"]'),
        (ESSAY, encode(["长" * ESSAY_LIMIT]), encode(["长" * ESSAY_LIMIT])),
    ],
)
def test_a_response_has_one_written_form(of: Item, value: str, kept: str) -> None:
    assert check(of, value) == kept
    assert bounded(kept) == kept


@pytest.mark.parametrize(
    ("of", "value"),
    [
        (SINGLE, "z"),
        (SINGLE, "qw"),
        (TRUTH, "tf"),
        (SINGLE, '["q"]'),
        (SHORT, "q"),
        (SHORT, '["a","b"]'),
        (SHORT, "[1]"),
        (SHORT, '["a"'),
        (SHORT, encode(["长" * 201])),
        (ESSAY, encode(["长" * (ESSAY_LIMIT + 1)])),
        (PAIRS, '["d",""]'),
        (PAIRS, '["二",""]'),
        (CLOZE, '["","c"]'),
        (CLOZE, encode(["长" * 201, ""])),
    ],
)
def test_what_is_no_response_of_the_item_is_refused(of: Item, value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        check(of, value)


@pytest.mark.parametrize(
    "value",
    [
        "A",
        "a b",
        "a" * 27,
        "{}",
        "[",
        '["\\ud800"]',
        "[1]",
        '[["a"]]',
        encode(["长" * (ESSAY_LIMIT + 1)]),
        encode(["a"] * (PARTS_LIMIT + 1)),
        "[" * 5000,
        '"a"',
        " ",
    ],
)
def test_the_edge_takes_only_what_some_page_could_save(value: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        bounded(value)


@given(st.lists(st.text(max_size=80), min_size=1, max_size=6))
def test_writing_and_reading_a_response_are_the_identity(parts: list[str]) -> None:
    value = encode(parts)
    assert encode(parse("cloze", value)) == value
    assert bounded(value) == value
    assert len(value.splitlines()) <= 1


@given(st.text(max_size=300))
def test_the_edge_never_fails_otherwise(value: str) -> None:
    with contextlib.suppress(ValueError):
        assert bounded(bounded(value)) == bounded(value)


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=ESSAY_LIMIT, max_size=ESSAY_LIMIT))
def test_no_response_is_longer_than_its_bound(text: str) -> None:
    assert len(encode([text]).encode()) <= VALUE_BYTES


def test_the_order_that_a_paper_draws_is_of_options_or_of_sides() -> None:
    assert shown_ids(SINGLE) == ("q", "w", "e")
    assert shown_ids(PAIRS) == ("a", "b", "c")
    assert shown_ids(CLOZE) == ("a", "b")
    assert shown_ids(SHORT) == shown_ids(item(Kind.NUMERIC, NumberExpected(()))) == ()
    many = PairsExpected(tuple(Pair(f"左{n}", f"右{n:02}") for n in range(30)))
    assert shown_ids(item(Kind.MATCHING, many)) == ()
    assert check(item(Kind.MATCHING, many), encode(["ad"] * 30)) == encode(["ad"] * 30)
