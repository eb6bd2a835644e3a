"""What pages cost at that size: server time of whole requests, and the plans of their statements."""

import asyncio
import random
import re
import statistics
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx2
from sqlalchemy import event

from examengine.clock import MovableClock
from examengine.records import evidence
from examengine.records.database import Database
from examengine.records.words import Role
from tests.harness import RedisForTests
from tests.scale.fill import FAMILY, GIVEN, Ids, unit_of
from tests.world import World, a_world, ms, resident_id

ROUNDS = 60
WARM = 5
AS_OF = "2026-11-20T10:00:00+08:00"
SLOW_MS = 5.0
FIRST_PERSON = Ids().person

Ask = Callable[[random.Random], Awaitable[httpx2.Response]]


@dataclass(frozen=True, slots=True)
class Sampled:
    """What there is to ask for."""

    people: int
    attempts: int
    exams: tuple[int, ...]


async def measure(url: str, *, plans: bool, only: str = "") -> None:
    """Print server times; with ``plans`` also what PostgreSQL did for statements of more than a few ms."""
    redis = RedisForTests()
    redis.start()
    try:
        async with a_world(url, redis.url, clock=MovableClock(ms(AS_OF))) as world:
            await _measure(world, url, only, plans=plans)
    finally:
        redis.stop()


async def _measure(world: World, url: str, only: str, *, plans: bool) -> None:
    connection = await asyncpg.connect(url)
    sampled = Sampled(
        await connection.fetchval("SELECT max(id) FROM people WHERE pseudonym IS NOT NULL") - FIRST_PERSON - 10,
        await connection.fetchval("SELECT max(id) FROM attempts"),
        tuple(row["id"] for row in await connection.fetch("SELECT id FROM exams ORDER BY id")),
    )
    print(f"{sampled.people:,} people, {sampled.attempts:,} attempts, {world.services.settings.database_url[:10]}…\n")
    world.made_people = 5_000_000 + random.randrange(1_000_000)
    support, operator = await world.person(Role.SUPPORT), await world.person(Role.OPERATOR)
    async with world.browser(support) as desk, world.browser(operator) as office:
        print(f"{'page':<46}{'median':>9}{'p95':>9}{'most':>9}   ms of server time")
        for name, ask in _pages(world.services.database, desk, office, sampled):
            if only in name:
                await _one(world, connection, name, ask, plans=plans)
    await connection.close()


def _pages(
    database: Database, desk: httpx2.AsyncClient, office: httpx2.AsyncClient, sampled: Sampled
) -> Iterator[tuple[str, Ask]]:
    async def search(text: str) -> httpx2.Response:
        """The search and the list that it leads to."""
        answered = await desk.post("/support", data={"q": text})
        return await desk.get(answered.headers["location"]) if answered.status_code == 303 else answered

    def searches(typed: Callable[[random.Random], str]) -> Ask:
        return lambda dice: search(typed(dice))

    def number(dice: random.Random) -> int:
        return dice.randrange(1, sampled.people)

    def name(dice: random.Random) -> str:
        return dice.choice(FAMILY) + "".join(dice.choices(GIVEN, k=2))

    async def by_receipt(dice: random.Random) -> httpx2.Response:
        async with database.reading() as tx:
            receipt = await evidence.find_receipt(tx, dice.randrange(1, sampled.attempts))
        return await search(receipt.number if receipt else "2345")

    yield "find: whole document number", searches(lambda dice: resident_id(number(dice)))
    yield "find: last 4 places of a document", searches(lambda dice: resident_id(number(dice))[-4:])
    yield "find: last 6 places of a document", searches(lambda dice: resident_id(number(dice))[-6:])
    yield "find: name", searches(name)
    yield (
        "find: name with the last 4 places",
        searches(lambda dice: f"{name(dice)} {resident_id(number(dice))[-4:]}"),
    )
    yield "find: last 4 digits of a phone", searches(lambda dice: f"{dice.randrange(10_000):04}")
    yield "find: card number", searches(lambda dice: f"2026{dice.randrange(1, 100_000):08d}")
    yield "find: receipt number (with reading one)", by_receipt
    yield "person's page", lambda dice: desk.get(f"/support/people/{FIRST_PERSON + number(dice)}")
    yield "the desk with whom one looked at last", lambda _dice: desk.get("/support")
    yield "an attempt's page", lambda dice: desk.get(f"/support/attempts/{dice.randrange(1, sampled.attempts)}")

    async def fell_silent(dice: random.Random) -> httpx2.Response:
        address = f"/support/attempts/{dice.randrange(1, sampled.attempts)}"
        page = await desk.get(address)
        silence = re.search(r"\?at=\d+", page.text)
        return page if silence is None else await desk.get(address + silence[0])

    yield "an attempt's page, then who fell silent", fell_silent
    last = sampled.exams[-1]
    here = f"/operator/results/{last}"
    yield "exams", lambda _dice: office.get("/operator/exams")
    yield "results: every exam", lambda _dice: office.get("/operator/results")
    yield "results: list of an exam", lambda _dice: office.get(here)

    def deep(dice: random.Random) -> Awaitable[httpx2.Response]:
        region, unit = unit_of(dice.randrange(9_000))
        return office.get(here, params={"after": f"{dice.randrange(1_000_000)}.{region}.{unit}"})

    yield "results: somewhere in the list", deep
    yield "results: who failed", lambda _dice: office.get(here, params={"standing": "fail"})
    yield "results: who waits for marking (nobody)", lambda _dice: office.get(here, params={"standing": "pending"})
    yield "results: a city", lambda dice: office.get(here, params={"region": f"45{dice.randrange(1, 15):02d}"})

    def unit(dice: random.Random, cut: int | None) -> Awaitable[httpx2.Response]:
        return office.get(here, params={"unit": unit_of(dice.randrange(9_000))[1][:cut], "standing": "fail"})

    yield "results: a unit, who failed", lambda dice: unit(dice, None)
    yield "results: units that begin alike (all)", lambda dice: unit(dice, 3)
    yield (
        "results: an old exam, a city, passed",
        lambda dice: office.get(
            f"/operator/results/{sampled.exams[0]}",
            params={"region": f"45{dice.randrange(1, 15):02d}", "standing": "pass"},
        ),
    )
    yield "rates by region", lambda _dice: office.get(f"{here}/rates")
    yield (
        "rates by unit of a region",
        lambda dice: office.get(f"{here}/rates", params={"region": unit_of(dice.randrange(9_000))[0]}),
    )
    yield "one person's results", lambda dice: office.get(f"/operator/results/people/{FIRST_PERSON + number(dice)}")


async def _one(world: World, connection: asyncpg.Connection, name: str, ask: Ask, *, plans: bool) -> None:
    dice = random.Random(name)
    spent = []
    for turn in range(WARM + ROUNDS):
        began = time.perf_counter()
        answered = await ask(dice)
        if turn >= WARM:
            spent.append((time.perf_counter() - began) * 1000)
        assert answered.status_code in {200, 303}, (name, answered.status_code)
        await asyncio.sleep(0)
    spent.sort()
    print(f"{name:<46}{statistics.median(spent):>9.1f}{spent[int(len(spent) * 0.95)]:>9.1f}{spent[-1]:>9.1f}")
    if plans:
        with captured(world.services.database) as statements:
            await ask(dice)
        for statement, values in statements:
            await _explain(connection, statement, values)


@contextmanager
def captured(database: Database) -> Iterator[list[tuple[str, tuple[Any, ...]]]]:
    """The reading statements that run inside the block, with their values."""
    found: list[tuple[str, tuple[Any, ...]]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT") and "FOR " not in statement and isinstance(values, tuple):
            found.append((statement, values))

    engine = database.reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def _explain(connection: asyncpg.Connection, statement: str, values: tuple[Any, ...]) -> None:
    rows = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", *values)
    plan = [row[0] for row in rows]
    took = float(plan[-1].split()[2])
    if took >= SLOW_MS:
        print(f"\n    {' '.join(statement.split())[:400]}")
        print("\n".join(f"      {line}" for line in plan))
