"""A deploy in the middle of an exam: nobody who sits notices."""

import asyncio
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from examengine.records import migrate
from examengine.records.database import Database
from tests.engines import Engine, Page


@pytest.fixture
def engine(database_url: str, tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path, database_url)
    yield made
    made.close()


async def test_a_record_of_another_schema_is_served_by_nobody(engine: Engine, database: Database) -> None:
    if engine.settings.database_url.startswith("sqlite"):
        pytest.skip("an SQLite file follows the program")
    async with database.writer.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    refused = await asyncio.to_thread(engine.run, "serve", "--port", str(engine.port))

    async with database.writer.begin() as connection:
        await connection.execute(text(f"UPDATE alembic_version SET version_num = '{migrate.newest()}'"))
    assert refused.returncode == 1
    assert "examengine upgrade" in refused.stderr
    assert "Not started" in refused.stderr


async def test_a_rolling_restart_is_not_noticed_by_a_sitting_candidate(engine: Engine, database: Database) -> None:
    """One worker on SQLite, two on PostgreSQL."""
    count = 1 if engine.settings.database_url.startswith("sqlite") else 2
    engine.start("--workers", str(count))
    pages = [Page(engine, candidate) for candidate in await engine.sitting(3)]
    first = engine.workers()
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for page in pages:
            group.create_task(page.save_until(stop))
        await asyncio.sleep(0.2)
        engine.send(signal.SIGHUP)
        await asyncio.to_thread(engine.until_said, "workers_restarted")
        await asyncio.sleep(0.2)
        stop.set()

    assert len(first) == count
    assert len(engine.workers()) == count
    assert not set(first) & set(engine.workers())
    assert min(page.saves for page in pages) > 10
    # at most one network error a save, which the page repeats after 300 ms; nothing was refused
    assert max(page.most_tries for page in pages) <= 2, [page.refused for page in pages]
    assert not [why for page in pages for why in page.refused if why[0].isdigit()]
    for page in pages:
        assert await engine.answers(page.candidate.attempt_id) == page.acknowledged

    # a version that does not come up leaves the old workers serving
    workers = engine.workers()
    async with database.writer.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.send(signal.SIGHUP)
    await asyncio.to_thread(engine.until_said, "restart_given_up")
    async with database.writer.begin() as connection:
        await connection.execute(text(f"UPDATE alembic_version SET version_num = '{migrate.newest()}'"))
    assert engine.workers() == workers
    async with pages[0].line() as line:
        assert (await line.get("/health")).status_code == 200
    assert engine.stop() == 0
    assert engine.workers() == []
