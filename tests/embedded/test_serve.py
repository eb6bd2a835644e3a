"""``examengine serve`` over its own Redis and SQLite file: workers die, hang, are replaced; the supervisor too."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
import structlog
from click.testing import Result
from typer.testing import CliRunner

from examengine.cli import app
from examengine.embedded import standalone
from examengine.embedded.redis import KeptElsewhere, RedisKeeper
from examengine.settings import SettingsError, from_environment
from tests.engines import COMMAND, PATIENCE_S, Engine, Page, free_port

KEYS = {
    "EXAMENGINE_SIGNING_KEYS": "s" * 32,
    "EXAMENGINE_FIELD_KEYS": "f" * 32,
    "EXAMENGINE_EVIDENCE_KEYS": "dGhpcnR5LXR3byBieXRlcyBmb3IgdGVzdHMsIG9rISE",
}
BARE = {"EXAMENGINE_DATA_DIR": "/nowhere", "EXAMENGINE_PUBLIC_URL": "https://exam.example"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path)
    yield made
    made.close()


def until(holds: Callable[[], bool], what: str) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < ends, what
        time.sleep(0.05)


async def test_a_day_in_the_life_of_an_installation(engine: Engine) -> None:
    """One process after the other is taken away; what was acknowledged stays. (One test: a start costs seconds.)"""
    engine.start()
    [page] = [Page(engine, candidate) for candidate in await engine.sitting(1)]
    stop = asyncio.Event()
    saving = asyncio.create_task(page.save_until(stop))

    # a worker is killed: another one comes, connections wait for it
    [worker] = engine.workers()
    os.kill(worker, signal.SIGKILL)
    await asyncio.to_thread(engine.until_said, "worker_ended")
    await asyncio.to_thread(until, lambda: len(set(engine.workers()) - {worker}) == 1, "no new worker")

    # the supervisor is killed: its worker goes, its Redis stays and is adopted by the next one
    redis = engine.redis()
    engine.kill()
    await asyncio.to_thread(until, lambda: not engine.workers(), "a worker without a supervisor")
    assert len(redis) == 1
    assert engine.redis() == redis
    await asyncio.to_thread(engine.start, "--notice", "60")
    assert engine.redis() == redis
    saved = page.saves
    await asyncio.to_thread(until, lambda: page.saves > saved + 3, "no saves")
    stop.set()
    await saving
    assert await engine.answers(page.candidate.attempt_id) == page.acknowledged

    # others on the same folder learn where its Redis is
    with pytest.raises(KeptElsewhere) as elsewhere:
        await RedisKeeper(engine.folder / "redis").start()
    assert elsewhere.value.url == f"unix://{engine.folder / 'redis' / 'redis.sock'}"

    async with httpx2.AsyncClient(base_url=engine.url, timeout=20) as line:
        answer = await line.get("/health")
        assert (answer.status_code, answer.text.splitlines()[0]) == (200, "ok")
        assert [told.split()[0] for told in answer.text.splitlines()[1:]] == [
            "unshipped_s",
            "last_proof_s",
            "shut",
            "failing",
        ]
        engine.send(signal.SIGTERM)
        # who asks again on the same connection learns that it ends
        while answer.status_code == 200:
            await asyncio.sleep(0.05)
            answer = await line.get("/health")
        assert (answer.status_code, answer.text, answer.headers["connection"]) == (503, "draining\n", "close")
    assert len(engine.workers()) == 1
    # a second signal waits for nobody
    assert await asyncio.to_thread(engine.stop) == 0
    assert engine.workers() == engine.redis() == []


def test_an_interrupt_while_it_starts_leaves_nothing_behind(engine: Engine) -> None:
    engine.start(wait=False)
    until(lambda: bool(engine.redis()), "Redis does not come up")

    assert engine.stop(signal.SIGINT) == 0
    assert engine.workers() == engine.redis() == []


def serve(engine: Engine, *options: str) -> Result:
    """``examengine serve`` in this process, where it is refused before anything is started."""
    try:
        return CliRunner().invoke(app, ["serve", *options], env=engine.environ)
    finally:
        structlog.reset_defaults()


def test_sqlite_takes_one_worker(engine: Engine) -> None:
    refused = serve(engine, "--workers", "2")

    assert refused.exit_code == 2
    assert "SQLite takes exactly one worker" in refused.stderr


def test_a_port_that_is_taken_is_said(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standalone, "PORT_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", engine.port)):
        refused = serve(engine, "--port", str(engine.port))

    assert refused.exit_code == 1
    assert f"127.0.0.1:{engine.port}" in refused.stderr


def test_a_descriptor_that_does_not_listen_is_said(engine: Engine) -> None:
    with socket.socket() as silent:
        refused = serve(engine, "--fd", str(os.dup(silent.fileno())))

    assert refused.exit_code == 1
    assert "cannot be listened on" in refused.stderr


def test_a_socket_that_somebody_else_opened_is_served_on() -> None:
    with socket.create_server(("127.0.0.1", 0)) as theirs, standalone.inherited(os.dup(theirs.fileno())) as ours:
        assert ours.getsockname() == theirs.getsockname()


def test_plain_http_is_served_on_loopback_only(engine: Engine) -> None:
    refused = serve(engine, "--host", "0.0.0.0")

    assert refused.exit_code == 2
    assert "loopback" in refused.stderr
    with pytest.raises(SettingsError, match="must begin with https"):
        from_environment({**BARE, "EXAMENGINE_PUBLIC_URL": "http://exam.example"})
    with pytest.raises(SettingsError, match="must begin with https"):
        from_environment({**BARE, "EXAMENGINE_PUBLIC_URL": "http://127.0.0.1.example"})
    assert not from_environment({**BARE, "EXAMENGINE_PUBLIC_URL": "http://127.0.0.1:8000/"}).secure_cookies


@pytest.mark.parametrize("offset", ["-5000", "0", "5000", ""])
def test_a_clock_may_be_off_by_five_seconds(offset: str) -> None:
    settings = from_environment({**BARE, "EXAMENGINE_CLOCK_OFFSET_MS": offset})

    assert settings.clock_offset_ms == int(offset or "0")


@pytest.mark.parametrize("offset", ["-5001", "5001", "a minute"])
def test_a_clock_that_is_off_by_more_is_refused(offset: str) -> None:
    with pytest.raises(SettingsError, match="at most 5000 ms"):
        from_environment({**BARE, "EXAMENGINE_CLOCK_OFFSET_MS": offset})


def test_a_folder_brings_its_own_keys_and_stores_but_named_stores_need_named_keys() -> None:
    alone = from_environment(BARE)
    assert (alone.database_url, alone.redis_url, alone.signing_keys) == ("", "", ())

    named = {**BARE, "EXAMENGINE_DATABASE_URL": "postgresql://x/y"}
    with pytest.raises(SettingsError, match="SIGNING_KEYS is not set"):
        from_environment(named)
    assert from_environment({**named, **KEYS}).field_keys == ("f" * 32,)
    # half of the keys is a mistake, not a wish for a key file
    with pytest.raises(SettingsError, match="FIELD_KEYS is not set"):
        from_environment({**BARE, "EXAMENGINE_SIGNING_KEYS": "s" * 32})


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    crowded = tmp_path / "crowded"
    crowded.mkdir()
    (crowded / "keys").write_text("one two three four")

    for folder, why in ((in_the_way / "data", "Not a directory"), (crowded, "one key a line")):
        bare = Engine(folder, SIGNING_KEYS="", FIELD_KEYS="", EVIDENCE_KEYS="")
        refused = serve(bare)
        assert refused.exit_code == 2
        assert why in refused.stderr


def test_the_demo_prints_its_accounts_and_stops_clean(tmp_path: Path) -> None:
    port = free_port()
    demo = subprocess.Popen(
        [COMMAND, "demo", "--data", str(tmp_path), "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert demo.stdout is not None
        said = ""
        while "Ctrl+C" not in said and (line := demo.stdout.readline()):
            said += line
        assert "Password of all" in said
        assert httpx2.get(f"http://127.0.0.1:{port}/login", timeout=20).status_code == 200
        demo.send_signal(signal.SIGINT)
        assert "Stopped" in demo.communicate(timeout=PATIENCE_S)[0]
        assert demo.returncode == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(demo.pid, signal.SIGKILL)
