"""A bank as a file is held against it, read once for many pages."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from examengine.banks.assess import KnownBank, KnownItem
from examengine.banks.item import from_json
from examengine.records import items, stamps
from examengine.records.database import Database, Reading
from examengine.records.items import BankItem

KEPT = 1


@dataclass(frozen=True, slots=True)
class Stamp:
    """What changes whenever an item of the bank gets another newest version, is retired, comes or goes."""

    bank_id: int
    newest_version: int
    items: int
    retired: int


async def stamp_of(tx: Reading, bank_id: int) -> Stamp:
    """The bank as it stands now; one query over its heads."""
    return Stamp(bank_id, *await stamps.bank_stamp(tx, bank_id))


class KnownBanks:
    """The banks that files were last held against."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Stamp, KnownBank] = OrderedDict()

    async def get(self, database: Database, bank_id: int) -> tuple[KnownBank, Stamp]:
        """The bank as it stands now, prepared for comparison in a worker thread."""
        async with database.reading() as tx:
            stamp = await stamp_of(tx, bank_id)
            known = self._kept.get(stamp)
            if known is not None:
                return known, stamp
            found = await items.newest_versions(tx, bank_id)
            retired = await stamps.retired_ids(tx, bank_id)
        known = await asyncio.to_thread(_prepared, found, retired)
        self._kept[stamp] = known
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return known, stamp


def _prepared(found: tuple[BankItem, ...], retired: frozenset[int]) -> KnownBank:
    return KnownBank(
        [
            KnownItem(
                one.version.item_id,
                one.external_no,
                one.version.digest,
                from_json(one.version.content),
                one.version.item_id in retired,
            )
            for one in found
        ]
    )
