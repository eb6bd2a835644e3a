"""What has been carried over from the live side: journal segments, and who may write them."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, String, Table

from examengine.records.tables.columns import Id, id_column, metadata, ms

installation = Table(
    "installation",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False, comment="always 1"),
    Column("name", String(32), nullable=False, comment="random; another one after a restore"),
    CheckConstraint("id = 1", name="single"),
    comment="What the live side calls this record, one row: live data of another record is not taken for ours.",
)

lease_tokens = Table(
    "lease_tokens",
    metadata,
    Column("lease", String(40), primary_key=True),
    Column("token", BigInteger, nullable=False, comment="the highest under which anything was written"),
    comment="Fences: whoever held a lease earlier writes nothing after the next holder.",
)

live_slots = Table(
    "live_slots",
    metadata,
    Column("slot", Integer, primary_key=True, autoincrement=False),
    Column(
        "life", Integer, nullable=False, comment="one more with every rebuild; lines read in an earlier one are void"
    ),
    CheckConstraint("slot BETWEEN 0 AND 63", name="slot"),
    comment="The 64 slots of the live side; a slot that was never rebuilt has no row.",
)

journal_segments = Table(
    "journal_segments",
    metadata,
    id_column(),
    Column("slot", Integer, nullable=False),
    Column(
        "waits_for", Id, nullable=False, comment="the newest attempt in it that was not archived when last looked"
    ),
    Column("count", Integer, nullable=False, comment="number of lines"),
    Column("body", LargeBinary, nullable=False, comment="parts of journals by attempt, MessagePack, zlib"),
    ms("shipped_ms"),
    Index("ix_journal_segments_slot", "slot", "id"),
    comment="Journal lines of running attempts, a row a slot and batch; deleted when all its attempts are archived.",
    sqlite_autoincrement=True,
)
