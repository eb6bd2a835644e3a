"""Which halves of the slots a worker sweeps: with two workers one each, so that a deadline for many is shared evenly;
a worker that is alone has both.

There is a lease for each half. Who holds one leaves a free one to others for a moment, and who holds both while
there is nothing to do gives one up now and then: a worker that was started anew finds work.
"""

from collections.abc import Iterable

from examengine.live.leases import Lease, Leases
from examengine.live.slots import SLOTS

HALVES = 2
LEASES = tuple(f"sweeper:{half}" for half in range(HALVES))
LEASE_MS = 15_000
LEAVE_MS = 3_000
"""How long a free half is left to others: they look every second."""
BOTH_MS = 60_000
"""How long both are held, at least, before one is given up."""


def slots_of(halves: Iterable[int]) -> list[int]:
    """The slots of halves, ascending."""
    wanted = set(halves)
    return [slot for slot in range(SLOTS) if slot % HALVES in wanted]


class Halves:
    """The halves that this worker holds. Instants are of a clock that only goes on, in ms."""

    def __init__(self, leases: Leases, owner: str) -> None:
        self._leases = leases
        self._owner = owner
        self._held: dict[int, Lease] = {}
        self._leaves_until_ms = 0
        self._both_since_ms: int | None = None

    @property
    def held(self) -> frozenset[int]:
        return frozenset(self._held)

    async def hold(self, now_ms: int) -> frozenset[int]:
        """Go on holding what is held, and take what nobody wants; the halves to sweep now.

        Raises:
            live.Unavailable: Redis does not answer.
        """
        before = dict(self._held)
        for half, lease in before.items():
            self._held.pop(half)
            if await self._leases.renew(lease, LEASE_MS):
                self._held[half] = lease
        for half in range(HALVES):
            if half in self._held or (self._held and now_ms < self._leaves_until_ms):
                continue
            taken = await self._leases.take(LEASES[half], self._owner, LEASE_MS)
            if taken is not None:
                if not self._held:
                    self._leaves_until_ms = now_ms + LEAVE_MS
                self._held[half] = taken
        if len(self._held) < HALVES:
            self._both_since_ms = None
        elif self._both_since_ms is None:
            self._both_since_ms = now_ms
        return self.held

    async def rest(self, now_ms: int) -> None:
        """There is nothing to do: who has long had both gives one up, and takes it again where nobody else does.

        Raises:
            live.Unavailable: Redis does not answer.
        """
        if self._both_since_ms is None or now_ms < self._both_since_ms + BOTH_MS:
            return
        self._both_since_ms, self._leaves_until_ms = None, now_ms + LEAVE_MS
        await self._leases.release(self._held.pop(HALVES - 1))
