"""Reviewing items, a page of them or all that a list found, and releasing a bank."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from examengine.records import audit, heads, item_lists, releases, reviews
from examengine.records.database import Database, Missing, Reading
from examengine.records.item_lists import ItemFilter
from examengine.records.releases import StoredRelease
from examengine.records.reviews import Reviewed, Skip, Version
from examengine.records.shapes import chunks
from examengine.records.words import ItemState, ReviewDecision

AT_ONCE = 2_000
"""Versions in one transaction: starts and hand-ins wait for it on SQLite."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What an act would do: how many versions it would change, and how many it would leave, by why."""

    changes: int
    skipped: Counter[Skip]


async def review(
    database: Database,
    bank_id: int,
    decision: ReviewDecision,
    version_ids: Sequence[int],
    by_person: int,
    now_ms: int,
    comment: str = "",
) -> Reviewed:
    """Say one thing about versions of a bank.

    Raises:
        Missing: one of the versions is not the bank's.
    """
    async with database.reading() as tx:
        await _all_of_bank(tx, bank_id, version_ids)
    return await _review(database, bank_id, decision, version_ids, by_person, now_ms, comment)


async def review_matching(
    database: Database,
    bank_id: int,
    decision: ReviewDecision,
    asked: ItemFilter,
    by_person: int,
    now_ms: int,
    comment: str = "",
) -> Reviewed:
    """Say one thing about the newest version of every item that a list found; ``asked.upto`` keeps out what came
    after the list was looked at.
    """
    async with database.reading() as tx:
        version_ids = await item_lists.newest_ids(tx, bank_id, changed_by(decision, asked))
    return await _review(database, bank_id, decision, version_ids, by_person, now_ms, comment)


def changed_by(decision: ReviewDecision, asked: ItemFilter) -> ItemFilter:
    """Only those of the items that an act may change."""
    states = tuple(state.value for state in ItemState if _skip_of_newest(decision, state, is_own=False) is None)
    return replace(asked, states=states)


async def foresee(
    tx: Reading, bank_id: int, decision: ReviewDecision, version_ids: Sequence[int], by_person: int
) -> Foreseen:
    """What :func:`review` would do now.

    Raises:
        Missing: one of the versions is not the bank's.
    """
    await _all_of_bank(tx, bank_id, version_ids)
    found = await reviews.foresee(tx, decision, version_ids, by_person)
    return Foreseen(len(found.done), Counter(found.skipped))


async def foresee_matching(
    tx: Reading, bank_id: int, decision: ReviewDecision, asked: ItemFilter, by_person: int
) -> Foreseen:
    """What :func:`review_matching` would do now; one query."""
    changes, skipped = 0, Counter[Skip]()
    for (state, is_own), count in (await item_lists.count_standings(tx, bank_id, asked, by_person)).items():
        skip = _skip_of_newest(decision, state, is_own=is_own)
        if skip is None:
            changes += count
        else:
            skipped[skip] += count
    return Foreseen(changes, skipped)


async def release_bank(database: Database, bank_id: int, by_person: int | None, now_ms: int) -> StoredRelease:
    """Freeze the newest checked version of every item of a bank that is not retired. Where that is what the newest
    release holds, that one is answered.

    Raises:
        Missing: there is no such bank.
        ValueError: the bank has no checked item.
    """
    async with database.writing() as tx:
        await heads.lock_bank(tx, bank_id)
        chosen = await releases.releasable(tx, bank_id)
        before = await releases.list_releases(tx, bank_id)
        if chosen and before and await releases.released_ids(tx, before[0].id) == chosen:
            return before[0]
        release = await releases.make_release(tx, bank_id, by_person, now_ms)
        facts = {"release": release.no, "items": len(chosen)}
        await audit.append(tx, now_ms, by_person, "release", "bank", bank_id, facts)
        return release


async def _review(
    database: Database,
    bank_id: int,
    decision: ReviewDecision,
    version_ids: Sequence[int],
    by_person: int,
    now_ms: int,
    comment: str,
) -> Reviewed:
    done: list[int] = []
    skipped: Counter[Skip] = Counter()
    for part in chunks(sorted(set(version_ids)), AT_ONCE):
        async with database.writing() as tx:
            reviewed = await reviews.act(tx, decision, part, by_person, now_ms, comment)
            if reviewed.done:
                facts = {"versions": len(reviewed.done), "first": reviewed.done[0], "last": reviewed.done[-1]}
                await audit.append(tx, now_ms, by_person, decision, "bank", bank_id, facts)
        done += reviewed.done
        skipped.update(reviewed.skipped)
    return Reviewed(tuple(done), skipped)


def _skip_of_newest(decision: ReviewDecision, state: ItemState, *, is_own: bool) -> Skip | None:
    """Why an act leaves the newest version of an item in ``state``, made by the one who acts or by another."""
    version = Version(
        id=0,
        item_id=0,
        made_by=1 if is_own else None,
        state=ItemState.DRAFT if state is ItemState.RETIRED else state,
        is_retired=state is ItemState.RETIRED,
    )
    return reviews.skip_of(decision, version, 1)


async def _all_of_bank(tx: Reading, bank_id: int, version_ids: Sequence[int]) -> None:
    found = await item_lists.of_bank(tx, bank_id, version_ids)
    missing = set(version_ids).difference(found)
    if missing:
        raise Missing("item version", min(missing))
