"""Brings facts that SQL holds to the live sittings: deadlines moved, attempts voided or handed in, sessions revoked.

Each waits in the outbox from the transaction of its fact until it has been pushed; a push is idempotent by version.
Pushes of one attempt go in their order, those of several beside each other.
"""

import asyncio
from collections.abc import Iterable

import structlog

from examengine import live
from examengine.live import CloseReason, Desk
from examengine.records import attempts, outbox
from examengine.records.database import Database
from examengine.records.errors import Unavailable
from examengine.records.history import load_history
from examengine.records.outbox import Push
from examengine.records.shelf import Shelf
from examengine.records.words import OutboxKind
from examengine.sittings.deadlines import deadline_of
from examengine.sittings.patience import Patience
from examengine.sittings.voided import settle_void

AT_ONCE = 3
RETRY_MS, RETRY_MOST_MS = 1_000, 300_000

log = structlog.get_logger("examengine.pusher")


class Pusher:
    """Empties the outbox."""

    def __init__(self, database: Database, desk: Desk, shelf: Shelf) -> None:
        self._database = database
        self._desk = desk
        self._shelf = shelf
        self._failing = Patience(RETRY_MS, RETRY_MOST_MS)

    @property
    def failing(self) -> int:
        """How many messages could not be pushed by a fault of ours, and are tried again."""
        return len(self._failing)

    async def push_waiting(self, now_ms: int) -> int:
        """Push all that waits, oldest first; how many. One that fails by a fault of ours does not hold up the others.

        Raises:
            live.Unavailable, records.Unavailable: what could not be pushed waits.
        """
        count, after_id = 0, 0
        while True:
            async with self._database.reading() as tx:
                waiting = await outbox.waiting(tx, after_id=after_id)
            if not waiting:
                return count
            after_id = waiting[-1].id
            count += await self._push_all([p for p in waiting if not self._failing.waits(p.id, now_ms)], now_ms)

    async def _push_all(self, waiting: Iterable[Push], now_ms: int) -> int:
        by_attempt: dict[int, list[Push]] = {}
        for push in waiting:
            by_attempt.setdefault(push.attempt_id, []).append(push)
        gate = asyncio.Semaphore(AT_ONCE)
        pushed: list[int] = []
        told = await asyncio.gather(
            *(self._push_in_order(gate, pushes, pushed, now_ms) for pushes in by_attempt.values()),
            return_exceptions=True,
        )
        if pushed:
            async with self._database.writing() as tx:
                await outbox.done(tx, pushed, now_ms)
        for away in told:
            if isinstance(away, BaseException):
                raise away
        return len(pushed)

    async def _push_in_order(
        self, gate: asyncio.Semaphore, pushes: Iterable[Push], pushed: list[int], now_ms: int
    ) -> None:
        async with gate:
            for push in pushes:
                try:
                    await self._push(push, now_ms)
                except (live.Unavailable, Unavailable):
                    raise
                except Exception:
                    tries, wait_ms = self._failing.failed(push.id, now_ms)
                    log.exception(
                        "not_pushed", push=push.id, attempt=push.attempt_id, tries=tries, again_in_ms=wait_ms
                    )
                else:
                    self._failing.succeeded(push.id)
                    pushed.append(push.id)

    async def _push(self, push: Push, now_ms: int) -> None:
        async with self._database.reading() as tx:
            owned = await attempts.get_attempt(tx, push.attempt_id)
            record = await load_history(tx, owned.attempt.enrolment_id)
            rulebook = await self._shelf.rulebook(tx, owned.attempt.rulebook_digest)
        attempt = owned.attempt
        match push.kind:
            case OutboxKind.DEADLINE:
                row = next(a for a in record.attempts if a.id == attempt.id)
                if row.outcome is None:
                    deadline = deadline_of(rulebook, record, row)
                    standing = await self._desk.push(attempt.id, attempt.generation, now_ms, deadline=deadline)
                    # one that was closed and then left by a crash must be set running again now, not at its new end
                    look_at_ms = now_ms if standing.state == "closing" else deadline.look_at_ms
                    async with self._database.writing() as tx:
                        await attempts.look_again(tx, attempt.id, look_at_ms)
            case OutboxKind.VOID:
                sitting = await self._desk.read(attempt.id, now_ms)
                await settle_void(self._database, self._desk, sitting, attempt.id, push.at_ms, now_ms)
            case OutboxKind.HAND_IN:
                await self._desk.close(attempt.id, attempt.generation, CloseReason.STAFF, push.at_ms, now_ms)
            case OutboxKind.SESSION:
                version = int(push.payload["session_version"])
                await self._desk.push(attempt.id, attempt.generation, now_ms, session_version=version)
