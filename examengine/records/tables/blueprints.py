"""Blueprints (组卷规则): what an author wants papers of a bank to be made of."""

from sqlalchemy import CheckConstraint, Column, Integer, String, Table, Text, UniqueConstraint

from examengine.records.tables.columns import id_column, metadata, ms, ref

blueprints = Table(
    "blueprints",
    metadata,
    id_column(),
    ref("bank_id", "banks.id"),
    Column("name", String(200), nullable=False),
    Column("no", Integer, nullable=False, comment="revision, from 1"),
    Column("content", Text, nullable=False, comment="JSON"),
    Column("rulebook_digest", String(80), nullable=False, comment="the rules it was written for, kept here or not"),
    ref("by_person", "people.id", nullable=True),
    ms("at_ms"),
    UniqueConstraint("bank_id", "name", "no"),
    CheckConstraint("no >= 1", name="no"),
    comment="Revisions of blueprints; never changed.",
    sqlite_autoincrement=True,
)
