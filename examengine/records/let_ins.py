"""Candidates whom the desk let in again."""

from dataclasses import dataclass

from sqlalchemy import select

from examengine.records.database import Missing, Reading, Writing
from examengine.records.shapes import columns
from examengine.records.tables import let_ins


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLetIn:
    """To be recorded. ``source`` is unique: the same form sent twice is one."""

    person_id: int
    new_password: bool
    nonce: str
    reason_category: str
    reason: str
    ticket: str
    by_person: int
    second_person: int | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetIn(NewLetIn):
    """As recorded."""

    id: int
    at_ms: int


_LET_IN = columns(let_ins, LetIn)


async def add(tx: Writing, new: NewLetIn, at_ms: int) -> LetIn:
    """Record it.

    Raises:
        Conflict: one of this source is there, or the agent lets himself in.
    """
    values = {column.name: getattr(new, column.name) for column in _LET_IN if column.name not in {"id", "at_ms"}}
    return LetIn(**values, id=await tx.insert(let_ins, {**values, "at_ms": at_ms}), at_ms=at_ms)


async def find_by_source(tx: Reading, source: str) -> LetIn | None:
    """The one of a source."""
    row = await tx.row(select(*_LET_IN).where(let_ins.c.source == source))
    return None if row is None else LetIn(**row._mapping)


async def get(tx: Reading, let_in_id: int) -> LetIn:
    """One of them.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(select(*_LET_IN).where(let_ins.c.id == let_in_id))
    if row is None:
        raise Missing("let_in", let_in_id)
    return LetIn(**row._mapping)


async def of_person(tx: Reading, person_id: int, limit: int = 20) -> tuple[LetIn, ...]:
    """The last times that a person was let in again, newest first."""
    statement = select(*_LET_IN).where(let_ins.c.person_id == person_id).order_by(let_ins.c.id.desc()).limit(limit)
    return tuple(LetIn(**row._mapping) for row in await tx.rows(statement))
