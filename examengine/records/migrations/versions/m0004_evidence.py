"""Chains, checkpoints and receipts."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
KINDS = "kind IN ('attempt', 'outcome', 'entry', 'audit')"
ARCHIVED = (
    sa.Column("header", sa.Text(), comment="what the chain begins with, JSON; null = not archived yet"),
    sa.Column("closing", sa.Text(), comment="what it ends with: outcome, digests of the answers, JSON"),
    sa.Column("marks", sa.LargeBinary(), comment="4 bytes a link of the chain: they say which line was altered"),
    sa.Column("head", sa.LargeBinary(), comment="SHA-256 over header, lines and closing"),
)
TAKEN_IN = (
    "INSERT INTO unlinked (kind, ref) SELECT 'audit', id FROM audit ORDER BY id",
    "INSERT INTO unlinked (kind, ref) SELECT 'entry', id FROM entries ORDER BY id",
    "INSERT INTO unlinked (kind, ref) SELECT 'outcome', id FROM outcomes ORDER BY id",
)
"""What was recorded before links were kept is linked as it is found."""


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    with op.batch_alter_table("attempt_journals", recreate="always" if is_sqlite else "never") as batch:
        for column in ARCHIVED:
            batch.add_column(column)
    if not is_sqlite:
        op.create_table_comment(
            "attempt_journals", "Archived journals of attempts, chained.", existing_comment="Journals of attempts."
        )
    op.create_table(
        "unlinked",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("ref", Id, nullable=False, comment="id of the fact"),
        sa.Column(
            "digest",
            sa.LargeBinary(),
            comment="SHA-256 of the fact; null = recorded before links were kept, taken as found",
        ),
        sa.CheckConstraint(KINDS, name=op.f("ck_unlinked_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unlinked")),
        sa.UniqueConstraint("kind", "ref", name=op.f("uq_unlinked_kind_ref")),
        comment="Facts that wait for their link, written in their transactions; deleted when the link is made.",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "links",
        sa.Column("seq", Id, autoincrement=False, nullable=False, comment="without gaps, from 1"),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("ref", Id, nullable=False, comment="id of the fact"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the fact"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 over this link and the hash before"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_links_kind")),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_links_seq")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_links")),
        sa.UniqueConstraint("kind", "ref", name=op.f("uq_links_kind_ref")),
        comment="One sequence over all facts, append-only; a link is made of its fact and the link before.",
    )
    op.create_table(
        "evidence_keys",
        sa.Column("key_id", sa.String(16), nullable=False, comment="first 16 hex digits of the key's SHA-256"),
        sa.Column("public", sa.LargeBinary(), nullable=False, comment="Ed25519 public key"),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_evidence_keys")),
        comment="Public keys that have signed; never deleted.",
    )
    op.create_table(
        "checkpoints",
        sa.Column("no", Id, autoincrement=False, nullable=False, comment="without gaps, from 1"),
        sa.Column("first", Id, nullable=False, comment="seq of the first link it covers"),
        sa.Column("last", Id, nullable=False, comment="seq of the last one"),
        sa.Column(
            "root",
            sa.LargeBinary(),
            nullable=False,
            comment="Merkle root (RFC 9162) over the hashes first to last",
        ),
        sa.Column("head", sa.LargeBinary(), nullable=False, comment="hash of the last link"),
        sa.Column("previous", sa.LargeBinary(), nullable=False, comment="digest of the checkpoint before"),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.String(16), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False, comment="Ed25519"),
        sa.CheckConstraint("first BETWEEN 1 AND last", name=op.f("ck_checkpoints_span")),
        sa.ForeignKeyConstraint(["key_id"], ["evidence_keys.key_id"], name=op.f("fk_checkpoints_key_id")),
        sa.PrimaryKeyConstraint("no", name=op.f("pk_checkpoints")),
        sa.UniqueConstraint("last", name=op.f("uq_checkpoints_last")),
        comment="Signed states of the log, append-only.",
    )
    op.create_table(
        "receipts",
        sa.Column("attempt_id", Id, autoincrement=False, nullable=False),
        sa.Column("number", sa.String(12), nullable=False, comment="random, last place a check character"),
        sa.Column("ended_ms", sa.BigInteger(), nullable=False),
        sa.Column("answered", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column(
            "digest",
            sa.LargeBinary(),
            nullable=False,
            comment="SHA-256 over the archive's head and these facts",
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_receipts_attempt_id")),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("number", name=op.f("uq_receipts_number")),
        comment="Receipts of finished attempts.",
    )
    for statement in TAKEN_IN:
        op.execute(sa.text(statement))
