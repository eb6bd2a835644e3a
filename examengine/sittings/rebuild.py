"""The rebuilder: makes Redis hold again what SQL says of a slot, before the slot takes writes.

A slot that Redis has lost is put together from its shipped segments, with a higher generation for every attempt that
runs: pages notice, and whatever had closed an attempt before cannot record its finish any more. A slot that only
changed servers is compared with SQL, sitting by sitting, and what the new server lacks is put together alike. One at
a time, under a lease whose token every step carries; whoever breaks off leaves the slot shut, and the next one begins
anew.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from examengine import live
from examengine.clock import Clock
from examengine.live import Coalescer, Desk, Opening
from examengine.live.desk import TOMBSTONE_MS
from examengine.live.fences import ShutSlot
from examengine.live.journal import items_of
from examengine.live.leases import Lease, Leases
from examengine.live.mending import Found, Mender, Restored, Superseded
from examengine.papers.paper import unpack
from examengine.records import archives, lease_tokens, outcomes, segments, slots
from examengine.records.as_rules import deadline_version
from examengine.records.database import Database, Reading
from examengine.records.errors import Unavailable
from examengine.records.shapes import chunks
from examengine.records.shelf import Shelf
from examengine.records.slots import Ended, Running
from examengine.rules.history import State
from examengine.sittings.deadlines import deadline_of, leave_grace_ms
from examengine.sittings.tombstones import entomb

LEASE = "rebuild"
LEASE_MS = 20_000
EVERY_S = 0.5
AT_ONCE = 100
RESTORED_AT_ONCE = 25
"""Few: other slots are served by the same event loop meanwhile."""
SLOTS_AT_ONCE = 4
HEARD_SLACK_MS = 10_000
FACTS_SLACK_MS = 60_000
"""How much older than the first look a fact may be stamped that was committed after it."""

log = structlog.get_logger("examengine.rebuilder")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done in a slot. ``restored`` were raised in SQL, to the generations given."""

    slot: int
    running: Mapping[int, Running]
    restored: Mapping[int, int]
    found: Mapping[int, Found]
    ended: Sequence[Ended]
    strays: Collection[int]

    @property
    def behind(self) -> list[int]:
        """Attempts whose sittings stand, but with an older deadline or session version than SQL has."""
        return [
            here.attempt_id
            for here in self.found.values()
            if here.state
            and here.attempt_id not in self.restored
            and (attempt := self.running.get(here.attempt_id)) is not None
            and (
                here.deadline_version < deadline_version(attempt.record, attempt.id)
                or here.session_version < attempt.session_version
            )
        ]


class Rebuilder:
    """Mends shut slots, again and again."""

    def __init__(
        self,
        database: Database,
        calls: Coalescer,
        desk: Desk,
        leases: Leases,
        shelf: Shelf,
        clock: Clock,
        owner: str,
    ) -> None:
        """``desk`` is one that goes past the fences."""
        self._database = database
        self._calls = calls
        self._desk = desk
        self._leases = leases
        self._shelf = shelf
        self._clock = clock
        self._owner = owner

    async def run(self) -> None:
        """Mend until cancelled; what is away for a moment is tried again."""
        while True:
            try:
                await self.look(self._clock.now_ms())
            except (live.Unavailable, Unavailable) as error:
                log.warning("rebuild_waits", error=type(error).__name__)
            except Superseded:
                log.warning("rebuild_superseded")
            except Exception:
                log.exception("rebuild_failed")
            await asyncio.sleep(EVERY_S)

    async def look(self, now_ms: int) -> int:
        """Mend every shut slot; how many were. 0 where none is, or another worker is at it.

        Raises:
            records.Unavailable, live.Unavailable: what was not mended stays shut.
            Superseded: another worker has taken over.
        """
        shut = await self._calls.shut()
        if not shut:
            return 0
        lease = await self._leases.take(LEASE, self._owner, LEASE_MS)
        if lease is None:
            return 0
        renewing = asyncio.create_task(self._renew(lease))
        try:
            mended = await self._mend_all(lease, shut, now_ms)
        finally:
            renewing.cancel()
            await self._leases.release(lease)
        await self._calls.shut()  # this process knows at once that they are open
        return mended

    async def _renew(self, lease: Lease) -> None:
        """However long a slot takes: whoever is at work keeps the lease. (Where it is lost all the same, the token
        ends the work.)
        """
        with suppress(live.Unavailable):
            while True:
                await asyncio.sleep(LEASE_MS / 4000)
                if not await self._leases.renew(lease, LEASE_MS):
                    return

    async def _mend_all(self, lease: Lease, shut: Sequence[ShutSlot], now_ms: int) -> int:
        mender = Mender(self._calls, lease.token)
        async with self._database.reading() as tx:
            busy = await slots.busy(tx, now_ms - TOMBSTONE_MS)
        quick = [gap for gap in shut if gap.slot not in busy]
        opened = await asyncio.gather(*(mender.open_empty(gap.slot, gap.wanted) for gap in quick))
        left = [gap for gap, is_open in zip(quick, opened, strict=True) if not is_open]
        gate = asyncio.Semaphore(SLOTS_AT_ONCE)
        told = await asyncio.gather(
            *(self._mend_held(gate, mender, lease, gap, now_ms) for gap in shut if gap.slot in busy or gap in left),
            return_exceptions=True,
        )
        failed = [error for error in told if isinstance(error, BaseException)]
        for error in failed:
            if isinstance(error, live.Unavailable | Unavailable | Superseded):
                raise error
        for error in failed:  # a fault of ours in one slot keeps no other shut
            log.error("slot_not_rebuilt", exc_info=error)
        return len(shut) - len(failed)

    async def _mend_held(
        self, gate: asyncio.Semaphore, mender: Mender, lease: Lease, gap: ShutSlot, now_ms: int
    ) -> None:
        async with gate:
            if not await self._leases.renew(lease, LEASE_MS):
                raise Superseded
            await self._mend(mender, lease, gap, now_ms)

    async def _mend(self, mender: Mender, lease: Lease, gap: ShutSlot, now_ms: int) -> None:
        """One slot. Nothing of it is served before the last step, which opens slot and sittings in one."""
        plan = await self._planned(mender, lease, gap, now_ms)
        if plan is None:
            return
        await self._restore(mender, plan, now_ms)
        await self._push([plan.running[attempt_id] for attempt_id in plan.behind], now_ms)
        await self._bury(mender, plan, now_ms)
        await self._look_again(plan, now_ms)
        await mender.open(gap.slot, list(plan.restored), gap.wanted)
        _tell(gap, plan)

    async def _planned(self, mender: Mender, lease: Lease, gap: ShutSlot, now_ms: int) -> _Plan | None:
        is_lost = _is_lost(gap)
        named = await mender.begin(gap.slot, gap.wanted, lost=is_lost)
        if named is None:  # mended between our look and our lease: what it has taken since is not in SQL yet
            return None
        since_ms = 0 if is_lost or gap.heard_ms is None else gap.heard_ms - HEARD_SLACK_MS
        async with self._database.reading() as tx:
            asked = await slots.generations(tx, gap.slot)
        found = await mender.survey(sorted(asked.keys() | named))
        async with self._database.writing() as tx:
            if not await lease_tokens.hold(tx, LEASE, lease.token):
                raise Superseded
            await segments.new_lives(tx, [gap.slot])
            only = None if is_lost else await self._lacking(tx, gap.slot, since_ms, found)
            restored = await slots.raise_generations(tx, gap.slot, only)
        async with self._database.reading() as tx:
            running = await slots.running(tx, gap.slot)
            strays = named - running.keys()
            buried_ms = max(since_ms, now_ms - TOMBSTONE_MS)
            ended = {each.id: each for each in await slots.ended(tx, gap.slot, buried_ms)}
            ended |= {each.id: each for each in await slots.ended_of(tx, strays)}
        return _Plan(
            gap.slot,
            running,
            {attempt_id: generation for attempt_id, generation in restored.items() if attempt_id in running},
            found,
            tuple(ended.values()),
            strays - ended.keys(),
        )

    async def _lacking(self, tx: Reading, slot: int, since_ms: int, found: Mapping[int, Found]) -> list[int]:
        """Attempts of which the server has less than SQL. One that nobody knows lines of was begun and never opened:
        whoever asks for it opens it.
        """
        in_sql = await segments.shipped_since(tx, slot, since_ms)
        lacking = []
        for attempt_id, generation in (await slots.generations(tx, slot)).items():
            here = found.get(attempt_id)
            if here is None or not here.state:
                if generation > 1 or in_sql.get(attempt_id):
                    lacking.append(attempt_id)
            elif here.generation != generation or here.state == "opening" or here.lines < in_sql.get(attempt_id, 0):
                lacking.append(attempt_id)
        return lacking

    async def _restore(self, mender: Mender, plan: _Plan, now_ms: int) -> None:
        if not plan.restored:
            return
        async with self._database.reading() as tx:
            journals = await segments.journals(tx, plan.slot, plan.restored)
            rulebooks = {
                digest: await self._shelf.rulebook(tx, digest)
                for digest in {plan.running[attempt_id].rulebook_digest for attempt_id in plan.restored}
            }
        if journals.damaged:
            log.error("segments_damaged", slot=plan.slot, segments=journals.damaged)
        for some in chunks(sorted(plan.restored), RESTORED_AT_ONCE):
            sittings = []
            for attempt_id in some:
                attempt = plan.running[attempt_id]
                rulebook = rulebooks[attempt.rulebook_digest]
                in_sql = journals.of(attempt_id)
                known = await self._longer(mender, attempt, plan.found.get(attempt_id), in_sql)
                opening = Opening(
                    attempt_id=attempt_id,
                    owner_id=attempt.person_id,
                    session_version=attempt.session_version,
                    generation=plan.restored[attempt_id],
                    items=items_of(known) or len(unpack(attempt.paper).items),
                    deadline=deadline_of(rulebook, attempt.record, attempt.row),
                    leave_grace_ms=leave_grace_ms(rulebook),
                )
                sittings.append(Restored(opening, known, len(in_sql), attempt.started_ms))
            await asyncio.gather(*(mender.restore(sitting, now_ms) for sitting in sittings))

    async def _longer(
        self, mender: Mender, attempt: Running, found: Found | None, in_sql: list[bytes]
    ) -> Sequence[bytes]:
        """What is known of a journal: SQL's lines, or Redis' own where they are the same ones and more. (A fence may
        be lost without its sittings: a record restored from a backup, a Redis that had none.)
        """
        if found is None or found.state not in {"running", "closing"} or found.owner_id != attempt.person_id:
            return in_sql
        if found.lines <= len(in_sql):
            return in_sql
        here = await mender.journal(attempt.id)
        begins_alike = here[: len(in_sql)] == in_sql
        is_this_attempt = bool(here) and here[0].split(b" ")[3:4] == [str(attempt.row.base_deadline_ms).encode()]
        return here if begins_alike and (in_sql or is_this_attempt) else in_sql

    async def _push(self, sittings: Sequence[Running], now_ms: int) -> None:
        """Deadlines and session versions as SQL has them, to sittings that stand."""
        for some in chunks(sittings, AT_ONCE):
            async with self._database.reading() as tx:
                deadlines = [
                    deadline_of(await self._shelf.rulebook(tx, each.rulebook_digest), each.record, each.row)
                    for each in some
                ]
            pushes = (
                self._desk.push(
                    each.id, each.generation, now_ms, deadline=deadline, session_version=each.session_version
                )
                for each, deadline in zip(some, deadlines, strict=True)
            )
            await asyncio.gather(*pushes)

    async def _bury(self, mender: Mender, plan: _Plan, now_ms: int) -> None:
        """Tombstones for what has ended; what SQL does not know at all is removed."""
        voided = [each for each in plan.ended if each.outcome.state == State.VOID and each.outcome.no == 1]
        if voided:
            await self._archive(plan, [each.id for each in voided], now_ms)
        for some in chunks(plan.ended, AT_ONCE):
            await asyncio.gather(*(entomb(self._desk, each, now_ms) for each in some))
        for attempt_id in plan.strays:
            log.error("sitting_without_record", attempt=attempt_id)
            await mender.forget(attempt_id)

    async def _archive(self, plan: _Plan, voided: Sequence[int], now_ms: int) -> None:
        """The journals of attempts that were voided while they ran, before their tombstones: as Redis has them, else
        as SQL does.
        """
        async with self._database.reading() as tx:
            waiting = [attempt_id for attempt_id in voided if not await archives.is_archived(tx, attempt_id)]
            known = await segments.journals(tx, plan.slot, waiting) if waiting else segments.Journals()
        for attempt_id in waiting:
            here = (await self._desk.read(attempt_id, now_ms)).journal
            lines = max(here, known.of(attempt_id), key=len)
            if lines:
                async with self._database.writing() as tx:
                    await outcomes.archive_voided(tx, attempt_id, [line.decode() for line in lines])

    async def _look_again(self, plan: _Plan, now_ms: int) -> None:
        """The second look at SQL: what has ended since the first, and facts that came since."""
        async with self._database.reading() as tx:
            gone = plan.restored.keys() - (await slots.generations(tx, plan.slot)).keys()
            ended = await slots.ended_of(tx, gone)
            told = await slots.told_since(tx, plan.slot, now_ms - FACTS_SLACK_MS)
            changed = await slots.running(tx, plan.slot) if told else {}
        await asyncio.gather(*(entomb(self._desk, each, now_ms) for each in ended))
        await self._push([each for attempt_id, each in changed.items() if attempt_id in told], now_ms)


def _is_lost(gap: ShutSlot) -> bool:
    """Nothing says what the slot holds, or it is another record's."""
    return gap.found is None or gap.found.split(":")[0] != gap.wanted.split(":")[0]


def _tell(gap: ShutSlot, plan: _Plan) -> None:
    counts = {"restored": len(plan.restored), "running": len(plan.running), "tombstones": len(plan.ended)}
    if _is_lost(gap):
        log.warning("slot_rebuilt", slot=gap.slot, found=gap.found, **counts)
    else:
        log.info("slot_reconciled", slot=gap.slot, **counts)
    for attempt_id in plan.restored:
        here = plan.found.get(attempt_id)
        if here is not None and here.state == "closed":
            log.error("outcome_lost", attempt=attempt_id)  # Redis had told one that SQL does not know
