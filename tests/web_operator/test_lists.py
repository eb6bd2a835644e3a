"""People, learning and cards from lists: looked at, written as a whole, reported."""

import asyncio
import csv
import io

from examengine.records import cards, enrolments, people
from examengine.records.words import Role
from tests.web_operator.steps import a_people_list, an_operator, counts_of, published, send_list
from tests.world import World, resident_id


async def test_people_are_imported_enrolled_and_their_passwords_fetched_once(world: World) -> None:
    async with world.browser(await an_operator(world)) as browser:
        exam = await published(browser, world)
        exam_id = exam.rpartition("/")[2]
        assert f'<option value="{exam_id}">2026 年度 练习科目' in (await browser.get("/operator/people")).text
        sent = await send_list(browser, "/operator/people/upload", a_people_list(4), exam=exam_id)
        address = sent.headers["location"]
        shown = (await browser.get(address)).text
        assert counts_of(shown) == {"新人员": 4, "没有变化": 0, "有改动": 0, "错误": 0}
        assert "考生甲" in shown
        assert resident_id(500) not in shown
        assert "还没有写入" in shown
        assert "2026 年度 练习科目" in shown

        both = await asyncio.gather(*(browser.post(f"{address}/commit") for _ in range(2)))
        assert {answer.headers["location"] for answer in both} == {address}
        report = (await browser.get(address)).text
        assert "已写入" in report
        assert counts_of(report)["新人员"] == 4
        assert "下载结果和初始密码" in report
        assert (await browser.post(f"{address}/commit")).headers["location"] == address

        fetched = await browser.post(f"{address}/passwords")
        lines = list(csv.DictReader(io.StringIO(fetched.content.decode("utf-8-sig"))))
        assert [line["姓名"] for line in lines] == ["考生甲", "考生乙", "考生丙", "考生丁"]
        assert len({line["初始密码"] for line in lines} - {""}) == 4
        assert not any(line["初始密码"] in report for line in lines)
        assert (await browser.post(f"{address}/passwords")).status_code == 404
        assert "下载结果和初始密码" not in (await browser.get(address)).text
        assert counts_of((await browser.get(exam)).text)["已报名"] == 4

        again = (await send_list(browser, "/operator/people/upload", a_people_list(4))).headers["location"]
        assert counts_of((await browser.get(again)).text)["没有变化"] == 4
        await browser.post(f"{again}/commit")
        assert "下载结果和初始密码" not in (await browser.get(again)).text
    async with world.browser() as browser:
        form = {"username": resident_id(500), "password": lines[0]["初始密码"]}
        signed_in = await browser.post("/login", data=form)
        assert signed_in.status_code == 303
        assert signed_in.headers["location"] == "/password"


async def test_a_list_with_a_fault_is_shown_and_nothing_is_written(world: World) -> None:
    async with world.browser(await an_operator(world)) as browser:
        content = a_people_list(3, 身份证号="450702198001010000")
        address = (await send_list(browser, "/operator/people/upload", content)).headers["location"]
        shown = (await browser.get(address)).text
        assert counts_of(shown)["错误"] == 1
        assert "校验位不对" in shown
        assert "/commit" not in shown
        assert "考生甲" not in (await browser.get(f"{address}?verdict=error")).text
        assert (await browser.post(f"{address}/commit")).headers["location"] == address
        assert counts_of((await browser.get(address)).text)["新人员"] == 2
    async with world.services.database.reading() as tx:
        assert await people.find_by_document(tx, world.services.vault, resident_id(500)) == ()


async def test_files_that_are_no_lists_are_told(world: World) -> None:
    async with world.browser(await an_operator(world)) as browser:
        for kind in ("people", "learning", "cards"):
            nothing = await browser.post(f"/operator/{kind}/upload", files={"file": ("", b"", "x/y")})
            assert nothing.status_code == 422
            assert 'id="e-file"' in nothing.text
            empty = await send_list(browser, f"/operator/{kind}/upload", b"")
            assert "文件是空的" in empty.text
            for content, told in ((b"%PDF-1.7 x", "不是工作簿或文本表格"), (b"a,b\n1,2\n", "缺少列")):
                address = (await send_list(browser, f"/operator/{kind}/upload", content)).headers["location"]
                shown = await browser.get(address)
                assert shown.status_code == 200, (kind, told)
                assert told in shown.text, (kind, told)
                assert "/commit" not in shown.text
                assert (await browser.post(f"{address}/commit")).headers["location"] == address
        odd = await send_list(browser, "/operator/people/upload", a_people_list(1), exam="999")
        assert odd.status_code == 422
        assert 'id="e-exam"' in odd.text


async def test_learning_is_reported_from_a_list(world: World) -> None:
    exam, person = await world.exam(), await world.person()
    enrolment = await world.enrolled(exam, person, learned=False)
    document = resident_id(world.made_people)
    content = f"身份证号,年度,学习进度\n{document},2026,85%\n".encode()
    async with world.browser(await an_operator(world)) as browser:
        address = (await send_list(browser, "/operator/learning/upload", content)).headers["location"]
        assert counts_of((await browser.get(address)).text)["新增"] == 1
        both = await asyncio.gather(*(browser.post(f"{address}/commit") for _ in range(2)))
        assert {answer.headers["location"] for answer in both} == {address}
        report = (await browser.get(address)).text
        assert "已写入" in report
        assert counts_of(report)["新增"] == 1
        wrong = f"身份证号,年度,学习进度\n{document},2026,20%\n".encode()
        lower = (await send_list(browser, "/operator/learning/upload", wrong)).headers["location"]
        shown = (await browser.get(lower)).text
        assert "低于系统已有的记录" in shown
        assert "/commit" not in shown
    async with world.services.database.reading() as tx:
        assert (await enrolments.newest_rounds(tx, [enrolment.id]))[enrolment.id] == (1, 85)


async def test_cards_come_into_stock_and_out_of_it(world: World) -> None:
    content = "卡号,激活码,出库日期\nGX0001,123456,2026-05-01\nGX0002,654321,\n".encode()
    async with world.browser(await world.person(Role.OPERATOR)) as browser:
        address = (await send_list(browser, "/operator/cards/upload", content)).headers["location"]
        assert counts_of((await browser.get(address)).text)["新增"] == 2
        await browser.post(f"{address}/commit")
        assert "已写入" in (await browser.get(address)).text
    async with world.services.database.reading() as tx:
        known = await cards.find_cards(tx, ["GX0001", "GX0002"])
    assert [known[number].booked_out_ms is not None for number in ("GX0001", "GX0002")] == [True, False]
