"""Calls that are made in one turn of the event loop go to Redis as one pipeline a server."""

import asyncio
from collections.abc import Sequence
from time import perf_counter
from typing import Any

from examengine.live.cluster import Cluster
from examengine.live.errors import ScriptFailed, Unavailable, WrongServer
from examengine.live.fences import ShutSlot
from examengine.live.node import MAX_WAITING, Call, Node, Terms
from examengine.live.scripts import Script
from examengine.live.topology import servers
from examengine.live.wire import Command
from examengine.logs import step

__all__ = ["Coalescer", "ScriptFailed", "ShutSlot", "Unavailable", "WrongServer", "connect"]

TIMEOUT_SECONDS = 2.0
SWEPT_AT_ONCE = 1000
# Commands whose arguments are all keys.
OF_KEYS = frozenset({"MGET", "DEL", "UNLINK"})
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
    prefix: str = "",
) -> "Coalescer":
    """Make ready to talk to the Redis at ``url`` (see ``live/topology.py``); nothing is sent yet.

    ``installation`` is what fences carry beside a server's life; None looks at no fences. ``durable`` refuses a
    server whose configuration could lose what it has acknowledged. ``prefix`` keeps the keys of another record apart.

    Raises:
        WrongServer: the URL cannot be understood.
    """
    terms = Terms(timeout_s, max_waiting, installation, durable, prefix=prefix)
    return Coalescer(servers(url, terms), prefix=prefix)


class Coalescer:
    """The front of all servers. Belongs to the event loop in which it is first used."""

    def __init__(self, servers: Node | Cluster, *, past: bool = False, prefix: str = "") -> None:
        self._servers = servers
        self._past = past
        self._prefix = prefix

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[str | int | bytes]) -> Any:
        """Run a script. An error of one call does not touch the others of its pipeline.

        Raises:
            Unavailable: no answer within the time, no connection, the slot is shut, or Redis cannot write now.
            ScriptFailed: the script itself failed.
        """
        began_s = perf_counter()
        try:
            return await self.ask(script, keys, args)
        finally:
            step("desk", began_s)

    def ask(self, script: Script, keys: Sequence[str], args: Sequence[str | int | bytes]) -> asyncio.Future[Any]:
        """Send a script's call on its way; the future ends as :meth:`run` does. Raises ``Unavailable`` at once where
        too many calls wait.
        """
        named = [self._prefix + key for key in keys] if self._prefix else keys
        return self._put(("EVALSHA", script.sha, len(keys), *named, *args), script, keys[0] if keys else "")

    async def command(self, *command: str | int | bytes) -> Any:
        """Send a plain command in the same way; raises as ``run`` does."""
        has_key = len(command) > 1 and command[0] not in WITHOUT_KEY
        key = str(command[1]) if has_key else ""
        if has_key and self._prefix:
            keys = len(command) - 1 if command[0] in OF_KEYS else 1
            command = (command[0], *(f"{self._prefix}{one!s}" for one in command[1 : keys + 1]), *command[keys + 1 :])
        began_s = perf_counter()
        try:
            return await self._put(command, None, key)
        finally:
            step("desk", began_s)

    async def sweep(self) -> int:
        """Remove every key under this prefix, on all servers; how many there were. Others are served between.

        Raises:
            ValueError: there is no prefix: everything would go.
            Unavailable: a server does not answer; what is left goes when it is swept again.
        """
        if not self._prefix:
            raise ValueError("only keys under a prefix are swept away")
        gone = 0
        for node in await self._servers.primaries():
            cursor: bytes | str = "0"
            while True:
                scan = ("SCAN", cursor, "MATCH", f"{self._prefix}*", "COUNT", SWEPT_AT_ONCE)
                cursor, found = await self._on(node, scan)
                await asyncio.gather(*(self._on(node, ("UNLINK", key)) for key in found))
                gone += len(found)
                if int(cursor) == 0:
                    break
        return gone

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
        return Coalescer(self._servers, past=True, prefix=self._prefix)

    async def aclose(self) -> None:
        """Give up what waits, with ``Unavailable``, and close the connections."""
        await self._servers.aclose()

    @staticmethod
    def _on(node: Node, command: Command) -> asyncio.Future[Any]:
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        node.put(Call(command, None, "", True, reply))
        return reply

    def _put(self, command: Command, script: Script | None, key: str) -> asyncio.Future[Any]:
        reply: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._servers.put(Call(command, script, key, self._past, reply))
        return reply
