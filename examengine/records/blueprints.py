"""Blueprints: named, in revisions that never change; what an exam was published with it keeps itself."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from examengine.records.database import Missing, Reading, Writing
from examengine.records.heads import MAX_DIFFICULTY, MAX_TOPIC, lock_bank
from examengine.records.releases import releasable_heads
from examengine.records.shapes import columns
from examengine.records.tables import blueprints, item_heads, item_reviews

MAX_LISTED = 200


@dataclass(frozen=True, slots=True)
class Revision:
    """One revision of a blueprint. ``content`` is what ``papers.blueprint.to_json`` writes."""

    id: int
    bank_id: int
    name: str
    no: int
    content: str
    rulebook_digest: str
    by_person: int | None
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRevision:
    """What somebody wants to keep, made from revision ``after`` (0: it is to be the first)."""

    bank_id: int
    name: str
    content: str
    rulebook_digest: str
    after: int
    by_person: int | None


class ChangedMeanwhileError(RuntimeError):
    """Somebody else has kept a revision since; ``newest`` is that one."""

    def __init__(self, newest: Revision) -> None:
        super().__init__(f"blueprint {newest.name!r} is at revision {newest.no}")
        self.newest = newest


_REVISION = columns(blueprints, Revision)


async def add_revision(tx: Writing, new: NewRevision, at_ms: int) -> tuple[Revision, bool]:
    """Keep a revision; False with the newest one where that says the same already (a repeated form). Locks the bank.

    Raises:
        Missing: there is no such bank.
        ChangedMeanwhileError: ``after`` is not the newest revision.
    """
    await lock_bank(tx, new.bank_id)
    newest = await find_newest(tx, new.bank_id, new.name)
    if newest is not None:
        if (newest.content, newest.rulebook_digest) == (new.content, new.rulebook_digest):
            return newest, False
        if newest.no != new.after:
            raise ChangedMeanwhileError(newest)
    no = 1 if newest is None else newest.no + 1
    row = {
        "bank_id": new.bank_id,
        "name": new.name,
        "no": no,
        "content": new.content,
        "rulebook_digest": new.rulebook_digest,
        "by_person": new.by_person,
        "at_ms": at_ms,
    }
    return await get_revision(tx, await tx.insert(blueprints, row)), True


async def get_revision(tx: Reading, revision_id: int) -> Revision:
    """One revision.

    Raises:
        Missing: there is none of that id.
    """
    row = await tx.row(select(*_REVISION).where(blueprints.c.id == revision_id))
    if row is None:
        raise Missing("blueprint", revision_id)
    return Revision(*row)


async def find_newest(tx: Reading, bank_id: int, name: str) -> Revision | None:
    """The newest revision of a name."""
    named = (blueprints.c.bank_id == bank_id, blueprints.c.name == name)
    row = await tx.row(select(*_REVISION).where(*named).order_by(blueprints.c.no.desc()).limit(1))
    return None if row is None else Revision(*row)


async def list_newest(tx: Reading, bank_id: int | None = None) -> tuple[Revision, ...]:
    """The newest revision of each blueprint of a bank, or of all banks, newest first; one query."""
    newest = select(func.max(blueprints.c.id)).group_by(blueprints.c.bank_id, blueprints.c.name)
    statement = select(*_REVISION).where(blueprints.c.id.in_(newest)).order_by(blueprints.c.id.desc())
    if bank_id is not None:
        statement = statement.where(blueprints.c.bank_id == bank_id)
    return tuple(Revision(*row) for row in await tx.rows(statement.limit(MAX_LISTED)))


@dataclass(frozen=True, slots=True)
class StockItem:
    """A version that a release made now would hold. The filters are None where they stand in its content only."""

    version_id: int
    item_id: int
    kind: str
    topic: str | None
    difficulty: str | None
    valid_until: date | None


async def list_stock(tx: Reading, bank_id: int) -> tuple[StockItem, ...]:
    """What a release of a bank made now would hold, in its order; one query without contents."""
    heads = item_heads.c
    statement = (
        select(
            heads.checked_id,
            heads.item_id,
            heads.kind,
            heads.topic,
            heads.difficulty,
            heads.valid_until,
            heads.version_id == heads.checked_id,
        )
        .where(*releasable_heads(bank_id))
        .order_by(heads.item_id)
    )
    return tuple(_stock_item(*row) for row in await tx.rows(statement))


async def name_stock(tx: Reading, bank_id: int) -> str:
    """A name for what a release of a bank made now would hold: it changes whenever that does, for reviews decide and
    are only added, and an undone import takes items away.
    """
    held = select(func.count(), func.coalesce(func.sum(item_heads.c.checked_id), 0))
    [row] = await tx.rows(held.where(*releasable_heads(bank_id)))
    reviews = await tx.value(select(func.coalesce(func.max(item_reviews.c.id), 0)))
    return f"bank {bank_id}: {row[0]} items, {row[1]}, review {reviews}"


def _stock_item(
    version_id: int, item_id: int, kind: str, topic: str, difficulty: str, valid_until: str | None, is_listed: bool
) -> StockItem:
    # a head tells of the newest version, and of long words their beginning
    if not is_listed or len(topic) >= MAX_TOPIC or len(difficulty) >= MAX_DIFFICULTY:
        return StockItem(version_id, item_id, kind, None, None, None)
    return StockItem(
        version_id, item_id, kind, topic, difficulty, date.fromisoformat(valid_until) if valid_until else None
    )


async def list_revisions(tx: Reading, bank_id: int, name: str) -> tuple[Revision, ...]:
    """Every revision of a name, newest first, at most ``MAX_LISTED``."""
    named = (blueprints.c.bank_id == bank_id, blueprints.c.name == name)
    statement = select(*_REVISION).where(*named).order_by(blueprints.c.no.desc()).limit(MAX_LISTED)
    return tuple(Revision(*row) for row in await tx.rows(statement))
