"""What a drill does and how it is judged. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

STARTS_P99_MS = 1_000
SAVES_P99_MS = 100
QUEUE_S = 60
WARM_UP = 12
"""So many people begin before the first step, uncounted: every worker reads bank and templates once, and a small step
would measure nothing else.
"""
CHANGE_EVERY_S = 40.0
RELOADS = 0.05
LAG_P99_MS = 50
"""A generator whose own event loop is later than this measures itself: its latencies are too high."""
MOST_CANDIDATES = 200_000
HAND_IN_SHARE = 0.25
PREPARE_S_PER_PERSON = 0.02
AROUND_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``candidates`` begin within ``starts_within_s``, sit for ``minutes`` after that, and all hand in.

    It is done in ``steps`` of half, a quarter … of the people first, so that a configuration that does not carry all
    says how many it carries. ``signs_in``: with number and password, hashing included; otherwise sessions are made
    with the shadow's key, and starts are measured without it.
    """

    candidates: int
    minutes: float
    starts_within_s: float
    steps: int = 3
    signs_in: bool = True
    starts_p99_ms: int = STARTS_P99_MS
    saves_p99_ms: int = SAVES_P99_MS
    queue_s: int = QUEUE_S

    def __post_init__(self) -> None:
        if not 1 <= self.candidates <= MOST_CANDIDATES:
            raise ValueError(f"candidates: 1 to {MOST_CANDIDATES}, not {self.candidates}")
        if self.minutes <= 0 or self.starts_within_s <= 0 or not 1 <= self.steps <= 10:
            raise ValueError("minutes and starts-within are more than 0, steps 1 to 10")

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many people sit in each step, fewest first; the last step is all of them."""
        halves = (ceil(self.candidates / 2**step) for step in range(self.steps))
        return tuple(sorted(set(halves)))

    @property
    def warm_up(self) -> "Plan":
        """What is done before the first step, and not judged."""
        return replace(self, candidates=WARM_UP, minutes=0.02, starts_within_s=2.0, steps=1)

    @property
    def hand_in_within_s(self) -> float:
        """Over how long a step's people hand in: as crowded as the starts, and never at one instant."""
        return max(1.0, self.starts_within_s * HAND_IN_SHARE)

    @property
    def step_s(self) -> float:
        return self.starts_within_s + self.minutes * 60 + self.hand_in_within_s

    @property
    def longest_ms(self) -> int:
        """How long all of it may take, preparation included."""
        prepared_s = (sum(self.sizes) + WARM_UP) * PREPARE_S_PER_PERSON + AROUND_S
        return int((prepared_s + self.step_s * len(self.sizes)) * 1000)


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of request: latencies in ms, from sending to the whole answer; ``errors`` are not among them."""

    count: int
    errors: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step came to. ``cpu`` and ``own_cpu``: busy cores of this host, and those of the drill itself.

    ``lost``: answers that were acknowledged and that the record did not have afterwards; ``unfinished``: people whose
    attempt had not ended; ``queued_s``: the longest that a page asked somebody to wait; ``lag_p99_ms`` of the
    drill's own event loop.
    """

    people: int
    rows: Mapping[str, Row]
    lost: int
    unfinished: int
    cpu: float
    own_cpu: float
    lag_p99_ms: float
    queued_s: float
    failures: Mapping[str, int] = field(default_factory=dict)

    @property
    def errors(self) -> int:
        return sum(row.errors for row in self.rows.values())

    def p99_ms(self, name: str) -> float:
        """0 where there was no such request."""
        return self.rows[name].p99_ms if name in self.rows else 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """``carries``: the most people of a step that went well, 0 where none did; ``step`` is the one to be recorded:
    that one, or the first that failed. ``why``: what stood against more.
    """

    carries: int
    step: Step
    why: tuple[str, ...]


def shortcomings(step: Step, plan: Plan) -> tuple[str, ...]:
    """What went wrong in a step, as sentences; none where it went well."""
    told = []
    if step.lost:
        told.append(f"丢失了 {step.lost} 个已确认保存的答案")
    if step.errors:
        most = "，".join(
            f"{what} {count}" for what, count in sorted(step.failures.items(), key=lambda one: -one[1])[:4]
        )
        told.append(f"{step.errors} 次请求出错（{most}）")
    if step.unfinished:
        told.append(f"{step.unfinished} 人没有交成卷")
    if "save" not in step.rows or not step.rows["save"].count:
        told.append("一次保存也没有量到，请加长 --minutes")
    if step.p99_ms("start") > plan.starts_p99_ms:
        told.append(f"开始考试 p99 {step.p99_ms('start'):.0f} 毫秒，超过 {plan.starts_p99_ms} 毫秒")
    if step.p99_ms("save") > plan.saves_p99_ms:
        told.append(f"保存答案 p99 {step.p99_ms('save'):.0f} 毫秒，超过 {plan.saves_p99_ms} 毫秒")
    if step.queued_s > plan.queue_s:
        told.append(f"有人排队 {step.queued_s:.0f} 秒才能登录或开始，超过 {plan.queue_s} 秒")
    return tuple(told)


def verdict(steps: Sequence[Step], plan: Plan) -> Verdict:
    """What the configuration carries by the steps that were taken, fewest people first.

    Raises:
        ValueError: none was taken.
    """
    if not steps:
        raise ValueError("a drill without a step says nothing")
    good = [step for step in steps if not shortcomings(step, plan)]
    failed = [step for step in steps if shortcomings(step, plan)]
    why = shortcomings(failed[0], plan) if failed else ()
    if not good:
        return Verdict(0, failed[0], why)
    return Verdict(good[-1].people, good[-1], why)
