"""Do a start and a hand-in cost more where a million attempts stand? Two records in turns, each with a Redis and a
worker of its own.
"""

import asyncio
import json
import statistics
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import msgspec

from examengine.bench import rows
from examengine.bench.rows import Turn, Wish
from examengine.bench.run import of_machine
from examengine.bench.stage import Asked, Served, stage
from examengine.grading.statistics import ExamTally

NAMES = ("start", "submit")
ROUNDS = 5
_COUNTED = """
    INSERT INTO exam_statistics (exam_id, cursor, tally, at_ms)
    SELECT id, (SELECT max(id) FROM outcomes), $1, 0 FROM exams
    ON CONFLICT (exam_id) DO UPDATE SET cursor = excluded.cursor
"""


@dataclass(frozen=True, slots=True)
class _Side:
    served: Served
    turns: dict[str, list[Turn]]


async def _compared(small: str, big: str, seconds: float) -> dict[str, Any]:
    wish = Wish(seconds, 1, NAMES)
    async with AsyncExitStack() as stack:
        sides = []
        for url in (small, big):
            put_up = await stack.enter_async_context(stage(Asked(database_url=url, filled=True)))
            await _let_be_counted(url)
            groups = await rows.prepare(put_up, wish)
            served = await stack.enter_async_context(put_up.serving())
            await rows.enlist(served, groups)
            sides.append(_Side(served, {name: [] for name in NAMES}))
        for name in NAMES:
            for side in sides:
                await rows.turn(side.served, wish, name, seconds * rows.WARM_SHARE)
        for _ in range(ROUNDS):
            for name in NAMES:
                for side in sides:
                    side.turns[name].append(await rows.turn(side.served, wish, name, seconds / ROUNDS))
        small_side, big_side = sides
        return {
            "machine": of_machine(small_side.served.stage),
            "rows": {
                name: {
                    "small": rows.figures(small_side.turns[name]),
                    "big": rows.figures(big_side.turns[name]),
                    "growth_of_cpu": _growth(small_side.turns[name], big_side.turns[name]),
                }
                for name in NAMES
            },
        }


async def _let_be_counted(url: str) -> None:
    """What the filling brought counts as counted: a worker that caught up with the statistics of a million attempts
    would be measured with that, and elsewhere they came in a year.
    """
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(_COUNTED, msgspec.json.encode(ExamTally()).decode())
    finally:
        await connection.close()


def _growth(small: list[Turn], big: list[Turn]) -> float:
    """The median of the turns' ratios: a turn and its neighbour have the same minute of the machine."""
    return round(statistics.median(_cpu(after) / _cpu(before) for before, after in zip(small, big, strict=True)), 3)


def _cpu(turn: Turn) -> float:
    return turn.cpu.server / max(1, turn.tally.done)


def compare(small: str, big: str, seconds: float) -> None:
    """Print the figures as JSON."""
    print(json.dumps(asyncio.run(_compared(small, big, seconds)), indent=2))
