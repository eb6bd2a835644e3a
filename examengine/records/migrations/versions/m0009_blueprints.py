"""Blueprints."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "blueprints",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("bank_id", Id, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False, comment="revision, from 1"),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON"),
        sa.Column(
            "rulebook_digest",
            sa.String(80),
            nullable=False,
            comment="the rules it was written for, kept here or not",
        ),
        sa.Column("by_person", Id),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("no >= 1", name=op.f("ck_blueprints_no")),
        sa.ForeignKeyConstraint(["bank_id"], ["banks.id"], name=op.f("fk_blueprints_bank_id")),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_blueprints_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blueprints")),
        sa.UniqueConstraint("bank_id", "name", "no", name=op.f("uq_blueprints_bank_id_name_no")),
        comment="Revisions of blueprints; never changed.",
        sqlite_autoincrement=True,
    )
