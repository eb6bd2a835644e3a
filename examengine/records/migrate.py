"""Bringing a database to this program's schema: ``await upgrade(url)``; at the start of a process ``check``."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from examengine.records.errors import WrongSchema

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 7_203_451_001
_FILE = re.compile(r"m(\d{4})_\w+\.py")


def configuration(connection: Connection | None = None) -> "Config":
    """Alembic's configuration; its environment runs on ``connection``."""
    from alembic.config import Config  # when there is something to do: with what it brings it takes ten MiB

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


@cache
def _revisions() -> frozenset[str]:
    """Those this program knows; they follow each other, and their files are named by them."""
    found = (_FILE.fullmatch(file.name) for file in (MIGRATIONS / "versions").iterdir())
    return frozenset(match[1] for match in found if match)


def newest() -> str:
    """The revision this program was written for."""
    return max(_revisions())


def revision_of(connection: Connection) -> str | None:
    """The revision of a database; None where there is none of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def check(connection: Connection) -> None:
    """Compare the database's revision with ours.

    Raises:
        WrongSchema: they differ.
    """
    found = revision_of(connection)
    if found != newest():
        raise WrongSchema(f"the database has schema {found or 'none'}, this program needs {newest()}")


async def upgrade(url: str) -> None:
    """Create or upgrade the schema; nothing happens where it is up to date. Two at once wait for each other."""
    from examengine.records.engines import engines

    writer, _ = engines(make_url(url), 1)
    try:
        async with writer.begin() as connection:
            if await connection.run_sync(revision_of) != newest():
                await upgrade_on(connection, "head")
    finally:
        await writer.dispose()


async def bring_up_to_date(url: str) -> None:
    """SQLite is one machine's own: its schema follows the program that opens it. PostgreSQL serves several hosts at
    once: there a person decides when it changes (``examengine upgrade``), and nothing happens here.
    """
    if make_url(url).get_backend_name() == "sqlite":
        await upgrade(url)


async def upgrade_on(connection: AsyncConnection, revision: str) -> None:
    """Bring the schema to ``revision`` within this transaction."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("SET LOCAL statement_timeout = 0"))
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))

    def run(sync: Connection) -> None:
        from alembic import command

        command.upgrade(configuration(sync), revision)

    await connection.run_sync(run)


def knows(revision: str) -> bool:
    """Whether this program can bring a database from ``revision`` to its own schema."""
    return revision in _revisions()
