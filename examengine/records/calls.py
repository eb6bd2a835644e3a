"""Calls that the desk noted: with whom, about what, what was said (under the person's key)."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from examengine.records import people
from examengine.records.database import Missing, Reading, Writing
from examengine.records.tables import calls
from examengine.records.vault import Vault
from examengine.records.words import CallTopic, IdentityCheck

NOTE = "calls.note_enc"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCall:
    """A call to note. ``source`` is unique: the same form sent twice is one call."""

    person_id: int
    topic: CallTopic
    identity: IdentityCheck
    note: str
    recording: str
    ticket: str
    by_person: int
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Call(NewCall):
    """A call as noted; ``note`` is "" where the person was erased."""

    id: int
    at_ms: int


async def add(tx: Writing, vault: Vault, new: NewCall, at_ms: int) -> tuple[int, bool]:
    """Note a call, unless one of this source is there; its id, and whether it is new.

    Raises:
        Missing: there is no such person, or he was erased.
    """
    known = await tx.value(select(calls.c.id).where(calls.c.source == new.source))
    if known is not None:
        return int(known), False
    ciphers = await people.ciphers_of(tx, vault, [new.person_id])
    if new.person_id not in ciphers:
        raise Missing("person", new.person_id)
    row = {
        "person_id": new.person_id,
        "topic": new.topic,
        "identity": new.identity,
        "note_enc": ciphers[new.person_id].seal(NOTE, new.note),
        "recording": new.recording,
        "ticket": new.ticket,
        "by_person": new.by_person,
        "at_ms": at_ms,
        "source": new.source,
    }
    return await tx.insert(calls, row), True


async def of_person(tx: Reading, vault: Vault, person_id: int, limit: int = 50) -> tuple[Call, ...]:
    """A person's calls, newest first."""
    return await _read(tx, vault, select(calls).where(calls.c.person_id == person_id), limit)


async def by_agent(tx: Reading, vault: Vault, by_person: int, limit: int = 50) -> tuple[Call, ...]:
    """The calls that an agent noted, newest first."""
    return await _read(tx, vault, select(calls).where(calls.c.by_person == by_person), limit)


async def _read(tx: Reading, vault: Vault, statement: Select[Any], limit: int) -> tuple[Call, ...]:
    rows = await tx.rows(statement.order_by(calls.c.at_ms.desc(), calls.c.id.desc()).limit(limit))
    ciphers = await people.ciphers_of(tx, vault, {row.person_id for row in rows})
    return tuple(
        Call(
            id=row.id,
            person_id=row.person_id,
            topic=CallTopic(row.topic),
            identity=IdentityCheck(row.identity),
            note=ciphers[row.person_id].open(NOTE, row.note_enc) if row.person_id in ciphers else "",
            recording=row.recording,
            ticket=row.ticket,
            by_person=row.by_person,
            source=row.source,
            at_ms=row.at_ms,
        )
        for row in rows
    )
