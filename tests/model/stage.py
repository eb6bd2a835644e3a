"""Where the machine plays: one engine for all of its examples, and what it may do there, without waiting."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from examengine.records.enrolments import Enrolment
from examengine.records.exams import Exam
from examengine.records.words import Role
from tests.world import OPENS, World, a_world, ms

T = TypeVar("T")

SHORT_PAPER = {
    "exam.paper.single.count": 5,
    "exam.paper.single.points": 10,
    "exam.paper.multiple.count": 2,
    "exam.paper.multiple.points": 15,
    "exam.paper.judge.count": 2,
    "exam.paper.judge.points": 10,
}
ITEMS = 9
LEAVING = {"exam.forced_exit.detect": "page_leave", "exam.forced_exit.page_leave_grace_seconds": 30}
RULES = {"explicit": SHORT_PAPER, "page_leave": {**SHORT_PAPER, **LEAVING}}


@dataclass
class Stage:
    """An engine, its exams, and staff."""

    world: World
    runner: asyncio.Runner
    exams: dict[str, Exam] = field(default_factory=dict)
    agents: tuple[int, ...] = ()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Wait for work on the engine's loop."""
        return self.runner.run(work)

    def candidate(self, rules: str, unit: str = "第一中学") -> Enrolment:
        """Somebody new, enrolled under these rules; the clock is back at the morning of the first day."""
        return self.do(self._candidate(rules, unit))

    async def _candidate(self, rules: str, unit: str) -> Enrolment:
        self.world.clock.move_to(ms(OPENS))
        person_id = await self.world.person(unit=unit)
        if rules not in self.exams:
            self.exams[rules] = await self.world.exam(RULES[rules])
        if not self.agents:
            self.agents = (await self.world.person(Role.SUPPORT), await self.world.person(Role.SUPPORT))
        return await self.world.enrolled(self.exams[rules], person_id)


@contextmanager
def a_stage(database_url: str, redis_url: str) -> Iterator[Stage]:
    """Open the engine on a loop of its own."""
    with asyncio.Runner() as runner:
        opened = a_world(database_url, redis_url)
        world = runner.run(opened.__aenter__())
        try:
            yield Stage(world, runner)
        finally:
            runner.run(opened.__aexit__(None, None, None))
