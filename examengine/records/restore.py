"""Taking a backup back, into an empty database: all of it or nothing, in one transaction.

What was told to people after the backup was made is not in it. So ids go on a million higher: a number that stands on
somebody's screen, in a session or on a receipt never comes to mean another person or attempt. And the record takes a
new name (:mod:`examengine.records.installation`), by which the live side knows that what it holds is of another time.
"""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import MetaData, Table, func, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from examengine.records import audit, installation, migrate
from examengine.records.backup import gives_ids, long_transaction, sequence_of, tables_of
from examengine.records.backup_files import BackupError, Manifest, TableFile, Tell, check, key_print, rows_of
from examengine.records.database import Writing

APART = 1_000_000
"""How much higher ids go on."""
MADE_EMPTY = ("installation",)
"""Tables in which a program that merely started has written."""


async def restore(url: str, folder: Path, field_keys: Sequence[str], now_ms: int, tell: Tell) -> Manifest:
    """Take the backup in ``folder`` back into the database at ``url``, which must be empty, and bring it to this
    program's schema.

    Raises:
        BackupError: the database is not empty, or the backup is of a newer schema, or of other keys.
        DamagedBackup: a file is not as it was written; nothing was changed.
        Unavailable: the database does not answer.
    """
    manifest = check(folder, tell)
    if not migrate.knows(manifest.revision):
        raise BackupError(
            f"the backup has schema {manifest.revision}, which this program does not know: "
            f"restore it with examengine {manifest.program} or newer"
        )
    if not set(manifest.keys) <= set(map(key_print, field_keys)):
        raise BackupError(
            "these are not the field keys of the backup: nobody's name could be read. Put the keys that were kept "
            f"with it in place (fingerprints {', '.join(manifest.keys)})"
        )
    async with long_transaction(url, writes=True) as connection:
        await _make_ready(connection, manifest)
        tables = await tables_of(connection)
        if set(tables.tables) != {table.name for table in manifest.tables}:
            raise BackupError("the backup's tables are not those of its schema")
        for table in manifest.tables:
            await _load(connection, folder, table, tell)
        await _verify_references(connection)
        last_ids = {table.name: table.last_id for table in manifest.tables}
        await migrate.upgrade_on(connection, "head")
        await _number_apart(connection, await tables_of(connection), last_ids)
        tx = Writing(connection)
        await installation.renew(tx)
        facts = {"made_ms": manifest.made_ms, "manifest": manifest.digest(), "from": manifest.installation}
        await audit.append(tx, now_ms, None, "restore", "installation", None, facts)
    return manifest


async def _make_ready(connection: AsyncConnection, manifest: Manifest) -> None:
    """The backup's own schema, without a row."""
    names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    if names:
        tables = await tables_of(connection)
        known = {table.name for table in manifest.tables} | {"alembic_version"}
        if strange := set(names) - known:
            raise BackupError(f"the database is not empty: it has a table {min(strange)}")
        for table in tables.sorted_tables:
            if table.name in MADE_EMPTY:
                await connection.execute(table.delete())
            elif (await connection.execute(select(table).limit(1))).first() is not None:
                raise BackupError(f"the database is not empty: there are rows in {table.name}; name a new one")
        found = await connection.run_sync(migrate.revision_of)
        if found != manifest.revision:
            raise BackupError(
                f"the database has schema {found}, the backup {manifest.revision}: name one without tables"
            )
    await migrate.upgrade_on(connection, manifest.revision)
    if connection.dialect.name == "sqlite":
        await connection.execute(text("PRAGMA defer_foreign_keys = ON"))


async def _load(connection: AsyncConnection, folder: Path, table: TableFile, tell: Tell) -> None:
    done = 0
    for columns, rows in rows_of(folder, table):
        await connection.exec_driver_sql(_insert(connection, table.name, columns), [tuple(row) for row in rows])
        done += len(rows)
        tell(table.name, done)


def _insert(connection: AsyncConnection, table: str, columns: Sequence[str]) -> str:
    """The statement for the driver itself: a row costs a tenth of one that passes through SQLAlchemy."""
    quote = connection.dialect.identifier_preparer.quote
    is_sqlite = connection.dialect.name == "sqlite"
    places = ["?" if is_sqlite else f"${place}" for place in range(1, len(columns) + 1)]
    return f"INSERT INTO {quote(table)} ({', '.join(map(quote, columns))}) VALUES ({', '.join(places)})"  # noqa: S608


async def _verify_references(connection: AsyncConnection) -> None:
    """PostgreSQL has looked at each row."""
    if connection.dialect.name == "sqlite":
        broken = (await connection.execute(text("PRAGMA foreign_key_check"))).first()
        if broken is not None:
            raise BackupError(f"the backup is not whole: a row of {broken[0]} refers to none in {broken[2]}")


async def _number_apart(connection: AsyncConnection, tables: MetaData, last_ids: dict[str, int]) -> None:
    for table in tables.sorted_tables:
        if gives_ids(table):
            highest = (await connection.execute(select(func.max(table.c.id)))).scalar() or 0
            last_id = max(highest, last_ids.get(table.name, 0))
            await _go_on_at(connection, table, (last_id // APART + 1) * APART)


async def _go_on_at(connection: AsyncConnection, table: Table, last_id: int) -> None:
    """Let the next id be one higher than ``last_id``."""
    if connection.dialect.name == "sqlite":
        given = {"name": table.name, "seq": last_id}
        known = await connection.execute(text("UPDATE sqlite_sequence SET seq = :seq WHERE name = :name"), given)
        if known.rowcount == 0:
            await connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :seq)"), given)
        return
    sequence = await sequence_of(connection, table)
    if sequence is not None:
        await connection.execute(
            text("SELECT setval(CAST(:name AS regclass), :last)"), {"name": sequence, "last": last_id}
        )
