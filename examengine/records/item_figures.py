"""How items did in exams, as lists show it: of each item the newest version that enough people have answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select

from examengine.records.database import Reading
from examengine.records.tables import item_heads, item_statistics, item_versions


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """Of version ``no`` in the newest exam that has figures of it: facility 0 to 1, discrimination −1 to 1 (None
    where it is not defined), ``n`` people.
    """

    no: int
    facility: float
    discrimination: float | None
    n: int


async def figures_of(tx: Reading, item_ids: Sequence[int]) -> Mapping[int, ItemFigures]:
    """Figures of a page of items, by item; those that too few have answered are missing."""
    statement = (
        select(
            item_versions.c.item_id,
            item_versions.c.no,
            item_statistics.c.facility,
            item_statistics.c.discrimination,
            item_statistics.c.n,
        )
        .join_from(item_statistics, item_versions, item_versions.c.id == item_statistics.c.version_id)
        .where(item_versions.c.item_id.in_(item_ids), item_statistics.c.facility.is_not(None))
        .order_by(item_versions.c.no, item_statistics.c.exam_id)
    )
    # The last one of each item stays.
    return {row.item_id: ItemFigures(*row[1:]) for row in await tx.rows(statement)}


def newest_figures(bank_id: int) -> Select[Any]:
    """The same for a whole bank, as something to join: item_id, facility, discrimination."""
    place = func.row_number().over(
        partition_by=item_versions.c.item_id,
        order_by=(item_versions.c.no.desc(), item_statistics.c.exam_id.desc()),
    )
    all_ = (
        select(
            item_versions.c.item_id,
            item_statistics.c.facility,
            item_statistics.c.discrimination,
            place.label("place"),
        )
        .join_from(item_statistics, item_versions, item_versions.c.id == item_statistics.c.version_id)
        .join(item_heads, item_heads.c.item_id == item_versions.c.item_id)
        .where(item_heads.c.bank_id == bank_id, item_statistics.c.facility.is_not(None))
    ).subquery()
    return select(all_.c.item_id, all_.c.facility, all_.c.discrimination).where(all_.c.place == 1)
