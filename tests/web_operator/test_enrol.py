"""People who were imported are enrolled: all candidates of a category, or those of a list."""

import asyncio
from dataclasses import replace

import pytest

from examengine.enrolment import many
from examengine.records import enrolments, people
from examengine.records.words import Role
from examengine.rules.load import packaged
from tests.web_operator.steps import a_release, an_operator, counts_of, publish, published, send_list
from tests.world import World, resident_id


async def test_all_candidates_of_the_ticked_categories_are_enrolled_once(world: World) -> None:
    candidates = [await world.person() for _ in range(7)]
    await world.person(Role.AUTHOR)
    worker = await world.person()
    async with world.services.database.writing() as tx:
        person = await people.get_person(tx, world.services.vault, worker)
        assert person.profile is not None
        manual = replace(person.profile, category="manual_worker_post")
        await people.change_profile(tx, world.services.vault, worker, manual, world.now_ms, None)
    async with world.browser(await an_operator(world)) as browser:
        exam = await published(browser, world)
        shown = (await browser.get(exam)).text
        assert 'value="pro_tech" id="k-pro_tech" checked' in shown
        assert 'value="manual_worker_post" id="k-manual_worker_post">' in shown
        assert "本年度规则不包括" in shown
        nobody = await browser.post(f"{exam}/enrol")
        assert nobody.status_code == 422
        assert 'id="e-category"' in nobody.text
        both = await asyncio.gather(*(browser.post(f"{exam}/enrol", data={"category": "pro_tech"}) for _ in range(2)))
        told = [(await browser.get(answer.headers["location"])).text for answer in both]
        assert any("本次报名 7 人" in text for text in told)
        assert counts_of(told[0])["已报名"] == 7
        odd = await browser.post(f"{exam}/enrol", data={"category": "everyone"})
        assert odd.status_code == 422
        await browser.post(f"{exam}/enrol", data={"category": "manual_worker_post"})
        assert "已导入的考生都已报名" in (await browser.get(exam)).text
    async with world.services.database.reading() as tx:
        for person_id in (*candidates, worker):
            [line] = await enrolments.list_of_person(tx, person_id)
            assert line.enrolment.credit_year == 2026
    async with world.browser(candidates[0]) as browser:
        assert "练习科目" in (await browser.get("/my")).text


async def test_more_people_than_one_call_takes_are_told_and_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(many, "BATCH", 2)
    monkeypatch.setattr(many.enrol_categories, "__defaults__", (3,))
    for _ in range(4):
        await world.person()
    async with world.browser(await an_operator(world)) as browser:
        exam = await published(browser, world)
        for expected in ("还有 1 人没有报名", "所选的人员都已报名"):
            done = await browser.post(f"{exam}/enrol", data={"category": "pro_tech"})
            assert expected in (await browser.get(done.headers["location"])).text
        assert "本次报名" not in (await browser.get(f"{exam}?enrolled={'9' * 5000}&left=x")).text


async def test_an_earlier_year_is_enrolled_for_its_make_up(world: World) -> None:
    person = await world.person()
    digest, release = packaged("guangxi-2024").digest, await a_release(world)
    async with world.browser(await an_operator(world)) as browser:
        await browser.post("/operator/publish/confirm", data={"rulebook": digest, "all": "1"})
        exam = (await publish(browser, digest, release)).headers["location"].partition("?")[0]
        shown = (await browser.get(f"{exam}?year=2023")).text
        assert '<option value="2023" selected>' in shown
        await browser.post(f"{exam}/enrol", data={"category": "pro_tech", "year": "2023"})
        await browser.post(f"{exam}/enrol", data={"category": "pro_tech", "year": "1999"})
    async with world.services.database.reading() as tx:
        lines = await enrolments.list_of_person(tx, person)
    assert sorted(line.enrolment.credit_year for line in lines) == [2023, 2024]


async def test_a_list_is_checked_row_by_row_and_enrolled(world: World) -> None:
    people_ids = [await world.person(name="张三") for _ in range(3)]
    await world.person(Role.SUPPORT)
    rows = [
        ("身份证号", "姓名"),
        (resident_id(1), "张三"),
        (resident_id(2).lower(), ""),
        (resident_id(3), "李四"),
        (resident_id(4), ""),
        (resident_id(1), ""),
        (resident_id(99), "无名"),
    ]
    content = "\n".join(",".join(row) for row in rows).encode()
    async with world.browser(await an_operator(world)) as browser:
        exam = await published(browser, world)
        sent = await send_list(browser, f"{exam}/upload", content)
        address = sent.headers["location"]
        shown = (await browser.get(address)).text
        assert counts_of(shown) == {"可以报名": 2, "已经报名": 0, "不能报名": 4}
        for told in ("姓名与系统中登记的不同", "没有考生身份", "名单里重复", "没有这个证件号"):
            assert told in shown
        assert resident_id(1) not in shown
        assert "450702********" in shown
        for _ in range(2):
            done = await browser.post(f"{address}/enrol")
            assert done.headers["location"] == address
        shown = (await browser.get(address)).text
        assert counts_of(shown) == {"可以报名": 0, "已经报名": 2, "不能报名": 4}
        assert "报名 2 人" not in shown
    async with world.services.database.reading() as tx:
        found = [bool(await enrolments.list_of_person(tx, person_id)) for person_id in people_ids]
    assert found == [True, True, False]


async def test_numbers_may_be_pasted(world: World) -> None:
    await world.person()
    pasted = f"{resident_id(1)}\r\n\r\n=cmd|' /C calc'!A0\r\n"
    async with world.browser(await an_operator(world)) as browser:
        exam = await published(browser, world)
        nothing = await browser.post(f"{exam}/upload", files={"file": ("", b"", "x/y")})
        assert nothing.status_code == 422
        assert 'id="e-file"' in nothing.text
        sent = await browser.post(f"{exam}/upload", data={"numbers": pasted}, files={"file": ("", b"", "x/y")})
        shown = (await browser.get(sent.headers["location"])).text
        assert counts_of(shown) == {"可以报名": 1, "已经报名": 0, "不能报名": 1}


async def test_a_list_without_its_column_says_so(world: World) -> None:
    async with world.browser(await an_operator(world)) as browser:
        exam = await published(browser, world)
        for content, told in (
            (b"a,b\n1,2\n", "缺少列：证件号码"),
            (b"%PDF-1.7", "不是工作簿或文本表格"),
            (b"\x00\x01", "文本表格"),
        ):
            sent = await send_list(browser, f"{exam}/upload", content)
            shown = await browser.get(sent.headers["location"])
            assert shown.status_code == 200
            assert told in shown.text
            assert "没有读到证件号" in shown.text


async def test_a_withdrawn_exam_takes_nobody(world: World) -> None:
    await world.person()
    async with world.browser(await an_operator(world)) as browser:
        exam = await published(browser, world)
        address = (await send_list(browser, f"{exam}/upload", f"证件号码\n{resident_id(1)}".encode())).headers[
            "location"
        ]
        await browser.post(f"{exam}/withdraw", data={"sure": "1"})
        assert (await browser.post(f"{exam}/enrol", data={"category": "pro_tech"})).status_code == 409
        assert (await browser.post(f"{address}/enrol")).status_code == 409
        assert '/enrol"' not in (await browser.get(address)).text
