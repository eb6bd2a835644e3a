"""Finding people among millions: whom an agent looked at last."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_VIEWS = sa.text("act = 'view_person'")


def upgrade() -> None:
    op.create_index("ix_audit_views", "audit", ["person_id", "id"], sqlite_where=_VIEWS, postgresql_where=_VIEWS)
