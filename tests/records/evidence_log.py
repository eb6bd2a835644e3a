"""A record with a log of links, to be checked and tampered with."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from examengine.evidence.signing import Signer, to_text
from examengine.records import (
    attempts,
    audit,
    endings,
    entries,
    evidence,
    outcomes,
    proof,
)
from examengine.records.database import Database, Writing
from examengine.records.entries import NewEntry
from examengine.records.outcomes import Finish
from examengine.records.proof import Proof
from examengine.records.tables import (
    attempt_journals,
)
from examengine.records.vault import Vault
from examengine.records.words import EntryKind
from tests.records.builders import MINUTE, T0, a_place, an_attempt, an_exam, an_outcome

SIGNER = Signer(to_text(bytes(32)))
TRUSTED = {SIGNER.key_id: SIGNER.public}
JOURNAL = ("o 1 1 2 0 time_limit 3", "c 2 1 page", "a 3 1.1 1 1 0 b", "p 4 1.2", "z 5 hand_in 5")


@dataclass(frozen=True)
class Log:
    """Two finished attempts, staff acts, a void afterwards; two checkpoints."""

    first: int
    second: int
    entry_id: int
    void_id: int
    person_id: int


async def a_finished_attempt(tx: Writing, vault: Vault, no: int, exam: Any) -> tuple[int, int, int]:
    place = await a_place(tx, vault, no, exam)
    attempt, _ = await attempts.begin(tx, an_attempt(place))
    finish = Finish(
        attempt_id=attempt.id,
        generation=1,
        questions=3,
        outcome=an_outcome(),
        answers={11: "b", 12: ""},
        detail={"items": []},
        journal=JOURNAL,
    )
    await endings.record_finish(tx, finish, T0)
    return attempt.id, place.enrolment.id, place.person_id


async def noted(database: Database, at_ms: int = T0) -> None:
    async with database.writing() as tx:
        await evidence.link_waiting(tx, None, at_ms)
        await evidence.sign_links(tx, SIGNER, at_ms)


async def a_log(database: Database, vault: Vault) -> Log:
    async with database.writing() as tx:
        exam = await an_exam(tx)
        first, enrolment_id, person_id = await a_finished_attempt(tx, vault, 1, exam)
        entry, _ = await entries.add_entry(
            tx,
            NewEntry(
                enrolment_id=enrolment_id,
                kind=EntryKind.GRANT,
                amount=1,
                by_person=person_id,
                reason_category="platform",
                reason="考场断网",
                source="form:1",
            ),
            T0,
        )
        await audit.append(tx, T0, person_id, "grant", "enrolment", enrolment_id, {"entry": entry.id})
        await audit.append(tx, T0 + 1, None, "sweep", "attempt", None)
    await noted(database)
    async with database.writing() as tx:
        second, _, _ = await a_finished_attempt(tx, vault, 2, exam)
        void = an_outcome(state="void", score_hundredths=None, result=None, reason="void", cause="entry:1")
        later = await outcomes.append_outcome(tx, first, void, T0 + MINUTE)
    await noted(database, T0 + MINUTE)
    return Log(first, second, entry.id, later.id, person_id)


async def proven(database: Database, trusted: dict[str, bytes] = TRUSTED) -> Proof:
    async with database.reading() as tx:
        return await proof.prove(tx, trusted)


async def change_lines(tx: Writing, attempt_id: int, change: Callable[[str], str]) -> None:
    packed = await tx.value(select(attempt_journals.c.lines).where(attempt_journals.c.attempt_id == attempt_id))
    altered = zlib.compress(change(zlib.decompress(packed).decode()).encode())
    mine = update(attempt_journals).where(attempt_journals.c.attempt_id == attempt_id)
    await tx.run(mine.values(lines=altered))


class TakenBackError(Exception):
    """Ends a transaction so that nothing of it stays."""
