"""Run migrations on the connection that the caller holds, in the caller's transaction."""

from alembic import context
from sqlalchemy import Connection

from examengine.records.tables import metadata

connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, compare_type=True, compare_server_default=True)
with context.begin_transaction():
    context.run_migrations()
