"""Whether a worker may take further starts on a Redis that its supervisor keeps: disk and memory not nearly full."""

import asyncio
import shutil
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from examengine.embedded.redis import MEMORY_SHARE_FOR_STARTS, MIN_FREE_BYTES

LOOK_SECONDS = 2.0


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
        client = Redis.from_url(self._url, socket_timeout=LOOK_SECONDS)
        try:
            while True:
                self._has_memory = await self._look(client)
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await client.aclose()

    @staticmethod
    async def _look(client: Redis) -> bool:
        try:
            memory = await client.info("memory")
        except (RedisError, OSError, TimeoutError):
            return False
        return bool(memory["used_memory"] <= MEMORY_SHARE_FOR_STARTS * (memory["maxmemory"] or float("inf")))
