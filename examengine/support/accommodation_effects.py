"""What an accommodation would come to: the deciding functions asked about ledgers that hold it, or hold it no more.

Pure. What carries it into the ledgers is :mod:`examengine.enrolment.accommodations`.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace

from examengine.enrolment.accommodations import carried_by, entries_for
from examengine.records.accommodations import Accommodation
from examengine.records.as_rules import closing_of, history_of
from examengine.records.entries import Entry, NewEntry
from examengine.records.history import EnrolmentRecord
from examengine.records.words import EntryKind
from examengine.rules.calendar import MINUTE_MS
from examengine.rules.closing import added_time_ms, standing_at
from examengine.rules.decide import Permission, decide
from examengine.rules.history import Closing
from examengine.rules.rulebook import Rulebook

_NOT_RECORDED = 2**62
"""Ids of entries that are only supposed count on from here."""


@dataclass(frozen=True, slots=True)
class Carried:
    """An enrolment before and after. ``started_ms``: of the attempt that is spoken of, ``runs`` whether it runs or is
    one that would start then; its deadline before and after, None where no start is allowed. ``full_ms``: the time
    an attempt has, where nothing cuts it.
    """

    started_ms: int
    runs: bool
    before: Closing | None
    after: Closing | None
    full_before_ms: int
    full_after_ms: int

    @property
    def missing_ms(self) -> int:
        """What the window's end takes away from the time given."""
        if self.before is None or self.after is None:
            return 0
        given_ms = self.full_after_ms - self.full_before_ms
        return max(0, given_ms - (self.after.deadline_ms - self.before.deadline_ms))


def with_it(record: EnrolmentRecord, one: Accommodation) -> EnrolmentRecord:
    """The record as if the accommodation were carried into it; as it is where it stands there."""
    if carried_by(record, one.id):
        return record
    return _supposed(record, entries_for(one, record.enrolment.id))


def without(record: EnrolmentRecord, one: Accommodation) -> EnrolmentRecord:
    """The record as if the accommodation were taken back."""
    undoing = (
        NewEntry(
            enrolment_id=record.enrolment.id,
            kind=EntryKind.UNDO,
            undoes=entry.id,
            by_person=0,
            reason_category="",
            reason="",
            source="",
        )
        for entry in carried_by(record, one.id)
    )
    return _supposed(record, undoing)


def carried(
    rulebook: Rulebook, before: EnrolmentRecord, after: EnrolmentRecord, begins_ms: int, now_ms: int
) -> Carried:
    """What the difference of two records is to the attempt that runs, else to one that starts now, or when it begins
    to count.
    """
    running = next((row for row in before.attempts if row.outcome is None), None)
    if running is not None:
        started_ms = running.started_ms
        return Carried(
            started_ms=started_ms,
            runs=True,
            before=closing_of(rulebook, before, running),
            after=closing_of(rulebook, after, running),
            full_before_ms=_full_ms(rulebook, before, started_ms),
            full_after_ms=_full_ms(rulebook, after, started_ms),
        )
    started_ms = max(now_ms, begins_ms)
    return Carried(
        started_ms=started_ms,
        runs=False,
        before=_promised(rulebook, before, started_ms),
        after=_promised(rulebook, after, started_ms),
        full_before_ms=_full_ms(rulebook, before, started_ms),
        full_after_ms=_full_ms(rulebook, after, started_ms),
    )


def _promised(rulebook: Rulebook, record: EnrolmentRecord, started_ms: int) -> Closing | None:
    decision = decide(rulebook, history_of(record), started_ms)
    return decision.closing if isinstance(decision, Permission) else None


def _full_ms(rulebook: Rulebook, record: EnrolmentRecord, started_ms: int) -> int:
    standing = standing_at(history_of(record).standing, started_ms)
    return rulebook.exam.minutes * MINUTE_MS + sum(added_time_ms(rulebook, entry) for entry in standing)


def _supposed(record: EnrolmentRecord, new: Iterable[NewEntry]) -> EnrolmentRecord:
    made = tuple(
        Entry(**asdict(entry), id=_NOT_RECORDED + place, at_ms=record.newest_fact_ms)
        for place, entry in enumerate(new)
    )
    return replace(record, entries=(*record.entries, *made))
