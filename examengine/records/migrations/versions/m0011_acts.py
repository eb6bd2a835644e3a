"""Acts of the desk: requests about a person as a whole, calls, letting in again, what one agent may do alone."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BOUNDED = sa.text("act IN ('grant', 'extra_time', 'let_in', 'reveal_person')")


def upgrade() -> None:
    _requests_name_their_person()
    op.create_index(
        "ix_audit_bounded", "audit", ["person_id", "at_ms"], sqlite_where=BOUNDED, postgresql_where=BOUNDED
    )
    op.create_table(
        "bounds",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=False, comment="in 24 hours"),
        sa.Column("at_once", sa.Integer(), nullable=False, comment="in one act"),
        sa.Column("on_one_person", sa.Integer(), nullable=False, comment="acts on one person in seven days"),
        sa.Column("by_person", Id, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "measure IN ('attempts', 'minutes', 'let_ins', 'reveals')", name=op.f("ck_bounds_measure")
        ),
        sa.CheckConstraint(
            "at_once >= 1 AND per_day >= at_once AND on_one_person >= 1", name=op.f("ck_bounds_bounds")
        ),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_bounds_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bounds")),
        comment=(
            "What one agent of the desk may do without a second person; append-only, the newest of a measure counts."
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "calls",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column(
            "identity", sa.String(length=40), nullable=False, comment="how the caller was known to be the person"
        ),
        sa.Column("note_enc", sa.LargeBinary(), nullable=False, comment="what was said, under the person's key"),
        sa.Column(
            "recording", sa.String(length=60), server_default="", nullable=False, comment="number of the recording"
        ),
        sa.Column("ticket", sa.String(length=100), server_default="", nullable=False),
        sa.Column("by_person", Id, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False, comment="one call a form"),
        sa.CheckConstraint(
            "topic IN ('sign_in', 'interrupted', 'attempts', 'result', 'learning', 'personal_data', 'complaint',"
            " 'other')",
            name=op.f("ck_calls_topic"),
        ),
        sa.CheckConstraint(
            "identity IN ('document', 'phone', 'unit', 'not_checked')", name=op.f("ck_calls_identity")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_calls_person_id")),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_calls_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("source", name=op.f("uq_calls_source")),
        comment="Calls noted by the desk, append-only.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_calls_person_id", "calls", ["person_id", "at_ms"], unique=False)
    op.create_index("ix_calls_by_person", "calls", ["by_person", "at_ms"], unique=False)
    op.create_table(
        "let_ins",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column(
            "new_password",
            sa.Boolean(),
            nullable=False,
            comment="a one-time password took the place of the old one",
        ),
        sa.Column(
            "nonce",
            sa.String(length=64),
            nullable=False,
            comment="of the form; the one-time password is made from it",
        ),
        sa.Column("reason_category", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False),
        sa.Column("ticket", sa.String(length=100), server_default="", nullable=False),
        sa.Column("by_person", Id, nullable=False),
        sa.Column("second_person", Id, nullable=True, comment="who approved it"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False, comment="one a form"),
        sa.CheckConstraint("second_person <> by_person", name=op.f("ck_let_ins_two_persons")),
        sa.CheckConstraint("by_person <> person_id", name=op.f("ck_let_ins_not_for_oneself")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_let_ins_person_id")),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_let_ins_by_person")),
        sa.ForeignKeyConstraint(["second_person"], ["people.id"], name=op.f("fk_let_ins_second_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_let_ins")),
        sa.UniqueConstraint("source", name=op.f("uq_let_ins_source")),
        comment="Candidates let in again: limits lifted, old sessions ended; append-only.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_let_ins_person_id", "let_ins", ["person_id"], unique=False)


def _requests_name_their_person() -> None:
    op.add_column("approvals", sa.Column("person_id", Id, nullable=True, comment="whose record it is about"))
    op.execute(
        "UPDATE approvals SET person_id ="
        " (SELECT person_id FROM enrolments WHERE enrolments.id = approvals.enrolment_id)"
    )
    recreate: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("approvals", recreate=recreate, table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("person_id", existing_type=Id, nullable=False, existing_comment="whose record it is about")
        batch.alter_column("enrolment_id", existing_type=Id, nullable=True, comment="null = the person as a whole")
        batch.create_foreign_key(op.f("fk_approvals_person_id"), "people", ["person_id"], ["id"])
        batch.create_index(op.f("ix_approvals_person_id"), ["person_id"])
