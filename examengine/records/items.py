"""Versions of items, as banks, releases and papers name them, and how new ones are written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select, update

from examengine.records.database import CHUNK, Missing, Reading, Writing
from examengine.records.heads import lock_bank, refresh, valid_until_of
from examengine.records.reviews import approve
from examengine.records.shapes import chunks, columns
from examengine.records.tables import item_heads, item_versions, items

__all__ = [
    "VERSION",
    "AddedVersion",
    "BankItem",
    "ItemVersion",
    "NewVersion",
    "add_versions",
    "approve",
    "count_by_kind",
    "get_versions",
    "ids_of_import",
    "newest_versions",
]

MAX_NOTE = 500


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


@dataclass(frozen=True, slots=True)
class NewVersion:
    """A text to keep. ``digest`` (hex) names the author's text and says whether it has changed; ``key`` holds the
    option ids, sorted.

    The author's number names the item; an empty ``external_no`` lets the digest name it. Where ``item_id`` is given
    that is the item, and a number that is not empty becomes its number. ``note`` says what was changed and why.
    """

    external_no: str
    kind: str
    content: bytes = field(repr=False)
    key: str = field(repr=False)
    digest: str
    item_id: int | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class AddedVersion:
    """Where a text stands now; not ``is_new`` where the item's newest version said the same already."""

    item_id: int
    version_id: int
    no: int
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class _Known:
    """An item with what its newest version says."""

    item_id: int
    external_no: str
    version_id: int
    no: int
    digest: str


VERSION = columns(item_versions, ItemVersion)


async def add_versions(
    tx: Writing,
    bank_id: int,
    versions: Sequence[NewVersion],
    by_person: int | None,
    at_ms: int,
    *,
    batch_id: int | None = None,
) -> Sequence[AddedVersion]:
    """Keep texts of items, in their order: new items, a new version of every item whose text has changed, nothing
    where the newest version says the same. Every new version is a draft. Locks the bank.

    Raises:
        Missing: there is no such bank, or no such item in it.
        Conflict: a number that an item is to get is another's.
        ValueError: two different texts of ``versions`` are for the same item.
    """
    await lock_bank(tx, bank_id)
    named: dict[str | int, NewVersion] = {}
    for version in versions:
        if named.setdefault(_name(version), version).digest != version.digest:
            raise ValueError("two different items of the import have the same number")
    known = await _known(tx, bank_id, list(named))
    added = [name for name in named if name not in known]
    item_ids = await tx.insert_numbered(items, [{"bank_id": bank_id, "external_no": name} for name in added])
    targets = {name: (item_id, 1) for name, item_id in zip(added, item_ids, strict=True)}
    targets |= {
        name: (found.item_id, found.no + 1) for name, found in known.items() if found.digest != named[name].digest
    }
    if len({item_id for item_id, _ in targets.values()}) != len(targets):
        raise ValueError("two different items of the import have the same number")
    rows = [
        {
            "item_id": item_id,
            "no": no,
            "kind": named[name].kind,
            "content": named[name].content,
            "key": named[name].key,
            "digest": named[name].digest,
            "batch_id": batch_id,
            "by_person": by_person,
            "at_ms": at_ms,
            "note": named[name].note[:MAX_NOTE],
            "valid_until": valid_until_of(named[name].content),
        }
        for name, (item_id, no) in targets.items()
    ]
    version_ids = dict(zip(targets, await tx.insert_numbered(item_versions, rows), strict=True))
    renumbered = await _renumber(tx, named, known)
    await refresh(tx, {*(item_id for item_id, _ in targets.values()), *renumbered})
    return [
        AddedVersion(targets[name][0], version_ids[name], targets[name][1])
        if name in targets
        else AddedVersion(known[name].item_id, known[name].version_id, known[name].no, is_new=False)
        for name in map(_name, versions)
    ]


async def newest_versions(tx: Reading, bank_id: int) -> tuple[BankItem, ...]:
    """The newest version of every item of a bank, in the order they were first imported; one query."""
    statement = (
        select(items.c.external_no, *VERSION)
        .select_from(item_heads)
        .join(item_versions, item_versions.c.id == item_heads.c.version_id)
        .join(items, items.c.id == item_heads.c.item_id)
        .where(item_heads.c.bank_id == bank_id)
        .order_by(item_heads.c.item_id)
    )
    return tuple(BankItem(row[0], ItemVersion(*row[1:])) for row in await tx.rows(statement))


async def count_by_kind(tx: Reading, bank_id: int) -> Mapping[str, int]:
    """How many items of each kind a bank holds, by their newest versions."""
    statement = (
        select(item_heads.c.kind, func.count()).where(item_heads.c.bank_id == bank_id).group_by(item_heads.c.kind)
    )
    return {row[0]: row[1] for row in await tx.rows(statement)}


async def ids_of_import(tx: Reading, batch_id: int) -> tuple[int, ...]:
    """The versions that an import has written."""
    statement = select(item_versions.c.id).where(item_versions.c.batch_id == batch_id).order_by(item_versions.c.id)
    return tuple(row.id for row in await tx.rows(statement))


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


def _name(version: NewVersion) -> str | int:
    """What the version's item is told by: its id, its number, or its text."""
    if version.item_id is not None:
        return version.item_id
    return version.external_no or f"sha256:{version.digest}"


async def _known(tx: Reading, bank_id: int, names: Sequence[str | int]) -> dict[str | int, _Known]:
    """The items that are there already, with their newest versions.

    Raises:
        Missing: an item that was named by its id is not in the bank.
    """
    ids = [name for name in names if isinstance(name, int)]
    numbers = [name for name in names if isinstance(name, str)]
    statement = (
        select(items.c.id, items.c.external_no, item_versions.c.id, item_versions.c.no, item_versions.c.digest)
        .select_from(items)
        .join(item_heads, item_heads.c.item_id == items.c.id)
        .join(item_versions, item_versions.c.id == item_heads.c.version_id)
        .where(items.c.bank_id == bank_id)
    )
    known: dict[str | int, _Known] = {}
    for part in chunks(ids, CHUNK):
        for row in await tx.rows(statement.where(items.c.id.in_(part))):
            known[row[0]] = _Known(*row)
    for number_part in chunks(numbers, CHUNK):
        for row in await tx.rows(statement.where(items.c.external_no.in_(number_part))):
            known[row[1]] = _Known(*row)
    for item_id in ids:
        if item_id not in known:
            raise Missing("item", item_id)
    return known


async def _renumber(
    tx: Writing, named: Mapping[str | int, NewVersion], known: Mapping[str | int, _Known]
) -> list[int]:
    """Give items that were named by their id the number that stands in their text."""
    changed: list[dict[str, Any]] = [
        {"id": found.item_id, "external_no": named[name].external_no}
        for name, found in known.items()
        if isinstance(name, int) and named[name].external_no not in {"", found.external_no}
    ]
    for row in changed:
        await tx.run(update(items).where(items.c.id == row["id"]).values(external_no=row["external_no"]))
    return [row["id"] for row in changed]
