"""Imports that can be undone, and uploads that remember what their author has put right.

SQLite writes a column that is added into the line of the last one; the table's text is then written as this program
declares it (see 0003), which changes nothing on disk.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    undone = sa.Column("undone_ms", sa.BigInteger(), comment="when it was taken back, while unused")
    work = sa.Column("work", sa.LargeBinary(), comment="how it is to be read and what was put right, encrypted")
    op.add_column("import_batches", undone)
    op.add_column("uploads", work)
    # Whoever removes a version or an item is asked by these whether it is in use; without an index a table a row.
    op.create_index("ix_item_heads_checked_id", "item_heads", ["checked_id"])
    op.create_index("ix_release_items_item_id", "release_items", ["item_id"])
    if op.get_bind().dialect.name == "sqlite":
        _on_its_own_line("import_batches", "undone_ms BIGINT")
        _on_its_own_line("uploads", "work BLOB")


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
