"""From what is recorded to what the rules decide about: an enrolment's :class:`~examengine.rules.history.History`."""

from decimal import Decimal

from examengine.records.entries import Entry
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.records.outcomes import Outcome as RecordedOutcome
from examengine.records.words import EntryKind
from examengine.rules.calendar import window_of
from examengine.rules.closing import closes_at, standing_at
from examengine.rules.history import (
    Attempt,
    Closing,
    DeadlineReason,
    History,
    LearningReport,
    OpenedBy,
    Outcome,
    OutcomeReason,
    Round,
    State,
    TimeEntry,
)
from examengine.rules.rulebook import Rulebook

_STANDING = (EntryKind.ACCOMMODATE_MINUTES, EntryKind.ACCOMMODATE_PERCENT)
_OF_ATTEMPT = (EntryKind.EXTRA_TIME, EntryKind.COMPENSATE_MINUTES)


def history_of(record: EnrolmentRecord) -> History:
    """The enrolment as the rules see it. Running attempts carry no sign of life: that is live."""
    return History(
        credit_year=record.enrolment.credit_year,
        rounds=tuple(_round(record, row.id) for row in record.rounds),
        standing=_standing_of(record),
    )


def _standing_of(record: EnrolmentRecord) -> tuple[TimeEntry, ...]:
    counted = [entry for entry in record.entries if entry.id not in record.undone]
    return tuple(_time(entry) for entry in counted if entry.kind in _STANDING)


def closing_of(rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord) -> Closing:
    """The effective deadline of an attempt: as it ended, or as it stands now."""
    attempt = _attempt(record, row)
    if attempt.outcome is not None:
        return attempt.outcome.closing
    window = window_of(rulebook, record.enrolment.credit_year)
    standing = standing_at(_standing_of(record), row.started_ms)
    return closes_at(rulebook, window, attempt.base, (*attempt.time_entries, *standing))


def deadline_version(record: EnrolmentRecord, attempt_id: int) -> int:
    """Rises with every entry that moves the attempt's deadline."""
    moving = (
        entry.id
        for entry in record.entries
        if entry.attempt_id == attempt_id or entry.kind in _STANDING or entry.kind is EntryKind.UNDO
    )
    return max(moving, default=0)


def _round(record: EnrolmentRecord, round_id: int) -> Round:
    opened = next(r for r in record.rounds if r.id == round_id)
    given = sum(
        e.amount or 0 for e in record.entries if e.round_id == round_id and e.kind is EntryKind.COMPENSATE_ATTEMPTS
    )
    taken_back = sum(e.amount or 0 for e in record.entries if e.round_id == round_id and e.kind is EntryKind.UNDO)
    # also of a grant taken back in part: a void may give back one of the places that stayed
    expires = [e.expires_ms for e in record.entries if e.round_id == round_id and e.kind is EntryKind.GRANT]
    return Round(
        no=opened.no,
        opened_by=OpenedBy(opened.opened_by),
        opened_ms=opened.at_ms,
        places=opened.attempts + given - taken_back,
        attempts=tuple(_attempt(record, row) for row in record.attempts if row.round_id == round_id),
        learning=tuple(LearningReport(r.at_ms, r.percent) for r in record.learning if r.round_no == opened.no),
        expires_ms=expires[-1] if expires else None,
    )


def _attempt(record: EnrolmentRecord, row: AttemptRecord) -> Attempt:
    undone = record.undone
    entries = tuple(
        _time(entry)
        for entry in record.entries
        if entry.attempt_id == row.id and entry.kind in _OF_ATTEMPT and entry.id not in undone
    )
    base = Closing(row.base_deadline_ms, DeadlineReason(row.base_reason))
    outcome = _outcome(row.outcome) if row.outcome is not None else None
    return Attempt(row.no, row.started_ms, base, entries, outcome)


def _outcome(row: RecordedOutcome) -> Outcome:
    score = None if row.score_hundredths is None else Decimal(row.score_hundredths) / 100
    closing = Closing(row.deadline_ms, DeadlineReason(row.deadline_reason))
    return Outcome(State(row.state), score, row.result, OutcomeReason(row.reason), row.ended_ms, closing)


def _time(entry: Entry) -> TimeEntry:
    amount = entry.amount or 0
    if entry.kind is EntryKind.ACCOMMODATE_PERCENT:
        return TimeEntry(percent=amount, begins_ms=entry.begins_ms, expires_ms=entry.expires_ms)
    if entry.kind is EntryKind.ACCOMMODATE_MINUTES:
        return TimeEntry(minutes=amount, begins_ms=entry.begins_ms, expires_ms=entry.expires_ms)
    return TimeEntry(minutes=amount)
