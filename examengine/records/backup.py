"""A backup: one consistent state of every table, in a form of our own that either kind of database can take back.

All rows are of one transaction, so exams may run meanwhile. What is written lies in ``DIR.part`` until it is whole
and on the disk: a folder with its own name is a whole backup. The database says what its tables are, not this
program, so a backup is restored under the schema it was made with, then brought up to date.

Keys are not part of it. Redis needs none: what it holds is rebuilt from here.
"""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import LargeBinary, MetaData, Table, func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from examengine.records import migrate
from examengine.records.backup_files import (
    FORMAT,
    ROWS_A_PART,
    BackupError,
    Manifest,
    TableFile,
    Tell,
    key_print,
    sync,
    write_manifest,
    written,
)
from examengine.records.database import told_plainly
from examengine.records.engines import engines

__all__ = ["gives_ids", "long_transaction", "sequence_of", "tables_of", "write"]


async def write(url: str, folder: Path, field_keys: Sequence[str], now_ms: int, tell: Tell) -> Manifest:
    """Write the database at ``url`` to ``folder``, which must not exist.

    Raises:
        BackupError: the folder is there already, or cannot be written.
        Unavailable: the database does not answer.
    """
    part = folder.with_name(folder.name + ".part")
    for taken in (folder, part):
        if taken.exists():
            raise BackupError(f"{taken} is there already: {'remove it' if taken == part else 'name another'}")
    try:
        part.mkdir(mode=0o700, parents=True)
        try:
            async with long_transaction(url, writes=False) as connection:
                manifest = await _write_all(connection, part, field_keys, now_ms, tell)
            write_manifest(part, manifest)
            sync(part)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        part.rename(folder)
        sync(folder.parent)
    except OSError as error:
        raise BackupError(f"{folder} cannot be written: {error.strerror}") from error
    return manifest


async def _write_all(
    connection: AsyncConnection, part: Path, field_keys: Sequence[str], now_ms: int, tell: Tell
) -> Manifest:
    revision = await connection.run_sync(migrate.revision_of)
    if revision is None:
        raise BackupError("there is nothing in this database")
    tables = await tables_of(connection)
    files = []
    for number, table in enumerate(tables.sorted_tables, start=1):
        files.append(await _write_table(connection, table, part, f"{number:02}-{table.name}.jsonl.gz", tell))
    return Manifest(
        format=FORMAT,
        program=version("examengine"),
        revision=revision,
        database=connection.dialect.name,
        installation=await _installation(connection, tables),
        made_ms=now_ms,
        checkpoint=await _checkpoint(connection, tables),
        keys=tuple(map(key_print, field_keys)),
        tables=tuple(files),
    )


async def _write_table(connection: AsyncConnection, table: Table, part: Path, file: str, tell: Tell) -> TableFile:
    columns = [_plain(column.name) for column in table.columns]
    head = {"table": _plain(table.name), "columns": columns, "binary": binary_columns(table)}
    rows = 0
    last_id = await _last_id(connection, table)
    with written(part / file) as (stream, digest):
        stream.write(msgspec.json.encode(head) + b"\n")
        statement = select(table).order_by(*table.primary_key.columns)
        result = await connection.stream(statement, execution_options={"yield_per": ROWS_A_PART})
        async for some in result.partitions():
            stream.write(b"".join([msgspec.json.encode(tuple(row)) + b"\n" for row in some]))
            rows += len(some)
            tell(table.name, rows)
    return TableFile(_plain(table.name), file, rows, digest.hexdigest(), last_id)


async def tables_of(connection: AsyncConnection) -> MetaData:
    """The tables as the database has them, without Alembic's own."""
    found = MetaData()
    await connection.run_sync(found.reflect)
    if "alembic_version" in found.tables:
        found.remove(found.tables["alembic_version"])
    return found


def binary_columns(table: Table) -> list[str]:
    """Columns of bytes."""
    return [_plain(column.name) for column in table.columns if isinstance(column.type, LargeBinary)]


def _plain(name: str) -> str:
    """A name as an ordinary string: SQLAlchemy's are of a kind that msgspec does not know."""
    return "".join(name)


def gives_ids(table: Table) -> bool:
    """Whether rows get their id from SQL: all tables whose key is ``id`` alone are made so, but one-row tables."""
    return [column.name for column in table.primary_key.columns] == ["id"]


async def _last_id(connection: AsyncConnection, table: Table) -> int:
    """The highest id ever given out, so that none is given twice after a restore; 0 where SQL gives none."""
    if not gives_ids(table):
        return 0
    if connection.dialect.name == "sqlite":
        known = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
        return int((await connection.execute(known, {"name": table.name})).scalar() or 0)
    sequence = await sequence_of(connection, table)
    if sequence is None:
        return 0
    row = (await connection.execute(text(f"SELECT last_value, is_called FROM {sequence}"))).one()  # noqa: S608 – from the catalogue
    return int(row.last_value) if row.is_called else 0


async def sequence_of(connection: AsyncConnection, table: Table) -> str | None:
    """PostgreSQL's sequence behind ``id``, quoted as it has to be."""
    name = select(func.pg_get_serial_sequence(table.name, "id"))
    return (await connection.execute(name)).scalar()


async def _installation(connection: AsyncConnection, tables: MetaData) -> str:
    known = tables.tables.get("installation")
    if known is None:
        return ""
    return str((await connection.execute(select(known.c.name))).scalar() or "")


async def _checkpoint(connection: AsyncConnection, tables: MetaData) -> dict[str, Any] | None:
    known = tables.tables.get("checkpoints")
    if known is None:
        return None
    newest = (await connection.execute(select(known).order_by(known.c.no.desc()).limit(1))).first()
    if newest is None:
        return None
    return {"no": newest.no, "last": newest.last, "at_ms": newest.at_ms, "root": newest.root.hex()}


@asynccontextmanager
async def long_transaction(url: str, *, writes: bool) -> AsyncIterator[AsyncConnection]:
    """One transaction that may last: time-outs are for requests."""
    writer, reader = engines(make_url(url), 1)
    try:
        with told_plainly():
            async with (writer if writes else reader).begin() as connection:
                if connection.dialect.name == "postgresql":
                    await connection.execute(text("SET LOCAL statement_timeout = 0"))
                    await connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                yield connection
    finally:
        await reader.dispose()
        await writer.dispose()
