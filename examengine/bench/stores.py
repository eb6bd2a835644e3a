"""The SQL store that is measured on: whether it is empty, what serves it, what its rows take."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from examengine.bench.machine import is_here, parent_of
from examengine.records.tables import metadata

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
PASSING_ROWS = frozenset({"journal_segments", "open_attempts", "outbox"})
"""Tables whose rows go again: of a finished attempt nothing stays there."""


@dataclass(frozen=True, slots=True)
class SqlServer:
    """``pid``: PostgreSQL's first process, parent of all others; 0: it is elsewhere, or there is none."""

    version: str
    pid: int


def _engine(url: str) -> AsyncEngine:
    given = make_url(url)
    return create_async_engine(given.set(drivername=DRIVERS[given.get_backend_name()]), isolation_level="AUTOCOMMIT")


async def tables_of(url: str) -> list[str]:
    """The tables that are there.

    Raises:
        OSError: it does not answer.
    """
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_table_names)
    except (SQLAlchemyError, asyncpg.PostgresError) as error:
        raise OSError(type(error).__name__) from error
    finally:
        await engine.dispose()


def _table_names(connection: Connection) -> list[str]:
    return inspect(connection).get_table_names()


async def drop_all(url: str) -> None:
    """Remove all tables of a database that was empty before."""
    if make_url(url).get_backend_name() == "sqlite":
        _remove(make_url(url).database or "")
        return
    names = await tables_of(url)
    engine = _engine(url)
    async with engine.connect() as connection:
        for name in names:
            await connection.execute(text(f'DROP TABLE IF EXISTS "{name}" CASCADE'))
    await engine.dispose()


def _remove(path: str) -> None:
    for end in ("", "-wal", "-shm"):
        Path(path + end).unlink(missing_ok=True)


async def sql_server(url: str) -> SqlServer:
    """What serves the database."""
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            if is_sqlite:
                return SqlServer(f"SQLite {await _value(connection, 'SELECT sqlite_version()')}", 0)
            version = await _value(connection, "SHOW server_version")
            durable = await _value(connection, "SHOW fsync"), await _value(connection, "SHOW synchronous_commit")
            told = "" if durable == ("on", "on") else f" (fsync {durable[0]}, synchronous_commit {durable[1]})"
            pid = int(await _value(connection, "SELECT pg_backend_pid()"))
            found = parent_of(pid) if is_here(pid, "postgres") else 0
            return SqlServer(f"PostgreSQL {version.split()[0]}{told}", found)
    finally:
        await engine.dispose()


async def keep_up(url: str) -> None:
    """Have PostgreSQL do at once what it does in the minute after many rows have come: what was prepared in seconds
    came in an hour elsewhere.
    """
    if make_url(url).get_backend_name() == "sqlite":
        return
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            await connection.execute(text("VACUUM (ANALYZE)"))
    finally:
        await engine.dispose()


async def kept_bytes(url: str) -> dict[str, int]:
    """What each table takes whose rows stay, indexes included."""
    engine = _engine(url)
    names = [name for name in metadata.tables if name not in PASSING_ROWS]
    try:
        async with engine.connect() as connection:
            if make_url(url).get_backend_name() == "sqlite":
                return await _sqlite_bytes(connection, names)
            await connection.execute(text("VACUUM"))
            sized = text(
                "SELECT name, pg_total_relation_size(to_regclass(name)) FROM unnest(CAST(:names AS text[])) name"
            )
            return {name: int(size) for name, size in await connection.execute(sized, {"names": names})}
    finally:
        await engine.dispose()


async def _sqlite_bytes(connection: AsyncConnection, names: Iterable[str]) -> dict[str, int]:
    used = text("SELECT tbl_name, sum(pgsize) FROM dbstat JOIN sqlite_master USING (name) GROUP BY tbl_name")
    by_table = {name: int(size) for name, size in await connection.execute(used)}
    return {name: by_table.get(name, 0) for name in names}


async def _value(connection: AsyncConnection, statement: str) -> Any:
    return (await connection.execute(text(statement))).scalar_one()
