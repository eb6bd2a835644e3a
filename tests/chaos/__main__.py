"""``python -m tests.chaos --seconds 60 --seed 1``: every topology in turn; the last line says what was lost."""

import argparse
import asyncio
import os
import signal
import sys
from collections import Counter
from dataclasses import replace

from tests.chaos.run import Came, Plan, run

TOPOLOGIES = ("single", "embedded", "sentinel", "cluster", "deadlines")
SHARES = {"single": 4, "embedded": 2, "sentinel": 2, "cluster": 2, "deadlines": 0}
LONG_S = 120
DEADLINES = Plan(
    topology="deadlines",
    seconds=0,
    seed=1,
    candidates=500,
    lengths=(2,),
    only=("redis_over_deadlines",),
    steady=True,
)
"""Everyone sits one attempt of two minutes, and Redis is away over all their deadlines."""
SHOWN = 20
SHORT = Plan(
    topology="single",
    seconds=0,
    seed=1,
    candidates=10,
    lengths=(30,),
    hurries=True,
    tampers=True,
    only=("kill_redis", "kill_postgres", "kill_worker", "delete_redis_files"),
    steady=True,
)
"""Nothing in it depends on how fast the machine is: no deadline comes near, and every page stays open."""


def main() -> int:
    """Run, print, and answer the exit code: 1 where anything was lost or counted twice, or evidence does not hold."""
    asked = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    environ = os.environ.get
    asked.add_argument("--seconds", type=float, default=float(environ("SECONDS_OF_FAULTS") or 60))
    asked.add_argument("--seed", type=int, default=int(environ("SEED") or 1))
    asked.add_argument("--topology", default=environ("TOPOLOGY") or "")
    asked.add_argument("--candidates", type=int, default=int(environ("CANDIDATES") or 150))
    asked.add_argument("--deadlines", type=int, default=DEADLINES.candidates, help="people in that topology")
    asked.add_argument("--hurry", action="store_true", help="everyone hands in at the end; no deadlines")
    asked.add_argument("--tamper", action="store_true", help="afterwards alter one archived line: it must be named")
    asked.add_argument(
        "--short", action="store_true", help="what CI runs: a few people, one fault of each important kind"
    )
    given = asked.parse_args()
    if given.short:
        return told([asyncio.run(_interruptible(SHORT))], SHORT.seed)
    usual = [name for name in TOPOLOGIES if name != "deadlines" or given.seconds >= LONG_S]
    wanted = [name.strip() for name in given.topology.split(",") if name.strip()] or usual
    unknown = sorted(set(wanted) - set(TOPOLOGIES))
    if unknown:
        asked.error(f"unknown topology: {', '.join(unknown)}")
    say(f"seed {given.seed}, {given.seconds:.0f} s of faults over {', '.join(wanted)}")
    shares = sum(SHARES[name] for name in wanted) or 1
    plans = [
        replace(DEADLINES, seed=given.seed, candidates=given.deadlines)
        if name == "deadlines"
        else Plan(
            name,
            given.seconds * SHARES[name] / shares,
            given.seed,
            given.candidates,
            lengths=(30,) if given.hurry else (1, 1, 2),
            hurries=given.hurry,
            tampers=given.tamper,
        )
        for name in wanted
    ]
    try:
        came = []
        for plan in plans:
            came.append(one := asyncio.run(_interruptible(plan)))
            say(
                f"         {plan.topology}: acknowledged {one.verdict.acknowledged}, lost {len(one.verdict.lost)}, "
                f"duplicated {len(one.verdict.duplicated)}, kills {one.book.kills}"
            )
            for line in (*one.verdict.lost, *one.verdict.duplicated)[:SHOWN]:
                say(f"         {line}")
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("interrupted; everything is stopped")
        return 130
    return told(came, given.seed)


async def _interruptible(plan: Plan) -> Came:
    """SIGTERM ends a run as Ctrl-C does: in order."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await run(plan, say)


def told(came: list[Came], seed: int) -> int:
    """Print what came of it all; the exit code."""
    faults: Counter[str] = Counter()
    for one in came:
        faults.update({name: n for name, n in one.book.counts.items() if name.startswith("fault ")})
    say("\nfaults: " + ", ".join(f"{name[6:]} {count}" for name, count in sorted(faults.items())))
    for one in came:
        others = {name: n for name, n in one.book.counts.items() if not name.startswith("fault ")}
        say("  " + ", ".join(f"{name} {count}" for name, count in sorted(others.items())))
        say("  answers: " + ", ".join(f"{word} {count}" for word, count in sorted(one.book.words.items())))
        say("  states: " + ", ".join(f"{name} {count}" for name, count in sorted(one.verdict.states.items())))
        say(f"  compared: {one.verdict.marked} attempts marked, {one.verdict.waiting} that have no outcome yet")
    lost = [line for one in came for line in one.verdict.lost]
    duplicated = [line for one in came for line in one.verdict.duplicated]
    apart = [line for one in came for line in one.verdict.apart]
    evidence = [line for one in came for line in one.evidence]
    for title, lines in (("LOST", lost), ("DUPLICATED", duplicated), ("EVIDENCE", evidence), ("apart", apart)):
        for line in lines[:SHOWN]:
            say(f"{title}: {line}")
        if len(lines) > SHOWN:
            say(f"{title}: and {len(lines) - SHOWN} more")
    say(f"answers of closed pages younger than 15 s when Redis' files were deleted: {len(apart)}")
    acknowledged = sum(one.verdict.acknowledged for one in came)
    kills = sum(one.book.kills for one in came)
    say(f"acknowledged {acknowledged}, lost {len(lost)}, duplicated {len(duplicated)}, kills {kills}, seed {seed}")
    return 1 if lost or duplicated or evidence else 0


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
