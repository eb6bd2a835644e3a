"""Question banks and the imports that fill them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import func, select, update

from examengine.findings import Finding
from examengine.records.database import Missing, Reading, Writing
from examengine.records.heads import lock_bank
from examengine.records.items import NewVersion, add_versions
from examengine.records.shapes import columns, json_text
from examengine.records.tables import banks, import_batches, items

__all__ = [
    "Bank",
    "BankLine",
    "ImportBatch",
    "NewVersion",
    "add_bank",
    "commit_import",
    "find_bank",
    "find_import_of_upload",
    "get_bank",
    "get_import",
    "import_findings",
    "list_banks",
    "list_imports",
    "lock_bank",
]


@dataclass(frozen=True, slots=True)
class Bank:
    """A question bank."""

    id: int
    name: str
    by_person: int | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class BankLine:
    """A bank with the number of its items."""

    bank: Bank
    items: int


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """An import that was committed. ``total``: questions the file held, also those that were left out; ``undone_ms``
    where it was taken back.
    """

    id: int
    bank_id: int
    file_name: str
    sha256: str
    by_person: int | None
    at_ms: int
    added: int
    changed: int
    same: int
    total: int
    undone_ms: int | None = None


async def add_bank(tx: Writing, name: str, by_person: int | None, at_ms: int) -> Bank:
    """A bank of that name; one that is there already is answered as it is."""
    await tx.insert_unless_known(banks, {"name": name, "by_person": by_person, "at_ms": at_ms}, "name")
    row = await tx.row(select(*columns(banks, Bank)).where(banks.c.name == name))
    assert row is not None
    return Bank(*row)


async def get_bank(tx: Reading, bank_id: int) -> Bank:
    """One bank.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(select(*columns(banks, Bank)).where(banks.c.id == bank_id))
    if row is None:
        raise Missing("bank", bank_id)
    return Bank(*row)


async def find_bank(tx: Reading, name: str) -> Bank | None:
    """The bank of that name."""
    row = await tx.row(select(*columns(banks, Bank)).where(banks.c.name == name))
    return None if row is None else Bank(*row)


async def list_banks(tx: Reading) -> tuple[BankLine, ...]:
    """All banks by name, with their numbers of items; one query."""
    statement = (
        select(*columns(banks, Bank), func.count(items.c.id))
        .outerjoin_from(banks, items)
        .group_by(banks.c.id)
        .order_by(banks.c.name)
    )
    return tuple(BankLine(Bank(*row[:-1]), row[-1]) for row in await tx.rows(statement))


async def commit_import(
    tx: Writing,
    bank_id: int,
    file_name: str,
    sha256: str,
    versions: Sequence[NewVersion],
    findings: Sequence[Finding],
    by_person: int | None,
    at_ms: int,
    *,
    total: int | None = None,
    upload_id: int | None = None,
) -> ImportBatch:
    """Write what an import brings: new items, and a new version of every item whose text has changed. What is the
    same stays, so repeating a file adds nothing but the batch that says so; what stands twice counts once. Locks the
    bank.

    Raises:
        Missing: there is no such bank.
        Conflict: ``upload_id`` was imported before.
        ValueError: two different items of ``versions`` have the same number.
    """
    row: dict[str, Any] = {
        "bank_id": bank_id,
        "file_name": file_name[:255],
        "sha256": sha256,
        "by_person": by_person,
        "at_ms": at_ms,
        "findings": json_text(findings),
        "total": len(versions) if total is None else total,
        "upload_id": upload_id,
        "added": 0,
        "changed": 0,
        "same": 0,
        "state": "committed",
    }
    await lock_bank(tx, bank_id)
    batch_id = await tx.insert(import_batches, row)
    written = set(await add_versions(tx, bank_id, versions, by_person, at_ms, batch_id=batch_id))
    counts = {
        "added": sum(one.is_new and one.no == 1 for one in written),
        "changed": sum(one.is_new and one.no > 1 for one in written),
        "same": sum(not one.is_new for one in written),
    }
    await tx.run(update(import_batches).where(import_batches.c.id == batch_id).values(counts))
    return ImportBatch(
        id=batch_id,
        bank_id=bank_id,
        file_name=row["file_name"],
        sha256=sha256,
        by_person=by_person,
        at_ms=at_ms,
        total=row["total"],
        **counts,
    )


async def get_import(tx: Reading, batch_id: int) -> ImportBatch:
    """One import.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(select(*columns(import_batches, ImportBatch)).where(import_batches.c.id == batch_id))
    if row is None:
        raise Missing("import", batch_id)
    return ImportBatch(*row)


async def find_import_of_upload(tx: Reading, upload_id: int) -> ImportBatch | None:
    """What became of an upload that was committed."""
    row = await tx.row(select(*columns(import_batches, ImportBatch)).where(import_batches.c.upload_id == upload_id))
    return None if row is None else ImportBatch(*row)


async def list_imports(tx: Reading, bank_id: int, limit: int = 50) -> tuple[ImportBatch, ...]:
    """A bank's imports, newest first."""
    statement = (
        select(*columns(import_batches, ImportBatch))
        .where(import_batches.c.bank_id == bank_id)
        .order_by(import_batches.c.id.desc())
        .limit(limit)
    )
    return tuple(ImportBatch(*row) for row in await tx.rows(statement))


async def import_findings(tx: Reading, batch_id: int) -> tuple[Finding, ...]:
    """What an import found.

    Raises:
        Missing: there is no such import.
    """
    text = await tx.value(select(import_batches.c.findings).where(import_batches.c.id == batch_id))
    if text is None:
        raise Missing("import", batch_id)
    return msgspec.json.decode(text, type=tuple[Finding, ...])
