"""The banks that come with the project are good enough to sit."""

from collections import Counter
from pathlib import Path

import pytest

from examengine.banks.checks import check_item
from examengine.banks.item import Item, Kind
from examengine.banks.readers import read_bank
from examengine.banks.writers.workbook import write_workbook

FOLDER = Path(__file__).parents[2] / "question_banks"
NAMES = ("guangxi-2014", "guangxi-2015", "guangxi-2024")
LEAST = {Kind.SINGLE_CHOICE: 90, Kind.MULTIPLE_CHOICE: 45, Kind.TRUE_FALSE: 45}


def items_of(name: str) -> list[Item]:
    return [read.item for read in read_bank((FOLDER / f"{name}.xlsx").read_bytes(), name).items]


@pytest.mark.parametrize("name", NAMES)
def test_a_bank_reads_without_a_finding_and_fills_three_papers(name: str) -> None:
    reading = read_bank((FOLDER / f"{name}.xlsx").read_bytes(), f"{name}.xlsx")
    assert [finding for finding in reading.findings if finding.severity != "info"] == []
    assert reading.importable == reading.total
    for kind, least in LEAST.items():
        assert reading.by_type[kind] >= least


@pytest.mark.parametrize("name", NAMES)
def test_every_item_is_complete(name: str) -> None:
    items = items_of(name)
    prefix = f"GX{name[-4:]}-"
    assert len({item.external_no for item in items}) == len(items)
    for item in items:
        assert check_item(item) == ()
        assert item.difficulty
        assert item.topic
        assert item.explanation
        assert item.source
        assert item.external_no.startswith(prefix)


@pytest.mark.parametrize("name", NAMES)
def test_the_key_does_not_follow_from_its_place(name: str) -> None:
    """No letter is the key of more than two in five single choices, no judgement of more than three in five."""
    items = items_of(name)
    for kind, share in ((Kind.SINGLE_CHOICE, 0.4), (Kind.TRUE_FALSE, 0.6)):
        keys = Counter(min(item.key) for item in items if item.kind is kind)
        assert max(keys.values()) <= share * keys.total()


@pytest.mark.parametrize("name", NAMES)
def test_a_bank_is_what_the_writer_writes(name: str) -> None:
    """So that a change shows as a change of items, and exporting the bank changes nothing."""
    items = items_of(name)
    assert [read.item for read in read_bank(write_workbook(items), name).items] == items
