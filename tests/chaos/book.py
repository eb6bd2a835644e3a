"""All that the browsers were told, and all that was broken meanwhile. Times in seconds of one monotonic clock."""

import time
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum


class Fate(Enum):
    """What is known of an operation."""

    UNKNOWN = "unknown"  # no answer came: it may have been written
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"


@dataclass(slots=True)
class Op:
    """One change of one question."""

    value: str
    mark: str
    sent_s: float
    told_s: float = 0.0
    fate: Fate = Fate.UNKNOWN
    device: int = 0


@dataclass(slots=True)
class Paper:
    """One attempt as its candidate knows it, by position. ``closed_s``: when its last page was closed for good.
    ``away_s``: since when no page of it is open, because it is being loaded again. ``moved_s``: devices that have
    given the pen away, and when. ``deadline_s``: as its newest page shows it.
    """

    attempt_id: int
    intent: str
    who: str
    ops: dict[int, list[Op]] = field(default_factory=dict)
    closed_s: float | None = None
    away_s: float | None = None
    moved_s: dict[int, float] = field(default_factory=dict)
    ended: bool = False
    deadline_s: float = 0.0
    trail: list[str] = field(default_factory=list)

    def told(self, what: str, now_s: float) -> None:
        """Something that may explain a loss."""
        if not self.trail or not self.trail[-1].endswith(what):
            self.trail.append(f"{now_s:.1f} {what}")

    def sent(self, position: int, value: str, mark: str, now_s: float) -> Op:
        op = Op(value, mark, now_s)
        self.ops.setdefault(position, []).append(op)
        return op

    def differs(self, position: int, value: str) -> bool:
        """Whether this is news: not what was acknowledged last."""
        ops = self.ops.get(position)
        if not ops:
            return bool(value)
        return ops[-1].fate is not Fate.ACKNOWLEDGED or ops[-1].value != value


@dataclass(slots=True)
class Happened:
    """A fault."""

    name: str
    began_s: float
    ended_s: float = 0.0


@dataclass
class Book:
    """The driver's memory; ``anomalies`` are things that must not happen and need no comparing."""

    began_s: float = field(default_factory=time.monotonic)
    papers: dict[int, Paper] = field(default_factory=dict)
    intents: dict[str, int | None] = field(default_factory=dict)
    faults: list[Happened] = field(default_factory=list)
    deletions_s: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    duplicates: list[str] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)

    def now_s(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.began_s

    def acknowledged(self, op: Op) -> None:
        op.fate, op.told_s = Fate.ACKNOWLEDGED, self.now_s()
        self.counts["acknowledged"] += 1

    def refused(self, op: Op) -> None:
        op.fate, op.told_s = Fate.REFUSED, self.now_s()

    def begun(self, intent: str, attempt_id: int, who: str) -> Paper:
        """The server has said to which attempt an intent led. It must always be the same one."""
        known = self.intents.get(intent)
        if known is not None and known != attempt_id:
            self.duplicates.append(f"intent {intent} led to attempts {known} and {attempt_id}")
        self.intents[intent] = attempt_id
        if attempt_id not in self.papers:
            self.papers[attempt_id] = Paper(attempt_id, intent, who)
            self.counts["attempts"] += 1
        return self.papers[attempt_id]

    def near(self, at_s: float, around_s: float = 8.0) -> str:
        """What was broken about then."""
        names = [
            f"{fault.name}@{fault.began_s:.1f}"
            for fault in self.faults
            if fault.began_s - around_s <= at_s <= (fault.ended_s or self.now_s()) + around_s
        ]
        return ", ".join(names) or "nothing"
