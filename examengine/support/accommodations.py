"""Standing accommodations (合理便利): given to a person, carried into every enrolment, taken back.

A small one for a limited time is an agent's own act; a large one, one for good, and many of one agent need a second
person.
"""

from base64 import b64decode, b64encode
from collections.abc import Collection
from dataclasses import dataclass, fields
from typing import Any

from examengine.enrolment.accommodations import carried_by, carry, take_back
from examengine.records import accommodations, audit, enrolments, people
from examengine.records.accommodations import Accommodation, End, NewAccommodation
from examengine.records.as_rules import closing_of
from examengine.records.database import Database, Reading, Writing
from examengine.records.enrolments import lock_enrolment
from examengine.records.history import EnrolmentRecord, load_histories
from examengine.records.shelf import Shelf
from examengine.records.vault import Vault
from examengine.refusals import Next, Reason, Refusal
from examengine.support.accommodation_effects import without
from examengine.support.acts import Kind, Means, Owner, facts_of
from examengine.support.looking import EnrolmentCase

MAX_PERCENT, MAX_MINUTES, MAX_BREAKS = 100, 120, 60
ALONE_PERCENT, ALONE_MINUTES, ALONE_BREAKS, ALONE_DAYS = 30, 20, 15, 366
ALONE_A_DAY = 10
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AccommodationOrder:
    """What an agent orders. ``document_sealed``: what it rests on, under the person's key, see :func:`sealed`;
    ``ordered_ms``: when the form was sent.
    """

    person_id: int
    percent: int | None
    minutes: int | None
    breaks_minutes: int
    document_sealed: str
    begins_ms: int
    expires_ms: int | None
    ordered_ms: int
    by_person: int
    reason_category: str
    reason: str
    ticket: str
    nonce: str
    second_person: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndOrder:
    """Taking one back. An accommodation ends once, so a form sent twice is one act."""

    accommodation_id: int
    by_person: int
    reason_category: str
    reason: str
    ticket: str
    nonce: str = ""
    second_person: int | None = None


async def sealed(tx: Reading, vault: Vault, person_id: int, document: str) -> str:
    """The name of a document as an order carries it.

    Raises:
        Missing: there is no such person, or he was erased.
    """
    return b64encode(await accommodations.sealed(tx, vault, person_id, document)).decode()


async def unsealed(tx: Reading, vault: Vault, person_id: int, document_sealed: str) -> str:
    """The name of a document that an order carries; "" after an erasure."""
    ciphers = await people.ciphers_of(tx, vault, [person_id])
    return accommodations.unsealed(ciphers.get(person_id), b64decode(document_sealed))


def supposed(order: AccommodationOrder) -> Accommodation:
    """The accommodation that an order would make, for its effect."""
    return Accommodation(**_values(order), id=0, at_ms=order.begins_ms)


def is_large(order: AccommodationOrder) -> bool:
    """Whether it gives so much, or for so long, that a second person must agree."""
    lasts_ms = None if order.expires_ms is None else order.expires_ms - order.begins_ms
    return (
        (order.percent or 0) > ALONE_PERCENT
        or (order.minutes or 0) > ALONE_MINUTES
        or order.breaks_minutes > ALONE_BREAKS
        or lasts_ms is None
        or lasts_ms > ALONE_DAYS * DAY_MS
    )


async def may_end(
    tx: Reading, shelf: Shelf, one: Accommodation, records: Collection[EnrolmentRecord], now_ms: int
) -> Refusal | None:
    """Why an accommodation cannot be taken back now, or None. What a running attempt has used already stays: its
    deadline does not move behind the present.
    """
    if one.end is not None:
        return Refusal(Reason.NO_SUCH_ENTRY, Next.NONE)
    for record in records:
        running = next((row for row in record.attempts if row.outcome is None), None)
        if running is None or not carried_by(record, one.id):
            continue
        rulebook = await shelf.rulebook(tx, running.rulebook_digest)
        before = closing_of(rulebook, record, running).deadline_ms
        after = closing_of(rulebook, without(record, one), running).deadline_ms
        if after <= now_ms and after < before:
            return Refusal(Reason.TIME_ALREADY_USED, Next.NONE)
    return None


async def read_cases(database: Database, shelf: Shelf, person_id: int) -> tuple[EnrolmentCase, ...]:
    """Every enrolment of a person with its history, newest first, for what an accommodation would come to."""
    async with database.reading() as tx:
        lines = await enrolments.list_of_person(tx, person_id)
        records = await load_histories(tx, [line.enrolment.id for line in lines])
        cases = []
        for line in lines:
            rulebook = await shelf.rulebook(tx, line.enrolment.rulebook_digest)
            cases.append(EnrolmentCase(line, records[line.enrolment.id], rulebook))
    return tuple(cases)


async def _needs_second(tx: Reading, order: AccommodationOrder) -> bool:
    alone = await accommodations.count_alone(tx, order.by_person, order.ordered_ms - DAY_MS)
    return is_large(order) or alone >= ALONE_A_DAY


async def _accommodated(tx: Reading, order: AccommodationOrder) -> bool:
    return await accommodations.find_by_source(tx, _source(order)) is not None


async def _accommodate(tx: Writing, _means: Means, order: AccommodationOrder, stamp_ms: int) -> Refusal | None:
    if not _is_sound(order):
        raise ValueError("an accommodation out of bounds")
    held = await _hold(tx, order.person_id)
    one, is_new = await accommodations.add(tx, NewAccommodation(**_values(order)), stamp_ms)
    if not is_new:
        return None
    for record in held:
        await carry(tx, one, record, max(stamp_ms, record.newest_fact_ms))
    told = {"percent": one.percent, "minutes": one.minutes, "breaks_minutes": one.breaks_minutes}
    facts = facts_of(order, one.person_id, accommodation=one.id, enrolments=len(held), **told)
    await audit.append(tx, stamp_ms, order.by_person, "accommodate", "person", one.person_id, facts)
    return None


async def _person_of(tx: Reading, order: AccommodationOrder) -> Owner:
    await people.require(tx, order.person_id)
    return Owner(order.person_id)


async def _ended(tx: Reading, order: EndOrder) -> bool:
    return (await accommodations.get(tx, order.accommodation_id)).end is not None


async def _took_two(tx: Reading, order: EndOrder) -> bool:
    return (await accommodations.get(tx, order.accommodation_id)).second_person is not None


async def _owner_of(tx: Reading, order: EndOrder) -> Owner:
    return Owner((await accommodations.get(tx, order.accommodation_id)).person_id)


async def _end(tx: Writing, means: Means, order: EndOrder, stamp_ms: int) -> Refusal | None:
    one = await accommodations.get(tx, order.accommodation_id)
    held = await _hold(tx, one.person_id)
    one = await accommodations.get(tx, order.accommodation_id)  # again, under the locks
    if one.end is not None:
        return None
    refusal = await may_end(tx, means.shelf, one, held, stamp_ms)
    if refusal is not None:
        return refusal
    said = End(
        reason_category=order.reason_category,
        reason=order.reason,
        ticket=order.ticket,
        by_person=order.by_person,
        second_person=order.second_person,
        at_ms=stamp_ms,
    )
    await accommodations.end(tx, one.id, said)
    for record in held:
        await take_back(tx, one, said, record, max(stamp_ms, record.newest_fact_ms))
    facts = facts_of(order, one.person_id, accommodation=one.id)
    await audit.append(tx, stamp_ms, order.by_person, "end_accommodation", "person", one.person_id, facts)
    return None


ACCOMMODATE: Kind[AccommodationOrder] = Kind(
    slug="accommodate",
    order=AccommodationOrder,
    subject="person_id",
    owner=_person_of,
    perform=_accommodate,
    known=_accommodated,
    needs_second=_needs_second,
)
END_ACCOMMODATION: Kind[EndOrder] = Kind(
    slug="end_accommodation",
    order=EndOrder,
    subject="accommodation_id",
    owner=_owner_of,
    perform=_end,
    known=_ended,
    needs_second=_took_two,
)


async def _hold(tx: Writing, person_id: int) -> list[EnrolmentRecord]:
    """Every enrolment of the person, locked, with its history; no other can be made until the transaction ends."""
    locked: set[int] = set()
    for _look in range(2):  # what was made between the first look and the person's lock is found by the second
        lines = await enrolments.list_of_person(tx, person_id)
        for enrolment_id in sorted({line.enrolment.id for line in lines} - locked):
            await lock_enrolment(tx, enrolment_id)
            locked.add(enrolment_id)
        await people.lock_person(tx, person_id)
    return list((await load_histories(tx, locked)).values())


def _values(order: AccommodationOrder) -> dict[str, Any]:
    kept = {one.name for one in fields(NewAccommodation)} & {one.name for one in fields(AccommodationOrder)}
    document_enc = b64decode(order.document_sealed)
    return {name: getattr(order, name) for name in kept} | {"document_enc": document_enc, "source": _source(order)}


def _source(order: AccommodationOrder) -> str:
    return f"accommodate:{order.nonce}"


def _is_sound(order: AccommodationOrder) -> bool:
    within = (
        1 <= (order.percent or 1) <= MAX_PERCENT
        and 1 <= (order.minutes or 1) <= MAX_MINUTES
        and 0 <= order.breaks_minutes <= MAX_BREAKS
    )
    gives = bool(order.percent or order.minutes or order.breaks_minutes)
    lasts = order.expires_ms is None or order.expires_ms > order.begins_ms
    return within and gives and lasts and not (order.percent and order.minutes)
