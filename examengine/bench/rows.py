"""The rows: each kind of request measured in turns, so that a noisy minute hits all alike."""

import statistics
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from examengine.bench.jobs import Load, Subject, Tally
from examengine.bench.stage import Parts, Served, Stage

ROWS = ("bare", "bare_write", "save", "pulse", "start", "reopen", "submit", "sign_in", "wall")
GROUPS = {
    "bare": "nobody",
    "bare_write": "nobody",
    "save": "live",
    "pulse": "live",
    "start": "starters",
    "reopen": "returning",
    "submit": "finishing",
    "sign_in": "visitors",
    "wall": "staff",
}
FEWER_CONNECTIONS = {"start": 16, "reopen": 16, "submit": 16, "sign_in": 8, "wall": 4}
"""Side by side in a closed loop; the light rows take as many as were asked for."""
ROUNDS = 3
SHORT_S = 2.0
"""A row shorter than this is measured in one turn."""
WARM_SHARE, WARMEST_S = 0.1, 1.0
MOST_A_SECOND = 1_000
"""So many starts, and hand-ins, a worker may come to: candidates are prepared for them."""
RETURNING = 200
VISITORS = 400
ANSWERED = 50
BESIDE = 64
PASSWORD = "Bench-2026-longer"


@dataclass(frozen=True, slots=True)
class Wish:
    """What to measure. ``seconds``: a row; ``rate``: operations a second, 0: as fast as they are answered;
    ``beside``: saves a second beside every other row.
    """

    seconds: float = 10.0
    live: int = 200
    only: tuple[str, ...] = ()
    connections: int = 64
    rate: float = 0.0
    beside: float = 0.0

    @property
    def rows(self) -> tuple[str, ...]:
        """Those that are measured: what the others are compared with always is."""
        return tuple(name for name in ROWS if not self.only or name in self.only or name == "bare_write")


@dataclass(frozen=True, slots=True)
class Turn:
    """A row once."""

    tally: Tally
    cpu: Parts
    generator_cpu_s: float
    beside: Tally | None = None


async def prepare(stage: Stage, wish: Wish) -> dict[str, list[Subject]]:
    """The candidates that the rows need, by group."""
    crowd, wanted = stage.crowd, wish.rows
    used_up = ceil(wish.seconds * (1 + WARM_SHARE) * (wish.rate or MOST_A_SECOND * stage.asked.workers)) + BESIDE
    groups = {"nobody": [Subject()], "staff": [stage.operator]}
    groups["live"] = await crowd.sitting(wish.live)
    if "start" in wanted:
        groups["starters"] = await crowd.starters(used_up)
    if "submit" in wanted:
        groups["finishing"] = await crowd.sitting(used_up, answers=ANSWERED)
    if "reopen" in wanted:
        groups["returning"] = await crowd.sitting(min(RETURNING, max(wish.live, 1)), answers=ANSWERED)
    if "sign_in" in wanted:
        groups["visitors"] = await crowd.visitors(min(VISITORS, ceil(wish.seconds * 50)), PASSWORD)
    await stage.services.shipper.ship_all(stage.services.clock.now_ms())
    return groups


async def enlist(served: Served, groups: dict[str, list[Subject]]) -> None:
    """Tell the generator of all of them."""
    for name, subjects in groups.items():
        await served.enlist(name, subjects, once=name in {"starters", "finishing"})


async def measure(served: Served, wish: Wish) -> dict[str, list[Turn]]:
    """Every row, warmed up, in turns."""
    rounds = ROUNDS if wish.seconds >= SHORT_S else 1
    warm_s = min(WARMEST_S, wish.seconds * WARM_SHARE)
    for name in wish.rows:
        await served.do(warm_s, load_of(name, wish), password=PASSWORD)
    await served.learn_threads()
    turns: dict[str, list[Turn]] = {name: [] for name in wish.rows}
    for _ in range(rounds):
        for name in wish.rows:
            turns[name].append(await turn(served, wish, name, wish.seconds / rounds))
    return turns


async def turn(served: Served, wish: Wish, name: str, seconds: float) -> Turn:
    """One row for so long."""
    loads = [load_of(name, wish)]
    if wish.beside and GROUPS[name] not in {"nobody", "live"}:
        loads.append(Load("save", "live", BESIDE, wish.beside))
    done, cpu = await served.do(seconds, *loads, password=PASSWORD)
    return Turn(done.tallies[0], cpu, done.cpu_s, done.tallies[1] if len(loads) > 1 else None)


def load_of(name: str, wish: Wish) -> Load:
    """A row as the generator takes it."""
    connections = wish.connections if wish.rate else min(wish.connections, FEWER_CONNECTIONS.get(name, 10_000))
    return Load(name, GROUPS[name], connections, wish.rate)


def told(turns: dict[str, list[Turn]], *, compared: bool) -> dict[str, dict[str, Any]]:
    """The rows as they are reported. ``compared``: beside the bare write, which only closed loops can be."""
    rows = {name: figures(each) for name, each in turns.items()}
    bare_write = rows["bare_write"]["per_s"]
    for row in rows.values():
        row["ratio_to_bare_write"] = round(row["per_s"] / bare_write, 2) if compared and bare_write else None
    return rows


def figures(turns: Sequence[Turn]) -> dict[str, Any]:
    """Rates and processor times are medians of the turns with their extremes; latencies are those of all turns."""
    per_s = [turn.tally.done / turn.tally.took_s for turn in turns]
    has_company = any(turn.beside is not None for turn in turns)
    row: dict[str, Any] = {
        "per_s": round(statistics.median(per_s), 1),
        "server_cpu_ms": None if has_company else _a_time(turns, "server"),
        **latencies(turn.tally for turn in turns),
        "errors": sum(turn.tally.errors for turn in turns),
        "done": sum(turn.tally.done for turn in turns),
        "per_s_spread": [round(min(per_s), 1), round(max(per_s), 1)],
        "generator_cpu_ms": round(
            _median_of(turn.generator_cpu_s * 1000 / max(1, turn.tally.done) for turn in turns), 4
        ),
    }
    if not has_company:
        each = [turn.cpu.server * 1000 / max(1, turn.tally.done) for turn in turns]
        row["server_cpu_ms_spread"] = [round(min(each), 4), round(max(each), 4)]
        row["cpu_ms"] = {name: _a_time(turns, name) for name in ("workers", "redis", "sql")}
    if turns[0].tally.act == "sign_in":
        row["hashing_cpu_ms"] = _a_time(turns, "hashing")
        row["without_hashing_cpu_ms"] = round(_a_time(turns, "server") - row["hashing_cpu_ms"], 4)
    faults = [fault for turn in turns for fault in turn.tally.faults]
    if faults:
        row["faults"] = faults[:5]
    beside = [turn.beside for turn in turns if turn.beside is not None]
    if beside:
        row["beside"] = {
            "per_s": round(_median_of(tally.done / tally.took_s for tally in beside), 1),
            **latencies(beside),
            "errors": sum(tally.errors for tally in beside),
        }
    return row


def latencies(tallies: Iterable[Tally]) -> dict[str, float]:
    """Percentiles over all of them, in ms."""
    times: array[float] = array("d")
    for tally in tallies:
        times += tally.latencies_s()
    ordered = sorted(times)
    return {f"p{share}_ms": percentile_ms(ordered, share / 100) for share in (50, 95, 99)}


def percentile_ms(ordered: Sequence[float], share: float) -> float:
    """Of times in seconds, sorted; 0 where there are none."""
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 2) if ordered else 0.0


def _a_time(turns: Sequence[Turn], part: str) -> float:
    return round(_median_of(getattr(turn.cpu, part) * 1000 / max(1, turn.tally.done) for turn in turns), 4)


def _median_of(values: Iterable[float]) -> float:
    return statistics.median(values)
