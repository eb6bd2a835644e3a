"""Granting attempts: a new round, opened by the rules and written as an entry of the ledger."""

from dataclasses import dataclass

from examengine.enrolment.rounds import open_round
from examengine.records import audit, entries, grant_requests
from examengine.records.as_rules import history_of
from examengine.records.database import Reading, Writing
from examengine.records.enrolments import get_enrolment, lock_enrolment
from examengine.records.entries import Entry, NewEntry
from examengine.records.history import EnrolmentRecord, load_history
from examengine.records.words import EntryKind, Measure
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.calendar import window_of
from examengine.rules.decide import decide_grant
from examengine.rules.history import OpenedBy
from examengine.rules.rulebook import Rulebook
from examengine.support.acts import Kind, Means, Owner, facts_of
from examengine.support.quotas import Weight

MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantOrder:
    """What an agent orders. ``nonce`` makes the form unique: sent twice it is one grant.

    ``expires_ms`` is the first instant at which what is left unused lapses; None: the window's end. ``answer`` is
    what the candidate is told who has asked for it.
    """

    enrolment_id: int
    attempts: int
    by_person: int
    reason_category: str
    reason: str
    ticket: str
    expires_ms: int | None
    nonce: str
    answer: str = ""
    second_person: int | None = None

    @property
    def source(self) -> str:
        return f"grant:{self.nonce}"


def may_grant(rulebook: Rulebook, record: EnrolmentRecord, now_ms: int) -> Refusal | None:
    """Why no attempt can be granted now, or None. A grant taken back counts against the rulebook's number, as in
    replay.
    """
    given = sum(entry.kind is EntryKind.GRANT for entry in record.entries)
    return decide_grant(rulebook, history_of(record), now_ms, given)


def expiry_holds(rulebook: Rulebook, record: EnrolmentRecord, expires_ms: int | None, now_ms: int) -> bool:
    """Whether a grant may lapse at ``expires_ms``: after now, not after the window."""
    window = window_of(rulebook, record.enrolment.credit_year)
    return expires_ms is None or now_ms < expires_ms <= window.closes_ms


async def grant(tx: Writing, means: Means, order: GrantOrder, stamp_ms: int) -> Entry | Refusal:
    """Open the granted round and write its entry.

    Raises:
        Missing: there is no such enrolment.
        ValueError: a number of attempts or an expiry out of bounds.
    """
    if not 1 <= order.attempts <= MAX_ATTEMPTS:
        raise ValueError(f"attempts: {order.attempts}")
    enrolment = await lock_enrolment(tx, order.enrolment_id)
    known = await entries.find_by_source(tx, order.source)
    if known is not None:
        return known
    rulebook = await means.shelf.rulebook(tx, enrolment.rulebook_digest)
    record = await load_history(tx, enrolment.id)
    now_ms = max(stamp_ms, record.newest_fact_ms)
    refusal = may_grant(rulebook, record, now_ms)
    if refusal is not None:
        return refusal
    if not expiry_holds(rulebook, record, order.expires_ms, now_ms):
        if order.second_person is not None:  # it lapsed while it waited
            return Refusal(Reason.GRANT_NOT_ALLOWED, Next.NONE)
        raise ValueError("a grant that has lapsed already, or outlives the window")
    round_ = await open_round(tx, rulebook, record, OpenedBy.GRANT, order.source, now_ms, order.attempts)
    entry, _ = await entries.add_entry(
        tx,
        NewEntry(
            enrolment_id=enrolment.id,
            kind=EntryKind.GRANT,
            amount=order.attempts,
            round_id=round_.id,
            by_person=order.by_person,
            second_person=order.second_person,
            reason_category=order.reason_category,
            reason=order.reason,
            ticket=order.ticket,
            expires_ms=order.expires_ms,
            source=order.source,
        ),
        now_ms,
    )
    asked = await grant_requests.grant(tx, enrolment.id, entry.id, order.by_person, order.answer, now_ms)
    told = {} if asked is None else {"request": asked.id}
    facts = facts_of(order, enrolment.person_id, attempts=order.attempts, entry=entry.id, **told)
    await audit.append(tx, now_ms, order.by_person, "grant", "enrolment", enrolment.id, facts)
    return entry


async def _owner(tx: Reading, order: GrantOrder) -> Owner:
    enrolment = await get_enrolment(tx, order.enrolment_id)
    return Owner(enrolment.person_id, enrolment.id)


async def _known(tx: Reading, order: GrantOrder) -> bool:
    return await entries.find_by_source(tx, order.source) is not None


KIND = Kind(
    slug="grant",
    order=GrantOrder,
    subject="enrolment_id",
    owner=_owner,
    perform=grant,
    known=_known,
    weight=lambda order: Weight(Measure.ATTEMPTS, order.attempts),
)
