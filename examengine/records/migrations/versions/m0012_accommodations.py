"""Accommodations and requests for a make-up; entries that count only from an instant on.

SQLite writes a column that is added into the line of the last one; the table's text is then written as this program
declares it (see 0003 and 0006).
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    begins = sa.Column(
        "begins_ms", sa.BigInteger(), comment="an accommodation counts for attempts started from then on"
    )
    op.add_column("entries", begins)
    if op.get_bind().dialect.name == "sqlite":
        _on_its_own_line("entries", "begins_ms BIGINT")
    _make_accommodations()
    _make_requests()


def _make_accommodations() -> None:
    op.create_table(
        "accommodations",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("percent", sa.Integer(), comment="more of the rulebook's minutes"),
        sa.Column("minutes", sa.Integer(), comment="more in every attempt"),
        sa.Column(
            "breaks_minutes", sa.Integer(), server_default="0", nullable=False, comment="for breaks in every attempt"
        ),
        sa.Column(
            "document_enc", sa.LargeBinary(), nullable=False, comment="what it rests on, under the person's key"
        ),
        sa.Column("begins_ms", sa.BigInteger(), nullable=False, comment="for attempts started from then on"),
        sa.Column("expires_ms", sa.BigInteger(), comment="and before then; null = for good"),
        sa.Column("reason_category", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("ticket", sa.String(length=100), server_default="", nullable=False),
        sa.Column("by_person", Id, nullable=False),
        sa.Column("second_person", Id, comment="who approved it"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False, comment="one accommodation a form"),
        sa.CheckConstraint("percent IS NULL OR minutes IS NULL", name=op.f("ck_accommodations_one_measure")),
        sa.CheckConstraint(
            "coalesce(percent, 0) + coalesce(minutes, 0) + breaks_minutes > 0",
            name=op.f("ck_accommodations_something"),
        ),
        sa.CheckConstraint("expires_ms > begins_ms", name=op.f("ck_accommodations_validity")),
        sa.CheckConstraint("second_person <> by_person", name=op.f("ck_accommodations_two_persons")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_accommodations_person_id")),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_accommodations_by_person")),
        sa.ForeignKeyConstraint(["second_person"], ["people.id"], name=op.f("fk_accommodations_second_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accommodations")),
        sa.UniqueConstraint("source", name=op.f("uq_accommodations_source")),
        comment="Standing extra time and breaks of a person; entries of the ledger carry them into every enrolment.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_accommodations_person_id", "accommodations", ["person_id"])
    op.create_index("ix_accommodations_by_person", "accommodations", ["by_person", "at_ms"])
    op.create_table(
        "accommodation_ends",
        sa.Column("accommodation_id", Id, autoincrement=False, nullable=False),
        sa.Column("reason_category", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("ticket", sa.String(length=100), server_default="", nullable=False),
        sa.Column("by_person", Id, nullable=False),
        sa.Column("second_person", Id, comment="who approved it"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("second_person <> by_person", name=op.f("ck_accommodation_ends_two_persons")),
        sa.ForeignKeyConstraint(
            ["accommodation_id"], ["accommodations.id"], name=op.f("fk_accommodation_ends_accommodation_id")
        ),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_accommodation_ends_by_person")),
        sa.ForeignKeyConstraint(["second_person"], ["people.id"], name=op.f("fk_accommodation_ends_second_person")),
        sa.PrimaryKeyConstraint("accommodation_id", name=op.f("pk_accommodation_ends")),
        comment="Accommodations that were taken back; counter-entries stand in the ledgers.",
    )


def _make_requests() -> None:
    op.create_table(
        "grant_requests",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("enrolment_id", Id, nullable=False),
        sa.Column("note_enc", sa.LargeBinary(), comment="the candidate's words, under his key"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("decision", sa.String(length=40), comment="null = waits"),
        sa.Column("decided_by", Id, comment="null = the candidate himself, or still waiting"),
        sa.Column("decided_ms", sa.BigInteger()),
        sa.Column(
            "answer", sa.String(length=500), server_default="", nullable=False, comment="what the candidate is told"
        ),
        sa.Column("entry_id", Id, comment="the grant"),
        sa.CheckConstraint(
            "decision IN ('granted', 'refused', 'withdrawn')", name=op.f("ck_grant_requests_decision")
        ),
        sa.CheckConstraint("(decided_ms IS NULL) = (decision IS NULL)", name=op.f("ck_grant_requests_decided")),
        sa.CheckConstraint(
            "decision IN ('granted', 'refused') OR decided_by IS NULL", name=op.f("ck_grant_requests_by")
        ),
        sa.CheckConstraint("entry_id IS NULL OR decision = 'granted'", name=op.f("ck_grant_requests_entry")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name=op.f("fk_grant_requests_enrolment_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_grant_requests_decided_by")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_grant_requests_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grant_requests")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_grant_requests_entry_id")),
        comment="Candidates who ask for make-up study and exam (S2024-23); one of an enrolment waits at a time.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_grant_requests_enrolment_id", "grant_requests", ["enrolment_id"])
    op.create_index(
        "uq_grant_requests_waiting",
        "grant_requests",
        ["enrolment_id"],
        unique=True,
        sqlite_where=sa.text("decision IS NULL"),
        postgresql_where=sa.text("decision IS NULL"),
    )


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
