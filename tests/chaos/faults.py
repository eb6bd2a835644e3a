"""What is broken, and how it is mended. A fault returns when it has been undone; recovery overlaps the next one."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.chaos.book import Book, Happened
from tests.chaos.engine import Engine
from tests.chaos.proxy import Proxy
from tests.chaos.stores import Postgres, Several, SingleRedis, asks
from tests.harness import ClusterForTests, SentinelForTests, until

PAUSE_S = 10.0
RECOVERY_S = 10.0
ALL_THERE_S = 4.0
WELL_S = 20.0
UP_TO_DATE_S = 60.0


@dataclass
class Scene:
    """Everything that can be broken in one topology."""

    name: str
    book: Book
    dice: random.Random
    proxy: Proxy
    engine: Engine
    redis: SingleRedis | None = None
    several: Several | None = None
    postgres: Postgres | None = None

    async def rest(self, least_s: float, most_s: float) -> None:
        await asyncio.sleep(self.dice.uniform(least_s, most_s))

    async def make_whole(self) -> None:
        """Nothing is broken any more."""
        self.proxy.mend()
        self.engine.held = False
        if self.redis is not None:
            await self.redis.settle()
        if self.several is not None:
            await self.several.settle()
        if self.postgres is not None:
            await self.postgres.start()


Fault = Callable[[Scene], Awaitable[None]]


async def kill_worker(scene: Scene) -> None:
    """kill -9 of one web worker; its supervisor starts another."""
    workers = scene.engine.workers()
    if workers:
        scene.book.kills += await scene.engine.kill_workers([scene.dice.choice(workers)])


async def kill_all_workers(scene: Scene) -> None:
    """kill -9 of every web worker at once."""
    scene.book.kills += await scene.engine.kill_workers(scene.engine.workers())


async def kill_engine(scene: Scene) -> None:
    """kill -9 of the supervisor and all workers; where the engine keeps its own Redis, that is an orphan now."""
    scene.book.kills += await scene.engine.kill_all()


async def kill_sweeper(scene: Scene) -> None:
    """kill -9 of the worker that holds the sweeper's lease."""
    assert scene.redis is not None
    holder = await asyncio.to_thread(asks, scene.redis.url, "GET", "{lease:sweeper}:holder")
    workers = scene.engine.workers()
    owner = (holder or b"").decode().partition("-")[0]
    mine = [pid for pid in workers if str(pid) == owner] or workers[:1]
    scene.book.kills += await scene.engine.kill_workers(mine)


async def rolling_restart(scene: Scene) -> None:
    """A deploy in the middle of the exam."""
    scene.engine.roll()
    await scene.rest(1, 3)


async def kill_redis(scene: Scene) -> None:
    """kill -9 of Redis; it is started again over its files."""
    if scene.redis is not None:
        await scene.redis.kill()
        scene.book.kills += 1
    else:
        scene.book.kills += await scene.engine.kill_workers(scene.engine.redis())


async def redis_away(scene: Scene) -> None:
    """Redis is killed and stays away for a while."""
    assert scene.redis is not None
    scene.redis.held = True
    await scene.redis.kill()
    scene.book.kills += 1
    await scene.rest(3, 9)
    scene.redis.held = False


async def redis_over_deadlines(scene: Scene) -> None:
    """Redis is killed three seconds before the first of many deadlines and stays away until the last has passed."""
    assert scene.redis is not None
    known = -1
    while known < scene.book.counts["pages opened"]:
        known = scene.book.counts["pages opened"]
        await asyncio.sleep(ALL_THERE_S)
    papers = [paper for paper in scene.book.papers.values() if paper.deadline_s]
    first_s, last_s = (pick(paper.deadline_s for paper in papers) for pick in (min, max))
    await asyncio.sleep(max(0.0, first_s - 3 - scene.book.now_s()))
    scene.redis.held = True
    await scene.redis.kill()
    scene.book.kills += 1
    await asyncio.sleep(max(0.0, last_s + 3 - scene.book.now_s()))
    scene.redis.held = False
    scene.book.counts["deadlines while Redis was away"] += len(papers)


async def pause_redis(scene: Scene) -> None:
    """SIGSTOP for ten seconds: it neither answers nor hangs up."""
    if scene.redis is not None:
        scene.redis.pause()
        await asyncio.sleep(PAUSE_S)
        scene.redis.resume()
        return
    for pid in scene.engine.redis():
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(PAUSE_S)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def kill_postgres(scene: Scene) -> None:
    """kill -9 of the postmaster; started again over the same data after a moment."""
    assert scene.postgres is not None
    await scene.postgres.kill()
    scene.book.kills += 1
    await scene.rest(0, 3)
    await scene.postgres.start()


async def kill_both_stores(scene: Scene) -> None:
    """Redis and PostgreSQL at once."""
    assert scene.postgres is not None
    await asyncio.gather(kill_redis(scene), kill_postgres(scene))


async def delete_redis_files(scene: Scene) -> None:
    """Redis is killed and its disk is lost. What is promised to closed pages holds where all else is well: SQL is up
    and lines reach it. So it waits for that before, and for the rebuilt sittings after.
    """
    await well(scene)
    if not await scene.engine.shipped(UP_TO_DATE_S):
        raise RuntimeError("SQL is far behind: that no disk is lost besides is not promised")
    scene.book.deletions_s.append(scene.book.now_s())
    await _delete_redis_files(scene)
    await well(scene)


async def well(scene: Scene) -> None:
    """Until the stores answer and answers are acknowledged; bounded."""
    await scene.engine.healthy()
    await until_answered(scene.book, WELL_S, scene.book.now_s() + WELL_S)


async def _delete_redis_files(scene: Scene) -> None:
    if scene.redis is not None:
        scene.redis.held = True
        await scene.redis.kill()
        scene.book.kills += 1
        scene.redis.delete_files()
        await scene.rest(0, 1)
        scene.redis.held = False
        return
    scene.engine.held = True
    redis_pids = scene.engine.redis()
    scene.book.kills += await scene.engine.kill_all()
    scene.book.kills += await scene.engine.kill_workers(redis_pids)
    folder = scene.engine.data / "redis"
    for name in ("appendonlydir", "appendonly.aof", "dump.rdb"):
        shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink(missing_ok=True)
    scene.engine.held = False


async def full_disk(scene: Scene) -> None:
    """Redis' disk has not a byte left, for a while."""
    assert scene.redis is not None
    scene.redis.fill_disk()
    await scene.rest(3, 6)
    scene.redis.free_disk()


async def cut_line(scene: Scene) -> None:
    """Every connection between browsers and server breaks; none can be made for a while."""
    scene.proxy.cut()
    await scene.rest(0.5, 5)
    scene.proxy.mend()


async def slow_line(scene: Scene) -> None:
    """Every piece of data takes up to a second, in both directions, each connection at its own pace."""
    scene.proxy.delay_s = scene.dice.uniform(0.3, 1.0)
    await scene.rest(3, 6)
    scene.proxy.mend()


async def kill_primary(scene: Scene) -> None:
    """kill -9 of a node that takes writes; back as a replica after a while. One node at a time."""
    assert scene.several is not None
    servers = scene.several.servers
    if isinstance(servers, ClusterForTests):
        node = await asyncio.to_thread(servers.primary_of, scene.dice.randrange(64))
    else:
        node = await asyncio.to_thread(lambda: servers.primary)
    await scene.several.kill(node)
    scene.book.kills += 1
    await scene.rest(3, 7)
    await scene.several.bring_back(node)
    await whole_again(scene)


async def kill_replica(scene: Scene) -> None:
    """kill -9 of a node that only follows."""
    assert scene.several is not None
    servers = scene.several.servers
    if isinstance(servers, ClusterForTests):
        primary = await asyncio.to_thread(servers.primary_of, scene.dice.randrange(64))
        node = await asyncio.to_thread(servers.replica_of, primary)
    else:
        node = scene.dice.choice(await asyncio.to_thread(lambda: servers.replicas))
    await scene.several.kill(node)
    scene.book.kills += 1
    await scene.rest(2, 5)
    await scene.several.bring_back(node)
    await whole_again(scene)


async def whole_again(scene: Scene) -> None:
    """Until every node follows or leads again: what is promised is about one node at a time."""
    assert scene.several is not None
    servers = scene.several.servers

    def whole() -> bool:
        if isinstance(servers, SentinelForTests):
            with servers.primary.client as client:
                return bool(client.info("replication").get("connected_slaves") == len(servers.nodes) - 1)
        return all(servers._whole(node) for node in servers.nodes)

    await asyncio.to_thread(until, "whole again", whole, 40.0)


EVERYWHERE: tuple[tuple[Fault, int], ...] = (
    (kill_worker, 6),
    (kill_engine, 3),
    (cut_line, 1),
    (slow_line, 1),
    (rolling_restart, 1),
)
WITH_POSTGRES: tuple[tuple[Fault, int], ...] = ((kill_postgres, 3), (kill_all_workers, 3))
FAULTS: dict[str, tuple[tuple[Fault, int], ...]] = {
    "single": (
        *EVERYWHERE,
        *WITH_POSTGRES,
        (kill_sweeper, 3),
        (kill_redis, 5),
        (redis_away, 1),
        (pause_redis, 1),
        (kill_both_stores, 2),
        (delete_redis_files, 3),
        (full_disk, 1),
    ),
    "deadlines": ((redis_over_deadlines, 1),),
    "embedded": (*EVERYWHERE, (kill_engine, 2), (kill_redis, 4), (pause_redis, 1), (delete_redis_files, 2)),
    "sentinel": (*EVERYWHERE, *WITH_POSTGRES, (kill_primary, 5), (kill_replica, 2)),
    "cluster": (*EVERYWHERE, *WITH_POSTGRES, (kill_primary, 5), (kill_replica, 2)),
}


async def break_things(scene: Scene, seconds: float, say: Callable[[str], None], only: tuple[str, ...] = ()) -> None:
    """Faults at random moments until the time is over; each kind once before chance decides alone. Or ``only``
    these, in this order.
    """
    table = [(fault, weight) for fault, weight in FAULTS[scene.name] if _possible(scene, fault)]
    first = [fault for fault, _ in table]
    scene.dice.shuffle(first)
    if only:
        first = [next(fault for fault, _ in table if fault.__name__ == name) for name in reversed(only)]
    ends_s = scene.book.now_s() + seconds
    while first if only else scene.book.now_s() < ends_s:
        fault = first.pop() if first else scene.dice.choices(*zip(*table, strict=True))[0]
        happened = Happened(fault.__name__, scene.book.now_s())
        scene.book.faults.append(happened)
        scene.book.counts[f"fault {fault.__name__}"] += 1
        acknowledged = scene.book.counts["acknowledged"]
        say(f"{happened.began_s:6.1f} s  {fault.__name__} (acknowledged so far: {acknowledged})")
        try:
            await fault(scene)
        except (OSError, RuntimeError) as error:
            say(f"         {fault.__name__}: {type(error).__name__} {error}")
        happened.ended_s = scene.book.now_s()
        # mostly people get to answer again before the next thing breaks, sometimes it breaks in the middle of that
        if only or scene.dice.random() < 0.75:
            await until_answered(scene.book, RECOVERY_S, ends_s if not only else scene.book.now_s() + RECOVERY_S)
        await scene.rest(0.2, 2.0)


async def until_answered(book: Book, seconds: float, ends_s: float, many: int = 10) -> None:
    """Until some answers more are acknowledged; bounded."""
    wanted = book.counts["acknowledged"] + many
    gives_up_s = min(book.now_s() + seconds, ends_s)
    while book.counts["acknowledged"] < wanted and book.now_s() < gives_up_s:
        await asyncio.sleep(0.1)


def _possible(scene: Scene, fault: Fault) -> bool:
    return fault is not full_disk or (scene.redis is not None and scene.redis.tmpfs)
