"""A sitting from start to outcome, through the services."""

from examengine.live import CloseReason, Operation, Pen
from examengine.records import outcomes
from examengine.sittings.finish import Ended
from tests.world import World


async def test_a_sitting_is_started_answered_handed_in_and_marked(world: World) -> None:
    person_id, _, attempt_id = await world.a_candidate_in_an_exam()
    claimed = await world.services.desk.claim(attempt_id, person_id, 1, "page", "test", world.now_ms)
    pen = Pen(attempt_id, person_id, 1, claimed.generation, claimed.epoch)
    await world.services.desk.save(pen, Operation(1, "a", 1, 0, "a"), world.now_ms)
    ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert isinstance(ended, Ended)
    assert ended.outcome.state == "submitted"
    async with world.services.database.reading() as tx:
        assert len(await outcomes.series(tx, attempt_id)) == 1
    async with world.browser(person_id) as browser:
        page = await browser.get(f"/sittings/{attempt_id}/result")
        assert page.status_code == 200, page.text
