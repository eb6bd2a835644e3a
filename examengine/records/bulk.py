"""Rows by the hundred: PostgreSQL takes them as one COPY, SQLite in one hop to its thread."""

from collections.abc import Sequence
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import BigInteger, ColumnElement, Table, func, insert, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from examengine.records import fixed
from examengine.records.fixed import LOST, Values
from examengine.records.packing import Packed, pack


async def put(connection: AsyncConnection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows that all give the same columns.

    Raises:
        Conflict, Unavailable, RecordsError: none of them was written.
    """
    sync = connection.sync_connection
    assert sync is not None
    if not rows:
        return
    if sync.dialect.name == "sqlite" or fixed.is_listened_to(sync.engine):
        await connection.execute(insert(table), rows)
        return
    driver: Any = sync.connection.driver_connection
    columns = list(rows[0])
    packed = {name for name in columns if isinstance(table.c[name].type, Packed)}
    records = [[_kept(row[name]) if name in packed else row[name] for name in columns] for row in rows]
    try:
        await driver.copy_records_to_table(table.name, records=records, columns=columns)
    except asyncpg.PostgresError:
        raise
    except LOST as error:
        await fixed.lost(connection, error)


def _kept(text: str | None) -> bytes | None:
    return None if text is None else pack(text)


async def numbers(connection: AsyncConnection, table: Table, wanted: int) -> list[int]:
    """Ids for so many rows to come, ascending, that no other row will get."""
    if connection.dialect.name == "sqlite":  # its only writer may number them beforehand
        last = (
            await connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
        ).scalar()
        return [int(last or 0) + place for place in range(1, wanted + 1)]
    sequence = func.nextval(func.pg_get_serial_sequence(table.name, "id"))
    given = await connection.execute(select(sequence).select_from(func.generate_series(1, wanted)))
    return sorted(int(value) for value in given.scalars())


class _next_number(FunctionElement[int]):  # noqa: N801 - named as a function of SQL
    """Of the name of a table, quoted."""

    type = BigInteger()
    inherit_cache = True
    name = "next_number"


@compiles(_next_number, "sqlite")
def _in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    name = compiler.process(element.clauses, **options)
    return f"(coalesce((SELECT seq FROM sqlite_sequence WHERE name = {name}), 0) + 1)"  # noqa: S608 - quoted


@compiles(_next_number, "postgresql")
def _in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"nextval(pg_get_serial_sequence({compiler.process(element.clauses, **options)}, 'id'))"


def next_number(table: Table) -> ColumnElement[int]:
    """The id of a row to come that no other row will get, as a column of a statement of one row; on SQLite in the
    transaction that writes it.
    """
    return _next_number(literal_column(f"'{table.name}'"))
