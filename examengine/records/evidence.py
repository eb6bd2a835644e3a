"""The log of links and its checkpoints in SQL: facts wait for their link, links wait for a signature."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Table, delete, func, select

from examengine.evidence.files import Proven
from examengine.evidence.log import BEGINNING, Link, linked
from examengine.evidence.receipts import Receipt
from examengine.evidence.signing import NOTHING_BEFORE, Checkpoint, Signer
from examengine.evidence.tree import Frontier, path_of
from examengine.records import lease_tokens
from examengine.records.archives import digest_of_row
from examengine.records.database import CHUNK, AnyRow, Reading, Writing
from examengine.records.errors import Conflict
from examengine.records.fixed import Write, inserting
from examengine.records.shapes import chunks, columns
from examengine.records.tables import (
    attempt_journals,
    audit,
    checkpoints,
    entries,
    evidence_keys,
    links,
    outcomes,
    receipts,
    unlinked,
)
from examengine.records.words import FactKind

MAX_SIGNED = 65_536
"""Links in one checkpoint: what a proof has to be made from."""
ROWS: Mapping[str, Table] = {FactKind.AUDIT: audit, FactKind.ENTRY: entries, FactKind.OUTCOME: outcomes}
"""Facts that are one row each; an attempt's digest is the head of its archive."""
LEASE = "notary"
LOCK = "log of links"

_NOTE = inserting(unlinked)
_LINK = columns(links, Link)
_CHECKPOINT = columns(checkpoints, Checkpoint)


class Overtaken(Conflict):
    """A later holder of the lease has linked: whoever gets this must stop."""


@dataclass(frozen=True, slots=True)
class Log:
    """How far the log has come. ``waiting`` facts have no link yet, links after ``signed`` no signature."""

    links: int
    signed: int
    signed_ms: int | None
    waiting: int


async def note(tx: Writing, kind: FactKind, ref: int, digest: bytes) -> None:
    """Let a fact wait for its link, in the transaction that records it."""
    await tx.put(noting(kind, ref, digest))


def noting(kind: FactKind, ref: int, digest: bytes) -> Write:
    """What :func:`note` writes, for who writes more at once."""
    return _NOTE, {"kind": kind, "ref": ref, "digest": digest}


async def link_waiting(tx: Writing, token: int | None, at_ms: int, limit: int = CHUNK) -> int:
    """Link facts that wait, oldest first; how many. One at a time, whoever asks: the log never forks.

    Args:
        token: of the lease; None for a person at the command line.

    Raises:
        Overtaken: a holder with a higher token has linked.
    """
    if token is not None and not await lease_tokens.hold(tx, LEASE, token):
        raise Overtaken("a later notary has linked")
    await tx.lock_name(LOCK)
    newest = await tx.row(select(links.c.seq, links.c.hash).order_by(links.c.seq.desc()).limit(1))
    facts = await tx.rows(select(unlinked).order_by(unlinked.c.id).limit(limit))
    if not facts:
        return 0
    as_found = await _digests_as_found(tx, facts)
    seq, previous = (0, BEGINNING) if newest is None else (int(newest.seq), bytes(newest.hash))
    rows = []
    for fact in facts:
        seq += 1
        digest = fact.digest if fact.digest is not None else as_found[fact.kind, fact.ref]
        link = linked(seq, fact.kind, fact.ref, digest, previous)
        previous = link.hash
        rows.append({**{column.name: getattr(link, column.name) for column in _LINK}, "at_ms": at_ms})
    await tx.insert_all(links, rows)
    for part in chunks([fact.id for fact in facts], CHUNK):
        await tx.run(delete(unlinked).where(unlinked.c.id.in_(part)))
    return len(facts)


async def sign_links(tx: Writing, signer: Signer, at_ms: int, limit: int = MAX_SIGNED) -> Checkpoint | None:
    """Sign the links that no checkpoint covers, at most ``limit``; None where there are none."""
    await tx.lock_name(LOCK)
    before = await newest_checkpoint(tx)
    covered = 0 if before is None else before.last
    statement = select(links.c.seq, links.c.hash).where(links.c.seq > covered).order_by(links.c.seq).limit(limit)
    found = await tx.rows(statement)
    if not found:
        return None
    tree = Frontier()
    for row in found:
        tree.add(row.hash)
    unsigned = Checkpoint(
        no=1 if before is None else before.no + 1,
        first=found[0].seq,
        last=found[-1].seq,
        root=tree.root(),
        head=found[-1].hash,
        previous=NOTHING_BEFORE if before is None else before.digest,
        at_ms=at_ms if before is None else max(at_ms, before.at_ms),
        key_id=signer.key_id,
    )
    signed = replace(unsigned, signature=signer.sign(unsigned.message))
    await _know_key(tx, signer, at_ms)
    await tx.run(checkpoints.insert(), {column.name: getattr(signed, column.name) for column in _CHECKPOINT})
    return signed


async def log_of(tx: Reading) -> Log:
    """How far the log has come."""
    last = await tx.value(select(func.max(links.c.seq)))
    newest = await newest_checkpoint(tx)
    waiting = await tx.value(select(func.count()).select_from(unlinked))
    signed, signed_ms = (newest.last, newest.at_ms) if newest else (0, None)
    return Log(int(last or 0), signed, signed_ms, int(waiting))


async def newest_checkpoint(tx: Reading) -> Checkpoint | None:
    row = await tx.row(select(*_CHECKPOINT).order_by(checkpoints.c.no.desc()).limit(1))
    return None if row is None else Checkpoint(*row)


async def checkpoints_after(tx: Reading, no: int, limit: int = CHUNK) -> tuple[Checkpoint, ...]:
    """Checkpoints above ``no``, oldest first."""
    statement = select(*_CHECKPOINT).where(checkpoints.c.no > no).order_by(checkpoints.c.no).limit(limit)
    return tuple(Checkpoint(*row) for row in await tx.rows(statement))


async def checkpoints_by_no(tx: Reading, numbers: Sequence[int]) -> dict[int, Checkpoint]:
    """Checkpoints by number; those that are missing are left out."""
    found = await tx.rows(select(*_CHECKPOINT).where(checkpoints.c.no.in_(numbers)))
    return {row.no: Checkpoint(*row) for row in found}


async def checkpoint_before(tx: Reading, seq: int) -> Checkpoint | None:
    """The newest checkpoint that ends before a link; None where there is none."""
    statement = select(*_CHECKPOINT).where(checkpoints.c.last < seq).order_by(checkpoints.c.last.desc()).limit(1)
    row = await tx.row(statement)
    return None if row is None else Checkpoint(*row)


async def checkpoint_over(tx: Reading, seq: int) -> Checkpoint | None:
    """The checkpoint that covers a link; None where it is not signed yet."""
    statement = select(*_CHECKPOINT).where(checkpoints.c.last >= seq).order_by(checkpoints.c.last).limit(1)
    row = await tx.row(statement)
    return None if row is None else Checkpoint(*row)


async def link_of(tx: Reading, kind: FactKind, ref: int) -> Link | None:
    """The link of a fact; None while it waits."""
    row = await tx.row(select(*_LINK).where(links.c.kind == kind, links.c.ref == ref))
    return None if row is None else Link(*row)


async def proven(tx: Reading, link: Link, checkpoint: Checkpoint) -> Proven:
    """A link with its way to the root of the checkpoint that covers it."""
    first, last = checkpoint.first, checkpoint.last
    statement = select(links.c.hash).where(links.c.seq.between(first, last)).order_by(links.c.seq)
    hashes = [bytes(row.hash) for row in await tx.rows(statement)]
    before = await tx.value(select(links.c.hash).where(links.c.seq == link.seq - 1))
    return Proven(link, bytes(before or BEGINNING), path_of(hashes, link.seq - first), checkpoint)


async def all_links(tx: Reading, after: int = 0) -> AsyncIterator[tuple[Link, ...]]:
    """Every link above ``after`` in order, a page at a time."""
    while True:
        statement = select(*_LINK).where(links.c.seq > after).order_by(links.c.seq).limit(CHUNK)
        page = tuple(Link(*row) for row in await tx.rows(statement))
        if not page:
            return
        yield page
        after = page[-1].seq


async def public_keys(tx: Reading) -> dict[str, bytes]:
    """Every public key that has signed, by its name."""
    return {row.key_id: row.public for row in await tx.rows(select(evidence_keys).order_by(evidence_keys.c.since_ms))}


async def rows_of(tx: Reading, kind: str, refs: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Facts kept as one row, by id."""
    table = ROWS[kind]
    found: dict[int, dict[str, Any]] = {}
    for part in chunks(sorted(set(refs)), CHUNK):
        for row in await tx.rows(select(table).where(table.c.id.in_(part))):
            found[row.id] = dict(row._mapping)
    return found


async def find_receipt(tx: Reading, attempt_id: int) -> Receipt | None:
    """The receipt of a finished attempt; None while it runs, or was voided while it ran."""
    row = await tx.row(_RECEIPT.where(receipts.c.attempt_id == attempt_id))
    return None if row is None else Receipt(*row)


async def find_attempt_of_receipt(tx: Reading, number: str) -> int | None:
    """The attempt of a receipt's number."""
    value = await tx.value(select(receipts.c.attempt_id).where(receipts.c.number == number))
    return None if value is None else int(value)


_RECEIPT = select(
    receipts.c.number, receipts.c.ended_ms, receipts.c.answered, receipts.c.questions, attempt_journals.c.head
).join_from(receipts, attempt_journals, attempt_journals.c.attempt_id == receipts.c.attempt_id)


async def _digests_as_found(tx: Reading, facts: Sequence[AnyRow]) -> dict[tuple[str, int], bytes]:
    """Digests of facts that were recorded before links were kept."""
    digests = {}
    for kind in {fact.kind for fact in facts if fact.digest is None}:
        wanted = [fact.ref for fact in facts if fact.digest is None and fact.kind == kind]
        for ref, row in (await rows_of(tx, kind, wanted)).items():
            digests[kind, ref] = digest_of_row(kind, row)
    return digests


async def _know_key(tx: Writing, signer: Signer, at_ms: int) -> None:
    row = {"key_id": signer.key_id, "public": signer.public, "since_ms": at_ms}
    await tx.insert_unless_known(evidence_keys, row, "key_id")
