"""Releases: frozen selections of a bank that exams are drawn from."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, insert, literal, select, update

from examengine.records.database import Missing, Reading, Writing
from examengine.records.heads import lock_bank
from examengine.records.items import VERSION, ItemVersion
from examengine.records.shapes import columns
from examengine.records.tables import item_heads, item_versions, release_items, releases
from examengine.records.words import ItemState


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """A frozen selection of ``size`` items of a bank; its versions come from :func:`released_versions`."""

    id: int
    bank_id: int
    no: int
    at_ms: int
    by_person: int | None
    size: int


async def make_release(tx: Writing, bank_id: int, by_person: int | None, at_ms: int) -> StoredRelease:
    """Freeze the newest checked version of every item of a bank that is not retired, in the order of the items. What
    nobody has checked never gets onto a paper. Locks the bank.

    Raises:
        Missing: there is no such bank.
        ValueError: the bank has no checked item.
    """
    await lock_bank(tx, bank_id)
    no = 1 + int(
        await tx.value(select(func.coalesce(func.max(releases.c.no), 0)).where(releases.c.bank_id == bank_id))
    )
    release_id = await tx.insert(releases, {"bank_id": bank_id, "no": no, "at_ms": at_ms, "by_person": by_person})
    chosen = select(
        literal(release_id, release_items.c.release_id.type),
        func.row_number().over(order_by=item_heads.c.item_id),
        item_heads.c.checked_id,
        item_heads.c.item_id,
    ).where(*releasable_heads(bank_id))
    size = await tx.run(
        insert(release_items).from_select(["release_id", "position", "version_id", "item_id"], chosen)
    )
    if not size:
        raise ValueError("the bank has no checked item")
    await tx.run(update(releases).where(releases.c.id == release_id).values(size=size))
    return StoredRelease(release_id, bank_id, no, at_ms, by_person, size)


async def releasable(tx: Reading, bank_id: int) -> tuple[int, ...]:
    """The versions that a release made now would freeze, in its order."""
    statement = select(item_heads.c.checked_id).where(*releasable_heads(bank_id)).order_by(item_heads.c.item_id)
    return tuple(row.checked_id for row in await tx.rows(statement))


async def count_releasable(tx: Reading, bank_id: int, valid_before: str | None = None) -> int:
    """How many items a release made now would hold, or how many of them have their last day before the day
    ``valid_before`` (YYYY-MM-DD).
    """
    statement = select(func.count()).select_from(item_heads).where(*releasable_heads(bank_id))
    if valid_before is not None:
        statement = statement.join(item_versions, item_versions.c.id == item_heads.c.checked_id)
        statement = statement.where(item_versions.c.valid_until < valid_before)
    return int(await tx.value(statement))


async def get_release(tx: Reading, release_id: int) -> StoredRelease:
    """One release.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(select(*columns(releases, StoredRelease)).where(releases.c.id == release_id))
    if row is None:
        raise Missing("release", release_id)
    return StoredRelease(*row)


async def list_releases(tx: Reading, bank_id: int) -> tuple[StoredRelease, ...]:
    """A bank's releases, newest first."""
    statement = (
        select(*columns(releases, StoredRelease)).where(releases.c.bank_id == bank_id).order_by(releases.c.no.desc())
    )
    return tuple(StoredRelease(*row) for row in await tx.rows(statement))


async def released_ids(tx: Reading, release_id: int) -> tuple[int, ...]:
    """The versions of a release in its order, by their ids."""
    statement = (
        select(release_items.c.version_id)
        .where(release_items.c.release_id == release_id)
        .order_by(release_items.c.position)
    )
    return tuple(row.version_id for row in await tx.rows(statement))


async def released_versions(tx: Reading, release_id: int) -> tuple[ItemVersion, ...]:
    """The versions of a release in its order; one query. They never change: keep them in the process."""
    statement = (
        select(*VERSION)
        .join_from(release_items, item_versions)
        .where(release_items.c.release_id == release_id)
        .order_by(release_items.c.position)
    )
    return tuple(ItemVersion(*row) for row in await tx.rows(statement))


def releasable_heads(bank_id: int) -> tuple[ColumnElement[bool], ...]:
    """What a head must be for a release to take its checked version."""
    return (
        item_heads.c.bank_id == bank_id,
        item_heads.c.checked_id.is_not(None),
        item_heads.c.state != ItemState.RETIRED,
    )
