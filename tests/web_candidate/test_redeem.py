"""Redis is lost and the time runs out before the page hears of it: what it can prove to have been saved, counts."""

import json
from typing import Any

from examengine.live.mending import HELD_MS
from tests.web_candidate.exam_page import ExamPage, an_open_exam, lose_redis, opened
from tests.world import World

Proof = tuple[str, int, int, str, str]


async def saved(page: ExamPage, position: int, value: str) -> Proof:
    told = await page.save(position, value)
    return (f"a{position}", page.epoch, page.n, value, told["ack"])


async def bring_back(page: ExamPage, lost: list[Proof], **changes: str) -> dict[str, Any]:
    return await page.report("redeem", n="0", lost=json.dumps(lost), **changes)


async def test_answers_that_were_acknowledged_and_lost_count_though_the_time_is_up(world: World) -> None:
    async with an_open_exam(world) as page:
        right = await world.right_answers(page.attempt_id)
        world.clock.move_to(page.deadline_ms - 1_000)
        lost = [await saved(page, position, right[position]) for position in range(1, 51)]
        world.clock.move_to(page.deadline_ms + 30_000)
        await lose_redis(world)
        assert (await page.save(1, right[2]))["word"] == "stale_generation"
        told = await bring_back(page, lost)
        assert (told["word"], told["written"]) == ("redeemed", 50)
        assert (await page.report("rejoin"))["word"] == "too_late"
        world.clock.advance(HELD_MS)
        await world.services.sweeper.sweep(world.now_ms)
        outcome = await world.outcome(page.attempt_id)
        assert (outcome.state, outcome.score_hundredths) == ("auto_submitted", 10_000)


async def test_a_rebuilt_sitting_waits_for_its_page_before_the_deadline_closes_it(world: World) -> None:
    async with an_open_exam(world) as page:
        await saved(page, 1, page.options[1][0])
        await world.services.shipper.ship(world.now_ms)
        world.clock.move_to(page.deadline_ms + 30_000)
        await lose_redis(world)
        rebuilt_ms = world.now_ms
        for at_ms, has_ended in (
            (rebuilt_ms, False),
            (rebuilt_ms + HELD_MS - 1, False),
            (rebuilt_ms + HELD_MS, True),
        ):
            world.clock.move_to(at_ms)
            assert (await world.services.finisher.when_due(page.attempt_id, at_ms) is not None) is has_ended


async def test_nothing_is_brought_back_that_was_not_acknowledged_to_this_person_in_this_attempt(world: World) -> None:
    async with an_open_exam(world) as page, an_open_exam(world) as other:
        a, b = page.options[1][:2]
        item, epoch, n, value, ack = await saved(page, 1, a)
        theirs = await saved(other, 1, other.options[1][0])
        await lose_redis(world)
        at, proof = ack.split(".")
        forged = [
            (item, epoch, n, b, ack),
            (item, epoch, n + 1, value, ack),
            (item, epoch + 1, n, value, ack),
            ("a2", epoch, n, value, ack),
            (item, epoch, n, value, f"{int(at) + 1}.{proof}"),
            (item, epoch, n, value, f"{at}.AAAAAAAAAAAAAAAA"),
            (item, epoch, n, value, ""),
            theirs,
        ]
        for lie in forged:
            assert (await bring_back(page, [lie]))["written"] == 0, lie
        assert (await bring_back(page, [(item, epoch, n, value, ack)]))["written"] == 1
        assert (await opened(page.browser, page.attempt_id)).answers == {1: a}


async def test_what_is_no_list_of_acknowledgements_is_refused(world: World) -> None:
    async with an_open_exam(world) as page:
        for text in ("", "[", "{}", '[["a1",1]]', '[["x1",1,1,"a","1.x"]]', "[]" + " " * 600_000):
            told = await page.report("redeem", n="0", lost=text)
            assert told["status"] in {400, 413}, text[:40]
