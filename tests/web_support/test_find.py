"""S1: finding a candidate, without leaving what was typed anywhere."""

import json

import pytest

from examengine.records import audit
from examengine.records.words import Role
from tests.databases import counted
from tests.support.sitting import agent
from tests.world import World, resident_id


async def found(world: World, by: int, text: str) -> str:
    async with world.browser(by) as browser:
        answer = await browser.post("/support", data={"q": text})
        if answer.status_code == 303:
            assert text not in answer.headers["location"]
            answer = await browser.get(answer.headers["location"])
        assert answer.status_code == 200
        return answer.text


async def test_a_candidate_is_found_by_number_tail_name_and_phone(world: World) -> None:
    by = await agent(world)
    wanted = await world.person(name="李建国")
    other = await world.person(name="王芳")
    number = resident_id(2)
    for text in (
        number,
        number.lower(),
        number[-4:],
        number[-6:],
        number[-8:],
        "李建国",
        "李 建国",
        "13800000002",
        "0002",
    ):
        page = await found(world, by, text)
        assert f'href="/support/people/{wanted}"' in page, text
        assert f'href="/support/people/{other}"' not in page, text
        assert f"{number[:6]}********{number[-4:]}" in page
        assert number not in page
        assert "138****0002" in page


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("赵无名", "姓名要写全"),
        ("123", "只记得几位时"),
        ("9999", "核对一下号码"),
        ("", "请先输入"),
        ("   ", "请先输入"),
        ("' OR 1=1 --", "核对一下号码"),
        ("一" * 500, "姓名要写全"),
    ],
)
async def test_where_nothing_is_found_the_page_says_what_to_try(world: World, text: str, hint: str) -> None:
    by = await agent(world)
    async with world.browser(by) as browser:
        answer = await browser.post("/support", data={"q": text})
    assert answer.status_code == 200
    assert hint in answer.text


async def test_what_was_typed_stands_in_no_address_no_cookie_and_no_audit_line(world: World) -> None:
    by = await agent(world)
    await world.person(name="李建国")
    number = resident_id(2)
    async with world.browser(by) as browser:
        for text in (number, "李建国", "13800000002"):
            answer = await browser.post("/support", data={"q": text})
            assert answer.status_code == 303
            assert "set-cookie" not in answer.headers
            assert answer.headers["cache-control"] == "no-store"
            page = await browser.get(answer.headers["location"])
            assert text not in answer.headers["location"]
            assert f'value="{text}"' not in page.text
    async with world.services.database.reading() as tx:
        lines = await audit.newest(tx, person_id=by)
    assert {line.act for line in lines} == {"search_people", "list_people"}
    written = json.dumps([dict(line.facts) for line in lines], ensure_ascii=False)
    for text in (number, number[-4:], "李建国", "13800000002"):
        assert text not in written


async def test_too_many_hits_are_cut_and_said(world: World) -> None:
    by = await agent(world)
    for _ in range(23):
        await world.person(name="张三")
    page = await found(world, by, "张三")
    assert page.count("data-result>") == 20
    assert "还有更多" in page


async def test_a_long_list_costs_as_many_queries_as_a_short_one(world: World) -> None:
    by = await agent(world)
    exam = await world.exam()
    counts = []
    async with world.browser(by) as browser:
        await browser.get("/support")  # what a worker reads once for all
    for name, people in (("甲", 1), ("乙", 19)):
        for _ in range(people):
            await world.enrolled(exam, await world.person(name=name))
        async with world.browser(by) as browser:
            address = (await browser.post("/support", data={"q": name})).headers["location"]
            with counted(world.services.database) as statements:
                page = await browser.get(address)
        assert page.text.count("data-result>") == people
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_a_list_of_hits_is_this_agents_own_and_grows_old(world: World) -> None:
    by, other = await agent(world), await agent(world, "陈芳")
    wanted = await world.person(name="李建国")
    async with world.browser(by) as browser, world.browser(other) as elsewhere:
        address = (await browser.post("/support", data={"q": "李建国"})).headers["location"]
        assert (await elsewhere.get(address)).headers["location"] == "/support"
        assert (await browser.get(address + "x")).headers["location"] == "/support"
        world.clock.advance(30 * 60_000)
        assert f"/support/people/{wanted}" in (await browser.get(address)).text
        world.clock.advance(2_000)
        assert (await browser.get(address)).headers["location"] == "/support"


async def test_the_list_says_how_each_one_stands(world: World) -> None:
    by = await agent(world)
    exam = await world.exam()
    await world.enrolled(exam, await world.person(name="甲"))
    await world.enrolled(exam, await world.person(name="乙"), learned=False)
    sitting = await world.enrolled(exam, await world.person(name="丙"))
    await world.started(sitting)
    await world.person(name="丁")
    assert "可以考试，剩 3 次" in await found(world, by, "甲")
    assert "学习还没有完成（0%），不能考试" in await found(world, by, "乙")
    assert "正在考试，还剩 1 小时" in await found(world, by, "丙")
    assert "没有报名" in await found(world, by, "丁")


async def test_only_the_desk_may_look(world: World) -> None:
    candidate = await world.person(name="李建国")
    author = await world.person(Role.AUTHOR)
    addresses = (
        "/support",
        f"/support/people/{candidate}",
        "/support/enrolments/1/grant",
        "/support/attempts/1/extra-time",
        "/support/attempts/1/void",
        "/support/entries/1/undo",
        "/support/approvals",
        "/support/mine",
        "/support/let-ins/1",
        f"/support/people/{candidate}/let-in",
        f"/support/people/{candidate}/call",
    )
    posts = (
        "/support",
        f"/support/people/{candidate}/reveal",
        "/support/enrolments/1/grant",
        "/support/enrolments/1/grant/preview",
        "/support/attempts/1/extra-time",
        "/support/attempts/1/extra-time/preview",
        "/support/attempts/1/void",
        "/support/entries/1/undo",
        "/support/approvals/1",
        f"/support/people/{candidate}/let-in",
        f"/support/people/{candidate}/let-in/preview",
        f"/support/people/{candidate}/call",
    )
    for person_id in (candidate, author):
        async with world.browser(person_id) as browser:
            for address in addresses:
                assert (await browser.get(address)).status_code == 403, address
            for address in posts:
                assert (await browser.post(address, data={"q": "李建国"})).status_code == 403, address
    async with world.browser() as nobody:
        for address in addresses:
            assert (await nobody.get(address)).headers["location"] == f"/login?next={address}"
        for address in posts:
            assert (await nobody.post(address)).status_code == 401


async def test_what_does_not_exist_is_not_found(world: World) -> None:
    by = await agent(world)
    async with world.browser(by) as browser:
        for address in (
            "/support/people/999",
            "/support/people/x",
            "/support/people/" + "9" * 30,
            "/support/enrolments/999/grant",
            "/support/attempts/999/extra-time",
            "/support/attempts/999/void",
            "/support/entries/999/undo",
            "/support/let-ins/999",
            "/support/people/999/let-in",
            "/support/people/999/call",
        ):
            assert (await browser.get(address)).status_code == 404, address
        assert (await browser.post("/support/approvals/999", data={"decision": "approve"})).status_code == 404
        assert (await browser.post("/support/approvals/999", data={"decision": "both"})).status_code == 400
