"""Item and test statistics of one exam, from sums that grow attempt by attempt and can be taken back again.

Papers are drawn: each person has his own items (matrix sampling). What follows from that:

- *Facility* p of an item is its mean mark over its full mark, among those who had it.
- *Discrimination* r is the Pearson correlation of the item's mark with the rest of the paper (the point-biserial
  one, corrected for the item, where marks are all or nothing); D is the difference of facility between the upper and
  the lower third (not 27 %). Thirds are by the rest of the paper, in whole per cent of its full mark; those of the
  band in which a third ends are shared out in proportion, as if ties were broken by lot.
- *Reliability*: where all sat the same items, Cronbach's α, which is KR-20 for marks of all or nothing. Where papers
  are drawn, the index of dependability Φ of the design "items within persons", stratified by kind and points:
  1 − Σ k·s²(within a person and stratum) / s²(scores). It treats the difficulty of the items drawn as error, as it is
  for the candidate, and for one stratum of items of one point it is KR-21 (Brennan, *Generalizability Theory*, 2001,
  ch. 4–5; Lord, Educ. Psychol. Meas. 15, 1955, 325–336; stratified: Rajaratnam, Cronbach & Gleser, Psychometrika 30,
  1965, 39–56). The square root of the mean error variance is the standard error of measurement.

All marks are in hundredths of a point. Variances are those of a sample (n − 1).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt
from typing import Self

import msgspec

from examengine.grading.timing import step_of

BANDS = 100
MIN_FACILITY_N = 10
"""Fewer answers than this say nothing about an item: no figure is shown."""
MIN_DISCRIMINATION_N = 30
MIN_SUSPECT_N = 30
MIN_RELIABILITY_N = 50
NEAR_ZERO = 0.15
"""A facility below which a choice item is right less often than by guessing among six."""
ONE_SIDED_95 = 1.645
MAX_ANSWERS = 64
"""Different answers of an item that are counted apart; further ones are taken together."""
OTHER = "*"
"""The answers that are taken together."""


class Taken(msgspec.Struct, frozen=True):
    """One item of one person's paper. ``answer`` as it is counted: option ids, or a word for the other kinds; ""
    for a blank. ``stratum``: what it was drawn from. ``seconds``: spent on it, None where that is not known.
    """

    version_id: int
    answer: str
    hundredths: int
    full_hundredths: int
    stratum: str
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Sat:
    """One attempt that counts: what was scored (scaled, as it stands) and the items of its paper."""

    score_hundredths: int
    full_hundredths: int
    passed: bool
    day: str
    items: Sequence[Taken]


class ItemTally(msgspec.Struct, omit_defaults=True):
    """Sums of one item version: ``n`` people, marks ``x``, rests ``r``, and their products; ``answers`` and ``marks``
    by band of the rest; ``times`` by step (see :mod:`examengine.grading.timing`). An item that was dropped only
    counts its answers and times: ``n`` stays 0.
    """

    full: int = 0
    n: int = 0
    x: int = 0
    xx: int = 0
    r: int = 0
    rr: int = 0
    xr: int = 0
    marks: dict[int, list[int]] = {}
    answers: dict[str, dict[int, int]] = {}
    times: dict[int, int] = {}

    def add(self, one: Taken, rest: int, rest_full: int, sign: int = 1) -> None:
        """Count one person's answer; ``sign`` −1 takes it back."""
        band = min(BANDS, max(0, rest * BANDS // rest_full)) if rest_full else 0
        key = one.answer if one.answer in self.answers or len(self.answers) < MAX_ANSWERS else OTHER
        bands = self.answers.setdefault(key, {})
        bands[band] = bands.get(band, 0) + sign
        if one.seconds is not None:
            step = step_of(one.seconds)
            self.times[step] = self.times.get(step, 0) + sign
        if not one.full_hundredths:
            return
        x = one.hundredths
        self.full = one.full_hundredths
        self.n += sign
        self.x += sign * x
        self.xx += sign * x * x
        self.r += sign * rest
        self.rr += sign * rest * rest
        self.xr += sign * x * rest
        count_and_sum = self.marks.setdefault(band, [0, 0])
        count_and_sum[0] += sign
        count_and_sum[1] += sign * x


class ExamTally(msgspec.Struct, omit_defaults=True):
    """Sums of one exam: totals ``t`` of the counted items, error variance within persons, scores and days.

    ``scores``: people by whole points, rounded down; ``days``: local day to people, sum of scores, passes.
    """

    n: int = 0
    passes: int = 0
    full: int = 0
    t: int = 0
    tt: int = 0
    error: float = 0.0
    error_n: int = 0
    items: int = 0
    score: int = 0
    scores: dict[int, int] = {}
    days: dict[str, list[int]] = {}

    def add(self, sat: Sat, sign: int = 1) -> None:
        """Count one attempt; ``sign`` −1 takes it back."""
        counted = [one for one in sat.items if one.full_hundredths]
        total = sum(one.hundredths for one in counted)
        self.n += sign
        self.passes += sign * sat.passed
        self.full = sat.full_hundredths
        self.t += sign * total
        self.tt += sign * total * total
        self.items += sign * len(counted)
        self.score += sign * sat.score_hundredths
        error = error_variance(counted)
        if error is not None:
            self.error += sign * error
            self.error_n += sign
        points = sat.score_hundredths // 100
        self.scores[points] = self.scores.get(points, 0) + sign
        day = self.days.setdefault(sat.day, [0, 0, 0])
        day[0] += sign
        day[1] += sign * sat.score_hundredths
        day[2] += sign * sat.passed


def error_variance(items: Iterable[Taken]) -> float | None:
    """What one person's paper says of the error of his total: Σ k·s² over its strata, in squared hundredths. None
    where a stratum has one item only.
    """
    strata: dict[str, list[int]] = {}
    for one in items:
        strata.setdefault(one.stratum, []).append(one.hundredths)
    error = 0.0
    for marks in strata.values():
        k, total = len(marks), sum(marks)
        if k < 2:
            return None
        error += k / (k - 1) * (sum(mark * mark for mark in marks) - total * total / k)
    return error if strata else None


@dataclass(frozen=True, slots=True)
class Share:
    """One answer in thirds of the people: how many chose it (a third may hold a part of a person: ties)."""

    answer: str
    lower: float
    middle: float
    upper: float

    @property
    def total(self) -> float:
        return self.lower + self.middle + self.upper


@dataclass(frozen=True, slots=True)
class Thirds:
    """People and facility in the lower, middle and upper third; ``shares`` by answer, the most frequent first."""

    people: tuple[float, float, float]
    facility: tuple[float | None, float | None, float | None]
    shares: tuple[Share, ...]


class Suspicion(StrEnum):
    """What makes a key suspect, the gravest first."""

    BETTER_DISTRACTOR = "better_distractor"
    NEGATIVE = "negative"
    NEAR_ZERO = "near_zero"


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """Figures of an item; None where there are too few answers, or where all got the same mark. ``facility_error``
    and ``discrimination_error`` are standard errors. ``distractor``: the answer that speaks against the key.
    """

    n: int
    facility: float | None
    facility_error: float | None
    discrimination: float | None
    discrimination_error: float | None
    upper_lower: float | None
    thirds: Thirds
    suspicion: Suspicion | None
    distractor: str = ""


def figures_of(tally: ItemTally, key: str = "") -> ItemFigures:
    """The figures of an item; ``key`` as answers are counted, "" where there is not one right answer."""
    n, thirds = tally.n, thirds_of(tally)
    facility = facility_error = r = r_error = upper_lower = None
    if n >= MIN_FACILITY_N and tally.full:
        facility = tally.x / (n * tally.full)
        facility_error = sqrt(max(0.0, _variance(n, tally.x, tally.xx)) / n) / tally.full
    if n >= MIN_DISCRIMINATION_N:
        r = correlation(n, tally.x, tally.xx, tally.r, tally.rr, tally.xr)
        r_error = None if r is None else sqrt((1 - r * r) / (n - 2))
        lower, _, upper = thirds.facility
        upper_lower = None if lower is None or upper is None else upper - lower
    suspicion, distractor = _suspicion(n, facility, r, r_error, thirds, key)
    return ItemFigures(n, facility, facility_error, r, r_error, upper_lower, thirds, suspicion, distractor)


def _suspicion(
    n: int, facility: float | None, r: float | None, r_error: float | None, thirds: Thirds, key: str
) -> tuple[Suspicion | None, str]:
    if n < MIN_SUSPECT_N or facility is None:
        return None, ""
    right = next((share for share in thirds.shares if share.answer == key), Share(key, 0, 0, 0))
    rivals = [share for share in thirds.shares if share.answer not in {"", key, OTHER}] if key else []
    rival = max(rivals, key=lambda share: share.upper, default=None)
    if rival is not None and _clearly_more(rival.upper, right.upper) and rival.upper >= rival.lower:
        return Suspicion.BETTER_DISTRACTOR, rival.answer
    strongest = "" if rival is None or rival.upper <= right.upper else rival.answer
    if r is not None and r_error is not None and r + ONE_SIDED_95 * r_error < 0:
        return Suspicion.NEGATIVE, strongest
    if facility <= NEAR_ZERO:
        return Suspicion.NEAR_ZERO, strongest
    return None, ""


def _clearly_more(one: float, other: float) -> bool:
    """Whether two answers of the same people differ beyond chance, one-sided at 5 % (McNemar's comparison)."""
    return one > other and (one - other) / sqrt(one + other) > ONE_SIDED_95


def thirds_of(tally: ItemTally) -> Thirds:
    """Answers and marks by thirds."""
    people: dict[int, int] = {}
    for bands in tally.answers.values():
        for band, count in bands.items():
            people[band] = people.get(band, 0) + count
    weights = third_weights(people)
    shares = []
    for answer, bands in tally.answers.items():
        parts = [sum(count * weights[band][third] for band, count in bands.items()) for third in range(3)]
        if sum(parts) > 0:
            shares.append(Share(answer, *parts))
    counts = [sum(people[band] * weights[band][third] for band in people) for third in range(3)]
    return Thirds(
        people=(counts[0], counts[1], counts[2]),
        facility=(_facility(tally, weights, 0), _facility(tally, weights, 1), _facility(tally, weights, 2)),
        shares=tuple(sorted(shares, key=lambda share: (-share.total, share.answer))),
    )


def third_weights(people: Mapping[int, int]) -> dict[int, tuple[float, float, float]]:
    """How much of each band belongs to the lower, middle and upper third of the people."""
    total, before = sum(people.values()), 0
    weights: dict[int, tuple[float, float, float]] = {}
    for band in sorted(people):
        count = people[band]
        parts = []
        for third in range(3):
            low, high = total * third / 3, total * (third + 1) / 3
            parts.append(max(0.0, min(high, before + count) - max(low, before)) / count if count else 0.0)
        weights[band] = (parts[0], parts[1], parts[2])
        before += count
    return weights


def _facility(tally: ItemTally, weights: Mapping[int, tuple[float, float, float]], third: int) -> float | None:
    n = sum(count * weights[band][third] for band, (count, _) in tally.marks.items() if band in weights)
    x = sum(marks * weights[band][third] for band, (_, marks) in tally.marks.items() if band in weights)
    return x / (n * tally.full) if n > 0 and tally.full else None


def correlation(n: int, x: int, xx: int, y: int, yy: int, xy: int) -> float | None:
    """Pearson's r from sums; None where one of the two does not vary."""
    of_x, of_y = n * xx - x * x, n * yy - y * y
    if n < 2 or of_x <= 0 or of_y <= 0:
        return None
    return (n * xy - x * y) / (sqrt(of_x) * sqrt(of_y))


class Coefficient(StrEnum):
    """Which reliability was computed."""

    ALPHA = "alpha"
    DEPENDABILITY = "dependability"


@dataclass(frozen=True, slots=True)
class Reliability:
    """``value`` of the coefficient, and the standard error of measurement in hundredths of a point."""

    coefficient: Coefficient
    value: float
    error_hundredths: float


@dataclass(frozen=True, slots=True)
class ExamFigures:
    """Figures of an exam; None where nobody, or too few, sat it. Scores in hundredths."""

    n: int
    passes: int
    mean: float | None
    deviation: float | None
    reliability: Reliability | None


def exam_figures(tally: ExamTally, items: Iterable[ItemTally]) -> ExamFigures:
    """The figures of an exam from its sums and those of its items."""
    mean = tally.score / tally.n if tally.n else None
    spread = _variance(tally.n, tally.t, tally.tt)
    deviation = sqrt(spread) if tally.n >= MIN_FACILITY_N and spread >= 0 else None
    return ExamFigures(tally.n, tally.passes, mean, deviation, reliability(tally, items))


def reliability(tally: ExamTally, items: Iterable[ItemTally]) -> Reliability | None:
    """α where all sat the same items, else Φ; None below 50 people, or where scores do not vary."""
    spread = _variance(tally.n, tally.t, tally.tt)
    if tally.n < MIN_RELIABILITY_N or spread <= 0:
        return None
    counted = [item for item in items if item.n]
    k = len(counted)
    if k > 1 and k * tally.n == tally.items and all(item.n == tally.n for item in counted):
        within = sum(_variance(item.n, item.x, item.xx) for item in counted)
        value = k / (k - 1) * (1 - within / spread)
        return Reliability(Coefficient.ALPHA, value, sqrt(spread * max(0.0, 1 - value)))
    if not tally.error_n:
        return None
    error = max(0.0, tally.error / tally.error_n)
    return Reliability(Coefficient.DEPENDABILITY, 1 - error / spread, sqrt(error))


def _variance(n: int, total: int, squares: int) -> float:
    """Of a sample, from its sums; −1 where there is none."""
    return (n * squares - total * total) / (n * (n - 1)) if n > 1 else -1.0


class Sums(msgspec.Struct):
    """The sums of an exam as they grow in memory."""

    exam: ExamTally
    items: dict[int, ItemTally]

    def add(self, sat: Sat, sign: int = 1) -> None:
        """Count one attempt; ``sign`` −1 takes it back."""
        self.exam.add(sat, sign)
        total = sum(one.hundredths for one in sat.items)
        full = sum(one.full_hundredths for one in sat.items)
        for one in sat.items:
            tally = self.items.setdefault(one.version_id, ItemTally())
            tally.add(one, total - one.hundredths, full - one.full_hundredths, sign)

    @classmethod
    def empty(cls) -> Self:
        return cls(ExamTally(), {})
