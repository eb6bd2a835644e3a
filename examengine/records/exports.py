"""An attempt's evidence as a file of its own, and everything that is told of it."""

from dataclasses import dataclass

from sqlalchemy import select

from examengine.evidence.files import Proven, attempt_file
from examengine.records import archives, evidence
from examengine.records.database import Missing, Reading
from examengine.records.tables import outcomes
from examengine.records.words import FactKind


class NotSignedError(Exception):
    """A link of the attempt is not signed yet."""


async def export_attempt(tx: Reading, attempt_id: int) -> bytes:
    """The export of an attempt that has ended: see :mod:`examengine.evidence.files`.

    Raises:
        Missing: there is no archive: no such attempt, it runs, or ended before journals were chained.
        NotSignedError: the log is not signed up to it yet.
        UnreadableError: the stored lines are damaged.
    """
    found = await archives.find_archive(tx, attempt_id)
    if found is None:
        raise Missing("archive of attempt", attempt_id)
    proven = await _proven(tx, FactKind.ATTEMPT, attempt_id)
    later = []
    statement = select(outcomes).where(outcomes.c.attempt_id == attempt_id).order_by(outcomes.c.no)
    for row in await tx.rows(statement):
        fact = {name: value for name, value in row._mapping.items() if value is not None}
        if row.no > 1 or await evidence.link_of(tx, FactKind.OUTCOME, row.id) is not None:
            later.append((FactKind.OUTCOME.value, fact, await _proven(tx, FactKind.OUTCOME, row.id)))
    return attempt_file(found.archive, found.contract, proven, later, await evidence.public_keys(tx))


async def _proven(tx: Reading, kind: FactKind, ref: int) -> Proven:
    link = await evidence.link_of(tx, kind, ref)
    checkpoint = None if link is None else await evidence.checkpoint_over(tx, link.seq)
    if link is None or checkpoint is None:
        raise NotSignedError(f"{kind} {ref}")
    return await evidence.proven(tx, link, checkpoint)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far an attempt's evidence has come; ``signed_ms`` None: its link waits for a signature."""

    head: bytes
    seq: int | None
    signed_ms: int | None


async def standing_of(tx: Reading, attempt_id: int) -> Standing | None:
    """The evidence of an attempt; None where it has no archive."""
    found = await archives.find_archive(tx, attempt_id)
    if found is None:
        return None
    link = await evidence.link_of(tx, FactKind.ATTEMPT, attempt_id)
    checkpoint = None if link is None else await evidence.checkpoint_over(tx, link.seq)
    return Standing(
        found.archive.head, None if link is None else link.seq, None if checkpoint is None else checkpoint.at_ms
    )
