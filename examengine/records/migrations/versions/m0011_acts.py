"""Acts of the desk: calls, quotas, what waits for a second person."""

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
