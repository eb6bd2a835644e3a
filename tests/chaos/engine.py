"""``examengine serve`` as a service: a process group that is started again when it dies."""

import asyncio
import contextlib
import os
import signal
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from tests.chaos.stores import asks, children_of, is_alive, until_gone

AGAIN_S = 0.3
SHIPPED_S = 5
HEALTHY_S = 60.0


class Engine:
    """One host's engine. ``held``: nobody starts it again."""

    def __init__(self, environment: Mapping[str, str], port: int, workers: int, log: Path, data: Path) -> None:
        self._environment = {**os.environ, **environment}
        self.port = port
        self.data = data
        self._workers = workers
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.held = False
        self.starts = 0

    async def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep())
        await self.healthy()

    async def shipped(self, seconds: float) -> bool:
        """Wait until it says that what was acknowledged is in SQL but for the last seconds."""
        for _ in range(int(seconds / 0.2)):
            told = dict(line.partition(" ")[::2] for line in (await asyncio.to_thread(self._health)).splitlines())
            if told.get("shut") == "0" and (told["unshipped_s"] == "-" or int(told["unshipped_s"]) <= SHIPPED_S):
                return True
            await asyncio.sleep(0.2)
        return False

    async def healthy(self, seconds: float = HEALTHY_S) -> bool:
        """Wait until it says that both stores answer."""
        for _ in range(int(seconds / 0.2)):
            if await asyncio.to_thread(self._is_healthy):
                return True
            await asyncio.sleep(0.2)
        return False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    def workers(self) -> list[int]:
        """Process ids of its workers."""
        return [pid for pid in self._children() if "examengine.embedded.worker" in command_of(pid)]

    def redis(self) -> list[int]:
        """The process id of a Redis that it keeps itself, also of an adopted one; none where it does not answer."""
        told = asks(f"unix://{self.data / 'redis' / 'redis.sock'}", "INFO", "server")
        return [int(told["process_id"])] if told else []

    async def kill_workers(self, pids: list[int]) -> int:
        """kill -9; how many were there."""
        killed = 0
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        await until_gone(pids)
        return killed

    async def kill_all(self) -> int:
        """kill -9 of the supervisor and its workers; a Redis that it kept is an orphan then."""
        pids = [*([self.pid] if self.pid is not None else []), *self.workers()]
        return await self.kill_workers(pids)

    def roll(self) -> None:
        """A rolling restart."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGHUP)

    async def stop(self) -> None:
        """Stop in order, and with force where that takes too long."""
        self.held = True
        children = self._children()
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 40)
            except TimeoutError:
                self._process.kill()
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        # an orphaned Redis as well: nobody will come to adopt it
        for pid in [*children, *(self.redis() if not self._environment.get("EXAMENGINE_REDIS_URL") else [])]:
            if is_alive(pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    async def _keep(self) -> None:
        while True:
            if not self.held:
                with self._log.open("ab") as log:
                    self.starts += 1
                    self._process = await asyncio.create_subprocess_exec(
                        sys.executable,
                        "-c",
                        "from examengine.cli import main; main()",
                        "serve",
                        *("--host", "127.0.0.1", "--port", str(self.port), "--workers", str(self._workers)),
                        stdin=asyncio.subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        env=self._environment,
                        start_new_session=True,
                    )
                await self._process.wait()
            await asyncio.sleep(AGAIN_S)

    def _children(self) -> list[int]:
        return children_of(self.pid) if self.pid is not None else []

    def _is_healthy(self) -> bool:
        return self._health().startswith("ok")

    def _health(self) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=3) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""


def command_of(pid: int) -> str:
    """A process' command line, its words apart by zero bytes."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
    except OSError:
        return ""
