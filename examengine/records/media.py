"""Pictures of items: kept once, named by their digest, found by it."""

import hashlib
from collections.abc import Iterable, Sequence

from sqlalchemy import select

from examengine.banks.markup import Media
from examengine.records.database import CHUNK, Missing, Reading, Writing
from examengine.records.shapes import chunks
from examengine.records.tables import media as table
from examengine.records.words import MEDIA_TYPES


async def keep(tx: Writing, media: Sequence[Media], at_ms: int) -> None:
    """Keep pictures that ``banks.markup.settle`` has named; one that is there already stays as it is.

    Raises:
        ValueError: a name is not the digest of its bytes, or the type is not one that is served.
    """
    for kept in media:
        sha256 = hashlib.sha256(kept.data).hexdigest()
        if not kept.name.startswith(f"{sha256}.") or kept.type not in MEDIA_TYPES:
            raise ValueError(f"{kept.name[:80]} is not settled")
        row = {
            "sha256": sha256,
            "media_type": kept.type,
            "content": kept.data,
            "octets": len(kept.data),
            "at_ms": at_ms,
        }
        await tx.insert_unless_known(table, row, "sha256")


async def get_media(tx: Reading, sha256: str) -> Media:
    """One picture; its ``name`` is the digest alone.

    Raises:
        Missing: there is none.
    """
    row = await tx.row(select(table.c.media_type, table.c.content).where(table.c.sha256 == sha256))
    if row is None:
        raise Missing("media", sha256)
    return Media(sha256, row.media_type, row.content)


async def find_missing(tx: Reading, sha256s: Iterable[str]) -> frozenset[str]:
    """Those digests under which nothing is kept."""
    wanted = sorted(set(sha256s))
    there: set[str] = set()
    for part in chunks(wanted, CHUNK):
        there.update(row[0] for row in await tx.rows(select(table.c.sha256).where(table.c.sha256.in_(part))))
    return frozenset(wanted) - there
