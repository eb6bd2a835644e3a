"""Texts that are kept packed."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import LargeBinary, Row, select, text, type_coerce

from examengine.records import migrate
from examengine.records.database import Database
from examengine.records.packing import FIRST, pack, unpack
from examengine.records.tables import attempt_answers, attempt_journals, metadata
from examengine.records.vault import Vault
from tests.records.evidence_log import a_log, proven

KEPT = bytes.fromhex("0143f1af21ba1f901c145b0b00")
"""Packed by dictionary 1 on the day it was made."""


@given(st.text(max_size=2_000))
def test_what_is_read_is_what_was_written(plain: str) -> None:
    assert unpack(pack(plain)) == plain


def test_a_dictionary_never_changes() -> None:
    """Does this fail, finished attempts can no longer be read: give the new dictionary a new number."""
    assert unpack(KEPT) == '{"cells":[[0,1]],"items":[[1,"right",200]]}'


def test_a_text_of_before_is_read_as_it_stands() -> None:
    assert unpack('{"1":"甲"}'.encode()) == '{"1":"甲"}'


@pytest.mark.parametrize("damaged", [b"", FIRST, FIRST + b"\xff\xff", pack('{"1":"a","2":"b"}')[:-4], b"\xff"])
def test_of_a_damaged_text_something_else_is_read(damaged: bytes) -> None:
    assert unpack(damaged) != '{"1":"a","2":"b"}'


async def test_a_finished_attempt_is_kept_packed_and_one_of_an_older_version_is_proven_all_the_same(
    database: Database, vault: Vault
) -> None:
    log = await a_log(database, vault)

    async def as_kept() -> Sequence[Row[tuple[bytes, ...]]]:
        tables = {attempt_answers: ("answers", "detail"), attempt_journals: ("header", "closing")}
        async with database.reading() as tx:
            return [
                row
                for table, names in tables.items()
                for row in await tx.rows(select(*(type_coerce(table.c[name], LargeBinary) for name in names)))
            ]

    assert all(value[:1] == FIRST for row in await as_kept() for value in row)
    async with database.writing() as tx:  # as an upgrade leaves what was there before
        for table, names in ((attempt_answers, ("answers", "detail")), (attempt_journals, ("header", "closing"))):
            for row in await tx.rows(select(table).where(table.c.attempt_id == log.first)):
                plain = {name: type_coerce(getattr(row, name).encode(), LargeBinary) for name in names}
                await tx.run(table.update().where(table.c.attempt_id == log.first).values(plain))
    kept = [value[:1] for row in await as_kept() for value in row]
    assert (kept.count(b"{"), kept.count(FIRST)) == (4, 4)
    assert (await proven(database)).fault is None


async def test_an_upgrade_keeps_the_texts_of_before(database: Database) -> None:
    async with database.writer.connect() as connection:
        await connection.begin()
        for table in (*reversed(metadata.sorted_tables), None):
            name = "alembic_version" if table is None else table.name
            await connection.execute(text(f'DROP TABLE "{name}"'))
        await migrate.upgrade_on(connection, "0018")
        is_sqlite = connection.dialect.name == "sqlite"  # the rows stand alone, and are taken back
        await connection.execute(
            text("PRAGMA defer_foreign_keys = ON" if is_sqlite else "SET LOCAL session_replication_role = replica")
        )
        await connection.execute(text("INSERT INTO attempt_answers VALUES (1, '{\"1\":\"甲\"}', '[\\]')"))
        await connection.execute(text("INSERT INTO attempt_journals VALUES (1, 1, '', 0, NULL, '{}', NULL, NULL)"))
        await migrate.upgrade_on(connection, "head")
        answers = (await connection.execute(select(attempt_answers))).one()
        ends = (await connection.execute(select(attempt_journals.c.header, attempt_journals.c.closing))).one()
        await connection.rollback()
    assert tuple(answers) == (1, '{"1":"甲"}', "[\\]")
    assert tuple(ends) == (None, "{}")
