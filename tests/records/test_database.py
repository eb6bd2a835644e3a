"""Transactions: who waits for whom, what a failure leaves behind, what an error says."""

import asyncio

import pytest
from sqlalchemy import func, insert, select, update

from examengine.records import audit
from examengine.records.database import Database
from examengine.records.errors import Conflict, RecordsError, Unavailable
from examengine.records.tables import accounts, banks, cards
from tests.records.builders import T0


async def bank_count(database: Database) -> int:
    async with database.reading() as tx:
        return int(await tx.value(select(func.count()).select_from(banks)))


async def test_a_block_that_raises_leaves_nothing_behind(database: Database) -> None:
    async def write_and_fail() -> None:
        async with database.writing() as tx:
            await tx.insert(banks, {"name": "题库", "at_ms": T0})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await write_and_fail()
    assert await bank_count(database) == 0


async def test_what_was_committed_is_read_by_the_next_transaction(database: Database) -> None:
    async with database.writing() as tx:
        await tx.insert(banks, {"name": "题库", "at_ms": T0})
    assert await bank_count(database) == 1


async def test_a_reading_transaction_cannot_write(database: Database) -> None:
    with pytest.raises(RecordsError):
        async with database.reading() as tx:
            await tx.rows(insert(banks).values(name="题库", at_ms=T0).returning(banks.c.id))
    assert await bank_count(database) == 0


async def test_a_reading_transaction_sees_one_state(database: Database) -> None:
    async with database.reading() as tx:
        before = await tx.value(select(func.count()).select_from(banks))
        async with database.writing() as other:
            await other.insert(banks, {"name": "题库", "at_ms": T0})
        assert await tx.value(select(func.count()).select_from(banks)) == before
    assert await bank_count(database) == 1


async def test_the_same_unique_value_twice_is_a_conflict_that_names_the_rule(database: Database) -> None:
    async with database.writing() as tx:
        await tx.insert(banks, {"name": "题库", "at_ms": T0})
    with pytest.raises(Conflict, match="banks"):
        async with database.writing() as tx:
            await tx.insert(banks, {"name": "题库", "at_ms": T0})


async def test_a_reference_to_nothing_is_a_conflict(database: Database) -> None:
    with pytest.raises(Conflict):
        async with database.writing() as tx:
            await audit.append(tx, T0, 999, "looked", "person", 999)


async def test_an_error_does_not_quote_what_was_stored(database: Database) -> None:
    secret = "450702198001010018"
    row = {"number": secret, "code_hash": b"1", "added_ms": T0}
    async with database.writing() as tx:
        await tx.insert(cards, row)
    with pytest.raises(Conflict) as failure:
        async with database.writing() as tx:
            await tx.insert(cards, row)
    shown = [repr(failure.value), str(failure.value), repr(failure.value.__cause__)]
    assert all(secret not in text for text in shown)


async def test_a_value_that_does_not_fit_is_not_quoted_either(database: Database) -> None:
    with pytest.raises(RecordsError) as failure:
        async with database.writing() as tx:
            await tx.run(update(accounts).values(session_version=10**30))
    assert "000" not in str(failure.value)
    assert failure.value.__cause__ is None


async def test_writers_of_one_name_come_one_after_another(database: Database) -> None:
    seen: list[str] = []

    async def act(name: str) -> None:
        async with database.writing() as tx:
            await tx.lock_name("import")
            seen.append(f"{name} in")
            await asyncio.sleep(0.05)
            seen.append(f"{name} out")

    await asyncio.gather(act("first"), act("second"))

    assert [line.split()[1] for line in seen] == ["in", "out", "in", "out"]


async def test_a_transaction_that_waits_for_a_lock_too_long_is_told_so(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hold() -> None:
        async with database.writing() as tx:
            if not tx.is_sqlite:
                await tx.value(select(func.set_config("lock_timeout", "100ms", True)))
            await tx.insert(banks, {"name": "题库", "at_ms": T0})

    if database.writer.dialect.name == "sqlite":
        monkeypatch.setattr(database.writer.pool, "_timeout", 0.1)
    async with database.writing() as tx:
        await tx.insert(banks, {"name": "题库", "at_ms": T0})
        with pytest.raises(Unavailable):
            await hold()


async def test_many_rows_get_their_ids_in_order(database: Database) -> None:
    names = [f"题库 {no}" for no in range(2500)]
    async with database.writing() as tx:
        ids = await tx.insert_numbered(banks, [{"name": name, "at_ms": T0} for name in names])
        rows = await tx.rows(select(banks.c.id, banks.c.name))
    assert ids == sorted(ids)
    assert {row.id: row.name for row in rows} == dict(zip(ids, names, strict=True))


async def test_sqlite_is_set_up_for_durability(database: Database) -> None:
    if database.writer.dialect.name != "sqlite":
        return
    async with database.writer.connect() as connection:
        settings = {}
        for name in ("journal_mode", "synchronous", "foreign_keys"):
            settings[name] = (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


async def test_a_second_writer_of_the_same_sqlite_file_waits(database: Database, database_url: str) -> None:
    second = await Database.open(database_url)
    try:

        async def write(target: Database, name: str) -> None:
            async with target.writing() as tx:
                await tx.insert(banks, {"name": name, "at_ms": T0})
                await asyncio.sleep(0.05)

        await asyncio.gather(write(database, "一"), write(second, "二"))
    finally:
        await second.close()
    assert await bank_count(database) == 2
