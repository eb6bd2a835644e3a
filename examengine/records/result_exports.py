"""Lists of results that are taken out: who asked, why, for which people; the people themselves, page by page."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, update

from examengine.records.database import Missing, Reading, Writing
from examengine.records.people import DOC, NAME
from examengine.records.results import Asked
from examengine.records.shapes import from_json_text, json_text
from examengine.records.tables import people, person_keys, result_exports
from examengine.records.vault import Vault, WrappedKey
from examengine.records.words import DocumentType, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExport:
    """A list that somebody asks for. ``people``: how many it is for now; ``intent``: of the form."""

    asked: Asked
    full_numbers: bool
    reason_category: str
    reason: str = field(repr=False)
    ticket: str
    people: int
    by_person: int
    intent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(NewExport):
    """A list that was asked for. ``taken``: how often its file was fetched whole."""

    id: int
    at_ms: int
    taken: int


@dataclass(frozen=True, slots=True)
class SealedName:
    """Name and number of a person as they are stored; see :func:`opened`."""

    person_id: int
    pseudonym: str
    doc_type: str
    doc: bytes = field(repr=False)
    name: bytes = field(repr=False)
    key: WrappedKey | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedName:
    """Name and number; both empty after an erasure."""

    name: str = field(repr=False)
    doc_type: DocumentType
    document: str = field(repr=False)


async def ask(tx: Writing, new: NewExport, at_ms: int) -> tuple[Export, bool]:
    """Note that a list is asked for; the same form sent twice is one. The export, and whether it is new."""
    row = {
        "exam_id": new.asked.exam_id,
        "asked": json_text(_written(new.asked)),
        "full_numbers": new.full_numbers,
        "reason_category": new.reason_category,
        "reason": new.reason,
        "ticket": new.ticket,
        "people": new.people,
        "by_person": new.by_person,
        "at_ms": at_ms,
        "intent": new.intent,
    }
    made = await tx.insert_unless_known(result_exports, row, "intent")
    found = await tx.row(select(result_exports).where(result_exports.c.intent == new.intent))
    assert found is not None
    return _export(found), made > 0


async def get_export(tx: Reading, export_id: int) -> Export:
    """One export.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(select(result_exports).where(result_exports.c.id == export_id))
    if row is None:
        raise Missing("export of results", export_id)
    return _export(row)


async def newest_exports(tx: Reading, limit: int = 50) -> tuple[Export, ...]:
    """What was taken out last, by whomever."""
    rows = await tx.rows(select(result_exports).order_by(result_exports.c.id.desc()).limit(limit))
    return tuple(_export(row) for row in rows)


async def count_full_since(tx: Reading, by_person: int, since_ms: int) -> int:
    """How many people's whole numbers somebody has asked for since an instant."""
    total = select(func.coalesce(func.sum(result_exports.c.people), 0)).where(
        result_exports.c.by_person == by_person,
        result_exports.c.at_ms >= since_ms,
        result_exports.c.full_numbers,
    )
    return int(await tx.value(total))


async def note_taken(tx: Writing, export_id: int) -> None:
    """Its file has gone out whole."""
    taken = update(result_exports).where(result_exports.c.id == export_id)
    await tx.run(taken.values(taken=result_exports.c.taken + 1))


async def sealed_names(tx: Reading, person_ids: Sequence[int]) -> tuple[SealedName, ...]:
    """Names and numbers of people, at most 500, still closed: opening them takes time that others wait for."""
    statement = (
        select(
            people.c.id,
            people.c.pseudonym,
            people.c.doc_type,
            people.c.doc_enc,
            people.c.name_enc,
            person_keys.c.key_id,
            person_keys.c.wrapped_key,
        )
        .outerjoin_from(people, person_keys)
        .where(people.c.id.in_(list(person_ids)))
    )
    return tuple(
        SealedName(
            row.id,
            row.pseudonym,
            row.doc_type,
            row.doc_enc,
            row.name_enc,
            None if row.wrapped_key is None else WrappedKey(row.key_id, row.wrapped_key),
        )
        for row in await tx.rows(statement)
    )


def opened(vault: Vault, sealed: Sequence[SealedName]) -> Mapping[int, OpenedName]:
    """Names and numbers by person; takes about 50 µs each, for a thread.

    Raises:
        VaultError: the settings lack a field key.
    """
    found = {}
    for one in sealed:
        name = document = ""
        if one.key is not None:
            cipher = vault.cipher(one.pseudonym, one.key)
            name, document = cipher.open(NAME, one.name), cipher.open(DOC, one.doc)
        found[one.person_id] = OpenedName(name, DocumentType(one.doc_type), document)
    return found


def _written(asked: Asked) -> dict[str, Any]:
    told = dataclasses.asdict(asked)
    told.pop("exam_id")
    return {name: value for name, value in told.items() if value}


def _export(row: Any) -> Export:
    told = from_json_text(row.asked)
    standing = told.get("standing")
    return Export(
        id=row.id,
        asked=Asked(
            row.exam_id,
            told["credit_year"],
            told.get("region", ""),
            told.get("unit", ""),
            None if standing is None else Standing(standing),
        ),
        full_numbers=row.full_numbers,
        reason_category=row.reason_category,
        reason=row.reason,
        ticket=row.ticket,
        people=row.people,
        by_person=row.by_person,
        at_ms=row.at_ms,
        intent=row.intent,
        taken=row.taken,
    )
