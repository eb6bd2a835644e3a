"""Figures of items and exams against published and hand-checked ones."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examengine.grading.statistics import (
    Coefficient,
    ExamTally,
    ItemTally,
    Sat,
    Sums,
    Suspicion,
    Taken,
    correlation,
    exam_figures,
    figures_of,
    third_weights,
)

LSAT6 = """
    00000 3 00001 6 00010 2 00011 11 00100 1 00101 1 00110 3 00111 4 01000 1 01001 8 01011 16 01101 3 01110 2
    01111 15 10000 10 10001 29 10010 14 10011 81 10100 3 10101 28 10110 15 10111 80 11000 16 11001 56 11010 21
    11011 173 11100 11 11101 61 11110 28 11111 298
"""
"""Five items of the Law School Admission Test, section 6, 1,000 people: Bock & Lieberman, Psychometrika 35 (1970)."""


def sat(marks: str, *, stratum: str = "s", passed: bool = True, day: str = "2026-06-01") -> Sat:
    """A paper of items 1, 2, 3 … of one point each, "1" right."""
    items = [Taken(no, mark, 100 * int(mark), 100, stratum) for no, mark in enumerate(marks, 1)]
    return Sat(100 * marks.count("1"), 100 * len(marks), passed, day, items)


def lsat6() -> Sums:
    sums, words = Sums.empty(), LSAT6.split()
    for marks, count in zip(words[::2], words[1::2], strict=True):
        for _ in range(int(count)):
            sums.add(sat(marks))
    return sums


def test_facility_discrimination_and_kr_20_of_the_law_school_test_are_the_published_ones() -> None:
    """As `descript(LSAT)` of the R package ltm prints them (Rizopoulos, J. Stat. Software 17, 2006)."""
    sums = lsat6()
    figures = [figures_of(sums.items[no], "1") for no in range(1, 6)]
    assert sums.exam.n == 1000
    assert [one.facility for one in figures] == [0.924, 0.709, 0.553, 0.763, 0.870]
    found = [one.discrimination for one in figures]
    assert [round(r or 0, 4) for r in found] == [0.1128, 0.1532, 0.1728, 0.1444, 0.1216]
    reliability = exam_figures(sums.exam, sums.items.values()).reliability
    assert reliability is not None
    assert reliability.coefficient is Coefficient.ALPHA
    assert round(reliability.value, 4) == 0.2950


def test_drawn_papers_of_one_stratum_have_the_reliability_of_kr_21() -> None:
    """KR-21 = k/(k−1) · (1 − M(k−M)/(k·s²)), Kuder & Richardson 1937; s² of the population."""
    dice, sums, totals, k = random.Random(3), Sums.empty(), [], 20
    for person in range(400):
        ability = dice.gauss(0, 1)
        marks = [int(dice.random() < 1 / (1 + math.exp(-ability))) for _ in range(k)]
        items = [Taken(person * k + no, "1", 100 * mark, 100, "s") for no, mark in enumerate(marks)]
        sums.add(Sat(100 * sum(marks), 100 * k, True, "2026-06-01", items))
        totals.append(sum(marks))
    mean = sum(totals) / 400
    spread = sum((total - mean) ** 2 for total in totals) / 400
    kr21 = k / (k - 1) * (1 - mean * (k - mean) / (k * spread))
    reliability = exam_figures(sums.exam, sums.items.values()).reliability
    assert reliability is not None
    assert reliability.coefficient is Coefficient.DEPENDABILITY
    assert reliability.value == pytest.approx(kr21, abs=0.002)  # n or n − 1
    assert 0.7 < reliability.value < 0.95
    assert reliability.error_hundredths == pytest.approx(
        100 * math.sqrt(mean * (k - mean) / (k - 1) - spread / 19), 0.01
    )


def test_strata_count_apart() -> None:
    """Two easy and two hard items: within the strata nothing varies, so nothing is error."""
    sums = Sums.empty()
    for person in range(60):
        easy, hard = 100, 100 if person % 2 else 0
        items = [
            Taken(person * 4, "1", easy, 100, "easy"),
            Taken(person * 4 + 1, "1", easy, 100, "easy"),
            Taken(person * 4 + 2, "1", hard, 100, "hard"),
            Taken(person * 4 + 3, "1", hard, 100, "hard"),
        ]
        sums.add(Sat(sum(one.hundredths for one in items), 400, True, "d", items))
    reliability = exam_figures(sums.exam, sums.items.values()).reliability
    assert reliability is not None
    assert (reliability.value, reliability.error_hundredths) == (1.0, 0.0)


def test_a_stratum_of_one_item_says_nothing_of_the_error() -> None:
    sums = Sums.empty()
    for person in range(60):
        sums.add(Sat(100, 200, True, "d", [Taken(person, "1", 100 * (person % 2), 100, f"s{person}")]))
    assert exam_figures(sums.exam, sums.items.values()).reliability is None


@pytest.mark.parametrize(("n", "has_one"), [(49, False), (50, True), (51, True)])
def test_reliability_needs_fifty_people(n: int, has_one: bool) -> None:
    sums = Sums.empty()
    for person in range(n):
        sums.add(sat("110" if person % 3 else "001"))
    assert (exam_figures(sums.exam, sums.items.values()).reliability is not None) is has_one


@pytest.mark.parametrize(
    ("n", "has_facility", "has_discrimination"),
    [(9, False, False), (10, True, False), (29, True, False), (30, True, True)],
)
def test_too_few_people_give_no_figures(n: int, has_facility: bool, has_discrimination: bool) -> None:
    sums = Sums.empty()
    for person in range(n):
        sums.add(sat("110" if person % 3 else "011"))
    figures = figures_of(sums.items[1], "1")
    assert (figures.facility is not None, figures.discrimination is not None) == (has_facility, has_discrimination)
    assert figures_of(sums.items[2], "1").discrimination is None  # everybody has it right


def test_standard_errors_are_those_of_the_book() -> None:
    sums = lsat6()
    figures = figures_of(sums.items[1], "1")
    assert figures.facility_error == pytest.approx(math.sqrt(0.924 * 0.076 / 999), rel=1e-9)
    assert figures.discrimination_error == pytest.approx(math.sqrt((1 - 0.1128**2) / 998), rel=1e-4)


def test_thirds_share_ties_out_in_proportion() -> None:
    assert third_weights({10: 30, 20: 30, 30: 30}) == {10: (1, 0, 0), 20: (0, 1, 0), 30: (0, 0, 1)}
    assert third_weights({50: 90}) == {50: pytest.approx((1 / 3, 1 / 3, 1 / 3))}
    assert third_weights({10: 20, 20: 20, 30: 20, 40: 30})[20] == (0.5, 0.5, 0)


@given(st.dictionaries(st.integers(0, 100), st.integers(1, 50), min_size=1))
def test_thirds_are_thirds(people: dict[int, int]) -> None:
    weights = third_weights(people)
    total = sum(people.values())
    for third in range(3):
        assert sum(people[band] * weights[band][third] for band in people) == pytest.approx(total / 3)
    for band in people:
        assert sum(weights[band]) == pytest.approx(1)


def an_item(upper: str, middle: str, lower: str, key: str = "a") -> ItemTally:
    """Ten letters a third: what ten of its people chose; their rests are far apart. Six times over."""
    tally = ItemTally()
    for rest, answers in ((90, upper), (50, middle), (10, lower)):
        for answer in answers * 6:
            tally.add(Taken(1, answer.strip("-"), 100 * (answer == key), 100, "s"), rest * 100, 10_000)
    return tally


@pytest.mark.parametrize(
    ("what", "upper", "middle", "lower", "suspicion", "distractor"),
    [
        ("a sound item", "aaaaaaaabc", "aaaaabbccd", "aaabbbcccd", None, ""),
        ("the strong choose another", "bbbbbbbbac", "bbbbaaaccd", "aaaabbccdd", Suspicion.BETTER_DISTRACTOR, "b"),
        ("hard, and the strong have it", "aaaaabbcdd", "abbbcccddd", "bbbccccddd", None, ""),
        ("as many of the strong choose another", "aaaaabbbbb", "aaaabbbccd", "aaabbbccdd", None, ""),
        ("the weak have it right", "aaabbccddd", "aaaaabbccd", "aaaaaaaaab", Suspicion.NEGATIVE, ""),
        ("few have it right", "abbbcccddd", "bbbbcccddd", "bbbcccdddd", Suspicion.BETTER_DISTRACTOR, "b"),
        ("a trap for the weak", "aaaaaabbbb", "aabbbbbbbb", "bbbbbbbbbb", None, ""),
    ],
)  # fmt: skip
def test_what_makes_a_key_suspect(
    what: str, upper: str, middle: str, lower: str, suspicion: Suspicion | None, distractor: str
) -> None:
    figures = figures_of(an_item(upper, middle, lower), "a")
    assert (figures.suspicion, figures.distractor) == (suspicion, distractor), what


def test_a_key_that_almost_nobody_chose_is_suspect_though_nothing_else_is_clear() -> None:
    figures = figures_of(an_item("ab--------", "ab--------", "b---------"), "a")
    assert figures.facility == pytest.approx(2 / 30)
    assert figures.suspicion is Suspicion.NEAR_ZERO


@pytest.mark.parametrize(("n", "is_suspect"), [(29, False), (30, True)])
def test_a_key_is_not_suspect_below_thirty_answers(n: int, is_suspect: bool) -> None:
    tally = ItemTally()
    for person in range(n):
        tally.add(Taken(1, "b", 0, 100, "s"), 100 * (person % 90), 10_000)
    assert (figures_of(tally, "a").suspicion is not None) is is_suspect


def test_an_item_with_several_right_answers_has_no_better_distractor() -> None:
    assert figures_of(an_item("bbbbbbbbbb", "bbbbbbbbbb", "bbbbbbbbbb"), "").suspicion is Suspicion.NEAR_ZERO


def test_a_dropped_item_shows_its_answers_and_no_figures() -> None:
    tally = ItemTally()
    for person in range(60):
        tally.add(Taken(1, "b", 0, 0, "s"), 100 * person, 10_000)
    figures = figures_of(tally, "a")
    assert (figures.n, figures.facility, figures.suspicion) == (0, None, None)
    assert [share.answer for share in figures.thirds.shares] == ["b"]


papers = st.lists(
    st.tuples(st.text("01", min_size=3, max_size=3), st.booleans(), st.sampled_from(["1", "2"])), max_size=8
)


@given(papers, papers)
def test_what_is_taken_back_was_never_counted(
    stay: list[tuple[str, bool, str]], go: list[tuple[str, bool, str]]
) -> None:
    kept, both = Sums.empty(), Sums.empty()
    for marks, passed, day in stay:
        kept.add(sat(marks, passed=passed, day=day))
        both.add(sat(marks, passed=passed, day=day))
    for sign in (1, -1):
        for marks, passed, day in go:
            both.add(sat(marks, passed=passed, day=day), sign)
    assert exam_figures(both.exam, both.items.values()) == exam_figures(kept.exam, kept.items.values())
    assert both.exam.n == kept.exam.n
    assert {day: row for day, row in both.exam.days.items() if row[0]} == kept.exam.days
    for no, tally in kept.items.items():
        assert figures_of(both.items[no], "1") == figures_of(tally, "1")


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 9000)), min_size=2, max_size=40))
def test_correlation_is_pearsons(pairs: list[tuple[int, int]]) -> None:
    xs, ys = [x for x, _ in pairs], [y for _, y in pairs]
    n, mean_x, mean_y = len(pairs), sum(xs) / len(pairs), sum(ys) / len(pairs)
    of_x = sum((x - mean_x) ** 2 for x in xs)
    of_y = sum((y - mean_y) ** 2 for y in ys)
    found = correlation(
        n, sum(xs), sum(x * x for x in xs), sum(ys), sum(y * y for y in ys), sum(x * y for x, y in pairs)
    )
    if len(set(xs)) == 1 or len(set(ys)) == 1:
        assert found is None
    else:
        both = sum((x - mean_x) * (y - mean_y) for x, y in pairs)
        assert found == pytest.approx(both / math.sqrt(of_x * of_y), abs=1e-9)


def test_days_and_scores_are_counted() -> None:
    tally = ExamTally()
    tally.add(sat("110", day="2026-06-01"))
    tally.add(sat("111", day="2026-06-02", passed=False))
    assert tally.days == {"2026-06-01": [1, 200, 1], "2026-06-02": [1, 300, 0]}
    assert tally.scores == {2: 1, 3: 1}
    assert (tally.n, tally.passes) == (2, 1)
