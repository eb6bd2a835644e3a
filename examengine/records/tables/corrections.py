"""Corrections of keys and what they changed; the sums that statistics are computed from."""

from sqlalchemy import Boolean, CheckConstraint, Column, Float, Index, Integer, String, Table, Text, text

from examengine.records.tables.columns import Id, id_column, metadata, ms, ref, word
from examengine.records.words import RESULTS, CorrectionPhase, CorrectionState

_ordered = "state IN ('approved', 'done')"

corrections = Table(
    "corrections",
    metadata,
    id_column(),
    ref("exam_id", "exams.id"),
    ref("version_id", "item_versions.id", index=True),
    Column("ruling", Text, nullable=False, comment="JSON"),
    Column("upwards", Boolean, nullable=False, comment="no score may fall by it"),
    Column("reason", String(500), nullable=False, comment="why, as staff see it"),
    Column("source", String(300), nullable=False, comment="what it rests on: a law, a minute, a letter"),
    Column(
        "intent", String(64), nullable=False, unique=True, comment="of the form: sent twice, it is one correction"
    ),
    *word("state", CorrectionState),
    ref("by_person", "people.id"),
    ms("at_ms"),
    ms("asked_ms", "when it was laid before a second person", nullable=True),
    ref("decided_by", "people.id", nullable=True),
    ms("decided_ms", "when it was approved, refused or given up", nullable=True),
    *word("phase", CorrectionPhase, "what is to be computed; null = nothing", nullable=True),
    Column("cursor", Id, nullable=False, server_default="0", comment="the last attempt looked at in this phase"),
    Column("total", Integer, nullable=False, server_default="0", comment="attempts to look at in this phase"),
    Column("basis", Id, nullable=False, server_default="0", comment="newest correction in force at the preview"),
    Column("counts", Text, nullable=False, server_default="{}", comment="of the phase so far, JSON"),
    Column("preview", Text, comment="counts of the finished preview, JSON"),
    ms("previewed_ms", nullable=True),
    ms("done_ms", "when every attempt had its outcome", nullable=True),
    ref("new_version_id", "item_versions.id", "the version of the item made from it", nullable=True, index=True),
    CheckConstraint("decided_by <> by_person OR state = 'dropped'", name="two_persons"),
    CheckConstraint(f"NOT ({_ordered}) OR (decided_by IS NOT NULL AND decided_ms IS NOT NULL)", name="decided"),
    Index("ix_corrections_exam_id", "exam_id", "state"),
    Index(
        "ix_corrections_phase",
        "id",
        sqlite_where=text("phase IS NOT NULL"),
        postgresql_where=text("phase IS NOT NULL"),
    ),
    comment="Corrections of keys: drafted, previewed, approved by a second person, executed.",
    sqlite_autoincrement=True,
)

correction_changes = Table(
    "correction_changes",
    metadata,
    ref("correction_id", "corrections.id", primary_key=True, autoincrement=False),
    ref("attempt_id", "attempts.id", primary_key=True, autoincrement=False),
    Column("position", Integer, nullable=False, comment="of the item on this paper"),
    Column("old_hundredths", Integer, nullable=False),
    Column("new_hundredths", Integer, nullable=False),
    *word("old_result", RESULTS),
    *word("new_result", RESULTS),
    ref("outcome_id", "outcomes.id", "null = preview", nullable=True, unique=True),
    Index("ix_correction_changes_attempt_id", "attempt_id"),
    comment="Scores that a correction changes, as previewed, then as recorded: one outcome an attempt.",
)

exam_statistics = Table(
    "exam_statistics",
    metadata,
    ref("exam_id", "exams.id", primary_key=True, autoincrement=False),
    Column("cursor", Id, nullable=False, comment="the last outcome counted"),
    Column("tally", Text, nullable=False, comment="sums, JSON"),
    ms("at_ms"),
    comment="Sums of an exam's scores; they grow with its outcomes.",
)

item_statistics = Table(
    "item_statistics",
    metadata,
    ref("exam_id", "exams.id", primary_key=True, autoincrement=False),
    ref("version_id", "item_versions.id", primary_key=True, autoincrement=False, index=True),
    Column("tally", Text, nullable=False, comment="sums, JSON"),
    Column("n", Integer, nullable=False, comment="people"),
    Column("facility", Float, comment="null = too few"),
    Column("discrimination", Float, comment="item and rest; null = too few"),
    Column("upper_lower", Float, comment="facility of the upper less that of the lower third"),
    Column("suspicion", String(40), comment="why the key is suspect; null = it is not"),
    Column("distractor", String(40), nullable=False, server_default="", comment="the answer that speaks against it"),
    Index(
        "ix_item_statistics_suspect",
        "exam_id",
        sqlite_where=text("suspicion IS NOT NULL"),
        postgresql_where=text("suspicion IS NOT NULL"),
    ),
    comment="Sums and figures of an item version in an exam.",
)
