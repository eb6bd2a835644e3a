"""Heads of items: what lists show, derived from versions and reviews.

A list of 50,000 items cannot ask every item for its newest version and its last review, so what follows from those
stands in a table of its own. Whoever adds a version or a review holds the bank (:func:`lock_bank`) and brings the
heads up to date in the same transaction; a head says nothing that its facts do not say.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, select, update

from examengine.records.database import CHUNK, Missing, Reading, Writing
from examengine.records.shapes import chunks
from examengine.records.tables import banks, item_heads, item_reviews, item_versions, items
from examengine.records.words import ItemState, ReviewDecision

MAX_TOPIC = 300
MAX_DIFFICULTY = 10
NAMELESS = ("sha256:", "no:")
"""How an item without an author's number (or with a very long one) is named."""

SAID = {
    ReviewDecision.SUBMITTED: ItemState.WAITING,
    ReviewDecision.APPROVED: ItemState.CHECKED,
    ReviewDecision.RETURNED: ItemState.RETURNED,
}
"""What a decision about a version makes of it."""


@dataclass(frozen=True, slots=True)
class Said:
    """One review, as far as it decides where an item stands; ``no`` is the version's number."""

    version_id: int
    no: int
    decision: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an item stands. ``checked``: id and number of the newest version whose last word is approved."""

    state: ItemState
    checked: tuple[int, int] | None


class _Option(msgspec.Struct):
    text: str = ""


class _Listed(msgspec.Struct):
    """The part of an item's JSON that lists show."""

    stem: str = ""
    options: tuple[_Option, ...] = ()
    difficulty: str = ""
    topic: str = ""
    source: str = ""
    valid_until: str | None = None


_listed = msgspec.json.Decoder(_Listed)


def standing_of(newest_no: int, said: Iterable[Said]) -> Standing:
    """Where an item stands whose newest version has the number ``newest_no``; ``said`` in the order it was said."""
    states: dict[int, tuple[ItemState, int]] = {}
    is_retired = False
    for review in said:
        decision = ReviewDecision(review.decision)
        if decision in SAID:
            states[review.no] = SAID[decision], review.version_id
        else:
            is_retired = decision is ReviewDecision.RETIRED
    checked = max(((no, found) for no, (state, found) in states.items() if state is ItemState.CHECKED), default=None)
    newest, _ = states.get(newest_no, (ItemState.DRAFT, 0))
    return Standing(
        state=ItemState.RETIRED if is_retired else newest,
        checked=None if checked is None else (checked[1], checked[0]),
    )


def valid_until_of(content: bytes) -> str | None:
    """The last day an item's text may be drawn, YYYY-MM-DD; None where it is not limited."""
    return _listed.decode(content).valid_until


async def lock_bank(tx: Writing, bank_id: int) -> None:
    """Let nobody else import into, review or release the bank until the transaction ends.

    Raises:
        Missing: there is none of that id.
    """
    if await tx.value(select(banks.c.id).where(banks.c.id == bank_id).with_for_update(key_share=True)) is None:
        raise Missing("bank", bank_id)


async def refresh(tx: Writing, item_ids: Iterable[int]) -> None:
    """Write the heads of these items anew, after versions were added or taken away; an item without a version has
    none. The caller holds the bank.
    """
    for part in chunks(sorted(set(item_ids)), CHUNK):
        newest = await _newest_versions(tx, part)
        said = await _said_of(tx, part)
        await tx.run(delete(item_heads).where(item_heads.c.item_id.in_(part)))
        await tx.insert_all(item_heads, [_head(row, said.get(row.item_id, [])) for row in newest])


async def say_of_newest(tx: Writing, version_ids: Sequence[int], decision: ReviewDecision) -> bool:
    """Bring heads up to date after ``decision`` was written for these versions, each the newest of its item, which is
    not retired: without reading anything again. False, and nothing is written, where the decision does not allow it.
    """
    values: dict[str, Any]
    match decision:
        case ReviewDecision.APPROVED:
            values = {"checked_id": item_heads.c.version_id, "checked_no": item_heads.c.no}
        case ReviewDecision.SUBMITTED:
            values = {}
        case _:
            return False
    changed = update(item_heads).values(state=SAID[decision], **values)
    for part in chunks(version_ids, CHUNK):
        await tx.run(changed.where(item_heads.c.version_id.in_(part)))
    return True


async def restate(tx: Writing, item_ids: Iterable[int]) -> None:
    """Write state and checked version of these items anew, after reviews were added. The caller holds the bank."""
    changed = (
        update(item_heads)
        .where(item_heads.c.item_id == bindparam("of_item"))
        .values(state=bindparam("now"), checked_id=bindparam("by_id"), checked_no=bindparam("by_no"))
    )
    for part in chunks(sorted(set(item_ids)), CHUNK):
        numbers = select(item_heads.c.item_id, item_heads.c.no).where(item_heads.c.item_id.in_(part))
        said = await _said_of(tx, part)
        rows = []
        for item_id, no in await tx.rows(numbers):
            standing = standing_of(no, said.get(item_id, ()))
            by_id, by_no = standing.checked or (None, None)
            rows.append({"of_item": item_id, "now": standing.state, "by_id": by_id, "by_no": by_no})
        if rows:
            await tx.run(changed, rows)


async def _newest_versions(tx: Reading, item_ids: Sequence[int]) -> Sequence[Any]:
    other = item_versions.alias("other")
    newest = select(func.max(other.c.no)).where(other.c.item_id == item_versions.c.item_id).scalar_subquery()
    return await tx.rows(
        select(item_versions, items.c.bank_id, items.c.external_no)
        .join_from(item_versions, items)
        .where(item_versions.c.item_id.in_(item_ids), item_versions.c.no == newest)
    )


async def _said_of(tx: Reading, item_ids: Sequence[int]) -> dict[int, list[Said]]:
    statement = (
        select(item_reviews.c.item_id, item_reviews.c.version_id, item_versions.c.no, item_reviews.c.decision)
        .join_from(item_reviews, item_versions, item_versions.c.id == item_reviews.c.version_id)
        .where(item_reviews.c.item_id.in_(item_ids))
        .order_by(item_reviews.c.id)
    )
    said: dict[int, list[Said]] = {}
    for item_id, version_id, no, decision in await tx.rows(statement):
        said.setdefault(item_id, []).append(Said(version_id, no, decision))
    return said


def _head(row: Any, said: Sequence[Said]) -> dict[str, Any]:
    standing = standing_of(row.no, said)
    checked_id, checked_no = standing.checked or (None, None)
    item = _listed.decode(row.content)
    return {
        "item_id": row.item_id,
        "bank_id": row.bank_id,
        "version_id": row.id,
        "no": row.no,
        "checked_id": checked_id,
        "checked_no": checked_no,
        "state": standing.state,
        "kind": row.kind,
        "topic": item.topic[:MAX_TOPIC],
        "difficulty": item.difficulty[:MAX_DIFFICULTY],
        "valid_until": row.valid_until,
        "by_person": row.by_person,
        "at_ms": row.at_ms,
        "words": _words(row.external_no, item),
    }


def _words(external_no: str, item: _Listed) -> str:
    number = "" if external_no.startswith(NAMELESS) else external_no
    texts = (number, item.stem, *(option.text for option in item.options), item.source)
    return "\n".join(" ".join(text.split()) for text in texts).lower()
