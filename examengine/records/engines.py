"""SQLAlchemy's engines for the two kinds of database: how connections are opened, and what they begin and leave."""

import asyncio
import sqlite3
import time
from typing import Any

from sqlalchemy import Connection, event, exc
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

WAIT_SECONDS = 15
"""How long a transaction waits for a connection or a lock before the records count as unavailable."""
STATEMENT_SECONDS = 60
LOCKED_SECONDS = 0.02
"""Between two tries to turn a SQLite file to write-ahead."""
SQLITE_READERS = 4
SQLITE_CACHE_KIB = {"writer": 4_000, "reader": 2_000}
"""Pages that a connection keeps; five of them, and the event loop's own; the system keeps the file too."""
SQLITE_BEGINS = {"writer": "BEGIN IMMEDIATE", "reader": "BEGIN"}
POSTGRES_BEGINS = {"writer": "BEGIN", "reader": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
COMMIT, ROLLBACK = "COMMIT", "ROLLBACK"
OURS = "examengine_begins"
"""Option of connections whose transactions are begun by a word of ours, not by SQLAlchemy."""
SCHEMA = "examengine_schema"
"""In the query of a PostgreSQL URL: the schema that holds our tables, where it is not the role's own."""


def begins(engine: AsyncEngine, role: str) -> str:
    """The word that begins a transaction of a "writer" or "reader"."""
    return (SQLITE_BEGINS if engine.dialect.name == "sqlite" else POSTGRES_BEGINS)[role]


def engines(url: URL, connections: int) -> tuple[AsyncEngine, AsyncEngine]:
    """Writer and reader for a URL, whose driver is chosen here."""
    match url.get_backend_name():
        case "sqlite":
            return _sqlite_engine(url, "writer", 1), _sqlite_engine(url, "reader", SQLITE_READERS)
        case "postgresql":
            schema = url.query.get(SCHEMA)
            writer = create_async_engine(
                url.difference_update_query([SCHEMA]).set(drivername="postgresql+asyncpg"),
                pool_size=connections,
                max_overflow=0,
                pool_timeout=WAIT_SECONDS,
                pool_pre_ping=False,
                hide_parameters=True,
                connect_args={
                    "timeout": WAIT_SECONDS,
                    "server_settings": {
                        "application_name": "examengine",
                        "lock_timeout": f"{WAIT_SECONDS}s",
                        "statement_timeout": f"{STATEMENT_SECONDS}s",
                        "idle_in_transaction_session_timeout": f"{STATEMENT_SECONDS}s",
                        "timezone": "UTC",
                        **({"search_path": str(schema)} if schema else {}),
                    },
                },
            )
            _see_to_postgres(writer)
            reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            return writer, reader
        case other:
            raise ValueError(f"a database URL begins with sqlite: or postgresql:, not {other}:")


def _see_to_postgres(engine: AsyncEngine) -> None:
    """Lines that the server has hung up are not taken from the pool; what was left begun ends with its return."""

    @event.listens_for(engine.sync_engine, "checkout")
    def look(connection: Any, _record: Any, _proxy: Any) -> None:
        if connection.driver_connection.is_closed():
            raise exc.DisconnectionError

    @event.listens_for(engine.sync_engine, "reset")
    def end(connection: Any, _record: Any, state: Any) -> None:
        driver = connection.driver_connection
        if state.asyncio_safe and not driver.is_closed() and driver.is_in_transaction():
            connection.rollback()  # where it was begun by SQLAlchemy
            if driver.is_in_transaction():
                connection.run_async(lambda driver: driver.execute("ROLLBACK"))


def _write_ahead(connection: Any) -> None:
    """Keep a write-ahead log. Turning a new file to it takes the file alone for a moment, and SQLite answers another
    who wants the same in that moment with "locked" at once, whatever time a connection may wait: so we wait here.
    """
    give_up = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up:
                raise
        connection.run_async(lambda _: asyncio.sleep(LOCKED_SECONDS))


def _sqlite_engine(url: URL, role: str, connections: int) -> AsyncEngine:
    engine = create_async_engine(
        url.set(drivername="sqlite+aiosqlite"),
        poolclass=AsyncAdaptedQueuePool,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=WAIT_SECONDS,
        pool_reset_on_return=None,
        hide_parameters=True,
        # used by its own thread and by the event loop, never by both at once (records.fixed)
        connect_args={"timeout": WAIT_SECONDS, "isolation_level": None, "check_same_thread": False},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        _write_ahead(connection)
        cursor = connection.cursor()
        for pragma in (
            "synchronous = FULL",
            "foreign_keys = ON",
            f"query_only = {'OFF' if role == 'writer' else 'ON'}",
            f"cache_size = -{SQLITE_CACHE_KIB[role]}",
            "temp_store = MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "reset")
    def end(connection: Any, _record: Any, state: Any) -> None:
        if state.asyncio_safe and connection.driver_connection.in_transaction:
            connection.rollback()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(OURS):
            connection.exec_driver_sql(SQLITE_BEGINS[role])

    return engine
