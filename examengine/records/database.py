"""The database and its transactions, the same for SQLite and PostgreSQL.

What differs stays in this module. SQLite has one writer connection whose transactions begin with
``BEGIN IMMEDIATE``, so everything that decides is alone; PostgreSQL takes row locks (``FOR NO KEY UPDATE``), which
SQLite silently drops.
"""

import asyncio
import hashlib
import sqlite3
import time
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, Self

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import Connection, Executable, Row, Table, event, exc, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from examengine.records import migrate
from examengine.records.errors import Conflict, Missing, RecordsError, Unavailable, WrongSchema

__all__ = ["Conflict", "Database", "Missing", "Reading", "RecordsError", "Unavailable", "Writing", "WrongSchema"]

WAIT_SECONDS = 15
"""How long a transaction waits for a connection or a lock before the records count as unavailable."""
STATEMENT_SECONDS = 60
LOCKED_SECONDS = 0.02
"""Between two tries to turn a SQLite file to write-ahead."""
SQLITE_READERS = 4
SQLITE_BEGINS = {"writer": "BEGIN IMMEDIATE", "reader": "BEGIN"}
CHUNK = 500
"""Values in one IN list."""

PASSING = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.LockNotAvailableError,
)
"""PostgreSQL's troubles that may be over when the transaction is tried again."""

Values = Mapping[str, Any]
AnyRow = Row[*tuple[Any, ...]]


class Reading:
    """A transaction that reads one consistent state."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @property
    def is_sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"

    async def rows(self, statement: Executable, values: Values | None = None) -> Sequence[AnyRow]:
        return (await self._connection.execute(statement, values)).all()

    async def row(self, statement: Executable, values: Values | None = None) -> AnyRow | None:
        """The first row, or None."""
        return (await self._connection.execute(statement, values)).first()

    async def value(self, statement: Executable, values: Values | None = None) -> Any:
        """The first column of the first row, or None."""
        return (await self._connection.execute(statement, values)).scalar()


class Writing(Reading):
    """A transaction that writes; commits when its block ends, rolls back when the block raises."""

    async def run(self, statement: Executable, values: Values | Sequence[Values] | None = None) -> int:
        """Run a statement; the number of rows it touched."""
        return (await self._connection.execute(statement, values)).rowcount

    async def insert(self, table: Table, values: Values) -> int:
        """Insert one row; its id."""
        result = await self._connection.execute(insert(table).returning(table.c.id), values)
        return int(result.scalar_one())

    async def insert_all(self, table: Table, rows: Sequence[Values]) -> None:
        """Insert many rows of a table without asking for their ids; in parts, so that others are served between."""
        for start in range(0, len(rows), CHUNK):
            await self._connection.execute(insert(table), rows[start : start + CHUNK])

    async def insert_numbered(self, table: Table, rows: Sequence[Values]) -> list[int]:
        """Insert many rows; their ids, in the order of ``rows``."""
        if not rows:
            return []
        if self.is_sqlite:  # which would run one statement a row; its only writer may number them beforehand
            last = await self.value(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
            ids = [int(last or 0) + place for place in range(1, len(rows) + 1)]
            await self.insert_all(table, [{**row, "id": given} for row, given in zip(rows, ids, strict=True)])
            return ids
        statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        return [int(value) for value in (await self._connection.execute(statement, rows)).scalars()]

    async def insert_unless_known(self, table: Table, values: Values, *known_by: str) -> int:
        """Insert one row unless one with the same ``known_by`` columns stands there; the number of rows inserted."""
        new = sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)
        return await self.run(new.values(**values).on_conflict_do_nothing(index_elements=list(known_by)))

    async def lock_name(self, name: str) -> None:
        """Hold the act called ``name`` alone until the transaction ends; SQLite's writer is alone anyway."""
        if not self.is_sqlite:
            number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
            await self._connection.execute(select(func.pg_advisory_xact_lock(number)))


class Database:
    """An opened database. ``writer`` and ``reader`` are SQLAlchemy's engines, for tests and metrics."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self.writer = writer
        self.reader = reader

    @classmethod
    async def open(cls, url: str, *, connections: int = 10) -> Self:
        """Open ``sqlite:///PATH`` or ``postgresql://…``, at most ``connections`` at once on PostgreSQL.

        Raises:
            Unavailable: it does not answer.
            WrongSchema: its schema is not this program's; see :func:`examengine.records.migrate.upgrade`.
        """
        writer, reader = engines(make_url(url), connections)
        database = cls(writer, reader)
        try:
            async with database._begun(reader) as connection:
                await connection.run_sync(migrate.check)
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        await self.reader.dispose()
        await self.writer.dispose()

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[Writing]:
        """A transaction that writes; see the module about how it excludes others.

        Raises:
            Conflict, Unavailable: nothing was written. (Where the connection broke during the commit it may have
            been: whoever repeats must be recognisable by intent or source.)
        """
        async with self._begun(self.writer) as connection:
            yield Writing(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Reading]:
        """A transaction that only reads.

        Raises:
            Unavailable: SQL does not answer.
        """
        async with self._begun(self.reader) as connection:
            yield Reading(connection)

    @asynccontextmanager
    async def _begun(self, engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
        with told_plainly():
            try:
                connection = await engine.connect()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error) as error:
                raise Unavailable(type(error).__name__) from error
            async with AsyncExitStack() as stack:
                stack.push_async_exit(connection)
                await stack.enter_async_context(connection.begin())
                yield connection


@contextmanager
def told_plainly() -> Generator[None]:
    """Turn the drivers' errors into ours. Some drivers quote values in their messages: those are not chained."""
    try:
        yield
    except exc.IntegrityError as error:
        raise Conflict(_constraint(error)) from None
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        raise Unavailable(type(getattr(error, "orig", error)).__name__) from error
    except OverflowError as error:
        raise RecordsError(type(error).__name__) from None
    except exc.DBAPIError as error:
        cause = getattr(error.orig, "__cause__", None) or error.orig
        if error.connection_invalidated or isinstance(cause, PASSING):
            raise Unavailable(type(cause).__name__) from error
        if isinstance(error, exc.ProgrammingError):
            raise
        raise RecordsError(type(cause).__name__) from None


def _constraint(error: exc.IntegrityError) -> str:
    cause = getattr(error.orig, "__cause__", None)
    if isinstance(cause, asyncpg.PostgresError):
        return str(getattr(cause, "constraint_name", "") or type(cause).__name__)
    return str(error.orig)


def engines(url: URL, connections: int) -> tuple[AsyncEngine, AsyncEngine]:
    """Writer and reader for a URL, whose driver is chosen here."""
    match url.get_backend_name():
        case "sqlite":
            return _sqlite_engine(url, "writer", 1), _sqlite_engine(url, "reader", SQLITE_READERS)
        case "postgresql":
            writer = create_async_engine(
                url.set(drivername="postgresql+asyncpg"),
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
                    },
                },
            )
            reader = writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            return writer, reader
        case other:
            raise ValueError(f"a database URL begins with sqlite: or postgresql:, not {other}:")


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
        hide_parameters=True,
        connect_args={"timeout": WAIT_SECONDS, "isolation_level": None},
    )

    @event.listens_for(engine.sync_engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        _write_ahead(connection)
        cursor = connection.cursor()
        for pragma in (
            "synchronous = FULL",
            "foreign_keys = ON",
            f"query_only = {'OFF' if role == 'writer' else 'ON'}",
            "cache_size = -16000",
            "temp_store = MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(SQLITE_BEGINS[role])

    return engine
