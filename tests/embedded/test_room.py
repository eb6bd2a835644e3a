"""A worker refuses starts where its supervisor's Redis or disk is nearly full, or cannot be asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis

from examengine.embedded import room
from examengine.embedded.room import Room


@asynccontextmanager
async def watching(folder: Path, redis_url: str, **limits: int) -> AsyncIterator[Room]:
    made = Room(folder, redis_url, **limits)
    task = asyncio.create_task(made.watch())
    yield made
    task.cancel()
    await asyncio.wait([task])


async def comes_to(made: Room, answer: bool) -> None:
    async with asyncio.timeout(30):
        while made.accepts_starts() is not answer:
            await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
def looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LOOK_SECONDS", 0.05)


async def test_starts_are_taken_while_there_is_room_and_redis_answers(redis_url: str, tmp_path: Path) -> None:
    async with watching(tmp_path, redis_url) as made, Redis.from_url(redis_url) as client:
        assert not made.accepts_starts()  # before the first look nothing is known
        await comes_to(made, True)
        await client.config_set("maxmemory", 1)
        try:
            await comes_to(made, False)
        finally:
            await client.config_set("maxmemory", 0)
        await comes_to(made, True)


async def test_no_starts_on_a_disk_that_is_nearly_full(redis_url: str, tmp_path: Path) -> None:
    async with watching(tmp_path, redis_url, min_free_bytes=1 << 60) as made:
        await asyncio.sleep(0.2)
        assert not made.accepts_starts()


async def test_no_starts_without_redis(tmp_path: Path) -> None:
    async with watching(tmp_path, "unix:///nowhere/at/all") as made:
        await asyncio.sleep(0.2)
        assert not made.accepts_starts()
