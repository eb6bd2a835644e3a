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
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import Connection, Executable, Row, Table, event, exc, func, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool

from examengine.logs import step
from examengine.records import fixed, migrate
from examengine.records.at_hand import AtHand
from examengine.records.errors import Conflict, Missing, RecordsError, Unavailable, WrongSchema
from examengine.records.fixed import PASSING, Fixed, Write

__all__ = ["Conflict", "Database", "Missing", "Reading", "RecordsError", "Unavailable", "Writing", "WrongSchema"]

WAIT_SECONDS = 15
"""How long a transaction waits for a connection or a lock before the records count as unavailable."""
STATEMENT_SECONDS = 60
LOCKED_SECONDS = 0.02
"""Between two tries to turn a SQLite file to write-ahead."""
SQLITE_READERS = 4
SQLITE_BEGINS = {"writer": "BEGIN IMMEDIATE", "reader": "BEGIN"}
POSTGRES_BEGINS = {"writer": "BEGIN", "reader": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}
OURS = "examengine_begins"
"""Option of connections whose transactions are begun here, not by SQLAlchemy."""
CHUNK = 500
"""Values in one IN list."""
SCHEMA = "examengine_schema"
"""In the query of a PostgreSQL URL: the schema that holds our tables, where it is not the role's own."""

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

    async def fetch(self, statement: Fixed, values: Values) -> Sequence[Sequence[Any]]:
        """What a fixed statement answers, values in the order of its columns."""
        return await fixed.rows(self._connection, statement, values)


class Writing(Reading):
    """A transaction that writes; commits when its block ends, rolls back when the block raises."""

    async def put(self, *writes: Write) -> None:
        """Run fixed statements that write and need nothing of each other, with their values."""
        await fixed.put(self._connection, *writes)

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
        self._engines = writer, reader
        self._at_hand: dict[Pool, AtHand] = {}

    @property
    def writer(self) -> AsyncEngine:
        """The engine; its pool has all of its connections back that are not in use."""
        self._give_back()
        return self._engines[0]

    @writer.setter
    def writer(self, engine: AsyncEngine) -> None:
        self._engines = engine, self._engines[1]

    @property
    def reader(self) -> AsyncEngine:
        self._give_back()
        return self._engines[1]

    @reader.setter
    def reader(self, engine: AsyncEngine) -> None:
        self._engines = self._engines[0], engine

    def _at_hand_of(self, engine: AsyncEngine) -> AtHand:
        """One for both roles where they share a pool, or each would starve the other."""
        known = self._at_hand.get(engine.pool)
        if known is None:
            reader = self._engines[1]  # which hears the events of the writer where it was made from it
            source = reader if reader.pool is engine.pool else engine
            known = self._at_hand[engine.pool] = AtHand(source.execution_options(**{OURS: True}))
        return known

    def _give_back(self) -> None:
        for at_hand in self._at_hand.values():
            at_hand.give_back()

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
            async with database._begun(reader, "reader", "ROLLBACK") as connection:
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
        async with self._begun(self._engines[0], "writer", "COMMIT") as connection:
            yield Writing(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Reading]:
        """A transaction that only reads.

        Raises:
            Unavailable: SQL does not answer.
        """
        async with self._begun(self._engines[1], "reader", "ROLLBACK") as connection:
            yield Reading(connection)

    @asynccontextmanager
    async def glancing(self) -> AsyncGenerator[Reading]:
        """For one statement, which reads one state by itself: two more to begin and end would double what it costs.

        Raises:
            Unavailable: SQL does not answer.
        """
        async with self._begun(self._engines[1]) as connection:
            yield Reading(connection)

    @asynccontextmanager
    async def _begun(self, engine: AsyncEngine, role: str = "", ends: str = "") -> AsyncGenerator[AsyncConnection]:
        """A connection in a transaction; where the block raises, its return to the pool ends that. The driver's own
        words begin and end it: SQLAlchemy's cost as much as several statements.
        """
        began_s, at_hand = time.perf_counter(), self._at_hand_of(engine)
        with told_plainly():
            try:
                connection = await at_hand.take()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error) as error:
                raise Unavailable(type(error).__name__) from error
            try:
                if role:
                    begins = SQLITE_BEGINS if engine.dialect.name == "sqlite" else POSTGRES_BEGINS
                    await fixed.say(connection, begins[role])
                yield connection
                if ends:
                    await fixed.say(connection, ends)
            except BaseException:
                await asyncio.shield(asyncio.ensure_future(connection.close()))
                raise
            else:
                await at_hand.leave(connection)
            finally:
                step("records", began_s)


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
    except (asyncpg.PostgresError, sqlite3.Error) as error:
        told = fixed.told_by_driver(error)
        if told is None:
            raise
        raise told from (error if isinstance(told, Unavailable) else None)


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

    @event.listens_for(engine.sync_engine, "reset")
    def end(connection: Any, _record: Any, state: Any) -> None:
        if state.asyncio_safe and connection.driver_connection.in_transaction:
            connection.rollback()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get(OURS):
            connection.exec_driver_sql(SQLITE_BEGINS[role])

    return engine
