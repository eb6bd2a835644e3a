"""Question banks: items, their immutable versions, releases that exams are drawn from."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from examengine.records.tables.columns import Id, id_column, metadata, ms, ref, word
from examengine.records.words import ITEM_KINDS, ItemState, ReviewDecision

banks = Table(
    "banks",
    metadata,
    id_column(),
    Column("name", String(200), nullable=False, unique=True),
    ref("by_person", "people.id", nullable=True),
    ms("at_ms"),
    comment="Question banks.",
    sqlite_autoincrement=True,
)

import_batches = Table(
    "import_batches",
    metadata,
    id_column(),
    ref("bank_id", "banks.id", index=True),
    Column("file_name", String(255), nullable=False),
    Column("sha256", String(64), nullable=False),
    ref("by_person", "people.id", nullable=True),
    ms("at_ms"),
    Column("findings", Text, nullable=False, comment="JSON"),
    Column("total", Integer, nullable=False, comment="questions the file held, also those left out"),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("same", Integer, nullable=False),
    Column("upload_id", Id, unique=True, comment="the upload it came from; one import an upload"),
    *word("state", ("committed",)),
    Column("undone_ms", BigInteger, comment="when it was taken back, while unused"),
    comment="Imports into a bank.",
    sqlite_autoincrement=True,
)

items = Table(
    "items",
    metadata,
    id_column(),
    ref("bank_id", "banks.id"),
    Column("external_no", String(100), nullable=False, comment="the author's number; without one, named by content"),
    UniqueConstraint("bank_id", "external_no"),
    comment="Items.",
    sqlite_autoincrement=True,
)

item_versions = Table(
    "item_versions",
    metadata,
    id_column(),
    ref("item_id", "items.id"),
    Column("no", Integer, nullable=False),
    *word("kind", ITEM_KINDS),
    Column("content", LargeBinary, nullable=False, comment="the whole item, JSON"),
    Column("key", String(64), nullable=False, comment="option ids, sorted"),
    Column("digest", String(64), nullable=False, comment="sha256 of the author's text, before options got their ids"),
    ref("batch_id", "import_batches.id", "null = written by hand", nullable=True, index=True),
    ref("by_person", "people.id", "who made it; null = the system", nullable=True),
    ms("at_ms"),
    Column("note", String(500), nullable=False, server_default="", comment="what was changed and why"),
    Column("valid_until", String(10), comment="the last day it may be drawn, YYYY-MM-DD"),
    UniqueConstraint("item_id", "no"),
    CheckConstraint("no >= 1", name="no"),
    Index(
        "ix_item_versions_valid_until",
        "valid_until",
        sqlite_where=text("valid_until IS NOT NULL"),
        postgresql_where=text("valid_until IS NOT NULL"),
    ),
    comment="Versions of items; never changed.",
    sqlite_autoincrement=True,
)

item_reviews = Table(
    "item_reviews",
    metadata,
    id_column(),
    ref("item_id", "items.id", index=True),
    ref("version_id", "item_versions.id", "what was looked at", index=True),
    *word("decision", ReviewDecision),
    Column("comment", String(500), nullable=False, server_default=""),
    ref("by_person", "people.id", "null = the system", nullable=True),
    ref("made_by", "people.id", "the version's maker, copied for the check", nullable=True),
    ms("at_ms"),
    CheckConstraint("decision <> 'approved' OR by_person <> made_by", name="second_person"),
    comment="What was said about versions of items, append-only; the newest about a version counts.",
    sqlite_autoincrement=True,
)

item_heads = Table(
    "item_heads",
    metadata,
    ref("item_id", "items.id", primary_key=True, autoincrement=False),
    ref("bank_id", "banks.id"),
    ref("version_id", "item_versions.id", "the newest version", index=True),
    Column("no", Integer, nullable=False),
    ref("checked_id", "item_versions.id", "the newest version whose last word is approved", nullable=True),
    Column("checked_no", Integer),
    *word("state", ItemState),
    *word("kind", ITEM_KINDS),
    Column("topic", String(300), nullable=False),
    Column("difficulty", String(10), nullable=False),
    Column("valid_until", String(10), comment="the last day it may be drawn, YYYY-MM-DD"),
    ref("by_person", "people.id", "who made the newest version", nullable=True),
    ms("at_ms", "when it was made"),
    Column("words", Text, nullable=False, comment="what a search looks through, in lower case"),
    Index("ix_item_heads_bank_item", "bank_id", "item_id", "state", "checked_id"),
    Index("ix_item_heads_checked_id", "checked_id"),
    Index("ix_item_heads_listed", "bank_id", "state", "kind", "topic", "difficulty", "valid_until"),
    comment="Items as lists show them: derived from versions and reviews, in the transaction that adds to those.",
)

releases = Table(
    "releases",
    metadata,
    id_column(),
    ref("bank_id", "banks.id"),
    Column("no", Integer, nullable=False),
    ms("at_ms"),
    ref("by_person", "people.id", nullable=True),
    Column("size", Integer, nullable=False, server_default="0", comment="how many items it holds"),
    UniqueConstraint("bank_id", "no"),
    comment="Frozen selections of a bank that exams are drawn from.",
    sqlite_autoincrement=True,
)

release_items = Table(
    "release_items",
    metadata,
    ref("release_id", "releases.id", primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    ref("version_id", "item_versions.id"),
    ref("item_id", "items.id", "the version's item: it stands in a release once"),
    Index("uq_release_items_version", "release_id", "version_id", unique=True),
    Index("uq_release_items_item", "release_id", "item_id", unique=True),
    Index("ix_release_items_version_id", "version_id"),
    Index("ix_release_items_item_id", "item_id"),
    comment="The item versions of a release, in a fixed order.",
)
