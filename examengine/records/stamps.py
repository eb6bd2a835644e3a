"""Whether a bank has changed since somebody looked at it."""

from sqlalchemy import case, func, select

from examengine.records.database import Reading
from examengine.records.tables import item_heads
from examengine.records.words import ItemState


async def bank_stamp(tx: Reading, bank_id: int) -> tuple[int, int, int]:
    """Newest version, number of items, number of retired ones: one changes with whatever an import would see."""
    retired = func.coalesce(func.sum(case((item_heads.c.state == ItemState.RETIRED, 1), else_=0)), 0)
    newest = func.coalesce(func.max(item_heads.c.version_id), 0)
    row = await tx.row(select(newest, func.count(), retired).where(item_heads.c.bank_id == bank_id))
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


async def retired_ids(tx: Reading, bank_id: int) -> frozenset[int]:
    """Items of the bank that later releases do not take."""
    statement = select(item_heads.c.item_id).where(
        item_heads.c.bank_id == bank_id, item_heads.c.state == ItemState.RETIRED
    )
    return frozenset(row.item_id for row in await tx.rows(statement))
