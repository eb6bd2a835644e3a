"""The primary of a service that Sentinels watch over."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from examengine.live.errors import Unavailable, WrongServer
from examengine.live.node import Reached
from examengine.live.replicas import Rival
from examengine.live.wire import Access, Address, Wire

ASK_SECONDS = 0.5


class Sentinels:
    """Asked for every connection, before it is made and after.

    Most must answer, and the newest election counts, whoever of them has heard of it. So a primary that was only
    silent for a while and has been replaced meanwhile gets no further call of ours, even while one of its replicas
    still follows it, and most Sentinels have not heard yet.
    """

    def __init__(self, sentinels: Sequence[Address], service: str, to_sentinels: Access, to_servers: Access) -> None:
        self._sentinels = tuple(sentinels)
        self._service = service
        self._to_sentinels = to_sentinels
        self._to_servers = to_servers

    async def dial(self) -> Reached:
        """Connect to the primary.

        Raises:
            OSError: it does not answer.
            Unavailable: too few Sentinels answer, or they are replacing it now.
            WrongServer: they know of no such service.
        """
        primary, _ = await self._look()

        async def rivals() -> tuple[Rival, ...]:
            again, known = await self._look()
            if again != primary:
                raise Unavailable("the primary has been replaced")
            return known

        return Reached(await Wire.open(primary, self._to_servers), rivals)

    async def _look(self) -> tuple[Address, tuple[Rival, ...]]:
        told = await asyncio.gather(*(self._ask(one) for one in self._sentinels), return_exceptions=True)
        if unknown := next((answer for answer in told if isinstance(answer, WrongServer)), None):
            raise unknown
        return chosen([view for view in told if isinstance(view, View)], len(self._sentinels))

    async def _ask(self, sentinel: Address) -> "View":
        async with asyncio.timeout(ASK_SECONDS):
            wire = await Wire.open(sentinel, self._to_sentinels)
            try:
                address, state, replicas = await wire.ask(
                    ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._service),
                    ("SENTINEL", "MASTER", self._service),
                    ("SENTINEL", "REPLICAS", self._service),
                )
            finally:
                wire.close()
        if address is None:
            raise WrongServer(f"the Sentinel at {sentinel} watches over no service named {self._service!r}")
        if not isinstance(address, list) or not isinstance(state, dict) or not isinstance(replicas, list):
            raise OSError(f"the Sentinel at {sentinel} does not answer as one")
        host, port = (part.decode() for part in address)
        # While one is being chosen the old one is still named; afterwards the new one is.
        still_old = (state[b"ip"].decode(), state[b"port"].decode()) == (host, port)
        replacing = still_old and bool({b"o_down", b"failover_in_progress"}.intersection(state[b"flags"].split(b",")))
        rivals = tuple(_rival(replica) for replica in replicas if _could_win(replica))
        return View(Address(host, int(port)), int(state[b"config-epoch"]), replacing, rivals)


@dataclass(frozen=True, slots=True)
class View:
    """What one Sentinel says; ``epoch`` counts the elections that it knows of."""

    primary: Address
    epoch: int
    replacing: bool
    rivals: tuple[Rival, ...] = ()


def chosen(views: Sequence[View], listed: int) -> tuple[Address, tuple[Rival, ...]]:
    """The primary of the newest election, and every replica that any Sentinel holds to be alive.

    Raises:
        Unavailable: half of those listed or fewer have answered, or the primary is being replaced.
    """
    if len(views) * 2 <= listed:
        raise Unavailable(f"too few Sentinels answer: {len(views)} of {listed}")
    newest = max(view.epoch for view in views)
    if any(view.replacing for view in views if view.epoch == newest):
        raise Unavailable("the primary is being replaced")
    primary = next(view.primary for view in views if view.epoch == newest)
    rivals: dict[str, Rival] = {}
    for rival in (rival for view in views for rival in view.rivals):
        rivals[rival.name] = max(rivals.get(rival.name, rival), rival, key=lambda one: one.offset)
    return primary, tuple(rivals.values())


def _could_win(replica: dict[bytes, bytes]) -> bool:
    gone = {b"s_down", b"o_down", b"disconnected"}.intersection(replica[b"flags"].split(b","))
    return not gone and replica[b"slave-priority"] != b"0"


def _rival(replica: dict[bytes, bytes]) -> Rival:
    return Rival(f"{replica[b'ip'].decode()}:{replica[b'port'].decode()}", int(replica[b"slave-repl-offset"]))
