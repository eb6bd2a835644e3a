"""Two hundred who press 开始考试 in the same moment, with twenty let in a second."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest

from examengine.clock import ShiftedClock
from examengine.live.admission import Pace, Place, Queue
from examengine.records import accounts, roles
from examengine.records.enrolments import Enrolment
from examengine.records.history import load_history
from examengine.records.words import Role
from tests.web_candidate.exam_page import opened
from tests.web_candidate.test_start import confirm, contract_page
from tests.web_candidate.test_waiting import JSON, gone
from tests.world import OPENS, World, a_world, ms

pytestmark = pytest.mark.long

CANDIDATES, A_SECOND = 200, 20
MINUTE_MS = 60_000


@dataclass
class Sat:
    """How one of them fared: how often his page asked, and what was left of his time when he saw the paper."""

    asked: int = 0
    left_ms: int = 0


class Watched(Queue):
    """Remembers in which order places were taken."""

    order: list[bytes]

    async def ask(self, account: str, now_ms: int, *, keep: bool = False) -> Place:
        place = await super().ask(account, now_ms, keep=keep)
        if place.is_new:
            self.order.append(account.encode())
        return place


async def sits(world: World, enrolment: Enrolment, reading: asyncio.Semaphore, all_ready: asyncio.Barrier) -> Sat:
    sat = Sat()
    async with world.browser(enrolment.person_id) as browser:
        async with reading:
            page = await contract_page(browser, enrolment)
        await all_ready.wait()
        answer = await confirm(browser, enrolment, page)
        assert answer.status_code == 303, answer.text
        place = answer.headers["location"]
        while "/waiting?" in place:
            told: dict[str, Any] = (await browser.get(place, headers=JSON)).json()
            sat.asked += 1
            if told["word"] == "turn":
                place = await gone(browser, place, enrolment)
                break
            assert told["word"] == "wait"
            place = told["href"]
            await asyncio.sleep(told["retry_ms"] / 1_000)
        exam = await opened(browser, int(place.rpartition("/")[2]))
        sat.left_ms = exam.left_ms
    return sat


async def test_all_are_let_in_in_their_order_and_nobody_loses_time(database_url: str, redis_url: str) -> None:
    clock = ShiftedClock(0)
    clock.move_to(ms(OPENS))
    async with a_world(database_url, redis_url, clock=clock) as world:
        queue = Watched(world.services.calls, "start", A_SECOND, clamp_ms=-1)
        queue.order = []
        queue.pace = Pace(lambda: 0.0)  # what a busy machine takes for a start is not the matter here
        object.__setattr__(world.services, "starts", queue)
        people = await world.crowd(await world.exam(), CANDIDATES)
        async with world.services.database.writing() as tx:
            unused = {one.person_id: "unused" for one in people}
            await accounts.add_accounts(tx, unused, world.now_ms, must_change=False, initial=False)
            for one in people:
                await roles.grant_role(tx, one.person_id, Role.CANDIDATE, None, world.now_ms)
        reading, all_ready = asyncio.Semaphore(4), asyncio.Barrier(CANDIDATES)
        sat = await asyncio.gather(*(sits(world, enrolment, reading, all_ready) for enrolment in people))
        assert (await queue.standing())[0] == 0

        let_in = await scores(world, "in")
        assert set(queue.order) <= set(let_in)
        assert len(queue.order) > CANDIDATES - 3 * A_SECOND
        turns = [let_in[one] for one in queue.order]
        assert turns == sorted(turns), "first come, first served"
        seconds = Counter(at_ms // 1_000 for at_ms in let_in.values())
        assert max(seconds.values()) <= 2 * A_SECOND, "no more than the bucket and what flows into it"

        async with world.services.database.reading() as tx:
            started = [(one.id, a) for one in people for a in (await load_history(tx, one.id)).attempts]
        assert len(started) == CANDIDATES
        assert {a.base_deadline_ms - a.started_ms for _, a in started} == {60 * MINUTE_MS}
        turn_of = {one.id: let_in[str(one.person_id).encode()] for one in people}
        assert all(a.started_ms >= turn_of[enrolment_id] for enrolment_id, a in started), "no time while one waited"
        # nine seconds, and what a busy machine takes to ask
        took_ms = max(let_in.values()) - min(let_in.values())
        assert 8_900 <= took_ms <= 20_000, took_ms
        assert max(one.asked for one in sat) <= 10


async def scores(world: World, part: str) -> dict[bytes, int]:
    members = await world.services.calls.command("ZRANGE", f"{{queue:start}}:{part}", 0, -1)
    return {
        name: int(float(await world.services.calls.command("ZSCORE", f"{{queue:start}}:{part}", name)))
        for name in members
    }
