"""An item's page: its versions with who made them, and the releases and exams that hold them."""

from dataclasses import dataclass

from sqlalchemy import select

from examengine.records.database import Missing, Reading
from examengine.records.items import VERSION, ItemVersion
from examengine.records.shapes import columns
from examengine.records.tables import exams, import_batches, item_heads, item_versions, items, release_items, releases
from examengine.records.words import ItemState


@dataclass(frozen=True, slots=True)
class Head:
    """Where an item stands. ``checked_id``: the version that a release made now would take."""

    item_id: int
    version_id: int
    no: int
    checked_id: int | None
    checked_no: int | None
    state: ItemState
    valid_until: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """A version with who made it, when, and from which file."""

    version: ItemVersion
    by_person: int | None
    at_ms: int
    note: str
    batch_id: int | None
    file_name: str | None


@dataclass(frozen=True, slots=True)
class Use:
    """A release that holds the item, and an exam that draws from it; without exam where none does."""

    release_no: int
    version_no: int
    exam_title: str | None
    credit_year: int | None


async def get_head(tx: Reading, bank_id: int, item_id: int) -> tuple[str, Head]:
    """An item's number, and where it stands.

    Raises:
        Missing: the bank has no such item.
    """
    statement = (
        select(items.c.external_no, *columns(item_heads, Head))
        .join_from(item_heads, items, items.c.id == item_heads.c.item_id)
        .where(item_heads.c.bank_id == bank_id, item_heads.c.item_id == item_id)
    )
    row = await tx.row(statement)
    if row is None:
        raise Missing("item", item_id)
    number, *head = row
    found = Head(*head)
    return number, Head(
        found.item_id,
        found.version_id,
        found.no,
        found.checked_id,
        found.checked_no,
        ItemState(found.state),
        found.valid_until,
    )


async def versions_of(tx: Reading, item_id: int) -> tuple[Written, ...]:
    """All versions of an item, newest first."""
    statement = (
        select(
            item_versions.c.by_person,
            item_versions.c.at_ms,
            item_versions.c.note,
            item_versions.c.batch_id,
            import_batches.c.file_name,
            *VERSION,
        )
        .outerjoin_from(item_versions, import_batches, import_batches.c.id == item_versions.c.batch_id)
        .where(item_versions.c.item_id == item_id)
        .order_by(item_versions.c.no.desc())
    )
    return tuple(Written(ItemVersion(*row[5:]), *row[:5]) for row in await tx.rows(statement))


async def uses_of(tx: Reading, item_id: int) -> tuple[Use, ...]:
    """Where an item is used, newest release first."""
    statement = (
        select(releases.c.no, item_versions.c.no, exams.c.title, exams.c.credit_year)
        .select_from(item_versions)
        .join(release_items, release_items.c.version_id == item_versions.c.id)
        .join(releases, releases.c.id == release_items.c.release_id)
        .outerjoin(exams, (exams.c.release_id == releases.c.id) & exams.c.withdrawn_ms.is_(None))
        .where(item_versions.c.item_id == item_id)
        .order_by(releases.c.no.desc(), exams.c.id)
    )
    return tuple(Use(*row) for row in await tx.rows(statement))
