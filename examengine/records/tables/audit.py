"""Who did what, and uploaded files between preview and commit."""

from sqlalchemy import Column, Index, LargeBinary, String, Table, Text, text

from examengine.records.tables.columns import Id, id_column, metadata, ms, ref
from examengine.records.words import BOUNDED_ACTS

BOUNDED = text(f"act IN ({', '.join(repr(act) for act in BOUNDED_ACTS)})")

audit = Table(
    "audit",
    metadata,
    id_column(),
    ms("at_ms"),
    ref("person_id", "people.id", "null = the system", nullable=True),
    Column("act", String(60), nullable=False),
    Column("object_kind", String(40), nullable=False),
    Column("object_id", Id, comment="internal id"),
    Column("facts", Text, nullable=False, comment="JSON, without personal data"),
    Index("ix_audit_object", "object_kind", "object_id"),
    Index("ix_audit_person_id", "person_id"),
    Index("ix_audit_at_ms", "at_ms"),
    Index(
        "ix_audit_views",
        "person_id",
        "id",
        sqlite_where=text("act = 'view_person'"),
        postgresql_where=text("act = 'view_person'"),
    ),
    Index("ix_audit_bounded", "person_id", "at_ms", sqlite_where=BOUNDED, postgresql_where=BOUNDED),
    comment="Audit log, append-only.",
    sqlite_autoincrement=True,
)

uploads = Table(
    "uploads",
    metadata,
    id_column(),
    ref("by_person", "people.id"),
    Column("purpose", String(40), nullable=False),
    Column("file_name", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False, comment="the file, encrypted"),
    ms("at_ms"),
    Column("work", LargeBinary, comment="how it is to be read and what was put right, encrypted"),
    Index("ix_uploads_at_ms", "at_ms"),
    comment="Uploaded files between preview and commit; deleted when they expire.",
    sqlite_autoincrement=True,
)
