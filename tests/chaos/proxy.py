"""The line between all browsers and the server: it can be cut, and it can be slow."""

import asyncio
import random
from contextlib import suppress


class Proxy:
    """Listens on a public port and hands everything on to the engine's."""

    def __init__(self, target_port: int, dice: random.Random) -> None:
        self._target = target_port
        self._dice = dice
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self.is_cut = False
        self.delay_s = 0.0
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Every connection breaks, wherever its bytes are just now; none is taken until it is mended."""
        self.is_cut = True
        for writer in tuple(self._writers):
            transport = writer.transport
            transport.abort()

    def mend(self) -> None:
        self.is_cut, self.delay_s = False, 0.0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.is_cut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, back}
        try:
            await asyncio.gather(self._carry(reader, back), self._carry(there, writer))
        finally:
            self._writers -= {writer, back}
            for end in (writer, back):
                end.close()

    async def _carry(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                if self.delay_s:
                    await asyncio.sleep(self.delay_s * self._dice.random())
                if self.is_cut:
                    break
                sink.write(data)
                await sink.drain()
        sink.close()
