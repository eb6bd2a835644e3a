"""Rows below a row as one JSON text: what belongs to an enrolment in one statement instead of five.

Every row is an array of its columns; in which order they come is not said. For columns of numbers and texts alone.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, Select, Text, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement


class _rows_as_json(FunctionElement[str]):  # noqa: N801 - named as a function of SQL
    """Of the columns given: ``[[1,"a"],[2,null]]``."""

    type = Text()
    inherit_cache = True
    name = "rows_as_json"


@compiles(_rows_as_json, "sqlite")
def _in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_group_array(json_array({compiler.process(element.clauses, **options)}))"


@compiles(_rows_as_json, "postgresql")
def _in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    columns = compiler.process(element.clauses, **options)
    return f"CAST(coalesce(json_agg(json_build_array({columns})), '[]') AS text)"


def listed(
    columns: Sequence[ColumnElement[Any]], source: FromClause, belongs: ColumnElement[bool], to: FromClause
) -> ScalarSelect[str]:
    """The columns of the rows of ``source`` that belong to the row of ``to`` in the statement around."""
    statement: Select[str] = select(_rows_as_json(*columns)).select_from(source).where(belongs)
    return statement.correlate(to).scalar_subquery()
