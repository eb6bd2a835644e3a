"""A bank as a workbook in the canonical columns: what an author edits outside and imports again."""

import asyncio

from examengine.banks.item import from_json
from examengine.banks.writers.workbook import write_workbook
from examengine.records import banks, items
from examengine.records.banks import Bank
from examengine.records.database import Database
from examengine.records.items import BankItem


async def export_bank(database: Database, bank_id: int) -> tuple[Bank, bytes]:
    """The bank and an .xlsx with the newest version of each of its items.

    Raises:
        Missing: there is no such bank.
    """
    async with database.reading() as tx:
        bank = await banks.get_bank(tx, bank_id)
        newest = await items.newest_versions(tx, bank_id)
    return bank, await asyncio.to_thread(_written, newest)


def _written(newest: tuple[BankItem, ...]) -> bytes:
    return write_workbook(from_json(item.version.content) for item in newest)
