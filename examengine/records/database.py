"""The database and its transactions, the same for SQLite and PostgreSQL.

What differs stays in this module and in ``engines``. SQLite has one writer connection whose transactions begin with
``BEGIN IMMEDIATE``, so everything that decides is alone; PostgreSQL takes row locks (``FOR NO KEY UPDATE``), which
SQLite silently drops.

What a statement costs on SQLite is the hop to the connection's thread, not the statement. ``glancing`` with a fixed
statement takes none; a transaction begins with its first statement, ``fetch_each`` asks several in one hop, ``put``
writes several, and ``end_with`` runs the last ones and commits. Fixed statements of a transaction that writes are run
in the event loop, and only what waits for the disk or for another process is a hop: a decision is one.
"""

import asyncio
import hashlib
import sqlite3
import time
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import Executable, Row, Table, exc, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import Pool

from examengine.logs import step
from examengine.records import bulk, fixed, migrate
from examengine.records.at_hand import AtHand
from examengine.records.engines import COMMIT, OURS, ROLLBACK, begins, engines
from examengine.records.errors import Conflict, Missing, RecordsError, Unavailable, WrongSchema
from examengine.records.fixed import PASSING, Ask, Fixed, Rows, Write
from examengine.records.here import Here

__all__ = ["Conflict", "Database", "Missing", "Reading", "RecordsError", "Unavailable", "Writing", "WrongSchema"]

CHUNK = 500
"""Values in one IN list."""

Values = Mapping[str, Any]
AnyRow = Row[*tuple[Any, ...]]


class Reading:
    """A transaction that reads one consistent state. It begins with its first statement."""

    _writes = False

    def __init__(self, connection: AsyncConnection, begins: str = "") -> None:
        """``begins``: the word that begins it, "" where every statement stands alone."""
        self._connection = connection
        self._begins = begins
        self._is_ended = not begins

    @property
    def is_sqlite(self) -> bool:
        return self._connection.dialect.name == "sqlite"

    async def rows(self, statement: Executable, values: Values | None = None) -> Sequence[AnyRow]:
        found: Sequence[AnyRow] = (await self._execute(statement, values)).all()
        return found

    async def row(self, statement: Executable, values: Values | None = None) -> AnyRow | None:
        """The first row, or None."""
        found: AnyRow | None = (await self._execute(statement, values)).first()
        return found

    async def value(self, statement: Executable, values: Values | None = None) -> Any:
        """The first column of the first row, or None."""
        return (await self._execute(statement, values)).scalar()

    async def fetch(self, statement: Fixed, values: Values) -> Rows:
        """What a fixed statement answers, values in the order of its columns."""
        return (await self.fetch_each((statement, values)))[0]

    async def fetch_each(self, *asked: Ask) -> list[Rows]:
        """What several fixed statements answer, one after another; on SQLite one hop to the connection's thread."""
        return await fixed.each(self._connection, *asked, begins=self._begun(), writes=self._writes)

    async def end(self, word: str) -> None:
        """End it, where it was begun and nothing has ended it yet."""
        if not (self._begins or self._is_ended):
            await fixed.say(self._connection, word)

    def _begun(self) -> str:
        """The word that has still to be said before the next statement."""
        begins, self._begins = self._begins, ""
        return begins

    async def _begin(self) -> None:
        """Say that word by itself, for what does not take it along."""
        begins = self._begun()
        if begins:
            await fixed.say(self._connection, begins)

    async def _execute(self, statement: Executable, values: Values | Sequence[Values] | None = None) -> Any:
        await self._begin()
        return await self._connection.execute(statement, values)


class Writing(Reading):
    """A transaction that writes; commits when its block ends, rolls back when the block raises."""

    _writes = True

    async def put(self, *writes: Write) -> None:
        """Run fixed statements that write and need nothing of each other, with their values."""
        await fixed.put(self._connection, *writes, begins=self._begun())

    async def hold(self, *asked: Ask) -> None:
        """Take the locks of fixed statements whose parameters are whole numbers or lists of them; SQLite's writer is
        alone anyway.
        What is decided on is read after that, by another statement.
        """
        if not self.is_sqlite:
            await fixed.hold(self._connection, *asked, begins=self._begun())

    async def end_with(self, *asked: Ask) -> list[Rows]:
        """Run the transaction's last fixed statements and commit it, on SQLite in one hop; what each answers. What is
        to be undone has to raise before: nothing else may follow in it.
        """
        begins, self._is_ended = self._begun(), True
        return await fixed.each(self._connection, *asked, begins=begins, ends=COMMIT, writes=True)

    async def put_and_end(self, *writes: Write) -> None:
        """What :meth:`put` does, as the transaction's last act, and commit; on SQLite in one hop."""
        if self.is_sqlite:
            await self.end_with(*writes)
            return
        await self.put(*writes)
        await fixed.say(self._connection, COMMIT)
        self._is_ended = True

    async def run(self, statement: Executable, values: Values | Sequence[Values] | None = None) -> int:
        """Run a statement; the number of rows it touched."""
        return int((await self._execute(statement, values)).rowcount)

    async def insert(self, table: Table, values: Values) -> int:
        """Insert one row; its id."""
        result = await self._execute(insert(table).returning(table.c.id), values)
        return int(result.scalar_one())

    async def insert_all(self, table: Table, rows: Sequence[Values]) -> None:
        """Insert many rows of a table without asking for their ids; in parts, so that others are served between."""
        for start in range(0, len(rows), CHUNK):
            await self._execute(insert(table), rows[start : start + CHUNK])

    async def insert_numbered(self, table: Table, rows: Sequence[Values]) -> list[int]:
        """Insert many rows; their ids, in the order of ``rows``."""
        if not rows:
            return []
        if self.is_sqlite:  # which would run one statement a row
            await self._begin()
            ids = await bulk.next_numbers(self._connection, table, len(rows))
            await self.insert_all(table, [{**row, "id": given} for row, given in zip(rows, ids, strict=True)])
            return ids
        statement = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        return [int(value) for value in (await self._execute(statement, rows)).scalars()]

    async def insert_unless_known(self, table: Table, values: Values, *known_by: str) -> int:
        """Insert one row unless one with the same ``known_by`` columns stands there; the number of rows inserted."""
        new = sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)
        return await self.run(new.values(**values).on_conflict_do_nothing(index_elements=list(known_by)))

    async def lock_name(self, name: str) -> None:
        """Hold the act called ``name`` alone until the transaction ends; SQLite's writer is alone anyway."""
        if not self.is_sqlite:
            number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
            await self._execute(select(func.pg_advisory_xact_lock(number)))


class Database:
    """An opened database. ``writer`` and ``reader`` are SQLAlchemy's engines, for tests and metrics."""

    def __init__(self, writer: AsyncEngine, reader: AsyncEngine) -> None:
        self._engines = writer, reader
        self._at_hand: dict[Pool, AtHand] = {}
        self._here: Here | None = None

    @property
    def is_sqlite(self) -> bool:
        return self._engines[0].dialect.name == "sqlite"

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
            async with database._taken(reader) as connection:
                await fixed.say(connection, begins(reader, "reader"))
                await connection.run_sync(migrate.check)
                await fixed.say(connection, ROLLBACK)
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        if self._here is not None:
            self._here.close()
        await self.reader.dispose()
        await self.writer.dispose()

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[Writing]:
        """A transaction that writes; see the module about how it excludes others.

        Raises:
            Conflict, Unavailable: nothing was written. (Where the connection broke during the commit it may have
            been: whoever repeats must be recognisable by intent or source.)
        """
        engine = self._engines[0]
        async with self._taken(engine) as connection:
            tx = Writing(connection, begins(engine, "writer"))
            yield tx
            await tx.end(COMMIT)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[Reading]:
        """A transaction that only reads.

        Raises:
            Unavailable: SQL does not answer.
        """
        engine = self._engines[1]
        async with self._taken(engine) as connection:
            tx = Reading(connection, begins(engine, "reader"))
            yield tx
            await tx.end(ROLLBACK)

    @asynccontextmanager
    async def glancing(self) -> AsyncGenerator[Reading]:
        """For one statement, which reads one state by itself: two more to begin and end would double what it costs.
        On SQLite a fixed one is read here and now (:mod:`examengine.records.here`).

        Raises:
            Unavailable: SQL does not answer.
        """
        engine = self._engines[1]
        if engine.dialect.name == "sqlite" and not fixed.is_listened_to(engine.sync_engine):
            began_s = time.perf_counter()
            with told_plainly():
                try:
                    yield _Glance(self, self._here_of(engine))
                finally:
                    step("records", began_s)
            return
        async with self._taken(engine) as connection:
            yield Reading(connection)

    def _here_of(self, engine: AsyncEngine) -> Here:
        here = self._here
        if here is None or here.engine is not engine:
            if here is not None:
                here.close()
            here = self._here = Here(engine)
        return here

    @asynccontextmanager
    async def _taken(self, engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
        """A connection; where the block raises, its return to the pool ends what was begun. The driver's own words
        begin and end transactions: SQLAlchemy's cost as much as several statements.
        """
        began_s, at_hand = time.perf_counter(), self._at_hand_of(engine)
        with told_plainly():
            try:
                connection = await at_hand.take()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, sqlite3.Error) as error:
                raise Unavailable(type(error).__name__) from error
            try:
                yield connection
            except BaseException:
                await asyncio.shield(asyncio.ensure_future(connection.close()))
                raise
            else:
                await at_hand.leave(connection)
            finally:
                step("records", began_s)


class _Glance(Reading):
    """Fixed statements are read here and now; whatever else is asked takes a connection of the pool for itself."""

    def __init__(self, database: Database, here: Here) -> None:
        self._database = database
        self._here = here

    @property
    def is_sqlite(self) -> bool:
        return True

    async def rows(self, statement: Executable, values: Values | None = None) -> Sequence[AnyRow]:
        async with self._database.reading() as tx:
            return await tx.rows(statement, values)

    async def row(self, statement: Executable, values: Values | None = None) -> AnyRow | None:
        async with self._database.reading() as tx:
            return await tx.row(statement, values)

    async def value(self, statement: Executable, values: Values | None = None) -> Any:
        async with self._database.reading() as tx:
            return await tx.value(statement, values)

    async def fetch(self, statement: Fixed, values: Values) -> Rows:
        found = self._here.rows(statement, values)
        if found is None:
            async with self._database.reading() as tx:
                return await tx.fetch(statement, values)
        return found

    async def fetch_each(self, *asked: Ask) -> list[Rows]:
        return [await self.fetch(statement, values) for statement, values in asked]


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
