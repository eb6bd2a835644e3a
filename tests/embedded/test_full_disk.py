"""A disk without a byte left costs no acknowledged answer."""

import asyncio
import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from examengine.embedded.redis import RedisKeeper
from examengine.live import Desk, Unavailable, connect
from tests.live.builders import ATTEMPT, DEADLINE_MS, a_running_sitting, answer

NOW_MS = DEADLINE_MS - 1_800_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no disk may be mounted here; make chaos fills one where it may")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


async def test_a_full_disk_refuses_and_loses_nothing_that_was_acknowledged(small_disk: Path) -> None:
    keeper = RedisKeeper(small_disk / "redis")
    calls = connect(await keeper.start())
    desk = Desk(calls, clamp=False)
    pen = await a_running_sitting(desk)
    tried: list[tuple[int, str]] = []
    acknowledged: dict[int, str] = {}

    async def save(times: int) -> None:
        for _ in range(times):
            sequence = len(tried) + 1
            position, value = sequence % 50 + 1, "abcd"[sequence % 4]
            tried.append((position, value))
            told = await desk.save(pen, answer(sequence, position, value), NOW_MS)
            assert told.word == "saved"
            acknowledged[position] = value

    async def is_back() -> bool:
        try:
            return (await desk.read(ATTEMPT, NOW_MS)).word == "found"
        except Unavailable:
            return False

    try:
        await save(60)
        filling = small_disk / "filling"
        fill(filling)
        assert not keeper.accepts_starts()
        with pytest.raises(Unavailable):  # a page of the file may have had room left
            await save(2_000)
        filling.unlink()
        async with asyncio.timeout(60):
            while not await is_back():
                await asyncio.sleep(0.05)
        # The last one may have been written without its acknowledgement having come through.
        assert (await desk.read(ATTEMPT, NOW_MS)).given in (acknowledged, acknowledged | dict(tried[-1:]))
        await save(1)
    finally:
        await calls.aclose()
        await keeper.stop()


def fill(file: Path) -> None:
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as filling:
        while True:
            filling.write(bytes(4096))
