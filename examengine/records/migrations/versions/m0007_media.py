"""Pictures of items."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TYPES = "media_type IN ('image/png', 'image/jpeg', 'image/gif', 'image/bmp', 'image/webp')"


def upgrade() -> None:
    op.create_table(
        "media",
        sa.Column("sha256", sa.String(64), nullable=False, comment="of the content, hex"),
        sa.Column("media_type", sa.String(40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("octets", sa.Integer(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(TYPES, name=op.f("ck_media_media_type")),
        sa.CheckConstraint("octets >= 1", name=op.f("ck_media_octets")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_media")),
        comment="Pictures that items show; never changed.",
    )
