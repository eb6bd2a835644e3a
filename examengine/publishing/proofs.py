"""Blueprints proved while authors and operators look: away from the event loop, one at a time, the last ones kept."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from examengine.banks.item import Kind
from examengine.papers.blueprint import Blueprint
from examengine.papers.release import Release, ReleaseItem
from examengine.publishing.blueprints import Proven, examine_blueprint
from examengine.records import blueprints
from examengine.records.blueprints import StockItem
from examengine.records.database import Reading
from examengine.records.releases import StoredRelease
from examengine.records.shelf import Shelf
from examengine.rules.rulebook import Rulebook

KEPT_PROOFS = 64
KEPT_STOCKS = 8

T = TypeVar("T")
Counts = Counter[tuple[str, str, str]]
"""Items by kind, topic and difficulty."""


@dataclass(frozen=True, slots=True)
class Stock:
    """Items to prove against: a release, or what one made now would hold (``no`` None, and its items without options:
    papers are not drawn from it). ``key`` names the content.
    """

    key: str
    no: int | None
    release: Release


class Proofs:
    """Sittings share the processor, so proofs wait for each other; the same question is answered from memory."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._proven: OrderedDict[tuple[str, str, Blueprint], Proven] = OrderedDict()
        self._stocks: OrderedDict[str, Stock] = OrderedDict()
        self._counts: OrderedDict[tuple[str, date | None], Counts] = OrderedDict()

    async def stock(self, tx: Reading, shelf: Shelf, bank_id: int, release: StoredRelease | None) -> Stock:
        """The items of a release, or without one those that a release of the bank made now would hold.

        Raises:
            Missing: there is no such bank or release.
        """
        if release is not None:
            return Stock(f"release {release.id}", release.no, await shelf.release(tx, release.id))
        key = await blueprints.name_stock(tx, bank_id)
        known = self._stocks.get(key)
        if known is None:
            listed = await blueprints.list_stock(tx, bank_id)
            unlisted = await shelf.selection(tx, [item.version_id for item in listed if item.topic is None])
            known = Stock(key, None, await self.run(lambda: _stocked(listed, unlisted)))
            _keep(self._stocks, key, known, KEPT_STOCKS)
        return known

    async def prove(self, blueprint: Blueprint, stock: Stock, rulebook: Rulebook) -> Proven:
        """A blueprint against a stock under a rulebook's window and attempts."""
        key = (stock.key, rulebook.digest, blueprint)
        async with self._turn:
            known = self._proven.get(key)
            if known is None:
                known = await asyncio.to_thread(examine_blueprint, blueprint, stock.release, rulebook)
            _keep(self._proven, key, known, KEPT_PROOFS)
            return known

    async def counted(self, stock: Stock, last_day: date | None) -> Counts:
        """The items of a stock by kind, topic and difficulty, as far as they may be drawn on the last day."""
        key = (stock.key, last_day)
        known = self._counts.get(key)
        if known is None:
            known = await self.run(lambda: _counted(stock.release, last_day))
        _keep(self._counts, key, known, KEPT_STOCKS)
        return known

    async def run(self, work: Callable[[], T]) -> T:
        """Any other computation over a stock, in its turn."""
        async with self._turn:
            return await asyncio.to_thread(work)


def _counted(release: Release, last_day: date | None) -> Counts:
    return Counter(
        (item.kind.value, item.topic, item.difficulty)
        for item in release.items
        if last_day is None or item.valid_until is None or item.valid_until >= last_day
    )


def _stocked(listed: Sequence[StockItem], unlisted: Release) -> Release:
    """The items in their order; those that are only listed have no options, which no proof looks at."""
    whole = {item.version_id: item for item in unlisted.items}
    return Release(
        0,
        tuple(
            whole.get(item.version_id)
            or ReleaseItem(
                item.version_id,
                item.item_id,
                Kind(item.kind),
                (),
                topic=item.topic or "",
                difficulty=item.difficulty or "",
                valid_until=item.valid_until,
            )
            for item in listed
        ),
    )


K = TypeVar("K")
V = TypeVar("V")


def _keep(kept: OrderedDict[K, V], key: K, value: V, limit: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > limit:
        kept.popitem(last=False)
