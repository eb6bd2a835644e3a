"""Statements that are made once and go to the driver as they are: what a start, a page and a hand-in ask SQL for.

SQLAlchemy makes the text of a statement once for each kind of database. After that its cursor and its result cost
several times what the driver takes, on SQLite four hops to the connection's thread instead of one; so a fixed
statement is given to the driver itself, on the connection and in the transaction of all others. Rows come as tuples.
"""

import re
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, NoReturn

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import ARRAY, ClauseElement, Connection, Engine, Table, bindparam, insert
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from examengine.records.among import Ids
from examengine.records.engines import WAIT_SECONDS
from examengine.records.errors import Conflict, RecordsError, Unavailable
from examengine.records.packing import Packed, pack

_NUMBER = re.compile(r"\$(\d+)")

Values = Mapping[str, Any]
Reader = Callable[[Any], Any]

LOST = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, OSError)
"""The line to PostgreSQL is gone."""
PASSING = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
"""PostgreSQL's troubles that may be over when the transaction is tried again."""


MOST_HERE = 16
"""Statements that a transaction of SQLite runs in the event loop, one of several ids counted for each of them; more
would keep others waiting."""
_WAIT_NOT, _WAIT = "PRAGMA busy_timeout = 0", f"PRAGMA busy_timeout = {WAIT_SECONDS * 1000}"


@dataclass(frozen=True, slots=True)
class _Plan:
    """The text for one kind of database, its parameters in order, what makes the driver's values of some, what makes
    values of its columns, and which parameters are lists of ids.
    """

    text: str
    names: tuple[str, ...]
    set_here: Values
    makers: Mapping[str, Reader]
    readers: tuple[tuple[int, Reader], ...]
    lists: tuple[str, ...]

    def weight(self, values: Values) -> int:
        """Of how many things at once it is asked."""
        return max(1, sum(len(values[name]) for name in self.lists))

    def arguments(self, values: Values) -> list[Any]:
        found = [values[name] if name in values else self.set_here[name] for name in self.names]
        if not self.makers:
            return found
        of_names = zip(self.names, found, strict=True)
        return [
            value if name not in self.makers or value is None else self.makers[name](value)
            for name, value in of_names
        ]

    def read(self, rows: Sequence[Any]) -> Sequence[Sequence[Any]]:
        if not self.readers:
            return rows
        made = [list(row) for row in rows]
        for row in made:
            for place, reader in self.readers:
                row[place] = reader(row[place])
        return made


class Fixed:
    """A statement with named parameters (``bindparam``), made once. Lists of ids are one parameter: see
    :func:`examengine.records.among.among`.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self.statement: Any = statement
        self._plans: dict[str, _Plan] = {}

    def plan(self, dialect: Dialect) -> _Plan:
        known = self._plans.get(dialect.name)
        if known is None:
            known = self._plans[dialect.name] = _planned(self.statement, dialect)
        return known


Ask = tuple[Fixed, Values]
"""A statement with its values."""
Write = Ask
"""One that writes."""
Rows = Sequence[Sequence[Any]]


def inserting(table: Table) -> Fixed:
    """A row with all the table's columns but one that SQL numbers."""
    given = [column.name for column in table.columns if column is not table.autoincrement_column]
    return Fixed(insert(table).values({name: bindparam(name) for name in given}))


def _planned(statement: ClauseElement, dialect: Dialect) -> _Plan:
    compiled: Any = statement.compile(dialect=dialect)
    told: ReadOnlyColumnCollection[str, Any] | Sequence[Any] = getattr(statement, "exported_columns", ())
    impls = enumerate(column.type.dialect_impl(dialect) for column in told)
    readers = ((place, impl.result_processor(dialect, None)) for place, impl in impls)
    return _Plan(
        text=str(compiled),
        names=tuple(compiled.positiontup or ()),
        set_here={name: bind.value for name, bind in compiled.binds.items() if not bind.required},
        makers={
            name: maker
            for name, bind in compiled.binds.items()
            if (maker := _maker_of(bind.type, dialect)) is not None
        },
        readers=tuple((place, reader) for place, reader in readers if reader is not None),
        lists=tuple(name for name, bind in compiled.binds.items() if isinstance(bind.type, Ids)),
    )


def _maker_of(kind: object, dialect: Dialect) -> Reader | None:
    """What makes the driver's values of a parameter's, where that is not the value itself."""
    if isinstance(kind, Packed):
        return pack
    if isinstance(kind, ARRAY) and isinstance(kind.item_type, Packed):
        return _packed_all
    return partial(kind.process_bind_param, dialect=dialect) if isinstance(kind, Ids) else None


def _packed_all(texts: Sequence[str | None]) -> list[bytes | None]:
    return [None if text is None else pack(text) for text in texts]


async def each(
    connection: AsyncConnection, *asked: Ask, begins: str = "", ends: str = "", writes: bool = False
) -> list[Rows]:
    """Run statements one after another on the driver of a connection; what each answers, every row a tuple or list.
    On SQLite all of them, with the words before and after, are one hop to the connection's thread; of a transaction
    that ``writes`` only the last word is, where they are few and none is asked of many things at once.

    Args:
        begins: said before them, as BEGIN; ``ends``: after them, as COMMIT.

    Raises:
        Conflict, Unavailable, RecordsError: as for every other statement.
    """
    sync = connection.sync_connection
    assert sync is not None
    driver: Any = sync.connection.driver_connection
    is_sqlite = sync.dialect.name == "sqlite"
    if is_sqlite and not _is_listened_to(sync):
        plans = [(fixed.plan(sync.dialect), values) for fixed, values in asked]
        texts = [(plan.text, plan.arguments(values)) for plan, values in plans]
        # aiosqlite has no public word for several things in one hop, which costs more than any of them
        if writes and sum(plan.weight(values) for plan, values in plans) <= MOST_HERE:
            found = await _run_here(begins, driver, texts, ends)
        else:
            found = await driver._execute(_run, begins, driver, texts, ends)
        return [plan.read(rows) for (plan, _), rows in zip(plans, found, strict=True)]
    if begins:
        await say(connection, begins)
    told: list[Rows] = []
    for fixed, values in asked:
        if _is_listened_to(sync):  # tests count statements, or let them fail
            result = await connection.execute(fixed.statement, values)
            told.append(result.all() if result.returns_rows else ())
            continue
        plan = fixed.plan(sync.dialect)
        try:
            told.append(plan.read(await driver.fetch(plan.text, *plan.arguments(values))))
        except LOST as error:
            await lost(connection, error)
    if ends:
        await say(connection, ends)
    return told


def _run(begins: str, driver: Any, texts: list[tuple[str, list[Any]]], ends: str) -> list[Rows]:
    """In the thread of a connection of aiosqlite."""
    connection: sqlite3.Connection = driver._conn
    if begins:
        connection.execute(begins)
    found: list[Rows] = [connection.execute(text, arguments).fetchall() for text, arguments in texts]
    if ends:
        connection.execute(ends)
    return found


async def _run_here(begins: str, driver: Any, texts: list[tuple[str, list[Any]]], ends: str) -> list[Rows]:
    """The same in the event loop, but for what may take long: waiting for another process that writes, and COMMIT,
    which waits for the disk. Every step of a statement gives the interpreter's lock away and takes it back, and from
    beside a busy loop each of these is some system calls and up to 5 ms.
    """
    if begins and not _begun_here(driver._conn, begins):
        await driver._execute(_run, begins, driver, [], "")
    connection: sqlite3.Connection = driver._conn
    found: list[Rows] = [connection.execute(text, arguments).fetchall() for text, arguments in texts]
    if ends:
        await driver._execute(_run, "", driver, [], ends)
    return found


def _begun_here(connection: sqlite3.Connection, begins: str) -> bool:
    """Whether nobody else was writing; nothing is waited for."""
    connection.execute(_WAIT_NOT).fetchall()
    try:
        connection.execute(begins)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return False
    finally:
        connection.execute(_WAIT).fetchall()
    return True


async def put(connection: AsyncConnection, *writes: Write, begins: str = "") -> None:
    """Run statements that write, and need nothing of each other; PostgreSQL gets them as one.

    Raises:
        Conflict, Unavailable, RecordsError: none of them has written anything.
    """
    sync = connection.sync_connection
    assert sync is not None
    if sync.dialect.name == "sqlite" or _is_listened_to(sync):
        await each(connection, *writes, begins=begins, writes=True)
        return
    if begins:
        await say(connection, begins)
    plans = [(fixed.plan(sync.dialect), values) for fixed, values in writes]
    text = _together(tuple(plan.text for plan, _ in plans))
    driver: Any = sync.connection.driver_connection
    try:
        await driver.execute(text, *(value for plan, values in plans for value in plan.arguments(values)))
    except LOST as error:
        await lost(connection, error)


async def hold(connection: AsyncConnection, *asked: Ask, begins: str = "") -> None:
    """Take the locks of statements of PostgreSQL whose parameters are whole numbers or lists of them, with the word
    before in one go; what they answer is nobody's.

    Raises:
        Unavailable, RecordsError: as for every other statement.
    """
    sync = connection.sync_connection
    assert sync is not None
    if _is_listened_to(sync):
        await each(connection, *asked, begins=begins)
        return
    await say(
        connection, "; ".join([*([begins] if begins else []), *(_written_out(sync.dialect, *one) for one in asked)])
    )


def _written_out(dialect: Dialect, fixed: Fixed, values: Values) -> str:
    plan = fixed.plan(dialect)
    texts = [_whole(value) for value in plan.arguments(values)]
    return _NUMBER.sub(lambda found: texts[int(found[1]) - 1], plan.text)


def _whole(value: int | Sequence[int]) -> str:
    """A whole number, or a list of them, as it stands in a statement's text."""
    return str(int(value)) if isinstance(value, int) else f"'{{{','.join(str(int(one)) for one in value)}}}'"


@cache
def _together(texts: tuple[str, ...]) -> str:
    """Statements as parts of one, their parameters numbered on."""
    parts, before = [], 0
    for no, text in enumerate(texts):
        numbers = {int(number) for number in _NUMBER.findall(text)}
        moved = _NUMBER.sub(lambda found, by=before: f"${int(found[1]) + by}", text)  # type: ignore[misc]
        parts.append(f"s{no} AS ({moved})")
        before += max(numbers, default=0)
    return f"WITH {', '.join(parts)} SELECT 1"


async def lost(connection: AsyncConnection, error: Exception) -> NoReturn:
    """The line broke, or a value does not fit; the connection is not used again where it broke."""
    if isinstance(error, asyncpg.DataError):  # an InterfaceError too, which quotes the value
        raise RecordsError(type(error).__name__) from None
    with suppress(Exception):
        await connection.invalidate()
    raise Unavailable(type(error).__name__) from error


async def say(connection: AsyncConnection, text: str) -> None:
    """Say a word of the driver's own: BEGIN, COMMIT."""
    sync = connection.sync_connection
    assert sync is not None
    driver: Any = sync.connection.driver_connection
    try:
        await (driver.execute_fetchall(text) if sync.dialect.name == "sqlite" else driver.execute(text))
    except LOST as error:
        await lost(connection, error)


def _is_listened_to(connection: Connection) -> bool:
    return is_listened_to(connection.engine)


def is_listened_to(engine: Engine) -> bool:
    """Whether somebody hears of every statement: then they go by SQLAlchemy."""
    return bool(engine.dispatch.before_cursor_execute)


def told_by_driver(error: Exception) -> Exception | None:
    """A driver's own error as one of ours; None: it is a fault of the program. Drivers quote values in messages."""
    match error:
        case asyncpg.IntegrityConstraintViolationError():
            return Conflict(str(getattr(error, "constraint_name", "") or type(error).__name__))
        case sqlite3.IntegrityError():
            return Conflict(str(error))
        case sqlite3.ProgrammingError() | asyncpg.SyntaxOrAccessError():
            return None
        case sqlite3.OperationalError() | sqlite3.InterfaceError():
            return Unavailable(type(error).__name__)
        case _ if isinstance(error, PASSING):
            return Unavailable(type(error).__name__)
        case _:
            return RecordsError(type(error).__name__)
