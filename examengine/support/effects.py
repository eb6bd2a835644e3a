"""What an act of the desk would do: the deciding functions asked about a history with the act already in it.

Pure. A preview and the act itself therefore say the same, and ``examengine rules replay`` says it too.
"""

from dataclasses import dataclass, replace

from examengine.records.as_rules import closing_of, history_of
from examengine.records.entries import Entry
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.records.words import EntryKind
from examengine.rules.calendar import window_of
from examengine.rules.closing import ended, uses_place
from examengine.rules.decide import Decision, decide, left, opened_round
from examengine.rules.history import Closing, History, OpenedBy, Outcome
from examengine.rules.rulebook import Rulebook

_NOT_RECORDED = 2**62
"""The id of an entry that is only supposed."""


@dataclass(frozen=True, slots=True)
class Effect:
    """May the person start after the act, and how many attempts are left in all before and after it."""

    decision: Decision
    left_before: int
    left_after: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A deadline before and after. ``missing_ms`` is what the window's end takes away from the time given."""

    before: Closing
    after: Closing
    missing_ms: int


def left_in_all(rulebook: Rulebook, history: History, now_ms: int) -> int:
    """Attempts that may still be started, over all rounds."""
    return sum(left(rulebook, round_, now_ms) for round_ in history.rounds)


def of_grant(
    rulebook: Rulebook, record: EnrolmentRecord, now_ms: int, attempts: int, expires_ms: int | None
) -> Effect:
    """What granting ``attempts`` would come to; whether it may be done is :func:`support.grants.may_grant`."""
    before = history_of(record)
    given = opened_round(rulebook, before, OpenedBy.GRANT, now_ms, attempts=attempts, expires_ms=expires_ms)
    return _effect(rulebook, before, replace(before, rounds=(*before.rounds, given)), now_ms)


def of_void(rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord, now_ms: int) -> Effect:
    """What voiding the attempt would come to."""
    before = history_of(record)
    closing = closing_of(rulebook, record, row)
    ended_ms = row.outcome.ended_ms if row.outcome is not None else now_ms
    round_no = next(r.no for r in record.rounds if r.id == row.round_id)
    round_ = before.rounds[round_no - 1]
    attempts = tuple(
        ended(rulebook, attempt, "void", ended_ms, closing) if attempt.no == row.no else attempt
        for attempt in round_.attempts
    )
    rounds = tuple(replace(r, attempts=attempts) if r.no == round_no else r for r in before.rounds)
    return _effect(rulebook, before, replace(before, rounds=rounds), now_ms)


def of_absence(
    rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord, now_ms: int
) -> tuple[Effect, Outcome]:
    """What the candidate's absence at the deadline would come to, and the outcome (without what is marked)."""
    before, closing = history_of(record), closing_of(rulebook, record, row)
    round_no = next(r.no for r in record.rounds if r.id == row.round_id)
    attempts = tuple(
        ended(rulebook, attempt, "absent_at_deadline", closing.deadline_ms, closing)
        if attempt.no == row.no
        else attempt
        for attempt in before.rounds[round_no - 1].attempts
    )
    rounds = tuple(replace(r, attempts=attempts) if r.no == round_no else r for r in before.rounds)
    outcome = next(attempt.outcome for attempt in attempts if attempt.no == row.no)
    assert outcome is not None
    return _effect(rulebook, before, replace(before, rounds=rounds), now_ms), outcome


def gives_place_back(rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord) -> bool:
    """Whether the attempt takes a place now that a void would give back."""
    round_no = next(r.no for r in record.rounds if r.id == row.round_id)
    attempts = history_of(record).rounds[round_no - 1].attempts
    return uses_place(rulebook, next(a for a in attempts if a.no == row.no))


def of_undo(rulebook: Rulebook, record: EnrolmentRecord, entry: Entry, taken: int | None, now_ms: int) -> Effect:
    """What undoing an entry would come to; ``taken`` attempts go back where it gave attempts."""
    supposed = _supposed(record, entry, EntryKind.UNDO, taken, entry.attempt_id, undoes=entry.id)
    return _effect(rulebook, history_of(record), history_of(supposed), now_ms)


def deadline_without(rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord, entry: Entry) -> Moved:
    """What becomes of an attempt's deadline where a time entry is undone."""
    supposed = _supposed(record, entry, EntryKind.UNDO, None, row.id, undoes=entry.id)
    return Moved(closing_of(rulebook, record, row), closing_of(rulebook, supposed, row), 0)


def deadline_with(rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord, minutes: int) -> Moved:
    """What ``minutes`` of extra time would come to. The window's end still cuts, where the rules say so (A-07)."""
    before = closing_of(rulebook, record, row)
    supposed = _supposed(record, None, EntryKind.EXTRA_TIME, minutes, row.id)
    after = closing_of(rulebook, supposed, row)
    return Moved(before, after, before.deadline_ms + minutes * 60_000 - after.deadline_ms)


def window_closes_ms(rulebook: Rulebook, record: EnrolmentRecord) -> int:
    """The first instant after the enrolment's window."""
    return window_of(rulebook, record.enrolment.credit_year).closes_ms


def _effect(rulebook: Rulebook, before: History, after: History, now_ms: int) -> Effect:
    return Effect(
        decide(rulebook, after, now_ms),
        left_in_all(rulebook, before, now_ms),
        left_in_all(rulebook, after, now_ms),
    )


def _supposed(
    record: EnrolmentRecord,
    of: Entry | None,
    kind: EntryKind,
    amount: int | None,
    attempt_id: int | None,
    undoes: int | None = None,
) -> EnrolmentRecord:
    """The record with an entry that nobody has made."""
    entry = Entry(
        id=_NOT_RECORDED,
        at_ms=record.newest_fact_ms,
        enrolment_id=record.enrolment.id,
        kind=kind,
        amount=amount,
        attempt_id=attempt_id,
        round_id=of.round_id if of is not None else None,
        undoes=undoes,
        by_person=0,
        reason_category="",
        reason="",
        source="",
    )
    return replace(record, entries=(*record.entries, entry))
