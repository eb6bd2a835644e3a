"""审计: who did what to what; the state of the evidence; lines as a file that proves itself."""

import io
import json

import httpx2
import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from examengine.evidence.faults import What
from examengine.evidence.files import AUDIT, FileError, check_file
from examengine.records import audit
from examengine.records.audit_lines import Wanted, export_lines
from examengine.records.tables import audit as audit_table
from examengine.records.words import Role
from examengine.sittings.notary import SIGN_EVERY_MS, trusted_keys
from tests.world import EVIDENCE_KEYS, World, resident_id

TRUSTED = trusted_keys(EVIDENCE_KEYS)
DAY_MS = 86_400_000


async def an_auditor(world: World) -> int:
    return await world.person(Role.AUDITOR, name="龙志坚")


async def noted(world: World, by: int | None, act: str, kind: str = "person", object_id: int | None = 1) -> None:
    async with world.services.database.writing() as tx:
        await audit.append(tx, world.now_ms, by, act, kind, object_id, {"role": "support"})


async def signed(world: World) -> None:
    world.clock.advance(SIGN_EVERY_MS)
    await world.services.notary.note(world.now_ms)


async def acts_of(world: World, by: int) -> list[str]:
    async with world.services.database.reading() as tx:
        return [line.act for line in await audit.newest(tx, person_id=by)]


async def exported(browser: httpx2.AsyncClient, **fields: str) -> httpx2.Response:
    return await browser.post("/audit/export", data={"reason": "季度检查", "as": "json", **fields})


async def test_the_page_is_the_auditors_and_he_reaches_nothing_else(world: World) -> None:
    for role in set(Role) - {Role.AUDITOR}:
        async with world.browser(await world.person(role)) as browser:
            assert (await browser.get("/audit")).status_code == 403, role
            for address in ("/audit/person", "/audit/verify", "/audit/export"):
                assert (await browser.post(address)).status_code == 403, (role, address)
    async with world.browser(await an_auditor(world)) as browser:
        assert (await browser.get("/audit")).status_code == 200
        for address in ("/staff", "/operator/exams", "/support", "/author/banks", "/marking", "/my"):
            assert (await browser.get(address)).status_code == 403, address
    async with world.browser() as browser:
        assert (await browser.get("/audit")).headers["location"] == "/login?next=/audit"


async def test_lines_are_told_in_words_newest_first(world: World) -> None:
    agent = await world.person(Role.SUPPORT, name="林秀兰")
    await noted(world, agent, "role_given", "person", 77)
    await noted(world, None, "finish_correction", "correction", 4)
    async with world.browser(await an_auditor(world)) as browser:
        page = (await browser.get("/audit")).text
    for told in ("林秀兰", "授予角色", "人员 77", "角色 客服", "系统", "答案更正执行完", "答案更正 4"):
        assert told in page, told
    assert page.index("答案更正执行完") < page.index("授予角色")


async def test_lines_are_found_by_object_group_doer_and_day(world: World) -> None:
    one, other = await world.person(Role.SUPPORT, name="林秀兰"), await world.person(Role.AUTHOR, name="陈志远")
    await noted(world, one, "extra_time", "attempt", 5)
    world.clock.advance(DAY_MS)
    await noted(world, other, "release", "bank", 5)
    async with world.browser(await an_auditor(world)) as browser:

        async def told(query: str) -> tuple[bool, bool]:
            page = (await browser.get(f"/audit?{query}")).text.partition("<tbody>")[2]
            return "补时" in page, "发布题库" in page

        assert await told("") == (True, True)
        assert await told("kind=attempt&id=5") == (True, False)
        assert await told("kind=bank") == (False, True)
        assert await told("group=desk") == (True, False)
        assert await told(f"by={other}") == (False, True)
        assert await told("from=2026-06-02") == (False, True)
        assert await told("to=2026-06-01") == (True, False)
        assert await told("from=2026-06-01&to=2026-06-02") == (True, True)
        assert await told("from=2026-06-03") == (False, False)


async def test_everything_about_a_person_is_found_with_his_enrolments_and_attempts(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    number, agent = resident_id(1), await world.person(Role.SUPPORT)
    await noted(world, agent, "view_person", "person", person_id)
    await noted(world, agent, "grant", "enrolment", enrolment.id)
    await noted(world, agent, "extra_time", "attempt", attempt_id)
    await noted(world, agent, "void", "attempt", attempt_id + 999)
    auditor = await an_auditor(world)
    async with world.browser(auditor) as browser:
        sent = await browser.post("/audit/person", data={"who": number, "side": "about"})
        assert sent.headers["location"] == f"/audit?about={person_id}"
        page = (await browser.get(sent.headers["location"])).text
        lines = page.partition("<tbody>")[2].partition("查询条件")[2] or page
        for told in ("查看考生资料", "增加考试次数", "补时"):
            assert told in lines, told
        assert "作废考试" not in page
        assert number not in page
        assert "张三" in page
        by = await browser.post("/audit/person", data={"who": number, "side": "by"})
        assert by.headers["location"] == f"/audit?by={person_id}"
    assert "audit_viewed" in await acts_of(world, auditor), "that he looked at a person is recorded"


async def test_a_person_who_is_not_found_is_said(world: World) -> None:
    await world.person()
    await world.person()
    async with world.browser(await an_auditor(world)) as browser:
        for who, told in (("", "请输入姓名或证件号"), ("没有这人", "没有找到"), ("张三", "不止一个人")):
            answer = await browser.post("/audit/person", data={"who": who})
            assert (answer.status_code, told in answer.text) == (422, True), who


WRONG = (
    ("from=yesterday", "日期写成"),
    ("from=2026-02-30", "日期写成"),
    ("from=0001-01-01", "日期写成"),
    ("from=2026-06-02&to=2026-06-01", "结束日期早于开始日期"),
    ("kind=bank&id=x", "编号是数字"),
    ("id=5", "请同时选择对象种类"),
    ("by=x", "编号是数字"),
)


async def test_fields_that_cannot_be_understood_are_said(world: World) -> None:
    async with world.browser(await an_auditor(world)) as browser:
        for query, told in WRONG:
            answer = await browser.get(f"/audit?{query}")
            assert (answer.status_code, told in answer.text) == (422, True), query


async def test_older_lines_are_a_page_further(world: World) -> None:
    async with world.services.database.writing() as tx:
        for n in range(150):
            await audit.append(tx, world.now_ms, None, "enrol", "exam", n)
    async with world.browser(await an_auditor(world)) as browser:
        first = (await browser.get("/audit?group=lists")).text
        older = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        second = (await browser.get(older)).text
        assert (first.count("批量报名"), second.count("批量报名")) == (100, 50)
        assert 'rel="next"' not in second


async def test_the_chain_is_shown_and_verified(world: World) -> None:
    auditor = await an_auditor(world)
    async with world.browser(auditor) as browser:
        assert "还没有签名" in (await browser.get("/audit")).text
        await noted(world, None, "enrol", "exam", 1)
        await signed(world)
        page = (await browser.get("/audit")).text
        assert "第 1 环" in page
        assert "正常" in page
        told = await browser.post("/audit/verify")
        assert "一致：已核验最近 1 环" in told.text
    assert await acts_of(world, auditor) == ["evidence_checked"]


async def test_a_line_that_was_altered_is_found_and_named(world: World) -> None:
    await noted(world, None, "enrol", "exam", 1)
    await signed(world)
    async with world.services.database.writing() as tx:
        await tx.run(update(audit_table).values(object_id=2))
    async with world.browser(await an_auditor(world)) as browser:
        told = (await browser.post("/audit/verify")).text
        assert "不一致" in told
        assert "记录被改动" in told


async def test_a_chain_whose_signature_is_late_is_said(world: World) -> None:
    await noted(world, None, "enrol", "exam", 1)
    await signed(world)
    await noted(world, None, "enrol", "exam", 2)
    async with world.browser(await an_auditor(world)) as browser:
        world.clock.advance(5 * 60_000)
        assert "签名落后" not in (await browser.get("/audit")).text
        world.clock.advance(1)
        assert "签名落后" in (await browser.get("/audit")).text


async def test_an_export_proves_itself_and_leaves_out_what_is_not_signed(world: World) -> None:
    agent, auditor = await world.person(Role.SUPPORT), await an_auditor(world)
    for n in range(5):
        await noted(world, agent, "extra_time", "attempt", n)
        if n in {1, 3}:
            await signed(world)
    async with world.browser(auditor) as browser:
        answer = await exported(browser, by=str(agent))
    assert answer.headers["content-type"].startswith("application/json")
    assert "attachment" in answer.headers["content-disposition"]
    checked = check_file(answer.content, TRUSTED)
    assert (checked.about, checked.ref, checked.fault) == (AUDIT, "4", None)
    found = json.loads(answer.content)
    assert [line["row"]["object_id"] for line in found["lines"]] == [0, 1, 2, 3]
    assert len(found["checkpoints"]) == 2
    assert await acts_of(world, auditor) == ["audit_exported"]


async def test_an_altered_export_is_found(world: World) -> None:
    for n in range(3):
        await noted(world, None, "extra_time", "attempt", n)
    await signed(world)
    async with world.services.database.reading() as tx:
        made = await export_lines(tx, Wanted(), "全部")
    assert (made.lines, made.unsigned, made.more) == (3, 0, False)
    found = json.loads(made.content)
    found["lines"][1]["row"]["object_id"] = 99
    fault = check_file(json.dumps(found).encode(), TRUSTED).fault
    assert fault is not None
    assert (fault.what, fault.kind, fault.ref) == (What.FACT_ALTERED, "audit", found["lines"][1]["row"]["id"])
    unknown = check_file(made.content, {"0" * 16: bytes(32)}).fault
    assert unknown is not None
    assert unknown.what is What.KEY_UNKNOWN
    found["lines"][1]["kind"] = "entry"
    assert check_file(json.dumps(found).encode(), TRUSTED).fault is not None
    del found["lines"][1]["row"]["id"]
    with pytest.raises(FileError):
        check_file(json.dumps(found).encode(), TRUSTED)


async def test_an_export_is_bounded_to_the_newest(world: World) -> None:
    for n in range(3):
        await noted(world, None, "extra_time", "attempt", n)
    await signed(world)
    async with world.services.database.reading() as tx:
        made = await export_lines(tx, Wanted(), "全部", limit=2)
    assert (made.lines, made.more) == (2, True)
    assert [line["row"]["object_id"] for line in json.loads(made.content)["lines"]] == [1, 2]


async def test_a_workbook_holds_text_and_no_commands(world: World) -> None:
    agent, auditor = await world.person(Role.SUPPORT, name="林秀兰"), await an_auditor(world)
    async with world.services.database.writing() as tx:
        await audit.append(tx, world.now_ms, agent, "=1+1", "person", 3, {"ticket": "=cmd|' /C calc'!A0"})
    async with world.browser(auditor) as browser:
        answer = await exported(browser, **{"as": "xlsx"}, reason="=HYPERLINK(1)")
    book = load_workbook(io.BytesIO(answer.content))
    rows = list(book["审计记录"].iter_rows())
    assert [cell.value for cell in rows[1]][2:6] == ["林秀兰", str(agent), "=1+1", "人员 3"]
    about = {row[0].value: row[1] for row in book["说明"].iter_rows()}
    for cell in (*rows[1], *about.values()):
        assert cell.data_type != "f"
        assert cell.number_format == "@"
    assert about["导出人"].value == "龙志坚"
    assert about["用途"].value == "=HYPERLINK(1)"


async def test_an_export_needs_its_purpose(world: World) -> None:
    async with world.browser(await an_auditor(world)) as browser:
        answer = await exported(browser, reason="")
        assert (answer.status_code, "请写导出的用途" in answer.text) == (422, True)
