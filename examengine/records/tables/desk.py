"""What the desk does beside the ledger: telephone calls, letting people in again, and what one agent may do alone."""

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, LargeBinary, String, Table

from examengine.records.tables.columns import id_column, metadata, ms, ref, word
from examengine.records.words import CallTopic, IdentityCheck, Measure

bounds = Table(
    "bounds",
    metadata,
    id_column(),
    *word("measure", Measure),
    Column("per_day", Integer, nullable=False, comment="in 24 hours"),
    Column("at_once", Integer, nullable=False, comment="in one act"),
    Column("on_one_person", Integer, nullable=False, comment="acts on one person in seven days"),
    ref("by_person", "people.id"),
    ms("at_ms"),
    CheckConstraint("at_once >= 1 AND per_day >= at_once AND on_one_person >= 1", name="bounds"),
    comment="What one agent of the desk may do without a second person; append-only, the newest of a measure counts.",
    sqlite_autoincrement=True,
)

calls = Table(
    "calls",
    metadata,
    id_column(),
    ref("person_id", "people.id"),
    *word("topic", CallTopic),
    *word("identity", IdentityCheck, "how the caller was known to be the person"),
    Column("note_enc", LargeBinary, nullable=False, comment="what was said, under the person's key"),
    Column("recording", String(60), nullable=False, server_default="", comment="number of the recording"),
    Column("ticket", String(100), nullable=False, server_default=""),
    ref("by_person", "people.id"),
    ms("at_ms"),
    Column("source", String(200), nullable=False, unique=True, comment="one call a form"),
    Index("ix_calls_person_id", "person_id", "at_ms"),
    Index("ix_calls_by_person", "by_person", "at_ms"),
    comment="Calls noted by the desk, append-only.",
    sqlite_autoincrement=True,
)

let_ins = Table(
    "let_ins",
    metadata,
    id_column(),
    ref("person_id", "people.id", index=True),
    Column("new_password", Boolean, nullable=False, comment="a one-time password took the place of the old one"),
    Column("nonce", String(64), nullable=False, comment="of the form; the one-time password is made from it"),
    Column("reason_category", String(40), nullable=False),
    Column("reason", String(1000), nullable=False),
    Column("ticket", String(100), nullable=False, server_default=""),
    ref("by_person", "people.id"),
    ref("second_person", "people.id", "who approved it", nullable=True),
    ms("at_ms"),
    Column("source", String(200), nullable=False, unique=True, comment="one a form"),
    CheckConstraint("second_person <> by_person", name="two_persons"),
    CheckConstraint("by_person <> person_id", name="not_for_oneself"),
    comment="Candidates let in again: limits lifted, old sessions ended; append-only.",
    sqlite_autoincrement=True,
)
