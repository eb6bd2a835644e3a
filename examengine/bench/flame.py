"""A flame graph of one row: a worker is watched by py-spy while it serves nothing else."""

import asyncio
import shutil
import sys
from pathlib import Path

from examengine.bench import rows
from examengine.bench.rows import Wish
from examengine.bench.stage import Asked, CannotMeasure, stage

PER_S = 500
"""Looks a second: enough for a request of a fifth of a millisecond, and the worker hardly feels them."""
LONGER_S = 1.0


async def flame(asked: Asked, name: str, seconds: float, output: Path) -> None:
    """Write the flame graph of row ``name`` as SVG.

    Raises:
        CannotMeasure: py-spy is not there, or may not look at other processes.
    """
    found = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if found is None:
        raise CannotMeasure("py-spy is not installed: it is one of the development dependencies (make flame)")
    wish = Wish(seconds, asked.live, (name,))
    async with stage(asked) as put_up:
        groups = await rows.prepare(put_up, wish)
        async with put_up.serving() as served:
            await rows.enlist(served, groups)
            await rows.turn(served, wish, name, rows.WARMEST_S)
            looking = await asyncio.create_subprocess_exec(
                found,
                "record",
                *("--pid", str(served.supervisor.pids[0]), "--output", str(output)),
                *("--duration", str(max(1, round(seconds))), "--rate", str(PER_S), "--nonblocking"),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            await rows.turn(served, wish, name, seconds + LONGER_S)
            _, said = await looking.communicate()
    if looking.returncode:
        raise CannotMeasure(f"py-spy: {said.decode(errors='replace').strip()[-300:]}")
