"""Calls that are made in one turn of the event loop go to Redis as one pipeline a server."""

import asyncio
from collections.abc import Sequence
from typing import Any

from examengine.live.cluster import Cluster
from examengine.live.errors import ScriptFailed, Unavailable, WrongServer
from examengine.live.fences import ShutSlot
from examengine.live.node import MAX_WAITING, Call, Node, Terms
from examengine.live.scripts import Script
from examengine.live.topology import servers
from examengine.live.wire import Command

__all__ = ["Coalescer", "ScriptFailed", "ShutSlot", "Unavailable", "WrongServer", "connect"]

TIMEOUT_SECONDS = 2.0
# Commands whose first argument is no key.
WITHOUT_KEY = frozenset(
    {"PING", "INFO", "CONFIG", "CLIENT", "SCRIPT", "FLUSHALL", "TIME", "KEYS", "OBJECT", "DEBUG", "ROLE", "CLUSTER"}
)


def connect(
    url: str,
    *,
    timeout_s: float = TIMEOUT_SECONDS,
    installation: str | None = None,
    durable: bool = False,
    max_waiting: int = MAX_WAITING,
) -> "Coalescer":
    """Make ready to talk to the Redis at ``url`` (see ``live/topology.py``); nothing is sent yet.

    ``installation`` is what fences carry beside a server's life; None looks at no fences. ``durable`` refuses a
    server whose configuration could lose what it has acknowledged.

    Raises:
        WrongServer: the URL cannot be understood.
    """
    return Coalescer(servers(url, Terms(timeout_s, max_waiting, installation, durable)))


class Coalescer:
    """The front of all servers. Belongs to the event loop in which it is first used."""

    def __init__(self, servers: Node | Cluster, *, past: bool = False) -> None:
        self._servers = servers
        self._past = past

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[str | int | bytes]) -> Any:
        """Run a script. An error of one call does not touch the others of its pipeline.

        Raises:
            Unavailable: no answer within the time, no connection, the slot is shut, or Redis cannot write now.
            ScriptFailed: the script itself failed.
        """
        return await self._put(("EVALSHA", script.sha, len(keys), *keys, *args), script, keys[0] if keys else "")

    async def command(self, *command: str | int | bytes) -> Any:
        """Send a plain command in the same way; raises as ``run`` does."""
        has_key = len(command) > 1 and command[0] not in WITHOUT_KEY
        return await self._put(command, None, str(command[1]) if has_key else "")

    async def shut(self) -> tuple[ShutSlot, ...]:
        """Ask the servers which slots they must not serve before they are reconciled with SQL.

        Raises:
            Unavailable: a server does not answer.
        """
        return tuple(await self._servers.shut())

    async def check(self) -> None:
        """Be sure, before work begins, that every server answers and may be used.

        Raises:
            WrongServer: one could lose what it has acknowledged; the text says why and what to change.
            Unavailable: one does not answer now.
        """
        await self._servers.check()

    @property
    def past_fence(self) -> "Coalescer":
        """The same servers and queues, fences ignored: for whoever mends a shut slot, and for nobody else."""
        return Coalescer(self._servers, past=True)

    async def aclose(self) -> None:
        """Give up what waits, with ``Unavailable``, and close the connections."""
        await self._servers.aclose()

    def _put(self, command: Command, script: Script | None, key: str) -> asyncio.Future[Any]:
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._servers.put(Call(command, script, key, self._past, reply))
        return reply
