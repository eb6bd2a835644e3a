"""Question banks: items, their immutable versions, releases that exams are drawn from."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from examengine.records.tables.columns import Id, id_column, metadata, ms, ref, word
from examengine.records.words import ITEM_KINDS

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
    ref("batch_id", "import_batches.id", index=True),
    UniqueConstraint("item_id", "no"),
    CheckConstraint("no >= 1", name="no"),
    comment="Versions of items; never changed.",
    sqlite_autoincrement=True,
)

releases = Table(
    "releases",
    metadata,
    id_column(),
    ref("bank_id", "banks.id"),
    Column("no", Integer, nullable=False),
    ms("at_ms"),
    ref("by_person", "people.id", nullable=True),
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
    Index("uq_release_items_version", "release_id", "version_id", unique=True),
    Index("ix_release_items_version_id", "version_id"),
    comment="The item versions of a release, in a fixed order.",
)
