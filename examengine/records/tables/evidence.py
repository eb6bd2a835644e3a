"""What proves that the record was not altered: links, checkpoints, public keys, receipts."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    UniqueConstraint,
)

from examengine.records.tables.columns import Id, id_column, metadata, ms, ref, word
from examengine.records.words import FactKind

unlinked = Table(
    "unlinked",
    metadata,
    id_column(),
    *word("kind", FactKind),
    Column("ref", Id, nullable=False, comment="id of the fact"),
    Column(
        "digest", LargeBinary, comment="SHA-256 of the fact; null = recorded before links were kept, taken as found"
    ),
    UniqueConstraint("kind", "ref"),
    comment="Facts that wait for their link, written in their transactions; deleted when the link is made.",
    sqlite_autoincrement=True,
)

links = Table(
    "links",
    metadata,
    Column("seq", Id, primary_key=True, autoincrement=False, comment="without gaps, from 1"),
    *word("kind", FactKind),
    Column("ref", Id, nullable=False, comment="id of the fact"),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the fact"),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 over this link and the hash before"),
    ms("at_ms"),
    UniqueConstraint("kind", "ref"),
    CheckConstraint("seq >= 1", name="seq"),
    comment="One sequence over all facts, append-only; a link is made of its fact and the link before.",
)

evidence_keys = Table(
    "evidence_keys",
    metadata,
    Column("key_id", String(16), primary_key=True, comment="first 16 hex digits of the key's SHA-256"),
    Column("public", LargeBinary, nullable=False, comment="Ed25519 public key"),
    ms("since_ms"),
    comment="Public keys that have signed; never deleted.",
)

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("no", Id, primary_key=True, autoincrement=False, comment="without gaps, from 1"),
    Column("first", Id, nullable=False, comment="seq of the first link it covers"),
    Column("last", Id, nullable=False, unique=True, comment="seq of the last one"),
    Column("root", LargeBinary, nullable=False, comment="Merkle root (RFC 9162) over the hashes first to last"),
    Column("head", LargeBinary, nullable=False, comment="hash of the last link"),
    Column("previous", LargeBinary, nullable=False, comment="digest of the checkpoint before"),
    ms("at_ms"),
    Column("key_id", String(16), ForeignKey("evidence_keys.key_id"), nullable=False),
    Column("signature", LargeBinary, nullable=False, comment="Ed25519"),
    CheckConstraint("first BETWEEN 1 AND last", name="span"),
    comment="Signed states of the log, append-only.",
)

receipts = Table(
    "receipts",
    metadata,
    ref("attempt_id", "attempts.id", primary_key=True, autoincrement=False),
    Column("number", String(12), nullable=False, unique=True, comment="random, last place a check character"),
    ms("ended_ms"),
    Column("answered", Integer, nullable=False),
    Column("questions", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 over the archive's head and these facts"),
    comment="Receipts of finished attempts.",
)
