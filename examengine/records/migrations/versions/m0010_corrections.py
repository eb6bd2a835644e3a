"""Corrections of keys, statistics of items."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("exam_id", Id, nullable=False),
        sa.Column("version_id", Id, nullable=False),
        sa.Column("ruling", sa.Text(), nullable=False, comment="JSON"),
        sa.Column("upwards", sa.Boolean(), nullable=False, comment="no score may fall by it"),
        sa.Column("reason", sa.String(length=500), nullable=False, comment="why, as staff see it"),
        sa.Column(
            "source", sa.String(length=300), nullable=False, comment="what it rests on: a law, a minute, a letter"
        ),
        sa.Column(
            "intent", sa.String(length=64), nullable=False, comment="of the form: sent twice, it is one correction"
        ),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("by_person", Id, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=True, comment="when it was laid before a second person"),
        sa.Column("decided_by", Id, nullable=True),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True, comment="when it was approved, refused or given up"),
        sa.Column("phase", sa.String(length=40), nullable=True, comment="what is to be computed; null = nothing"),
        sa.Column(
            "cursor", Id, server_default="0", nullable=False, comment="the last attempt looked at in this phase"
        ),
        sa.Column(
            "total", sa.Integer(), server_default="0", nullable=False, comment="attempts to look at in this phase"
        ),
        sa.Column(
            "basis", Id, server_default="0", nullable=False, comment="newest correction in force at the preview"
        ),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False, comment="of the phase so far, JSON"),
        sa.Column("preview", sa.Text(), nullable=True, comment="counts of the finished preview, JSON"),
        sa.Column("previewed_ms", sa.BigInteger(), nullable=True),
        sa.Column("done_ms", sa.BigInteger(), nullable=True, comment="when every attempt had its outcome"),
        sa.Column("new_version_id", Id, nullable=True, comment="the version of the item made from it"),
        sa.CheckConstraint(
            "NOT (state IN ('approved', 'done')) OR (decided_by IS NOT NULL AND decided_ms IS NOT NULL)",
            name=op.f("ck_corrections_decided"),
        ),
        sa.CheckConstraint("decided_by <> by_person OR state = 'dropped'", name=op.f("ck_corrections_two_persons")),
        sa.CheckConstraint("phase IN ('preview', 'execute', 'settle')", name=op.f("ck_corrections_phase")),
        sa.CheckConstraint(
            "state IN ('drafted', 'asked', 'approved', 'done', 'refused', 'dropped')",
            name=op.f("ck_corrections_state"),
        ),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_corrections_by_person")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_corrections_decided_by")),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.id"], name=op.f("fk_corrections_exam_id")),
        sa.ForeignKeyConstraint(["new_version_id"], ["item_versions.id"], name=op.f("fk_corrections_new_version_id")),
        sa.ForeignKeyConstraint(["version_id"], ["item_versions.id"], name=op.f("fk_corrections_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_corrections")),
        sa.UniqueConstraint("intent", name=op.f("uq_corrections_intent")),
        comment="Corrections of keys: drafted, previewed, approved by a second person, executed.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_corrections_exam_id", "corrections", ["exam_id", "state"], unique=False)
    op.create_index("ix_corrections_version_id", "corrections", ["version_id"], unique=False)
    op.create_index("ix_corrections_new_version_id", "corrections", ["new_version_id"], unique=False)
    op.create_index(
        "ix_corrections_phase",
        "corrections",
        ["id"],
        unique=False,
        sqlite_where=sa.text("phase IS NOT NULL"),
        postgresql_where=sa.text("phase IS NOT NULL"),
    )
    op.create_table(
        "correction_changes",
        sa.Column("correction_id", Id, autoincrement=False, nullable=False),
        sa.Column("attempt_id", Id, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="of the item on this paper"),
        sa.Column("old_hundredths", sa.Integer(), nullable=False),
        sa.Column("new_hundredths", sa.Integer(), nullable=False),
        sa.Column("old_result", sa.String(length=40), nullable=False),
        sa.Column("new_result", sa.String(length=40), nullable=False),
        sa.Column("outcome_id", Id, nullable=True, comment="null = preview"),
        sa.CheckConstraint("new_result IN ('pass', 'fail')", name=op.f("ck_correction_changes_new_result")),
        sa.CheckConstraint("old_result IN ('pass', 'fail')", name=op.f("ck_correction_changes_old_result")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_correction_changes_attempt_id")),
        sa.ForeignKeyConstraint(
            ["correction_id"], ["corrections.id"], name=op.f("fk_correction_changes_correction_id")
        ),
        sa.ForeignKeyConstraint(["outcome_id"], ["outcomes.id"], name=op.f("fk_correction_changes_outcome_id")),
        sa.PrimaryKeyConstraint("correction_id", "attempt_id", name=op.f("pk_correction_changes")),
        sa.UniqueConstraint("outcome_id", name=op.f("uq_correction_changes_outcome_id")),
        comment="Scores that a correction changes, as previewed, then as recorded: one outcome an attempt.",
    )
    op.create_index("ix_correction_changes_attempt_id", "correction_changes", ["attempt_id"], unique=False)
    op.create_table(
        "exam_statistics",
        sa.Column("exam_id", Id, autoincrement=False, nullable=False),
        sa.Column("cursor", Id, nullable=False, comment="the last outcome counted"),
        sa.Column("tally", sa.Text(), nullable=False, comment="sums, JSON"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.id"], name=op.f("fk_exam_statistics_exam_id")),
        sa.PrimaryKeyConstraint("exam_id", name=op.f("pk_exam_statistics")),
        comment="Sums of an exam's scores; they grow with its outcomes.",
    )
    op.create_table(
        "item_statistics",
        sa.Column("exam_id", Id, autoincrement=False, nullable=False),
        sa.Column("version_id", Id, autoincrement=False, nullable=False),
        sa.Column("tally", sa.Text(), nullable=False, comment="sums, JSON"),
        sa.Column("n", sa.Integer(), nullable=False, comment="people"),
        sa.Column("facility", sa.Float(), nullable=True, comment="null = too few"),
        sa.Column("discrimination", sa.Float(), nullable=True, comment="item and rest; null = too few"),
        sa.Column(
            "upper_lower", sa.Float(), nullable=True, comment="facility of the upper less that of the lower third"
        ),
        sa.Column(
            "suspicion", sa.String(length=40), nullable=True, comment="why the key is suspect; null = it is not"
        ),
        sa.Column(
            "distractor",
            sa.String(length=40),
            server_default="",
            nullable=False,
            comment="the answer that speaks against it",
        ),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.id"], name=op.f("fk_item_statistics_exam_id")),
        sa.ForeignKeyConstraint(["version_id"], ["item_versions.id"], name=op.f("fk_item_statistics_version_id")),
        sa.PrimaryKeyConstraint("exam_id", "version_id", name=op.f("pk_item_statistics")),
        comment="Sums and figures of an item version in an exam.",
    )
    op.create_index("ix_item_statistics_version_id", "item_statistics", ["version_id"], unique=False)
    op.create_index(
        "ix_item_statistics_suspect",
        "item_statistics",
        ["exam_id"],
        unique=False,
        sqlite_where=sa.text("suspicion IS NOT NULL"),
        postgresql_where=sa.text("suspicion IS NOT NULL"),
    )
