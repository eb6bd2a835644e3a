"""What the writer writes, the reader reads back: identical items, for every item without findings."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from examengine.banks.checks import check_item, repetitions
from examengine.banks.item import DIFFICULTIES, TRUE_FALSE_OPTIONS, Item, Kind, Option, from_json, to_json
from examengine.banks.readers import read_bank
from examengine.banks.wording import tidy, tidy_line
from examengine.banks.writers.workbook import write_workbook
from tests.banks.builders import a_single_choice, a_true_false

AWKWARD = st.sampled_from(
    [
        "=1+1",
        "+7",
        "-3",
        "@x",
        "'x",
        '"',
        "_x0041_",
        "<b>&amp;",
        "A. B. C",
        "1.5",
        "10%",
        "TRUE",
        "2014-06-01",
        "😀",
        "０Ａ",
        "a\nb",
    ]
)
TEXTS = st.one_of(
    AWKWARD, st.text(max_size=30), st.text("一二三四（）。、；|/\\ABab12 \n\t=+-@'\"", min_size=1, max_size=20)
)
LINES = TEXTS.map(tidy_line)
POINTS = st.none() | st.integers(0, 100_000)
DAYS = st.none() | st.dates(date(1000, 1, 1), date(9999, 12, 31))
YEARS = st.frozensets(st.integers(1990, 2099), max_size=4).map(lambda years: tuple(sorted(years)))


@st.composite
def items(draw: st.DrawFn) -> Item:
    kind = draw(st.sampled_from([Kind.SINGLE_CHOICE, Kind.MULTIPLE_CHOICE, Kind.TRUE_FALSE]))
    if kind is Kind.TRUE_FALSE:
        options, key = TRUE_FALSE_OPTIONS, draw(st.sampled_from("tf"))
    else:
        texts = draw(
            st.lists(TEXTS.map(tidy).filter(bool), min_size=2, max_size=draw(st.integers(2, 12)), unique=True)
        )
        options = tuple(Option("abcdefghijkl"[i], text, draw(st.booleans())) for i, text in enumerate(texts))
        ids = [option.id for option in options]
        least = 1 if kind is Kind.SINGLE_CHOICE else 2
        key = "".join(draw(st.sets(st.sampled_from(ids), min_size=least, max_size=1 if least == 1 else len(ids))))
    item = Item(
        kind,
        draw(TEXTS.map(tidy).filter(bool)),
        options,
        frozenset(key),
        draw(POINTS),
        draw(st.sampled_from(("", *DIFFICULTIES))),
        draw(LINES),
        draw(TEXTS.map(tidy)),
        draw(LINES),
        draw(DAYS),
        draw(YEARS),
        draw(LINES),
    )
    assume(not check_item(item))
    return item


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(st.lists(items(), min_size=1, max_size=25))
@example([a_single_choice("=1+1 等于几？", ("+2", "-2", "@2", "=2"), "a")])
@example([a_single_choice("_x0041_ 与 _x005F_ 是什么", ("_x000D_", "甲"), "a")])
@example([a_single_choice("  题".strip(), tuple(f"第{n}项" for n in range(26)), "z")])
def test_reading_back_gives_the_identical_items(bank: list[Item]) -> None:
    assume(not repetitions(bank))
    reading = read_bank(write_workbook(bank), "题库.xlsx")
    assert [read.item for read in reading.items] == bank
    assert [finding for finding in reading.findings if finding.severity != "info"] == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(items())
def test_json_gives_the_identical_item(item: Item) -> None:
    assert from_json(to_json(item)) == item


def test_every_place_keeping_survives() -> None:
    options = (
        Option("a", "甲", fixed=True),
        Option("b", "以上都对", fixed=True),
        Option("c", "以上都不对", fixed=False),
    )
    item = replace(a_single_choice(), options=options, key=frozenset("a"))
    assert read_bank(write_workbook([item]), "x.xlsx").items[0].item == item


def test_the_same_items_give_the_same_bytes() -> None:
    bank = [a_single_choice(), a_true_false()]
    assert write_workbook(bank) == write_workbook(bank)


@pytest.mark.parametrize(
    "item",
    [
        replace(a_true_false(), key=frozenset()),
        Item(Kind.ESSAY, "论述", (), frozenset("a")),
        a_single_choice(texts=[str(n) for n in range(27)], key="a"),
    ],
)
def test_what_the_columns_cannot_hold_is_refused(item: Item) -> None:
    with pytest.raises(ValueError, match="no columns"):
        write_workbook([item])
