"""The rulebooks that an exam may be published under: those that come with the package and those kept here."""

from dataclasses import dataclass
from functools import lru_cache

from examengine.publishing.exams import keep_rulebook
from examengine.records import audit, rulebooks
from examengine.records.database import Database, Reading
from examengine.records.errors import Missing
from examengine.rules.load import Loaded, load, packaged_text, rulebook_ids
from examengine.rules.rulebook import Rulebook

KEPT = 128
"""Loaded files kept in the process; they never change."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A rulebook to choose. ``added_ms`` is None for a packaged one that was never used here."""

    rulebook_id: str
    text: str
    loaded: Loaded
    added_ms: int | None

    @property
    def digest(self) -> str:
        return self.loaded.rulebook.digest if self.loaded.rulebook else ""


async def offers(tx: Reading) -> tuple[Offer, ...]:
    """Kept revisions, newest first, then packaged ones that are not kept."""
    kept = [
        Offer(row.rulebook_id, row.toml, _loaded(row.toml, row.rulebook_id), row.added_ms)
        for row in await rulebooks.list_rulebooks(tx)
    ]
    known = {offer.digest for offer in kept}
    packaged = [Offer(name, packaged_text(name), _loaded(packaged_text(name), name), None) for name in rulebook_ids()]
    found = [*kept, *(offer for offer in packaged if offer.digest not in known)]
    return tuple(offer for offer in found if offer.digest)


async def get_offer(tx: Reading, digest: str) -> Offer:
    """The rulebook of a digest.

    Raises:
        Missing: there is none to choose.
    """
    for offer in await offers(tx):
        if offer.digest == digest:
            return offer
    raise Missing("rulebook", digest[:80])


async def keep_offered(database: Database, digest: str, now_ms: int) -> None:
    """Keep a packaged rulebook that is about to be confirmed or published; a kept one stays as it is.

    Raises:
        Missing: there is none to choose.
    """
    async with database.reading() as tx:
        offer = await get_offer(tx, digest)
    if offer.added_ms is None:
        await keep_rulebook(database, offer.text, offer.rulebook_id, now_ms)


async def keep_new(database: Database, text: str, rulebook: Rulebook, by_person: int, now_ms: int) -> bool:
    """Keep a rulebook that somebody brought, unless its content is known: False then, and the known one with its
    provenance and confirmations stays.
    """
    async with database.reading() as tx:
        try:
            await get_offer(tx, rulebook.digest)
            return False
        except Missing:
            pass
    await keep_rulebook(database, text, rulebook.meta.id, now_ms)
    async with database.writing() as tx:
        await audit.append(tx, now_ms, by_person, "keep", "rulebook", None, {"digest": rulebook.digest})
    return True


@lru_cache(maxsize=KEPT)
def _loaded(text: str, name: str) -> Loaded:
    return load(text, name=name)
