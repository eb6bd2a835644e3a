"""What is looked at before an exam is published, who signed what was red, and what candidates may call."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, String, Table, Text, text

from examengine.records.tables.columns import Id, id_column, metadata, ms, ref

check_signatures = Table(
    "check_signatures",
    metadata,
    id_column(),
    Column("digest", String(80), nullable=False, comment="the rulebook, kept here or not"),
    ref("release_id", "releases.id"),
    ref("blueprint_id", "blueprints.id", "null = the rulebook's own", nullable=True),
    Column("kind", String(40), nullable=False, comment="the check"),
    Column("finding", String(40), nullable=False, comment="what it said: another finding is to be signed anew"),
    Column("facts", Text, nullable=False, comment="what was seen, JSON"),
    Column("reason", String(500), nullable=False),
    ref("by_person", "people.id"),
    ms("at_ms"),
    Column("source", String(200), nullable=False, unique=True, comment="the form: sent twice, it is one signature"),
    Index("ix_check_signatures_release_id", "release_id", "digest"),
    comment="Who answers for publishing although a check was red, append-only.",
    sqlite_autoincrement=True,
)

drills = Table(
    "drills",
    metadata,
    id_column(),
    ms("at_ms", "when it ended"),
    Column("people", Integer, nullable=False, comment="sat at once"),
    Column("minutes", Integer, nullable=False, comment="within which all of them started"),
    Column("p99_ms", Integer, nullable=False, comment="until an answer was acknowledged, 99 of 100"),
    Column("lost", Integer, nullable=False, comment="acknowledged answers that were not in the record afterwards"),
    Column("configuration", Text, nullable=False, comment="of what was drilled, JSON"),
    Column(
        "starts_p99_ms", Integer, nullable=False, server_default="0", comment="until the paper was there, 99 of 100"
    ),
    Column("errors", Integer, nullable=False, server_default="0", comment="requests that failed"),
    CheckConstraint("people > 0 AND minutes > 0 AND p99_ms >= 0 AND lost >= 0", name="figures"),
    comment="Capacity drills: how many can sit at once on this installation, append-only.",
    sqlite_autoincrement=True,
)

backups = Table(
    "backups",
    metadata,
    id_column(),
    ms("made_ms"),
    Column("digest", String(64), nullable=False, comment="SHA-256 of its manifest"),
    Column("octets", Id, nullable=False),
    comment="Backups that were written whole, append-only.",
    sqlite_autoincrement=True,
)

duties = Table(
    "duties",
    metadata,
    id_column(),
    ref("person_id", "people.id"),
    ms("from_ms"),
    ms("until_ms"),
    ref("by_person", "people.id"),
    ms("at_ms"),
    Column("source", String(200), nullable=False, unique=True, comment="the form: sent twice, it is one duty"),
    ms("dropped_ms", "when it was taken off the roster", nullable=True),
    ref("dropped_by", "people.id", nullable=True),
    CheckConstraint("until_ms > from_ms", name="span"),
    CheckConstraint("(dropped_ms IS NULL) = (dropped_by IS NULL)", name="dropped"),
    Index(
        "ix_duties_until_ms",
        "until_ms",
        sqlite_where=text("dropped_ms IS NULL"),
        postgresql_where=text("dropped_ms IS NULL"),
    ),
    comment="Who of the staff is on duty when.",
    sqlite_autoincrement=True,
)

hotlines = Table(
    "hotlines",
    metadata,
    id_column(),
    Column("number", String(40), nullable=False, comment="as pages show it; empty = none"),
    Column("hours", String(80), nullable=False, comment="shown beside it"),
    ref("by_person", "people.id"),
    ms("at_ms"),
    comment="The telephone number on every page, append-only; the newest counts.",
    sqlite_autoincrement=True,
)
