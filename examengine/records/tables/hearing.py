"""When the whole path could hear candidates, and the attempts that this concerns."""

from sqlalchemy import CheckConstraint, Column, Index, String, Table, UniqueConstraint, text

from examengine.records.tables.columns import id_column, metadata, ms, ref, word
from examengine.records.words import CaseDecision, CaseKind

_waits = "kind IN ('undecided', 'lost') AND decision IS NULL"

hearing = Table(
    "hearing",
    metadata,
    id_column(),
    ms("began_ms", "the first proof of the stretch"),
    ms("until_ms", "the last one: between them there was no gap"),
    Column("slots", String(16), nullable=False, comment="the slots that were heard: 64 bits, hexadecimal"),
    CheckConstraint("until_ms >= began_ms", name="stretch"),
    Index("ix_hearing_until_ms", "until_ms"),
    comment="Stretches of time in which the path from web over Redis to SQL was proved to work.",
    sqlite_autoincrement=True,
)

hearing_cases = Table(
    "hearing_cases",
    metadata,
    id_column(),
    ref("attempt_id", "attempts.id"),
    *word("kind", CaseKind),
    ms("deaf_from_ms", "since when the candidate could not be heard"),
    ms("deaf_until_ms", "until when"),
    ms("seen_ms", "the candidate's last sign of life"),
    ms("at_ms"),
    *word("decision", CaseDecision, "null = waits for a person, or needs none", nullable=True),
    ref("decided_by", "people.id", nullable=True),
    ms("decided_ms", nullable=True),
    Column("reason_category", String(40), nullable=False, server_default=""),
    Column("reason", String(1000), nullable=False, server_default=""),
    Column("ticket", String(100), nullable=False, server_default=""),
    UniqueConstraint("attempt_id", "kind"),
    CheckConstraint(
        "(decided_by IS NULL) = (decision IS NULL) AND (decided_ms IS NULL) = (decision IS NULL)", name="decided"
    ),
    CheckConstraint("decision IS NULL OR kind IN ('undecided', 'lost')", name="waits"),
    Index("ix_hearing_cases_waiting", "id", sqlite_where=text(_waits), postgresql_where=text(_waits)),
    comment="Attempts whose end fell into a time in which we could not hear, and who decided about them.",
    sqlite_autoincrement=True,
)
