"""Many rows at once, a part of a statement with others; and which ids they will get."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Table,
    bindparam,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from examengine.records.among import as_rows
from examengine.records.fixed import Fixed, Values, Write


class Filling:
    """Statements that insert rows of a table and are made once, however many rows there are: on PostgreSQL one from
    arrays, on SQLite one a row.
    """

    def __init__(self, table: Table, *names: str) -> None:
        """``names``: the columns that rows give; none named: all but one that SQL numbers."""
        given = names or tuple(column.name for column in table.columns if column is not table.autoincrement_column)
        self._names = given
        self._one = Fixed(insert(table).values({name: bindparam(name) for name in given}))
        made = as_rows([table.c[name] for name in given], "made")
        self._all = Fixed(insert(table).from_select(given, select(*(made.c[name] for name in given))))

    def writes(self, rows: Sequence[Values], *, is_sqlite: bool) -> tuple[Write, ...]:
        """What inserts them."""
        if is_sqlite:
            return tuple((self._one, row) for row in rows)
        return ((self._all, {name: [row[name] for row in rows] for name in self._names}),) if rows else ()


async def next_numbers(connection: AsyncConnection, table: Table, wanted: int) -> list[int]:
    """Ids for so many rows to come, ascending: SQLite's only writer may number them himself."""
    last = (
        await connection.execute(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": table.name})
    ).scalar()
    return [int(last or 0) + place for place in range(1, wanted + 1)]


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
