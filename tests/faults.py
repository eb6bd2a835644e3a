"""Ways in which the stores fail: SQL away, a statement that fails, a line to Redis that breaks at a command."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import redis
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from examengine.live.scripts import Script
from examengine.records.database import Database
from examengine.records.engines import engines

NOWHERE = {"sqlite": "sqlite:////nowhere/at/all.db", "postgresql": "postgresql://nobody@127.0.0.1:1/nothing"}


@asynccontextmanager
async def sql_away(database: Database) -> AsyncIterator[None]:
    """Inside the block the database does not answer."""
    kept = database.writer, database.reader
    url = NOWHERE["sqlite" if kept[0].dialect.name == "sqlite" else "postgresql"]
    database.writer, database.reader = engines(make_url(url), 1)
    try:
        yield
    finally:
        await database.writer.dispose()
        await database.reader.dispose()
        database.writer, database.reader = kept


@contextmanager
def sql_failing_at(database: Database, beginning: str) -> Iterator[None]:
    """Inside the block statements that begin so fail, and their transactions with them."""

    def fail(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(beginning) or f"({beginning}" in statement:  # it may be a part of another
            raise OperationalError(statement, None, ConnectionError("gone"))

    engines_ = {engine.pool: engine.sync_engine for engine in (database.reader, database.writer)}.values()
    for engine in engines_:
        event.listen(engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        for engine in engines_:
            event.remove(engine, "before_cursor_execute", fail)


class Line:
    """A line to a real Redis that can be cut and mended; ``url`` leads through it."""

    def __init__(self, redis_url: str) -> None:
        self._target = unquote(redis_url.removeprefix("unix://"))
        self._folder = tempfile.TemporaryDirectory(prefix="line-")
        self._path = str(Path(self._folder.name) / "s")
        self.url = f"unix://{quote(self._path)}"
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_cut = False
        self._sha = b""
        self._carried_out = False

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self._path)

    async def close(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._folder.cleanup()

    def cut(self) -> None:
        """Nothing gets through from now on."""
        self._is_cut = True
        for writer in self._writers:
            writer.close()

    def mend(self) -> None:
        self._is_cut, self._sha = False, b""

    def cut_at(self, script: Script, *, carried_out: bool = False) -> None:
        """Cut it when this script is called: before Redis has heard of it, or before its answer comes back."""
        with redis.Redis(unix_socket_path=self._target) as client:
            client.script_load(script.text)
        self._sha, self._carried_out = script.sha.encode(), carried_out

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        if self._is_cut:
            writer.close()
            return
        there, back = await asyncio.open_unix_connection(self._target)
        self._writers |= {writer, back}
        try:
            await asyncio.gather(self._ask(reader, back), self._reply(there, writer))
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers -= {writer, back}
            for end in (writer, back):
                end.close()

    async def _ask(self, reader: asyncio.StreamReader, there: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            if self._sha and self._sha in data:
                if self._carried_out:
                    self._is_cut = True
                    there.write(data)
                else:
                    self.cut()
                continue
            there.write(data)
        there.close()

    async def _reply(self, there: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await there.read(65536):
            if self._is_cut:
                self.cut()
                return
            writer.write(data)
        writer.close()
