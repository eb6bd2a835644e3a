"""A backup taken while others write, and taken back by either kind of database: whole, named, or refused."""

import asyncio
import gzip
import hashlib
import json
import shutil
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.engine import make_url

from examengine.records import attempts, audit, backup, endings, installation, migrate
from examengine.records.backup_files import MANIFEST, BackupError, DamagedBackup, Manifest, check
from examengine.records.database import Database
from examengine.records.engines import engines
from examengine.records.outcomes import Finish
from examengine.records.restore import APART, restore
from examengine.records.tables import accounts, metadata
from examengine.records.vault import Vault
from tests.databases import FIELD_KEYS, Copies
from tests.records.builders import T0, a_person, a_place, a_running_attempt, an_attempt, an_outcome

NOW = T0 + 86_400_000
RENEWED = {"installation", "audit", "unlinked"}
"""Tables to which a restore adds."""


def silent(_table: str, _rows: int) -> None:
    """Progress that nobody watches."""


async def back_up(url: str, folder: Path) -> Manifest:
    return await backup.write(url, folder, FIELD_KEYS, NOW, silent)


async def take_back(url: str, folder: Path, keys: Sequence[str] = FIELD_KEYS) -> Manifest:
    return await restore(url, folder, keys, NOW + 1, silent)


async def contents(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    database = await Database.open(url)
    try:
        async with database.reading() as tx:
            return {
                table.name: [tuple(row) for row in await tx.rows(select(table).order_by(*table.primary_key.columns))]
                for table in metadata.sorted_tables
            }
    finally:
        await database.close()


async def a_full_house(database: Database, vault: Vault) -> tuple[int, int]:
    """A finished attempt and a running one, with people, bytes, long texts, nulls and truths in it."""
    place, attempt_id = await a_running_attempt(database, vault)
    finish = Finish(
        attempt_id=attempt_id,
        generation=1,
        questions=3,
        outcome=an_outcome(),
        answers={11: "a", 12: "bd", 13: ""},
        detail=[{"position": 1, "hundredths": 200}],
        journal=["1 a1 a", "2 a2 bd"],
    )
    async with database.writing() as tx:
        await endings.record_finish(tx, finish, T0 + 31 * 60_000)
        second = await a_place(
            tx, vault, 2, place.exam, name="欧阳靖\u0085\u2028末", unit_name='"引号"\\反斜线\n第二行'
        )
        running, _ = await attempts.begin(tx, an_attempt(second, seed=bytes(range(16))))
        password = {"person_id": second.person_id, "password_hash": "x", "must_change": True, "initial": False}
        await tx.run(insert(accounts).values(**password, session_version=1, changed_ms=T0))
        await installation.get(tx)
    return attempt_id, running.id


@pytest.fixture
def other_url(database_copies: Copies, tmp_path: Path) -> str:
    """A database of the other kind, where there are two kinds in this run: nothing in it yet."""
    return f"sqlite:///{tmp_path / 'other.db'}"


async def test_what_is_taken_back_is_what_was_there_in_either_kind_of_database(
    database: Database, database_url: str, database_copies: Copies, other_url: str, vault: Vault, tmp_path: Path
) -> None:
    await a_full_house(database, vault)
    there = await contents(database_url)

    manifest = await back_up(database_url, tmp_path / "1")
    await take_back(other_url, tmp_path / "1")  # into SQLite
    await back_up(other_url, tmp_path / "2")
    back = database_copies.make()
    await take_back(back, tmp_path / "2")  # and back into the kind that it came from
    again = await contents(back)
    database_copies.drop(back)

    assert {table.name: table.rows for table in manifest.tables} == {name: len(rows) for name, rows in there.items()}
    assert there["accounts"]
    assert there["attempt_journals"]
    for name in there.keys() - RENEWED:
        assert _lasting(name, again[name]) == _lasting(name, there[name]), name
    assert again["audit"][: len(there["audit"])] == there["audit"]
    acts = [row[metadata.tables["audit"].columns.keys().index("act")] for row in again["audit"]]
    assert acts.count("restore") == 2
    assert again["installation"] != there["installation"]


def _lasting(name: str, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Rows without what a restore changes: running attempts go on under generations of their own."""
    if name != "attempts":
        return rows
    place = metadata.tables[name].columns.keys().index("generation")
    return [row[:place] + row[place + 1 :] for row in rows]


async def test_ids_go_on_far_above_all_that_anyone_was_told(a_backup: Path, other_url: str, vault: Vault) -> None:
    manifest = await take_back(other_url, a_backup)

    after = await Database.open(other_url)
    async with after.writing() as tx:
        person_id = await a_person(tx, vault, 3)
        [line] = await audit.newest(tx, limit=1)
    await after.close()

    last = {table.name: table.last_id for table in manifest.tables}
    assert last["people"] >= 2
    assert person_id == APART + 1
    assert (line.act, line.facts["manifest"]) == ("restore", manifest.digest())


async def test_a_backup_is_of_one_moment_whatever_is_written_meanwhile(
    database: Database, database_url: str, vault: Vault, tmp_path: Path
) -> None:
    async with database.writing() as tx:
        await a_person(tx, vault, 1)
    came: list[int] = []

    async def come() -> None:
        other = await Database.open(database_url)
        async with other.writing() as tx:
            came.append(await a_person(tx, vault, 2))
        await other.close()

    def write_meanwhile(_table: str, _rows: int) -> None:
        if not came:
            thread = threading.Thread(target=asyncio.run, args=(come(),))
            thread.start()
            thread.join()

    manifest = await backup.write(database_url, tmp_path / "backup", FIELD_KEYS, NOW, write_meanwhile)

    rows = {table.name: table.rows for table in manifest.tables}
    assert came
    assert (rows["people"], rows["person_keys"]) == (1, 1)
    async with database.reading() as tx:
        assert len(await tx.rows(select(metadata.tables["people"].c.id))) == 2


@pytest.fixture(scope="module")
def made_once(database_copies: Copies, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A backup of a full house, and the database it was made of; nobody may change either."""
    url, folder = database_copies.make(), tmp_path_factory.mktemp("made") / "backup"

    async def make() -> None:
        database = await Database.open(url)
        await a_full_house(database, Vault(FIELD_KEYS))
        await database.close()
        await back_up(url, folder)

    thread = threading.Thread(target=asyncio.run, args=(make(),))
    thread.start()
    thread.join()
    return folder, url


@pytest.fixture
def a_backup(made_once: tuple[Path, str], tmp_path: Path) -> Path:
    """A copy of it, to do anything to."""
    return Path(shutil.copytree(made_once[0], tmp_path / "backup"))


@pytest.mark.parametrize("hurt", ["a byte", "half of it", "gone", "a row", "the manifest", "a count"])
async def test_a_damaged_file_is_named_and_nothing_is_changed(a_backup: Path, other_url: str, hurt: str) -> None:
    [file] = a_backup.glob("*-people.jsonl.gz")
    content = file.read_bytes()
    manifest = a_backup / MANIFEST
    named = file.name
    match hurt:
        case "a byte":
            file.write_bytes(content[:40] + bytes([content[40] ^ 1]) + content[41:])
        case "half of it":
            file.write_bytes(content[: len(content) // 2])
        case "gone":
            file.unlink()
        case "a row":
            file.write_bytes(gzip.compress(b"\n".join(gzip.decompress(content).splitlines()[:-1]) + b"\n"))
        case "the manifest":
            named = MANIFEST
            manifest.write_bytes(manifest.read_bytes()[:-100])
        case _:
            named = MANIFEST
            manifest.write_bytes(manifest.read_bytes().replace(b'"rows": 2', b'"rows": 3', 1))

    with pytest.raises(DamagedBackup, match=named):
        await take_back(other_url, a_backup)

    assert not Path(make_url(other_url).database or "").exists()


async def test_a_row_too_few_is_found_even_under_a_right_checksum(a_backup: Path, other_url: str) -> None:
    """A fault of ours while writing: the count is another witness."""
    [file] = a_backup.glob("*-people.jsonl.gz")
    manifest = check(a_backup, silent)
    fewer = gzip.compress(b"".join(gzip.decompress(file.read_bytes()).splitlines(keepends=True)[:-1]))
    file.write_bytes(fewer)
    content = json.loads((a_backup / MANIFEST).read_text())
    _reseal(a_backup, manifest, content, file, fewer)

    with pytest.raises(DamagedBackup, match=r"people.jsonl.gz has 1 rows, not 2"):
        await take_back(other_url, a_backup)

    assert await _tables(other_url) == []


def _reseal(folder: Path, manifest: Manifest, content: dict[str, Any], file: Path, changed: bytes) -> None:
    files = tuple(
        replace(table, sha256=hashlib.sha256(changed).hexdigest()) if table.file == file.name else table
        for table in manifest.tables
    )
    sealed = replace(manifest, tables=files)
    for table in content["tables"]:
        if table["file"] == file.name:
            table["sha256"] = hashlib.sha256(changed).hexdigest()
    (folder / MANIFEST).write_text(json.dumps({**content, "digest": sealed.digest()}))


async def _tables(url: str) -> list[str]:
    writer, _ = engines(make_url(url), 1)
    async with writer.connect() as connection:
        found = await connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))
        names = [str(name) for name in found.scalars()]
    await writer.dispose()
    return names


async def test_a_database_that_holds_anything_is_left_alone(made_once: tuple[Path, str]) -> None:
    folder, full = made_once
    before = await contents(full)

    with pytest.raises(BackupError, match="not empty: there are rows in people"):
        await take_back(full, folder)

    assert await contents(full) == before


async def test_a_database_of_others_is_left_alone(a_backup: Path, other_url: str) -> None:
    writer, _ = engines(make_url(other_url), 1)
    async with writer.begin() as connection:
        await connection.execute(text("CREATE TABLE recipes (id INTEGER)"))
    await writer.dispose()

    with pytest.raises(BackupError, match="it has a table recipes"):
        await take_back(other_url, a_backup)


async def test_other_keys_are_refused_before_anything_is_read(a_backup: Path, other_url: str) -> None:
    with pytest.raises(BackupError, match="not the field keys"):
        await take_back(other_url, a_backup, ("another key of at least 32 characters, for tests",))

    assert not Path(make_url(other_url).database or "").exists()


async def test_a_newer_backup_says_which_program_it_needs(
    database: Database, database_url: str, other_url: str, tmp_path: Path
) -> None:
    async with database.writer.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await back_up(database_url, tmp_path / "backup")
    async with database.writer.begin() as connection:
        await connection.execute(text(f"UPDATE alembic_version SET version_num = '{migrate.newest()}'"))

    with pytest.raises(BackupError, match=r"schema 9999, which this program does not know"):
        await take_back(other_url, tmp_path / "backup")


async def test_a_backup_of_an_older_schema_is_taken_back_and_brought_up_to_date(tmp_path: Path) -> None:
    old, new = (f"sqlite:///{tmp_path / name}" for name in ("old.db", "new.db"))
    writer, _ = engines(make_url(old), 1)
    async with writer.begin() as connection:
        await migrate.upgrade_on(connection, "0001")
        await connection.execute(
            text("INSERT INTO audit (at_ms, act, object_kind, facts) VALUES (1, 'first', 'nothing', '{}')")
        )
    await writer.dispose()
    await back_up(old, tmp_path / "backup")

    manifest = await take_back(new, tmp_path / "backup")

    database = await Database.open(new)  # which compares the schema
    async with database.reading() as tx:
        acts = [line.act for line in await audit.newest(tx)]
    await database.close()
    assert (manifest.revision, manifest.installation) == ("0001", "")
    assert acts == ["restore", "first"]


async def test_a_folder_that_exists_is_never_written_to(database_url: str, tmp_path: Path) -> None:
    taken, unfinished = tmp_path / "taken", tmp_path / "other.part"
    taken.mkdir()
    unfinished.mkdir()

    for folder in (taken, tmp_path / "other"):
        with pytest.raises(BackupError, match="is there already"):
            await back_up(database_url, folder)
    assert list(taken.iterdir()) == list(unfinished.iterdir()) == []


async def test_a_backup_that_fails_leaves_nothing_that_looks_like_one(
    database: Database, database_url: str, vault: Vault, tmp_path: Path
) -> None:
    async with database.writing() as tx:
        await a_person(tx, vault)

    def no_more(table: str, _rows: int) -> None:
        if table == "people":
            raise OSError(28, "No space left on device")

    with pytest.raises(BackupError, match="No space left"):
        await backup.write(database_url, tmp_path / "backup", FIELD_KEYS, NOW, no_more)

    assert not (tmp_path / "backup").exists()
    assert not (tmp_path / "backup.part").exists()


async def test_an_unfinished_backup_is_refused(a_backup: Path, other_url: str) -> None:
    part = a_backup.rename(a_backup.with_name("backup.part"))

    with pytest.raises(BackupError, match="never finished"):
        await take_back(other_url, part)
