"""Builders for tests about hearing: when we heard, and what is listed of an attempt."""

from sqlalchemy import delete

from examengine.records import hearing as records
from examengine.records import tables
from examengine.records.hearing import ALL_SLOTS, Case
from tests.world import World


async def heard(world: World, *spans: tuple[int, int], slots: int = ALL_SLOTS) -> None:
    """Candidates were heard in these spans (first and last proof), and in no others."""
    world.services.prober.forget()
    async with world.services.database.writing() as tx:
        await tx.run(delete(tables.hearing))
        for began_ms, until_ms in spans:
            await records.begin(tx, began_ms, slots, until_ms=until_ms)


async def cases(world: World, attempt_id: int) -> tuple[Case, ...]:
    async with world.services.database.reading() as tx:
        return await records.cases_of(tx, attempt_id)
