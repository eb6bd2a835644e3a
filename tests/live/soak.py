"""Kill, pause and bring back one node at a time under load, and count what was lost.

``python -m tests.live.soak sentinel|cluster [SECONDS] [SEED]``; exits 1 where anything acknowledged is gone. It found
what the ordinary tests, with their few kills, did not: docs/decisions.md.
"""

import asyncio
import random
import sys
import time
from contextlib import suppress

from examengine.live import connect
from tests.harness import ClusterForTests, SentinelForTests
from tests.live.writers import Writers

FAULTS = ("kill primary", "pause primary", "pause primary", "kill replica", "pause replica")
AGAIN_SECONDS = 60


async def soak(servers: SentinelForTests | ClusterForTests, seconds: float, dice: random.Random) -> int:
    """How many values were lost."""
    calls = connect(servers.url, installation="soak", durable=True)
    writers = Writers(calls)
    end_s, kills, lost = time.monotonic() + seconds, 0, []
    while time.monotonic() < end_s and not lost:
        async with writers.at_work():
            await writers.until_acknowledged(seconds=AGAIN_SECONDS)
            if isinstance(servers, SentinelForTests):
                primary, replica = servers.primary, dice.choice(servers.replicas)
            else:
                primary = servers.primary_of(dice.randrange(64))
                replica = servers.replica_of(primary)
            fault, for_s = dice.choice(FAULTS), dice.uniform(0.2, 5)
            node = primary if fault.endswith("primary") else replica
            began_s = time.monotonic()
            if fault.startswith("kill"):
                node.kill()
                await asyncio.sleep(for_s)
                await asyncio.to_thread(node.start)
            else:
                node.pause()
                await asyncio.sleep(for_s)
                node.resume()
            await writers.until_acknowledged(seconds=AGAIN_SECONDS)
            kills += 1
            print(
                f"{kills} {fault} for {for_s:.1f} s: all again after {time.monotonic() - began_s:.1f} s", flush=True
            )
        with suppress(RuntimeError):  # a failover may be under way; writing goes on either way
            await asyncio.to_thread(servers.heal)
        lost = await writers.lost()
    await calls.aclose()
    acknowledged = sum(writers.acknowledged.values())
    print(
        *lost, f"acknowledged {acknowledged}, refused {writers.refused}, lost {len(lost)}, faults {kills}", sep="\n"
    )
    return len(lost)


def main(topology: str, seconds: str = "60", seed: str = "1") -> int:
    servers = {"sentinel": SentinelForTests, "cluster": ClusterForTests}[topology]()
    try:
        servers.start()
        return 1 if asyncio.run(soak(servers, float(seconds), random.Random(seed))) else 0
    finally:
        servers.stop()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
