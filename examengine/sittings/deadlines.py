"""The deadline of an attempt as SQL gives it, in the form the desk takes."""

from examengine.live import Deadline, Sitting
from examengine.live.desk import CLAMP_MS
from examengine.records.as_rules import closing_of, deadline_version
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.rules.calendar import SECOND_MS
from examengine.rules.closing import grace_ms, was_present
from examengine.rules.history import Closing
from examengine.rules.rulebook import ForcedExitDetection, Rulebook


def final_ms(rulebook: Rulebook, closing: Closing) -> int:
    """When an attempt may be closed for good: deadline, the rulebook's grace, what two hosts' clocks may differ."""
    return closing.deadline_ms + grace_ms(rulebook) + CLAMP_MS


def early_ms(closing: Closing) -> int:
    """When it may be closed at the earliest: deadline, and what two hosts' clocks may differ."""
    return closing.deadline_ms + CLAMP_MS


def closes_early(rulebook: Rulebook, closing: Closing, sitting: Sitting) -> bool:
    """Whether this sitting needs no grace: its page has said at this very deadline that all was sent, the candidate
    was there, and nothing else is under way.
    """
    return (
        sitting.all_sent_at_ms == closing.deadline_ms
        and sitting.left_page_ms is None
        and was_present(rulebook, closing.deadline_ms, sitting.seen_ms)
    )


def over_ms(rulebook: Rulebook, closing: Closing, sitting: Sitting) -> int:
    """When this sitting may be closed for good."""
    return early_ms(closing) if closes_early(rulebook, closing, sitting) else final_ms(rulebook, closing)


def deadline_of(rulebook: Rulebook, record: EnrolmentRecord, attempt: AttemptRecord) -> Deadline:
    """The attempt's deadline for the desk."""
    closing = closing_of(rulebook, record, attempt)
    return Deadline(
        at_ms=closing.deadline_ms,
        reason=closing.reason.value,
        version=deadline_version(record, attempt.id),
        look_at_ms=final_ms(rulebook, closing),
    )


def leave_grace_ms(rulebook: Rulebook) -> int:
    """How long a page may be left before that is a forced exit; 0 where the rulebook does not ask for it."""
    rules = rulebook.exam.forced_exit
    if rules.detect is not ForcedExitDetection.PAGE_LEAVE:
        return 0
    return max(1, rules.page_leave_grace_seconds * SECOND_MS)
