"""Statements given to the driver itself are as safe as all others, and connections at hand starve nobody."""

import asyncio
import sqlite3
import threading

import pytest
from sqlalchemy import bindparam, delete, func, insert, select, update

from examengine.records.bulk import Filling
from examengine.records.database import Database
from examengine.records.errors import Conflict, RecordsError, Unavailable
from examengine.records.fixed import MOST_HERE, Fixed, inserting
from examengine.records.tables import accounts, banks
from examengine.records.vault import Vault
from tests.databases import counted
from tests.records.builders import T0, a_person

ADD = Fixed(insert(banks).values(name=bindparam("name"), at_ms=bindparam("at_ms")).returning(banks.c.id))
ADD_ONLY = inserting(banks)
FILLING = Filling(banks)
RENAME = Fixed(update(banks).where(banks.c.name == bindparam("old_name")).values(name=bindparam("new_name")))
REMOVE = Fixed(delete(banks).where(banks.c.name == bindparam("old_name")))
NAMES = Fixed(select(banks.c.name).where(banks.c.at_ms == T0).order_by(banks.c.id))
MUST_CHANGE = Fixed(
    select(accounts.c.must_change, accounts.c.initial).where(accounts.c.person_id == bindparam("who"))
)
GONE_MS = 30_000
"""How long a server may take to end a connection's process before it says so."""


def row(name: str) -> dict[str, object]:
    return {"name": name, "by_person": None, "at_ms": T0}


async def names(database: Database) -> list[str]:
    async with database.glancing() as tx:
        return [name for (name,) in await tx.fetch(NAMES, {})]


async def two_and_a_fault(database: Database) -> None:
    async with database.writing() as tx:
        [(bank_id,)] = await tx.fetch(ADD, row("一"))
        assert await tx.value(select(banks.c.id)) == bank_id
        await tx.insert(banks, {"name": "二", "at_ms": T0})
        assert len(await tx.fetch(NAMES, {})) == 2
        raise ZeroDivisionError


async def test_a_fixed_statement_stands_in_the_transaction_of_all_others(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await two_and_a_fault(database)
    assert await names(database) == []
    async with database.writing() as tx:
        await tx.fetch(ADD, row("一"))
    assert await names(database) == ["一"]


async def rows_at_once_and_a_fault(database: Database) -> None:
    async with database.writing() as tx:
        await tx.put(*FILLING.writes([row("一"), row("二")], is_sqlite=tx.is_sqlite))
        raise ZeroDivisionError


async def test_rows_put_all_at_once_are_in_the_transaction_also_as_its_first_act(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        await rows_at_once_and_a_fault(database)
    assert await names(database) == []
    async with database.writing() as tx:
        await tx.put(*FILLING.writes([row("一"), row("二")], is_sqlite=tx.is_sqlite))
    assert await names(database) == ["一", "二"]


async def test_a_reading_transaction_cannot_write_by_it(database: Database) -> None:
    with pytest.raises(RecordsError):
        async with database.reading() as tx:
            await tx.fetch(ADD, row("一"))
    assert await names(database) == []


async def test_a_reading_transaction_sees_one_state_by_it(database: Database) -> None:
    async with database.reading() as tx:
        before = await tx.fetch(NAMES, {})
        async with database.writing() as other:
            await other.fetch(ADD, row("一"))
        assert await tx.fetch(NAMES, {}) == before


async def test_a_conflict_is_told_by_its_rule_and_undoes_everything(database: Database) -> None:
    async with database.writing() as tx:
        await tx.fetch(ADD, row("一"))
    with pytest.raises(Conflict, match="banks") as failure:
        async with database.writing() as tx:
            await tx.put((ADD_ONLY, row("二")), (ADD_ONLY, row("一")))
    assert "一" not in str(failure.value)
    assert await names(database) == ["一"]


async def test_a_value_that_does_not_fit_is_refused_and_not_quoted(database: Database) -> None:
    with pytest.raises(RecordsError) as failure:
        async with database.writing() as tx:
            await tx.fetch(ADD, {"name": "一", "at_ms": 10**30})
    assert "000" not in str(failure.value)
    assert failure.value.__cause__ is None


async def test_writes_put_together_are_all_made_with_their_own_values(database: Database) -> None:
    async with database.writing() as tx:
        await tx.put((ADD_ONLY, row("一")), (ADD_ONLY, row("二")), (ADD_ONLY, row("三")))
    async with database.writing() as tx:
        await tx.put(
            (RENAME, {"old_name": "二", "new_name": "四"}), (REMOVE, {"old_name": "一"}), (ADD_ONLY, row("五"))
        )
    assert sorted(await names(database)) == sorted(["三", "四", "五"])


async def test_a_yes_or_no_comes_back_as_one(database: Database, vault: Vault) -> None:
    async with database.writing() as tx:
        who = await a_person(tx, vault)
        values = {"person_id": who, "password_hash": "", "must_change": True, "initial": False, "session_version": 1}
        await tx.run(insert(accounts), {**values, "changed_ms": T0})
        [(must_change, initial)] = await tx.fetch(MUST_CHANGE, {"who": who})
    assert (must_change, initial) == (True, False)
    assert type(must_change) is bool


async def test_it_answers_the_same_to_whoever_counts_statements(database: Database) -> None:
    with counted(database) as statements:
        async with database.writing() as tx:
            [(bank_id,)] = await tx.fetch(ADD, row("一"))
            assert await tx.fetch(RENAME, {"old_name": "一", "new_name": "二"}) == ()
        async with database.glancing() as tx:
            assert [tuple(one) for one in await tx.fetch(NAMES, {})] == [("二",)]
    assert bank_id
    assert len(statements) == 3


async def test_many_more_transactions_than_connections_all_have_their_turn(database: Database) -> None:
    async def write(number: int) -> None:
        async with database.writing() as tx:
            await tx.fetch(ADD, row(f"{number}"))

    async def look() -> None:
        async with database.reading() as tx:
            await tx.fetch(NAMES, {})
            await tx.rows(select(func.count()).select_from(banks))

    async with asyncio.timeout(30):
        await asyncio.gather(*(write(number) for number in range(25)), *(look() for _ in range(50)))
    assert len(await names(database)) == 25


async def test_a_transaction_that_is_cancelled_leaves_nothing_begun(database: Database) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        async with database.writing() as tx:
            await tx.fetch(ADD, row("一"))
            begun.set()
            await asyncio.sleep(60)

    task = asyncio.create_task(hang())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(30), database.writing() as tx:
        await tx.fetch(ADD, row("一"))
    assert await names(database) == ["一"]


async def test_a_line_that_the_server_cut_is_not_taken_again(database: Database) -> None:
    if database.writer.dialect.name == "sqlite":
        return
    async with database.reading() as first, database.reading() as second:
        pids = [await tx.value(select(func.pg_backend_pid())) for tx in (first, second)]
    async with database.glancing() as last_left:
        own = await last_left.value(select(func.pg_backend_pid()))
        [idle] = set(pids) - {own}
        await last_left.value(select(func.pg_terminate_backend(idle, GONE_MS)))
        await asyncio.sleep(0.1)
        assert await names(database) == []
    assert database.writer is not None  # what is at hand goes back to the pool, whatever has become of it
    assert await names(database) == []


async def test_a_line_that_is_cut_in_a_transaction_is_told_so(database: Database) -> None:
    if database.writer.dialect.name == "sqlite":
        return
    with pytest.raises(Unavailable):
        await cut_between(database)
    assert await names(database) == []


async def cut_between(database: Database) -> None:
    async with database.writing() as tx:
        await tx.fetch(ADD, row("一"))
        pid = await tx.value(select(func.pg_backend_pid()))
        async with database.glancing() as other:
            await other.value(select(func.pg_terminate_backend(pid, GONE_MS)))
        await asyncio.sleep(0.1)
        await tx.fetch(NAMES, {})


async def test_several_asked_in_one_go_each_have_their_answer(database: Database) -> None:
    async with database.writing() as tx:
        [(bank_id,)], renamed, found = await tx.fetch_each(
            (ADD, row("一")), (RENAME, {"old_name": "一", "new_name": "二"}), (NAMES, {})
        )
    assert bank_id
    assert list(renamed) == []
    assert [tuple(one) for one in found] == [("二",)]


async def test_the_last_statements_commit_what_came_before_and_are_answered(database: Database) -> None:
    async with database.writing() as tx:
        await tx.insert(banks, {"name": "一", "at_ms": T0})
        [[(bank_id,)]] = await tx.end_with((ADD, row("二")))
        assert await names(database) == ["一", "二"]
    assert bank_id
    async with database.writing() as tx:
        await tx.end_with((ADD_ONLY, row("三")))
    assert await names(database) == ["一", "二", "三"]


async def end_with_one_that_is_there(database: Database) -> None:
    async with database.writing() as tx:
        await tx.fetch(ADD, row("二"))
        await tx.end_with((ADD, row("三")), (ADD, row("一")))


async def test_a_last_statement_that_fails_undoes_all_before(database: Database) -> None:
    async with database.writing() as tx:
        await tx.fetch(ADD, row("一"))
    with pytest.raises(Conflict):
        await end_with_one_that_is_there(database)
    assert await names(database) == ["一"]
    async with database.writing():
        pass  # nothing was asked, nothing is begun
    assert await names(database) == ["一"]


async def test_a_glance_sees_what_was_just_written_and_cannot_write(database: Database) -> None:
    for number in range(3):
        async with database.writing() as tx:
            await tx.fetch(ADD, row(f"{number}"))
        async with database.glancing() as tx:
            assert len(await tx.fetch(NAMES, {})) == number + 1
            assert await tx.value(select(func.count()).select_from(banks)) == number + 1
    if database.writer.dialect.name == "sqlite":
        with pytest.raises(RecordsError):
            async with database.glancing() as tx:
                await tx.fetch(ADD, row("四"))
        assert len(await names(database)) == 3


async def test_a_glance_waits_where_the_file_is_locked(database: Database) -> None:
    if database.writer.dialect.name != "sqlite":
        return
    assert await names(database) == []
    await database.close()  # whoever wants the file alone finds it so
    held = sqlite3.connect(str(database.writer.url.database), isolation_level=None, check_same_thread=False)
    for words in ("PRAGMA locking_mode = EXCLUSIVE", "BEGIN IMMEDIATE", "CREATE TABLE held (a)", "COMMIT"):
        held.execute(words)
    freed = threading.Timer(0.3, held.close)
    freed.start()
    assert await names(database) == []
    freed.join()


async def add(database: Database, name: str) -> None:
    async with database.writing() as tx:
        await tx.end_with((ADD, row(name)))


async def test_a_start_of_writing_waits_for_another_process_while_others_are_served(database: Database) -> None:
    if database.writer.dialect.name != "sqlite":
        return
    await add(database, "一")
    other = sqlite3.connect(str(database.writer.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(add(database, "二"))
    for _ in range(5):
        await asyncio.sleep(0.01)
        assert await names(database) == ["一"]
    assert not waiting.done()
    other.close()
    await waiting
    await add(database, "三")
    assert await names(database) == ["一", "二", "三"]


async def test_many_statements_of_one_write_are_run_as_few_are(database: Database) -> None:
    many = [row(f"{number}") for number in range(MOST_HERE + 1)]
    async with database.writing() as tx:
        await tx.put(*((ADD_ONLY, one) for one in many))
        await tx.put((RENAME, {"old_name": "0", "new_name": "零"}))
    assert set(await names(database)) == {"零", *(str(one["name"]) for one in many[1:])}
