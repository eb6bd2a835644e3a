"""What an editor of one item reads."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from examengine.records.database import CHUNK, Missing, Reading
from examengine.records.items import VERSION, BankItem, ItemVersion
from examengine.records.shapes import chunks
from examengine.records.tables import item_heads, item_versions, items
from examengine.records.words import ItemState

TOPICS_LIMIT = 500
NEIGHBOURS_LIMIT = 60


@dataclass(frozen=True, slots=True)
class Newest:
    """An item's newest version with who made it; ``external_no`` as the record names the item."""

    external_no: str
    state: str
    by_person: int | None
    at_ms: int
    version: ItemVersion


async def newest_of(tx: Reading, bank_id: int, item_id: int) -> Newest:
    """The newest version of an item.

    Raises:
        Missing: the bank has no such item.
    """
    statement = (
        select(items.c.external_no, item_heads.c.state, item_heads.c.by_person, item_heads.c.at_ms, *VERSION)
        .select_from(item_heads)
        .join(items, items.c.id == item_heads.c.item_id)
        .join(item_versions, item_versions.c.id == item_heads.c.version_id)
        .where(item_heads.c.item_id == item_id, item_heads.c.bank_id == bank_id)
    )
    row = await tx.row(statement)
    if row is None:
        raise Missing("item", item_id)
    return Newest(row[0], row[1], row[2], row[3], ItemVersion(*row[4:]))


@dataclass(frozen=True, slots=True)
class Standing:
    """A version of a bank's item, whether a newer one stands after it, and where its item is."""

    version: ItemVersion
    newest_id: int
    state: ItemState


async def standing_of(tx: Reading, bank_id: int, version_ids: Sequence[int]) -> tuple[Standing, ...]:
    """Those of ``version_ids`` that are the bank's, in the order of their items."""
    statement = (
        select(item_heads.c.version_id, item_heads.c.state, *VERSION)
        .join_from(item_versions, item_heads, item_heads.c.item_id == item_versions.c.item_id)
        .where(item_heads.c.bank_id == bank_id)
        .order_by(item_versions.c.item_id, item_versions.c.no)
    )
    found: list[Standing] = []
    for part in chunks(version_ids, CHUNK):
        rows = await tx.rows(statement.where(item_versions.c.id.in_(part)))
        found += [Standing(ItemVersion(*row[2:]), row[0], ItemState(row[1])) for row in rows]
    return tuple(found)


async def find_numbered(tx: Reading, bank_id: int, external_no: str) -> int | None:
    """The item of that number, as the record names it."""
    found: int | None = await tx.value(
        select(items.c.id).where(items.c.bank_id == bank_id, items.c.external_no == external_no)
    )
    return found


async def topics_of(tx: Reading, bank_id: int) -> tuple[str, ...]:
    """The topics that a bank's items name, sorted, at most ``TOPICS_LIMIT``."""
    statement = (
        select(item_heads.c.topic)
        .where(item_heads.c.bank_id == bank_id, item_heads.c.topic != "")
        .distinct()
        .order_by(item_heads.c.topic)
        .limit(TOPICS_LIMIT)
    )
    return tuple(row.topic for row in await tx.rows(statement))


async def neighbours(tx: Reading, bank_id: int, pieces: Sequence[str], but: int | None) -> tuple[BankItem, ...]:
    """Items in use whose words hold one of ``pieces`` (lower case), at most ``NEIGHBOURS_LIMIT``; ``but`` is none."""
    statement = (
        select(items.c.external_no, *VERSION)
        .select_from(item_heads)
        .join(item_versions, item_versions.c.id == item_heads.c.version_id)
        .join(items, items.c.id == item_heads.c.item_id)
        .where(
            item_heads.c.bank_id == bank_id,
            item_heads.c.state != ItemState.RETIRED,
            or_(*(item_heads.c.words.contains(piece, autoescape=True) for piece in pieces)),
        )
        .order_by(item_heads.c.item_id.desc())
        .limit(NEIGHBOURS_LIMIT + 1)
    )
    rows = await tx.rows(statement)
    return tuple(BankItem(row[0], ItemVersion(*row[1:])) for row in rows if row.item_id != but)[:NEIGHBOURS_LIMIT]
