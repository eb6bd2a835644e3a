"""Checks before publishing, and who signed them; drills, backups, duties, the hotline."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "check_signatures",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("digest", sa.String(length=80), nullable=False, comment="the rulebook, kept here or not"),
        sa.Column("release_id", Id, nullable=False),
        sa.Column("blueprint_id", Id, nullable=True, comment="null = the rulebook's own"),
        sa.Column("kind", sa.String(length=40), nullable=False, comment="the check"),
        sa.Column(
            "finding",
            sa.String(length=40),
            nullable=False,
            comment="what it said: another finding is to be signed anew",
        ),
        sa.Column("facts", sa.Text(), nullable=False, comment="what was seen, JSON"),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("by_person", Id, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column(
            "source", sa.String(length=200), nullable=False, comment="the form: sent twice, it is one signature"
        ),
        sa.ForeignKeyConstraint(["blueprint_id"], ["blueprints.id"], name=op.f("fk_check_signatures_blueprint_id")),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_check_signatures_by_person")),
        sa.ForeignKeyConstraint(["release_id"], ["releases.id"], name=op.f("fk_check_signatures_release_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_signatures")),
        sa.UniqueConstraint("source", name=op.f("uq_check_signatures_source")),
        comment="Who answers for publishing although a check was red, append-only.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_check_signatures_release_id", "check_signatures", ["release_id", "digest"], unique=False)
    op.create_table(
        "drills",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False, comment="when it ended"),
        sa.Column("people", sa.Integer(), nullable=False, comment="sat at once"),
        sa.Column("minutes", sa.Integer(), nullable=False, comment="within which all of them started"),
        sa.Column("p99_ms", sa.Integer(), nullable=False, comment="until an answer was acknowledged, 99 of 100"),
        sa.Column(
            "lost",
            sa.Integer(),
            nullable=False,
            comment="acknowledged answers that were not in the record afterwards",
        ),
        sa.Column("configuration", sa.Text(), nullable=False, comment="of what was drilled, JSON"),
        sa.CheckConstraint(
            "people > 0 AND minutes > 0 AND p99_ms >= 0 AND lost >= 0", name=op.f("ck_drills_figures")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drills")),
        comment="Capacity drills: how many can sit at once on this installation, append-only.",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "backups",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of its manifest"),
        sa.Column("octets", Id, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backups")),
        comment="Backups that were written whole, append-only.",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "duties",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("by_person", Id, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False, comment="the form: sent twice, it is one duty"),
        sa.Column("dropped_ms", sa.BigInteger(), nullable=True, comment="when it was taken off the roster"),
        sa.Column("dropped_by", Id, nullable=True),
        sa.CheckConstraint("until_ms > from_ms", name=op.f("ck_duties_span")),
        sa.CheckConstraint("(dropped_ms IS NULL) = (dropped_by IS NULL)", name=op.f("ck_duties_dropped")),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_duties_by_person")),
        sa.ForeignKeyConstraint(["dropped_by"], ["people.id"], name=op.f("fk_duties_dropped_by")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_duties_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duties")),
        sa.UniqueConstraint("source", name=op.f("uq_duties_source")),
        comment="Who of the staff is on duty when.",
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_duties_until_ms",
        "duties",
        ["until_ms"],
        unique=False,
        sqlite_where=sa.text("dropped_ms IS NULL"),
        postgresql_where=sa.text("dropped_ms IS NULL"),
    )
    op.create_table(
        "hotlines",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False, comment="as pages show it; empty = none"),
        sa.Column("hours", sa.String(length=80), nullable=False, comment="shown beside it"),
        sa.Column("by_person", Id, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_hotlines_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotlines")),
        comment="The telephone number on every page, append-only; the newest counts.",
        sqlite_autoincrement=True,
    )
