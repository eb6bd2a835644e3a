"""Results as lists ask for them: what the attempts of an enrolment come to, and who has taken lists out."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, String, Table, text

from examengine.records.tables.columns import id_column, metadata, ms, ref, word
from examengine.records.words import OUTCOME_REASONS, Standing


def _by_code_point(length: int) -> String:
    """A text that is compared code point by code point, so that a range of it is what begins alike."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


results = Table(
    "results",
    metadata,
    ref("enrolment_id", "enrolments.id", primary_key=True, autoincrement=False),
    ref("exam_id", "exams.id"),
    Column("credit_year", Integer, nullable=False),
    ref("person_id", "people.id", index=True),
    Column("region", _by_code_point(6), nullable=False, comment="of the person"),
    Column("unit_name", _by_code_point(200), nullable=False, comment="of the person"),
    *word("standing", Standing),
    Column("attempts", Integer, nullable=False, comment="ended and not void"),
    ref("attempt_id", "attempts.id", "the one that counts", nullable=True),
    Column("score_hundredths", Integer, comment="its score; null = none"),
    Column("full_hundredths", Integer),
    *word("reason", OUTCOME_REASONS, nullable=True),
    ms("ended_ms", nullable=True),
    CheckConstraint("(attempt_id IS NULL) = (attempts = 0)", name="attempt"),
    CheckConstraint("(standing = 'none') = (attempts = 0)", name="none"),
    Index("ix_results_place", "exam_id", "credit_year", "region", "unit_name", "enrolment_id"),
    Index("ix_results_unit", "unit_name", "exam_id", "credit_year", "standing"),
    Index(
        "ix_results_pending",
        "exam_id",
        "credit_year",
        sqlite_where=text("standing = 'pending'"),
        postgresql_where=text("standing = 'pending'"),
    ),
    comment="What an enrolment has come to, for lists and rates: made anew in the transaction of every outcome.",
)

result_tallies = Table(
    "result_tallies",
    metadata,
    id_column(),
    ref("exam_id", "exams.id"),
    Column("credit_year", Integer, nullable=False),
    Column("region", _by_code_point(6), nullable=False),
    *word("standing", Standing),
    Column("n", Integer, nullable=False, comment="people more, or fewer"),
    Index("ix_result_tallies_place", "exam_id", "credit_year", "region"),
    comment="How many people have come to what: changes, added up now and then; their sum is the number.",
    sqlite_autoincrement=True,
)

result_exports = Table(
    "result_exports",
    metadata,
    id_column(),
    ref("exam_id", "exams.id"),
    Column("asked", String(1000), nullable=False, comment="year, region, unit and standing, JSON"),
    Column("full_numbers", Boolean, nullable=False, comment="whole document numbers"),
    Column("reason_category", String(40), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("ticket", String(100), nullable=False, server_default=""),
    Column("people", Integer, nullable=False, comment="how many it was for when it was asked for"),
    ref("by_person", "people.id"),
    ms("at_ms"),
    Column("intent", String(64), nullable=False, unique=True, comment="of the form: sent twice, it is one"),
    Column("taken", Integer, nullable=False, server_default="0", comment="how often the file was fetched whole"),
    Index("ix_result_exports_by_person", "by_person", "at_ms"),
    comment="Lists of results that were taken out, and why; the files are not kept.",
    sqlite_autoincrement=True,
)
