"""The audit log as the auditor reads it: by object, by person, by act and time; and as a file that proves itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from examengine.evidence.files import Proven, audit_file
from examengine.evidence.log import BEGINNING, Link
from examengine.evidence.signing import Checkpoint
from examengine.evidence.tree import paths_of
from examengine.records import evidence
from examengine.records.audit import AuditLine
from examengine.records.database import CHUNK, AnyRow, Reading
from examengine.records.shapes import chunks, columns, from_json_text
from examengine.records.tables import attempts, audit, enrolments, links
from examengine.records.words import FactKind

MAX_EXPORTED = 2_000
MAX_SITTINGS = 500
"""Enrolments, and attempts, of one person that are looked for: nobody has as many."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines; what is None does not narrow. ``by_person`` did it, ``about_person`` it was done to: the person,
    his enrolments or his attempts. Times in ms, half-open.
    """

    acts: frozenset[str] | None = None
    object_kind: str | None = None
    object_id: int | None = None
    by_person: int | None = None
    about_person: int | None = None
    from_ms: int | None = None
    until_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Exported:
    """A file of lines with their proofs. ``unsigned`` lines of the newest minute are left out; ``more``: there are
    older ones than fit into one file.
    """

    content: bytes
    lines: int
    unsigned: int
    more: bool


async def lines_of(tx: Reading, wanted: Wanted, *, before_id: int | None, limit: int) -> tuple[AuditLine, ...]:
    """Lines that fit, newest first; page on with ``before_id``."""
    statement = await _matching(tx, wanted, before_id)
    found = await tx.rows(statement.order_by(audit.c.id.desc()).limit(limit))
    return tuple(_line(row) for row in found)


async def last_of_today(tx: Reading, since_ms: int) -> int:
    """How many lines there are since an instant."""
    return int(await tx.value(select(func.count()).select_from(audit).where(audit.c.at_ms >= since_ms)))


async def export_lines(tx: Reading, wanted: Wanted, about: str, limit: int = MAX_EXPORTED) -> Exported:
    """The newest ``limit`` lines that fit, oldest first, each with its link and the proof that a signed checkpoint
    covers it: see :mod:`examengine.evidence.files`. ``about`` says in words which lines these are.
    """
    statement = await _matching(tx, wanted, None)
    rows = list(await tx.rows(statement.order_by(audit.c.id.desc()).limit(limit + 1)))
    more = len(rows) > limit
    rows = rows[:limit][::-1]
    proofs = await _proofs(tx, [row.id for row in rows])
    # what is null was not there when its digest was made, or is not part of it
    facts = [
        ({name: value for name, value in row._mapping.items() if value is not None}, proofs[row.id])
        for row in rows
        if row.id in proofs
    ]
    content = audit_file(about, facts, await evidence.public_keys(tx))
    return Exported(content, len(facts), len(rows) - len(facts), more)


async def _matching(tx: Reading, wanted: Wanted, before_id: int | None) -> Select[Any]:
    statement: Select[Any] = select(audit)
    conditions: list[ColumnElement[bool]] = []
    if wanted.acts is not None:
        conditions.append(audit.c.act.in_(sorted(wanted.acts)))
    if wanted.object_kind is not None:
        conditions.append(audit.c.object_kind == wanted.object_kind)
    if wanted.object_id is not None:
        conditions.append(audit.c.object_id == wanted.object_id)
    if wanted.by_person is not None:
        conditions.append(audit.c.person_id == wanted.by_person)
    if wanted.about_person is not None:
        conditions.append(await _about(tx, wanted.about_person))
    if wanted.from_ms is not None:
        conditions.append(audit.c.at_ms >= wanted.from_ms)
    if wanted.until_ms is not None:
        conditions.append(audit.c.at_ms < wanted.until_ms)
    if before_id is not None:
        conditions.append(audit.c.id < before_id)
    return statement.where(*conditions)


async def _about(tx: Reading, person_id: int) -> ColumnElement[bool]:
    """Lines about a person: by ids looked up first, so that the index of objects is read for a few of them."""
    mine = select(enrolments.c.id).where(enrolments.c.person_id == person_id).limit(MAX_SITTINGS)
    enrolled = [row.id for row in await tx.rows(mine)]
    sat = []
    if enrolled:
        statement = select(attempts.c.id).where(attempts.c.enrolment_id.in_(enrolled)).limit(MAX_SITTINGS)
        sat = [row.id for row in await tx.rows(statement)]
    about = [and_(audit.c.object_kind == "person", audit.c.object_id == person_id)]
    for kind, ids in (("enrolment", enrolled), ("attempt", sat)):
        if ids:
            about.append(and_(audit.c.object_kind == kind, audit.c.object_id.in_(ids)))
    return or_(*about)


async def _proofs(tx: Reading, ids: Sequence[int]) -> dict[int, Proven]:
    """The proof of each line that is signed; every checkpoint's links are read once."""
    found: dict[int, Link] = {}
    for part in chunks(ids, CHUNK):
        statement = select(*columns(links, Link)).where(links.c.kind == FactKind.AUDIT, links.c.ref.in_(part))
        found.update((row.ref, Link(*row)) for row in await tx.rows(statement))
    waiting = sorted(found.values(), key=lambda link: link.seq)
    proofs: dict[int, Proven] = {}
    while waiting:
        checkpoint = await evidence.checkpoint_over(tx, waiting[0].seq)
        if checkpoint is None:
            break
        covered = [link for link in waiting if link.seq <= checkpoint.last]
        waiting = waiting[len(covered) :]
        proofs.update(await _of_checkpoint(tx, checkpoint, covered))
    return proofs


async def _of_checkpoint(tx: Reading, checkpoint: Checkpoint, covered: Sequence[Link]) -> dict[int, Proven]:
    first, last = checkpoint.first, checkpoint.last
    statement = select(links.c.seq, links.c.hash).where(links.c.seq.between(first - 1, last)).order_by(links.c.seq)
    hashes = {int(row.seq): bytes(row.hash) for row in await tx.rows(statement)}
    paths = paths_of([hashes[seq] for seq in range(first, last + 1)], [link.seq - first for link in covered])
    return {
        link.ref: Proven(link, hashes.get(link.seq - 1, BEGINNING), path, checkpoint)
        for link, path in zip(covered, paths, strict=True)
    }


def _line(row: AnyRow) -> AuditLine:
    return AuditLine(
        row.id, row.at_ms, row.person_id, row.act, row.object_kind, row.object_id, from_json_text(row.facts)
    )
