"""Publishing an exam: refused while an assumed value is unconfirmed, a cell of the blueprint cannot be filled, or the
blueprint is not what the rulebook says.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from examengine.papers.blueprint import Blueprint, blueprint_of, from_json, to_json
from examengine.papers.proof import Proof
from examengine.papers.release import ReleaseItem
from examengine.publishing.blueprints import Lack, Supply, differences, examine_blueprint, leaving
from examengine.records import audit, blueprints, exams, releases, rulebooks
from examengine.records.blueprints import Revision
from examengine.records.database import Database, Missing, Reading
from examengine.records.exams import Exam, NewExam
from examengine.records.rulebooks import Confirmation
from examengine.records.shelf import Shelf
from examengine.rules.load import Loaded, flatten, load, plain, usable
from examengine.rules.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Readiness:
    """What stands between a rulebook with a release and a blueprint, and an exam.

    ``unconfirmed``: keys of assumed values that no named person has confirmed. ``proof``: what the release can do
    for the blueprint on the last day of the window; ``supplies`` the same cell by cell; ``lacks`` what it cannot.
    ``differences``: where the blueprint is not what the rulebook says. ``leaving``: items that leave mid-window.
    ``revision``: the author's blueprint, None for the rulebook's own.
    """

    rulebook: Rulebook
    blueprint: Blueprint
    unconfirmed: tuple[str, ...]
    supplies: tuple[Supply, ...]
    proof: Proof
    lacks: tuple[Lack, ...] = ()
    differences: tuple[str, ...] = ()
    leaving: tuple[ReleaseItem, ...] = ()
    revision: Revision | None = None

    @property
    def is_ready(self) -> bool:
        return not self.unconfirmed and not self.proof.shortfalls and not self.differences

    def missing(self) -> tuple[str, ...]:
        """What is missing, a sentence each: cells by name, values by key."""
        return (
            *(lack.told for lack in self.lacks),
            *self.differences,
            *(f"{key}：还没有人确认" for key in self.unconfirmed),
        )


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


async def readiness(
    tx: Reading, shelf: Shelf, digest: str, release_id: int, blueprint_id: int | None = None
) -> Readiness:
    """What an exam under the rulebook with the release and a blueprint (None: the rulebook's own) still lacks.

    Raises:
        Missing: rulebook, release or blueprint are not kept here, or the blueprint is another bank's.
    """
    loaded = await stored(tx, digest)
    confirmed = await rulebooks.confirmations_of(tx, digest)
    return await examine(tx, shelf, loaded, confirmed, release_id, blueprint_id)


async def examine(
    tx: Reading,
    shelf: Shelf,
    loaded: Loaded,
    confirmed: Mapping[str, Confirmation],
    release_id: int,
    blueprint_id: int | None = None,
) -> Readiness:
    """The same for a rulebook that need not be kept yet.

    Raises:
        Missing: release or blueprint are not kept here, or the blueprint is another bank's.
        RulebookError: the rulebook is faulty.
    """
    rulebook = usable(loaded)
    release = await shelf.release(tx, release_id)
    blueprint, revision = blueprint_of(rulebook), None
    if blueprint_id is not None:
        revision = await blueprints.get_revision(tx, blueprint_id)
        if revision.bank_id != (await releases.get_release(tx, release_id)).bank_id:
            raise Missing("blueprint of the bank", blueprint_id)
        blueprint = from_json(revision.content.encode())
    # large banks take a while: other requests go on
    proven = await asyncio.to_thread(examine_blueprint, blueprint, release, rulebook, exposed=False)
    return Readiness(
        rulebook=rulebook,
        blueprint=blueprint,
        unconfirmed=tuple(key for key in loaded.assumed() if key not in confirmed),
        supplies=proven.supplies,
        proof=proven.proof,
        lacks=proven.lacks,
        differences=differences(blueprint, rulebook),
        leaving=leaving(blueprint, release, rulebook),
        revision=revision,
    )


async def publish_exam(
    database: Database,
    shelf: Shelf,
    digest: str,
    release_id: int,
    title: str,
    by_person: int | None,
    now_ms: int,
    *,
    blueprint_id: int | None = None,
    signed: Sequence[int] = (),
) -> Exam:
    """Publish an exam. One that stands under the same rulebook with the same release and blueprint is answered as it
    is; without ``blueprint_id`` papers are made as the rulebook says, one cell a section. ``signed``: the signatures
    that stand for red checks (see ``publishing/signing.py``, by which operators publish).

    Raises:
        NotReadyError: an assumed value is unconfirmed, the bank cannot fill the blueprint, or the blueprint is not
            what the rulebook says.
        Missing: rulebook, release or blueprint are not kept here, or the blueprint is another bank's.
    """
    async with database.writing() as tx:
        await tx.lock_name(f"publish:{digest}:{release_id}")
        ready = await readiness(tx, shelf, digest, release_id, blueprint_id)
        if not ready.is_ready:
            raise NotReadyError(ready)
        for known in await exams.list_published(tx, digest, release_id):
            if from_json(known.blueprint.encode()) == ready.blueprint:
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
        facts = {"release": release_id, "digest": digest, "blueprint": blueprint_id, "signed": list(signed)}
        await audit.append(tx, now_ms, by_person, "publish", "exam", exam.id, facts)
        return exam
