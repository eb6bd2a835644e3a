"""When the whole path could hear candidates, and what a person must decide."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

ENTRY_KINDS = (
    "kind IN ('grant', 'compensate_attempts', 'extra_time', 'compensate_minutes', 'accommodate_percent', "
    "'accommodate_minutes', 'void', 'rescore', 'undo'{more})"
)


def upgrade() -> None:
    op.create_table(
        "hearing",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("began_ms", sa.BigInteger(), nullable=False, comment="the first proof of the stretch"),
        sa.Column("until_ms", sa.BigInteger(), nullable=False, comment="the last one: between them there was no gap"),
        sa.Column(
            "slots", sa.String(length=16), nullable=False, comment="the slots that were heard: 64 bits, hexadecimal"
        ),
        sa.CheckConstraint("until_ms >= began_ms", name=op.f("ck_hearing_stretch")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hearing")),
        comment="Stretches of time in which the path from web over Redis to SQL was proved to work.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hearing_until_ms", "hearing", ["until_ms"], unique=False)
    op.create_table(
        "hearing_cases",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("attempt_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "deaf_from_ms", sa.BigInteger(), nullable=False, comment="since when the candidate could not be heard"
        ),
        sa.Column("deaf_until_ms", sa.BigInteger(), nullable=False, comment="until when"),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False, comment="the candidate's last sign of life"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column(
            "decision", sa.String(length=40), nullable=True, comment="null = waits for a person, or needs none"
        ),
        sa.Column("decided_by", Id, nullable=True),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.Column("reason_category", sa.String(length=40), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("ticket", sa.String(length=100), server_default="", nullable=False),
        sa.CheckConstraint(
            "kind IN ('auto_submitted', 'undecided', 'lost', 'leave_excused')", name=op.f("ck_hearing_cases_kind")
        ),
        sa.CheckConstraint("decision IN ('hand_in', 'absent')", name=op.f("ck_hearing_cases_decision")),
        sa.CheckConstraint(
            "(decided_by IS NULL) = (decision IS NULL) AND (decided_ms IS NULL) = (decision IS NULL)",
            name=op.f("ck_hearing_cases_decided"),
        ),
        sa.CheckConstraint("decision IS NULL OR kind IN ('undecided', 'lost')", name=op.f("ck_hearing_cases_waits")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_hearing_cases_attempt_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_hearing_cases_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hearing_cases")),
        sa.UniqueConstraint("attempt_id", "kind", name=op.f("uq_hearing_cases_attempt_id_kind")),
        comment="Attempts whose end fell into a time in which we could not hear, and who decided about them.",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_hearing_cases_waiting",
        "hearing_cases",
        ["id"],
        unique=False,
        sqlite_where=sa.text("kind IN ('undecided', 'lost') AND decision IS NULL"),
        postgresql_where=sa.text("kind IN ('undecided', 'lost') AND decision IS NULL"),
    )
    _recheck("entries", "kind", ENTRY_KINDS.format(more=""), ENTRY_KINDS.format(more=", 'hand_in'"))
    _recheck(
        "entries",
        "amount",
        "kind IN ('void', 'undo') OR amount IS NOT NULL",
        "kind IN ('void', 'undo', 'hand_in') OR amount IS NOT NULL",
    )
    _recheck(
        "entries",
        "attempt",
        "kind NOT IN ('void', 'rescore') OR attempt_id IS NOT NULL",
        "kind NOT IN ('void', 'rescore', 'hand_in') OR attempt_id IS NOT NULL",
    )
    _recheck(
        "outbox",
        "kind",
        "kind IN ('deadline', 'void', 'session')",
        "kind IN ('deadline', 'void', 'session', 'hand_in')",
    )


def _recheck(table: str, name: str, before: str, after: str) -> None:
    """Let a CHECK take more. SQLite: in its schema's text, as its manual describes for CHECKs. A copy of the table
    would take its foreign keys along.
    """
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, after)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after)"
            " WHERE type = 'table' AND name = :name AND instr(sql, :before) > 0"
        ),
        {"name": table, "before": before, "after": after},
    ).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise RuntimeError(f"{table} has no such check: {before}")
