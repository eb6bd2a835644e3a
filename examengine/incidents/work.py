"""The compensator: counts what attempts lost, gives what was approved, takes back what is to be taken back.

A page at a time, under a lease. What is counted goes by slots of the live store, whose journals lie together in SQL,
then by attempts that are over; no candidate's sitting is touched for it. What is given is noted in the row of its
attempt, in the transaction of the entry: a worker that was killed is taken up where it stood.
"""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from examengine import live
from examengine.clock import Clock
from examengine.incidents.loss import Span, lost_in, signs_of
from examengine.incidents.remedy import (
    Case,
    Remedy,
    can_be_extended,
    latest_round,
    policy_of,
    remedy_of,
    unused,
)
from examengine.live.leases import Lease, Leases
from examengine.records import archives, audit, entries, incidents, losses, outbox, segments
from examengine.records.as_rules import closing_of
from examengine.records.database import Database, Reading, Writing
from examengine.records.enrolments import lock_enrolment
from examengine.records.entries import Entry, NewEntry
from examengine.records.errors import Conflict, Unavailable
from examengine.records.history import AttemptRecord, load_histories
from examengine.records.incidents import Incident
from examengine.records.losses import SLOTS, Concerned, Given, Loss
from examengine.records.shapes import chunks
from examengine.records.shelf import Shelf
from examengine.records.words import EntryKind, IncidentPhase, IncidentState, OutboxKind, RemedyKind

LEASE = "compensator"
LEASE_MS = 30_000
EVERY_S = 1.0
PAGE = 200
WRITES = 40
"""Entries in one transaction: on SQLite everybody else waits for it."""
REASON_CATEGORY = "platform"
USED = "used"
"""Why something is not taken back."""

log = structlog.get_logger("examengine.compensator")


@dataclass(frozen=True, slots=True)
class _Counted:
    """An attempt with the signs of life that SQL has of it."""

    concerned: Concerned
    signs: Sequence[int]


class Compensator:
    """Works on incidents, again and again."""

    def __init__(self, database: Database, shelf: Shelf, leases: Leases, clock: Clock, owner: str) -> None:
        self._database = database
        self._shelf = shelf
        self._leases = leases
        self._clock = clock
        self._owner = owner

    async def run(self) -> None:
        """Work until cancelled; what is away for a moment is tried again."""
        lease: Lease | None = None
        while True:
            try:
                lease = await self._leases.hold(lease, LEASE, self._owner, LEASE_MS)
                while lease is not None and await self.work(self._clock.now_ms()):
                    lease = await self._leases.hold(lease, LEASE, self._owner, LEASE_MS)
            except (live.Unavailable, Unavailable) as error:
                log.warning("compensator_waits", error=type(error).__name__)
            except Conflict:
                log.info("compensator_again")  # another worker was quicker, or something was taken back by hand
            except Exception:
                log.exception("compensating_failed")
            await asyncio.sleep(EVERY_S)

    async def work_all(self, now_ms: int) -> None:
        """All that can be done now."""
        while await self.work(now_ms):
            pass

    async def work(self, now_ms: int) -> bool:
        """One page of one incident; False where there is nothing to do.

        Raises:
            Conflict: what was read has changed; the next call reads it anew.
        """
        async with self._database.reading() as tx:
            waiting = await incidents.to_do(tx)
        for known in waiting:
            match known.phase:
                case IncidentPhase.SURVEY_RUNNING:
                    await self._survey_running(known, now_ms)
                case IncidentPhase.SURVEY_ENDED:
                    await self._survey_ended(known, now_ms)
                case IncidentPhase.EXECUTE:
                    await self._execute(known, now_ms)
                case _:
                    await self._undo(known, now_ms)
            return True
        return False

    # ── counting ──

    async def _survey_running(self, known: Incident, now_ms: int) -> None:
        """Whole slots, until a page is full; the cursor is the next slot."""
        counted: list[_Counted] = []
        next_slot = SLOTS
        async with self._database.reading() as tx:
            for slot in await losses.slots_during(tx, known, known.cursor):
                if len(counted) >= PAGE:
                    next_slot = slot
                    break
                found = await losses.running_during(tx, known, slot)
                kept = await segments.journals(tx, slot, [one.attempt_id for one in found])
                counted += [_Counted(one, signs_of(kept.of(one.attempt_id))) for one in found]
        made = await self._losses(known, counted, now_ms)
        is_last = next_slot == SLOTS
        phase = IncidentPhase.SURVEY_ENDED if is_last else IncidentPhase.SURVEY_RUNNING
        async with self._database.writing() as tx:
            if await incidents.advance(tx, known, cursor=0 if is_last else next_slot, phase=phase):
                await losses.put_losses(tx, made)

    async def _survey_ended(self, known: Incident, now_ms: int) -> None:
        """A page of attempts that are over; the cursor is the outcome it goes on after."""
        async with self._database.reading() as tx:
            found = await losses.ended_during(tx, known, known.cursor, PAGE)
            lines = await archives.get_journals(tx, [one.attempt_id for one in found])
        made = await self._losses(
            known, [_Counted(one, signs_of(lines.get(one.attempt_id, ()))) for one in found], now_ms
        )
        async with self._database.writing() as tx:
            if len(found) == PAGE:
                if await incidents.advance(tx, known, cursor=found[-1].outcome_id):
                    await losses.put_losses(tx, made)
            elif await incidents.advance(tx, known, cursor=0, phase=None, surveyed_ms=now_ms):
                await losses.put_losses(tx, made)

    async def _losses(self, known: Incident, counted: Sequence[_Counted], now_ms: int) -> list[Loss]:
        span, policy = Span(known.from_ms, known.until_ms), policy_of(known.policy)
        made: list[Loss] = []
        for part in chunks(counted, PAGE):
            async with self._database.reading() as tx:
                wanted = {one.concerned.attempt_id: one.concerned.enrolment_id for one in part}
                cases = await self._cases(tx, known.id, wanted)
            for one in part:
                case, made_good = cases[one.concerned.attempt_id]
                lost = lost_in(span, case.row.started_ms, _until_ms(case), one.signs)
                if lost is None:
                    continue
                twice_ms = _made_good_ms(span, case, one.signs, made_good)
                known_case = replace(case, lost_ms=lost.ms, seen_ms=lost.seen_ms, made_good_ms=twice_ms)
                remedy = remedy_of(known_case, policy, known.from_ms, (known.by_person,), now_ms)
                made.append(
                    Loss(
                        known.id,
                        one.concerned.attempt_id,
                        lost.ms,
                        lost.seen_ms,
                        lost.back_ms,
                        remedy.kind,
                        remedy.amount,
                        remedy.why,
                    )
                )
        return made

    async def _cases(
        self, tx: Reading, incident_id: int, enrolment_of: Mapping[int, int]
    ) -> dict[int, tuple[Case, tuple[Span, ...]]]:
        """Attempts with their histories, by attempt, and the intervals for which they have got time by other
        incidents; what they lost is not in them yet.
        """
        records = await load_histories(tx, enrolment_of.values())
        given: dict[int, list[Given]] = {}
        for one in await losses.given_to(tx, enrolment_of, incident_id):
            if one.entry_id not in records[enrolment_of[one.attempt_id]].undone:
                given.setdefault(one.attempt_id, []).append(one)
        cases = {}
        for attempt_id, enrolment_id in enrolment_of.items():
            record = records[enrolment_id]
            row = next(one for one in record.attempts if one.id == attempt_id)
            rules = await self._shelf.rulebook(tx, record.enrolment.rulebook_digest)
            attempt_rules = await self._shelf.rulebook(tx, row.rulebook_digest)
            got = given.get(attempt_id, ())
            has_back = any(one.remedy is RemedyKind.ATTEMPTS for one in got)
            made_good = tuple(Span(one.from_ms, one.until_ms) for one in got if one.remedy is RemedyKind.MINUTES)
            case = Case(record, row, rules, attempt_rules, 0, 0, has_attempt_back=has_back)
            cases[attempt_id] = (case, made_good)
        return cases

    async def _signs(self, tx: Reading, row: AttemptRecord) -> list[int]:
        """What SQL has of an attempt's signs of life."""
        if row.outcome is not None and (lines := await archives.get_journals(tx, [row.id])):
            return signs_of(lines[row.id])
        return signs_of((await segments.journals(tx, row.id % SLOTS, [row.id])).of(row.id))

    # ── giving ──

    async def _execute(self, known: Incident, now_ms: int) -> None:
        async with self._database.writing() as tx:
            waiting = await losses.to_settle(tx, known.id, WRITES)
            if not waiting:
                if await incidents.advance(tx, known, phase=None, state=IncidentState.DONE, done_ms=now_ms):
                    facts = await _facts(tx, known.id)
                    await audit.append(tx, now_ms, None, "finish_incident", "incident", known.id, facts)
                return
            for loss, case, made_good in await self._locked(tx, known, waiting):
                await self._give(tx, known, loss, case, made_good, now_ms)

    async def _locked(
        self, tx: Writing, known: Incident, waiting: Iterable[Loss]
    ) -> list[tuple[Loss, Case, tuple[Span, ...]]]:
        """Losses with their cases and what others have made good, their enrolments locked in the order of their ids.
        Of an enrolment only the first: the next one is decided with what that one comes to.
        """
        enrolment_of = await losses.enrolments_of(tx, [loss.attempt_id for loss in waiting])
        first: dict[int, Loss] = {}
        for loss in waiting:
            first.setdefault(enrolment_of[loss.attempt_id], loss)
        for enrolment_id in sorted(first):
            await lock_enrolment(tx, enrolment_id)
        wanted = {loss.attempt_id: enrolment_id for enrolment_id, loss in first.items()}
        cases = await self._cases(tx, known.id, wanted)
        return [(loss, *cases[loss.attempt_id]) for loss in first.values()]

    async def _give(
        self, tx: Writing, known: Incident, loss: Loss, case: Case, made_good: tuple[Span, ...], stamp_ms: int
    ) -> None:
        assert known.decided_by is not None
        now_ms = max(stamp_ms, case.record.newest_fact_ms)
        by = (known.by_person, known.decided_by)
        twice_ms = 0
        span = Span(known.from_ms, known.until_ms)
        if any(span.common_ms(one.from_ms, one.until_ms) for one in made_good):  # given since it was counted, perhaps
            twice_ms = _made_good_ms(span, case, await self._signs(tx, case.row), made_good)
        case = replace(case, lost_ms=loss.lost_ms, seen_ms=loss.seen_ms, made_good_ms=min(twice_ms, loss.lost_ms))
        remedy = remedy_of(case, policy_of(known.policy), known.from_ms, by, now_ms)
        entry_id = None
        if remedy.kind is not RemedyKind.NONE:
            entry, _ = await entries.add_entry(tx, _entry_of(known, loss, case, remedy), now_ms)
            entry_id = entry.id
            if entry.attempt_id is not None:
                await outbox.put(tx, entry.attempt_id, OutboxKind.DEADLINE, {"entry": entry.id}, now_ms)
        await losses.settle(
            tx,
            loss,
            remedy=remedy.kind,
            amount=remedy.amount,
            why=remedy.why,
            done_ms=now_ms,
            entry_id=entry_id,
        )

    # ── taking back ──

    async def _undo(self, known: Incident, now_ms: int) -> None:
        async with self._database.writing() as tx:
            waiting = await losses.to_undo(tx, known.id, WRITES)
            if not waiting:
                if await incidents.advance(tx, known, phase=None, state=IncidentState.UNDONE, undone_ms=now_ms):
                    facts = await _facts(tx, known.id)
                    await audit.append(tx, now_ms, None, "finish_undo_incident", "incident", known.id, facts)
                return
            for loss, case, _made_good in await self._locked(tx, known, waiting):
                await self._take_back(tx, known, loss, case, now_ms)

    async def _take_back(self, tx: Writing, known: Incident, loss: Loss, case: Case, stamp_ms: int) -> None:
        assert loss.entry_id is not None
        assert known.undo_asked_by is not None
        now_ms = max(stamp_ms, case.record.newest_fact_ms)
        entry = await entries.get_entry(tx, loss.entry_id)
        amount = _to_take(case, entry, now_ms)
        why = loss.why
        if entry.id in case.record.undone or amount is None:
            why = USED
        else:
            counter, _ = await entries.add_entry(
                tx,
                NewEntry(
                    enrolment_id=entry.enrolment_id,
                    kind=EntryKind.UNDO,
                    amount=amount or None,
                    attempt_id=entry.attempt_id,
                    round_id=entry.round_id,
                    undoes=entry.id,
                    by_person=known.undo_asked_by,
                    second_person=known.undo_decided_by,
                    reason_category="wrong_entry",
                    reason=known.undo_reason,
                    ticket=known.ticket,
                    source=f"undo:{entry.id}",
                ),
                now_ms,
            )
            if counter.attempt_id is not None:
                await outbox.put(tx, counter.attempt_id, OutboxKind.DEADLINE, {"entry": counter.id}, now_ms)
        await losses.settle(tx, loss, undone_ms=now_ms, why=why)


def _until_ms(case: Case) -> int:
    """When the attempt ended, or ends as things are."""
    if case.row.outcome is not None:
        return case.row.outcome.ended_ms
    return closing_of(case.attempt_rules, case.record, case.row).deadline_ms


def _made_good_ms(span: Span, case: Case, signs: Sequence[int], made_good: Collection[Span]) -> int:
    """How much of what an attempt lost in an incident it has got by others."""
    if not made_good:
        return 0
    ran = (case.row.started_ms, _until_ms(case))
    lost, left = lost_in(span, *ran, signs), lost_in(span, *ran, signs, made_good)
    return (lost.ms if lost else 0) - (left.ms if left else 0)


def _entry_of(known: Incident, loss: Loss, case: Case, remedy: Remedy) -> NewEntry:
    assert known.decided_by is not None
    is_time = remedy.kind is RemedyKind.MINUTES
    return NewEntry(
        enrolment_id=case.record.enrolment.id,
        kind=EntryKind.COMPENSATE_MINUTES if is_time else EntryKind.COMPENSATE_ATTEMPTS,
        amount=remedy.amount,
        attempt_id=loss.attempt_id if is_time else None,
        round_id=None if is_time else latest_round(case.record),
        by_person=known.by_person,
        second_person=known.decided_by,
        reason_category=REASON_CATEGORY,
        reason=known.reason,
        ticket=known.ticket,
        source=f"incident:{known.id}:{loss.attempt_id}",
    )


def _to_take(case: Case, entry: Entry, now_ms: int) -> int | None:
    """How many attempts go back, 0 where it is time; None: nothing, it is used."""
    if entry.kind is EntryKind.COMPENSATE_ATTEMPTS:
        return unused(case, entry) or None
    return 0 if can_be_extended(case, 0, now_ms) else None


async def _facts(tx: Reading, incident_id: int) -> dict[str, int]:
    """Counts for the audit."""
    facts: dict[str, int] = {}
    for one in await losses.tally(tx, incident_id):
        facts[one.remedy.value] = facts.get(one.remedy.value, 0) + one.attempts
    return facts
