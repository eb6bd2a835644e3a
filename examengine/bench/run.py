"""``examengine bench``: prepares, starts the server, measures row by row in turns, prints."""

import asyncio
import itertools
import json
import os
import random
import secrets
import socket
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from redis.asyncio import Redis

from examengine.bench.load import Request, Row, run
from examengine.bench.prepare import Candidate, candidates
from examengine.clock import SystemClock
from examengine.embedded.redis import RedisKeeper
from examengine.records import migrate
from examengine.settings import Settings
from examengine.web.services import open_services

ROWS = ("bare", "bare_write", "pulse", "save")
ROUNDS = 3


async def bench(seconds: float, live: int, only: Sequence[str], connections: int = 64) -> dict[str, Any]:
    """Every row for about ``seconds``, in turns of a third each, so that a noisy minute hits all alike."""
    with tempfile.TemporaryDirectory(prefix="examengine-bench-") as folder:
        keeper = RedisKeeper(Path(folder) / "redis")
        redis_url = await keeper.start()
        try:
            return await _bench(Path(folder), redis_url, seconds, live, only, connections)
        finally:
            await keeper.stop()


async def _bench(
    folder: Path, redis_url: str, seconds: float, live: int, only: Sequence[str], connections: int
) -> dict[str, Any]:
    port = _free_port()
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'record.db'}",
        redis_url=redis_url,
        public_url=f"http://127.0.0.1:{port}",
        signing_keys=(secrets.token_urlsafe(32),),
        field_keys=(secrets.token_urlsafe(32),),
        evidence_keys=(secrets.token_urlsafe(32),),
        demo=True,
    )
    await migrate.upgrade(settings.database_url)
    clock = SystemClock()
    async with open_services(settings, clock) as services:
        await services.rebuilder.look(clock.now_ms())
        year = datetime.fromtimestamp(clock.now_ms() / 1000, tz=UTC).year
        sitting = await candidates(services, live, year)
    client = Redis.from_url(redis_url)
    info = await client.info("server")
    redis_pid = int(info["process_id"])
    given = {
        "data_dir": str(folder),
        "database_url": settings.database_url,
        "redis_url": redis_url,
        "public_url": settings.public_url,
        "signing_key": settings.signing_keys[0],
        "field_key": settings.field_keys[0],
        "evidence_key": settings.evidence_keys[0],
        "port": str(port),
    }
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "examengine.bench.server", json.dumps(given), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert server.stdout is not None
        await asyncio.wait_for(server.stdout.readline(), 30)
        pids = (server.pid, redis_pid)
        makers = _makers(port, settings.public_url, sitting)
        wanted = [name for name in ROWS if not only or name in only or name == "bare_write"]
        measured: dict[str, list[Row]] = {name: [] for name in wanted}
        for _ in range(ROUNDS):
            for name in wanted:
                row = await run(port, makers[name], seconds / ROUNDS, connections, pids)
                measured[name].append(row)
    finally:
        server.terminate()
        await server.wait()
        await client.aclose()
    return _report(measured, live, connections, str(info["redis_version"]))


def _makers(port: int, origin: str, sitting: Sequence[Candidate]) -> dict[str, Request]:
    numbers = itertools.count(1)
    dice = random.Random(1)  # noqa: S311 - which item is answered next
    host = f"127.0.0.1:{port}".encode()

    def request(path: str, body: bytes, cookie: str = "") -> bytes:
        return (
            b"POST %b HTTP/1.1\r\nHost: %b\r\nOrigin: %b\r\nSec-Fetch-Site: same-origin\r\nCookie: session=%b\r\n"
            b"Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: %d\r\n\r\n%b" % (path.encode(), host, origin.encode(), cookie.encode(), len(body), body)
        )

    def save() -> tuple[bytes, bytes]:
        one = dice.choice(sitting)
        item, value = dice.randint(1, one.items), dice.choice("abcd")
        body = f"t={quote(one.token)}&n={next(numbers)}&i={item}&k=a&b=0&v={value}".encode()
        return request(f"/sittings/{one.attempt_id}/answers", body, one.cookie), b'"saved"'

    def pulse() -> tuple[bytes, bytes]:
        one = dice.choice(sitting)
        body = f"t={quote(one.token)}&n={next(numbers)}".encode()
        return request(f"/sittings/{one.attempt_id}/pulse", body, one.cookie), b'"alive"'

    return {
        "bare": lambda: (request("/bench/bare", b""), b"ok"),
        "bare_write": lambda: (request("/bench/bare_write", b""), b"ok"),
        "save": save,
        "pulse": pulse,
    }


def _report(measured: dict[str, list[Row]], live: int, connections: int, redis_version: str) -> dict[str, Any]:
    rows = {name: _median(turns) for name, turns in measured.items()}
    bare_write = rows["bare_write"]["per_s"]
    for row in rows.values():
        row["ratio_to_bare_write"] = round(row["per_s"] / bare_write, 2)
    return {
        "machine": {"cores": os.cpu_count(), "python": sys.version.split()[0], "redis": redis_version},
        "connections": connections,
        "live_sittings": live,
        "rows": rows,
    }


def _median(turns: Sequence[Row]) -> dict[str, Any]:
    """The median of the turns, and the spread of the rate."""
    fields = [asdict(turn) for turn in turns]
    row: dict[str, Any] = {name: statistics.median(f[name] for f in fields) for name in fields[0]}
    row["errors"] = sum(f["errors"] for f in fields)
    row["per_s_spread"] = [min(f["per_s"] for f in fields), max(f["per_s"] for f in fields)]
    return row


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
