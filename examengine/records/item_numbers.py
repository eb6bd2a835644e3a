"""What authors call their items, by version."""

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from examengine.records.database import CHUNK, Reading
from examengine.records.shapes import chunks
from examengine.records.tables import item_versions, items


async def external_numbers(tx: Reading, version_ids: Iterable[int]) -> Mapping[int, str]:
    """The author's number of each version's item."""
    found: dict[int, str] = {}
    for part in chunks(sorted(set(version_ids)), CHUNK):
        statement = (
            select(item_versions.c.id, items.c.external_no)
            .join_from(item_versions, items)
            .where(item_versions.c.id.in_(part))
        )
        found.update((row[0], row[1]) for row in await tx.rows(statement))
    return found
