"""From a correction to the bank: the item gets a new draft with the right key, for a second person to check."""

from dataclasses import replace
from enum import StrEnum
from hashlib import sha256

from examengine.banks.item import OPTION_LETTERS, Item, from_json, to_json, with_random_option_ids
from examengine.grading.correction import NewKey, Ruling
from examengine.records import audit, corrections, editing, items, statistics
from examengine.records.database import Database
from examengine.records.items import NewVersion
from examengine.records.shelf import Shelf


class VersionWord(StrEnum):
    """What became of it; ``changed``: the item's newest version has other options, an author must look himself."""

    MADE = "made"
    CHANGED = "changed"
    NOT_A_KEY = "not_a_key"


def with_key(item: Item, ruling: Ruling) -> Item | None:
    """The item with the key of the ruling; None where that is no key."""
    if not isinstance(ruling, NewKey):
        return None
    return replace(item, key=frozenset(ruling.options), expected=ruling.expected)


async def make_version(
    database: Database, shelf: Shelf, correction_id: int, by_person: int, now_ms: int
) -> VersionWord:
    """Write the corrected key into the bank, as a draft after the item's newest version; asked for twice, once.

    Raises:
        Missing: there is no such correction.
    """
    async with database.writing() as tx:
        known = await corrections.lock_correction(tx, correction_id)
        if known.new_version_id is not None:
            return VersionWord.MADE
        corrected = (await shelf.items(tx, [known.version_id]))[known.version_id]
        item_id = (await shelf.item_ids(tx, [known.version_id]))[known.version_id]
        bank = await statistics.bank_of_exam(tx, known.exam_id)
        assert bank is not None
        newest = await editing.newest_of(tx, bank[0], item_id)
        item = from_json(newest.version.content)
        made = with_key(item, known.ruling)
        if made is None:
            return VersionWord.NOT_A_KEY
        if item.options != corrected.options or (item.stem, item.kind) != (corrected.stem, corrected.kind):
            return VersionWord.CHANGED
        version = NewVersion(
            external_no="",
            kind=made.kind.value,
            content=to_json(made),
            key="".join(sorted(made.key)),
            # the author's text, as a file of the bank would give it: options named in their order
            digest=sha256(to_json(with_random_option_ids(made, OPTION_LETTERS))).hexdigest(),
            item_id=item_id,
            note=f"答案更正：{known.reason}"[: items.MAX_NOTE],
        )
        [added] = await items.add_versions(tx, bank[0], [version], by_person, now_ms)
        await corrections.move(tx, correction_id, new_version_id=added.version_id)
        facts = {"version": added.version_id, "correction": correction_id}
        await audit.append(tx, now_ms, by_person, "make_version", "correction", correction_id, facts)
    return VersionWord.MADE
