"""Many ids as one value: a statement that asks for them is the same however many they are, and made once.

PostgreSQL would plan it anew for every list that is shorter than the ten ids it reckons with where it does not know,
and planning costs several times what running it does. How long one in a SELECT of its own is, it does not know.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    ScalarSelect,
    String,
    TableValuedAlias,
    Text,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import Boolean, TypeDecorator, TypeEngine


class Ids(TypeDecorator[Sequence[int]]):
    """Ids for programs; for PostgreSQL an array, for SQLite a text of JSON."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        is_array = dialect.name == "postgresql"
        return dialect.type_descriptor(ARRAY(BigInteger) if is_array else Text())

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        assert value is not None
        return list(value) if dialect.name == "postgresql" else msgspec.json.encode(list(value)).decode()


class _among(FunctionElement[bool]):  # noqa: N801 - named as a function of SQL
    """Whether a column is one of many ids."""

    type = Boolean()
    inherit_cache = True
    name = "among"


@compiles(_among, "sqlite")
def _in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    column, wanted = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({wanted}))"  # noqa: S608 - both are compiled


@compiles(_among, "postgresql")
def _in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    column, wanted = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} = ANY (CAST((SELECT {wanted}) AS BIGINT[]))"


def a_list(name: str, kind: TypeEngine[Any]) -> ScalarSelect[Any]:
    """The parameter of that name, a list of values; for ``unnest`` on PostgreSQL."""
    return select(bindparam(name, type_=kind)).scalar_subquery()


def as_rows(given: Sequence[Column[Any]], name: str) -> TableValuedAlias:
    """Rows of these columns, each column given as a list under its own name; PostgreSQL alone can."""
    kinds = [(column.name, Text() if isinstance(column.type, String) else column.type) for column in given]
    sent = func.unnest(*(a_list(told, ARRAY(kind)) for told, kind in kinds))
    return sent.table_valued(*(told for told, _ in kinds)).render_derived(name=name)


def among(column: ColumnElement[int], name: str = "wanted") -> ColumnElement[bool]:
    """Whether a column is one of the ids that are given under that name."""
    return _among(column, bindparam(name, type_=Ids()))
