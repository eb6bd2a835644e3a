"""The marker's pages: blind, in order of chance, one mark a person, told in words."""

import re
from typing import Any

import httpx2
import pytest

from examengine.live import CloseReason
from examengine.records import audit
from examengine.records.marking import CHANGE_MS
from examengine.records.words import Role
from tests.kinds import an_exam_of_every_kind, best_answers
from tests.world import World

XSS = "<script>alert(1)</script>\n第二段 & 更多"


async def handed_in(world: World, exam: Any, essay: str, name: str = "李考生") -> int:
    person_id = await world.person(name=name)
    enrolment = await world.enrolled(exam, person_id)
    attempt_id = await world.started(enrolment)
    pen = await world.pen(attempt_id, person_id)
    await world.answer(pen, await best_answers(world, attempt_id, essay=essay))
    await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    return attempt_id


async def next_page(browser: httpx2.AsyncClient) -> tuple[str, str]:
    """Address and page of the first item that has something to mark."""
    listed = (await browser.get("/marking")).text
    found = re.search(r'href="(/marking/\d+/\d+/\d+)"', listed)
    assert found is not None, listed
    return found[1], (await browser.get(found[1])).text


async def post_mark(browser: httpx2.AsyncClient, shown: str, points: str, **more: str) -> httpx2.Response:
    address = re.search(r'action="(/marking/tasks/\d+)"', shown)
    no = re.search(r'name="no" value="(\d+)"', shown)
    assert address is not None, shown
    assert no is not None, shown
    return await browser.post(address[1], data={"points": points, "no": no[1], **more})


async def test_a_marker_sees_item_model_and_answer_and_nobody(world: World) -> None:
    exam = await an_exam_of_every_kind(world)
    attempt_id = await handed_in(world, exam, XSS)
    async with world.browser(await world.person(Role.MARKER, name="陈阅卷")) as browser:
        _, shown = await next_page(browser)
    for seen in (
        "论述如何防范网络钓鱼",
        "双因素认证",
        "&lt;script&gt;alert(1)&lt;/script&gt;\n第二段 &amp; 更多",
        "满分 25 分",
    ):
        assert seen in shown, seen
    for hidden in ("<script>alert", "李考生", f"/{attempt_id}/", "第一中学", "45070219"):
        assert hidden not in shown.replace("450702198001010", ""), hidden


async def test_marks_of_two_then_of_a_third_become_the_result(world: World) -> None:
    exam = await an_exam_of_every_kind(world, tolerance=300)
    attempt_id = await handed_in(world, exam, "甲")
    people = [await world.person(Role.MARKER, name=f"阅卷{n}") for n in range(3)]
    for person_id, points in zip(people, ("20", "10", "１８．５"), strict=True):
        async with world.browser(person_id) as browser:
            _, shown = await next_page(browser)
            answer = await post_mark(browser, shown, points, comment="要点齐全")
            assert answer.status_code == 303
            told = (await browser.get(answer.headers["location"])).text
            assert "已记下" in told
            assert "没有您可评的作答了" in told
        assert len(await world.series(attempt_id)) == 1
    world.clock.advance(CHANGE_MS)
    await world.services.sweeper.sweep(world.now_ms)
    assert (await world.series(attempt_id))[-1].score_hundredths == 7500 + 1850
    async with world.services.database.reading() as tx:
        lines = await audit.newest(tx, object_kind="marking_task")
    assert [(line.person_id, line.facts["hundredths"]) for line in lines] == [
        (people[2], 1850),
        (people[1], 1000),
        (people[0], 2000),
    ]


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ("", "请填得分"),
        ("很好", "请填得分"),
        ("25.01", "0 到 25 之间"),
        ("-1", "0 到 25 之间"),
        ("8.125", "最多两位小数"),
    ],
)
async def test_a_mark_that_is_none_is_told_beside_its_field(world: World, points: str, told: str) -> None:
    exam = await an_exam_of_every_kind(world)
    await handed_in(world, exam, "甲")
    async with world.browser(await world.person(Role.MARKER)) as browser:
        _, shown = await next_page(browser)
        answer = await post_mark(browser, shown, points, comment="留着")
        assert answer.status_code == 422
        assert told in answer.text
        assert "留着" in answer.text


async def test_a_second_click_changes_nothing_and_an_old_page_is_told(world: World) -> None:
    exam = await an_exam_of_every_kind(world, markers=1)
    await handed_in(world, exam, "甲")
    first, second = [await world.person(Role.MARKER) for _ in range(2)]
    async with world.browser(first) as browser, world.browser(second) as other:
        _, shown = await next_page(browser)
        _, same = await next_page(other)
        for _ in range(2):
            assert "done=" in (await post_mark(browser, shown, "20")).headers["location"]
        stale = await post_mark(browser, shown, "5")
        assert "told=stale" in stale.headers["location"]
        again = (await browser.get(stale.headers["location"])).text
        assert 'value="20"' in again
        assert "改成这个分" in again
        assert "done=" in (await post_mark(browser, again, "21")).headers["location"]
        late = await post_mark(other, same, "25")
        assert "told=not_needed" in late.headers["location"]
        assert "没有您可评的作答了" in (await other.get(late.headers["location"], follow_redirects=True)).text
        world.clock.advance(CHANGE_MS)
        await world.services.sweeper.sweep(world.now_ms)
        task = re.search(r'action="(/marking/tasks/\d+)"', shown)
        assert task is not None
        frozen = await browser.post(task[1], data={"points": "1", "no": "3"})
        assert "told=frozen" in frozen.headers["location"]


async def test_who_does_not_mark_has_no_business_here(world: World) -> None:
    exam = await an_exam_of_every_kind(world)
    await handed_in(world, exam, "甲")
    async with world.browser(await world.person(Role.MARKER)) as browser:
        where, shown = await next_page(browser)
        task = re.search(r'action="(/marking/tasks/\d+)"', shown)
        assert task is not None
        assert (await browser.get("/author/banks")).status_code == 403
        assert (await browser.get("/marking/tasks/999")).status_code == 404
        assert (await browser.post("/marking/tasks/999", data={"points": "1", "no": "1"})).status_code == 404
        assert (await browser.post(task[1], data={"points": "1", "no": "x"})).status_code == 400
    for role in (Role.CANDIDATE, Role.AUTHOR, Role.SUPPORT, Role.OPERATOR):
        async with world.browser(await world.person(role)) as browser:
            for address in ("/marking", where, task[1]):
                assert (await browser.get(address)).status_code == 403
            assert (await browser.post(task[1], data={"points": "1", "no": "1"})).status_code == 403


async def test_an_empty_queue_says_what_will_stand_there(world: World) -> None:
    async with world.browser(await world.person(Role.MARKER)) as browser:
        assert "需要人工评分的作答会出现在这里" in (await browser.get("/marking")).text
        assert (await browser.get("/marking/1/1/0")).status_code == 303
