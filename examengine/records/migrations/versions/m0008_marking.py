"""Answers that a person marks, and the role of those who do."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
ROLES = "role IN ('candidate', 'author', 'support', 'operator')"
ROLES_NOW = "role IN ('candidate', 'author', 'support', 'operator', 'marker')"


def upgrade() -> None:
    _let_people_mark()
    op.create_table(
        "marking_tasks",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("exam_id", Id, nullable=False),
        sa.Column("version_id", Id, nullable=False),
        sa.Column("cell", sa.Integer(), nullable=False, comment="of the exam's blueprint, from 0"),
        sa.Column(
            "text_digest",
            sa.String(64),
            nullable=False,
            comment="sha256 of the answer: who wrote the same shares a task",
        ),
        sa.Column("answer", sa.Text(), nullable=False, comment="the parts of the answer, JSON"),
        sa.Column("full_hundredths", sa.Integer(), nullable=False),
        sa.Column("markers", sa.Integer(), nullable=False, comment="how many people mark it"),
        sa.Column(
            "tolerance_hundredths",
            sa.Integer(),
            nullable=False,
            comment="two marks further apart: a third person decides",
        ),
        sa.Column("shuffled", sa.Integer(), nullable=False, comment="random: the order in which markers get them"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("full_hundredths >= 1", name=op.f("ck_marking_tasks_full")),
        sa.CheckConstraint("markers BETWEEN 1 AND 2", name=op.f("ck_marking_tasks_markers")),
        sa.CheckConstraint("tolerance_hundredths >= 0", name=op.f("ck_marking_tasks_tolerance")),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.id"], name=op.f("fk_marking_tasks_exam_id")),
        sa.ForeignKeyConstraint(["version_id"], ["item_versions.id"], name=op.f("fk_marking_tasks_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marking_tasks")),
        sa.UniqueConstraint(
            "exam_id",
            "version_id",
            "cell",
            "text_digest",
            name=op.f("uq_marking_tasks_exam_id_version_id_cell_text_digest"),
        ),
        comment="Answers to be marked by people, without those who wrote them.",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "marking_answers",
        sa.Column("attempt_id", Id, autoincrement=False, nullable=False),
        sa.Column("version_id", Id, autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, comment="on the paper, from 1"),
        sa.Column("task_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_marking_answers_attempt_id")),
        sa.ForeignKeyConstraint(["version_id"], ["item_versions.id"], name=op.f("fk_marking_answers_version_id")),
        sa.ForeignKeyConstraint(["task_id"], ["marking_tasks.id"], name=op.f("fk_marking_answers_task_id")),
        sa.PrimaryKeyConstraint("attempt_id", "version_id", name=op.f("pk_marking_answers")),
        comment="Which answers of which attempts a task stands for.",
    )
    op.create_index("ix_marking_answers_task_id", "marking_answers", ["task_id"])
    # Taking an import back deletes item versions: each of these tables is asked whether it refers to one.
    op.create_index("ix_marking_answers_version_id", "marking_answers", ["version_id"])
    op.create_index("ix_marking_tasks_version_id", "marking_tasks", ["version_id"])
    op.create_table(
        "marks",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("task_id", Id, nullable=False),
        sa.Column("marker", Id, nullable=False),
        sa.Column("no", sa.Integer(), nullable=False, comment="of this marker; the newest counts"),
        sa.Column("hundredths", sa.Integer(), nullable=False),
        sa.Column("comment", sa.String(1000), server_default="", nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("no >= 1", name=op.f("ck_marks_no")),
        sa.CheckConstraint("hundredths >= 0", name=op.f("ck_marks_hundredths")),
        sa.ForeignKeyConstraint(["task_id"], ["marking_tasks.id"], name=op.f("fk_marks_task_id")),
        sa.ForeignKeyConstraint(["marker"], ["people.id"], name=op.f("fk_marks_marker")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_marks")),
        sa.UniqueConstraint("task_id", "marker", "no", name=op.f("uq_marks_task_id_marker_no")),
        comment="Marks given by people, append-only.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_marks_marker", "marks", ["marker"])
    op.create_table(
        "open_marking",
        sa.Column("attempt_id", Id, autoincrement=False, nullable=False),
        sa.Column("exam_id", Id, nullable=False),
        sa.Column(
            "look_at_ms",
            sa.BigInteger(),
            comment="when its marks may be complete; null: something is still to be marked",
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_open_marking_attempt_id")),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.id"], name=op.f("fk_open_marking_exam_id")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_open_marking")),
        comment="Attempts whose result waits for people; deleted with the outcome that ends the wait.",
    )
    op.create_index("ix_open_marking_exam_id", "open_marking", ["exam_id"])
    op.create_index("ix_open_marking_look_at_ms", "open_marking", ["look_at_ms"])


def _let_people_mark() -> None:
    """One more role. SQLite: in its schema's text, as its manual describes for CHECKs (see revision 0003)."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        op.drop_constraint(op.f("ck_roles_role"), "roles", type_="check")
        op.create_check_constraint(op.f("ck_roles_role"), "roles", ROLES_NOW)
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_master SET sql = replace(sql, :before, :after)"
            " WHERE type = 'table' AND name = 'roles' AND instr(sql, :before) > 0"
        ),
        {"before": ROLES, "after": ROLES_NOW},
    ).rowcount
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    if changed != 1:
        raise RuntimeError("roles has no such check")
