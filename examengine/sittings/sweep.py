"""The sweeper: ends what is due, working from SQL; the desk's due set is a hint. One at a time, under a lease."""

import asyncio

import structlog

from examengine import live
from examengine.clock import Clock
from examengine.live import Desk
from examengine.live.leases import Lease, Leases
from examengine.live.slots import SLOTS
from examengine.records import attempts
from examengine.records.database import Database
from examengine.records.errors import Missing, Unavailable
from examengine.sittings.finish import Finisher
from examengine.sittings.push import Pusher

LEASE = "sweeper"
LEASE_MS = 15_000
EVERY_S = 1.0
BATCH = 200
HINTS_A_SLOT = 3
AT_ONCE = 8
LOST_RETRY_MS = 60_000

log = structlog.get_logger("examengine.sweeper")


class Sweeper:
    """Ends due attempts and pushes facts, again and again."""

    def __init__(
        self,
        database: Database,
        desk: Desk,
        leases: Leases,
        finisher: Finisher,
        pusher: Pusher,
        clock: Clock,
        owner: str,
    ) -> None:
        self._database = database
        self._desk = desk
        self._leases = leases
        self._finisher = finisher
        self._pusher = pusher
        self._clock = clock
        self._owner = owner

    async def run(self) -> None:
        """Sweep until cancelled; what is away for a moment is tried again."""
        lease: Lease | None = None
        while True:
            try:
                lease = await self._held(lease)
                # on the last evening everyone has the same deadline: no pause while there is more
                while lease is not None and await self.sweep(self._clock.now_ms()) >= BATCH:
                    lease = await self._held(lease)
            except (live.Unavailable, Unavailable) as error:
                log.warning("sweep_waits", error=type(error).__name__)
            except Exception:
                log.exception("sweep_failed")
            await asyncio.sleep(EVERY_S)

    async def sweep(self, now_ms: int) -> int:
        """Push what waits, end what is due; the number of attempts ended."""
        await self._pusher.push_waiting(now_ms)
        batch = dict.fromkeys([*await self._due(now_ms), *await self._hinted(now_ms)])
        gate = asyncio.Semaphore(AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._end(gate, attempt_id, now_ms)) for attempt_id in batch]
        except ExceptionGroup as away:
            raise away.exceptions[0] from None
        return sum(task.result() for task in tasks)

    async def _held(self, lease: Lease | None) -> Lease | None:
        if lease is not None and await self._leases.renew(lease, LEASE_MS):
            return lease
        return await self._leases.take(LEASE, self._owner, LEASE_MS)

    async def _due(self, now_ms: int) -> list[int]:
        async with self._database.reading() as tx:
            return [row.attempt_id for row in await attempts.due(tx, now_ms, BATCH)]

    async def _hinted(self, now_ms: int) -> list[int]:
        slots = await asyncio.gather(*(self._desk.due(slot, now_ms, HINTS_A_SLOT) for slot in range(SLOTS)))
        return [attempt_id for slot in slots for attempt_id in slot]

    async def _end(self, gate: asyncio.Semaphore, attempt_id: int, now_ms: int) -> bool:
        async with gate:
            try:
                if await self._finisher.when_due(attempt_id, now_ms) is not None:
                    return True
                await self._put_off_if_lost(attempt_id, now_ms)
            except Missing:
                log.warning("due_without_record", attempt=attempt_id)
            except (live.Unavailable, Unavailable):
                raise
            except Exception:
                log.exception("attempt_not_ended", attempt=attempt_id)
        return False

    async def _put_off_if_lost(self, attempt_id: int, now_ms: int) -> None:
        """A sitting that Redis has lost is nobody's absence: say so, and do not spin on it."""
        sitting = await self._desk.read(attempt_id, now_ms)
        if sitting.word is not live.Word.ABSENT and sitting.state != "closed":
            return
        log.error("sitting_lost", attempt=attempt_id)
        async with self._database.writing() as tx:
            await attempts.look_again(tx, attempt_id, now_ms + LOST_RETRY_MS)
