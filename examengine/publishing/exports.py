"""A bank, or a choice of its items, as a file: what an author edits outside, takes elsewhere, and imports again."""

import asyncio
from collections.abc import Iterable, Sequence

from examengine.banks.item import Item, from_json
from examengine.banks.writers import ExportFormat, Written, media_of, write_bank
from examengine.records import banks, items, media
from examengine.records.banks import Bank
from examengine.records.database import Database, Reading
from examengine.records.errors import Missing


async def export_bank(
    database: Database, bank_id: int, form: ExportFormat = ExportFormat.WORKBOOK
) -> tuple[Bank, Written]:
    """The bank and a file of ``form`` with the newest version of each of its items.

    Raises:
        Missing: there is no such bank.
    """
    async with database.reading() as tx:
        bank = await banks.get_bank(tx, bank_id)
        newest = await items.newest_versions(tx, bank_id)
        listed = [from_json(item.version.content) for item in newest]
        pictures = await _pictures(tx, listed)
    return bank, await asyncio.to_thread(write_bank, listed, pictures, form)


async def export_versions(
    database: Database, bank_id: int, version_ids: Iterable[int], form: ExportFormat = ExportFormat.WORKBOOK
) -> tuple[Bank, Written]:
    """The bank and a file of ``form`` with these versions, in their order.

    Raises:
        Missing: there is no such bank, or no such version.
    """
    wanted = tuple(version_ids)
    async with database.reading() as tx:
        bank = await banks.get_bank(tx, bank_id)
        found = await items.get_versions(tx, wanted)
        listed = [from_json(found[version_id].content) for version_id in wanted]
        pictures = await _pictures(tx, listed)
    return bank, await asyncio.to_thread(write_bank, listed, pictures, form)


async def _pictures(tx: Reading, listed: Sequence[Item]) -> dict[str, bytes]:
    """The media of items by the names their markup uses; one that is not kept is left to the writer to report."""
    found: dict[str, bytes] = {}
    for name in dict.fromkeys(name for item in listed for name in media_of(item)):
        try:
            found[name] = (await media.get_media(tx, name.partition(".")[0])).data
        except Missing:
            continue
    return found
