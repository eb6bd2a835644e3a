"""Does a save cost more where more sittings live? The same rows at few and at many, the bare write as the control."""

from typing import Any

from examengine.bench import rows
from examengine.bench.rows import Turn, Wish
from examengine.bench.run import of_machine, resident_mib
from examengine.bench.stage import Asked, Stage, stage
from examengine.bench.telling import told_every

NAMES = ("bare_write", "save", "pulse")


async def growth(asked: Asked, seconds: float, few: int, many: int) -> dict[str, Any]:
    """Measure at ``few`` live sittings, then at ``many``. Answers go to all of them alike.

    Raises:
        CannotMeasure, KeeperError: see :func:`examengine.bench.stage.stage`.
    """
    wish = Wish(seconds, few, NAMES)
    async with stage(asked) as put_up:
        subjects = await put_up.crowd.sitting(few)
        at_few, resident_few = await _measured(put_up, wish, subjects)
        subjects += await put_up.crowd.sitting(many - few, tell=told_every("sittings", many - few))
        at_many, resident_many = await _measured(put_up, wish, subjects)
        low, high = (rows.told(turns, compared=True) for turns in (at_few, at_many))
        return {
            "machine": of_machine(put_up),
            "few": {"live_sittings": few, "worker_resident_mib": resident_few, "rows": low},
            "many": {"live_sittings": many, "worker_resident_mib": resident_many, "rows": high},
            "growth": {
                name: {
                    "server_cpu_ms": round(high[name]["server_cpu_ms"] / low[name]["server_cpu_ms"], 3),
                    "time_a_request": round(low[name]["per_s"] / high[name]["per_s"], 3),
                }
                for name in NAMES
            },
        }


async def _measured(put_up: Stage, wish: Wish, subjects: list[Any]) -> tuple[dict[str, list[Turn]], float]:
    # or all those would be silent, and looked at every few seconds, that were prepared a minute ago
    await put_up.crowd.heard(subjects)
    async with put_up.serving() as served:
        await rows.enlist(served, {"nobody": subjects[:1], "live": subjects})
        await served.settled()
        return await rows.measure(served, wish), resident_mib(served)
