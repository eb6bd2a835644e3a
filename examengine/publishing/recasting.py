"""One field set for many items at once: topics and difficulties, which a blueprint draws by.

Every item gets a new draft version, so that what was checked and released stays as it was.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from examengine.banks.assess import digest_of_kept
from examengine.banks.item import Item, from_json, to_json
from examengine.publishing.items import AT_ONCE, Foreseen
from examengine.records import audit, editing
from examengine.records.database import Database, Missing, Reading
from examengine.records.editing import Standing
from examengine.records.heads import lock_bank
from examengine.records.items import NewVersion, add_versions
from examengine.records.reviews import Reviewed, Skip
from examengine.records.shapes import chunks
from examengine.records.words import ItemState


class Recast(StrEnum):
    """The fields that may be set for many items."""

    TOPIC = "topic"
    DIFFICULTY = "difficulty"


@dataclass(frozen=True, slots=True)
class Change:
    """``field`` becomes ``value``; "" empties it."""

    field: Recast
    value: str

    def of(self, item: Item) -> Item:
        """The item after the change."""
        return replace(item, topic=self.value) if self.field is Recast.TOPIC else replace(item, difficulty=self.value)


async def foresee(tx: Reading, bank_id: int, version_ids: Sequence[int], change: Change | None) -> Foreseen:
    """What :func:`recast` would do now; without ``change`` every item that may be changed counts.

    Raises:
        Missing: one of the versions is not the bank's.
    """
    changes, skipped = 0, Counter[Skip]()
    for standing in await _standing(tx, bank_id, version_ids):
        skip = _skip(standing, change)
        if skip is None:
            changes += 1
        else:
            skipped[skip] += 1
    return Foreseen(changes, skipped)


async def recast(
    database: Database,
    bank_id: int,
    version_ids: Sequence[int],
    change: Change,
    by_person: int,
    now_ms: int,
    note: str,
) -> Reviewed:
    """Write a draft version of every item named by its newest version, at most ``AT_ONCE`` in one transaction. Asked
    for twice, it is done once: the versions named are not the newest any more.

    Raises:
        Missing: one of the versions is not the bank's.
    """
    done: list[int] = []
    skipped: Counter[Skip] = Counter()
    async with database.reading() as tx:
        await _standing(tx, bank_id, version_ids)
    for part in chunks(sorted(set(version_ids)), AT_ONCE):
        async with database.writing() as tx:
            await lock_bank(tx, bank_id)
            changed: list[NewVersion] = []
            for standing in await _standing(tx, bank_id, part):
                skip = _skip(standing, change)
                if skip is None:
                    changed.append(_version(standing, change, note))
                else:
                    skipped[skip] += 1
            added = await add_versions(tx, bank_id, changed, by_person, now_ms)
            ids = [one.version_id for one in added]
            if ids:
                facts = {"field": change.field, "versions": len(ids), "first": ids[0], "last": ids[-1]}
                await audit.append(tx, now_ms, by_person, "recast", "bank", bank_id, facts)
        done += ids
    return Reviewed(tuple(done), skipped)


async def _standing(tx: Reading, bank_id: int, version_ids: Sequence[int]) -> Sequence[Standing]:
    found = await editing.standing_of(tx, bank_id, sorted(set(version_ids)))
    missing = set(version_ids).difference(one.version.id for one in found)
    if missing:
        raise Missing("item version", min(missing))
    return found


def _skip(standing: Standing, change: Change | None) -> Skip | None:
    if standing.state is ItemState.RETIRED:
        return Skip.RETIRED
    if standing.newest_id != standing.version.id:
        return Skip.OLD
    item = from_json(standing.version.content)
    return Skip.SAME if change is not None and change.of(item) == item else None


def _version(standing: Standing, change: Change, note: str) -> NewVersion:
    item = change.of(from_json(standing.version.content))
    return NewVersion(
        external_no="",
        kind=item.kind.value,
        content=to_json(item),
        key="".join(sorted(item.key)),
        digest=digest_of_kept(item),
        item_id=standing.version.item_id,
        note=note,
    )
