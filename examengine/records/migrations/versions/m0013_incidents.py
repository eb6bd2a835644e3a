"""Incidents, announcements."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False, comment="what proposed it"),
        sa.Column("exam_id", Id, nullable=True, comment="null = every exam"),
        sa.Column(
            "region",
            sa.String(length=6),
            server_default="",
            nullable=False,
            comment='"" = everywhere; trailing pairs of 0 stand for all below, GB/T 2260',
        ),
        sa.Column("unit_name", sa.String(length=200), server_default="", nullable=False, comment='"" = every unit'),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=1000), nullable=False, comment="what happened, as staff see it"),
        sa.Column("ticket", sa.String(length=100), server_default="", nullable=False),
        sa.Column(
            "notice",
            sa.String(length=300),
            server_default="",
            nullable=False,
            comment='what candidates are told; "" = nothing',
        ),
        sa.Column("policy", sa.Text(), nullable=False, comment="what is given for how much, JSON"),
        sa.Column(
            "intent", sa.String(length=64), nullable=False, comment="of the form: sent twice, it is one incident"
        ),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("by_person", Id, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=True, comment="when it was laid before a second person"),
        sa.Column("decided_by", Id, nullable=True),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True, comment="when it was approved, refused or given up"),
        sa.Column("phase", sa.String(length=40), nullable=True, comment="what is to be computed; null = nothing"),
        sa.Column("cursor", Id, server_default="0", nullable=False, comment="how far the phase has come"),
        sa.Column(
            "surveyed_ms",
            sa.BigInteger(),
            nullable=True,
            comment="as of when the losses were counted; null = not yet",
        ),
        sa.Column("done_ms", sa.BigInteger(), nullable=True, comment="when every attempt had what it was due"),
        sa.Column("undo_asked_by", Id, nullable=True),
        sa.Column("undo_asked_ms", sa.BigInteger(), nullable=True),
        sa.Column("undo_reason", sa.String(length=1000), server_default="", nullable=False),
        sa.Column("undo_decided_by", Id, nullable=True),
        sa.Column("undo_decided_ms", sa.BigInteger(), nullable=True),
        sa.Column("undone_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "NOT (state IN ('approved', 'done', 'undo_asked', 'undoing', 'undone'))"
            " OR (decided_by IS NOT NULL AND decided_ms IS NOT NULL)",
            name=op.f("ck_incidents_decided"),
        ),
        sa.CheckConstraint("decided_by <> by_person OR state = 'dropped'", name=op.f("ck_incidents_two_persons")),
        sa.CheckConstraint(
            "phase IN ('survey_running', 'survey_ended', 'execute', 'undo')", name=op.f("ck_incidents_phase")
        ),
        sa.CheckConstraint("source IN ('deaf', 'silence', 'hand')", name=op.f("ck_incidents_source")),
        sa.CheckConstraint(
            "state IN ('drafted', 'asked', 'approved', 'done', 'refused', 'dropped',"
            " 'undo_asked', 'undoing', 'undone')",
            name=op.f("ck_incidents_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('undoing', 'undone') OR undo_decided_by IS NOT NULL",
            name=op.f("ck_incidents_undo_decided"),
        ),
        sa.CheckConstraint("undo_decided_by <> undo_asked_by", name=op.f("ck_incidents_undo_two_persons")),
        sa.CheckConstraint("until_ms > from_ms", name=op.f("ck_incidents_interval")),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_incidents_by_person")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_incidents_decided_by")),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.id"], name=op.f("fk_incidents_exam_id")),
        sa.ForeignKeyConstraint(["undo_asked_by"], ["people.id"], name=op.f("fk_incidents_undo_asked_by")),
        sa.ForeignKeyConstraint(["undo_decided_by"], ["people.id"], name=op.f("fk_incidents_undo_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
        sa.UniqueConstraint("intent", name=op.f("uq_incidents_intent")),
        comment="Incidents: proposed or opened by hand, surveyed, approved by a second person, compensated.",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_incidents_exam_id"), "incidents", ["exam_id"], unique=False)
    op.create_index(
        "ix_incidents_phase",
        "incidents",
        ["id"],
        unique=False,
        sqlite_where=sa.text("phase IS NOT NULL"),
        postgresql_where=sa.text("phase IS NOT NULL"),
    )
    op.create_index("ix_incidents_until_ms", "incidents", ["until_ms"], unique=False)
    op.create_table(
        "incident_losses",
        sa.Column("incident_id", Id, autoincrement=False, nullable=False),
        sa.Column("attempt_id", Id, autoincrement=False, nullable=False),
        sa.Column("lost_ms", sa.Integer(), nullable=False, comment="of his running time, by the signs of life"),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False, comment="the last sign of life before the longest gap"),
        sa.Column("back_ms", sa.BigInteger(), nullable=True, comment="the first one after it; null = none"),
        sa.Column("remedy", sa.String(length=40), nullable=False, comment="as surveyed, then as given"),
        sa.Column("amount", sa.Integer(), server_default="0", nullable=False, comment="minutes or attempts"),
        sa.Column(
            "why",
            sa.String(length=40),
            server_default="",
            nullable=False,
            comment="why nothing is given, or what cuts it",
        ),
        sa.Column("done_ms", sa.BigInteger(), nullable=True, comment="when it was seen to"),
        sa.Column("entry_id", Id, nullable=True, comment="the entry of the ledger"),
        sa.Column("undone_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("remedy IN ('minutes', 'attempts', 'none')", name=op.f("ck_incident_losses_remedy")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_incident_losses_amount")),
        sa.CheckConstraint("lost_ms >= 0", name=op.f("ck_incident_losses_lost_ms")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_incident_losses_attempt_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name=op.f("fk_incident_losses_entry_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_incident_losses_incident_id")),
        sa.PrimaryKeyConstraint("incident_id", "attempt_id", name=op.f("pk_incident_losses")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_incident_losses_entry_id")),
        comment="What each attempt lost by an incident, and what it was given for that.",
    )
    op.create_index("ix_incident_losses_attempt_id", "incident_losses", ["attempt_id"], unique=False)
    op.create_index(
        "ix_incident_losses_to_do",
        "incident_losses",
        ["incident_id", "remedy", "attempt_id"],
        unique=False,
        sqlite_where=sa.text("done_ms IS NULL AND remedy <> 'none'"),
        postgresql_where=sa.text("done_ms IS NULL AND remedy <> 'none'"),
    )
    op.create_index(
        "ix_incident_losses_to_undo",
        "incident_losses",
        ["incident_id", "attempt_id"],
        unique=False,
        sqlite_where=sa.text("entry_id IS NOT NULL AND undone_ms IS NULL"),
        postgresql_where=sa.text("entry_id IS NOT NULL AND undone_ms IS NULL"),
    )
    op.create_table(
        "announcements",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("exam_id", Id, nullable=True, comment="null = every exam"),
        sa.Column(
            "region",
            sa.String(length=6),
            server_default="",
            nullable=False,
            comment='"" = everywhere; trailing pairs of 0 stand for all below, GB/T 2260',
        ),
        sa.Column("unit_name", sa.String(length=200), server_default="", nullable=False, comment='"" = every unit'),
        sa.Column("person_id", Id, nullable=True, comment="null = not to one person"),
        sa.Column("text", sa.String(length=300), nullable=False, comment="what candidates read"),
        sa.Column(
            "reason", sa.String(length=1000), server_default="", nullable=False, comment="why, as staff see it"
        ),
        sa.Column("ticket", sa.String(length=100), server_default="", nullable=False),
        sa.Column("intent", sa.String(length=80), nullable=False, comment="of the form: sent twice, it is one"),
        sa.Column("incident_id", Id, nullable=True, comment="the incident it tells of"),
        sa.Column("withdraws", Id, nullable=True, comment="the one that this row takes back"),
        sa.Column("by_person", Id, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column(
            "until_ms", sa.BigInteger(), nullable=False, comment="the first instant at which it is shown no more"
        ),
        sa.CheckConstraint("until_ms > at_ms", name=op.f("ck_announcements_until")),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_announcements_by_person")),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.id"], name=op.f("fk_announcements_exam_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_announcements_incident_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_announcements_person_id")),
        sa.ForeignKeyConstraint(["withdraws"], ["announcements.id"], name=op.f("fk_announcements_withdraws")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
        sa.UniqueConstraint("intent", name=op.f("uq_announcements_intent")),
        sa.UniqueConstraint("withdraws", name=op.f("uq_announcements_withdraws")),
        comment="Announcements to candidates, append-only: one that is taken back is withdrawn by a later row.",
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_announcements_person_id"), "announcements", ["person_id"], unique=False)
    op.create_index("ix_announcements_until_ms", "announcements", ["until_ms"], unique=False)
