"""The law of shipping: what is put together from segments is the journal as far as it was shipped."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from examengine.live.journal import fold
from examengine.records.segments import Journals, Part, pack, unpack

ATTEMPT = 71
HEAD = [b"o 1000 1 90000 0 time_limit 5", b"c 1000 1 page test"]


@dataclass(frozen=True)
class Life:
    """One generation: answers (item, value), how far they were shipped, and which marks broke off."""

    answers: list[tuple[int, str]]
    rounds: list[tuple[int, bool]]  # new lines in this round, whether Redis heard that they had arrived


ANSWERS = st.lists(st.tuples(st.integers(1, 5), st.sampled_from(["", "a", "bc"])), max_size=20)
ROUNDS = st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=8)
LIVES = st.lists(st.builds(Life, ANSWERS, ROUNDS), min_size=1, max_size=4)


def live_through(lives: list[Life]) -> tuple[list[Part], list[bytes]]:
    """The parts that are shipped in several generations, and what of the journal is in SQL at the end."""
    parts: list[Part] = []
    journal = list(HEAD)
    in_sql = at_ms = 0
    for generation, life in enumerate(lives, 1):
        if generation > 1:
            at_ms += 1
            journal = [*journal[:in_sql], f"x {at_ms} {generation} {in_sql}".encode()]
        for position, value in life.answers:
            at_ms += 1
            journal.append(f"a {2000 + at_ms} {generation}.{at_ms} {position} {at_ms} 0 {value}".encode())
        marked = min(in_sql, len(journal))
        for more, heard in life.rounds:
            end = min(len(journal), max(marked, in_sql) + more)
            if end > marked:
                parts.append(Part(ATTEMPT, generation, marked, tuple(journal[marked:end])))
                in_sql = max(in_sql, end)
                marked = end if heard else marked
    return parts, journal[:in_sql]


@given(LIVES)
def test_segments_come_to_exactly_what_was_shipped(lives: list[Life]) -> None:
    parts, shipped = live_through(lives)
    known = Journals()
    for part in parts:
        for read in unpack(pack(ATTEMPT % 64, 0, [part]).body):
            known.add(read)
    assert known.of(ATTEMPT) == shipped
    assert fold(known.of(ATTEMPT)) == fold(shipped)


@given(LIVES, st.data())
def test_segments_that_are_read_twice_or_shipped_again_change_nothing(lives: list[Life], data: st.DataObject) -> None:
    parts, shipped = live_through(lives)
    known = Journals()
    for place, part in enumerate(parts):
        known.add(part)
        if data.draw(st.booleans()):  # again, with what came since in the same generation
            earlier = [p for p in parts[: place + 1] if p.generation == part.generation]
            known.add(data.draw(st.sampled_from(earlier)))
            for later in parts[: place + 1]:
                known.add(later)
    assert known.of(ATTEMPT) == shipped


@given(LIVES)
def test_attempts_do_not_get_into_each_others_way(lives: list[Life]) -> None:
    parts, shipped = live_through(lives)
    known = Journals()
    for part in parts:
        other = Part(ATTEMPT + 64, part.generation, part.first, tuple(line + b"!" for line in part.lines))
        for read in unpack(pack(ATTEMPT % 64, 0, [part, other]).body):
            known.add(read)
    assert known.of(ATTEMPT) == shipped
    assert known.of(ATTEMPT + 64) == [line + b"!" for line in shipped]
