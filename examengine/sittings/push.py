"""Brings facts that SQL holds to the live sittings: deadlines moved, attempts voided, sessions revoked.

Each waits in the outbox from the transaction of its fact until it has been pushed; a push is idempotent by version.
"""

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
from examengine.rules.history import State
from examengine.sittings.deadlines import deadline_of

log = structlog.get_logger("examengine.pusher")


class Pusher:
    """Empties the outbox."""

    def __init__(self, database: Database, desk: Desk, shelf: Shelf) -> None:
        self._database = database
        self._desk = desk
        self._shelf = shelf

    async def push_waiting(self, now_ms: int) -> int:
        """Push what waits, oldest first; how many. One that fails by a fault of ours does not hold up the others."""
        async with self._database.reading() as tx:
            waiting = await outbox.waiting(tx)
        pushed = []
        for push in waiting:
            try:
                await self._push(push, now_ms)
            except (live.Unavailable, Unavailable):
                raise
            except Exception:
                log.exception("not_pushed", push=push.id, attempt=push.attempt_id)
            else:
                pushed.append(push.id)
        if pushed:
            async with self._database.writing() as tx:
                await outbox.done(tx, pushed, now_ms)
        return len(pushed)

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
                await self._desk.settle(
                    attempt.id, attempt.generation, CloseReason.VOID, push.at_ms, State.VOID, now_ms
                )
            case OutboxKind.SESSION:
                version = int(push.payload["session_version"])
                await self._desk.push(attempt.id, attempt.generation, now_ms, session_version=version)
