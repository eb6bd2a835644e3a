"""Releases: frozen selections of a bank that exams are drawn from."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from examengine.records.banks import lock_bank
from examengine.records.database import Missing, Reading, Writing
from examengine.records.items import VERSION, ItemVersion
from examengine.records.shapes import columns
from examengine.records.tables import item_versions, release_items, releases


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """A frozen selection of a bank; its versions come from :func:`released_versions`."""

    id: int
    bank_id: int
    no: int
    at_ms: int
    by_person: int | None


async def make_release(
    tx: Writing, bank_id: int, version_ids: Iterable[int], by_person: int | None, at_ms: int
) -> StoredRelease:
    """Freeze a selection of a bank's versions, in the order given. Locks the bank.

    Raises:
        Missing: there is no such bank.
        Conflict: a version twice, or one that does not exist.
    """
    await lock_bank(tx, bank_id)
    no = 1 + int(
        await tx.value(select(func.coalesce(func.max(releases.c.no), 0)).where(releases.c.bank_id == bank_id))
    )
    release_id = await tx.insert(releases, {"bank_id": bank_id, "no": no, "at_ms": at_ms, "by_person": by_person})
    await tx.insert_all(
        release_items,
        [
            {"release_id": release_id, "position": position, "version_id": version_id}
            for position, version_id in enumerate(version_ids, 1)
        ],
    )
    return StoredRelease(release_id, bank_id, no, at_ms, by_person)


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


async def released_versions(tx: Reading, release_id: int) -> tuple[ItemVersion, ...]:
    """The versions of a release in its order; one query. They never change: keep them in the process."""
    statement = (
        select(*VERSION)
        .join_from(release_items, item_versions)
        .where(release_items.c.release_id == release_id)
        .order_by(release_items.c.position)
    )
    return tuple(ItemVersion(*row) for row in await tx.rows(statement))
