"""One topology from its beginning to the verdict."""

import asyncio
import base64
import contextlib
import os
import random
import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.book import Book
from tests.chaos.candidate import Candidate, Hall
from tests.chaos.engine import Engine
from tests.chaos.faults import Scene, break_things, until_answered
from tests.chaos.prepare import GRACE_S, Somebody, prepare
from tests.chaos.proxy import Proxy
from tests.chaos.stores import Postgres, Several, SingleRedis
from tests.chaos.tamper import tamper, until_linked, verified
from tests.chaos.verdict import Verdict, judge, open_attempts
from tests.harness import ClusterForTests, SentinelForTests, free_ports

ARRIVE_S = 8.0
ARRIVED_S = 30.0
SETTLED_S = 75.0
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does. ``hurries``: everyone hands in when the faults are over, and nobody waits for a deadline.
    ``tampers``: afterwards one archived line is altered, and must be found. ``only``: these faults in this order,
    instead of ``seconds`` of chance. ``steady``: everyone stays at one device with a script.
    """

    topology: str
    seconds: float
    seed: int
    candidates: int
    lengths: tuple[int, ...] = (1, 1, 2)
    hurries: bool = False
    tampers: bool = False
    only: tuple[str, ...] = ()
    steady: bool = False


@dataclass
class Site:
    """The installation of a run."""

    scene: Scene
    database_url: str
    redis_url: Callable[[], str]
    environment: dict[str, str]
    people: list[Somebody]
    clock_ms: int


@dataclass
class Came:
    """What came of a run."""

    book: Book
    verdict: Verdict
    evidence: list[str]


async def run(plan: Plan, say: Callable[[str], None]) -> Came:
    """Set up, break, recover, compare, tear down."""
    dice = random.Random(f"{plan.seed}/{plan.topology}")
    folder = Path(tempfile.mkdtemp(prefix="chaos-", dir=_short_folder()))
    os.chmod(folder, 0o755)  # where we are root PostgreSQL runs as another user
    book = Book()
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        site = await _site(plan, folder, book, dice, stack)
        say(
            f"{plan.topology}: {plan.candidates} candidates, {plan.seconds:.0f} s of faults, "
            f"clock of one worker {site.clock_ms:+d} ms"
        )
        hall = Hall(book, site.scene.proxy.port, plan.steady)
        everyone = [
            Candidate(hall, who.cookie, who.enrolment_id, who.minutes, random.Random(dice.random()))
            for who in site.people
        ]
        if plan.only == ("redis_over_deadlines",):
            hall.once = True
        sitting = [asyncio.create_task(one.live(dice.uniform(0, ARRIVE_S))) for one in everyone]
        stack.push_async_callback(_cancelled, sitting)
        await until_answered(book, ARRIVED_S, book.now_s() + ARRIVED_S, many=plan.candidates)
        await break_things(site.scene, plan.seconds, say, plan.only)
        say(f"{book.now_s():6.1f} s  everything is made whole again")
        await site.scene.make_whole()
        hall.leaving.set()
        if plan.hurries:
            hall.hurry.set()
        if not await site.scene.engine.healthy():
            say("         the engine does not say that it is well")
        longest_s = (max(plan.lengths) * 60 if not plan.hurries else 30) + GRACE_S + SETTLED_S
        _done, late = await asyncio.wait(sitting, timeout=longest_s)
        for task in _done:
            if not task.cancelled() and task.exception() is not None:
                raise task.exception()  # type: ignore[misc]
        if late:
            say(f"         {len(late)} candidates are not done after {longest_s:.0f} s")
        await _until_swept(plan, site, say)
        verdict = await judge(book, site.database_url, site.redis_url())
        if plan.steady and verdict.states["expired_no_score"]:
            verdict.lost.append(f"{verdict.states['expired_no_score']} people who were there have no score")
        return Came(book, verdict, await _evidence(plan, site, dice, say))


async def _site(plan: Plan, folder: Path, book: Book, dice: random.Random, stack: contextlib.AsyncExitStack) -> Site:
    [port] = free_ports(1)
    proxy = Proxy(port, dice)
    await proxy.open()
    stack.push_async_callback(proxy.close)
    keys = {name: secrets.token_urlsafe(32) for name in ("SIGNING_KEYS", "FIELD_KEYS")}
    keys["EVIDENCE_KEYS"] = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    data = folder / "data"
    data.mkdir()
    postgres = redis = several = None
    if plan.topology == "embedded":
        database_url = f"sqlite:///{data / 'record.db'}"
    else:
        postgres = await asyncio.to_thread(Postgres, folder / "pg")
        stack.push_async_callback(postgres.stop)
        database_url = postgres.url
    environment = {f"EXAMENGINE_{name}": value for name, value in keys.items()}
    environment |= {
        "EXAMENGINE_DATA_DIR": str(data),
        "EXAMENGINE_DATABASE_URL": database_url,
        "EXAMENGINE_PUBLIC_URL": f"http://127.0.0.1:{proxy.port}",
        "EXAMENGINE_REDIS_URL": "",
        # all of them begin at once, and what a confirm leads to is compared
        "EXAMENGINE_STARTS_PER_S": "unlimited",
    }
    match plan.topology:
        case "single" | "deadlines":
            redis = SingleRedis(folder / "redis")
            stack.push_async_callback(redis.stop)
            await redis.start()
            environment["EXAMENGINE_REDIS_URL"] = redis.url
        case "sentinel" | "cluster":
            several = Several(SentinelForTests() if plan.topology == "sentinel" else ClusterForTests())
            stack.push_async_callback(several.stop)
            await several.start()
            environment["EXAMENGINE_REDIS_URL"] = several.url
    clock_ms = dice.choice([-2000, 2000])
    environment["EXAMENGINE_CLOCK_OFFSET_MS"] = str(clock_ms)
    people = await prepare(
        database_url, (keys["SIGNING_KEYS"],), (keys["FIELD_KEYS"],), plan.candidates, plan.lengths
    )
    log = Path(os.environ.get("CHAOS_LOG", str(folder / "engine.log")))
    workers = 1 if plan.topology == "embedded" else WORKERS
    engine = Engine(environment, port, workers, log, data)
    stack.push_async_callback(engine.stop)
    await engine.start()
    scene = Scene(plan.topology, book, dice, proxy, engine, redis, several, postgres)
    url = environment["EXAMENGINE_REDIS_URL"]
    return Site(
        scene, database_url, lambda: url or f"unix://{data / 'redis' / 'redis.sock'}", environment, people, clock_ms
    )


async def _evidence(plan: Plan, site: Site, dice: random.Random, say: Callable[[str], None]) -> list[str]:
    """What is wrong with the evidence, or with how it is checked; nothing, mostly."""
    wrong = []
    await until_linked(site.database_url)
    code, told = await verified(site.environment)
    say(f"         attempt verify --all: {told.splitlines()[-1] if told else code}")
    if code != 0:
        wrong.append(f"after the faults the evidence does not verify: {told}")
    elif plan.tampers:
        attempt_id, before, now = await tamper(site.database_url, dice)
        say(f"         altered in SQL: attempt {attempt_id}, {before!r} is {now!r} now")
        code, told = await verified(site.environment)
        say(f"         attempt verify --all: {told.splitlines()[-1] if told else code}")
        if code == 0 or str(attempt_id) not in told:
            wrong.append(f"the altered line of attempt {attempt_id} was not named: {told}")
    return wrong


async def _until_swept(plan: Plan, site: Site, say: Callable[[str], None]) -> None:
    """Until every attempt has its outcome, or waits for a person; bounded."""
    left: list[int] = []
    nobody_comes = {paper.attempt_id for paper in site.scene.book.papers.values() if paper.closed_s is not None}
    for _ in range(int(SETTLED_S / 0.5)):
        left = await open_attempts(site.database_url)
        if not left or (plan.hurries and set(left) <= nobody_comes):
            return
        await asyncio.sleep(0.5)
    say(f"         {len(left)} attempts have no outcome yet: {left[:10]}")


async def _cancelled(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _short_folder() -> str | None:
    """Unix sockets want short paths."""
    return "/tmp" if os.access("/tmp", os.W_OK) else None
