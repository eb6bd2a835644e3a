"""Journal segments shipped from the live side, and who may write them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "installation",
        sa.Column("id", Id, autoincrement=False, nullable=False, comment="always 1"),
        sa.Column("name", sa.String(length=32), nullable=False, comment="random; another one after a restore"),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
        comment="What the live side calls this record, one row: live data of another record is not taken for ours.",
    )
    op.create_table(
        "lease_tokens",
        sa.Column("lease", sa.String(length=40), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False, comment="the highest under which anything was written"),
        sa.PrimaryKeyConstraint("lease", name=op.f("pk_lease_tokens")),
        comment="Fences: whoever held a lease earlier writes nothing after the next holder.",
    )
    op.create_table(
        "live_slots",
        sa.Column("slot", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "life",
            sa.Integer(),
            nullable=False,
            comment="one more with every rebuild; lines read in an earlier one are void",
        ),
        sa.CheckConstraint("slot BETWEEN 0 AND 63", name=op.f("ck_live_slots_slot")),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_live_slots")),
        comment="The 64 slots of the live side; a slot that was never rebuilt has no row.",
    )
    op.create_table(
        "journal_segments",
        sa.Column("id", Id, autoincrement=True, nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column(
            "waits_for",
            Id,
            nullable=False,
            comment="the newest attempt in it that was not archived when last looked",
        ),
        sa.Column("count", sa.Integer(), nullable=False, comment="number of lines"),
        sa.Column(
            "body", sa.LargeBinary(), nullable=False, comment="parts of journals by attempt, MessagePack, zlib"
        ),
        sa.Column("shipped_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_segments")),
        comment="Journal lines of running attempts, a row a slot and batch; deleted when all its attempts are "
        "archived.",
        sqlite_autoincrement=True,
    )
    op.create_index("ix_journal_segments_slot", "journal_segments", ["slot", "id"], unique=False)
    op.create_index(op.f("ix_outcomes_recorded_ms"), "outcomes", ["recorded_ms"], unique=False)
