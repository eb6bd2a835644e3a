"""Pictures of items, each kept once, named by what it holds."""

from sqlalchemy import CheckConstraint, Column, Integer, LargeBinary, String, Table

from examengine.records.tables.columns import metadata, ms, word
from examengine.records.words import MEDIA_TYPES

media = Table(
    "media",
    metadata,
    Column("sha256", String(64), primary_key=True, comment="of the content, hex"),
    *word("media_type", MEDIA_TYPES),
    Column("content", LargeBinary, nullable=False),
    Column("octets", Integer, nullable=False),
    ms("at_ms"),
    CheckConstraint("octets >= 1", name="octets"),
    comment="Pictures that items show; never changed.",
)
