"""Whether a worker may take further starts on a Redis that its supervisor keeps: disk and memory not nearly full."""

import asyncio
import shutil
from pathlib import Path

from examengine import live
from examengine.live import Coalescer

LOOK_SECONDS = 2.0
MIN_FREE_BYTES = 512 * 1024 * 1024
MEMORY_SHARE_FOR_STARTS = 0.8


class Room:
    """Looks at Redis now and then; the disk is asked at each start."""

    def __init__(self, folder: Path, redis_url: str, *, min_free_bytes: int = MIN_FREE_BYTES) -> None:
        self._folder = folder
        self._url = redis_url
        self._min_free_bytes = min_free_bytes
        self._has_memory = False

    def accepts_starts(self) -> bool:
        """Whether there is room for further sittings."""
        return self._has_memory and shutil.disk_usage(self._folder).free >= self._min_free_bytes

    async def watch(self) -> None:
        """Look until cancelled."""
        calls = live.connect(self._url, timeout_s=LOOK_SECONDS)
        try:
            while True:
                self._has_memory = await self._look(calls)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await calls.aclose()

    @staticmethod
    async def _look(calls: Coalescer) -> bool:
        try:
            told: bytes = await calls.command("INFO", "memory")
        except (live.Unavailable, live.ScriptFailed):
            return False
        memory = dict(line.split(":", 1) for line in told.decode().splitlines() if ":" in line)
        most = int(memory["maxmemory"]) or float("inf")
        return int(memory["used_memory"]) <= MEMORY_SHARE_FOR_STARTS * most
