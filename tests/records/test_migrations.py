"""The migrations lead to the schema that the program was written for."""

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.exc import IntegrityError

from examengine.records import migrate
from examengine.records.database import Database
from examengine.records.describe import describe
from examengine.records.errors import Unavailable, WrongSchema
from examengine.records.tables import metadata
from tests.databases import Copies

SCHEMA_MD = Path(__file__).parents[2] / "docs" / "schema.md"
SQLITE_SCHEMA = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name"
POSTGRES_SCHEMA = """
    SELECT 'column', table_name, column_name, concat_ws(' ', data_type, character_maximum_length, is_nullable,
           regexp_replace(column_default, '[a-z_]+[.]', '')) FROM information_schema.columns
    WHERE table_schema = current_schema
    UNION ALL SELECT 'index', tablename, indexname, replace(indexdef, current_schema || '.', '') FROM pg_indexes
    WHERE schemaname = current_schema
    UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = current_schema::regnamespace
    UNION ALL SELECT 'comment', relname, objsubid::text, description FROM pg_description JOIN pg_class
    ON objoid = pg_class.oid WHERE relnamespace = current_schema::regnamespace
    ORDER BY 1, 2, 3
"""


def shape(connection: Connection) -> list[tuple[Any, ...]]:
    query = SQLITE_SCHEMA if connection.dialect.name == "sqlite" else POSTGRES_SCHEMA
    rows = [tuple(row) for row in connection.execute(text(query)) if "alembic" not in str(tuple(row))]
    # SQLite quotes the name of a table that a migration has built anew; that is no difference
    unquoted = [(*row[:-1], str(row[-1]).replace('"', "")) for row in rows]
    return sorted((*row[:-1], *sorted(line.strip(", \t") for line in row[-1].splitlines())) for row in unquoted)


async def test_the_migrations_make_the_tables_that_the_program_declares(database: Database) -> None:
    async with database.writer.begin() as connection:
        migrated = await connection.run_sync(shape)
        for table in reversed(metadata.sorted_tables):
            await connection.execute(text(f'DROP TABLE "{table.name}"'))
        await connection.run_sync(metadata.create_all)
        declared = await connection.run_sync(shape)

    assert len(migrated) > 50
    assert migrated == declared


def test_the_schema_description_is_up_to_date() -> None:
    made = "run: python -m examengine.records.describe > docs/schema.md"
    assert SCHEMA_MD.read_text("utf-8") == describe(), made


def test_every_table_says_what_it_is_for() -> None:
    assert [table.name for table in metadata.sorted_tables if not table.comment] == []


async def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    await migrate.upgrade(database_url)
    await migrate.upgrade(database_url)


async def test_a_first_version_with_what_it_holds_takes_the_new_words(tmp_path: Path) -> None:
    """Checks are widened in SQLite's own schema: the file stays whole, the rows stay, the old words stay."""
    path = tmp_path / "old.db"

    def at_first(connection: Connection) -> None:
        command.upgrade(migrate.configuration(connection), "0001")
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        for kind in ("deadline", "void"):
            connection.execute(text(f"INSERT INTO outbox VALUES (NULL, 1, '{kind}', 1, '{{}}', 1, NULL)"))

    with create_engine(f"sqlite:///{path}").begin() as connection:
        at_first(connection)
    await migrate.upgrade(f"sqlite:///{path}")
    with create_engine(f"sqlite:///{path}").begin() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        assert connection.execute(text("SELECT kind FROM outbox ORDER BY id")).scalars().all() == ["deadline", "void"]
        connection.execute(text("INSERT INTO outbox VALUES (NULL, 1, 'hand_in', 1, '{}', 1, NULL)"))
        with pytest.raises(IntegrityError, match="ck_outbox_kind"):
            connection.execute(text("INSERT INTO outbox VALUES (NULL, 1, 'other', 1, '{}', 1, NULL)"))


async def test_two_processes_that_upgrade_at_once_wait_for_each_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    async with asyncio.TaskGroup() as both:
        both.create_task(migrate.upgrade(url))
        both.create_task(migrate.upgrade(url))
    await (await Database.open(url)).close()


async def test_a_new_sqlite_file_that_another_is_writing_is_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "new.db"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("PRAGMA user_version = 0")  # an empty file would be waited for by SQLite itself
    other.execute("BEGIN IMMEDIATE")
    upgrading = asyncio.create_task(migrate.upgrade(f"sqlite:///{file}"))
    await asyncio.sleep(0.2)
    assert not upgrading.done()
    other.execute("COMMIT")
    other.close()
    await upgrading


async def test_a_database_without_our_schema_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WrongSchema, match="has schema none"):
        await Database.open(f"sqlite:///{tmp_path / 'empty.db'}")


async def test_a_database_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        await Database.open(f"postgresql://nobody@/none?host={tmp_path}")
    with pytest.raises(Unavailable):
        await Database.open(f"sqlite:///{tmp_path / 'no' / 'folder.db'}")
    await asyncio.sleep(0.1)  # aiosqlite's thread still wants to tell this loop that it stopped


async def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ValueError, match="mysql"):
        await Database.open("mysql://localhost/x")


async def test_each_test_gets_a_database_of_its_own(database_copies: Copies) -> None:
    first, second = database_copies.make(), database_copies.make()
    assert first != second
    for url in (first, second):
        opened = await Database.open(url)
        async with opened.reader.connect() as connection:
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        assert "people" in names
        await opened.close()
        database_copies.drop(url)
