"""Whatever is kept and tampered with is found, and named by link, kind, id and what is wrong."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import delete, select, update

from examengine.evidence.faults import Fault, What
from examengine.records import (
    evidence,
    proof,
)
from examengine.records.database import Database, Writing
from examengine.records.tables import (
    attempt_answers,
    attempt_journals,
    checkpoints,
    links,
    receipts,
)
from examengine.records.tables import attempts as attempts_table
from examengine.records.tables import audit as audit_table
from examengine.records.tables import entries as entries_table
from examengine.records.tables import outcomes as outcomes_table
from examengine.records.vault import Vault
from examengine.records.words import FactKind
from tests.records.builders import MINUTE, T0
from tests.records.evidence_log import TRUSTED, Log, TakenBackError, a_log, change_lines, proven

Tamper = Callable[[Writing, Log], Awaitable[Any]]
Named = Callable[[Log], Fault]


def _set(table: Any, where: Callable[[Log], Any], **values: Any) -> Tamper:
    return lambda tx, log: tx.run(update(table).where(where(log)).values(**values))


def _delete(table: Any, where: Callable[[Log], Any]) -> Tamper:
    return lambda tx, log: tx.run(delete(table).where(where(log)))


async def _swap(tx: Writing, table: Any, key: Any, one: int, other: int, *names: str) -> None:
    rows = {row._mapping[key.name]: row._mapping for row in await tx.rows(select(table).where(key.in_([one, other])))}
    for mine, theirs in ((one, other), (other, one)):
        await tx.run(update(table).where(key == mine).values({name: rows[theirs][name] for name in names}))


async def _rewritten_after(tx: Writing, log: Log) -> None:
    """Whoever can write SQL alters a fact, and links everything anew; he cannot sign."""
    rescored = update(outcomes_table).where(outcomes_table.c.id == log.void_id)
    await tx.run(rescored.values(cause="entry:2"))
    facts = await tx.rows(select(links).order_by(links.c.seq))
    for place, fact in enumerate(facts):
        digest = fact.digest
        if (fact.kind, fact.ref) == (FactKind.OUTCOME, log.void_id):
            [row] = (await evidence.rows_of(tx, FactKind.OUTCOME, [log.void_id])).values()
            digest = evidence.digest_of_row(FactKind.OUTCOME, row)
        before = facts[place - 1].hash if place else bytes(32)
        before = await tx.value(select(links.c.hash).where(links.c.seq == fact.seq - 1)) or before
        hash_ = evidence.linked(fact.seq, fact.kind, fact.ref, digest, before).hash
        await tx.run(update(links).where(links.c.seq == fact.seq).values(digest=digest, hash=hash_))


TAMPERED: dict[str, tuple[Tamper, Named]] = {
    "a byte of a line": (
        lambda tx, log: change_lines(tx, log.first, lambda text: text.replace("1 1 0 b", "1 1 0 c")),
        lambda log: Fault(What.LINE_ALTERED, "attempt", log.first, 1, line=3),
    ),
    "a line taken out": (
        lambda tx, log: change_lines(tx, log.second, lambda text: text.rpartition("\n")[0]),
        lambda log: Fault(What.LINES_MISSING, "attempt", log.second, 5, line=5),
    ),
    "lines made unreadable": (
        _set(attempt_journals, lambda log: attempt_journals.c.attempt_id == log.first, lines=b"\x00\x01"),
        lambda log: Fault(What.LINES_UNREADABLE, "attempt", log.first, 1),
    ),
    "the head": (
        _set(attempt_journals, lambda log: attempt_journals.c.attempt_id == log.first, head=bytes(32)),
        lambda log: Fault(What.HEAD_ALTERED, "attempt", log.first, 1),
    ),
    "the archive": (
        _delete(attempt_journals, lambda log: attempt_journals.c.attempt_id == log.first),
        lambda log: Fault(What.FACT_MISSING, "attempt", log.first, 1),
    ),
    "the score": (
        _set(
            outcomes_table,
            lambda log: (outcomes_table.c.attempt_id == log.second) & (outcomes_table.c.no == 1),
            score_hundredths=9_000,
        ),
        lambda log: Fault(What.OUTCOME_DIFFERS, "attempt", log.second, 5, names=("outcome.score_hundredths",)),
    ),
    "the first outcome": (
        _delete(outcomes_table, lambda log: outcomes_table.c.attempt_id == log.second),
        lambda log: Fault(What.OUTCOME_DIFFERS, "attempt", log.second, 5, names=("outcome",)),
    ),
    "the answers": (
        _set(attempt_answers, lambda log: attempt_answers.c.attempt_id == log.first, answers='{"11":"c"}'),
        lambda log: Fault(What.OUTCOME_DIFFERS, "attempt", log.first, 1, names=("answers",)),
    ),
    "the marks item by item": (
        _set(attempt_answers, lambda log: attempt_answers.c.attempt_id == log.first, detail="{}"),
        lambda log: Fault(What.OUTCOME_DIFFERS, "attempt", log.first, 1, names=("detail",)),
    ),
    "the start": (
        _set(attempts_table, lambda log: attempts_table.c.id == log.first, started_ms=T0 + MINUTE + 1),
        lambda log: Fault(What.START_DIFFERS, "attempt", log.first, 1, names=("started_ms",)),
    ),
    "the paper": (
        _set(attempts_table, lambda log: attempts_table.c.id == log.first, paper=b"other"),
        lambda log: Fault(What.START_DIFFERS, "attempt", log.first, 1, names=("paper",)),
    ),
    "the receipt": (
        _set(receipts, lambda log: receipts.c.attempt_id == log.first, digest=bytes(32)),
        lambda log: Fault(What.RECEIPT_DIFFERS, "attempt", log.first, 1),
    ),
    "an entry's amount": (
        _set(entries_table, lambda log: entries_table.c.id == log.entry_id, amount=2),
        lambda log: Fault(What.FACT_ALTERED, "entry", log.entry_id, 2),
    ),
    "an audit line": (
        _set(audit_table, lambda log: audit_table.c.id == 1, person_id=None),
        lambda log: Fault(What.FACT_ALTERED, "audit", 1, 3),
    ),
    "an audit line deleted": (
        _delete(audit_table, lambda log: audit_table.c.id == 2),
        lambda log: Fault(What.FACT_MISSING, "audit", 2, 4),
    ),
    "an audit line written past the program": (
        lambda tx, log: tx.insert(
            audit_table, {"at_ms": T0, "act": "x", "object_kind": "y", "facts": "{}", "person_id": None}
        ),
        lambda log: Fault(What.FACT_WITHOUT_LINK, "audit", 3),
    ),
    "an outcome written past the program": (
        lambda tx, log: tx.insert(
            outcomes_table,
            {
                "attempt_id": log.second,
                "no": 2,
                "generation": 1,
                "state": "submitted",
                "reason": "pass",
                "cause": "x",
                "ended_ms": T0,
                "deadline_ms": T0,
                "deadline_reason": "time_limit",
                "recorded_ms": T0,
            },
        ),
        lambda log: Fault(What.FACT_WITHOUT_LINK, "outcome", log.void_id + 1),
    ),
    "a later outcome": (
        _set(outcomes_table, lambda log: outcomes_table.c.id == log.void_id, ended_ms=1),
        lambda log: Fault(What.FACT_ALTERED, "outcome", log.void_id, 6),
    ),
    "a link": (
        _delete(links, lambda log: links.c.seq == 3),
        lambda log: Fault(What.LINK_MISSING, seq=3),
    ),
    "a link's digest": (
        _set(links, lambda log: links.c.seq == 3, digest=bytes(32)),
        lambda log: Fault(What.LINK_ALTERED, "audit", 1, 3),
    ),
    "the order of two links": (
        lambda tx, log: _swap(tx, links, links.c.seq, 2, 3, "digest", "hash"),
        lambda log: Fault(What.LINK_ALTERED, "entry", log.entry_id, 2),
    ),
    "a fact, and all links made anew": (
        _rewritten_after,
        lambda log: Fault(What.CHECKPOINT_DIFFERS, "checkpoint", 2),
    ),
    "a checkpoint": (
        _delete(checkpoints, lambda log: checkpoints.c.no == 1),
        lambda log: Fault(What.CHECKPOINT_MISSING, "checkpoint", 1),
    ),
    "two checkpoints exchanged": (
        lambda tx, log: _swap(tx, checkpoints, checkpoints.c.no, 1, 2, "root", "head", "signature"),
        lambda log: Fault(What.CHECKPOINT_ALTERED, "checkpoint", 1),
    ),
    "the time of a checkpoint": (
        _set(checkpoints, lambda log: checkpoints.c.no == 2, at_ms=1),
        lambda log: Fault(What.CHECKPOINT_ALTERED, "checkpoint", 2),
    ),
}


async def test_what_was_tampered_with_is_found_and_named(database: Database, vault: Vault) -> None:
    log = await a_log(database, vault)
    found, expected = {}, {}
    for what, (tamper, named) in TAMPERED.items():
        with suppress(TakenBackError):
            async with database.writing() as tx:
                await tamper(tx, log)
                found[what], expected[what] = (await proof.prove(tx, TRUSTED)).fault, named(log)
                raise TakenBackError
    assert len(found) == len(TAMPERED)
    assert found == expected
    assert (await proven(database)).fault is None
