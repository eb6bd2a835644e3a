"""A second record beside an installation's own, for a capacity drill: the same tables, empty, and gone afterwards.

PostgreSQL: a schema of its own in the same database. SQLite: a file beside the file. What is written there stands in
no list, statistic, chain or export of the installation, because none of them ever reads it; and the rule that facts
are only added stays whole, because these are facts about nobody.
"""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from examengine.records import migrate
from examengine.records.database import told_plainly
from examengine.records.engines import SCHEMA, engines
from examengine.records.errors import RecordsError

NAME = "examengine_drill"
SQLITE_SUFFIXES = ("", "-wal", "-shm")


def shadow_url(url: str) -> str:
    """Where the shadow of the record at ``url`` lies."""
    given = make_url(url)
    if given.get_backend_name() == "sqlite":
        path = Path(given.database or "")
        return given.set(database=str(path.with_name(f"{path.stem}-drill{path.suffix}"))).render_as_string(False)
    return given.update_query_dict({SCHEMA: NAME}).render_as_string(False)


async def stands(url: str) -> bool:
    """Whether a shadow of the record at ``url`` is there, whole or left behind by a drill that died."""
    given = make_url(url)
    if given.get_backend_name() == "sqlite":
        return _file(url).exists()
    engine, _ = engines(given, 1)
    try:
        with told_plainly():
            async with engine.connect() as connection:
                found = text("SELECT 1 FROM pg_namespace WHERE nspname = :name")
                return (await connection.execute(found, {"name": NAME})).first() is not None
    finally:
        await engine.dispose()


async def make(url: str) -> str:
    """Make the shadow of the record at ``url``, without a row; its own URL.

    Raises:
        RecordsError: the database's role may not make a schema; the text says what to grant.
        Unavailable: SQL does not answer.
    """
    given = make_url(url)
    if given.get_backend_name() == "postgresql":
        engine, _ = engines(given, 1)
        try:
            await _run(engine, f"CREATE SCHEMA {NAME}")
        except ProgrammingError as error:
            raise RecordsError(
                f"the role of the database URL may not make the schema {NAME}: "
                f"GRANT CREATE ON DATABASE {given.database} TO {given.username or 'that role'}"
            ) from error
        finally:
            await engine.dispose()
    made = shadow_url(url)
    await migrate.upgrade(made)
    return made


async def remove(url: str) -> bool:
    """Remove the shadow of the record at ``url``; False where there was none. The record itself is not touched."""
    if not await stands(url):
        return False
    given = make_url(url)
    if given.get_backend_name() == "sqlite":
        _unlink(_file(url))
        return True
    engine, _ = engines(given, 1)
    try:
        await _run(engine, f"DROP SCHEMA {NAME} CASCADE")
    finally:
        await engine.dispose()
    return True


def _unlink(path: Path) -> None:
    for suffix in SQLITE_SUFFIXES:
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _file(url: str) -> Path:
    return Path(make_url(shadow_url(url)).database or "")


async def _run(engine: AsyncEngine, statement: str) -> None:
    with told_plainly():
        async with engine.begin() as connection:
            await connection.execute(text(statement))
