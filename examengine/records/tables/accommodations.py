"""What a person is given in every exam, and what candidates ask the desk for."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, String, Table, text

from examengine.records.tables.columns import id_column, metadata, ms, ref, word
from examengine.records.words import GrantAnswer

accommodations = Table(
    "accommodations",
    metadata,
    id_column(),
    ref("person_id", "people.id", index=True),
    Column("percent", Integer, comment="more of the rulebook's minutes"),
    Column("minutes", Integer, comment="more in every attempt"),
    Column("breaks_minutes", Integer, nullable=False, server_default="0", comment="for breaks in every attempt"),
    Column("document_enc", LargeBinary, nullable=False, comment="what it rests on, under the person's key"),
    ms("begins_ms", "for attempts started from then on"),
    ms("expires_ms", "and before then; null = for good", nullable=True),
    Column("reason_category", String(40), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("ticket", String(100), nullable=False, server_default=""),
    ref("by_person", "people.id"),
    ref("second_person", "people.id", "who approved it", nullable=True),
    ms("at_ms"),
    Column("source", String(200), nullable=False, unique=True, comment="one accommodation a form"),
    Index("ix_accommodations_by_person", "by_person", "at_ms"),
    CheckConstraint("percent IS NULL OR minutes IS NULL", name="one_measure"),
    CheckConstraint("coalesce(percent, 0) + coalesce(minutes, 0) + breaks_minutes > 0", name="something"),
    CheckConstraint("expires_ms > begins_ms", name="validity"),
    CheckConstraint("second_person <> by_person", name="two_persons"),
    comment="Standing extra time and breaks of a person; entries of the ledger carry them into every enrolment.",
    sqlite_autoincrement=True,
)

accommodation_ends = Table(
    "accommodation_ends",
    metadata,
    ref("accommodation_id", "accommodations.id", primary_key=True, autoincrement=False),
    Column("reason_category", String(40), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("ticket", String(100), nullable=False, server_default=""),
    ref("by_person", "people.id"),
    ref("second_person", "people.id", "who approved it", nullable=True),
    ms("at_ms"),
    CheckConstraint("second_person <> by_person", name="two_persons"),
    comment="Accommodations that were taken back; counter-entries stand in the ledgers.",
)

grant_requests = Table(
    "grant_requests",
    metadata,
    id_column(),
    ref("enrolment_id", "enrolments.id", index=True),
    Column("note_enc", LargeBinary, comment="the candidate's words, under his key"),
    ms("at_ms"),
    *word("decision", GrantAnswer, "null = waits", nullable=True),
    ref("decided_by", "people.id", "null = the candidate himself, or still waiting", nullable=True),
    ms("decided_ms", nullable=True),
    Column("answer", String(500), nullable=False, server_default="", comment="what the candidate is told"),
    ref("entry_id", "entries.id", "the grant", nullable=True, unique=True),
    CheckConstraint("(decided_ms IS NULL) = (decision IS NULL)", name="decided"),
    CheckConstraint("decision IN ('granted', 'refused') OR decided_by IS NULL", name="by"),
    CheckConstraint("entry_id IS NULL OR decision = 'granted'", name="entry"),
    Index(
        "uq_grant_requests_waiting",
        "enrolment_id",
        unique=True,
        sqlite_where=text("decision IS NULL"),
        postgresql_where=text("decision IS NULL"),
    ),
    comment="Candidates who ask for make-up study and exam (S2024-23); one of an enrolment waits at a time.",
    sqlite_autoincrement=True,
)
