"""What a release holds, and how it differs from the one before it or from what stands in the bank now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Select, Subquery, and_, func, select

from examengine.records.database import Missing, Reading
from examengine.records.items import VERSION, ItemVersion
from examengine.records.releases import StoredRelease, releasable_heads
from examengine.records.shapes import columns
from examengine.records.tables import exams, item_heads, item_versions, items, release_items, releases

Part = Literal["all", "added", "changed", "out"]
PARTS: tuple[Part, ...] = ("all", "added", "changed", "out")


@dataclass(frozen=True, slots=True)
class Compared:
    """Two selections of a bank's versions, by release; ``release_id`` None is what stands in the bank now, and
    ``before_id`` None nothing at all.
    """

    bank_id: int
    release_id: int | None
    before_id: int | None


@dataclass(frozen=True, slots=True)
class ComparedItem:
    """An item in its newer version, or in its older one where it was taken out; ``before_no``: its older version."""

    external_no: str
    before_no: int | None
    version: ItemVersion


@dataclass(frozen=True, slots=True)
class ExamOfRelease:
    """An exam that draws from a release."""

    exam_id: int
    title: str
    credit_year: int
    rulebook_digest: str
    release_id: int
    release_no: int


async def find_release(tx: Reading, bank_id: int, no: int) -> StoredRelease | None:
    """A bank's release by its number."""
    statement = select(*columns(releases, StoredRelease)).where(releases.c.bank_id == bank_id, releases.c.no == no)
    row = await tx.row(statement)
    return None if row is None else StoredRelease(*row)


async def newest_release(tx: Reading, bank_id: int, *, before_no: int | None = None) -> StoredRelease | None:
    """A bank's newest release, of those before the number where one is given."""
    statement = select(*columns(releases, StoredRelease)).where(releases.c.bank_id == bank_id)
    if before_no is not None:
        statement = statement.where(releases.c.no < before_no)
    row = await tx.row(statement.order_by(releases.c.no.desc()).limit(1))
    return None if row is None else StoredRelease(*row)


async def count_parts(tx: Reading, compared: Compared) -> Mapping[Part, int]:
    """How many items each part of the comparison has."""
    return {part: int(await tx.value(_part(compared, part, func.count()))) for part in PARTS}


async def items_of_part(
    tx: Reading, compared: Compared, part: Part, *, offset: int = 0, limit: int = 50
) -> tuple[ComparedItem, ...]:
    """Some items of a part, in the order of the items."""
    chosen = _part(compared, part).offset(offset).limit(limit).subquery()
    older = item_versions.alias("older")
    statement = (
        select(items.c.external_no, older.c.no, *VERSION)
        .select_from(chosen)
        .join(items, items.c.id == chosen.c.item_id)
        .join(item_versions, item_versions.c.id == chosen.c.version_id)
        .outerjoin(older, older.c.id == chosen.c.before_id)
        .order_by(chosen.c.item_id)
    )
    return tuple(ComparedItem(row[0], row[1], ItemVersion(*row[2:])) for row in await tx.rows(statement))


async def kinds_of_release(tx: Reading, release_id: int) -> Mapping[str, int]:
    """How many items of each kind a release holds."""
    statement = (
        select(item_versions.c.kind, func.count())
        .join_from(release_items, item_versions)
        .where(release_items.c.release_id == release_id)
        .group_by(item_versions.c.kind)
    )
    return {row[0]: row[1] for row in await tx.rows(statement)}


async def exams_of_bank(tx: Reading, bank_id: int) -> tuple[ExamOfRelease, ...]:
    """The exams that draw from a bank and are not withdrawn, newest first."""
    statement = (
        select(
            exams.c.id,
            exams.c.title,
            exams.c.credit_year,
            exams.c.rulebook_digest,
            exams.c.release_id,
            releases.c.no,
        )
        .join_from(exams, releases, releases.c.id == exams.c.release_id)
        .where(releases.c.bank_id == bank_id, exams.c.withdrawn_ms.is_(None))
        .order_by(exams.c.id.desc())
    )
    return tuple(ExamOfRelease(*row) for row in await tx.rows(statement))


async def count_expiring(tx: Reading, release_id: int, before: str) -> int:
    """How many items of a release may not be drawn on the day ``before`` (YYYY-MM-DD) any more."""
    statement = (
        select(func.count())
        .select_from(item_versions)
        .join(release_items, release_items.c.version_id == item_versions.c.id)
        .where(release_items.c.release_id == release_id, item_versions.c.valid_until < before)
    )
    return int(await tx.value(statement))


async def get_compared(tx: Reading, bank_id: int, no: int) -> tuple[StoredRelease, StoredRelease | None, Compared]:
    """A release by its number, the one before it, and the two side by side.

    Raises:
        Missing: the bank has no release of that number.
    """
    release = await find_release(tx, bank_id, no)
    if release is None:
        raise Missing("release", no)
    before = await newest_release(tx, bank_id, before_no=no)
    return release, before, Compared(bank_id, release.id, None if before is None else before.id)


def _part(compared: Compared, part: Part, counted: Any = None) -> Select[Any]:
    """The items of a part with their versions, or how many they are."""
    newer, older = _newer(compared), _older(compared)
    if part == "out":
        newer, older = older, newer
    shown = [
        newer.c.item_id,
        newer.c.version_id,
        older.c.version_id.label("before_id"),
    ]
    joined = newer.outerjoin(older, older.c.item_id == newer.c.item_id)
    statement = select(*([counted] if counted is not None else shown)).select_from(joined)
    match part:
        case "added" | "out":
            statement = statement.where(older.c.item_id.is_(None))
        case "changed":
            statement = statement.where(and_(older.c.item_id.is_not(None), older.c.version_id != newer.c.version_id))
    return statement if counted is not None else statement.order_by(newer.c.item_id)


def _newer(compared: Compared) -> Subquery:
    if compared.release_id is not None:
        return _held(compared.release_id, "newer")
    return (
        select(item_heads.c.item_id, item_heads.c.checked_id.label("version_id"))
        .where(*releasable_heads(compared.bank_id))
        .subquery("newer")
    )


def _older(compared: Compared) -> Subquery:
    return _held(-1 if compared.before_id is None else compared.before_id, "older")


def _held(release_id: int, name: str) -> Subquery:
    return (
        select(release_items.c.item_id, release_items.c.version_id)
        .where(release_items.c.release_id == release_id)
        .subquery(name)
    )
