"""人员与权限: the security administrator's pages."""

from examengine.records import accounts, audit
from examengine.records.words import AccountAct, Role
from tests.support.sitting import hidden
from tests.web_staff.steps import WHY, a_security_administrator, filled
from tests.world import World, resident_id

NEW = {
    "name": "新同事",
    "doc_type": "resident_id",
    "unit": "考试中心",
    "region": "450702",
    "role": "support",
    **WHY,
}


async def acts_of(world: World, by: int) -> list[str]:
    async with world.services.database.reading() as tx:
        return [line.act for line in await audit.newest(tx, person_id=by)]


async def test_every_page_opens_for_a_security_administrator_and_for_nobody_else(world: World) -> None:
    by, person_id = await a_security_administrator(world), await world.person(Role.SUPPORT)
    pages = ["/staff", "/staff?role=support", "/staff/new", f"/staff/{person_id}"]
    pages += [f"/staff/{person_id}/{act.value}" for act in (AccountAct.END_SESSIONS, AccountAct.BLOCK)]
    pages.append(f"/staff/{person_id}/give_role?role=author")
    async with world.browser(by) as browser:
        for address in pages:
            assert (await browser.get(address)).status_code == 200, address
    for role in set(Role) - {Role.SECURITY}:
        async with world.browser(await world.person(role)) as browser:
            for address in pages:
                assert (await browser.get(address)).status_code == 403, (role, address)
            for address in ("/staff", "/staff/new", f"/staff/{person_id}/block"):
                assert (await browser.post(address)).status_code == 403, (role, address)
    async with world.browser() as browser:
        assert (await browser.get("/staff")).headers["location"] == "/login?next=/staff"
        assert (await browser.post(f"/staff/{person_id}/block")).status_code == 401


async def test_a_security_administrator_reaches_no_exam_and_no_candidate(world: World) -> None:
    async with world.browser(await a_security_administrator(world)) as browser:
        for address in ("/operator/exams", "/support", "/author/banks", "/marking", "/audit", "/my"):
            assert (await browser.get(address)).status_code == 403, address


async def test_a_role_is_given_from_the_list_to_the_account_and_back(world: World) -> None:
    by, person_id = await a_security_administrator(world), await world.person(Role.AUTHOR, name="林秀兰")
    async with world.browser(by) as browser:
        assert "林秀兰" in (await browser.get("/staff?role=author")).text
        address = f"/staff/{person_id}/give_role?role=support"
        form = (await browser.get(address)).text
        assert "此后的角色：题库作者、客服。马上生效。" in form
        done = await filled(browser, address)
        assert done.headers["location"] == f"/staff/{person_id}?done=give_role"
        page = (await browser.get(done.headers["location"])).text
        for told in ("已办理：授予角色", "授予角色：客服", "到岗，人事处提出。", "RS-2026-1", "蒙秋云"):
            assert told in page, told
        assert "林秀兰" in (await browser.get("/staff?role=support")).text
    assert await acts_of(world, by) == ["view_account", "role_given"]


async def test_taken_rights_end_at_the_next_click(world: World) -> None:
    by, person_id = await a_security_administrator(world), await world.person(Role.SUPPORT)
    async with world.browser(by) as desk, world.browser(person_id) as other:
        assert (await other.get("/support")).status_code == 200
        await filled(desk, f"/staff/{person_id}/take_role?role=support", reason="left")
        assert (await other.get("/support")).headers["location"] == "/login?next=/support"
        world.sign_in(other, person_id)
        assert (await other.get("/support")).status_code == 303, "the old version of the session is void"


async def test_a_form_sent_twice_is_one_act_and_one_password(world: World) -> None:
    by, person_id = await a_security_administrator(world), await world.person(Role.SUPPORT)
    address = f"/staff/{person_id}/hand_out_password"
    async with world.browser(by) as browser:
        form = (await browser.get(address)).text
        sent = {"intent": hidden(form, "intent"), **WHY}
        told = await browser.post(address, data=sent)
        assert told.status_code == 200
        assert "只显示这一次" in told.text
        again = await browser.post(address, data=sent)
        assert again.headers["location"] == f"/staff/{person_id}?done=hand_out_password"
    async with world.services.database.reading() as tx:
        assert (await accounts.get_account(tx, person_id)).session_version == 2


MISSING: tuple[tuple[dict[str, str], str], ...] = (
    ({"reason": ""}, "请选择原因"),
    ({"reason": "nonsense"}, "请选择原因"),
    ({"note": " "}, "请写说明"),
    ({"note": "本人 450702198001010018"}, "不要写证件号"),
    ({"ticket": ""}, "请写申请单或工单号"),
    ({"ticket": "13800000000"}, "单号不能是证件号或手机号"),
    ({"intent": "x"}, "请看过效果，再按一次"),
)


async def test_what_is_missing_is_said_and_what_was_typed_stays(world: World) -> None:
    by, person_id = await a_security_administrator(world), await world.person(Role.SUPPORT)
    async with world.browser(by) as browser:
        for changes, told in MISSING:
            answer = await filled(browser, f"/staff/{person_id}/block", **changes)
            assert told in answer.text, changes
            if "note" not in changes:
                assert WHY["note"] in answer.text
    assert await acts_of(world, by) == []


async def test_an_intent_is_for_one_act_on_one_account(world: World) -> None:
    by = await a_security_administrator(world)
    one, other = await world.person(Role.SUPPORT), await world.person(Role.SUPPORT)
    async with world.browser(by) as browser:
        intent = hidden((await browser.get(f"/staff/{one}/end_sessions")).text, "intent")
        for address in (f"/staff/{other}/end_sessions", f"/staff/{one}/block"):
            answer = await browser.post(address, data={"intent": intent, **WHY})
            assert "请看过效果，再按一次" in answer.text
    assert await acts_of(world, by) == []


async def test_ones_own_account_and_roles_that_do_not_go_are_refused_in_words(world: World) -> None:
    by, auditor = await a_security_administrator(world), await world.person(Role.AUDITOR)
    async with world.browser(by) as browser:
        own = await browser.get(f"/staff/{by}")
        assert "这是您自己的账号" in own.text
        assert "give_role" not in own.text
        refused = await browser.get(f"/staff/{by}/block")
        assert (refused.status_code, "不能办理自己的账号" in refused.text) == (422, True)
        assert '<form method="post" action="/staff/' not in refused.text
        apart = await browser.get(f"/staff/{auditor}/give_role?role=operator")
        assert (apart.status_code, "必须是三个人" in apart.text) == (422, True)
        page = (await browser.get(f"/staff/{auditor}")).text
        assert "不能与审计员兼任" in page


NOWHERE = (
    "/staff/4711",
    "/staff/x",
    "/staff/4711/block",
    "/staff/{id}/nonsense",
    "/staff/{id}/add_account",
    "/staff/{id}/give_role",
    "/staff/{id}/give_role?role=nonsense",
    "/staff/{id}/block?role=support",
)


async def test_what_does_not_exist_is_not_found(world: World) -> None:
    by, person_id = await a_security_administrator(world), await world.person()
    async with world.browser(by) as browser:
        for address in NOWHERE:
            assert (await browser.get(address.format(id=person_id))).status_code == 404, address


async def test_anybody_is_found_by_name_or_number_and_the_search_is_recorded(world: World) -> None:
    by, person_id = await a_security_administrator(world), await world.person(name="农建军")
    number = resident_id(world.made_people)
    async with world.browser(by) as browser:
        for query in ("农建军", number):
            page = (await browser.post("/staff", data={"q": query})).text
            assert f'href="/staff/{person_id}"' in page
            assert number not in page.replace(f'value="{number}"', "")
        assert "没有找到" in (await browser.post("/staff", data={"q": "没有这人"})).text
    assert await acts_of(world, by) == ["find_account"] * 3


async def test_a_new_account_works_with_its_one_time_password(world: World) -> None:
    by, number = await a_security_administrator(world), resident_id(900)
    async with world.browser(by) as browser:
        form = (await browser.get("/staff/new")).text
        sent = {**NEW, "document": number, "intent": hidden(form, "intent")}
        told = await browser.post("/staff/new", data=sent)
        assert told.status_code == 200, told.text
        password = told.text.partition('told-password num">')[2].partition("<")[0]
        again = await browser.post("/staff/new", data=sent)
        assert again.headers["location"].endswith("?done=add_account")
        known = await browser.post(
            "/staff/new", data={**sent, "intent": hidden((await browser.get("/staff/new")).text, "intent")}
        )
        assert (known.status_code, "这个证件号已有账号" in known.text) == (422, True)
        assert "打开这个人的账号" in known.text
    async with world.browser() as browser:
        signed = await browser.post("/login", data={"username": number, "password": password})
        assert signed.headers["location"] == "/password"


async def test_every_error_of_a_new_account_is_told_at_once(world: World) -> None:
    async with world.browser(await a_security_administrator(world)) as browser:
        intent = hidden((await browser.get("/staff/new")).text, "intent")
        wrong = {"name": "1", "document": "450702198001010019", "region": "45", "intent": intent}
        told = await browser.post("/staff/new", data=wrong)
        assert told.status_code == 422
        for text in ("姓名", "校验位不对", "请输入单位", "6 位数字", "请选择角色", "请选择原因", "请写说明"):
            assert text in told.text, text
        assert "450702198001010019" in told.text, "what was typed stays"
