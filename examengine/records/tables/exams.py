"""Published exams, and how the right to sit one arises: enrolments, rounds, learning, cards, entries."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from examengine.records.tables.columns import id_column, metadata, ms, ref, word
from examengine.records.words import OPENED_BY, TWO_PERSON_ENTRIES, Decision, EntryKind

_two_persons = ", ".join(f"'{kind}'" for kind in TWO_PERSON_ENTRIES)

exams = Table(
    "exams",
    metadata,
    id_column(),
    Column("title", String(200), nullable=False),
    Column("rulebook_digest", String(80), ForeignKey("rulebooks.digest"), nullable=False),
    Column("credit_year", Integer, nullable=False),
    ref("release_id", "releases.id"),
    Column("blueprint", Text, nullable=False, comment="JSON"),
    ms("published_ms"),
    ref("by_person", "people.id", nullable=True),
    ms("withdrawn_ms", nullable=True),
    ref("withdrawn_by", "people.id", nullable=True),
    comment="Published exams.",
    sqlite_autoincrement=True,
)

enrolments = Table(
    "enrolments",
    metadata,
    id_column(),
    ref("person_id", "people.id"),
    ref("exam_id", "exams.id", index=True),
    Column("credit_year", Integer, nullable=False, comment="the year that is credited"),
    Column("rulebook_digest", String(80), ForeignKey("rulebooks.digest"), nullable=False),
    ms("at_ms"),
    UniqueConstraint("person_id", "exam_id", "credit_year"),
    comment="Who takes which exam; starts, cards, grants and voids lock this row.",
    sqlite_autoincrement=True,
)

rounds = Table(
    "rounds",
    metadata,
    id_column(),
    ref("enrolment_id", "enrolments.id"),
    Column("no", Integer, nullable=False),
    *word("opened_by", OPENED_BY),
    Column("attempts", Integer, nullable=False, comment="attempts it opened with"),
    Column("source", String(200), nullable=False, unique=True, comment="what opened it, card:17"),
    ms("at_ms"),
    UniqueConstraint("enrolment_id", "no"),
    CheckConstraint("no >= 1", name="no"),
    CheckConstraint("attempts >= 1", name="attempts"),
    comment="Rounds.",
    sqlite_autoincrement=True,
)

learning_reports = Table(
    "learning_reports",
    metadata,
    id_column(),
    ref("enrolment_id", "enrolments.id", index=True),
    Column("round_no", Integer, nullable=False),
    Column("percent", Integer, nullable=False),
    ms("at_ms"),
    Column("source", String(200), nullable=False),
    CheckConstraint("percent BETWEEN 0 AND 100", name="percent"),
    CheckConstraint("round_no >= 1", name="round_no"),
    comment="Reports of learning progress, append-only; the newest counts.",
    sqlite_autoincrement=True,
)

cards = Table(
    "cards",
    metadata,
    id_column(),
    Column("number", String(40), nullable=False, unique=True),
    Column("code_hash", LargeBinary, nullable=False, comment="HMAC of the activation code"),
    Column("region", String(6), nullable=False, server_default="", comment="where it was sold, GB/T 2260"),
    ms("added_ms"),
    ms("booked_out_ms", "null = still in stock", nullable=True),
    ms("blocked_ms", "reported lost", nullable=True),
    comment="Activation cards.",
    sqlite_autoincrement=True,
)

card_uses = Table(
    "card_uses",
    metadata,
    ref("card_id", "cards.id", primary_key=True, autoincrement=False),
    ref("round_id", "rounds.id", unique=True),
    ms("at_ms"),
    comment="Which round a card opened; a card opens one.",
)

entries = Table(
    "entries",
    metadata,
    id_column(),
    ref("enrolment_id", "enrolments.id", index=True),
    *word("kind", EntryKind),
    ref("attempt_id", "attempts.id", nullable=True),
    ref("round_id", "rounds.id", nullable=True),
    Column("amount", Integer, comment="attempts, minutes, percent, or the new score in hundredths"),
    ref("undoes", "entries.id", "the entry that this one undoes", nullable=True, unique=True),
    ref("by_person", "people.id"),
    ref("second_person", "people.id", "who approved it", nullable=True),
    Column("reason_category", String(40), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("ticket", String(100), nullable=False, server_default=""),
    ms("expires_ms", nullable=True),
    ms("at_ms"),
    Column("source", String(200), nullable=False, unique=True, comment="one entry a source"),
    ms("begins_ms", "an accommodation counts for attempts started from then on", nullable=True),
    CheckConstraint("second_person <> by_person", name="two_persons"),
    CheckConstraint(f"kind NOT IN ({_two_persons}) OR second_person IS NOT NULL", name="approved"),
    CheckConstraint("(kind = 'undo') = (undoes IS NOT NULL)", name="undo"),
    CheckConstraint("kind IN ('void', 'undo', 'hand_in') OR amount IS NOT NULL", name="amount"),
    CheckConstraint("kind NOT IN ('void', 'rescore', 'hand_in') OR attempt_id IS NOT NULL", name="attempt"),
    comment="Ledger of entitlement and time, append-only; what is left is computed from it.",
    sqlite_autoincrement=True,
)

approvals = Table(
    "approvals",
    metadata,
    id_column(),
    ref("enrolment_id", "enrolments.id", "null = the person as a whole", nullable=True, index=True),
    Column("act", Text, nullable=False, comment="JSON"),
    ref("asked_by", "people.id"),
    ms("asked_ms"),
    ref("decided_by", "people.id", nullable=True),
    ms("decided_ms", nullable=True),
    *word("decision", Decision, nullable=True),
    ref("entry_id", "entries.id", "the entry made when it was approved", nullable=True),
    ref("person_id", "people.id", "whose record it is about", index=True),
    CheckConstraint("decided_by <> asked_by", name="two_persons"),
    CheckConstraint(
        "(decided_by IS NULL) = (decision IS NULL) AND (decided_ms IS NULL) = (decision IS NULL)", name="decided"
    ),
    CheckConstraint("entry_id IS NULL OR decision = 'approved'", name="entry"),
    Index(
        "ix_approvals_waiting",
        "asked_ms",
        sqlite_where=text("decision IS NULL"),
        postgresql_where=text("decision IS NULL"),
    ),
    comment="Acts that wait, or waited, for a second person.",
    sqlite_autoincrement=True,
)
