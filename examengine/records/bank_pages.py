"""Banks as their authors' pages list them: counts, releases and what uses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, or_, select

from examengine.records.database import Reading
from examengine.records.releases import StoredRelease, releasable_heads
from examengine.records.shapes import columns
from examengine.records.tables import banks, exams, import_batches, item_heads, item_versions, release_items, releases
from examengine.records.words import ItemState


@dataclass(frozen=True, slots=True)
class BankOverview:
    """A bank at a glance. ``kinds``: items by kind; ``waiting``: items that wait for a check; ``changed_ms``: the
    last import, else when the bank was made.
    """

    bank_id: int
    name: str
    kinds: Mapping[str, int]
    waiting: int
    release_no: int | None
    used_by: tuple[str, ...]
    changed_ms: int
    changed_by: int | None


@dataclass(frozen=True, slots=True)
class ReleaseUse:
    """A release and the exams drawn from it, as "year title"."""

    release: StoredRelease
    bank_name: str
    used_by: tuple[str, ...]


async def overviews(tx: Reading) -> tuple[BankOverview, ...]:
    """All banks by name; five queries however many banks there are."""
    rows = await tx.rows(select(banks.c.id, banks.c.name, banks.c.at_ms, banks.c.by_person).order_by(banks.c.name))
    kinds: dict[int, dict[str, int]] = {}
    counted = (
        select(item_heads.c.bank_id, item_heads.c.kind, item_heads.c.state, func.count())
        .group_by(item_heads.c.bank_id, item_heads.c.kind, item_heads.c.state)
        .order_by(item_heads.c.bank_id, item_heads.c.kind)
    )
    waiting: dict[int, int] = {}
    for bank_id, kind, state, count in await tx.rows(counted):
        of_bank = kinds.setdefault(bank_id, {})
        of_bank[kind] = of_bank.get(kind, 0) + count
        if state == ItemState.WAITING:
            waiting[bank_id] = waiting.get(bank_id, 0) + count
    released = select(releases.c.bank_id, func.max(releases.c.no)).group_by(releases.c.bank_id)
    release_no = {row[0]: row[1] for row in await tx.rows(released)}
    last = select(func.max(import_batches.c.id)).group_by(import_batches.c.bank_id)
    imported = select(import_batches.c.bank_id, import_batches.c.at_ms, import_batches.c.by_person).where(
        import_batches.c.id.in_(last)
    )
    changed = {row.bank_id: (row.at_ms, row.by_person) for row in await tx.rows(imported)}
    used: dict[int, list[str]] = {}
    for bank_id, title in await tx.rows(_drawn_from(select(releases.c.bank_id, exams.c.title)).distinct()):
        used.setdefault(bank_id, []).append(title)
    return tuple(
        BankOverview(
            row.id,
            row.name,
            kinds.get(row.id, {}),
            waiting.get(row.id, 0),
            release_no.get(row.id),
            tuple(used.get(row.id, ())),
            *changed.get(row.id, (row.at_ms, row.by_person)),
        )
        for row in rows
    )


async def releases_in_use(tx: Reading, bank_id: int | None = None, limit: int = 200) -> tuple[ReleaseUse, ...]:
    """Releases of a bank, or of all banks, newest first, with the exams drawn from each that are not withdrawn."""
    statement = (
        select(*columns(releases, StoredRelease), banks.c.name)
        .join_from(releases, banks)
        .order_by(releases.c.id.desc())
        .limit(limit)
    )
    used = _drawn_from(select(exams.c.release_id, exams.c.credit_year, exams.c.title)).order_by(exams.c.id)
    if bank_id is not None:
        statement = statement.where(releases.c.bank_id == bank_id)
        used = used.where(releases.c.bank_id == bank_id)
    titles: dict[int, list[str]] = {}
    for release_id, year, title in await tx.rows(used):
        titles.setdefault(release_id, []).append(f"{year} {title}")
    return tuple(
        ReleaseUse(StoredRelease(*row[:-1]), row[-1], tuple(titles.get(row.id, ())))
        for row in await tx.rows(statement)
    )


async def count_unreleased(tx: Reading, bank_id: int) -> int:
    """How many items a release made now would hold otherwise than the newest one does: added, changed, taken out."""
    newest = select(func.max(releases.c.id)).where(releases.c.bank_id == bank_id).scalar_subquery()
    released = select(release_items.c.version_id).where(
        release_items.c.release_id == newest, release_items.c.version_id == item_heads.c.checked_id
    )
    releasable = releasable_heads(bank_id)
    other = select(func.count()).select_from(item_heads).where(*releasable, ~released.exists()).scalar_subquery()
    gone = (
        select(func.count())
        .select_from(release_items)
        .join(item_heads, item_heads.c.item_id == release_items.c.item_id)
        .where(
            release_items.c.release_id == newest,
            item_heads.c.bank_id == bank_id,
            or_(item_heads.c.state == ItemState.RETIRED, item_heads.c.checked_id.is_(None)),
        )
        .scalar_subquery()
    )
    return int(await tx.value(select(other + gone)))


async def kinds_of_import(tx: Reading, batch_id: int) -> Mapping[str, int]:
    """How many items of each kind an import has added or changed."""
    statement = (
        select(item_versions.c.kind, func.count())
        .where(item_versions.c.batch_id == batch_id)
        .group_by(item_versions.c.kind)
    )
    return {row[0]: row[1] for row in await tx.rows(statement)}


def _drawn_from(statement: Select[Any]) -> Select[Any]:
    """Exams that are not withdrawn, joined with their releases."""
    return (
        statement.select_from(exams)
        .join(releases, releases.c.id == exams.c.release_id)
        .where(exams.c.withdrawn_ms.is_(None))
    )
