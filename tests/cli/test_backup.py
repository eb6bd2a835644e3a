"""The rehearsal: a backup while people sit, the machine lost, the record restored elsewhere, open pages go on."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from click.testing import Result
from typer.testing import CliRunner

from examengine.cli import app
from examengine.embedded.redis import RedisKeeper
from examengine.records import audit, checks, migrate
from examengine.records.database import Database
from examengine.web.app import create_app
from tests.engines import Engine, Page


async def examengine(engine: Engine, *command: str) -> Result:
    """A command on an installation."""
    return await asyncio.to_thread(CliRunner().invoke, app, list(command), env=engine.environ)


@pytest.mark.parametrize("moves_to", ["another kind", "this kind"])
async def test_a_machine_lost_in_the_middle_of_exams(database_url: str, tmp_path: Path, moves_to: str) -> None:
    """From SQLite to SQLite; or between SQLite and PostgreSQL, both ways."""
    file_url = f"sqlite:///{tmp_path / 'other.db'}"
    if moves_to == "this kind":
        if database_url.startswith("sqlite"):
            pytest.skip("one file is like another")
        await migrate.upgrade(file_url)
    old_url, new_url = (database_url, file_url) if moves_to == "another kind" else (file_url, database_url)
    lost, new = Engine(tmp_path / "lost", old_url), Engine(tmp_path / "new", new_url)
    candidates = await lost.sitting(3)
    folder = tmp_path / "backup"

    async with lost.services() as services:
        transport = httpx2.ASGITransport(create_app(services, background=False))
        pages = [Page(lost, candidate, transport) for candidate in candidates]
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            for page in pages:
                group.create_task(page.save_until(stop))
            while min(len(page.acknowledged) for page in pages) < 5:
                await asyncio.sleep(0.01)
            before = [dict(page.acknowledged) for page in pages]
            made = await examengine(lost, "backup", str(folder))
            stop.set()
    assert made.exit_code == 0, made.output
    assert "attempts 3" in made.stdout

    # a new machine, with a Redis of its own, and the kept keys
    assert (await examengine(new, "restore", "--check", str(folder))).exit_code == 0
    restored = await examengine(new, "restore", str(folder))
    assert restored.exit_code == 0, restored.output

    async with new.services() as services:
        transport = httpx2.ASGITransport(create_app(services, background=False))
        for old, kept in zip(pages, before, strict=True):
            page = replace(old, engine=new, transport=transport)
            async with page.line() as line:
                late = (await page.send(line, "answers", n=page.saves + 1, i=1, k="a", b=0, v="d")).json()
                assert late["word"] == "stale_generation"
                joined = (await page.send(line, "rejoin")).json()
                assert joined["word"] == "claimed", joined
                given = {int(name[1:]): value for name, value, *_ in joined["items"]}
                # all that was acknowledged before the backup is there, or what followed it; nothing that never was
                assert kept.keys() <= given.keys() <= page.acknowledged.keys()
                assert all(kept.get(item, "") <= value <= page.acknowledged[item] for item, value in given.items())
                page.candidate = replace(page.candidate, token=joined["token"])
                again = (await page.send(line, "answers", n=page.saves + 2, i=1, k="a", b=0, v="d")).json()
                assert again["word"] == "saved"
            told = await services.desk.read(page.candidate.attempt_id, services.clock.now_ms())
            assert dict(told.given)[1] == "d"
    verified = await examengine(new, "attempt", "verify", "--all")
    assert verified.exit_code == 0, verified.output
    refused = await examengine(new, "restore", str(folder))
    assert refused.exit_code == 1
    assert "not empty" in refused.stderr


async def test_a_backup_says_where_the_keys_are_and_is_not_restored_under_a_running_engine(tmp_path: Path) -> None:
    """An installation that keeps everything in a folder, its engine not running: Redis is started for the backup."""
    engine = Engine(tmp_path, SIGNING_KEYS="", FIELD_KEYS="", EVIDENCE_KEYS="")
    assert (await examengine(engine, "upgrade")).exit_code == 0
    folder = tmp_path / "backup"

    made = await examengine(engine, "backup", str(folder))
    assert made.exit_code == 0, made.output
    assert f"{tmp_path / 'keys'}" in made.stdout
    assert (tmp_path / "keys").stat().st_mode & 0o077 == 0

    keeper = RedisKeeper(tmp_path / "redis")
    await keeper.start()
    try:
        refused = await examengine(engine, "restore", str(folder))
    finally:
        await keeper.stop()
    assert refused.exit_code == 1
    assert "stop the engine first" in refused.stderr


async def test_a_backup_needs_redis_unless_it_is_told_otherwise(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["examengine.cli.backup"], "SHIP_SECONDS", 0.3)
    engine = Engine(tmp_path, database_url, "unix:///nowhere/at/all")

    refused = await examengine(engine, "backup", str(tmp_path / "1"))
    made = await examengine(engine, "backup", "--record-only", str(tmp_path / "2"))

    assert refused.exit_code == 1
    assert "--record-only" in refused.stderr
    assert not (tmp_path / "1").exists()
    assert made.exit_code == 0, made.output
    # only what was written whole is noted for the checks before publishing
    database = await Database.open(database_url)
    async with database.reading() as tx:
        noted = await checks.newest_backup(tx)
        lines = [line.act for line in await audit.newest(tx)]
    await database.close()
    assert noted is not None
    assert noted.digest in made.stdout
    assert noted.octets > 1_000
    assert lines == ["back_up"]


async def test_what_is_no_backup_is_said(engine: Engine, tmp_path: Path) -> None:
    refused = await examengine(engine, "restore", "--check", str(tmp_path / "nothing"))

    assert refused.exit_code == 1
    assert "manifest.json" in refused.stderr


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Engine(tmp_path)
