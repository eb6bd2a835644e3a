"""When the whole path could hear candidates, and what a person must decide."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
