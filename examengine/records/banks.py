"""Question banks and the imports that fill them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import func, select

from examengine.findings import Finding
from examengine.records.database import CHUNK, Missing, Reading, Writing
from examengine.records.shapes import chunks, columns, json_text
from examengine.records.tables import banks, import_batches, item_versions, items


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
class NewVersion:
    """An item to import. ``digest`` (hex) names the author's text and says whether it has changed; an empty
    ``external_no`` lets the digest name the item. ``key`` holds the option ids, sorted.
    """

    external_no: str
    kind: str
    content: bytes
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """An import that was committed. ``total``: questions the file held, also those that were left out."""

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


async def lock_bank(tx: Writing, bank_id: int) -> None:
    """Let nobody else import into or release the bank until the transaction ends.

    Raises:
        Missing: there is none of that id.
    """
    if await tx.value(select(banks.c.id).where(banks.c.id == bank_id).with_for_update(key_share=True)) is None:
        raise Missing("bank", bank_id)


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
    await lock_bank(tx, bank_id)
    named: dict[str, NewVersion] = {}
    for version in versions:
        number = version.external_no or f"sha256:{version.digest}"
        if named.setdefault(number, version).digest != version.digest:
            raise ValueError("two different items of the import have the same number")
    known = await _newest_of_numbers(tx, bank_id, list(named))
    added = [number for number in named if number not in known]
    changed = [number for number in named if number in known and known[number][2] != named[number].digest]
    row: dict[str, Any] = {
        "bank_id": bank_id,
        "file_name": file_name[:255],
        "sha256": sha256,
        "by_person": by_person,
        "at_ms": at_ms,
        "findings": json_text(findings),
        "total": len(versions) if total is None else total,
        "upload_id": upload_id,
        "added": len(added),
        "changed": len(changed),
        "same": len(named) - len(added) - len(changed),
        "state": "committed",
    }
    batch_id = await tx.insert(import_batches, row)
    item_ids = await tx.insert_numbered(items, [{"bank_id": bank_id, "external_no": number} for number in added])
    targets = [(item_id, 1, number) for item_id, number in zip(item_ids, added, strict=True)]
    targets += [(known[number][0], known[number][1] + 1, number) for number in changed]
    await tx.insert_all(
        item_versions,
        [
            {
                "item_id": item_id,
                "no": no,
                "kind": named[number].kind,
                "content": named[number].content,
                "key": named[number].key,
                "digest": named[number].digest,
                "batch_id": batch_id,
            }
            for item_id, no, number in targets
        ],
    )
    return ImportBatch(
        batch_id,
        bank_id,
        row["file_name"],
        sha256,
        by_person,
        at_ms,
        row["added"],
        row["changed"],
        row["same"],
        row["total"],
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


async def _newest_of_numbers(tx: Reading, bank_id: int, numbers: Sequence[str]) -> dict[str, tuple[int, int, str]]:
    """Item id, newest version's number and digest, by the author's number."""
    known: dict[str, tuple[int, int, str]] = {}
    for part in chunks(numbers, CHUNK):
        statement = (
            select(items.c.external_no, items.c.id, item_versions.c.no, item_versions.c.digest)
            .join_from(items, item_versions)
            .where(items.c.bank_id == bank_id, items.c.external_no.in_(part))
            .order_by(item_versions.c.no)
        )
        for row in await tx.rows(statement):
            known[row.external_no] = (row.id, row.no, row.digest)
    return known
