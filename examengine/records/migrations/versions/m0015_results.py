"""Results in lists."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# what records.results.refresh makes of an enrolment's newest outcomes, for all that are there already
FILL = """
    INSERT INTO results (enrolment_id, exam_id, credit_year, person_id, region, unit_name, standing, attempts,
                         attempt_id, score_hundredths, full_hundredths, reason, ended_ms)
    SELECT e.id, e.exam_id, e.credit_year, e.person_id, p.region, p.unit_name,
           CASE WHEN best.attempt_id IS NULL THEN 'none' WHEN best.result = 'pass' THEN 'pass'
                WHEN best.result IS NULL THEN 'pending' ELSE 'fail' END,
           COALESCE(best.counted, 0), best.attempt_id, best.score_hundredths, best.full_hundredths, best.reason,
           best.ended_ms
    FROM enrolments e
    JOIN people p ON p.id = e.person_id
    LEFT JOIN (
        SELECT a.enrolment_id, o.attempt_id, o.result, o.score_hundredths, o.full_hundredths, o.reason, o.ended_ms,
               COUNT(*) OVER (PARTITION BY a.enrolment_id) AS counted,
               ROW_NUMBER() OVER (
                   PARTITION BY a.enrolment_id
                   ORDER BY CASE WHEN o.result = 'pass' THEN 0 WHEN o.result IS NULL THEN 1 ELSE 2 END,
                            COALESCE(o.score_hundredths, -1) DESC, a.id DESC
               ) AS place
        FROM attempts a
        JOIN outcomes o ON o.attempt_id = a.id
        WHERE o.state <> 'void'
          AND NOT EXISTS (SELECT 1 FROM outcomes n WHERE n.attempt_id = o.attempt_id AND n.no > o.no)
    ) best ON best.enrolment_id = e.id AND best.place = 1
"""

TALLY = """
    INSERT INTO result_tallies (exam_id, credit_year, region, standing, n)
    SELECT exam_id, credit_year, region, standing, COUNT(*) FROM results
    GROUP BY exam_id, credit_year, region, standing
"""


def _by_code_point(length: int) -> sa.types.TypeEngine[str]:
    return sa.String(length).with_variant(sa.String(length, collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "results",
        sa.Column("enrolment_id", Id, autoincrement=False, nullable=False),
        sa.Column("exam_id", Id, nullable=False),
        sa.Column("credit_year", sa.Integer(), nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("region", _by_code_point(6), nullable=False, comment="of the person"),
        sa.Column("unit_name", _by_code_point(200), nullable=False, comment="of the person"),
        sa.Column("standing", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="ended and not void"),
        sa.Column("attempt_id", Id, nullable=True, comment="the one that counts"),
        sa.Column("score_hundredths", sa.Integer(), nullable=True, comment="its score; null = none"),
        sa.Column("full_hundredths", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("ended_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(attempt_id IS NULL) = (attempts = 0)", name=op.f("ck_results_attempt")),
        sa.CheckConstraint("(standing = 'none') = (attempts = 0)", name=op.f("ck_results_none")),
        sa.CheckConstraint(
            "reason IN ('pass', 'fail_score', 'fail_no_score', 'fail_forced_exit', 'awaiting_marking', 'void')",
            name=op.f("ck_results_reason"),
        ),
        sa.CheckConstraint("standing IN ('none', 'pending', 'fail', 'pass')", name=op.f("ck_results_standing")),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_results_attempt_id")),
        sa.ForeignKeyConstraint(["enrolment_id"], ["enrolments.id"], name=op.f("fk_results_enrolment_id")),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.id"], name=op.f("fk_results_exam_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_results_person_id")),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_results")),
        comment="What an enrolment has come to, for lists and rates: made anew in the transaction of every outcome.",
    )
    op.execute(FILL)
    op.create_index("ix_results_person_id", "results", ["person_id"])
    op.create_index("ix_results_place", "results", ["exam_id", "credit_year", "region", "unit_name", "enrolment_id"])
    op.create_index("ix_results_unit", "results", ["unit_name", "exam_id", "credit_year", "standing"])
    pending = sa.text("standing = 'pending'")
    op.create_index(
        "ix_results_pending", "results", ["exam_id", "credit_year"], sqlite_where=pending, postgresql_where=pending
    )
    op.create_table(
        "result_tallies",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("exam_id", Id, nullable=False),
        sa.Column("credit_year", sa.Integer(), nullable=False),
        sa.Column("region", _by_code_point(6), nullable=False),
        sa.Column("standing", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False, comment="people more, or fewer"),
        sa.CheckConstraint(
            "standing IN ('none', 'pending', 'fail', 'pass')", name=op.f("ck_result_tallies_standing")
        ),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.id"], name=op.f("fk_result_tallies_exam_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_tallies")),
        comment="How many people have come to what: changes, added up now and then; their sum is the number.",
        sqlite_autoincrement=True,
    )
    op.execute(TALLY)
    op.create_index("ix_result_tallies_place", "result_tallies", ["exam_id", "credit_year", "region"])
    op.create_table(
        "result_exports",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("exam_id", Id, nullable=False),
        sa.Column("asked", sa.String(length=1000), nullable=False, comment="year, region, unit and standing, JSON"),
        sa.Column("full_numbers", sa.Boolean(), nullable=False, comment="whole document numbers"),
        sa.Column("reason_category", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("ticket", sa.String(length=100), server_default="", nullable=False),
        sa.Column("people", sa.Integer(), nullable=False, comment="how many it was for when it was asked for"),
        sa.Column("by_person", Id, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("intent", sa.String(length=64), nullable=False, comment="of the form: sent twice, it is one"),
        sa.Column(
            "taken",
            sa.Integer(),
            server_default="0",
            nullable=False,
            comment="how often the file was fetched whole",
        ),
        sa.ForeignKeyConstraint(["by_person"], ["people.id"], name=op.f("fk_result_exports_by_person")),
        sa.ForeignKeyConstraint(["exam_id"], ["exams.id"], name=op.f("fk_result_exports_exam_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_exports")),
        sa.UniqueConstraint("intent", name=op.f("uq_result_exports_intent")),
        comment="Lists of results that were taken out, and why; the files are not kept.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_result_exports_by_person", "result_exports", ["by_person", "at_ms"])
