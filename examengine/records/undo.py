"""Taking back an import while nothing was built on it.

The versions go, and the items that have no other: drafts that nobody has looked at are not facts yet. What stays is
the batch with its counts and findings, marked, and two lines in the audit.
"""

from dataclasses import dataclass

from sqlalchemy import delete, func, select, update

from examengine.banks.item import from_json
from examengine.records.database import CHUNK, Missing, Reading, Writing
from examengine.records.heads import NAMELESS, lock_bank, refresh
from examengine.records.shapes import chunks
from examengine.records.tables import import_batches, item_heads, item_reviews, item_versions, items, release_items
from examengine.records.words import ReviewDecision


@dataclass(frozen=True, slots=True)
class ImportUse:
    """What stands on an import's versions: how many are released, looked at by somebody, followed by a newer one."""

    released: int
    reviewed: int
    changed_since: int

    @property
    def is_unused(self) -> bool:
        return not (self.released or self.reviewed or self.changed_since)


@dataclass(frozen=True, slots=True)
class Undone:
    """``removed`` items are gone, ``restored`` ones stand at the version before."""

    removed: int
    restored: int


async def use_of_import(tx: Reading, batch_id: int) -> ImportUse:
    """Whether an import may still be taken back. That a version waits for its check is no use yet."""
    mine = select(item_versions.c.id).where(item_versions.c.batch_id == batch_id)
    released = select(func.count(release_items.c.version_id.distinct())).where(release_items.c.version_id.in_(mine))
    reviewed = select(func.count(item_reviews.c.version_id.distinct())).where(
        item_reviews.c.version_id.in_(mine), item_reviews.c.decision != ReviewDecision.SUBMITTED
    )
    newer = item_versions.alias("newer")
    since = (
        select(func.count(item_versions.c.id.distinct()))
        .join(newer, (newer.c.item_id == item_versions.c.item_id) & (newer.c.no > item_versions.c.no))
        .where(item_versions.c.batch_id == batch_id)
    )
    return ImportUse(int(await tx.value(released)), int(await tx.value(reviewed)), int(await tx.value(since)))


async def undo_import(tx: Writing, bank_id: int, batch_id: int, at_ms: int) -> Undone | ImportUse:
    """Take an import back: its items stand where they stood before. Answers what it is used for where it is used.

    Locks the bank. A second call finds nothing left to take back.

    Raises:
        Missing: there is no such import into the bank.
    """
    await lock_bank(tx, bank_id)
    row = await tx.row(
        select(import_batches.c.undone_ms).where(import_batches.c.id == batch_id, import_batches.c.bank_id == bank_id)
    )
    if row is None:
        raise Missing("import", batch_id)
    if row.undone_ms is not None:
        return Undone(0, 0)
    use = await use_of_import(tx, batch_id)
    if not use.is_unused:
        return use
    written = await tx.rows(
        select(item_versions.c.id, item_versions.c.item_id, item_versions.c.no).where(
            item_versions.c.batch_id == batch_id
        )
    )
    new = sorted(row.item_id for row in written if row.no == 1)
    changed = sorted(row.item_id for row in written if row.no > 1)
    for part in chunks(sorted(row.id for row in written), CHUNK):
        await tx.run(delete(item_heads).where(item_heads.c.version_id.in_(part)))
        await tx.run(delete(item_reviews).where(item_reviews.c.version_id.in_(part)))
        await tx.run(delete(item_versions).where(item_versions.c.id.in_(part)))
    for part in chunks(new, CHUNK):
        await tx.run(delete(items).where(items.c.id.in_(part)))
    await _rename(tx, changed)
    await refresh(tx, changed)
    await tx.run(update(import_batches).where(import_batches.c.id == batch_id).values(undone_ms=at_ms))
    return Undone(len(new), len(changed))


async def _rename(tx: Writing, item_ids: list[int]) -> None:
    """Items that got their number from the import alone are named by their first text again."""
    for part in chunks(item_ids, CHUNK):
        statement = (
            select(items.c.id, items.c.external_no, item_versions.c.content, item_versions.c.digest)
            .join_from(items, item_versions)
            .where(items.c.id.in_(part))
            .order_by(items.c.id, item_versions.c.no)
        )
        first: dict[int, str] = {}
        numbered: set[int] = set()
        for row in await tx.rows(statement):
            first.setdefault(row.id, row.digest)
            if row.external_no.startswith(NAMELESS) or from_json(row.content).external_no:
                numbered.add(row.id)
        for item_id in first.keys() - numbered:
            await tx.run(update(items).where(items.c.id == item_id).values(external_no=f"sha256:{first[item_id]}"))
