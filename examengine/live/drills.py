"""Whether a capacity drill is on, and which workers have opened its shadow: two keys of the installation's own.

The flag runs out by itself: a drill that was killed takes its shadow with it. All raise ``Unavailable`` where Redis
does not answer.
"""

from examengine.live.coalesce import Coalescer

SHADOW_PREFIX = "drill:"
"""Before every key of the shadow, outside of the tag: its keys lie on the same nodes as the real ones."""
FLAG_MS = 20_000
WORKER_MS = 6_000
"""A worker that has not said for so long that it has the shadow open has it open no more."""

_FLAG = "{drill}:flag"
_WORKERS = "{drill}:workers"


class Drills:
    """The flag over the door, and who has come in."""

    def __init__(self, calls: Coalescer) -> None:
        self._calls = calls

    async def hoist(self, content: bytes) -> bool:
        """Raise the flag; False where another drill's is up."""
        return await self._calls.command("SET", _FLAG, content, "NX", "PX", FLAG_MS) is not None

    async def keep_up(self) -> bool:
        """The drill goes on; False where the flag is down."""
        return bool(await self._calls.command("PEXPIRE", _FLAG, FLAG_MS))

    async def find(self) -> bytes | None:
        """What the flag says; None where no drill is on."""
        found: bytes | None = await self._calls.command("GET", _FLAG)
        return found

    async def strike(self) -> None:
        """Take the flag down: workers close the shadow within seconds."""
        await self._calls.command("DEL", _FLAG)

    async def enter(self, worker: str) -> None:
        """This worker has the shadow open; to be said again while it has."""
        await self._calls.command("SADD", _WORKERS, worker)
        await self._calls.command("PEXPIRE", _WORKERS, 2 * WORKER_MS)
        await self._calls.command("SET", _worker(worker), "", "PX", WORKER_MS)

    async def leave(self, worker: str) -> None:
        """This worker has closed the shadow."""
        await self._calls.command("SREM", _WORKERS, worker)
        await self._calls.command("DEL", _worker(worker))

    async def inside(self) -> int:
        """How many workers have the shadow open."""
        workers = [worker.decode() for worker in await self._calls.command("SMEMBERS", _WORKERS)]
        if not workers:
            return 0
        said: list[bytes | None] = await self._calls.command("MGET", *map(_worker, workers))
        return sum(one is not None for one in said)


def _worker(worker: str) -> str:
    return f"{{drill}}:worker:{worker}"
