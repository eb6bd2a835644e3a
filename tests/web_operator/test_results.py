"""Results in lists, taken out with a reason, and a paper printed for an appeal."""

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
import pypdfium2
import pytest
import python_calamine

from examengine.accounts.passwords import Passwords
from examengine.live import CloseReason
from examengine.records import audit, people, results, roles
from examengine.records.audit import AuditLine
from examengine.records.enrolments import Enrolment
from examengine.records.exams import Exam
from examengine.records.words import Role
from examengine.reporting import tallying
from examengine.sittings.finish import Ended
from examengine.web.operator.result_exports import FETCH_MS
from tests.world import CHEAP, World

PASSWORD = "Operator-2026-good"
ASKED = {"reason": "report", "note": "报市局备案", "ticket": "7号", "intent": "0" * 32}


@dataclass(frozen=True)
class Sat:
    person_id: int
    enrolment: Enrolment
    attempt_id: int


async def sat(world: World, exam: Exam, name: str, *, right: bool) -> Sat:
    """A candidate who has handed in."""
    person_id = await world.person(name=name)
    enrolment = await world.enrolled(exam, person_id)
    attempt_id = await world.started(enrolment)
    pen = await world.pen(attempt_id, person_id)
    answers = await world.right_answers(attempt_id)
    await world.answer(pen, answers if right else dict(list(answers.items())[:3]))
    ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert isinstance(ended, Ended), ended
    return Sat(person_id, enrolment, attempt_id)


async def an_operator(world: World) -> int:
    passwords = Passwords(cost=CHEAP)
    try:
        return await world.person(Role.OPERATOR, name="周敏", password_hash=await passwords.hashed(PASSWORD))
    finally:
        passwords.close()


async def acts(world: World, act: str) -> list[AuditLine]:
    async with world.services.database.reading() as tx:
        return [line for line in await audit.newest(tx) if line.act == act]


def rows_of(page: httpx2.Response) -> list[str]:
    return re.findall(r'href="/operator/results/people/\d+">([^<]+)<', page.text)


async def test_a_list_is_found_by_exam_year_region_unit_and_result(world: World) -> None:
    exam = await world.exam()
    good, bad = await sat(world, exam, "甲通过", right=True), await sat(world, exam, "=乙未过", right=False)
    await world.enrolled(exam, await world.person(name="丙未考"))
    async with world.browser(await an_operator(world)) as browser:
        overview = await browser.get("/operator/results")
        assert f"/operator/results/{exam.id}?year={exam.credit_year}" in overview.text
        assert "50.0%" in overview.text
        here = f"/operator/results/{exam.id}"
        assert rows_of(await browser.get(here)) == ["甲通过", "=乙未过", "丙未考"]
        for asked, found in (
            ("standing=pass", ["甲通过"]),
            ("standing=fail", ["=乙未过"]),
            ("standing=none", ["丙未考"]),
            ("standing=pending", []),
            ("region=4507&unit=第一", ["甲通过", "=乙未过", "丙未考"]),
            ("region=4508", []),
            ("unit=第二", []),
            ("year=1999&standing=nonsense&region=%27%3B&unit=%00", ["甲通过", "=乙未过", "丙未考"]),
            ("after=x.y.z&before=", ["甲通过", "=乙未过", "丙未考"]),
            (f"after={good.enrolment.id}.450702.第一中学", ["=乙未过", "丙未考"]),
            (f"before={bad.enrolment.id}.450702.第一中学", ["甲通过"]),
        ):
            page = await browser.get(f"{here}?{asked}")
            assert (page.status_code, rows_of(page)) == (200, found), asked
        assert "450702********" in page.text
        assert (await browser.get(f"{here}/rates")).text.count("450702") > 0
        assert "第一中学" in (await browser.get(f"{here}/rates?region=4507")).text
        for missing in ("/operator/results/999", "/operator/results/x", "/operator/results/999/rates"):
            assert (await browser.get(missing)).status_code == 404, missing
    seen = await acts(world, "list_results")
    assert {line.object_id for line in seen} == {exam.id}
    assert all("name" not in json.dumps(dict(line.facts)) for line in seen)


async def take(browser: httpx2.AsyncClient, exam: Exam, **changes: Any) -> httpx2.Response:
    data = {name: value for name, value in {**ASKED, **changes}.items() if value is not None}
    return await browser.post(f"/operator/results/{exam.id}/export?year={exam.credit_year}", data=data)


def sheets(content: bytes) -> Mapping[str, list[list[object]]]:
    with python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


async def test_a_list_goes_out_with_a_reason_and_masked_numbers(world: World) -> None:
    exam = await world.exam()
    await sat(world, exam, "甲通过", right=True)
    await sat(world, exam, "=乙未过", right=False)
    operator = await an_operator(world)
    async with world.browser(operator) as browser:
        assert "登记并导出 2 人" in (await browser.get(f"/operator/results/{exam.id}/export")).text
        for wrong in ({"reason": "x"}, {"note": " "}, {"full": "1"}):
            refused = await take(browser, exam, **wrong)
            assert refused.status_code == 422, wrong
        first, again = await take(browser, exam), await take(browser, exam)
        address = first.headers["location"]
        assert again.headers["location"] == address
        assert (await take(browser, exam, note="报省厅备案")).headers["location"] != address
        assert "报市局备案" in (await browser.get(address)).text
        fetched = await browser.get(f"{address}/file.xlsx")
        found = sheets(fetched.content)
        assert [row[0] for row in found["成绩"][1:]] == ["甲通过", "=乙未过"]
        assert [row[6] for row in found["成绩"][1:]] == ["及格", "不及格"]
        assert found["成绩"][1][7] == 100.0
        assert all(str(row[2]).startswith("450702********") for row in found["成绩"][1:])
        assert ["导出人", "周敏"] in found["说明"]
        assert "报市局备案" in (await browser.get("/operator/results/exports")).text
        world.clock.advance(FETCH_MS)  # type: ignore[union-attr]
        world.sign_in(browser, operator)
        assert (await browser.get(f"{address}/file.xlsx")).status_code == 303
        assert "请重新申请" in (await browser.get(address)).text
    _other, asked = await acts(world, "ask_results")
    assert asked.facts["full_numbers"] is False
    assert "备案" not in json.dumps(dict(asked.facts), ensure_ascii=False)
    assert len(await acts(world, "take_results")) == 1


async def test_whole_numbers_ask_for_the_password_and_the_file_is_for_whoever_asked(world: World) -> None:
    exam = await world.exam()
    await sat(world, exam, "甲通过", right=True)
    async with world.browser(await an_operator(world)) as browser:
        refused = await take(browser, exam, full="1", password="wrong")
        assert (refused.status_code, "密码不对" in refused.text) == (422, True)
        assert not await acts(world, "ask_results")
        address = (await take(browser, exam, full="1", password=PASSWORD)).headers["location"]
        found = sheets((await browser.get(f"{address}/file.xlsx")).content)
        assert re.fullmatch(r"\d{17}[\dX]", str(found["成绩"][1][2]))
    async with world.browser(await an_operator(world)) as browser:
        assert (await browser.get(f"{address}/file.xlsx")).status_code == 404
        assert "只有申请人能下载" in (await browser.get(address)).text
        assert (await browser.get("/operator/results/exports/999")).status_code == 404


def text_of(drawn: bytes) -> str:
    document = pypdfium2.PdfDocument(drawn)
    texts = []
    for number in range(len(document)):
        page = document[number]
        text_page = page.get_textpage()
        texts.append(text_page.get_text_range())
        text_page.close()
        page.close()
    document.close()
    return "".join(texts)


async def test_a_paper_is_printed_with_what_was_answered_and_the_key_only_for_the_house(world: World) -> None:
    exam = await world.exam()
    who = await sat(world, exam, "阿依古丽·买买提", right=False)
    operator = await an_operator(world)
    here = f"/operator/results/attempts/{who.attempt_id}/paper"
    async with world.browser(operator) as browser:
        assert "打印答卷" in (await browser.get(f"/operator/results/people/{who.person_id}")).text
        assert (await browser.get(here)).status_code == 200
        wrong = await browser.post(here, data={"reason": "appeal"})
        assert (wrong.status_code, "请写申请的文号" in wrong.text) == (422, True)
        data = {"reason": "appeal", "ticket": "申诉 3 号"}
        outside = text_of((await browser.post(here, data=data)).content)
        inside = text_of((await browser.post(here, data={**data, "with_key": "1", "full": "1"})).content)
    for told in ("阿依古丽·买买提", "答：", "未答", "周敏", "单选题"):
        assert told in outside, told
        assert told in inside, told
    assert "标准答案" not in outside
    assert not re.search(r"得 \d", outside)
    assert "450702********" in outside
    assert "标准答案" in inside
    assert "不得外传" in inside
    assert not re.search(r"450702\*", inside)
    lines = await acts(world, "print_paper")
    assert [line.facts["with_key"] for line in lines] == [True, False]
    assert {line.object_id for line in lines} == {who.attempt_id}


async def test_what_runs_or_does_not_exist_is_not_printed_and_nobody_prints_his_own_key(world: World) -> None:
    exam = await world.exam()
    person_id, _enrolment, running = await world.a_candidate_in_an_exam()
    own = await sat(world, exam, "兼考的人", right=True)
    async with world.services.database.writing() as tx:
        await roles.grant_role(tx, own.person_id, Role.OPERATOR, None, world.now_ms)
    async with world.browser(own.person_id) as browser:
        for missing in (running, 999):
            assert (await browser.get(f"/operator/results/attempts/{missing}/paper")).status_code == 404
        assert "进行中" in (await browser.get(f"/operator/results/people/{person_id}")).text
        assert (await browser.get("/operator/results/people/999")).status_code == 404
        data = {"reason": "appeal", "ticket": "1", "with_key": "1"}
        refused = await browser.post(f"/operator/results/attempts/{own.attempt_id}/paper", data=data)
        assert (refused.status_code, "另一位同事" in refused.text) == (422, True)


async def test_a_person_is_found_by_the_whole_number_and_the_number_is_kept_nowhere(world: World) -> None:
    exam = await world.exam()
    who = await sat(world, exam, "甲通过", right=True)
    async with world.services.database.reading() as tx:
        person = await people.get_person(tx, world.services.vault, who.person_id)
    assert person.profile is not None
    async with world.browser(await an_operator(world)) as browser:
        found = await browser.post("/operator/results/find", data={"q": f" {person.profile.document} "})
        assert found.headers["location"] == f"/operator/results/people/{who.person_id}"
        for typed in ("", "450", "450702198001019999"):
            nobody = await browser.post("/operator/results/find", data={"q": typed})
            assert "没有找到" in nobody.text
    assert person.profile.document not in json.dumps(
        [dict(line.facts) for line in await acts(world, "search_results")]
    )


async def test_results_are_for_operators(world: World) -> None:
    exam = await world.exam()
    who = await sat(world, exam, "甲通过", right=True)
    gets = (
        "/operator/results",
        f"/operator/results/{exam.id}",
        f"/operator/results/{exam.id}/rates",
        f"/operator/results/{exam.id}/export",
        "/operator/results/exports",
        "/operator/results/exports/1",
        "/operator/results/exports/1/file.xlsx",
        f"/operator/results/people/{who.person_id}",
        f"/operator/results/attempts/{who.attempt_id}/paper",
    )
    posts = ("/operator/results/find", gets[3], gets[-1])
    for role in (Role.CANDIDATE, Role.SUPPORT, Role.AUTHOR, Role.MARKER):
        async with world.browser(await world.person(role)) as browser:
            for address in gets:
                assert (await browser.get(address)).status_code == 403, (role, address)
            for address in posts:
                assert (await browser.post(address)).status_code == 403, (role, address)


async def test_changes_are_added_up_once_there_are_enough(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    exam = await world.exam()
    await world.crowd(exam, 4)
    await sat(world, exam, "甲通过", right=True)
    tallier = world.services.tallier
    assert not await tallier.add_up()
    async with world.services.database.reading() as tx:
        before, told = await results.count_changes(tx), await results.overview(tx)
    assert before == 7
    monkeypatch.setattr(tallying, "ENOUGH", 5)
    assert await tallier.add_up()
    assert not await tallier.add_up()
    async with world.services.database.reading() as tx:
        assert (await results.count_changes(tx), await results.overview(tx)) == (2, told)
