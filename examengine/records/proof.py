"""Checks the whole record against its evidence: link by link, each with its fact, each checkpoint with its signature.

One pass in the order of the log, a page at a time, in one transaction that reads one state. The first fault ends it.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select

from examengine.evidence import chain
from examengine.evidence.faults import Fault, What
from examengine.evidence.log import BEGINNING, Link, holds
from examengine.evidence.signing import NOTHING_BEFORE, Checkpoint
from examengine.evidence.tree import Frontier
from examengine.records import archives, evidence
from examengine.records.archives import Archived, UnreadableError, differences, digest_of_row
from examengine.records.database import Reading
from examengine.records.shapes import chunks
from examengine.records.tables import attempt_journals, audit, entries, links, outcomes, unlinked
from examengine.records.words import FactKind

PAGE = 50
"""Archives held in memory at once."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was checked. ``signed`` links are covered by a checkpoint, ``waiting`` facts are not linked yet,
    ``unchained`` attempts ended before journals were chained. ``fault`` None: everything agrees.
    """

    links: int
    signed: int
    checkpoints: int
    waiting: int
    unchained: int
    fault: Fault | None


async def prove(tx: Reading, trusted: Mapping[str, bytes]) -> Proof:
    """Check every link, fact and checkpoint, up to the first fault.

    Args:
        trusted: public keys by name, from the settings or from outside; those in the record prove nothing.
    """
    signatures, seen, fault = await _checked(tx, trusted, None)
    fault = fault or await signatures.end(seen) or await _without_link(tx)
    waiting = await tx.value(select(func.count()).select_from(unlinked))
    early = select(func.count()).select_from(attempt_journals).where(attempt_journals.c.head.is_(None))
    return Proof(seen, signatures.last, signatures.checkpoints, int(waiting), int(await tx.value(early)), fault)


async def prove_newest(tx: Reading, trusted: Mapping[str, bytes], at_least: int) -> Proof:
    """Check the newest links, ``at_least`` so many where there are, from a checkpoint on: what is older is believed
    on its signature, and facts that have no link at all are not looked for. ``links`` counts those that were checked.
    """
    log = await evidence.log_of(tx)
    begin = await evidence.checkpoint_before(tx, log.links - at_least + 1) if log.links > at_least else None
    if begin is not None and (begin.key_id not in trusted or not begin.is_signed_by(trusted[begin.key_id])):
        return Proof(0, 0, begin.no, log.waiting, 0, _of(What.CHECKPOINT_ALTERED, begin.no))
    signatures, seen, fault = await _checked(tx, trusted, begin)
    fault = fault or await signatures.end(seen)
    checked = seen - (0 if begin is None else begin.last)
    return Proof(checked, signatures.last, signatures.checkpoints, log.waiting, 0, fault)


async def _checked(
    tx: Reading, trusted: Mapping[str, bytes], begin: Checkpoint | None
) -> "tuple[_Signatures, int, Fault | None]":
    """Go along the log from its beginning or a checkpoint up to the first fault; the last link that is right."""
    signatures = _Signatures(tx, trusted, begin)
    seen, previous = (0, BEGINNING) if begin is None else (begin.last, begin.head)
    fault: Fault | None = None
    async for page in evidence.all_links(tx, seen):
        for part in chunks(page, PAGE):
            facts = await _facts_of(tx, part)
            for link in part:
                fault = _link_fault(link, seen + 1, previous)
                fault = fault or _placed(_fact_fault(link, facts), link) or await signatures.cover(link)
                if fault is not None:
                    break
                seen, previous = link.seq, link.hash
            if fault is not None:
                break
        if fault is not None:
            break
    return signatures, seen, fault


async def compare_copy(tx: Reading, copy: Sequence[Checkpoint], trusted: Mapping[str, bytes]) -> Fault | None:
    """Compare checkpoints kept elsewhere with the record's: what was cut off its end, or written anew, shows here."""
    kept = await evidence.checkpoints_by_no(tx, [one.no for one in copy])
    for one in copy:
        fault = None
        if one.key_id not in trusted:
            fault = What.KEY_UNKNOWN
        elif not one.is_signed_by(trusted[one.key_id]):
            fault = What.COPY_ALTERED
        elif one.no not in kept:
            fault = What.COPY_AHEAD
        elif kept[one.no] != one:
            fault = What.COPY_DIFFERS
        if fault is not None:
            return Fault(fault, kind="checkpoint", ref=one.no)
    return None


def archive_fault(found: Archived, digest: bytes) -> Fault | None:
    """What is wrong with an attempt's archive, its rows or its receipt; None: all of it comes to ``digest``."""
    fault = chain.fault_in(found.archive, digest)
    if fault is not None:
        return fault
    names = differences(found.archive.header, found.header)
    if names:
        return Fault(What.START_DIFFERS, names=names)
    names = differences(found.archive.closing, found.closing)
    if names:
        return Fault(What.OUTCOME_DIFFERS, names=names)
    if found.receipt is not None and (
        found.receipt.digest != found.receipt_digest or found.receipt.ended_ms != _ended_ms(found)
    ):
        return Fault(What.RECEIPT_DIFFERS)
    return None


def _ended_ms(found: Archived) -> int | None:
    outcome = (found.closing or {}).get("outcome", {})
    ended_ms: int | None = outcome.get("ended_ms")
    return ended_ms


@dataclass(frozen=True, slots=True)
class _Facts:
    attempts: Mapping[int, Archived | UnreadableError]
    rows: Mapping[str, Mapping[int, Mapping[str, Any]]]


async def _facts_of(tx: Reading, part: Sequence[Link]) -> _Facts:
    wanted: dict[str, list[int]] = {}
    for link in part:
        wanted.setdefault(link.kind, []).append(link.ref)
    attempt_ids = wanted.pop(FactKind.ATTEMPT, [])
    found = await archives.find_archives(tx, attempt_ids) if attempt_ids else {}
    rows = {kind: await evidence.rows_of(tx, kind, refs) for kind, refs in wanted.items() if kind in evidence.ROWS}
    return _Facts(found, rows)


def _link_fault(link: Link, expected: int, previous: bytes) -> Fault | None:
    if link.seq != expected:
        return Fault(What.LINK_MISSING, seq=expected)
    if not holds(link, previous):
        return Fault(What.LINK_ALTERED, link.kind, link.ref, link.seq)
    return None


def _fact_fault(link: Link, facts: _Facts) -> Fault | None:
    if link.kind == FactKind.ATTEMPT:
        found = facts.attempts.get(link.ref)
        if found is None:
            return Fault(What.FACT_MISSING)
        if isinstance(found, UnreadableError):
            return Fault(What.LINES_UNREADABLE)
        return archive_fault(found, link.digest)
    row = facts.rows.get(link.kind, {}).get(link.ref)
    if row is None:
        return Fault(What.FACT_MISSING)
    return None if digest_of_row(link.kind, row) == link.digest else Fault(What.FACT_ALTERED)


def _placed(fault: Fault | None, link: Link) -> Fault | None:
    return None if fault is None else replace(fault, kind=link.kind, ref=link.ref, seq=link.seq)


class _Signatures:
    """Goes along the log and meets each checkpoint where it ends."""

    def __init__(self, tx: Reading, trusted: Mapping[str, bytes], begin: Checkpoint | None) -> None:
        self._coming = _all_checkpoints(tx, 0 if begin is None else begin.no)
        self._trusted = trusted
        self._next: Checkpoint | None = None
        self._tree = Frontier()
        self._previous = NOTHING_BEFORE if begin is None else begin.digest
        self._begun = False
        self.last = 0 if begin is None else begin.last
        self.checkpoints = 0 if begin is None else begin.no

    async def cover(self, link: Link) -> Fault | None:
        """Take one link more; the fault of the checkpoint that ends with it."""
        if not self._begun:
            self._begun = True
            fault = await self._look()
            if fault is not None:
                return fault
        self._tree.add(link.hash)
        ends = self._next
        if ends is None or link.seq < ends.last:
            return None
        if (self._tree.root(), link.hash) != (ends.root, ends.head):
            return _of(What.CHECKPOINT_DIFFERS, ends.no)
        self.last, self.checkpoints = ends.last, ends.no
        self._previous, self._tree = ends.digest, Frontier()
        return await self._look()

    async def end(self, seen: int) -> Fault | None:
        """After the last link: a checkpoint over links that are not there any more."""
        if not self._begun:
            fault = await self._look()
            if fault is not None:
                return fault
        return Fault(What.LINK_MISSING, seq=seen + 1) if self._next is not None else None

    async def _look(self) -> Fault | None:
        self._next = await anext(self._coming, None)
        found = self._next
        if found is None:
            return None
        if found.no != self.checkpoints + 1:
            return _of(What.CHECKPOINT_MISSING, self.checkpoints + 1)
        if found.key_id not in self._trusted:
            return _of(What.KEY_UNKNOWN, found.no)
        if not found.is_signed_by(self._trusted[found.key_id]):
            return _of(What.CHECKPOINT_ALTERED, found.no)
        if found.previous != self._previous or found.first != self.last + 1:
            return _of(What.CHECKPOINT_DIFFERS, found.no)
        return None


def _of(what: What, no: int) -> Fault:
    return Fault(what, kind="checkpoint", ref=no)


async def _all_checkpoints(tx: Reading, after: int) -> AsyncIterator[Checkpoint]:
    while page := await evidence.checkpoints_after(tx, after):
        for one in page:
            yield one
        after = page[-1].no


async def _without_link(tx: Reading) -> Fault | None:
    """A fact that neither has a link nor waits for one: written past the program, or its link was cut off."""
    ended = and_(outcomes.c.no == 1, _known(FactKind.ATTEMPT, outcomes.c.attempt_id))
    searches: tuple[tuple[FactKind, Select[Any]], ...] = (
        (FactKind.AUDIT, select(audit.c.id).where(~_known(FactKind.AUDIT, audit.c.id)).order_by(audit.c.id)),
        (FactKind.ENTRY, select(entries.c.id).where(~_known(FactKind.ENTRY, entries.c.id)).order_by(entries.c.id)),
        (
            FactKind.OUTCOME,
            select(outcomes.c.id).where(~or_(_known(FactKind.OUTCOME, outcomes.c.id), ended)).order_by(outcomes.c.id),
        ),
        (
            FactKind.ATTEMPT,
            select(attempt_journals.c.attempt_id)
            .where(attempt_journals.c.head.is_not(None), ~_known(FactKind.ATTEMPT, attempt_journals.c.attempt_id))
            .order_by(attempt_journals.c.attempt_id),
        ),
    )
    for kind, search in searches:
        found = await tx.value(search.limit(1))
        if found is not None:
            return Fault(What.FACT_WITHOUT_LINK, kind=kind, ref=int(found))
    return None


def _known(kind: FactKind, ref: ColumnElement[int]) -> ColumnElement[bool]:
    linked = exists().where(links.c.kind == kind, links.c.ref == ref)
    return or_(linked, exists().where(unlinked.c.kind == kind, unlinked.c.ref == ref))
