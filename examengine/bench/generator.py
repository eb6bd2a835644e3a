"""The load generator, a process of its own: ``python -m examengine.bench.generator JOBS``, orders on stdin, tallies
on stdout (:mod:`examengine.bench.jobs`). Its CPU is accounted apart from the server's.
"""

import asyncio
import gc
import sys
import time

from examengine.bench.acts import Acts
from examengine.bench.flights import Anybody, Once, OneAtATime, Running, Stream, Turns
from examengine.bench.jobs import Done, Enlist, Job, Load, framed, read_order, received
from examengine.bench.pages import Pages

OF_A_PAGE = frozenset({"save", "pulse", "reopen"})


class Generator:
    """Remembers subjects by group, and of those that are used up how many were."""

    def __init__(self, jobs: int) -> None:
        self._groups: dict[str, Enlist] = {}
        self._used: dict[str, list[int]] = {}
        self._jobs = jobs

    def enlist(self, order: Enlist) -> None:
        self._groups[order.group] = order
        self._used[order.group] = [0]

    async def do(self, job: Job) -> Done:
        """Run the loads of a job side by side."""
        self._jobs += 1
        loads = [self._begun(load, job, place) for place, load in enumerate(job.loads)]
        before_s = time.process_time()
        for load in loads:
            load.start()
        tallies = await asyncio.gather(*(load.landed() for load in loads))
        return Done(list(tallies), time.process_time() - before_s)

    def _begun(self, load: Load, job: Job, place: int) -> Running:
        # numbers of operations grow from job to job: an older one would be told that it is superseded
        acts = Acts(job.origin, job.password, seed=place, first=(self._jobs * 8 + place) << 28)
        group = self._groups[load.group]
        if load.pages:
            return Pages(load, acts, group.subjects, job.port, job.seconds, load.ends_in_s)
        return Stream(load, acts, self._turns(load, group), job.port, job.seconds)

    def _turns(self, load: Load, group: Enlist) -> Turns:
        if group.once:
            return Once(group.subjects, self._used[group.group])
        return OneAtATime(group.subjects) if load.act in OF_A_PAGE else Anybody(group.subjects)


def main() -> None:
    """Obey until the orders end. The argument: how many jobs generators before this one may have done."""
    import uvloop

    generator = Generator(int(sys.argv[1]))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        while (body := received(sys.stdin.buffer)) is not None:
            order = read_order(body)
            if isinstance(order, Enlist):
                generator.enlist(order)
                gc.freeze()  # a hundred thousand subjects are not looked through again and again
                continue
            sys.stdout.buffer.write(framed(runner.run(generator.do(order))))
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
