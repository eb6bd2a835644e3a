"""Saving what an author wrote in the editor: a new draft version, never over what somebody else wrote meanwhile."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum

from examengine.banks.checks import check_item
from examengine.banks.item import Item, from_json, to_json
from examengine.banks.lint import lint_item
from examengine.banks.markup import references
from examengine.banks.problems import Problem
from examengine.banks.similar import contradict, forms_of, near_duplicates, same
from examengine.banks.stems import stem_line
from examengine.records import audit, banks, editing, media, reviews
from examengine.records.database import Database, Reading
from examengine.records.editing import Newest
from examengine.records.heads import NAMELESS
from examengine.records.items import NewVersion, add_versions
from examengine.records.words import ReviewDecision

MAX_NUMBER = 100
PIECES = 3
PIECE_LENGTH = 16
SHORTEST_PIECE = 4


class Trouble(StrEnum):
    """Why nothing was saved: another item has the number; a picture is not (or no longer) kept; another item has the
    same stem and another key.
    """

    CONTRADICTION = "contradiction"
    NUMBER_TAKEN = "number_taken"
    PICTURE_MISSING = "picture_missing"


@dataclass(frozen=True, slots=True)
class Saved:
    """Where the text stands now; not ``is_new`` where the newest version says just the same."""

    item_id: int
    version_id: int
    no: int
    is_new: bool


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be saved. ``item_id`` None: a new item. ``base``: the version that the author started from.
    ``digest`` names the text, whatever letters the options have.
    """

    item: Item
    digest: str
    item_id: int | None = None
    base: int = 0
    note: str = ""


def problems_of(item: Item) -> tuple[Problem, ...]:
    """All that is said of an item, errors first: the same checks as an import's, and the lint."""
    order = {"error": 0, "warning": 1, "info": 2}
    found = dict.fromkeys((*check_item(item), *lint_item(item)))
    return tuple(sorted(found, key=lambda problem: order[problem.severity]))


def number_shown(external_no: str) -> str:
    """An author's number; "" where the record names the item by itself."""
    return "" if external_no.startswith(NAMELESS) else external_no


async def neighbour_problems(tx: Reading, bank_id: int, item: Item, item_id: int | None) -> tuple[Problem, ...]:
    """What other items of the bank say of this one: the same stem with another key is an error, the same or nearly
    the same question a warning. Items that share no longer piece of text with it are not looked at.
    """
    pieces = _pieces(item.stem)
    found = await editing.neighbours(tx, bank_id, pieces, item_id) if pieces else ()
    others = [from_json(one.version.content) for one in found]
    mine, theirs = forms_of(item), [forms_of(other) for other in others]
    named = [
        f"编号 {number}" if (number := number_shown(one.external_no)) else f"“{stem_line(other, 24)}”"
        for one, other in zip(found, others, strict=True)
    ]
    problems = []
    for name, forms in zip(named, theirs, strict=True):
        if (item.key or item.expected) and contradict(mine, forms):
            message = f"与题库中{name}题干相同而答案不同，必有一个是错的；若要更正那道题，请去改那一道"
            problems.append(Problem("error", "contradiction_in_bank", "key", message))
        elif same(mine, forms):
            problems.append(Problem("warning", "same_in_bank", "stem", f"题库里已有同样的题（{name}）"))
    if not problems:
        for near in near_duplicates([mine], theirs).near:
            name, stem = named[near.other], stem_line(others[near.other], 40)
            message = f"与题库中{name}有 {near.percent}% 相同：“{stem}”；请核对是否重复"
            problems.append(Problem("warning", "near_duplicate", "stem", message))
    return tuple(problems[:PIECES])


def _pieces(stem: str) -> list[str]:
    """The longest runs of letters in a stem, cut in their middle: what a copy with small changes still holds."""
    runs = sorted(re.findall(r"\w+", stem.lower()), key=len, reverse=True)[:PIECES]
    cut = (run[max(0, (len(run) - PIECE_LENGTH) // 2) :][:PIECE_LENGTH] for run in runs)
    return [piece for piece in dict.fromkeys(cut) if len(piece) >= SHORTEST_PIECE]


async def save_item(
    database: Database, bank_id: int, edit: Edit, by_person: int, now_ms: int, *, submit: bool = False
) -> Saved | Newest | Trouble:
    """Write a draft, and ask for its check where ``submit`` says so. Saved twice, it is saved once. Where somebody
    else has written a version since ``base``, that one is answered and nothing is written.

    Raises:
        Missing: there is no such bank, or no such item in it.
        ValueError: the item has errors, so that it could never be delivered.
    """
    if any(problem.severity == "error" for problem in check_item(edit.item)):
        raise ValueError("an item with errors is not kept")
    number = _number(edit.item.external_no)
    async with database.writing() as tx:
        await banks.lock_bank(tx, bank_id)
        if edit.item_id is not None:
            newest = await editing.newest_of(tx, bank_id, edit.item_id)
            if newest.version.id != edit.base and newest.version.digest != edit.digest:
                return newest
        named = await editing.find_numbered(tx, bank_id, number) if number else None
        if named is not None and named != edit.item_id:
            theirs = await editing.newest_of(tx, bank_id, named)
            if edit.item_id is not None or theirs.version.digest != edit.digest:
                return Trouble.NUMBER_TAKEN
        if await media.find_missing(tx, [name.partition(".")[0] for name in references(edit.item)]):
            return Trouble.PICTURE_MISSING
        known = await neighbour_problems(tx, bank_id, edit.item, edit.item_id)
        if any(problem.severity == "error" for problem in known):
            return Trouble.CONTRADICTION
        version = NewVersion(
            external_no=number,
            kind=edit.item.kind.value,
            content=to_json(edit.item),
            key="".join(sorted(edit.item.key)),
            digest=edit.digest,
            item_id=edit.item_id,
            note=edit.note,
        )
        [added] = await add_versions(tx, bank_id, [version], by_person, now_ms)
        if added.is_new:
            facts = {"item": added.item_id, "version": added.version_id, "no": added.no}
            await audit.append(tx, now_ms, by_person, "write", "bank", bank_id, facts)
        if submit:
            asked = await reviews.submit(tx, [added.version_id], by_person, now_ms)
            if asked.done:
                told = {"versions": 1, "first": added.version_id, "last": added.version_id}
                await audit.append(tx, now_ms, by_person, ReviewDecision.SUBMITTED, "bank", bank_id, told)
        return Saved(added.item_id, added.version_id, added.no, added.is_new)


def _number(external_no: str) -> str:
    if len(external_no) <= MAX_NUMBER:
        return external_no
    return f"no:{hashlib.sha256(external_no.encode()).hexdigest()}"
