"""The schema in words: ``python -m examengine.records.describe > docs/schema.md``; a test compares the two."""

import sys
from collections.abc import Iterator

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

from examengine.records.tables import metadata

HEAD = """# The schema

Made by `python -m examengine.records.describe > docs/schema.md` from `examengine/records/tables/`; a test
compares the two. Types are PostgreSQL's; SQLite has the same tables. Times (`_ms`) are milliseconds since
1970-01-01T00:00Z. `*_enc` columns hold AES-256-GCM under the person's own key (`person_keys`), bound to table, column
and person.
"""
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def describe() -> str:
    """The whole schema as Markdown, tables by name."""
    return "\n".join([HEAD, *(line for name in sorted(metadata.tables) for line in _table(metadata.tables[name]))])


def _table(table: Table) -> Iterator[str]:
    yield f"## {table.name}\n"
    yield f"{table.comment}\n"
    yield "| column | type | null | default | about |"
    yield "|---|---|---|---|---|"
    for column in table.columns:
        yield f"| {' | '.join(_column(column))} |"
    yield ""
    rules = sorted(_rules(table))
    if rules:
        yield "\n".join(f"- {rule}" for rule in rules) + "\n"


def _column(column: Column[object]) -> tuple[str, ...]:
    target = next(iter(column.foreign_keys), None)
    about = [part for part in (column.comment, f"→ {target.target_fullname}" if target else None) if part]
    default = getattr(column.server_default, "arg", "")
    return (
        f"**{column.name}**" if column.primary_key else column.name,
        column.type.compile(_DIALECT).lower(),
        "null" if column.nullable else "",
        f"'{default}'" if column.server_default is not None else "",
        "; ".join(about),
    )


def _rules(table: Table) -> Iterator[str]:
    for constraint in table.constraints:
        match constraint:
            case CheckConstraint():
                yield f"check {constraint.sqltext}"
            case UniqueConstraint():
                yield f"unique ({', '.join(column.name for column in constraint.columns)})"
            case ForeignKeyConstraint() if len(constraint.columns) > 1:
                yield f"foreign key ({', '.join(column.name for column in constraint.columns)})"
    for index in table.indexes:
        yield _index(index)


def _index(index: Index) -> str:
    where = index.dialect_options["postgresql"]["where"]
    names = ", ".join(column.name for column in index.columns)
    return f"{'unique ' if index.unique else ''}index ({names}){'' if where is None else f' where {where}'}"


if __name__ == "__main__":
    sys.stdout.write(describe())
