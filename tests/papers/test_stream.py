"""The stream behind generator 1. The vectors are frozen: whoever must change them needs a new generator number."""

from collections import Counter
from hashlib import shake_256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.papers.stream import DRAW_LABEL, Stream
from tests.papers.builders import a_seed, seeds

ZERO = bytes(16)
COUNTING = bytes(range(16))


def words(seed: bytes, label: bytes = DRAW_LABEL):
    """The stream of 32-bit words, once more, from its description."""
    for block in range(1 << 32):
        squeezed = shake_256(label + bytes(1) + seed + block.to_bytes(4, "big")).digest(1024)
        for at in range(0, 1024, 4):
            yield int.from_bytes(squeezed[at : at + 4], "big")


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (ZERO, [3024086776, 2878092180, 1393700227, 354603250]),
        (COUNTING, [2657143982, 2006060545, 2665802592, 1168075336]),
    ],
)
def test_the_first_words_are_frozen(seed, expected):
    stream = Stream(seed)
    assert [stream.below(1 << 32) for _ in range(4)] == expected


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (ZERO, [0, 0, 1, 0, 6, 109, 3597, 1673488001, 281100276620, 27303678449192188052166950054]),
        (COUNTING, [0, 1, 0, 6, 4, 60, 2334, 1056067927, 35252863445, 71699176895148329515279213351]),
    ],
)
def test_a_mixed_series_is_frozen(seed, expected):
    stream = Stream(seed)
    ranges = [1, 2, 3, 10, 24, 120, 10_000, 3_000_000_000, 1 << 40, 10**30]
    assert [stream.below(n) for n in ranges] == expected


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (ZERO, [3, 2, 0, 11, 8, 5, 9, 6, 1, 10, 7, 4]),
        (COUNTING, [10, 1, 7, 3, 9, 0, 6, 8, 4, 11, 5, 2]),
    ],
)
def test_a_shuffle_is_frozen(seed, expected):
    deck = list(range(12))
    Stream(seed).shuffle(deck)
    assert deck == expected


def test_the_block_border_is_frozen():
    stream = Stream(ZERO)
    for _ in range(255):
        stream.below(1 << 32)
    assert [stream.below(1 << 32) for _ in range(2)] == [1304169340, 148661840]


@given(seeds, st.lists(st.integers(1, 1 << 70) | st.just(3 << 30) | st.just(3 << 62), min_size=1, max_size=40))
def test_the_stream_follows_its_description(seed, ranges):
    stream, source = Stream(seed), words(seed)
    for n in ranges:
        width = 1
        while n > 1 << 32 * width:
            width += 1
        while True:
            value = 0
            for _ in range(width):
                value = value << 32 | next(source)
            if value < n * ((1 << 32 * width) // n):
                break
        assert stream.below(n) == value % n


@given(seeds, st.integers(1, 1 << 70))
def test_every_integer_lies_below_its_bound(seed, n):
    stream = Stream(seed)
    assert all(0 <= stream.below(n) < n for _ in range(8))


@given(seeds, st.lists(st.integers(), max_size=60))
def test_a_shuffle_keeps_what_it_shuffles(seed, items):
    shuffled = list(items)
    Stream(seed).shuffle(shuffled)
    assert Counter(shuffled) == Counter(items)


@pytest.mark.parametrize(
    ("n", "words_taken", "expected"),
    [
        (10, [(1 << 32) - 7], 9),
        (10, [(1 << 32) - 5, 23], 3),
        (10, [(1 << 32) - 6, 23], 3),
        ((1 << 32) - 1, [(1 << 32) - 1, 5], 5),
        (1 << 32, [(1 << 32) - 1], (1 << 32) - 1),
        ((1 << 64) - 1, [(1 << 32) - 1, (1 << 32) - 1, 0, 7], 7),
        ((1 << 64) - 1, [(1 << 32) - 1, (1 << 32) - 2], (1 << 64) - 2),
    ],
)
def test_words_from_the_last_whole_multiple_on_are_thrown_away(n, words_taken, expected):
    stream = Stream(ZERO)
    source = iter(words_taken)
    stream._next_word = source.__next__
    assert stream.below(n) == expected


def test_another_label_is_another_stream():
    assert Stream(ZERO).below(1 << 32) != Stream(ZERO, b"elsewhere").below(1 << 32)


def test_integers_are_rejected_rather_than_biased():
    # below three quarters of the words, a plain remainder would give a third of the values twice as often
    n = 3 << 30
    stream = Stream(a_seed(1))
    low = sum(stream.below(n) < 1 << 30 for _ in range(6000))
    assert 1800 < low < 2200


@pytest.mark.parametrize("length", [0, 15, 17, 32])
def test_a_seed_of_another_length_is_refused(length):
    with pytest.raises(ValueError, match="16 bytes"):
        Stream(bytes(length))


@pytest.mark.parametrize("n", [0, -1])
def test_there_is_no_integer_below_nothing(n):
    with pytest.raises(ValueError, match="no integer"):
        Stream(ZERO).below(n)


def test_every_order_of_four_comes_up_about_equally_often():
    stream = Stream(a_seed(2))
    seen: Counter[tuple[int, ...]] = Counter()
    for _ in range(4800):
        deck = [0, 1, 2, 3]
        stream.shuffle(deck)
        seen[tuple(deck)] += 1
    assert len(seen) == 24
    assert all(130 < times < 270 for times in seen.values())
