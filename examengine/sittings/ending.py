"""What a closed sitting comes to: the ending that the facts of SQL and the live side amount to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from examengine.live import CloseReason, Sitting, Word
from examengine.records.entries import Entry
from examengine.records.hearing import Case, NewCase
from examengine.records.history import EnrolmentRecord
from examengine.records.words import CaseDecision, CaseKind, EntryKind
from examengine.rules.closing import Ending
from examengine.rules.hearing import Deaf, Presence, first_deaf, presence_at
from examengine.rules.history import Closing
from examengine.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Ended:
    """Why and when it ended. ``by_person``: who of the staff had it handed in."""

    reason: CloseReason
    at_ms: int
    by_person: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The ending. ``deaf``: our deafness before the deadline, where that bears on it; ``by_person``: who decided."""

    ending: Ending
    deaf: Deaf | None = None
    by_person: int | None = None


def hand_in_entry(record: EnrolmentRecord, attempt_id: int) -> Entry | None:
    """The staff's order to hand an attempt in."""
    return next((e for e in record.entries if e.kind is EntryKind.HAND_IN and e.attempt_id == attempt_id), None)


def ended_of(sitting: Sitting, closing: Closing, order: Entry | None) -> Ended:
    """Why and when a sitting ended. What SQL holds comes first: an order of the staff counts from its own instant,
    though the live side heard of it later; only what the candidate handed in himself stands.
    """
    reason = CloseReason(sitting.close_reason) if sitting.close_reason else CloseReason.DEADLINE
    at_ms = sitting.closed_at_ms if sitting.closed_at_ms is not None else closing.deadline_ms
    if order is None or reason is CloseReason.HAND_IN:
        return Ended(reason, at_ms)
    if reason is CloseReason.STAFF or order.at_ms <= at_ms:
        return Ended(CloseReason.STAFF, order.at_ms, order.by_person)
    return Ended(reason, at_ms)


def verdict_of(
    rulebook: Rulebook,
    sitting: Sitting,
    ended: Ended,
    closing: Closing,
    deaf: Sequence[Deaf],
    cases: Sequence[Case],
) -> Verdict:
    """The ending, as far as the engine may say it; a person's decision stands above what it would say.

    Args:
        deaf: our deafness since the last sign of life or the presence window's beginning, up to the deadline.
    """
    match ended.reason:
        case CloseReason.HAND_IN | CloseReason.STAFF:
            return Verdict("submit", by_person=ended.by_person)
        case CloseReason.VOID:
            return Verdict("void")
        case CloseReason.DEADLINE:
            pass
        case _:
            return Verdict("forced_exit")
    span = first_deaf(rulebook, closing.deadline_ms, deaf)
    decided = next((case for case in cases if case.decision is not None), None)
    if decided is not None:
        is_absent = decided.decision is CaseDecision.ABSENT
        return Verdict("absent_at_deadline" if is_absent else "decided_present", None, decided.decided_by)
    presence = presence_at(rulebook, closing.deadline_ms, sitting.seen_ms, deaf)
    is_present = presence in {Presence.PRESENT, Presence.PRESENT_UNHEARD}
    return Verdict("present_at_deadline" if is_present else "absent_at_deadline", span)


def case_of(attempt_id: int, kind: CaseKind, deaf: Deaf, sitting: Sitting) -> NewCase:
    """The attempt as it is listed for a person."""
    return NewCase(attempt_id=attempt_id, kind=kind, deaf=deaf, seen_ms=sitting.seen_ms)


def lost_sitting(started_ms: int, generation: int, closing: Closing, now_ms: int) -> Sitting:
    """What stands for a sitting that the live side does not know: nobody wrote, nobody was heard."""
    return Sitting(
        Word.ABSENT,
        now_ms,
        deadline_ms=closing.deadline_ms,
        seen_ms=started_ms,
        generation=generation,
        close_reason=CloseReason.DEADLINE.value,
        closed_at_ms=closing.deadline_ms,
    )
