"""Extra time for an attempt that runs: an entry beside the frozen base deadline, pushed to the live sitting."""

from dataclasses import dataclass

from examengine.records import attempts, audit, entries, outbox
from examengine.records.as_rules import closing_of
from examengine.records.attempts import lock_attempt
from examengine.records.database import Reading, Writing
from examengine.records.enrolments import lock_enrolment
from examengine.records.entries import Entry, NewEntry
from examengine.records.history import AttemptRecord, EnrolmentRecord, load_history
from examengine.records.words import EntryKind, Measure, OutboxKind
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.closing import grace_ms
from examengine.rules.rulebook import Rulebook
from examengine.support.acts import Kind, Means, Owner, facts_of
from examengine.support.quotas import Weight

MAX_MINUTES = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOrder:
    """What an agent orders. ``nonce`` makes the form unique: sent twice it is one entry."""

    attempt_id: int
    minutes: int
    by_person: int
    reason_category: str
    reason: str
    ticket: str
    nonce: str
    second_person: int | None = None

    @property
    def source(self) -> str:
        return f"extra_time:{self.nonce}"


def still_runs(rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord, now_ms: int) -> bool:
    """Whether an attempt's time can still be moved: nothing is closed for good before the grace is over, unless staff
    have it handed in.
    """
    ordered = any(entry.kind is EntryKind.HAND_IN and entry.attempt_id == row.id for entry in record.entries)
    if row.outcome is not None or ordered:
        return False
    return now_ms < closing_of(rulebook, record, row).deadline_ms + grace_ms(rulebook)


async def add_time(tx: Writing, means: Means, order: TimeOrder, stamp_ms: int) -> Entry | Refusal:
    """Write the entry and the message to the live sitting.

    Raises:
        Missing: there is no such attempt.
        ValueError: minutes out of bounds.
    """
    if not 1 <= order.minutes <= MAX_MINUTES:
        raise ValueError(f"minutes: {order.minutes}")
    owned = await attempts.get_attempt(tx, order.attempt_id)
    enrolment = await lock_enrolment(tx, owned.attempt.enrolment_id)
    await lock_attempt(tx, order.attempt_id)
    known = await entries.find_by_source(tx, order.source)
    if known is not None:
        return known
    record = await load_history(tx, enrolment.id)
    row = next(a for a in record.attempts if a.id == order.attempt_id)
    rulebook = await means.shelf.rulebook(tx, row.rulebook_digest)
    now_ms = max(stamp_ms, record.newest_fact_ms)
    if not still_runs(rulebook, record, row, now_ms):
        return Refusal(Reason.NOT_RUNNING, Next.NONE)
    entry, _ = await entries.add_entry(
        tx,
        NewEntry(
            enrolment_id=enrolment.id,
            kind=EntryKind.EXTRA_TIME,
            amount=order.minutes,
            attempt_id=order.attempt_id,
            by_person=order.by_person,
            second_person=order.second_person,
            reason_category=order.reason_category,
            reason=order.reason,
            ticket=order.ticket,
            source=order.source,
        ),
        now_ms,
    )
    await outbox.put(tx, order.attempt_id, OutboxKind.DEADLINE, {"entry": entry.id}, now_ms)
    facts = facts_of(order, enrolment.person_id, minutes=order.minutes, entry=entry.id)
    await audit.append(tx, now_ms, order.by_person, "extra_time", "attempt", order.attempt_id, facts)
    return entry


async def _owner(tx: Reading, order: TimeOrder) -> Owner:
    owned = await attempts.get_attempt(tx, order.attempt_id)
    return Owner(owned.person_id, owned.attempt.enrolment_id)


async def _known(tx: Reading, order: TimeOrder) -> bool:
    return await entries.find_by_source(tx, order.source) is not None


KIND = Kind(
    slug="extra_time",
    order=TimeOrder,
    subject="attempt_id",
    owner=_owner,
    perform=add_time,
    known=_known,
    weight=lambda order: Weight(Measure.MINUTES, order.minutes),
)
