"""What the wall of the exam-day room is drawn from: signs of life, read beside the candidates' path, and the few
small keys in which one collector leaves what it counted and every worker its figures.

All raise ``Unavailable`` where Redis does not answer.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from examengine.live.coalesce import Coalescer
from examengine.live.journal import unpack_kept
from examengine.live.scripts import load
from examengine.live.slots import due_key, hashes, sitting_keys, slot_of, unshipped_key

LOOK = load("wall_look")
LOOKS_AT_ONCE = 200
"""Sittings a call: below a millisecond of the server's time, which answers wait for."""

NONE, OPENING, RUNNING, CLOSING, CLOSED = range(5)
Sign = tuple[int, float, float, float]
"""State (one of the above), last sign of life, deadline, and since when the page is left or the sitting closes; in
ms, 0 where there is none.
"""

_SIGN = struct.Struct("<Bddd")
_WORKERS = "{wall}:workers"
FIGURES_MS = 15_000
"""A worker that has not published for so long counts no more."""


@dataclass(frozen=True, slots=True)
class Detail:
    """A sitting as a row of the table shows it. ``since_ms``: since when its page is left, or it is closing, 0 where
    neither; ``unshipped``: answers and marks that are not in SQL; ``pages``: how many pages have had the pen.
    """

    state: str
    seen_ms: int
    deadline_ms: int
    since_ms: int
    answered: int
    items: int
    unshipped: int
    device: str
    pages: int
    focus_losses: int


class Board:
    """Reads what is live, keeps what was counted. Its own keys share one slot of a cluster."""

    def __init__(self, calls: Coalescer) -> None:
        self._calls = calls

    # ── what is live ──

    async def members(self, slot: int) -> list[int]:
        """Attempts of a slot that are not settled."""
        members: list[bytes] = await self._calls.command("ZRANGE", due_key(slot), 0, -1)
        return [int(member) for member in members]

    async def count(self, slot: int) -> int:
        """How many attempts of a slot are not settled."""
        return int(await self._calls.command("ZCARD", due_key(slot)))

    async def look(self, attempt_ids: Sequence[int]) -> list[Sign]:
        """Signs of life of at most ``LOOKS_AT_ONCE`` attempts of one slot, in their order."""
        keys = hashes(slot_of(attempt_ids[0]), attempt_ids)
        packed: bytes = await self._calls.run(LOOK, keys, ())
        return list(_SIGN.iter_unpack(packed))

    async def detail(self, attempt_id: int, shipped_ms: int) -> Detail | None:
        """One sitting; None where Redis does not know it. Lines that were written until ``shipped_ms`` are in SQL."""
        told = await self._calls.command("HGETALL", sitting_keys(attempt_id)[0])
        fields: Mapping[bytes, bytes] = (
            told if isinstance(told, dict) else dict(zip(told[::2], told[1::2], strict=True))
        )
        return _detail(fields, shipped_ms) if fields else None

    async def unshipped(self, slot: int) -> int:
        """How many lines of a slot are not in SQL."""
        return int(await self._calls.command("LLEN", unshipped_key(slot)))

    # ── what was counted ──

    async def put(self, name: str, content: bytes, keep_ms: int) -> None:
        """Keep something for a while."""
        await self._calls.command("SET", _key(name), content, "PX", keep_ms)

    async def find(self, name: str) -> bytes | None:
        """What is kept under a name."""
        found: bytes | None = await self._calls.command("GET", _key(name))
        return found

    async def append(self, name: str, row: bytes, most: int, keep_ms: int) -> int:
        """Add a row to a list of which the newest ``most`` are kept; how many rows there were before they were
        cut.
        """
        length = int(await self._calls.command("RPUSH", _key(name), row))
        if length > most:
            await self._calls.command("LTRIM", _key(name), -most, -1)
        await self._calls.command("PEXPIRE", _key(name), keep_ms)
        return length

    async def rows(self, name: str, first: int = 0) -> list[bytes]:
        """Rows of a list from ``first`` on; a negative one counts from the end."""
        found: list[bytes] = await self._calls.command("LRANGE", _key(name), first, -1)
        return found

    async def prolong(self, name: str, keep_ms: int) -> bool:
        """Keep something for longer; False where it is gone."""
        return bool(await self._calls.command("PEXPIRE", _key(name), keep_ms))

    async def drop(self, name: str) -> None:
        """Keep it no longer."""
        await self._calls.command("DEL", _key(name))

    # ── what workers say of themselves ──

    async def publish(self, worker: str, content: bytes, now_ms: int) -> None:
        """Leave the figures of a worker; they vanish by themselves when it publishes no more."""
        await self._calls.command("SET", _key(f"worker:{worker}"), content, "PX", FIGURES_MS)
        await self._calls.command("ZADD", _WORKERS, now_ms, worker)
        await self._calls.command("ZREMRANGEBYSCORE", _WORKERS, "-inf", now_ms - 4 * FIGURES_MS)

    async def published(self) -> list[bytes]:
        """The figures of every worker that lives."""
        workers: list[bytes] = await self._calls.command("ZRANGE", _WORKERS, 0, -1)
        if not workers:
            return []
        told: list[bytes | None] = await self._calls.command(
            "MGET", *(_key(f"worker:{worker.decode()}") for worker in workers)
        )
        return [one for one in told if one is not None]


def _detail(fields: Mapping[bytes, bytes], shipped_ms: int) -> Detail:
    state = fields[b"st"].decode()
    items = {name: unpack_kept(kept) for name, kept in fields.items() if name[1:].isdigit()}
    answered = sum(1 for name, kept in items.items() if name[:1] == b"a" and kept.value)
    return Detail(
        state=state,
        seen_ms=int(fields[b"ls"]),
        deadline_ms=int(fields[b"d"]),
        since_ms=int(fields.get(b"ca" if state == "closing" else b"lv") or 0),
        answered=answered,
        items=int(fields[b"n"]),
        unshipped=sum(1 for kept in items.values() if kept.at_ms > shipped_ms),
        device=fields.get(b"pd", b"").decode(),
        pages=int(fields[b"e"]),
        focus_losses=int(fields[b"fl"]),
    )


def _key(name: str) -> str:
    return f"{{wall}}:{name}"
