"""Rulebooks as they were when used, and who confirmed their assumed values."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from examengine.records.tables.columns import id_column, metadata, ms, ref

rulebooks = Table(
    "rulebooks",
    metadata,
    id_column(),
    Column("rulebook_id", String(100), nullable=False, comment="name of the file, guangxi-2014"),
    Column("digest", String(80), nullable=False, unique=True, comment="sha256 of the canonical content"),
    Column("toml", Text, nullable=False),
    ms("added_ms"),
    Index("ix_rulebooks_rulebook_id", "rulebook_id"),
    comment="Every revision of a rulebook that was ever used.",
    sqlite_autoincrement=True,
)

confirmations = Table(
    "confirmations",
    metadata,
    id_column(),
    Column("digest", String(80), ForeignKey("rulebooks.digest"), nullable=False, index=True),
    Column("key", String(200), nullable=False, comment="dotted"),
    Column("value", Text, nullable=False, comment="what was confirmed, JSON"),
    ref("person_id", "people.id"),
    Column("person_name", String(100), nullable=False, comment="as it was at the time"),
    ms("at_ms"),
    comment="Assumed values (D), each confirmed by a named person; append-only.",
    sqlite_autoincrement=True,
)
