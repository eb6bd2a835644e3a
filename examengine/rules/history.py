"""What has happened to one person in one enrolment: the facts that every decision is computed from.

Facts are only added; what is left is derived here and stored nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class OpenedBy(StrEnum):
    """What opened a round."""

    OPEN = "open"
    CARD = "card"
    BATCH = "batch"
    GRANT = "grant"
    BACKFILL = "backfill"


class State(StrEnum):
    """An attempt's state; every one but ``running`` is final, except that any may become ``void``."""

    RUNNING = "running"
    SUBMITTED = "submitted"
    AUTO_SUBMITTED = "auto_submitted"
    FORCED_EXIT = "forced_exit"
    EXPIRED_NO_SCORE = "expired_no_score"
    VOID = "void"


class OutcomeReason(StrEnum):
    """Why an attempt counts as it does."""

    PASS = "pass"
    FAIL_SCORE = "fail_score"
    FAIL_NO_SCORE = "fail_no_score"
    FAIL_FORCED_EXIT = "fail_forced_exit"
    AWAITING_MARKING = "awaiting_marking"
    VOID = "void"


class Label(StrEnum):
    """What an attempt is called: 正考 or 补考."""

    REGULAR = "regular"
    MAKEUP = "makeup"


class DeadlineReason(StrEnum):
    """Which limit closes a sitting."""

    TIME_LIMIT = "time_limit"
    WINDOW_END = "window_end"
    EXTRA_TIME = "extra_time"


@dataclass(frozen=True, slots=True)
class Closing:
    """When a sitting closes (exclusive) and why."""

    deadline_ms: int
    reason: DeadlineReason


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended. ``score`` is None for 无成绩, never 0 (A-03); ``result`` is pass, fail or None."""

    state: State
    score: Decimal | None
    result: str | None
    reason: OutcomeReason
    ended_ms: int
    closing: Closing


@dataclass(frozen=True, slots=True)
class TimeEntry:
    """Time added to a deadline: minutes for one attempt, or a standing accommodation in minutes or per cent.

    An accommodation counts for attempts started at ``begins_ms`` or later and before ``expires_ms``.
    """

    minutes: int = 0
    percent: int = 0
    begins_ms: int | None = None
    expires_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sitting. The base deadline is frozen at the start; time entries stand beside it."""

    no: int
    started_ms: int
    base: Closing
    time_entries: tuple[TimeEntry, ...] = ()
    outcome: Outcome | None = None
    last_seen_ms: int = 0
    left_page_ms: int | None = None
    focus_losses: int = 0
    saved_score: Decimal | None = Decimal(0)

    @property
    def running(self) -> bool:
        return self.outcome is None

    @property
    def void(self) -> bool:
        return self.outcome is not None and self.outcome.state is State.VOID

    @property
    def passed(self) -> bool:
        return self.outcome is not None and self.outcome.result == "pass"

    @property
    def awaits_marking(self) -> bool:
        return self.outcome is not None and self.outcome.reason is OutcomeReason.AWAITING_MARKING


@dataclass(frozen=True, slots=True)
class LearningReport:
    """Learning done, in per cent, as of an instant."""

    at_ms: int
    percent: int


@dataclass(frozen=True, slots=True)
class Round:
    """Attempts that something opened: the year, a card, a batch, a grant, an earlier year's make-up.

    ``places`` is what opened it plus every compensation less every undone grant; ``expires_ms`` ends what a
    grant left unused.
    """

    no: int
    opened_by: OpenedBy
    opened_ms: int
    places: int
    attempts: tuple[Attempt, ...] = ()
    learning: tuple[LearningReport, ...] = ()
    expires_ms: int | None = None
    batch: int | None = None
    forfeited: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """One enrolment: its rounds, and the person's standing accommodations.

    ``has_unused_card`` says that a card was booked out for the person and not used yet.
    """

    credit_year: int
    rounds: tuple[Round, ...] = ()
    standing: tuple[TimeEntry, ...] = ()
    has_unused_card: bool = False

    @property
    def attempts(self) -> Sequence[Attempt]:
        return [attempt for round_ in self.rounds for attempt in round_.attempts]

    @property
    def running(self) -> tuple[Round, Attempt] | None:
        """The attempt being sat, with its round."""
        for round_ in self.rounds:
            for attempt in round_.attempts:
                if attempt.running:
                    return round_, attempt
        return None

    @property
    def passed(self) -> bool:
        return any(attempt.passed for attempt in self.attempts)

    @property
    def awaits_marking(self) -> bool:
        """Whether a person still has to mark an attempt: it is neither passed nor failed yet."""
        return any(attempt.awaits_marking for attempt in self.attempts)
