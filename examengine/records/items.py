"""Versions of items, as banks, releases and papers name them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Subquery, func, select

from examengine.records.database import CHUNK, Missing, Reading
from examengine.records.shapes import chunks, columns
from examengine.records.tables import item_versions, items


@dataclass(frozen=True, slots=True)
class ItemVersion:
    """One immutable version; ``content`` is the item as JSON, ``key`` its option ids, sorted."""

    id: int
    item_id: int
    no: int
    kind: str
    content: bytes = field(repr=False)
    key: str = field(repr=False)
    digest: str


@dataclass(frozen=True, slots=True)
class BankItem:
    """The newest version of an item with the author's number."""

    external_no: str
    version: ItemVersion


VERSION = columns(item_versions, ItemVersion)


async def newest_versions(tx: Reading, bank_id: int) -> tuple[BankItem, ...]:
    """The newest version of every item of a bank, in the order they were first imported; one query."""
    newest = _newest_of(bank_id)
    statement = (
        select(items.c.external_no, *VERSION)
        .join_from(item_versions, items)
        .join(newest, _same_version(newest))
        .order_by(items.c.id)
    )
    return tuple(BankItem(row[0], ItemVersion(*row[1:])) for row in await tx.rows(statement))


async def count_by_kind(tx: Reading, bank_id: int) -> Mapping[str, int]:
    """How many items of each kind a bank holds, by their newest versions."""
    newest = _newest_of(bank_id)
    statement = (
        select(item_versions.c.kind, func.count())
        .join_from(item_versions, newest, _same_version(newest))
        .group_by(item_versions.c.kind)
    )
    return {row[0]: row[1] for row in await tx.rows(statement)}


async def get_versions(tx: Reading, version_ids: Iterable[int]) -> Mapping[int, ItemVersion]:
    """Versions by id.

    Raises:
        Missing: one of them does not exist.
    """
    wanted = sorted(set(version_ids))
    found: dict[int, ItemVersion] = {}
    for part in chunks(wanted, CHUNK):
        for row in await tx.rows(select(*VERSION).where(item_versions.c.id.in_(part))):
            found[row.id] = ItemVersion(*row)
    for version_id in wanted:
        if version_id not in found:
            raise Missing("item version", version_id)
    return found


def _newest_of(bank_id: int) -> Subquery:
    return (
        select(item_versions.c.item_id, func.max(item_versions.c.no).label("no"))
        .join_from(item_versions, items)
        .where(items.c.bank_id == bank_id)
        .group_by(item_versions.c.item_id)
        .subquery()
    )


def _same_version(newest: Subquery) -> ColumnElement[bool]:
    return (newest.c.item_id == item_versions.c.item_id) & (newest.c.no == item_versions.c.no)
