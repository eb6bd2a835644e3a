"""An attempt's answers and marks, and the ends of its chain, as bytes: packed from now on."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

PACKED = {
    "attempt_answers": {
        "answers": "item version to option ids, JSON, packed",
        "detail": "marks item by item, JSON, packed",
    },
    "attempt_journals": {
        "header": "what the chain begins with, JSON, packed; null = not archived yet",
        "closing": "what it ends with: outcome, digests of the answers, JSON, packed",
    },
}


def upgrade() -> None:
    """What stands there keeps its text, as bytes: whoever reads sees by the first one that it is not packed."""
    for table, columns in PACKED.items():
        if op.get_bind().dialect.name == "sqlite":
            _as_bytes(table)
            continue
        changes = (f"ALTER COLUMN {name} TYPE bytea USING convert_to({name}, 'UTF8')" for name in columns)
        op.execute(f"ALTER TABLE {table} {', '.join(changes)}")
        for name, comment in columns.items():
            op.execute(f"COMMENT ON COLUMN {table}.{name} IS '{comment}'")


def _as_bytes(table: str) -> None:
    """The values first, then what the schema says of them (in its own text, as its manual describes)."""
    connection = op.get_bind()
    values = ", ".join(f"{column} = CAST({column} AS BLOB)" for column in PACKED[table])
    connection.exec_driver_sql(f"UPDATE {table} SET {values}")  # noqa: S608
    known = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
    declared = str(connection.execute(known, {"name": table}).scalar_one())
    for column in PACKED[table]:
        text = declared.replace(f"\t{column} TEXT", f"\t{column} BLOB", 1)
        if text == declared:
            raise RuntimeError(f"{table} is not as its migrations left it")
        declared = text
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name"),
        {"sql": declared, "name": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
