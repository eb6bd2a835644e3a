"""Reviews of items: a draft is submitted, and checked or returned by a second person; an item may be retired.

An act names versions, not items: what was looked at is what is approved, and a newer draft stays a draft. Every act
may be repeated; what it finds done already it leaves, and says so.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import select

from examengine.records.database import CHUNK, Missing, Reading, Writing
from examengine.records.heads import SAID, lock_bank, restate, say_of_newest
from examengine.records.shapes import chunks, columns
from examengine.records.tables import item_heads, item_reviews, item_versions
from examengine.records.words import ItemState, ReviewDecision

MAX_COMMENT = 500


class Skip(StrEnum):
    """Why an act left a version as it is: already so; made by the very person; its item is retired; there is a newer
    version.
    """

    SAME = "same"
    OWN = "own"
    RETIRED = "retired"
    OLD = "old"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What an act did: the versions it was written for, and how many it left, by why."""

    done: tuple[int, ...]
    skipped: Mapping[Skip, int]


@dataclass(frozen=True, slots=True)
class Review:
    """One line of an item's history."""

    id: int
    item_id: int
    version_id: int
    decision: str
    comment: str
    by_person: int | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class Version:
    """A version as an act finds it; ``state`` is the version's own, whatever newer ones are."""

    id: int
    item_id: int
    made_by: int | None
    state: ItemState
    is_newest: bool = True
    is_retired: bool = False


async def submit(
    tx: Writing, version_ids: Iterable[int], by_person: int | None, at_ms: int, comment: str = ""
) -> Reviewed:
    """Ask for a check of drafts and returned versions.

    Raises:
        Missing: one of the versions does not exist.
    """
    return await act(tx, ReviewDecision.SUBMITTED, version_ids, by_person, at_ms, comment)


async def approve(
    tx: Writing, version_ids: Iterable[int], by_person: int | None, at_ms: int, comment: str = ""
) -> Reviewed:
    """Call versions checked. Nobody checks what he made himself; None is the system, for what comes by command line.

    Raises:
        Missing: one of the versions does not exist.
    """
    return await act(tx, ReviewDecision.APPROVED, version_ids, by_person, at_ms, comment)


async def act(
    tx: Writing,
    decision: ReviewDecision,
    version_ids: Iterable[int],
    by_person: int | None,
    at_ms: int,
    comment: str = "",
) -> Reviewed:
    """Write ``decision`` for each of the versions that it changes. Locks their banks.

    Raises:
        Missing: one of the versions does not exist.
    """
    wanted = sorted(set(version_ids))
    await _lock_banks(tx, wanted)
    done, skipped = _judged(await _versions(tx, wanted), decision, by_person)
    rows = [
        {
            "item_id": version.item_id,
            "version_id": version.id,
            "decision": decision,
            "comment": comment[:MAX_COMMENT],
            "by_person": by_person,
            "made_by": version.made_by,
            "at_ms": at_ms,
        }
        for version in done
    ]
    await tx.insert_all(item_reviews, rows)
    newest = [version.id for version in done if version.is_newest]
    if len(newest) < len(done) or not await say_of_newest(tx, newest, decision):
        await restate(tx, [version.item_id for version in done])
    return Reviewed(tuple(version.id for version in done), skipped)


async def foresee(
    tx: Reading, decision: ReviewDecision, version_ids: Iterable[int], by_person: int | None
) -> Reviewed:
    """What :func:`act` would do now.

    Raises:
        Missing: one of the versions does not exist.
    """
    done, skipped = _judged(await _versions(tx, sorted(set(version_ids))), decision, by_person)
    return Reviewed(tuple(version.id for version in done), skipped)


def skip_of(decision: ReviewDecision, version: Version, by_person: int | None) -> Skip | None:
    """Why ``decision`` would leave the version as it is; None where it changes something."""
    match decision:
        case ReviewDecision.RETIRED:
            return Skip.SAME if version.is_retired else None
        case ReviewDecision.RESTORED:
            return None if version.is_retired else Skip.SAME
    if version.is_retired:
        return Skip.RETIRED
    if version.state is SAID[decision]:
        return Skip.SAME
    if decision is ReviewDecision.SUBMITTED:
        if not version.is_newest:
            return Skip.OLD
        return Skip.SAME if version.state is ItemState.CHECKED else None
    if decision is ReviewDecision.APPROVED and by_person is not None and by_person == version.made_by:
        return Skip.OWN
    return None


async def reviews_of(tx: Reading, item_id: int) -> tuple[Review, ...]:
    """All that was said about an item's versions, oldest first."""
    statement = (
        select(*columns(item_reviews, Review)).where(item_reviews.c.item_id == item_id).order_by(item_reviews.c.id)
    )
    return tuple(Review(*row) for row in await tx.rows(statement))


def _judged(
    versions: Iterable[Version], decision: ReviewDecision, by_person: int | None
) -> tuple[list[Version], Counter[Skip]]:
    done: list[Version] = []
    skipped: Counter[Skip] = Counter()
    for version in versions:
        skip = skip_of(decision, version, by_person)
        if skip is None:
            done.append(version)
        else:
            skipped[skip] += 1
    return done, skipped


async def _lock_banks(tx: Writing, version_ids: Sequence[int]) -> None:
    """In the order of their ids, so that two acts over the same banks never wait for each other."""
    found: set[int] = set()
    for part in chunks(version_ids, CHUNK):
        statement = (
            select(item_heads.c.bank_id)
            .join_from(item_versions, item_heads, item_heads.c.item_id == item_versions.c.item_id)
            .where(item_versions.c.id.in_(part))
            .distinct()
        )
        found.update(row.bank_id for row in await tx.rows(statement))
    for bank_id in sorted(found):
        await lock_bank(tx, bank_id)


async def _versions(tx: Reading, version_ids: Sequence[int]) -> list[Version]:
    found: list[Version] = []
    for part in chunks(version_ids, CHUNK):
        said = {
            row.version_id: SAID[ReviewDecision(row.decision)]
            for row in await tx.rows(
                select(item_reviews.c.version_id, item_reviews.c.decision)
                .where(item_reviews.c.version_id.in_(part), item_reviews.c.decision.in_(list(SAID)))
                .order_by(item_reviews.c.id)
            )
        }
        statement = (
            select(
                item_versions.c.id,
                item_versions.c.item_id,
                item_versions.c.by_person,
                item_heads.c.version_id,
                item_heads.c.state,
            )
            .join_from(item_versions, item_heads, item_heads.c.item_id == item_versions.c.item_id)
            .where(item_versions.c.id.in_(part))
            .order_by(item_versions.c.id)
        )
        rows = await tx.rows(statement)
        found += [
            Version(
                id=row.id,
                item_id=row.item_id,
                made_by=row.by_person,
                state=said.get(row.id, ItemState.DRAFT),
                is_newest=row.version_id == row.id,
                is_retired=row.state == ItemState.RETIRED,
            )
            for row in rows
        ]
        missing = set(part).difference(row.id for row in rows)
        if missing:
            raise Missing("item version", min(missing))
    return found
