"""Committing what a preview showed: the same reading, by the same code, in one transaction."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable

from examengine.banks.item import Item, to_json, with_random_option_ids
from examengine.banks.readers import BankReading
from examengine.findings import Finding
from examengine.records import audit, banks, uploads
from examengine.records.banks import ImportBatch, NewVersion
from examengine.records.database import Database

MAX_NUMBER = 100
"""Characters of an author's number that SQL keeps; a longer one is named by its digest."""

Letters = Callable[[], Iterable[str]]
"""The letters a–z in an order that nobody can foresee."""


async def commit_reading(
    database: Database,
    bank_id: int,
    reading: BankReading,
    file_name: str,
    content: bytes,
    letters: Letters,
    by_person: int | None,
    now_ms: int,
    *,
    upload_id: int | None = None,
) -> ImportBatch:
    """Take the importable items of ``reading`` into a bank: new ones, and a new version of each that has changed.

    ``upload_id`` names the kept file that was read: it is imported once, and a repeated commit answers the first
    one's batch; its bytes go with the commit.

    Raises:
        Missing: there is no such bank.
        ValueError: nothing can be imported.
    """
    if not reading.items:
        raise ValueError("nothing to import")
    versions, sha256 = await asyncio.to_thread(_prepared, reading, content, letters)
    findings = [Finding(f.severity, f.code, f.where, f.message) for f in reading.findings]
    async with database.writing() as tx:
        await banks.lock_bank(tx, bank_id)
        known = None if upload_id is None else await banks.find_import_of_upload(tx, upload_id)
        if known is not None:
            return known
        batch = await banks.commit_import(
            tx,
            bank_id,
            file_name,
            sha256,
            versions,
            findings,
            by_person,
            now_ms,
            total=reading.total,
            upload_id=upload_id,
        )
        facts = {"batch": batch.id, "added": batch.added, "changed": batch.changed, "same": batch.same}
        await audit.append(tx, now_ms, by_person, "import", "bank", bank_id, facts)
        if upload_id is not None:
            await uploads.drop(tx, upload_id)
        return batch


def _prepared(reading: BankReading, content: bytes, letters: Letters) -> tuple[list[NewVersion], str]:
    return [_version(read.item, letters) for read in reading.items], hashlib.sha256(content).hexdigest()


def _version(item: Item, letters: Letters) -> NewVersion:
    kept = with_random_option_ids(item, letters())
    return NewVersion(
        external_no=_number(item.external_no),
        kind=item.kind.value,
        content=to_json(kept),
        key="".join(sorted(kept.key)),
        digest=hashlib.sha256(to_json(item)).hexdigest(),
    )


def _number(external_no: str) -> str:
    if len(external_no) <= MAX_NUMBER:
        return external_no
    return f"no:{hashlib.sha256(external_no.encode()).hexdigest()}"
