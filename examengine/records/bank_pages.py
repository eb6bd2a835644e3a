"""Banks as their authors' pages list them: counts, items searched and paged, releases and what uses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, String, func, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from examengine.records.database import Reading
from examengine.records.items import VERSION, BankItem, ItemVersion
from examengine.records.releases import StoredRelease
from examengine.records.shapes import columns
from examengine.records.tables import banks, exams, import_batches, item_versions, items, release_items, releases


@dataclass(frozen=True, slots=True)
class BankOverview:
    """A bank at a glance. ``kinds``: items by kind; ``changed_ms``: its last import, else when it was made."""

    bank_id: int
    name: str
    kinds: Mapping[str, int]
    release_no: int | None
    used_by: tuple[str, ...]
    changed_ms: int
    changed_by: int | None


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Some of the items that were asked for; ``total`` counts all of them."""

    items: tuple[BankItem, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ReleaseUse:
    """A release with its number of items and the exams drawn from it, as "year title"."""

    release: StoredRelease
    bank_name: str
    items: int
    used_by: tuple[str, ...]


class _StemOf(FunctionElement[str]):
    """The stem inside an item's stored JSON."""

    type = String()
    inherit_cache = True


@compiles(_StemOf, "sqlite")
def _stem_on_sqlite(element: _StemOf, compiler: Any, **options: Any) -> str:
    return f"json_extract(CAST({compiler.process(element.clauses, **options)} AS TEXT), '$.stem')"


@compiles(_StemOf, "postgresql")
def _stem_on_postgresql(element: _StemOf, compiler: Any, **options: Any) -> str:
    return f"(convert_from({compiler.process(element.clauses, **options)}, 'UTF8')::json ->> 'stem')"


async def overviews(tx: Reading) -> tuple[BankOverview, ...]:
    """All banks by name; five queries however many banks there are."""
    rows = await tx.rows(select(banks.c.id, banks.c.name, banks.c.at_ms, banks.c.by_person).order_by(banks.c.name))
    kinds: dict[int, dict[str, int]] = {}
    counted = (
        _newest(select(items.c.bank_id, item_versions.c.kind, func.count()))
        .group_by(items.c.bank_id, item_versions.c.kind)
        .order_by(items.c.bank_id, item_versions.c.kind)
    )
    for bank_id, kind, count in await tx.rows(counted):
        kinds.setdefault(bank_id, {})[kind] = count
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
            release_no.get(row.id),
            tuple(used.get(row.id, ())),
            *changed.get(row.id, (row.at_ms, row.by_person)),
        )
        for row in rows
    )


async def find_items(
    tx: Reading, bank_id: int, *, kind: str = "", text: str = "", offset: int = 0, limit: int = 20
) -> ItemPage:
    """The newest versions of a bank's items, of one kind or with ``text`` in the stem where asked; in the order they
    were first imported.
    """
    asked: list[ColumnElement[bool]] = [items.c.bank_id == bank_id]
    if kind:
        asked.append(item_versions.c.kind == kind)
    if text:
        asked.append(_StemOf(item_versions.c.content).icontains(text, autoescape=True))
    total = int(await tx.value(_newest(select(func.count())).where(*asked)))
    statement = (
        _newest(select(items.c.external_no, *VERSION)).where(*asked).order_by(items.c.id).offset(offset).limit(limit)
    )
    found = tuple(BankItem(row[0], ItemVersion(*row[1:])) for row in await tx.rows(statement))
    return ItemPage(found, total)


async def releases_in_use(tx: Reading, bank_id: int | None = None, limit: int = 200) -> tuple[ReleaseUse, ...]:
    """Releases of a bank, or of all banks, newest first, with the exams drawn from each that are not withdrawn."""
    sizes = select(release_items.c.release_id, func.count().label("size")).group_by(release_items.c.release_id)
    counted = sizes.subquery()
    statement = (
        select(*columns(releases, StoredRelease), banks.c.name, func.coalesce(counted.c.size, 0))
        .join_from(releases, banks)
        .outerjoin(counted, counted.c.release_id == releases.c.id)
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
        ReleaseUse(StoredRelease(*row[:-2]), row[-2], row[-1], tuple(titles.get(row.id, ())))
        for row in await tx.rows(statement)
    )


async def count_unreleased(tx: Reading, bank_id: int) -> int:
    """Items of a bank whose newest version is not in the bank's newest release."""
    newest = select(func.max(releases.c.id)).where(releases.c.bank_id == bank_id).scalar_subquery()
    released = select(release_items.c.version_id).where(
        release_items.c.release_id == newest, release_items.c.version_id == item_versions.c.id
    )
    statement = _newest(select(func.count())).where(items.c.bank_id == bank_id, ~released.exists())
    return int(await tx.value(statement))


async def kinds_of_import(tx: Reading, batch_id: int) -> Mapping[str, int]:
    """How many items of each kind an import has added or changed."""
    statement = (
        select(item_versions.c.kind, func.count())
        .where(item_versions.c.batch_id == batch_id)
        .group_by(item_versions.c.kind)
    )
    return {row[0]: row[1] for row in await tx.rows(statement)}


def _newest(statement: Select[Any]) -> Select[Any]:
    """Items joined with their newest versions."""
    other = item_versions.alias("other")
    no = select(func.max(other.c.no)).where(other.c.item_id == items.c.id).scalar_subquery()
    return statement.select_from(items).join(
        item_versions, (item_versions.c.item_id == items.c.id) & (item_versions.c.no == no)
    )


def _drawn_from(statement: Select[Any]) -> Select[Any]:
    """Exams that are not withdrawn, joined with their releases."""
    return (
        statement.select_from(exams)
        .join(releases, releases.c.id == exams.c.release_id)
        .where(exams.c.withdrawn_ms.is_(None))
    )
