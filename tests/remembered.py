"""What a builder wrote, kept for the worlds that come after.

A bank of a hundred items, released and published, costs more than many a test around it, and half of all worlds begin
with the same one. So its rows are kept in the process: a builder that is called again with the same arguments, at the
same instant, on records as full as they were then, has them inserted as they were. Where anything is different it
writes them itself.
"""

from collections.abc import Awaitable, Callable, Collection, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from examengine.records.database import Database
from examengine.records.tables import metadata

T = TypeVar("T")
MOST_STATES = 12
"""Of one call; a test whose records are like nobody's before it need not be kept."""

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class _Kept:
    """The rows that a call added, and how full their tables were before it."""

    before: tuple[int, ...]
    rows: Rows
    told: Any


_kept: dict[Hashable, list[_Kept]] = {}


async def remembered(database: Database, call: Hashable, build: Callable[[], Awaitable[T]]) -> T:
    """What ``build`` answers, its rows written by it or from memory.

    Args:
        call: all that ``build`` depends on but the records: two calls that are equal write the same rows.
    """
    known = _kept.setdefault((database.writer.dialect.name, call), [])
    tables = known[0].rows if known else {}
    if tables:
        async with database.writing() as tx:
            connection = tx._connection
            before = await _how_full(connection, tables)
            for one in known:
                if one.before == before:
                    await _insert(connection, one.rows)
                    return one.told  # type: ignore[no-any-return]
    if len(known) >= MOST_STATES:
        return await build()
    async with database.reading() as tx:
        stood = await _all_rows(tx._connection)
    told = await build()
    async with database.reading() as tx:
        stands = await _all_rows(tx._connection)
    added = {name: [row for row in stands[name] if row not in stood[name]] for name in stands}
    rows = {name: new for name, new in added.items() if new}
    only_added = all(len(stands[name]) == len(stood[name]) + len(added[name]) for name in stands)
    if only_added and (not tables or list(tables) == list(rows)):
        known.append(_Kept(tuple(_fullness(stood[name], name) for name in rows), rows, told))
    return told


def _is_numbered(name: str) -> bool:
    return "id" in metadata.tables[name].c


def _fullness(rows: Collection[tuple[Any, ...]], name: str) -> int:
    """The greatest id, which comes first; of a table without, how many rows."""
    return max((row[0] for row in rows), default=0) if _is_numbered(name) else len(rows)


async def _how_full(connection: AsyncConnection, names: Iterable[str]) -> tuple[int, ...]:
    asked = ", ".join(
        f"(SELECT coalesce(max(id), 0) FROM {name})" if _is_numbered(name) else f"(SELECT count(*) FROM {name})"
        for name in names
    )
    return tuple((await connection.exec_driver_sql(f"SELECT {asked}")).one())


async def _all_rows(connection: AsyncConnection) -> dict[str, dict[tuple[Any, ...], None]]:
    found = {}
    for table in metadata.sorted_tables:
        listed = ", ".join(table.c.keys())
        rows = await connection.exec_driver_sql(f"SELECT {listed} FROM {table.name}")
        found[table.name] = dict.fromkeys(tuple(row) for row in rows)
    return found


async def _insert(connection: AsyncConnection, rows: Rows) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    for name, new in rows.items():
        columns = metadata.tables[name].c.keys()
        places = ", ".join("?" if is_sqlite else f"${place}" for place, _ in enumerate(columns, 1))
        await connection.exec_driver_sql(f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({places})", new)
    if not is_sqlite:
        moved = (
            f"setval(pg_get_serial_sequence('{name}', 'id'), {new[-1][0]})"
            for name, new in rows.items()
            if _is_numbered(name)
        )
        await connection.exec_driver_sql(f"SELECT {', '.join(moved)}")
