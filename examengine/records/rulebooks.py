"""Revisions of rulebooks that were used, and confirmations of their assumed values."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from examengine.records.database import Missing, Reading, Writing
from examengine.records.shapes import columns, from_json_text, json_text
from examengine.records.tables import confirmations, rulebooks


@dataclass(frozen=True, slots=True)
class StoredRulebook:
    """One revision: ``digest`` names its content, ``toml`` is the file's text."""

    id: int
    rulebook_id: str
    digest: str
    toml: str
    added_ms: int


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A named person stands for an assumed value of one revision."""

    id: int
    digest: str
    key: str
    value: Any
    person_id: int
    person_name: str
    at_ms: int


async def add_rulebook(tx: Writing, rulebook_id: str, digest: str, toml: str, at_ms: int) -> StoredRulebook:
    """Keep a revision; one with this digest that is there already stays as it is."""
    row = {"rulebook_id": rulebook_id, "digest": digest, "toml": toml, "added_ms": at_ms}
    await tx.insert_unless_known(rulebooks, row, "digest")
    return await get_rulebook(tx, digest)


async def get_rulebook(tx: Reading, digest: str) -> StoredRulebook:
    """A revision by its digest.

    Raises:
        Missing: it was never used here.
    """
    row = await tx.row(select(*columns(rulebooks, StoredRulebook)).where(rulebooks.c.digest == digest))
    if row is None:
        raise Missing("rulebook", digest)
    return StoredRulebook(*row)


async def list_rulebooks(tx: Reading) -> tuple[StoredRulebook, ...]:
    """All revisions, newest first."""
    statement = select(*columns(rulebooks, StoredRulebook)).order_by(rulebooks.c.id.desc())
    return tuple(StoredRulebook(*row) for row in await tx.rows(statement))


async def confirm(
    tx: Writing, digest: str, key: str, value: Any, person_id: int, person_name: str, at_ms: int
) -> None:
    """Append a confirmation. ``value`` is what the person saw, as JSON can say it.

    Raises:
        Conflict: the revision is not kept here.
    """
    await tx.insert(
        confirmations,
        {
            "digest": digest,
            "key": key,
            "value": json_text(value),
            "person_id": person_id,
            "person_name": person_name,
            "at_ms": at_ms,
        },
    )


async def confirmations_of(tx: Reading, digest: str) -> Mapping[str, Confirmation]:
    """The newest confirmation of each key of a revision."""
    statement = (
        select(*columns(confirmations, Confirmation))
        .where(confirmations.c.digest == digest)
        .order_by(confirmations.c.id)
    )
    return {
        row.key: Confirmation(
            row.id, row.digest, row.key, from_json_text(row.value), row.person_id, row.person_name, row.at_ms
        )
        for row in await tx.rows(statement)
    }
