"""A bank of before there were reviews, upgraded."""

from pathlib import Path

from alembic import command
from sqlalchemy import Connection, create_engine, text

from examengine.records import heads, migrate
from examengine.records.database import Database
from examengine.records.tables import item_heads

BEFORE = (
    "INSERT INTO banks (id, name, at_ms) VALUES (1, '题库', 1)",
    "INSERT INTO import_batches (id, bank_id, file_name, sha256, at_ms, findings, total, added, changed, same, state)"
    " VALUES (1, 1, 'f', '', 77, '[]', 3, 3, 0, 0, 'committed')",
    "INSERT INTO items (id, bank_id, external_no) VALUES (1, 1, 'N1'), (2, 1, 'N2'), (3, 1, 'sha256:0')",
    "INSERT INTO releases (id, bank_id, no, at_ms) VALUES (1, 1, 1, 99), (2, 1, 2, 120)",
)
CONTENT = '{"stem":"题干 A","options":[{"text":"甲"}],"topic":"密码","source":"法","valid_until":"2030-01-01"}'


def fill(connection: Connection) -> None:
    """Item 1 released, item 2 released and changed since, item 3 never released."""
    for statement in BEFORE:
        connection.execute(text(statement))
    for version, item, no in ((1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 3, 1)):
        connection.execute(
            text(
                "INSERT INTO item_versions (id, item_id, no, kind, content, key, digest, batch_id)"
                f" VALUES ({version}, {item}, {no}, 'true_false', :content, 't', 'd', 1)"
            ),
            {"content": CONTENT.encode()},
        )
    for release, place, version in ((1, 1, 1), (1, 2, 2), (2, 1, 1), (2, 2, 2)):
        connection.execute(text(f"INSERT INTO release_items VALUES ({release}, {place}, {version})"))


async def test_what_was_released_counts_as_checked_and_the_rest_are_drafts(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    with create_engine(f"sqlite:///{path}").begin() as connection:
        command.upgrade(migrate.configuration(connection), "0004")
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        fill(connection)
    await migrate.upgrade(f"sqlite:///{path}")
    with create_engine(f"sqlite:///{path}").begin() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        found = connection.execute(item_heads.select().order_by(item_heads.c.item_id)).all()
        sizes = connection.execute(text("SELECT size FROM releases ORDER BY id")).scalars().all()
        released = connection.execute(
            text("SELECT item_id FROM release_items ORDER BY release_id, position")
        ).scalars()
        assert released.all() == [1, 2, 1, 2]
        said = connection.execute(text("SELECT version_id, by_person, at_ms FROM item_reviews ORDER BY id")).all()
    assert [(row.state, row.version_id, row.checked_id) for row in found] == [
        ("checked", 1, 1),
        ("draft", 3, 2),
        ("draft", 4, None),
    ]
    assert [tuple(row) for row in said] == [(1, None, 99), (2, None, 99)]
    assert sizes == [2, 2]
    database = await Database.open(f"sqlite:///{path}")
    async with database.writing() as tx:  # what the upgrade wrote is what the facts say
        await heads.refresh(tx, [1, 2, 3])
        assert await tx.rows(item_heads.select().order_by(item_heads.c.item_id)) == found
    await database.close()
