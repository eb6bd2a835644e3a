"""Answers that only a person can mark, and what was said about them."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text, UniqueConstraint

from examengine.records.tables.columns import id_column, metadata, ms, ref

marking_tasks = Table(
    "marking_tasks",
    metadata,
    id_column(),
    ref("exam_id", "exams.id"),
    ref("version_id", "item_versions.id", index=True),
    Column("cell", Integer, nullable=False, comment="of the exam's blueprint, from 0"),
    Column(
        "text_digest", String(64), nullable=False, comment="sha256 of the answer: who wrote the same shares a task"
    ),
    Column("answer", Text, nullable=False, comment="the parts of the answer, JSON"),
    Column("full_hundredths", Integer, nullable=False),
    Column("markers", Integer, nullable=False, comment="how many people mark it"),
    Column(
        "tolerance_hundredths", Integer, nullable=False, comment="two marks further apart: a third person decides"
    ),
    Column("shuffled", Integer, nullable=False, comment="random: the order in which markers get them"),
    ms("at_ms"),
    UniqueConstraint("exam_id", "version_id", "cell", "text_digest"),
    CheckConstraint("full_hundredths >= 1", name="full"),
    CheckConstraint("markers BETWEEN 1 AND 2", name="markers"),
    CheckConstraint("tolerance_hundredths >= 0", name="tolerance"),
    comment="Answers to be marked by people, without those who wrote them.",
    sqlite_autoincrement=True,
)

marking_answers = Table(
    "marking_answers",
    metadata,
    ref("attempt_id", "attempts.id", primary_key=True, autoincrement=False),
    ref("version_id", "item_versions.id", primary_key=True, autoincrement=False, index=True),
    Column("position", Integer, nullable=False, comment="on the paper, from 1"),
    ref("task_id", "marking_tasks.id", index=True),
    comment="Which answers of which attempts a task stands for.",
)

marks = Table(
    "marks",
    metadata,
    id_column(),
    ref("task_id", "marking_tasks.id"),
    ref("marker", "people.id", index=True),
    Column("no", Integer, nullable=False, comment="of this marker; the newest counts"),
    Column("hundredths", Integer, nullable=False),
    Column("comment", String(1000), nullable=False, server_default=""),
    ms("at_ms"),
    UniqueConstraint("task_id", "marker", "no"),
    CheckConstraint("no >= 1", name="no"),
    CheckConstraint("hundredths >= 0", name="hundredths"),
    comment="Marks given by people, append-only.",
    sqlite_autoincrement=True,
)

open_marking = Table(
    "open_marking",
    metadata,
    ref("attempt_id", "attempts.id", primary_key=True, autoincrement=False),
    ref("exam_id", "exams.id", index=True),
    ms("look_at_ms", "when its marks may be complete; null: something is still to be marked", nullable=True),
    Index("ix_open_marking_look_at_ms", "look_at_ms"),
    comment="Attempts whose result waits for people; deleted with the outcome that ends the wait.",
)
