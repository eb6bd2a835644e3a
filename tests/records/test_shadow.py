"""A second record beside the first, on both databases."""

from sqlalchemy import func, select

from examengine.records import installation, shadow
from examengine.records.database import Database
from examengine.records.tables import people
from examengine.records.vault import Vault
from tests.records.builders import a_person


async def test_a_shadow_is_made_and_removed_and_the_record_never_hears_of_it(
    database: Database, database_url: str, vault: Vault
) -> None:
    assert not await shadow.stands(database_url)
    made = await shadow.make(database_url)
    assert await shadow.stands(database_url)
    beside = await Database.open(made)
    try:
        async with database.writing() as tx:
            name = await installation.get(tx)
        async with beside.writing() as tx:
            assert await installation.get(tx) != name
            await a_person(tx, vault)
        async with database.reading() as tx:
            assert await tx.value(select(func.count()).select_from(people)) == 0
    finally:
        await beside.close()
    assert await shadow.remove(database_url)
    assert not await shadow.stands(database_url)
    assert not await shadow.remove(database_url)
