"""Why something is refused, and what the person can do next.

A refusal is a value, never an exception: wording and HTTP status are chosen in one map in ``web``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Reason(StrEnum):
    """Why an act is refused. The order of the first thirteen is the order in which a start is examined."""

    NOT_ENROLLED = "not_enrolled"
    WINDOW_NOT_OPEN = "window_not_open"
    WINDOW_CLOSED = "window_closed"
    ALREADY_PASSED = "already_passed"
    ATTEMPT_RUNNING = "attempt_running"
    RESULT_PENDING = "result_pending"
    CARD_REQUIRED = "card_required"
    BATCH_REQUIRED = "batch_required"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    LEARNING_INCOMPLETE = "learning_incomplete"
    WAIT_BETWEEN_ATTEMPTS = "wait_between_attempts"
    TOO_LITTLE_TIME_LEFT = "too_little_time_left"
    NOT_ONLINE = "not_online"
    # cards
    OUTSIDE_TRAINING_PERIOD = "outside_training_period"
    CARD_ALREADY_USED = "card_already_used"
    CARD_NOT_BOOKED_OUT = "card_not_booked_out"
    ATTEMPTS_REMAINING = "attempts_remaining"
    WRONG_CARD = "wrong_card"
    # grants and other acts of staff
    GRANT_NOT_ALLOWED = "grant_not_allowed"
    TWO_PERSONS_REQUIRED = "two_persons_required"
    NO_SUCH_ATTEMPT = "no_such_attempt"
    NO_SCORE_TO_CHANGE = "no_score_to_change"
    NO_SUCH_ENTRY = "no_such_entry"
    ENTRY_ALREADY_USED = "entry_already_used"
    TIME_ALREADY_USED = "time_already_used"
    ACCOUNT_BLOCKED = "account_blocked"
    # a running attempt
    NOT_RUNNING = "not_running"
    TOO_EARLY_TO_SUBMIT = "too_early_to_submit"
    # the rulebook has no such thing: a card in a year without cards
    NOT_OFFERED = "not_offered"


class Next(StrEnum):
    """The one act that helps after a refusal."""

    ENROL = "enrol"
    WAIT_FOR_WINDOW = "wait_for_window"
    BUY_CARD = "buy_card"
    ACTIVATE_CARD = "activate_card"
    REGISTER_BATCH = "register_batch"
    FINISH_LEARNING = "finish_learning"
    RESUME = "resume"
    WAIT = "wait"
    CALL_SUPPORT = "call_support"
    REREGISTER = "reregister"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Refusal:
    """An expected no: the reason, the next step, and facts for the wording (times in ms, counts)."""

    reason: Reason
    next: Next
    facts: Mapping[str, int | str] = field(default_factory=dict)
