"""Publishing an exam: refused while an assumed value is unconfirmed or a cell of the blueprint cannot be filled."""

from collections.abc import Mapping
from dataclasses import dataclass

from examengine.banks.item import KIND_LABELS
from examengine.papers.blueprint import Blueprint, Cell, blueprint_of, to_json
from examengine.papers.proof import Proof, prove
from examengine.papers.supply import accepts
from examengine.records import audit, banks, exams, items, releases, rulebooks
from examengine.records.database import Database, Reading
from examengine.records.exams import Exam, NewExam
from examengine.records.releases import StoredRelease
from examengine.records.rulebooks import Confirmation
from examengine.records.shelf import Shelf
from examengine.rules.load import Loaded, flatten, load, plain, usable
from examengine.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Supply:
    """A cell against a release: ``available`` items fit it on the last day of the window."""

    cell: Cell
    available: int

    @property
    def name(self) -> str:
        """What people call the cell: its kind and what narrows it."""
        return "·".join(part for part in (KIND_LABELS[self.cell.kind], self.cell.topic, self.cell.difficulty) if part)

    @property
    def missing(self) -> int:
        return max(0, self.cell.count - self.available)


@dataclass(frozen=True, slots=True)
class Readiness:
    """What stands between a rulebook with a release and an exam.

    ``unconfirmed``: keys of assumed values that no named person has confirmed. ``proof``: what the release can do
    for the blueprint on the last day of the window; ``supplies`` the same cell by cell.
    """

    rulebook: Rulebook
    blueprint: Blueprint
    unconfirmed: tuple[str, ...]
    supplies: tuple[Supply, ...]
    proof: Proof

    @property
    def is_ready(self) -> bool:
        return not self.unconfirmed and not self.proof.shortfalls

    def missing(self) -> tuple[str, ...]:
        """What is missing, a sentence each: cells by name, values by key."""
        cells = [
            "{names}：要 {wanted} 题，只有 {available} 题".format(
                names="、".join(self.supplies[cell].name for cell in shortfall.cells),
                wanted=shortfall.wanted,
                available=shortfall.available,
            )
            for shortfall in self.proof.shortfalls
        ]
        return (*cells, *(f"{key}：还没有人确认" for key in self.unconfirmed))


class NotReadyError(ValueError):
    """The exam cannot be published; ``readiness`` says what is missing."""

    def __init__(self, readiness: Readiness) -> None:
        super().__init__("；".join(readiness.missing()))
        self.readiness = readiness


async def keep_rulebook(database: Database, text: str, name: str, now_ms: int) -> Rulebook:
    """Keep a revision of a rulebook; the same content is kept once.

    Raises:
        RulebookError: the file is faulty.
    """
    rulebook = usable(load(text, name=name))
    async with database.writing() as tx:
        await rulebooks.add_rulebook(tx, rulebook.meta.id, rulebook.digest, text, now_ms)
    return rulebook


async def stored(tx: Reading, digest: str) -> Loaded:
    """A kept revision with its provenance.

    Raises:
        Missing: it was never used here.
    """
    row = await rulebooks.get_rulebook(tx, digest)
    return load(row.toml, name=row.rulebook_id)


async def confirm_all(
    database: Database, digest: str, keys: tuple[str, ...], person_id: int, person_name: str, now_ms: int
) -> None:
    """Confirm assumed values by name (A-47).

    Raises:
        Missing: the rulebook was never used here.
        ValueError: a key is not an assumed value of the rulebook.
    """
    async with database.writing() as tx:
        loaded = await stored(tx, digest)
        values = plain(flatten(loaded.content))
        for key in keys:
            if key not in loaded.assumed():
                raise ValueError(key)
            await rulebooks.confirm(tx, digest, key, values[key], person_id, person_name, now_ms)
        await audit.append(tx, now_ms, person_id, "confirm", "rulebook", None, {"digest": digest, "keys": list(keys)})


async def readiness(tx: Reading, shelf: Shelf, digest: str, release_id: int) -> Readiness:
    """What an exam under the rulebook with the release still lacks.

    Raises:
        Missing: rulebook or release are not kept here.
    """
    loaded = await stored(tx, digest)
    return await examine(tx, shelf, loaded, await rulebooks.confirmations_of(tx, digest), release_id)


async def examine(
    tx: Reading, shelf: Shelf, loaded: Loaded, confirmed: Mapping[str, Confirmation], release_id: int
) -> Readiness:
    """The same for a rulebook that need not be kept yet.

    Raises:
        Missing: the release is not kept here.
        RulebookError: the rulebook is faulty.
    """
    rulebook = usable(loaded)
    blueprint = blueprint_of(rulebook)
    release = await shelf.release(tx, release_id)
    last_day = rulebook.window.closes_on
    valid = [item for item in release.items if item.valid_until is None or item.valid_until >= last_day]
    return Readiness(
        rulebook=rulebook,
        blueprint=blueprint,
        unconfirmed=tuple(key for key in loaded.assumed() if key not in confirmed),
        supplies=tuple(Supply(cell, sum(accepts(cell, item) for item in valid)) for cell in blueprint.cells),
        proof=prove(blueprint, release, last_day),
    )


async def release_bank(database: Database, bank_id: int, by_person: int | None, now_ms: int) -> StoredRelease:
    """Freeze the newest versions of every item of a bank. Where nothing has changed since the newest release, that
    one is answered.

    Raises:
        Missing: there is no such bank.
        ValueError: the bank is empty.
    """
    async with database.writing() as tx:
        await banks.lock_bank(tx, bank_id)
        newest = await items.newest_versions(tx, bank_id)
        if not newest:
            raise ValueError("the bank is empty")
        version_ids = [item.version.id for item in newest]
        before = await releases.list_releases(tx, bank_id)
        if before and [version.id for version in await releases.released_versions(tx, before[0].id)] == version_ids:
            return before[0]
        release = await releases.make_release(tx, bank_id, version_ids, by_person, now_ms)
        facts = {"release": release.no, "items": len(version_ids)}
        await audit.append(tx, now_ms, by_person, "release", "bank", bank_id, facts)
        return release


async def publish_exam(
    database: Database,
    shelf: Shelf,
    digest: str,
    release_id: int,
    title: str,
    by_person: int | None,
    now_ms: int,
) -> Exam:
    """Publish an exam. One that stands under the same rulebook with the same release is answered as it is.

    Raises:
        NotReadyError: an assumed value is unconfirmed, or the bank cannot fill the blueprint.
        Missing: rulebook or release are not kept here.
    """
    async with database.writing() as tx:
        await tx.lock_name(f"publish:{digest}:{release_id}")
        ready = await readiness(tx, shelf, digest, release_id)
        if not ready.is_ready:
            raise NotReadyError(ready)
        known = await exams.find_published(tx, digest, release_id)
        if known is not None:
            return known
        exam = await exams.publish(
            tx,
            NewExam(
                title=title.strip() or ready.rulebook.meta.subject,
                rulebook_digest=digest,
                credit_year=ready.rulebook.meta.year,
                release_id=release_id,
                blueprint=to_json(ready.blueprint).decode(),
                by_person=by_person,
            ),
            now_ms,
        )
        await audit.append(
            tx, now_ms, by_person, "publish", "exam", exam.id, {"release": release_id, "digest": digest}
        )
        return exam
