"""The tallier: adds up, under a lease, the changes by which results are counted, so that counting stays short."""

import asyncio

import structlog

from examengine import live
from examengine.live.leases import Lease, Leases
from examengine.records import results
from examengine.records.database import Database
from examengine.records.errors import Unavailable

LEASE = "tallier"
LEASE_MS = 60_000
EVERY_S = 20.0
ENOUGH = 1_000
"""Changes that are worth it."""
AT_ONCE = 5_000

log = structlog.get_logger("examengine.tallier")


class Tallier:
    """Adds up, again and again."""

    def __init__(self, database: Database, leases: Leases, owner: str) -> None:
        self._database = database
        self._leases = leases
        self._owner = owner
        self._left = 0

    async def run(self) -> None:
        """Add up until cancelled; what is away for a moment is tried again."""
        lease: Lease | None = None
        while True:
            try:
                lease = await self._leases.hold(lease, LEASE, self._owner, LEASE_MS)
                while lease is not None and await self.add_up():
                    lease = await self._leases.hold(lease, LEASE, self._owner, LEASE_MS)
            except (live.Unavailable, Unavailable) as error:
                log.warning("tallier_waits", error=type(error).__name__)
            except Exception:
                log.exception("adding_up_failed")
            await asyncio.sleep(EVERY_S)

    async def add_up(self) -> bool:
        """Add up a part of what has gathered; whether more is worth it."""
        async with self._database.reading() as tx:
            rows = await results.count_changes(tx)
        if rows < self._left + ENOUGH:
            return False
        async with self._database.writing() as tx:
            fewer = await results.add_up(tx, AT_ONCE)
        self._left = rows - fewer
        return fewer >= ENOUGH
