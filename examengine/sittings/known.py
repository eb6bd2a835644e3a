"""What a finish reads of an attempt before it acts."""

from collections.abc import Iterable
from dataclasses import dataclass

from examengine.records.as_rules import closing_of
from examengine.records.attempts import OwnedAttempt
from examengine.records.database import Database, Reading
from examengine.records.due import load_due
from examengine.records.entries import Entry
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.records.shelf import Shelf
from examengine.rules.calendar import MINUTE_MS
from examengine.rules.history import Closing
from examengine.rules.rulebook import Rulebook
from examengine.sittings.ending import hand_in_entry


@dataclass(frozen=True, slots=True)
class Known:
    """An attempt with what is recorded of its enrolment, its rules, and when it closes by them."""

    owned: OwnedAttempt
    record: EnrolmentRecord
    row: AttemptRecord
    rulebook: Rulebook
    closing: Closing

    @property
    def earliest_ms(self) -> int:
        """Before this nobody may hand in himself."""
        return self.row.started_ms + self.rulebook.exam.min_minutes_before_submit * MINUTE_MS

    @property
    def order(self) -> Entry | None:
        """The staff's order to hand it in."""
        return hand_in_entry(self.record, self.row.id)


async def read_known(database: Database, shelf: Shelf, attempt_ids: Iterable[int]) -> dict[int, Known]:
    """Attempts, in one query; an id that is none is left out. Of their enrolments' records that alone which bears on
    how they end (:func:`examengine.records.due.load_due`).
    """
    async with database.glancing() as tx:
        found = await load_due(tx, attempt_ids)
        return {attempt_id: await _known(tx, shelf, *one) for attempt_id, one in found.items()}


async def _known(tx: Reading, shelf: Shelf, owned: OwnedAttempt, record: EnrolmentRecord) -> Known:
    rulebook = await shelf.rulebook(tx, owned.attempt.rulebook_digest)
    row = next(a for a in record.attempts if a.id == owned.attempt.id)
    return Known(owned, record, row, rulebook, closing_of(rulebook, record, row))
