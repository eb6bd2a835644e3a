"""An attempt's archive: whatever is altered, the chain says where."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.evidence import chain
from examengine.evidence.canonical import canonical
from examengine.evidence.chain import seal
from examengine.evidence.faults import Fault, What

LINES = ("o 1 1 2 0 time_limit 50", "a 5 1.1 3 1 0 b", "z 9 hand_in 9")
HEADER = {"attempt": 7, "person": "ab", "started_ms": 1}
CLOSING = {"outcome": {"score_hundredths": 8000}}


def test_what_was_sealed_comes_to_its_head() -> None:
    archive = seal(HEADER, LINES, CLOSING)
    assert chain.head_of(archive) == archive.head
    assert chain.fault_in(archive, archive.head) is None


def test_the_chain_is_the_one_that_the_documentation_describes() -> None:
    from hashlib import sha256

    link = sha256(b"examengine/attempt/1\n" + canonical(HEADER)).digest()
    for line in LINES:
        link = sha256(link + line.encode()).digest()
    closing = b'{"lines":3,"outcome":{"score_hundredths":8000}}'
    assert seal(HEADER, LINES, CLOSING).head == sha256(link + b"\n" + closing).digest()


@pytest.mark.parametrize("place", range(len(LINES)))
def test_an_altered_line_is_named(place: int) -> None:
    archive = seal(HEADER, LINES, CLOSING)
    lines = [*archive.lines]
    lines[place] = lines[place].replace(" ", "  ", 1)
    assert chain.fault_in(replace(archive, lines=tuple(lines)), archive.head) == Fault(
        What.LINE_ALTERED, line=place + 1
    )


def test_a_line_taken_out_or_put_in_or_moved_is_named() -> None:
    archive = seal(HEADER, LINES, CLOSING)
    cut = replace(archive, lines=archive.lines[:2])
    assert chain.fault_in(cut, archive.head) == Fault(What.LINES_MISSING, line=3)
    longer = replace(archive, lines=(*archive.lines, "k 10"))
    assert chain.fault_in(longer, archive.head) == Fault(What.LINES_MISSING, line=4)
    first, second, third = archive.lines
    swapped = replace(archive, lines=(first, third, second))
    assert chain.fault_in(swapped, archive.head) == Fault(What.LINE_ALTERED, line=2)
    without_first = replace(archive, lines=archive.lines[1:])
    assert chain.fault_in(without_first, archive.head) == Fault(What.LINE_ALTERED, line=1)


def test_header_closing_and_head_are_told_apart() -> None:
    archive = seal(HEADER, LINES, CLOSING)
    header = replace(archive, header=archive.header.replace("7", "8"))
    assert chain.fault_in(header, archive.head) == Fault(What.HEADER_ALTERED)
    closing = replace(archive, closing=archive.closing.replace("8000", "9000"))
    assert chain.fault_in(closing, archive.head) == Fault(What.CLOSING_ALTERED)
    head = replace(archive, head=bytes(32))
    assert chain.fault_in(head, archive.head) == Fault(What.HEAD_ALTERED)


def test_a_line_that_looks_like_the_closing_is_not_taken_for_it() -> None:
    archive = seal(HEADER, LINES, CLOSING)
    with pytest.raises(ValueError, match="line feed"):
        seal(HEADER, (*LINES, "\n" + archive.closing), CLOSING)


@given(
    lines=st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))),
    place=st.integers(0),
    other=st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"])),
)
def test_any_line_replaced_by_any_other_is_found(lines: list[str], place: int, other: str) -> None:
    archive = seal(HEADER, lines, CLOSING)
    altered = list(lines)
    if altered:
        altered[place % len(altered)] = other
    found = chain.fault_in(replace(archive, lines=tuple(altered)), archive.head)
    assert (found is None) == (altered == lines)
