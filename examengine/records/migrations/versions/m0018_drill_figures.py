"""Drills: how soon papers were there, and how many requests failed."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, comment in (
        ("starts_p99_ms", "until the paper was there, 99 of 100"),
        ("errors", "requests that failed"),
    ):
        op.add_column("drills", sa.Column(name, sa.Integer(), nullable=False, server_default="0", comment=comment))
        if op.get_bind().dialect.name == "sqlite":
            _on_its_own_line("drills", f"{name} INTEGER DEFAULT '0' NOT NULL")


def _on_its_own_line(table: str, column: str) -> None:
    connection = op.get_bind()
    known = sa.text("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :name")
    text = str(connection.execute(known, {"name": table}).scalar_one())
    declared = text.replace(f", {column}, \n", f", \n\t{column}, \n", 1)
    if declared == text:
        raise RuntimeError(f"{table} is not as its migrations left it")
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name"),
        {"sql": declared, "name": table},
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
