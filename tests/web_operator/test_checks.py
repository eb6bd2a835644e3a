"""Publishing is refused while a red check stands unsigned; whoever signs is named, with his reason."""

import re
from dataclasses import replace
from html import unescape

import httpx2

from examengine.publishing.signing import SIGNED_FOR_MS
from examengine.records import audit, checks, duties, exams
from examengine.records.checks import Backup, Drill, Subject
from examengine.records.words import Role
from examengine.web.hotline import GOOD_FOR_MS, HotlineBoard, Shown
from tests.web_operator.steps import a_release, practice, publish, put_on_duty
from tests.world import World

WHY = "本周内安排值班，主任已同意"


async def confirmed(browser: httpx2.AsyncClient, world: World) -> tuple[str, int]:
    """Rulebook and release that nothing but the surroundings keeps from being published."""
    digest, release = await practice(browser), await a_release(world)
    await browser.post("/operator/publish/confirm", data={"rulebook": digest, "release": str(release), "all": "1"})
    return digest, release


async def signing_form(browser: httpx2.AsyncClient, digest: str, release: int) -> dict[str, list[str]]:
    """The form of the page as it stands, every red check ticked."""
    shown = (await browser.get(f"/operator/publish?rulebook={digest}&release={release}")).text
    form = shown[shown.index('action="/operator/publish/sign"') :]
    fields = dict(re.findall(r'name="(intent|rulebook|release|blueprint)" value="([^"]*)"', form))
    return {
        **{name: [value] for name, value in fields.items()},
        "check": re.findall(r'name="check" value="([^"]+)"', form),
        "reason": [WHY],
    }


async def an_operator_alone(world: World) -> int:
    """Nobody is on duty."""
    return await world.person(Role.OPERATOR, name="周敏")


async def test_a_red_check_is_refused_until_somebody_answers_for_it(world: World) -> None:
    operator = await an_operator_alone(world)
    async with world.browser(operator) as browser:
        digest, release = await confirmed(browser, world)
        shown = (await browser.get(f"/operator/publish?rulebook={digest}&release={release}")).text
        assert "开放首日没有人值班" in shown
        assert 'name="title"' not in shown
        refused = await publish(browser, digest, release)
        assert refused.status_code == 409
        assert "没有发布" in refused.text
        assert "值班人员：开放首日没有人值班" in unescape(refused.text)

        form = await signing_form(browser, digest, release)
        assert form["check"] == ["duty:no_one"]
        nothing = await browser.post("/operator/publish/sign", data={**form, "check": []})
        assert nothing.status_code == 422
        assert 'href="#f-check"' in nothing.text
        for wrong in ("", "好的", "请打 13812345678 找我", "长" * 501):
            answer = await browser.post("/operator/publish/sign", data={**form, "reason": [wrong]})
            assert answer.status_code == 422
            assert 'id="e-reason"' in answer.text
            assert 'value="duty:no_one" id="s-duty" checked' in answer.text
        assert (await publish(browser, digest, release)).status_code == 409

        for _twice in range(2):
            signed = await browser.post("/operator/publish/sign", data=form)
            assert signed.status_code == 303
        shown = (await browser.get(signed.headers["location"])).text
        assert "已签字" in shown
        assert WHY in shown
        assert 'name="check"' not in shown
        done = await publish(browser, digest, release)
        assert done.status_code == 303
        exam_id = int(re.findall(r"exams/(\d+)", done.headers["location"])[0])
        seen = (await browser.get(f"/operator/exams/{exam_id}/checks")).text
        assert WHY in seen
        assert "周敏" in seen
        assert "开放首日没有人值班" in seen
        assert "已报名 0 人" in seen
    async with world.services.database.reading() as tx:
        lines = await audit.newest(tx, person_id=operator)
        kept = await checks.signatures_of(tx, Subject(digest, release, None), 0)
    assert [(one.kind, one.finding, one.reason, one.by_person) for one in kept] == [("duty", "no_one", WHY, operator)]
    assert [line.act for line in lines][:2] == ["publish", "sign"]
    assert lines[0].facts["signed"] == [kept[0].id]
    assert lines[1].facts["check"] == "duty"


async def test_a_signature_lasts_a_week_and_is_for_this_choice_alone(world: World) -> None:
    async with world.browser(await an_operator_alone(world)) as browser:
        digest, release = await confirmed(browser, world)
        await browser.post("/operator/publish/sign", data=await signing_form(browser, digest, release))
    async with world.services.database.reading() as tx:
        other = await checks.signatures_of(tx, Subject(digest, release, 1), 0)
    assert other == ()
    world.clock.advance(SIGNED_FOR_MS)
    async with world.browser(await world.person(Role.OPERATOR)) as browser:
        assert (await publish(browser, digest, release)).status_code == 409


async def test_what_has_changed_since_it_was_shown_is_not_signed(world: World) -> None:
    operator = await an_operator_alone(world)
    async with world.browser(operator) as browser:
        digest, release = await confirmed(browser, world)
        form = await signing_form(browser, digest, release)
        await put_on_duty(world, operator)
        answer = await browser.post("/operator/publish/sign", data=form)
        assert answer.status_code == 409
        assert "情况有变化" in answer.text
        assert (await publish(browser, digest, release)).status_code == 303
    async with world.services.database.reading() as tx:
        assert await checks.signatures_of(tx, Subject(digest, release, None), 0) == ()


async def test_what_cannot_be_signed_stays_red_whatever_the_form_says(world: World) -> None:
    async with world.browser(await an_operator_alone(world)) as browser:
        digest, release = await practice(browser), await a_release(world)
        form = await signing_form(browser, digest, release)
        form["check"] += ["rulebook:unconfirmed"]
        answer = await browser.post("/operator/publish/sign", data=form)
        assert answer.status_code == 409
        refused = await publish(browser, digest, release)
        assert refused.status_code == 409
        assert "还没有人确认" in refused.text
        stale = await browser.post("/operator/publish/sign", data={**form, "intent": ["x"]})
        assert "没有签字" in stale.text
        assert (await browser.post("/operator/publish/sign", data={"release": "x"})).status_code == 400
        assert (await browser.post("/operator/publish/sign", data={**form, "rulebook": ["x"]})).status_code == 404
    async with world.services.database.reading() as tx:
        assert await exams.list_exams(tx) == ()


async def test_drills_and_backups_are_seen(world: World) -> None:
    async with world.browser(await an_operator_alone(world)) as browser:
        digest, release = await confirmed(browser, world)
        address = f"/operator/publish?rulebook={digest}&release={release}"
        shown = (await browser.get(address)).text
        assert "没有备份过" in shown
        assert "没有演练过" in shown
        drill = Drill(at_ms=world.now_ms - 1, people=800, minutes=5, p99_ms=60, lost=0, configuration={"workers": 2})
        async with world.services.database.writing() as tx:
            await checks.add_backup(tx, Backup(world.now_ms - 3_600_000, "0" * 64, 1_000))
            await checks.add_drill(tx, replace(drill, at_ms=drill.at_ms - 1, people=1, lost=3))
            await checks.add_drill(tx, drill)
        shown = (await browser.get(address)).text
        assert "最近一次" in shown
        assert "同时作答 800 人" in shown
    async with world.services.database.reading() as tx:
        assert await checks.newest_drill(tx) == drill


def duty_form(
    person: int, from_day: str = "2026-06-01", until_day: str = "2026-06-30", nonce: str = "nonce-12345"
) -> dict[str, str]:
    return {"person": str(person), "from_day": from_day, "until_day": until_day, "nonce": nonce}


async def test_somebody_is_put_on_duty_once_and_taken_off_again(world: World) -> None:
    operator = await an_operator_alone(world)
    agent = await world.person(Role.SUPPORT, name="林秀兰")
    candidate = await world.person(name="王芳")
    async with world.browser(operator) as browser:
        assert "还没有人值班" in (await browser.get("/operator/duty")).text
        for _twice in range(2):
            added = await browser.post("/operator/duty", data=duty_form(agent))
            assert added.status_code == 303
        shown = (await browser.get(added.headers["location"])).text
        assert shown.count("正在值班") == 1
        assert "2026年6月1日" in shown
        assert "2026年6月30日" in shown
        async with world.services.database.reading() as tx:
            (duty,) = await duties.list_duties(tx, world.now_ms)
            day_ms = 24 * 3_600_000
            assert await duties.on_duty(tx, duty.until_ms - 1, duty.until_ms + day_ms) == (agent,)
            assert await duties.on_duty(tx, duty.until_ms, duty.until_ms + day_ms) == ()
            assert await duties.on_duty(tx, duty.from_ms - day_ms, duty.from_ms) == ()
            assert await duties.on_duty(tx, duty.from_ms - day_ms, duty.from_ms + 1) == (agent,)
        for form, field in (
            (duty_form(candidate), "person"),
            (duty_form(agent, from_day="六月"), "from_day"),
            (duty_form(agent, until_day="2026-02-30"), "until_day"),
            (duty_form(agent, until_day="2026-05-31"), "until_day"),
            (duty_form(agent, "2026-07-02", "2026-07-01"), "until_day"),
            (duty_form(agent, "0001-01-01", "9999-12-31"), "from_day"),
            (duty_form(agent, "2026-06-01", "2099-12-30"), "until_day"),
        ):
            answer = await browser.post("/operator/duty", data=form)
            assert answer.status_code == 422, form
            assert f'id="e-{field}"' in answer.text, form
        assert (await browser.post("/operator/duty", data=duty_form(agent, nonce="?"))).status_code == 400
        for _twice in range(2):
            assert (await browser.post(f"/operator/duty/{duty.id}/drop")).status_code == 303
        assert "还没有人值班" in (await browser.get("/operator/duty")).text
    async with world.services.database.reading() as tx:
        acts = [line.act for line in await audit.newest(tx, person_id=operator)]
    assert acts == ["take_off_duty", "put_on_duty"]


async def test_the_hotline_stands_on_every_page(world: World) -> None:
    operator = await an_operator_alone(world)
    async with world.browser(operator) as browser:
        assert "400-000-0000" in (await browser.get("/operator/exams")).text
        new = {"number": "0771-1234567 转 2", "hours": "工作日 9:00—18:00"}
        for _twice in range(2):
            assert (await browser.post("/operator/duty/hotline", data=new)).status_code == 303
        shown = (await browser.get("/operator/exams")).text
        assert "0771-1234567 转 2" in shown
        assert "工作日 9:00—18:00" in shown
        assert "周敏 于" in (await browser.get("/operator/duty")).text
        for wrong in ({"number": "请加微信"}, {"number": "1" * 41}, {"hours": "长" * 81}, {"number": "--"}):
            answer = await browser.post("/operator/duty/hotline", data={**new, **wrong})
            assert answer.status_code == 422
        none = {"number": "", "hours": ""}
        assert (await browser.post("/operator/duty/hotline", data=none)).status_code == 303
        assert "400-000-0000" not in (await browser.get("/operator/exams")).text
    async with world.services.database.reading() as tx:
        assert len(await audit.newest(tx, object_kind="hotline")) == 2


async def test_another_worker_shows_the_new_number_within_half_a_minute(world: World) -> None:
    database, now_ms = world.services.database, world.now_ms
    board = HotlineBoard("12333", "")
    assert await board.shown(database, now_ms) == Shown("12333", "")
    operator = await an_operator_alone(world)
    async with database.writing() as tx:
        await duties.set_hotline(tx, "12345", "", operator, now_ms)
    assert (await board.shown(database, now_ms + GOOD_FOR_MS - 1)).number == "12333"
    assert (await board.shown(database, now_ms + GOOD_FOR_MS)).number == "12345"
    assert board.known.number == "12345"
