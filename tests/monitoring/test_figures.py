"""What workers say of themselves, and what it comes to together."""

import pytest

from examengine.monitoring.figures import BOUNDS_MS, Figures, Published, Reporter, added, quantile, read, write

CLASSES = len(BOUNDS_MS) + 1


def times(**counts: int) -> list[int]:
    """Counts by the upper bound of a class, ``up_to_5=3``."""
    found = [0] * CLASSES
    for name, count in counts.items():
        found[BOUNDS_MS.index(int(name.removeprefix("up_to_")))] = count
    return found


class Hand:
    """A clock that is moved by hand, in seconds."""

    def __init__(self) -> None:
        self.at_s = 100.0

    def __call__(self) -> float:
        return self.at_s


def a_report(hand: Hand, reporter: Reporter, after_s: float) -> Published:
    hand.at_s += after_s
    return reporter.report(now_ms=round(hand.at_s * 1000))


def test_rates_are_of_the_last_ten_seconds() -> None:
    hand, figures = Hand(), Figures()
    reporter = Reporter(figures, "one", 0, hand)
    figures.saves += 300
    assert a_report(hand, reporter, 5).saves_a_second == 60
    for _ in range(4):
        figures.saves += 10
        figures.starts += 5
        last = a_report(hand, reporter, 5)
    assert last.saves_a_second == 2
    assert last.starts_a_second == 1


def test_what_was_refused_more_than_a_minute_ago_is_forgotten() -> None:
    hand, figures = Hand(), Figures()
    reporter = Reporter(figures, "one", 0, hand)
    figures.refused += 7
    assert a_report(hand, reporter, 3).minute_refused == 7
    for _ in range(19):
        assert a_report(hand, reporter, 3).minute_refused == 7
    assert a_report(hand, reporter, 3).minute_refused == 0
    assert a_report(hand, reporter, 3).refused == 7


def test_an_answer_that_was_refused_counts_as_no_acknowledgement() -> None:
    figures = Figures()
    figures.ended(figures.began(), refused=True)
    figures.ended(figures.began(), refused=False)
    assert (figures.saves, figures.refused, figures.pending, sum(figures.acknowledged)) == (1, 1, 0, 1)


def test_an_answer_under_way_is_pending() -> None:
    figures = Figures()
    figures.began()
    assert figures.pending == 1


@pytest.mark.parametrize(
    ("counts", "share", "ms"),
    [
        ([0] * CLASSES, 0.99, None),
        (times(up_to_1=100), 0.99, 0.99),
        (times(up_to_1=98, up_to_500=2), 0.99, 375.0),
        (times(up_to_1=99, up_to_500=1), 0.99, 1.0),
        ([*[0] * (CLASSES - 1), 5], 0.99, 5000.0),
    ],
)
def test_a_share_of_the_answers_was_acknowledged_within(counts: list[int], share: float, ms: float | None) -> None:
    assert quantile(counts, share) == (None if ms is None else pytest.approx(ms))


def test_workers_are_added_up_before_the_share_is_taken() -> None:
    """One of two workers is slow: the mean of their own shares would hide how many wait."""
    hand = Hand()
    quick, slow = Figures(), Figures()
    reporters = Reporter(quick, "quick", 0, hand), Reporter(slow, "slow", 0, hand)
    quick.acknowledged[0], slow.acknowledged[BOUNDS_MS.index(500)] = 900, 100
    totals = added(a_report(hand, reporter, 1) for reporter in reporters)
    assert totals.workers == 2
    assert totals.p99_ms is not None
    assert totals.p99_ms > 250


def test_figures_of_another_version_are_left_out() -> None:
    reporter = Reporter(Figures(), "one", 0, Hand())
    published = reporter.report(5)
    assert read(write(published)) == published
    assert read(b"\x81\xa1x\x01") is None
