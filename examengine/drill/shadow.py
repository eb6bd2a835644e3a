"""Setting a drill's shadow up, having the workers open it, and removing it without a rest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import msgspec

from examengine.drill.line import Line, LineDown, Target
from examengine.live import Coalescer, Unavailable, connect
from examengine.live.drills import FLAG_MS, SHADOW_PREFIX, Drills
from examengine.live.wall import Board
from examengine.records import shadow
from examengine.settings import Settings
from examengine.web.shadow import Flag

KEEP_UP_S = FLAG_MS / 4000
OPEN_S = 60.0
CLOSE_S = 30.0
LOOK_S = 0.5


class DrillError(Exception):
    """The drill cannot be held, or not be ended, as things are; the text is for people and says what to do."""


@dataclass(slots=True)
class Held:
    """A shadow that workers have open. ``lost`` is set when its flag went down under it."""

    workers: int
    lost: asyncio.Event


@asynccontextmanager
async def reached(settings: Settings) -> AsyncIterator[tuple[Coalescer, Drills]]:
    """The installation's Redis, and the flag in it."""
    calls = connect(settings.redis_url)
    try:
        yield calls, Drills(calls)
    finally:
        await calls.aclose()


@asynccontextmanager
async def flag_up(settings: Settings, flag: Flag, target: Target) -> AsyncIterator[Held]:
    """Inside the block every worker serves the shadow to whoever carries the flag's secret.

    Raises:
        DrillError: another drill is on, nobody serves, or not every worker opens the shadow.
        Unavailable: Redis does not answer.
    """
    async with reached(settings) as (calls, drills):
        if not await drills.hoist(msgspec.json.encode(flag)):
            raise DrillError("另一个演练正在进行；它结束以后（被中断的，20 秒以后）再试")
        held = Held(0, asyncio.Event())
        keeping = asyncio.create_task(_keep_up(drills, held))
        try:
            held.workers = await _opened(Board(calls), drills, target)
            yield held
        finally:
            keeping.cancel()
            with suppress(Unavailable):
                await drills.strike()


async def remove(settings: Settings) -> bool:
    """Remove all that a drill has left, once no worker has it open any more; False where there was nothing.

    Raises:
        DrillError: a drill is on, or a worker does not let go.
        RecordsError, Unavailable: a store does not answer; what is left goes when this is asked for again.
    """
    async with reached(settings) as (_, drills):
        await _nobody_inside(drills)
    there = await shadow.remove(settings.database_url)
    sweeping = connect(settings.redis_url, prefix=SHADOW_PREFIX)
    try:
        return await sweeping.sweep() > 0 or there
    finally:
        await sweeping.aclose()


async def _keep_up(drills: Drills, held: Held) -> None:
    missed = 0
    while missed * KEEP_UP_S * 1000 < FLAG_MS:
        await asyncio.sleep(KEEP_UP_S)
        try:
            if not await drills.keep_up():
                break
            missed = 0
        except Unavailable:
            missed += 1
    held.lost.set()


async def _opened(board: Board, drills: Drills, target: Target) -> int:
    """Wait until every worker that publishes its figures has the shadow open, and answers for it."""
    loop = asyncio.get_running_loop()
    gives_up_s = loop.time() + OPEN_S
    line, said = Line(target), ""
    try:
        while loop.time() < gives_up_s:
            serving, inside = len(await board.published()), await drills.inside()
            if 0 < serving <= inside:
                try:
                    health = await line.ask("/health")
                except LineDown as error:
                    said = f"{target.url} 连不上（{error}），地址不同时请用 --url 给出"
                else:
                    said = f"{target.url}/health：{health.status} {health.body[:60].decode('utf-8', 'replace')}"
                    if health.status == 200 and b"\nshut 0\n" in health.body:
                        return serving
            else:
                said = f"{serving} 个进程在服务，其中 {inside} 个准备好了演练"
            await asyncio.sleep(LOOK_S)
    finally:
        line.close()
    raise DrillError(
        f"{OPEN_S:.0f} 秒内没有准备好：{said.strip()}。请确认 examengine serve 正在运行，且与本命令是同一版本"
    )


async def _nobody_inside(drills: Drills) -> None:
    loop = asyncio.get_running_loop()
    gives_up_s = loop.time() + CLOSE_S
    while (is_on := await drills.find() is not None) or await drills.inside():
        if loop.time() > gives_up_s:
            raise DrillError(
                "另一个演练正在进行，等它结束"
                if is_on
                else "还有进程没有放开演练的数据；稍后再运行 examengine drill --clean"
            )
        await asyncio.sleep(LOOK_S)
