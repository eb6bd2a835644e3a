"""What stands before the pages of staff: the second factor, and the lock on a session that was left alone."""

import pytest

from examengine.accounts.second_factor import STEP_MS, code_at
from examengine.records.words import Role
from examengine.web.door import FIELD, RENEWED_AFTER_MS
from examengine.web.tokens import Session
from tests.support.sitting import hidden
from tests.web_staff.steps import MINUTE, WHY, a_security_administrator, as_in_production, filled, with_a_factor
from tests.world import World, resident_id

HOMES = {
    Role.AUTHOR: "/author/banks",
    Role.SUPPORT: "/support",
    Role.OPERATOR: "/operator/exams",
    Role.MARKER: "/marking",
    Role.SECURITY: "/staff",
    Role.AUDITOR: "/audit",
}


async def test_staff_without_a_second_factor_set_one_up_before_anything_else(world: World) -> None:
    as_in_production(world)
    for role, home in HOMES.items():
        async with world.browser(await world.person(role)) as browser:
            stopped = await browser.get(home)
            assert stopped.status_code == 303
            assert stopped.headers["location"] == f"/second-factor/new?next={home}"
            assert (await browser.get("/second-factor/new")).status_code == 200


async def test_candidates_are_never_asked_for_one(world: World) -> None:
    as_in_production(world)
    async with world.browser(await world.person()) as browser:
        assert (await browser.get("/my")).status_code == 200
        assert (await browser.get("/second-factor")).status_code == 403
        world.clock.advance(3 * 60 * MINUTE)
        assert (await browser.get("/my")).status_code == 200


async def test_where_it_is_optional_work_goes_on_without_it(world: World) -> None:
    as_in_production(world, required=False)
    async with world.browser(await a_security_administrator(world)) as browser:
        assert (await browser.get("/staff")).status_code == 200


async def test_it_is_set_up_shown_at_the_next_sign_in_and_its_codes_go_once(world: World) -> None:
    as_in_production(world)
    person_id = await a_security_administrator(world)
    async with world.browser(person_id) as browser:
        form = (await browser.get("/second-factor/new?next=/staff")).text
        secret = form.partition('class="secret">')[2].partition("<")[0].replace(" ", "")
        assert "<svg" in form
        sent = {"draft": hidden(form, "draft"), "next": "/staff", "code": "000000"}
        wrong = await browser.post("/second-factor/new", data=sent)
        assert wrong.status_code == 422
        assert "验证码不对" in wrong.text
        assert hidden(wrong.text, "draft") == sent["draft"], "the pattern just scanned stays good"
        sent["code"] = code_at(secret, world.now_ms)
        done = await browser.post("/second-factor/new", data=sent)
        assert done.status_code == 200
        codes = [part.partition("<")[0] for part in done.text.split("<code>")[1:]]
        assert len(codes) == 10
        again = await browser.post("/second-factor/new", data=sent)
        assert [part.partition("<")[0] for part in again.text.split("<code>")[1:]] == codes, "a form sent twice"
        assert (await browser.get("/staff")).status_code == 200
    async with world.browser(person_id) as browser:
        assert (await browser.get("/staff?role=support")).headers["location"].startswith("/second-factor?next=/staff")
        asked = await browser.get("/second-factor?next=/staff")
        assert "输入验证码" in asked.text
        assert secret not in asked.text
        used = await browser.post("/second-factor", data={"code": code_at(secret, world.now_ms), "next": "/staff"})
        assert used.status_code == 422
        assert "已经用过" in used.text
        let_in = await browser.post("/second-factor", data={"code": codes[0], "next": "/staff"})
        assert let_in.headers["location"] == "/staff"
        assert (await browser.get("/staff")).status_code == 200
        sent_twice = await browser.post("/second-factor", data={"code": codes[0], "next": "/staff"})
        assert sent_twice.headers["location"] == "/staff"


async def test_no_code_leads_to_another_site(world: World) -> None:
    as_in_production(world)
    person_id = await a_security_administrator(world)
    draft = await with_a_factor(world, person_id)
    async with world.browser(person_id) as browser:
        for address in ("//evil.example", "https://evil.example", "/\\evil.example"):
            page = await browser.get("/second-factor", params={"next": address})
            assert "evil" not in page.text
        gone = await browser.post(
            "/second-factor", data={"code": code_at(draft.secret, world.now_ms), "next": "//evil.example"}
        )
        assert gone.headers["location"] == "/"


async def test_a_password_is_changed_only_after_the_code(world: World) -> None:
    as_in_production(world)
    services = world.services
    password = "Chuntian-2026-shu"
    person_id = await world.person(Role.SECURITY, password_hash=await services.passwords.hashed(password))
    draft = await with_a_factor(world, person_id)
    async with world.browser(person_id) as browser:
        assert (await browser.get("/password")).headers["location"] == "/second-factor?next=/password"
        new = {"current": password, "new": "Qiutian-2027-hua", "again": "Qiutian-2027-hua"}
        assert (await browser.post("/password", data=new)).headers["location"].startswith("/second-factor")
        await browser.post("/second-factor", data={"code": code_at(draft.secret, world.now_ms)})
        changed = await browser.post("/password", data=new)
        assert changed.headers["location"] == "/"
        assert (await browser.get("/staff")).status_code == 200, "the session that changed it goes on, proven"


async def test_a_factor_that_was_replaced_elsewhere_is_asked_for_again(world: World) -> None:
    as_in_production(world)
    person_id = await a_security_administrator(world)
    draft = await with_a_factor(world, person_id)
    async with world.browser(person_id) as browser:
        await browser.post("/second-factor", data={"code": code_at(draft.secret, world.now_ms)})
        assert (await browser.get("/staff")).status_code == 200
        world.clock.advance(STEP_MS)
        await with_a_factor(world, person_id)
        assert (await browser.get("/staff")).headers["location"].startswith("/second-factor")


@pytest.mark.parametrize(("left_ms", "is_locked"), [(1, False), (0, True), (-1, True)])
async def test_a_session_locks_after_half_an_hour_without_an_act(world: World, left_ms: int, is_locked: bool) -> None:
    as_in_production(world, required=False)
    async with world.browser(await a_security_administrator(world)) as browser:
        world.clock.advance(30 * MINUTE - left_ms)
        told = await browser.get("/staff")
        assert told.status_code == (303 if is_locked else 200)
        if is_locked:
            assert told.headers["location"] == "/unlock?next=/staff"
            asked = await browser.get("/staff", headers={"hx-request": "true", "hx-current-url": "http://x/staff"})
            assert asked.headers["hx-redirect"] == "/unlock?next=/staff"
            page = await browser.get("/unlock?next=/staff")
            assert "请验证是您本人" in page.text
        else:
            assert (await browser.get("/unlock?next=/staff")).headers["location"] == "/staff"


async def test_every_act_holds_the_lock_off_until_the_session_ends_for_good(world: World) -> None:
    as_in_production(world, required=False)
    async with world.browser(await a_security_administrator(world)) as browser:
        told = await browser.get("/staff")
        assert "set-cookie" not in told.headers, "not a cookie a request"
        for _ in range(24):
            world.clock.advance(29 * MINUTE)
            told = await browser.get("/staff")
            assert told.status_code == 200
            assert "session=" in told.headers["set-cookie"]
        world.clock.advance(24 * MINUTE)
        assert (await browser.get("/staff")).headers["location"] == "/login?next=/staff", "twelve hours are over"


async def test_a_locked_session_goes_on_with_a_code(world: World) -> None:
    as_in_production(world)
    person_id = await a_security_administrator(world)
    draft = await with_a_factor(world, person_id)
    async with world.browser(person_id) as browser:
        await browser.post("/second-factor", data={"code": code_at(draft.secret, world.now_ms)})
        world.clock.advance(40 * MINUTE)
        page = await browser.get("/unlock?next=/staff")
        assert "6 位数字" in page.text
        assert 'type="password"' not in page.text
        wrong = await browser.post("/unlock", data={FIELD: "000000", "next": "/staff"})
        assert (wrong.status_code, "验证码不对" in wrong.text) == (422, True)
        opened = await browser.post("/unlock", data={FIELD: code_at(draft.secret, world.now_ms), "next": "/staff"})
        assert opened.headers["location"] == "/staff"
        assert (await browser.get("/staff")).status_code == 200


async def test_a_form_that_was_sent_after_the_lock_is_not_lost(world: World) -> None:
    as_in_production(world, required=False)
    password = "Chuntian-2026-shu"
    password_hash = await world.services.passwords.hashed(password)
    by = await world.person(Role.SECURITY, password_hash=password_hash)
    person_id = await world.person(Role.AUTHOR)
    address = f"/staff/{person_id}/give_role?role=support"
    async with world.browser(by) as browser:
        form = await browser.get(address)
        fields = {"intent": hidden(form.text, "intent"), **WHY, "note": "一段写了很久的 <说明>"}
        world.clock.advance(31 * MINUTE)
        held = await browser.post(address, data=fields)
        assert held.status_code == 401
        assert "刚才填写的内容还在" in held.text
        assert "一段写了很久的 &lt;说明&gt;" in held.text
        wrong = await browser.post(address, data={**fields, FIELD: "nonsense"})
        assert (wrong.status_code, "密码不对" in wrong.text) == (422, True)
        done = await browser.post(address, data={**fields, FIELD: password})
        assert done.headers["location"] == f"/staff/{person_id}?done=give_role"
        page = (await browser.get(done.headers["location"])).text
        assert "一段写了很久的 &lt;说明&gt;" in page


async def test_a_file_that_was_sent_after_the_lock_is_chosen_again(world: World) -> None:
    as_in_production(world, required=False)
    async with world.browser(await world.person(Role.OPERATOR)) as browser:
        world.clock.advance(31 * MINUTE)
        told = await browser.post(
            "/operator/people/upload",
            files={"file": ("x.xlsx", b"\xff\xfe" * 9)},
            headers={"referer": "http://testserver/operator/people"},
        )
        assert told.status_code == 401
        assert "再上传一次" in told.text
        assert 'action="/unlock"' in told.text
        assert hidden(told.text, "next") == "/operator/people"


async def test_a_script_is_told_that_the_session_is_locked(world: World) -> None:
    as_in_production(world, required=False)
    async with world.browser(await a_security_administrator(world)) as browser:
        world.clock.advance(31 * MINUTE)
        told = await browser.get("/staff", headers={"accept": "application/json"})
        assert (told.status_code, told.json()["word"]) == (401, "locked")


async def test_a_wall_that_nobody_touches_stays_readable_and_holds_nothing_open(world: World) -> None:
    as_in_production(world, required=False)
    async with world.browser(await world.person(Role.OPERATOR)) as browser:
        for _ in range(3):
            world.clock.advance(15 * MINUTE)
            told = await browser.get("/operator/wall")
            assert told.status_code == 200
            assert "session=" not in told.headers.get("set-cookie", "")
            refreshed = await browser.get("/operator/wall/table", headers={"hx-request": "true"})
            assert "session=" not in refreshed.headers.get("set-cookie", "")
        assert refreshed.headers["hx-redirect"].startswith("/unlock"), "names are shown to nobody any more"
        assert (await browser.get("/operator/exams")).headers["location"].startswith("/unlock")


async def test_a_locked_session_with_many_wrong_passwords_waits(world: World) -> None:
    as_in_production(world, required=False)
    async with world.browser(await a_security_administrator(world)) as browser:
        world.clock.advance(31 * MINUTE)
        told = [await browser.post("/unlock", data={FIELD: "nonsense", "next": "/staff"}) for _ in range(6)]
        assert [one.status_code for one in told] == [422] * 5 + [429]
        assert "请等 30 秒再试" in told[-1].text


def test_idle_time_counts_from_the_last_act_or_the_sign_in() -> None:
    assert Session(1, 1, 1_000, 9_000).idle_ms(1_500) == 500
    assert Session(1, 1, 1_000, 9_000, seen_ms=1_400).idle_ms(1_500) == 100
    assert RENEWED_AFTER_MS == MINUTE


async def test_ones_own_second_factor_is_looked_after(world: World) -> None:
    as_in_production(world, required=False)
    person_id = await a_security_administrator(world)
    async with world.browser(person_id) as browser:
        assert "还没有启用" in (await browser.get("/second-factor")).text
        draft = await with_a_factor(world, person_id)
        await browser.post("/second-factor", data={"code": code_at(draft.secret, world.now_ms)})
        assert "恢复码还剩 10 个" in (await browser.get("/second-factor")).text
        unproven = await browser.post("/second-factor/codes", data={"code": "000000"})
        assert unproven.status_code == 422
        world.clock.advance(STEP_MS)
        fresh = await browser.post("/second-factor/codes", data={"code": code_at(draft.secret, world.now_ms)})
        assert fresh.text.count("<code>") == 10
        code = fresh.text.partition("<code>")[2].partition("<")[0]
        removed = await browser.post("/second-factor/remove", data={"code": code})
        assert removed.headers["location"] == "/second-factor"
        assert "还没有启用" in (await browser.get("/second-factor")).text
        assert (await browser.get("/staff")).status_code == 200


async def test_another_telephone_needs_a_code_of_just_now(world: World) -> None:
    as_in_production(world)
    person_id = await a_security_administrator(world)
    draft = await with_a_factor(world, person_id)
    async with world.browser(person_id) as browser:
        await browser.post("/second-factor", data={"code": code_at(draft.secret, world.now_ms)})
        assert (await browser.get("/second-factor/new")).status_code == 200
        world.clock.advance(10 * MINUTE)
        asked = await browser.get("/second-factor/new")
        assert asked.headers["location"] == "/second-factor?next=/second-factor/new"
        assert "输入验证码" in (await browser.get(asked.headers["location"])).text
        shown = {"code": code_at(draft.secret, world.now_ms), "next": "/second-factor/new"}
        assert (await browser.post("/second-factor", data=shown)).headers["location"] == "/second-factor/new"
        assert "都作废" in (await browser.get("/second-factor/new")).text


async def test_nobody_makes_a_desk_that_was_left_his_own(world: World) -> None:
    as_in_production(world, required=False)
    async with world.browser(await a_security_administrator(world)) as browser:
        world.clock.advance(31 * MINUTE)
        assert (await browser.get("/second-factor/new")).headers["location"] == "/unlock?next=/second-factor"
        for address in ("/second-factor/new", "/second-factor/codes", "/second-factor/remove"):
            assert (await browser.post(address)).headers["location"] == "/unlock?next=/second-factor"


async def test_where_it_is_required_nobody_removes_it(world: World) -> None:
    as_in_production(world)
    person_id = await a_security_administrator(world)
    draft = await with_a_factor(world, person_id)
    async with world.browser(person_id) as browser:
        await browser.post("/second-factor", data={"code": code_at(draft.secret, world.now_ms)})
        assert "停用双重验证" not in (await browser.get("/second-factor")).text
        world.clock.advance(STEP_MS)
        told = await browser.post("/second-factor/remove", data={"code": code_at(draft.secret, world.now_ms)})
        assert told.status_code == 403


async def test_a_reset_factor_and_ended_sessions_count_at_once(world: World) -> None:
    as_in_production(world)
    by, person_id = await a_security_administrator(world), await world.person(Role.OPERATOR)
    drafts = [await with_a_factor(world, by), await with_a_factor(world, person_id)]
    world.clock.advance(STEP_MS)
    async with world.browser(by) as desk, world.browser(person_id) as other:
        for browser, draft in zip((desk, other), drafts, strict=True):
            await browser.post("/second-factor", data={"code": code_at(draft.secret, world.now_ms)})
        assert (await other.get("/operator/exams")).status_code == 200
        done = await filled(desk, f"/staff/{person_id}/reset_factor")
        assert done.status_code == 303
        assert (await other.get("/operator/exams")).headers["location"] == "/login?next=/operator/exams"


async def test_a_whole_sign_in_with_password_and_code(world: World) -> None:
    as_in_production(world)
    password = "Chuntian-2026-shu"
    person_id = await world.person(Role.AUDITOR, password_hash=await world.services.passwords.hashed(password))
    number = resident_id(world.made_people)
    draft = await with_a_factor(world, person_id)
    async with world.browser() as browser:
        signed = await browser.post("/login", data={"username": number, "password": password})
        assert signed.headers["location"] == "/"
        assert (await browser.get("/")).headers["location"] == "/audit"
        assert (await browser.get("/audit")).headers["location"] == "/second-factor?next=/audit"
        sent = {"code": code_at(draft.secret, world.now_ms), "next": "/audit"}
        assert (await browser.post("/second-factor", data=sent)).headers["location"] == "/audit"
        assert (await browser.get("/audit")).status_code == 200
