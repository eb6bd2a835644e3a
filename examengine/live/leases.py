"""Leases: who does a piece of work that only one should do at a time.

A lease runs out by Redis' own time, so that a holder that was killed stands in nobody's way. What it writes
elsewhere carries the token, for a holder that was only slow must not write after the next one.
"""

from dataclasses import dataclass

from examengine.live.coalesce import Coalescer
from examengine.live.scripts import load

TAKE = load("lease_take")
RENEW = load("lease_renew")
RELEASE = load("lease_release")


@dataclass(frozen=True, slots=True)
class Lease:
    """A holding. ``token`` is higher than that of every earlier holding of the name."""

    name: str
    owner: str
    token: int


class Leases:
    """Takes, renews and gives back. All raise ``Unavailable`` where Redis does not answer."""

    def __init__(self, calls: Coalescer) -> None:
        self._calls = calls
        self._taken: dict[str, Lease] = {}

    def has(self, name: str) -> bool:
        """Whether a lease of that name was taken here and not given back; it may have run out since."""
        return name in self._taken

    async def take(self, name: str, owner: str, ttl_ms: int) -> Lease | None:
        """Take the lease for ``ttl_ms``; None where another owner holds it. An owner that holds it gets it again."""
        token = int(await self._calls.run(TAKE, _keys(name), (owner, ttl_ms)))
        if not token:
            return None
        lease = self._taken[name] = Lease(name, owner, token)
        return lease

    async def renew(self, lease: Lease, ttl_ms: int) -> bool:
        """Hold it for ``ttl_ms`` from now; False where it has run out: stop the work."""
        return bool(await self._calls.run(RENEW, _keys(lease.name), (lease.owner, lease.token, ttl_ms)))

    async def hold(self, lease: Lease | None, name: str, owner: str, ttl_ms: int) -> Lease | None:
        """Go on holding ``lease`` for ``ttl_ms``, or take one of that name anew; None where another owner has it."""
        if lease is not None and await self.renew(lease, ttl_ms):
            return lease
        return await self.take(name, owner, ttl_ms)

    async def release(self, lease: Lease) -> bool:
        """Give it back; False where it was no longer held."""
        self._taken.pop(lease.name, None)
        return bool(await self._calls.run(RELEASE, _keys(lease.name), (lease.owner, lease.token)))

    async def release_all(self) -> None:
        """Give back whatever was taken here: a process that ends in order makes nobody wait."""
        for lease in tuple(self._taken.values()):
            await self.release(lease)


def _keys(name: str) -> tuple[str, str]:
    return (f"{{lease:{name}}}:holder", f"{{lease:{name}}}:token")
