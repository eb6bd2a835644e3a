"""The engine as operators run it: processes started by ``examengine serve``, and candidates' pages that save."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, Queue
from string import ascii_lowercase

import httpx2

from examengine.clock import SystemClock
from examengine.embedded.redis import KeptElsewhere
from examengine.embedded.standalone import completed, with_redis
from examengine.settings import Settings, from_environment
from examengine.web.services import Services, open_services
from tests.seated import Candidate, candidates
from tests.world import CHEAP, EVIDENCE_KEYS, FIELD_KEYS, SETTINGS_KEYS, local_year

COMMAND = str(Path(sys.executable).with_name("examengine"))
PATIENCE_S = 60.0
MOST_TRIES = 200
RETRY_S = 0.3
"""The page tries a save again so long after a network error."""


def free_port() -> int:
    """A port that nobody uses at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Engine:
    """One installation: its environment, and the processes that serve it, one supervisor at a time.

    ``database_url`` and ``redis_url`` empty: embedded.
    """

    def __init__(self, folder: Path, database_url: str = "", redis_url: str = "", **settings: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        given = {
            "DATA_DIR": str(folder),
            "PUBLIC_URL": self.url,
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SIGNING_KEYS": " ".join(SETTINGS_KEYS).replace(" ", "-"),
            "FIELD_KEYS": " ".join(FIELD_KEYS).replace(" ", "-").replace(",", "-"),
            "EVIDENCE_KEYS": " ".join(EVIDENCE_KEYS),
            **settings,
        }
        self.environ = {f"EXAMENGINE_{name}": value for name, value in given.items()}
        self.process: subprocess.Popen[str] | None = None
        self.said: list[str] = []
        self._lines: Queue[str | None] = Queue()

    @property
    def settings(self) -> Settings:
        """As the engine's own."""
        return completed(from_environment(self.environ))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run another command on this installation."""
        return subprocess.run(
            [COMMAND, *command], check=False, env=self._environ(), capture_output=True, text=True, timeout=120
        )

    def start(self, *options: str, wait: bool = True) -> None:
        """Start serving; returns when requests are taken."""
        self.process = subprocess.Popen(
            [COMMAND, "serve", "--port", str(self.port), *options],
            env=self._environ(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines = Queue()
        threading.Thread(target=self._read, args=(self.process, self._lines), daemon=True).start()
        if wait:
            self.until_said("examengine: http")

    def until_said(self, text: str) -> str:
        """Read on in what it says until a line holds ``text``."""
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            with contextlib.suppress(Empty):
                line = self._lines.get(timeout=0.2)
                if line is None:
                    break
                self.said.append(line)
                if text in line:
                    return line
        raise AssertionError(f"never said {text!r}:\n" + "".join(self.said))

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        """Kill the supervisor, -9."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; the exit code."""
        self.send(number)
        return self.ended()

    def ended(self) -> int:
        """Wait for the supervisor's end; the exit code."""
        assert self.process is not None
        return self.process.wait(PATIENCE_S)

    def workers(self) -> list[int]:
        """Pids of its workers, also of those that a dead supervisor has left."""
        return [pid for pid, words in self._processes() if "examengine.embedded.worker" in words]

    def redis(self) -> list[int]:
        """Pids of its embedded Redis."""
        return [pid for pid, words in self._processes() if str(self.folder / "redis") in words]

    def close(self) -> None:
        """Leave no process behind, whatever became of the test."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        for pid in (*self.workers(), *self.redis()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("EXAMENGINE_")}
        return {**kept, **self.environ}

    def _processes(self) -> list[tuple[int, str]]:
        """Processes with this installation's folder in their environment or command line."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    words = (entry / "cmdline").read_text(errors="replace").replace("\0", " ")
                    environ = (entry / "environ").read_text(errors="replace").split("\0")
                    # Redis writes its title over its environment, and has the folder in it
                    if words and (f"EXAMENGINE_DATA_DIR={self.folder}" in environ or f"{self.folder}/" in words):
                        found.append((int(entry.name), words))
        return found

    @staticmethod
    def _read(process: subprocess.Popen[str], lines: "Queue[str | None]") -> None:
        assert process.stdout is not None
        with process.stdout as said:
            for line in said:
                lines.put(line)
        lines.put(None)

    @asynccontextmanager
    async def services(self) -> AsyncIterator[Services]:
        """Services of our own on the installation's stores; its Redis is started where the engine does not run."""
        async with AsyncExitStack() as stack:
            settings = self.settings
            try:
                settings, _ = await stack.enter_async_context(with_redis(settings))
            except KeptElsewhere as running:
                settings = replace(settings, redis_url=running.url)
            services = await stack.enter_async_context(open_services(settings, SystemClock(), password_cost=CHEAP))
            await services.rebuilder.look(services.clock.now_ms())
            yield services

    async def sitting(self, count: int) -> list[Candidate]:
        """So many people in the middle of an exam."""
        async with self.services() as services:
            return await candidates(services, count, local_year(services.clock.now_ms()))

    async def answers(self, attempt_id: int) -> Mapping[int, str]:
        """What the live side holds of a sitting."""
        async with self.services() as services:
            return dict((await services.desk.read(attempt_id, services.clock.now_ms())).given)


@dataclass
class Page:
    """A candidate's page that saves one answer after the other, and tries again as the page does.

    ``transport``: how it reaches the engine, where that is not by its port.
    """

    engine: Engine
    candidate: Candidate
    transport: httpx2.AsyncBaseTransport | None = None
    acknowledged: dict[int, str] = field(default_factory=dict)
    saves: int = 0
    most_tries: int = 0
    refused: list[str] = field(default_factory=list)

    async def save_until(self, stop: asyncio.Event) -> None:
        """Save in a loop: an answer to each question, then each with the letter that follows."""
        async with self.line() as line:
            while not stop.is_set():
                self.saves += 1
                round_no, place = divmod(self.saves - 1, self.candidate.items)
                item, value = place + 1, ascii_lowercase[round_no % 26]
                tries = await self._save(line, item, value)
                self.most_tries = max(self.most_tries, tries)
                self.acknowledged[item] = value
                await asyncio.sleep(0.02)

    def line(self) -> httpx2.AsyncClient:
        """A connection to the engine."""
        return httpx2.AsyncClient(base_url=self.engine.url, timeout=20, transport=self.transport)

    async def send(self, line: httpx2.AsyncClient, act: str, **fields: str | int) -> httpx2.Response:
        """What the page's script posts."""
        one = self.candidate
        headers = {"Origin": self.engine.url, "Cookie": f"session={one.cookie}", "Accept": "application/json"}
        return await line.post(f"/sittings/{one.attempt_id}/{act}", data={"t": one.token, **fields}, headers=headers)

    async def _save(self, line: httpx2.AsyncClient, item: int, value: str) -> int:
        """How many tries it took."""
        for tries in range(1, MOST_TRIES + 1):
            try:
                answer = await self.send(line, "answers", n=self.saves, i=item, k="a", b=0, v=value)
            except httpx2.TransportError as error:
                self.refused.append(type(error).__name__)
            else:
                if answer.status_code == 200 and answer.json()["word"] in ("saved", "repeated"):
                    return tries
                self.refused.append(f"{answer.status_code} {answer.text[:80]}")
            await asyncio.sleep(RETRY_S)
        raise AssertionError(self.refused)
