"""Attempts, their outcomes and what is kept of them; the pushes to the live sittings."""

from sqlalchemy import (
    BigInteger,
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

from examengine.records.packing import Packed
from examengine.records.tables.columns import id_column, metadata, ms, ref, word
from examengine.records.words import DEADLINE_REASONS, ENDED_STATES, OUTCOME_REASONS, RESULTS, OutboxKind

attempts = Table(
    "attempts",
    metadata,
    id_column(),
    ref("enrolment_id", "enrolments.id", index=True),
    ref("round_id", "rounds.id"),
    Column("no", Integer, nullable=False, comment="within the round"),
    Column(
        "intent",
        String(200),
        nullable=False,
        unique=True,
        comment="of the confirm page: a repeated confirm leads to the same attempt",
    ),
    ms("started_ms"),
    ms("base_deadline_ms", "frozen at the start; the effective one is computed from it, the entries and the window"),
    *word("base_reason", DEADLINE_REASONS),
    Column("seed", LargeBinary, nullable=False),
    Column("generator", Integer, nullable=False, comment="version of the drawing program"),
    Column("paper", LargeBinary, nullable=False, comment="item versions and option order, packed"),
    ref("release_id", "releases.id"),
    Column("rulebook_digest", String(80), ForeignKey("rulebooks.digest"), nullable=False),
    Column("generation", Integer, nullable=False, server_default="1", comment="one more with every rebuild"),
    Column("contract", Text, nullable=False, comment="what the person was told before the start, JSON"),
    UniqueConstraint("round_id", "no"),
    CheckConstraint("no >= 1", name="no"),
    CheckConstraint("base_deadline_ms > started_ms", name="deadline"),
    comment="Attempts.",
    sqlite_autoincrement=True,
)

open_attempts = Table(
    "open_attempts",
    metadata,
    ref("attempt_id", "attempts.id", primary_key=True, autoincrement=False),
    ref("enrolment_id", "enrolments.id", "at most one running attempt an enrolment", unique=True),
    ms("look_at_ms", "when someone should look at it"),
    Index("ix_open_attempts_look_at_ms", "look_at_ms"),
    comment="Attempts without outcome: written by the start, deleted by the finish, in their transactions.",
)

outcomes = Table(
    "outcomes",
    metadata,
    id_column(),
    ref("attempt_id", "attempts.id"),
    Column("no", Integer, nullable=False, comment="1 = the finish; later ones void or rescore"),
    Column("generation", Integer, nullable=False),
    *word("state", ENDED_STATES),
    Column("score_hundredths", Integer, comment="null = no score"),
    Column("full_hundredths", Integer),
    *word("result", RESULTS, "null = void or not marked yet", nullable=True),
    *word("reason", OUTCOME_REASONS),
    Column("cause", String(100), nullable=False, comment="what brought it about: hand_in, entry:12"),
    Column(
        "key_version",
        String(100),
        nullable=False,
        server_default="",
        comment="version of the keys it was marked with",
    ),
    ms("ended_ms", "when the attempt ended"),
    ms("deadline_ms", "the effective deadline it ended under"),
    *word("deadline_reason", DEADLINE_REASONS),
    Column("recorded_ms", BigInteger, nullable=False, index=True),
    ref("by_person", "people.id", nullable=True),
    UniqueConstraint("attempt_id", "no"),
    CheckConstraint("no >= 1", name="no"),
    CheckConstraint("score_hundredths BETWEEN 0 AND full_hundredths", name="score"),
    comment="Outcomes of an attempt, append-only; the newest counts.",
    sqlite_autoincrement=True,
)

attempt_answers = Table(
    "attempt_answers",
    metadata,
    ref("attempt_id", "attempts.id", primary_key=True, autoincrement=False),
    Column("answers", Packed, nullable=False, comment="item version to option ids, JSON, packed"),
    Column("detail", Packed, nullable=False, comment="marks item by item, JSON, packed"),
    comment="The answers as they were at the finish.",
)

attempt_journals = Table(
    "attempt_journals",
    metadata,
    ref("attempt_id", "attempts.id", primary_key=True, autoincrement=False),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("lines", LargeBinary, nullable=False, comment="one line an event, zlib"),
    Column("count", Integer, nullable=False, comment="number of lines"),
    Column("header", Packed, comment="what the chain begins with, JSON, packed; null = not archived yet"),
    Column("closing", Packed, comment="what it ends with: outcome, digests of the answers, JSON, packed"),
    Column("marks", LargeBinary, comment="4 bytes a link of the chain: they say which line was altered"),
    Column("head", LargeBinary, comment="SHA-256 over header, lines and closing"),
    comment="Archived journals of attempts, chained.",
)

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    ref("attempt_id", "attempts.id"),
    *word("kind", OutboxKind),
    Column("version", Integer, nullable=False, comment="grows within attempt and kind; pushes are idempotent by it"),
    Column("payload", Text, nullable=False, comment="JSON"),
    ms("at_ms"),
    ms("done_ms", nullable=True),
    UniqueConstraint("attempt_id", "kind", "version"),
    Index(
        "ix_outbox_waiting",
        "id",
        sqlite_where=text("done_ms IS NULL"),
        postgresql_where=text("done_ms IS NULL"),
    ),
    comment="Messages for the live sittings, written in the transaction of their fact.",
    sqlite_autoincrement=True,
)
