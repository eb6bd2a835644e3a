"""One attempt told from start to end, and who else fell silent (C4, C5)."""

import re

from examengine.records import audit, hearing
from examengine.records.enrolments import Enrolment
from examengine.records.words import Role
from tests.harness import RedisForTests
from tests.support.sitting import MINUTE, agent, hand_in, sat
from tests.world import World


async def story(world: World, by: int, attempt_id: int, asked: str = "") -> str:
    async with world.browser(by) as browser:
        page = await browser.get(f"/support/attempts/{attempt_id}{asked}")
        assert page.status_code == 200, page.text
        return page.text


async def a_room(world: World, size: int) -> dict[int, Enrolment]:
    """Candidates who have just begun, each with the page open; by attempt."""
    exam = await world.exam()
    made = {}
    for number, enrolment in enumerate(await world.crowd(exam, size)):
        attempt_id = await world.started(enrolment, nonce=f"n{number}")
        await world.answer(await world.pen(attempt_id, enrolment.person_id), {1: "A"})
        made[attempt_id] = enrolment
    return made


async def heard(world: World, room: dict[int, Enrolment], attempt_ids: list[int]) -> None:
    """These pages say something now."""
    for attempt_id in attempt_ids:
        await world.pen(attempt_id, room[attempt_id].person_id)


async def test_a_finished_attempt_is_told_with_saves_devices_silences_and_its_deadline(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    by = await agent(world)
    pen = await world.pen(attempt_id, person_id)
    answers = await world.right_answers(attempt_id)
    await world.answer(pen, {1: answers[1], 2: answers[2]})
    world.clock.advance(5 * MINUTE)
    pen = await world.pen(attempt_id, person_id, page="another")
    await world.extra_time(enrolment, attempt_id, 10)
    world.clock.advance(30_000)
    await hand_in(world, pen)
    page = await story(world, by, attempt_id)
    for told in ("开始第 1 次考试", "打开考试页面", "在另一个页面继续考试", "补时", "第 1 次考试结束", "回执号"):
        assert told in page
    assert "此后 5 分钟没有收到考试页面的消息" in page
    assert "原来的截止" in page
    assert "保存答案 2 次" not in page
    every = await story(world, by, attempt_id, "?show=all")
    assert "保存答案 2 次，最后是第 2 题；到此已答 2 题" in every
    inferred = re.findall(r'<li class="is-inferred">.*?</li>', every)
    assert len(inferred) == 1
    assert "没有收到" in inferred[0]


async def test_the_persons_page_tells_finished_attempts_by_their_journals(world: World) -> None:
    person_id = await world.person()
    by = await agent(world)
    attempt_id = await sat(world, await world.enrolled(await world.exam(), person_id), 1, right=3, minutes=10)
    async with world.browser(by) as browser:
        page = (await browser.get(f"/support/people/{person_id}")).text
        assert "打开考试页面" in page
        assert "保存答案" not in page
        assert f'href="/support/attempts/{attempt_id}?at=' in page
        assert "?show=all#timeline" in page
        every = (await browser.get(f"/support/people/{person_id}?show=all")).text
    assert "保存答案 3 次" in every
    assert f'href="/support/people/{person_id}#timeline"' in every


async def test_when_most_fell_silent_together_the_evidence_points_at_the_platform(world: World) -> None:
    room = await a_room(world, 14)
    by = await agent(world)
    numbers = list(room)
    world.clock.advance(3 * MINUTE)
    await heard(world, room, numbers[-2:])
    page = await story(world, by, numbers[0])
    [link] = re.findall(r'href="(/support/attempts/\d+\?at=\d+)#fault"', page)[:1]
    shown = await story(world, by, numbers[0], link[link.index("?") :])
    assert "更像平台一侧的问题" in shown
    assert re.search(r'当时在考的其他人</th><td class="num right">13</td><td class="num right">13</td>', shown)


async def test_when_the_others_were_heard_it_points_at_the_candidate_alone(world: World) -> None:
    room = await a_room(world, 14)
    by = await agent(world)
    numbers = list(room)
    silent_from_ms = world.now_ms
    for _ in range(5):
        world.clock.advance(40_000)
        await heard(world, room, numbers[1:])
    shown = await story(world, by, numbers[0], f"?at={silent_from_ms}")
    assert "更像考生自己的网络或设备的问题" in shown
    assert re.search(r'当时在考的其他人</th><td class="num right">13</td><td class="num right">0</td>', shown)


async def test_our_own_outage_is_told_as_proof(world: World) -> None:
    room = await a_room(world, 1)
    [attempt_id] = room
    began_ms = world.now_ms
    async with world.services.database.writing() as tx:
        await hearing.begin(tx, began_ms - MINUTE, hearing.ALL_SLOTS, until_ms=began_ms + 10_000)
        await hearing.begin(tx, began_ms + 50_000, hearing.ALL_SLOTS, until_ms=began_ms + 5 * MINUTE)
    world.clock.advance(3 * MINUTE)
    shown = await story(world, await agent(world), attempt_id, f"?at={began_ms}")
    assert "更像平台一侧的问题" in shown
    assert "收不到考试页面的消息。" in shown
    assert "当时没有别人在考" in shown


async def test_a_silence_that_was_none_is_not_assessed(world: World) -> None:
    [attempt_id] = await a_room(world, 1)
    by = await agent(world)
    world.clock.advance(3 * MINUTE)
    for asked in ("?at=1", "?at=x", "?at=" + "9" * 40, "?at=-5", "?at=١٢", "?show=all&at="):
        assert "选一个时段" in await story(world, by, attempt_id, asked), asked


async def test_while_redis_is_away_the_page_tells_what_is_in_sql(
    world: World, redis_for_tests: RedisForTests
) -> None:
    [attempt_id] = await a_room(world, 1)
    by = await agent(world)
    await world.services.shipper.ship_all(world.now_ms)
    redis_for_tests.stop()
    try:
        shown = await story(world, by, attempt_id)
    finally:
        redis_for_tests.folder.mkdir(exist_ok=True)
        redis_for_tests.start()
    assert "打开考试页面" in shown


async def test_only_the_desk_may_look_and_every_look_is_logged(world: World) -> None:
    [attempt_id] = await a_room(world, 1)
    by, author = await agent(world), await world.person(Role.AUTHOR)
    async with world.browser(author) as browser:
        assert (await browser.get(f"/support/attempts/{attempt_id}")).status_code == 403
    async with world.browser() as browser:
        assert (await browser.get(f"/support/attempts/{attempt_id}")).status_code == 303
    async with world.browser(by) as browser:
        assert (await browser.get("/support/attempts/99999")).status_code == 404
        assert (await browser.get(f"/support/attempts/{attempt_id}")).status_code == 200
    async with world.services.database.reading() as tx:
        [line] = await audit.newest(tx, person_id=by)
    assert line.act == "view_person"
