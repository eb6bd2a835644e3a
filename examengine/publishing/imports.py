"""Committing what a preview showed: the same assessment, by the same code, in one transaction."""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from examengine.banks.assess import Assessment, CheckedQuestion, KnownBank, Outcome, digest_of, number_of
from examengine.banks.item import Item, to_json, with_random_option_ids
from examengine.banks.markup import Media, settle
from examengine.banks.readers import BankReading
from examengine.findings import Finding
from examengine.publishing.known import Stamp, stamp_of
from examengine.records import audit, banks, items, media, undo, uploads
from examengine.records.banks import ImportBatch, NewVersion
from examengine.records.database import Database
from examengine.records.heads import NAMELESS
from examengine.records.undo import ImportUse, Undone

Letters = Callable[[], Iterable[str]]
"""The letters a–z in an order that nobody can foresee."""


class Duplicates(StrEnum):
    """What to do with questions that the bank has. A number names its item whatever is chosen, but for ``SKIP``:
    with that only new questions are taken.
    """

    UPDATE = "update"
    SKIP = "skip"
    NEW = "new"


class Refused(StrEnum):
    """Why an import was not committed."""

    NOTHING = "nothing"
    ERRORS = "errors"
    BANK_CHANGED = "bank_changed"


@dataclass(frozen=True, slots=True)
class Choices:
    """How an author wants his file taken; ``whole``: all questions must be right, or nothing is written."""

    duplicates: Duplicates = Duplicates.UPDATE
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Checker:
    """Who answers for an import that counts as checked at once; None is whoever has the command line."""

    person_id: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """The file behind an import. ``upload_id`` names the kept one: it is imported once, and goes with the commit."""

    file_name: str
    sha256: str
    upload_id: int | None = None


async def commit_reading(
    database: Database,
    bank_id: int,
    reading: BankReading,
    file_name: str,
    content: bytes,
    letters: Letters,
    by_person: int | None,
    now_ms: int,
    *,
    upload_id: int | None = None,
    checked_by: Checker | None = None,
) -> ImportBatch:
    """Take the importable items of ``reading`` into a bank, held against nothing but their numbers: new ones, and a
    new version of each that has changed. They are drafts, unless somebody else answers for them (``checked_by``).

    ``upload_id`` names the kept file that was read: it is imported once, and a repeated commit answers the first
    one's batch; its bytes go with the commit.

    Raises:
        Missing: there is no such bank.
        ValueError: nothing can be imported.
    """
    if not reading.items:
        raise ValueError("nothing to import")
    sha256 = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    settled, pictures = settle([read.item for read in reading.items], reading.media)
    versions = [_version(item, number_of(item), None, letters) for item in settled]
    plan = _Plan(versions, pictures, reading, {})
    done = await _commit(
        database, bank_id, plan, Source(file_name, sha256, upload_id), by_person, now_ms, checked_by, None
    )
    assert isinstance(done, ImportBatch)
    return done


async def commit_assessment(
    database: Database,
    bank_id: int,
    assessment: Assessment,
    known: KnownBank,
    stamp: Stamp,
    choices: Choices,
    source: Source,
    letters: Letters,
    by_person: int | None,
    now_ms: int,
    *,
    checked_by: Checker | None = None,
) -> ImportBatch | Refused:
    """Take what was assessed against ``known``, the bank as it stood at ``stamp``; refused where that has changed.

    Raises:
        Missing: there is no such bank.
    """
    if choices.whole and assessment.count(Outcome.OUT):
        return Refused.ERRORS
    taken = taken_of(assessment, choices)
    if not taken:
        return Refused.NOTHING
    versions = await asyncio.to_thread(_versions, taken, known, letters)
    facts: dict[str, object] = {
        "duplicates": choices.duplicates.value,
        "whole": choices.whole,
        "fixed": sum(question.is_fixed for question in taken),
        "left_out": assessment.count(Outcome.LEFT_OUT),
    }
    plan = _Plan(versions, assessment.reading.media, assessment.reading, facts)
    return await _commit(database, bank_id, plan, source, by_person, now_ms, checked_by, stamp)


def taken_of(assessment: Assessment, choices: Choices) -> list[CheckedQuestion]:
    """The questions that an import with these choices writes or finds unchanged, each item of the bank once."""
    wanted = {Outcome.NEW, Outcome.SAME}
    if choices.duplicates is not Duplicates.SKIP:
        wanted |= {Outcome.CHANGED, Outcome.DUPLICATE}
    taken: list[CheckedQuestion] = []
    targets: set[int] = set()
    for question in assessment.questions:
        if question.outcome not in wanted:
            continue
        if question.outcome is Outcome.DUPLICATE and choices.duplicates is Duplicates.NEW:
            taken.append(replace(question, outcome=Outcome.NEW, target=None))
        elif question.target is None or question.target not in targets:
            taken.append(question)
            if question.target is not None:
                targets.add(question.target)
    return taken


async def undo_batch(
    database: Database, bank_id: int, batch_id: int, by_person: int | None, now_ms: int
) -> Undone | ImportUse:
    """Take an import back while it is unused; what it is used for otherwise.

    Raises:
        Missing: there is no such import into the bank.
    """
    async with database.writing() as tx:
        before = await banks.get_import(tx, batch_id)
        done = await undo.undo_import(tx, bank_id, batch_id, now_ms)
        if isinstance(done, Undone) and before.undone_ms is None:
            facts = {"batch": batch_id, "removed": done.removed, "restored": done.restored}
            await audit.append(tx, now_ms, by_person, "undo_import", "bank", bank_id, facts)
        return done


@dataclass(frozen=True, slots=True)
class _Plan:
    versions: Sequence[NewVersion]
    pictures: Sequence[Media]
    reading: BankReading
    facts: dict[str, object]


async def _commit(
    database: Database,
    bank_id: int,
    plan: _Plan,
    source: Source,
    by_person: int | None,
    now_ms: int,
    checked_by: Checker | None,
    stamp: Stamp | None,
) -> ImportBatch | Refused:
    findings = [Finding(f.severity, f.code, f.where, f.message) for f in plan.reading.findings]
    async with database.writing() as tx:
        await banks.lock_bank(tx, bank_id)
        if source.upload_id is not None:
            known = await banks.find_import_of_upload(tx, source.upload_id)
            if known is not None:
                return known
        if stamp is not None and await stamp_of(tx, bank_id) != stamp:
            return Refused.BANK_CHANGED
        await media.keep(tx, plan.pictures, now_ms)
        batch = await banks.commit_import(
            tx,
            bank_id,
            source.file_name,
            source.sha256,
            plan.versions,
            findings,
            by_person,
            now_ms,
            total=plan.reading.total,
            upload_id=source.upload_id,
        )
        facts = {"batch": batch.id, "added": batch.added, "changed": batch.changed, "same": batch.same} | plan.facts
        await audit.append(tx, now_ms, by_person, "import", "bank", bank_id, facts)
        if checked_by is not None:
            written = await items.ids_of_import(tx, batch.id)
            done = (await items.approve(tx, written, checked_by.person_id, now_ms)).done
            told = {"batch": batch.id, "versions": len(done)}
            await audit.append(tx, now_ms, checked_by.person_id, "approved", "bank", bank_id, told)
        if source.upload_id is not None:
            await uploads.drop(tx, source.upload_id)
        return batch


def _versions(taken: Sequence[CheckedQuestion], known: KnownBank, letters: Letters) -> list[NewVersion]:
    versions = []
    for question in taken:
        item = question.question.item
        assert item is not None
        number = number_of(item)
        if question.target is not None:
            # An item without a number gets the file's; one that has its own keeps it.
            has_own = not known.by_id[question.target].external_no.startswith(NAMELESS)
            number = "" if has_own or not item.external_no or number in known.by_number else number
        versions.append(_version(item, number, question.target, letters))
    return versions


def _version(item: Item, number: str, item_id: int | None, letters: Letters) -> NewVersion:
    kept = with_random_option_ids(item, letters())
    return NewVersion(
        external_no=number,
        kind=item.kind.value,
        content=to_json(kept),
        key="".join(sorted(kept.key)),
        digest=digest_of(item),
        item_id=item_id,
    )
