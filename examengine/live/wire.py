"""One connection to one Redis server: commands are packed and replies parsed by hiredis, without a layer between."""

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import hiredis

from examengine.live.errors import Unavailable

READ_BYTES = 64 * 1024
_UNFINISHED = object()

Command = tuple[str | int | bytes, ...]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens: host and port, or the path of a unix socket."""

    host: str = ""
    port: int = 0
    path: str = ""

    def __str__(self) -> str:
        return self.path or f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Access:
    """How a server lets us in."""

    user: str = ""
    password: str = ""
    db: int = 0
    tls: ssl.SSLContext | None = None


def packed(commands: Sequence[Command]) -> bytes:
    """Commands as they go over the wire."""
    return b"".join([hiredis.pack_command(command) for command in commands])  # type: ignore[arg-type]


class Wire:
    """Belongs to one user at a time: replies come in the order of the commands.

    After any exception but an error reply it is of no use: half-read replies must not meet the next question.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._parser = hiredis.Reader(notEnoughData=_UNFINISHED)

    @classmethod
    async def open(cls, address: Address, access: Access) -> "Wire":
        """Connect and sign in.

        Raises:
            OSError: nobody listens there.
            Unavailable: the server does not let us in, or not now.
        """
        if address.path:
            ends = await asyncio.open_unix_connection(address.path)
        else:
            ends = await asyncio.open_connection(address.host, address.port, ssl=access.tls)
        wire = cls(*ends)
        greeting: list[Command] = [("HELLO", 3)]
        if access.password:
            greeting = [("HELLO", 3, "AUTH", access.user or "default", access.password)]
        if access.db:
            greeting.append(("SELECT", access.db))
        try:
            for reply in await wire.ask(*greeting):
                if isinstance(reply, Exception):
                    raise Unavailable(f"{address}: {reply}")
        except BaseException:
            wire.close()
            raise
        return wire

    async def ask(self, *commands: Command) -> list[Any]:
        """Send commands; their replies, an error reply as an exception in its place."""
        return await self.exchange(packed(commands), len(commands))

    async def exchange(self, commands: bytes, count: int) -> list[Any]:
        """Write all, then read all.

        Raises:
            ConnectionError: the server, or the line, has gone.
        """
        self._writer.write(commands)
        await self._writer.drain()
        replies: list[Any] = []
        parser = self._parser
        while True:
            while (reply := parser.gets()) is not _UNFINISHED:
                replies.append(reply)
                if len(replies) == count:
                    return replies
            data = await self._reader.read(READ_BYTES)
            if not data:
                raise ConnectionResetError("the server closed the connection")
            parser.feed(data)

    def close(self) -> None:
        """Close it; nothing waits for the other end."""
        with contextlib.suppress(RuntimeError):  # its event loop may have gone
            self._writer.close()

    async def aclose(self) -> None:
        """Close it and see it closed."""
        self.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
