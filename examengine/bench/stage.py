"""An installation to measure: stores that are empty or its own, production's workers over them, a load generator."""

import asyncio
import json
import logging
import secrets
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from examengine.bench import stores
from examengine.bench.crowd import NO_PASSWORD, Crowd
from examengine.bench.jobs import LENGTH, Done, Enlist, Job, Load, Subject, framed, read_done
from examengine.bench.machine import cpu_s, family_cpu_s, is_here, threads_cpu_s
from examengine.bench.prepare import published_exam
from examengine.clock import SystemClock
from examengine.embedded.orders import Orders
from examengine.embedded.redis import MAX_MEMORY_BYTES, RedisKeeper
from examengine.embedded.standalone import embedded_settings, listen
from examengine.embedded.supervisor import Supervisor
from examengine.records import accounts, migrate, people, roles
from examengine.records.people import NewPerson, Profile
from examengine.records.words import DocumentType, Role
from examengine.settings import MOST_A_SECOND, Settings
from examengine.web.services import Services, open_services

READY_S = 180.0
KNOWN_AFTER_ASKING = 20
BEGINS_S, SETTLED_WITHIN_S = 5.0, 60
QUIET_CORES, QUIET_S = 0.15, 2
MOST_JOBS = 1_000
"""That one load generator does, at most."""
NO_QUEUE = float(MOST_A_SECOND)
BYTES_A_SITTING = 24 * 1024
"""Room that the embedded Redis is given for each live sitting, its log's rewriting included."""


class CannotMeasure(Exception):  # noqa: N818 – a state of things
    """The bench cannot work as it was asked to; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Where to measure. Empty URLs: a Redis and an SQLite file of the bench's own. ``live``: sittings that will be
    there, so that the embedded Redis has room. ``filled``: the database is not empty on purpose.
    """

    workers: int = 1
    database_url: str = ""
    redis_url: str = ""
    live: int = 200
    filled: bool = False


@dataclass(slots=True)
class Parts:
    """Processor seconds by what they were spent in."""

    workers: float = 0.0
    redis: float = 0.0
    sql: float = 0.0
    hashing: float = 0.0
    """Of the workers': in the threads that hash passwords."""

    @property
    def server(self) -> float:
        return self.workers + self.redis + self.sql

    def since(self, before: "Parts") -> "Parts":
        return Parts(
            self.workers - before.workers,
            self.redis - before.redis,
            self.sql - before.sql,
            self.hashing - before.hashing,
        )


@dataclass(slots=True)
class Stage:
    """The installation before it serves: services to prepare with, and who prepares."""

    asked: Asked
    settings: Settings
    services: Services
    folder: Path
    crowd: Crowd
    operator: Subject
    redis_pid: int
    sql_pid: int
    versions: dict[str, str]
    port: int
    servings: int = 0

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Served"]:
        """Run the workers inside the block, with everything that runs beside requests, and a load generator."""
        self.servings += 1
        await self.services.leases.release_all()  # of what was shipped and looked at so far
        await stores.keep_up(self.settings.database_url)
        ready = asyncio.Event()
        listening = listen("127.0.0.1", self.port)
        orders = Orders(self.settings, log_level=logging.ERROR)
        workers = self.asked.workers
        supervisor = Supervisor(
            listening, orders, workers, ready.set, asyncio.Event(), program="examengine.bench.worker"
        )
        running = asyncio.ensure_future(supervisor.run())
        generator = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "examengine.bench.generator",
            str(self.servings * MOST_JOBS),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            await self._until_ready(supervisor, running)
            served = Served(self, supervisor, generator)
            await served.learn_threads()
            yield served
        finally:
            assert generator.stdin is not None
            generator.stdin.close()
            await generator.wait()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            listening.close()

    async def _until_ready(self, supervisor: Supervisor, running: asyncio.Future[None]) -> None:
        gives_up_s = time.monotonic() + READY_S
        while len(supervisor.pids) < self.asked.workers:
            if running.done() or time.monotonic() > gives_up_s:
                raise CannotMeasure("the workers do not take requests; what they said stands above")
            await asyncio.sleep(0.05)


@dataclass(slots=True)
class Served:
    """The installation while it serves."""

    stage: Stage
    supervisor: Supervisor
    generator: asyncio.subprocess.Process
    hashing: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Threads that hash passwords, by worker."""

    async def enlist(self, group: str, subjects: list[Subject], *, once: bool = False) -> None:
        """Tell the generator of candidates."""
        await self._tell(Enlist(group, subjects, once))

    async def do(self, seconds: float, *loads: Load, password: str = "") -> tuple[Done, Parts]:
        """Put the server under these loads side by side; what came of it, and the processor time it took."""
        workers, before = self.supervisor.pids, self.cpu()
        await self._tell(Job(self.stage.port, self.stage.settings.public_url, seconds, list(loads), password))
        assert self.generator.stdout is not None
        try:
            length = LENGTH.unpack(await self.generator.stdout.readexactly(LENGTH.size))[0]
            done = read_done(await self.generator.stdout.readexactly(length))
        except asyncio.IncompleteReadError:
            raise CannotMeasure("the load generator has ended; what it said stands above") from None
        if self.supervisor.pids != workers:
            raise CannotMeasure("a worker ended while it was measured; what it said stands above")
        return done, self.cpu().since(before)

    async def settled(self) -> None:
        """Wait until what workers begin with is done, or for a minute: a collector that starts asks where every
        sitting belongs, which in an installation that goes on was asked when each began.
        """
        await asyncio.sleep(BEGINS_S)
        quiet = 0
        for _ in range(SETTLED_WITHIN_S):
            before = self.cpu()
            await asyncio.sleep(1.0)
            quiet = quiet + 1 if self.cpu().since(before).server < QUIET_CORES else 0
            if quiet == QUIET_S:
                return

    def cpu(self) -> Parts:
        """Processor time of the server so far. A store that runs elsewhere counts nothing."""
        stage = self.stage
        return Parts(
            workers=sum(cpu_s(pid) for pid in self.supervisor.pids),
            redis=cpu_s(stage.redis_pid) if stage.redis_pid else 0.0,
            sql=family_cpu_s(stage.sql_pid) if stage.sql_pid else 0.0,
            hashing=sum(threads_cpu_s(pid, threads) for pid, threads in self.hashing.items()),
        )

    async def learn_threads(self) -> None:
        """Ask every worker for its threads that hash passwords; they are there from the first sign-in on."""
        wanted = set(self.supervisor.pids)
        for _ in range(KNOWN_AFTER_ASKING * len(wanted)):
            told = json.loads(await self._get("/bench/threads"))
            self.hashing[told["pid"]] = tuple(told["hashing"])
            if set(self.hashing) >= wanted:
                return

    async def _get(self, path: str) -> bytes:
        return (await fetched(self.stage.port, path))[1]

    async def _tell(self, message: Enlist | Job) -> None:
        assert self.generator.stdin is not None
        self.generator.stdin.write(framed(message))
        await self.generator.stdin.drain()


async def fetched(port: int, path: str, headers: str = "", body: bytes = b"") -> tuple[bytes, bytes]:
    """Head and body of an answer, on a connection of its own; a request with a body is a POST."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        method = "POST" if body else "GET"
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}\r\n"
        writer.write(head.encode() + body)
        answer_head, _, content = (await reader.read(-1)).partition(b"\r\n\r\n")
        return answer_head, content
    finally:
        writer.close()


@asynccontextmanager
async def stage(asked: Asked) -> AsyncIterator[Stage]:
    """Put an installation up, with an exam in it; everything of it is gone after the block.

    Raises:
        CannotMeasure: a store that was named is not empty, or cannot be used.
        KeeperError: the bundled Redis cannot be had.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="examengine-bench-")))
        listening = listen("127.0.0.1", 0)
        port = int(listening.getsockname()[1])
        listening.close()
        settings = embedded_settings(folder, f"http://127.0.0.1:{port}", demo=False)
        # what a place in the queue costs is paid; nobody waits in it, for what is measured is what stands behind
        settings = replace(settings, staff_idle_ms=0, starts_a_second=NO_QUEUE, sign_ins_a_second=NO_QUEUE)
        if asked.database_url:
            await _need_empty_sql(asked)
            stack.push_async_callback(_leave_sql, asked)
            settings = replace(settings, database_url=asked.database_url)
        elif asked.workers > 1:
            raise CannotMeasure("more than one worker needs PostgreSQL: name a database with --database-url")
        redis = await _redis(asked, folder, stack)
        settings = replace(settings, redis_url=redis.url)
        await migrate.upgrade(settings.database_url)
        clock = SystemClock()
        services = await stack.enter_async_context(open_services(settings, clock))
        await services.rebuilder.look(clock.now_ms())
        operator, crowd = await _peopled(services)
        sql = await stores.sql_server(settings.database_url)
        yield Stage(
            asked,
            settings,
            services,
            folder,
            crowd,
            operator,
            redis.pid,
            sql.pid,
            {"redis": redis.version, "sql": sql.version},
            port,
        )


@dataclass(frozen=True, slots=True)
class _Redis:
    """``pid`` 0: it runs elsewhere."""

    url: str
    pid: int
    version: str


async def _redis(asked: Asked, folder: Path, stack: AsyncExitStack) -> _Redis:
    """The Redis to use, one of the bench's own where none was named."""
    url = asked.redis_url
    if not url:
        room = max(MAX_MEMORY_BYTES, asked.live * BYTES_A_SITTING)
        keeper = RedisKeeper(folder / "redis", max_memory_bytes=room)
        url = await keeper.start()
        stack.push_async_callback(keeper.stop)
    try:
        client = Redis.from_url(url)
        stack.push_async_callback(client.aclose)
        if asked.redis_url and await client.dbsize():
            raise CannotMeasure("the Redis of --redis-url holds keys: name an empty one, or another database of it")
        server = await client.info("server")
    except (RedisError, OSError, ValueError) as error:
        raise CannotMeasure(
            f"the Redis of --redis-url cannot be used ({error}): redis://host:port/db or unix:///path of one server"
        ) from error
    if asked.redis_url:
        stack.push_async_callback(client.flushdb)
    pid = int(server["process_id"])
    is_ours = is_here(pid, "redis") or is_here(pid, "valkey")
    return _Redis(url, pid if is_ours else 0, str(server["redis_version"]))


async def _need_empty_sql(asked: Asked) -> None:
    try:
        url = make_url(asked.database_url)
    except ArgumentError as error:
        raise CannotMeasure("--database-url is no URL: postgresql://user@host/database or sqlite:///path") from error
    if url.get_backend_name() not in {"postgresql", "sqlite"}:
        raise CannotMeasure("--database-url begins with postgresql: or sqlite:")
    if url.get_backend_name() == "sqlite" and asked.workers > 1:
        raise CannotMeasure("more than one worker needs PostgreSQL")
    try:
        tables = await stores.tables_of(asked.database_url)
    except OSError as error:
        raise CannotMeasure(f"the database of --database-url does not answer ({error})") from error
    if tables and not asked.filled:
        raise CannotMeasure(
            f"the database of --database-url holds {len(tables)} tables: name an empty one (createdb bench)"
        )


async def _leave_sql(asked: Asked) -> None:
    """As it was found. One that was filled on purpose keeps what came to it."""
    if not asked.filled:
        await stores.drop_all(asked.database_url)


async def _peopled(services: Services) -> tuple[Subject, Crowd]:
    """An operator, and an exam that he has published."""
    now_ms = services.clock.now_ms()
    profile = Profile(
        doc_type=DocumentType.OTHER,
        document=f"BENCHSTAFF{secrets.token_hex(3).upper()}",
        name="主管",
        unit_name="",
        region="450700",
        category="other",
    )
    async with services.database.writing() as tx:
        (operator,) = await people.add_people(tx, services.vault, [NewPerson(profile=profile)], now_ms)
        await accounts.add_accounts(tx, {operator: NO_PASSWORD}, now_ms, must_change=False, initial=False)
        await roles.grant_role(tx, operator, Role.OPERATOR, None, now_ms)
    year = datetime.fromtimestamp(now_ms / 1000, tz=UTC).year
    exam = await published_exam(services, operator, year, now_ms)
    return Subject(cookie=services.tokens.session(operator, 1, now_ms)), Crowd(services, exam)
