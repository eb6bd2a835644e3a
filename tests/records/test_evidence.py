"""The log of links over real databases: every fact kept is covered, two notaries make one log."""

import asyncio
from contextlib import suppress
from dataclasses import replace

import pytest
from sqlalchemy import delete, select, update

from examengine.evidence.faults import Fault, What
from examengine.evidence.signing import Checkpoint, Signer, to_text
from examengine.records import (
    archives,
    attempts,
    audit,
    endings,
    evidence,
    lease_tokens,
    outcomes,
    people,
    proof,
    segments,
)
from examengine.records.database import Database
from examengine.records.evidence import Overtaken
from examengine.records.outcomes import Finish
from examengine.records.proof import Proof
from examengine.records.segments import Part
from examengine.records.tables import (
    attempt_answers,
    attempt_journals,
    checkpoints,
    links,
    receipts,
    unlinked,
)
from examengine.records.tables import outcomes as outcomes_table
from examengine.records.vault import Vault
from tests.records.builders import MINUTE, T0, a_place, an_attempt, an_exam, an_outcome
from tests.records.evidence_log import (
    JOURNAL,
    SIGNER,
    TRUSTED,
    TakenBackError,
    a_log,
    change_lines,
    noted,
    proven,
)


async def test_an_untouched_record_agrees_with_its_evidence(database: Database, vault: Vault) -> None:
    await a_log(database, vault)
    assert await proven(database) == Proof(links=6, signed=6, checkpoints=2, waiting=0, unchained=0, fault=None)


async def test_an_empty_record_agrees(database: Database) -> None:
    assert await proven(database) == Proof(0, 0, 0, 0, 0, None)


async def test_what_waits_for_its_link_is_counted_and_no_fault(database: Database, vault: Vault) -> None:
    await a_log(database, vault)
    async with database.writing() as tx:
        await audit.append(tx, T0, None, "sweep", "attempt", None)
    found = await proven(database)
    assert (found.waiting, found.fault) == (1, None)
    async with database.writing() as tx:
        await evidence.link_waiting(tx, None, T0)
    found = await proven(database)
    assert (found.links, found.signed, found.waiting, found.fault) == (7, 6, 0, None)


@pytest.mark.parametrize(("at_least", "checked"), [(1, 2), (2, 2), (3, 6), (6, 6), (99, 6)])
async def test_the_newest_links_are_checked_from_a_signature_on(
    database: Database, vault: Vault, at_least: int, checked: int
) -> None:
    await a_log(database, vault)
    async with database.reading() as tx:
        found = await proof.prove_newest(tx, TRUSTED, at_least)
    assert found == Proof(links=checked, signed=6, checkpoints=2, waiting=0, unchained=0, fault=None)


async def test_what_was_altered_among_the_newest_links_is_found_and_what_is_older_is_not_looked_at(
    database: Database, vault: Vault
) -> None:
    log = await a_log(database, vault)
    async with database.writing() as tx:
        await tx.run(update(attempt_journals).where(attempt_journals.c.attempt_id == log.first).values(lines=b"x"))
    async with database.reading() as tx:
        assert (await proof.prove_newest(tx, TRUSTED, 2)).fault is None
        assert (await proof.prove_newest(tx, TRUSTED, 3)).fault is not None
    async with database.writing() as tx:
        await tx.run(delete(links).where(links.c.seq == 5))
    async with database.reading() as tx:
        assert (await proof.prove_newest(tx, TRUSTED, 1)).fault == Fault(What.LINK_MISSING, seq=5)
        unknown = await proof.prove_newest(tx, {}, 1)
    assert unknown.fault == Fault(What.CHECKPOINT_ALTERED, "checkpoint", 1)


async def test_links_cut_off_under_a_checkpoint_are_missed(database: Database, vault: Vault) -> None:
    await a_log(database, vault)
    async with database.writing() as tx:
        await tx.run(delete(links).where(links.c.seq > 4))
    assert (await proven(database)).fault == Fault(What.LINK_MISSING, seq=5)


async def test_a_tail_cut_off_with_its_facts_shows_only_beside_a_copy(database: Database, vault: Vault) -> None:
    log = await a_log(database, vault)
    async with database.reading() as tx:
        copy = await evidence.checkpoints_after(tx, 0)
        assert await proof.compare_copy(tx, copy, TRUSTED) is None
    async with database.writing() as tx:
        await tx.run(delete(checkpoints).where(checkpoints.c.no == 2))
        await tx.run(delete(links).where(links.c.seq > 4))
        await tx.run(delete(outcomes_table).where(outcomes_table.c.id == log.void_id))
        for table in (receipts, attempt_journals, attempt_answers, outcomes_table):
            await tx.run(delete(table).where(table.c.attempt_id == log.second))
    assert (await proven(database)).fault is None
    async with database.reading() as tx:
        ahead = await proof.compare_copy(tx, copy, TRUSTED)
    assert ahead == Fault(What.COPY_AHEAD, "checkpoint", 2)


async def test_a_log_signed_anew_differs_from_the_copy(database: Database, vault: Vault) -> None:
    await a_log(database, vault)
    async with database.reading() as tx:
        [first, second] = await evidence.checkpoints_after(tx, 0)
    async with database.writing() as tx:
        await tx.run(delete(checkpoints).where(checkpoints.c.no == 2))
        await evidence.sign_links(tx, SIGNER, T0 + 5 * MINUTE)
    assert (await proven(database)).fault is None
    async with database.reading() as tx:
        differs = await proof.compare_copy(tx, [first, second], TRUSTED)
        forged = await proof.compare_copy(tx, [replace(second, at_ms=1)], TRUSTED)
    assert differs == Fault(What.COPY_DIFFERS, "checkpoint", 2)
    assert forged == Fault(What.COPY_ALTERED, "checkpoint", 2)


async def test_a_log_signed_with_a_key_of_his_own_is_not_believed(database: Database, vault: Vault) -> None:
    await a_log(database, vault)
    other = Signer(to_text(b"\x07" * 32))
    async with database.writing() as tx:
        await tx.run(delete(checkpoints))
        await evidence.sign_links(tx, other, T0)
    assert (await proven(database)).fault == Fault(What.KEY_UNKNOWN, "checkpoint", 1)


async def test_keys_are_changed_and_both_are_kept(database: Database, vault: Vault) -> None:
    await a_log(database, vault)
    newer = Signer(to_text(b"\x07" * 32))
    async with database.writing() as tx:
        await audit.append(tx, T0, None, "sweep", "attempt", None)
        await evidence.link_waiting(tx, None, T0)
        await evidence.sign_links(tx, newer, T0 + 2 * MINUTE)
    async with database.reading() as tx:
        assert await evidence.public_keys(tx) == {**TRUSTED, newer.key_id: newer.public}
    assert (await proven(database, {**TRUSTED, newer.key_id: newer.public})).fault is None


async def test_destroying_a_persons_key_leaves_every_chain_whole(database: Database, vault: Vault) -> None:
    log = await a_log(database, vault)
    async with database.writing() as tx:
        await people.erase_person(tx, log.person_id, T0)
    assert (await proven(database)).fault is None


async def test_a_void_while_it_runs_is_linked_and_its_journal_comes_later(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        place = await a_place(tx, vault)
        attempt, _ = await attempts.begin(tx, an_attempt(place))
        assert not await outcomes.archive_voided(tx, attempt.id, JOURNAL)
        void = an_outcome(state="void", score_hundredths=None, result=None, reason="void", cause="entry:1")
        await outcomes.append_outcome(tx, attempt.id, void, T0)
    await noted(database)
    async with database.writing() as tx:
        assert await outcomes.archive_voided(tx, attempt.id, JOURNAL)
        assert not await outcomes.archive_voided(tx, attempt.id, JOURNAL)
        assert await evidence.find_receipt(tx, attempt.id) is None
    await noted(database)
    found = await proven(database)
    assert (found.links, found.fault) == (2, None)
    async with database.writing() as tx:
        await change_lines(tx, attempt.id, lambda text: text.replace("hand_in", "deadline"))
    assert (await proven(database)).fault == Fault(What.LINE_ALTERED, "attempt", attempt.id, 2, line=5)


async def test_what_was_recorded_before_links_were_kept_is_taken_as_found(database: Database, vault: Vault) -> None:
    log = await a_log(database, vault)
    async with database.writing() as tx:  # as an upgrade leaves a record of an older version
        await tx.run(delete(checkpoints))
        await tx.run(delete(links))
        await tx.run(delete(receipts))
        old = {"header": None, "closing": None, "marks": None, "head": None}
        await tx.run(update(attempt_journals).values(old))
        for kind, table in evidence.ROWS.items():
            for row in await tx.rows(select(table.c.id).order_by(table.c.id)):
                await tx.run(unlinked.insert(), {"kind": kind, "ref": row.id, "digest": None})
    await noted(database)
    assert await proven(database) == Proof(links=6, signed=6, checkpoints=1, waiting=0, unchained=2, fault=None)
    async with database.writing() as tx:
        await tx.run(update(outcomes_table).where(outcomes_table.c.id == log.void_id).values(ended_ms=1))
    fault = (await proven(database)).fault
    assert fault is not None
    assert (fault.what, fault.kind, fault.ref) == (What.FACT_ALTERED, "outcome", log.void_id)


async def test_two_notaries_at_once_make_one_log(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        for no in range(40):
            await audit.append(tx, T0 + no, None, "sweep", "attempt", None)

    async def link() -> int:
        async with database.writing() as tx:
            return await evidence.link_waiting(tx, None, T0, limit=7)

    async def sign() -> Checkpoint | None:
        async with database.writing() as tx:
            return await evidence.sign_links(tx, SIGNER, T0, limit=5)

    done = [await asyncio.gather(*(link() for _ in range(4)), *(sign() for _ in range(3))) for _ in range(4)]
    assert sum(linked for turn in done for linked in turn[:4] if isinstance(linked, int)) == 40
    found = await proven(database)
    assert (found.links, found.waiting, found.fault) == (40, 0, None)


async def test_a_notary_that_was_only_slow_is_turned_away(database: Database) -> None:
    async with database.writing() as tx:
        await audit.append(tx, T0, None, "sweep", "attempt", None)
        assert await lease_tokens.hold(tx, evidence.LEASE, 9)
    for token, is_taken in ((8, False), (9, True)):
        try:
            async with database.writing() as tx:
                assert await evidence.link_waiting(tx, token, T0) == 1
            assert is_taken
        except Overtaken:
            assert not is_taken


async def test_a_fact_that_is_rolled_back_leaves_nothing_to_link(database: Database) -> None:
    with suppress(TakenBackError):
        async with database.writing() as tx:
            await audit.append(tx, T0, None, "sweep", "attempt", None)
            raise TakenBackError
    async with database.reading() as tx:
        assert (await evidence.log_of(tx)).waiting == 0


async def test_a_clock_that_goes_back_does_not_turn_signatures_back(database: Database) -> None:
    for at_ms in (T0, T0 - MINUTE):
        async with database.writing() as tx:
            await audit.append(tx, at_ms, None, "sweep", "attempt", None)
        await noted(database, at_ms)
    async with database.reading() as tx:
        assert [one.at_ms for one in await evidence.checkpoints_after(tx, 0)] == [T0, T0]


async def test_where_redis_lost_the_journal_what_was_shipped_is_archived(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        exam = await an_exam(tx)
        voided, finished = [
            (await attempts.begin(tx, an_attempt(await a_place(tx, vault, no, exam))))[0] for no in (1, 2)
        ]
        for attempt in (voided, finished):
            slot = attempt.id % segments.SLOTS
            part = Part(attempt.id, 1, 0, tuple(line.encode() for line in JOURNAL[:3]))
            await segments.ship(tx, [segments.pack(slot, 0, [part])], T0)
    async with database.writing() as tx:
        void = an_outcome(state="void", score_hundredths=None, result=None, reason="void", cause="entry:1")
        await outcomes.append_outcome(tx, voided.id, void, T0)
        assert await outcomes.archive_voided(tx, voided.id, ())
        finish = Finish(
            attempt_id=finished.id,
            generation=1,
            questions=3,
            outcome=an_outcome(),
            answers={},
            detail=None,
            journal=(),
        )
        await endings.record_finish(tx, finish, T0)
    async with database.writing() as tx:
        for attempt in (voided, finished):
            assert await archives.get_journal(tx, attempt.id) == JOURNAL[:3]
        assert len((await segments.prunable(tx)).finished) == 2
    await noted(database)
    assert (await proven(database)).fault is None
