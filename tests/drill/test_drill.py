"""A drill on an installation that serves: real processes' worth of stack, real stores, and nothing left behind."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select
from starlette.responses import PlainTextResponse

from examengine.clock import SystemClock
from examengine.drill.hindrances import hindrances
from examengine.drill.line import Target
from examengine.drill.plan import Plan
from examengine.drill.run import Report, drill
from examengine.drill.shadow import DrillError, flag_up, remove
from examengine.live.drills import SHADOW_PREFIX
from examengine.records import checks, shadow
from examengine.records.database import Database
from examengine.records.tables import metadata
from examengine.rules.calendar import window_of
from examengine.settings import Settings
from examengine.web.shadow import HEADER, Flag, Shadow
from tests.drill.served import served, settings_of
from tests.harness import RedisForTests
from tests.world import World

OF_THE_ENGINE = {"hearing", "lease_tokens", "slots", "installation"}
"""What a worker writes by living."""
SHORT = Plan(candidates=6, minutes=0.05, starts_within_s=1, steps=1)


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> Settings:
    return settings_of(database_url, redis_url, tmp_path)


async def rows_of(database: Database) -> dict[str, int]:
    """How many rows each table has."""
    async with database.reading() as tx:
        return {
            name: int(await tx.value(select(func.count()).select_from(table)))
            for name, table in metadata.tables.items()
            if name not in OF_THE_ENGINE
        }


def keys_of(redis: RedisForTests) -> list[bytes]:
    with redis.server.client as client:
        return [key for key in client.keys("*") if key.startswith(SHADOW_PREFIX.encode()) or b"{drill}" in key]


async def hold(settings: Settings, plan: Plan = SHORT, *, anyway: bool = False) -> Report:
    told: list[str] = []
    report = await drill(settings, SystemClock(), plan, settings.public_url, told.append, anyway=anyway)
    assert any("影子" in line for line in told)
    return report


@pytest.mark.long
async def test_a_drill_sits_real_exams_and_no_table_has_a_row_of_it(
    settings: Settings, redis_for_tests: RedisForTests
) -> None:
    """No list can show what no table holds: every table is counted, not every page walked."""
    async with served(settings) as services:
        before = await rows_of(services.database)
        report = await hold(settings)
        [step] = report.steps
        # how fast is not for a machine to say that does other things; what fails is tried again
        assert (step.lost, step.unfinished) == (0, 0)
        assert {name: step.rows[name].count for name in ("sign_in", "start", "hand_in")} == {
            "sign_in": 6,
            "start": 6,
            "hand_in": 6,
        }

        after = await rows_of(services.database)
        assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
            "drills": 1,
            "audit": 1,
            "unlinked": 1,  # that line of the audit log waits for the notary
        }
        assert keys_of(redis_for_tests) == []
        assert not await shadow.stands(settings.database_url)
        assert not (settings.data_dir / "drill").exists()
        async with services.database.reading() as tx:
            kept = await checks.newest_drill(tx)
        assert kept is not None
        assert (kept.people, kept.minutes, kept.lost, kept.errors) == (6, 1, 0, step.errors)
        assert kept.configuration["carries"] == report.verdict.carries


@pytest.mark.long
async def test_a_drill_that_is_interrupted_leaves_nothing(settings: Settings, redis_for_tests: RedisForTests) -> None:
    async with served(settings) as services:
        before = await rows_of(services.database)
        plan = Plan(candidates=4, minutes=5, starts_within_s=1, steps=1, signs_in=False)
        told: list[str] = []
        holding = asyncio.create_task(
            drill(settings, SystemClock(), plan, settings.public_url, told.append, anyway=False)
        )
        while not any("人在答题" in line for line in told):
            await asyncio.sleep(0.1)
        holding.cancel()
        with pytest.raises(asyncio.CancelledError):
            await holding
        assert await rows_of(services.database) == before
        assert keys_of(redis_for_tests) == []
        assert not await shadow.stands(settings.database_url)


@pytest.mark.long
async def test_what_a_dead_drill_has_left_is_refused_by_the_next_one_and_cleaned(
    settings: Settings, redis_for_tests: RedisForTests
) -> None:
    await shadow.make(settings.database_url)
    async with served(settings):
        flag = Flag("dead", "secret")
        target = Target(settings.public_url, settings.public_url, flag.secret)
        async with flag_up(settings, flag, target):
            with pytest.raises(DrillError, match="另一个演练正在进行"):
                async with flag_up(settings, flag, target):
                    pass
        with pytest.raises(DrillError, match="--clean"):
            await hold(settings)
        assert await remove(settings)
        assert not await remove(settings)
        assert keys_of(redis_for_tests) == []


async def test_a_request_of_a_drill_never_reaches_the_real_application(world: World) -> None:
    reached: list[str] = []

    async def real(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["path"])
        await PlainTextResponse("real")(scope, receive, send)

    app = Shadow(world.services, lambda _services: real).around(real)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://test") as line:
        answer = await line.get("/one", headers={HEADER.decode(): "whatever"})
        assert (answer.status_code, answer.text, reached) == (503, "no drill\n", [])
        await line.get("/two")
    assert reached == ["/two"]


async def test_a_drill_is_refused_beside_a_real_exam(world: World) -> None:
    database, exam = world.services.database, await world.exam()
    async with database.reading() as tx:
        rulebook = await world.services.shelf.rulebook(tx, exam.rulebook_digest)
    window = window_of(rulebook, exam.credit_year)
    hour_ms = 3_600_000
    before_ms, after_ms = window.opens_ms - hour_ms, window.closes_ms
    assert await hindrances(database, before_ms, window.opens_ms) == ()
    assert len(await hindrances(database, before_ms, window.opens_ms + 1)) == 1
    assert len(await hindrances(database, after_ms - 1, after_ms + hour_ms)) == 1
    assert await hindrances(database, after_ms, after_ms + hour_ms) == ()


async def test_a_drill_is_refused_while_somebody_sits(world: World) -> None:
    await world.a_candidate_in_an_exam()
    [first, *_] = await hindrances(world.services.database, world.now_ms, world.now_ms + 1)
    assert "正在作答" in first
