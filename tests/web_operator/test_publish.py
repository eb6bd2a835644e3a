"""An exam is published when everything is confirmed and the bank can fill the paper, and not before."""

import asyncio
from dataclasses import replace
from datetime import date
from html import unescape

import pytest

from examengine.demo.practice import practice_text
from examengine.papers.blueprint import Blueprint, blueprint_of, to_json
from examengine.publishing.blueprints import keep_blueprint
from examengine.records import exams, rulebooks
from examengine.records.words import Role
from examengine.rules.load import load, packaged, packaged_text, usable
from tests.web_author import steps as author
from tests.web_author.test_blueprints import topical
from tests.web_operator.steps import (
    a_release,
    an_operator,
    digest_in,
    paste_rulebook,
    practice,
    publish,
    published,
)
from tests.world import World, items


async def test_from_a_file_of_questions_to_an_exam_that_can_be_sat(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await author.new_bank(browser)
        await author.commit(browser, await author.upload(browser, bank, author.own_workbook()))
    await author.check_all(world, bank)
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        await browser.post(f"{bank}/release")
    async with world.browser(await an_operator(world)) as browser:
        digest = await practice(browser)
        chosen = f"/operator/publish?rulebook={digest}&release=1"
        shown = (await browser.get(chosen)).text
        assert "2026 年公需科目 第 1 版" in shown
        assert "题库能组成试卷" in shown
        assert "互不重复的试卷 3 份" in shown
        assert "×10⁴" in shown
        assert 'name="title"' not in shown

        refused = await publish(browser, digest, 1)
        assert refused.status_code == 409
        assert "exam.minutes：还没有人确认" in refused.text

        fields = {"rulebook": digest, "release": "1"}
        one = await browser.post("/operator/publish/confirm", data={**fields, "confirm": "exam.minutes"})
        shown = (await browser.get(one.headers["location"])).text
        assert "确认已登记" in shown
        assert shown.count('<span class="severity severity-ok">周敏</span>') == 1
        assert 'value="exam.minutes"' not in shown
        assert 'value="exam.attempts"' in shown
        await browser.post("/operator/publish/confirm", data={**fields, "all": "1"})
        shown = (await browser.get(chosen)).text
        assert 'type="checkbox"' not in shown
        assert 'name="title"' in shown

        done = await publish(browser, digest, 1, "2026 年公需科目考试")
        assert done.status_code == 303
        told = (await browser.get(done.headers["location"])).text
        assert "考试已发布" in told
        assert "2026 年公需科目考试" in told
        assert "开放中" in told
        listed = (await browser.get("/operator/exams")).text
        assert "2026 年公需科目考试" in listed
        assert "practice-2026" in listed
    async with world.services.database.reading() as tx:
        confirmed = await rulebooks.confirmations_of(tx, digest)
    assert {(c.person_name, c.at_ms) for c in confirmed.values()} == {("周敏", world.now_ms)}


async def test_a_bank_that_is_too_small_is_refused_naming_the_cell(world: World) -> None:
    release = await a_release(world, await world.bank(items(60, 20, 8)))
    async with world.browser(await an_operator(world)) as browser:
        digest = await practice(browser)
        await browser.post("/operator/publish/confirm", data={"rulebook": digest, "all": "1"})
        shown = (await browser.get(f"/operator/publish?rulebook={digest}&release={release}")).text
        assert "判断题：要 10 题，只有 8 题" in shown
        assert "不够，差 2 题" in shown
        assert 'name="title"' not in shown
        refused = await publish(browser, digest, release)
        assert refused.status_code == 409
        assert "没有发布" in refused.text
        assert "判断题：要 10 题，只有 8 题" in refused.text
        assert "单选题：要" not in refused.text
    async with world.services.database.reading() as tx:
        assert await exams.list_exams(tx) == ()


async def test_nothing_ticked_is_an_error_and_another_key_is_refused(world: World) -> None:
    async with world.browser(await an_operator(world)) as browser:
        fields = {"rulebook": await practice(browser), "release": ""}
        nothing = await browser.post("/operator/publish/confirm", data=fields)
        assert nothing.status_code == 422
        assert 'id="e-confirm"' in nothing.text
        assert 'id="f-confirm"' in nothing.text
        other = await browser.post("/operator/publish/confirm", data={**fields, "confirm": "meta.year"})
        assert other.status_code == 400
        unknown = await browser.post("/operator/publish/confirm", data={"rulebook": "sha256:0", "all": "1"})
        assert unknown.status_code == 404


async def test_a_second_click_publishes_no_second_exam(world: World) -> None:
    async with world.browser(await an_operator(world)) as browser:
        digest, release = await practice(browser), await a_release(world)
        await browser.post("/operator/publish/confirm", data={"rulebook": digest, "all": "1"})
        both = await asyncio.gather(publish(browser, digest, release), publish(browser, digest, release))
        assert {answer.headers["location"] for answer in both} == {"/operator/exams/1?done=published"}


async def test_publishing_asks_for_both_choices(world: World) -> None:
    async with world.browser(await an_operator(world)) as browser:
        digest = await practice(browser)
        assert (await browser.get("/operator/publish")).status_code == 200
        assert "还没有选题库版本" in (await browser.get(f"/operator/publish?rulebook={digest}")).text
        assert (await browser.get("/operator/publish?release=x")).status_code == 200
        answer = await browser.post("/operator/publish", data={"title": "考" * 81})
        assert answer.status_code == 422
        for field in ("rulebook", "release"):
            assert f'id="e-{field}"' in answer.text


@pytest.mark.parametrize("rulebook_id", ["guangxi-2014", "guangxi-2015", "guangxi-2024", "gaoming-2015"])
async def test_a_packaged_rulebook_shows_every_assumed_value_in_words(world: World, rulebook_id: str) -> None:
    digest = packaged(rulebook_id).digest
    release = await a_release(world)
    async with world.browser(await an_operator(world)) as browser:
        shown = unescape((await browser.get(f"/operator/publish?rulebook={digest}&release={release}")).text)
        for english in ("SILENT", "silent", "truncate", "takeover", "auto_submit", "None"):
            assert english not in shown
        assert "60 分钟" in shown
        assert "30 题，每题 2 分" in shown
        assert rulebook_id in shown
        confirmed = await browser.post("/operator/publish/confirm", data={"rulebook": digest, "all": "1"})
        assert "周敏" in (await browser.get(confirmed.headers["location"])).text
        done = await publish(browser, digest, release)
        assert done.status_code == 303
    async with world.services.database.reading() as tx:
        assert (await rulebooks.get_rulebook(tx, digest)).toml == packaged_text(rulebook_id)


async def test_a_rulebook_comes_as_a_file_or_pasted_and_is_kept_once(world: World) -> None:
    text = practice_text(2026, "练习科目")
    async with world.browser(await an_operator(world)) as browser:
        pasted = await paste_rulebook(browser, text.replace("\n", "\r\n"))
        assert pasted.headers["location"].endswith("done=kept")
        file = {"file": ("practice-2026.toml", b"\xef\xbb\xbf" + text.encode(), "text/plain")}
        again = await browser.post("/operator/rulebooks/upload", files=file)
        assert digest_in(again.headers["location"]) == digest_in(pasted.headers["location"])
        assert again.headers["location"].endswith("done=known")
        assert "这份规则已经有了" in (await browser.get(again.headers["location"])).text
        assert (await browser.get("/operator/publish")).text.count("practice-2026") == 1


async def test_assumed_values_cannot_be_talked_away_by_another_provenance(world: World) -> None:
    claimed = packaged_text("guangxi-2014").replace('= "D', '= "S:S2014-01 D')
    async with world.browser(await an_operator(world)) as browser:
        kept = await paste_rulebook(browser, claimed)
        assert kept.headers["location"].endswith("done=known")
        shown = (await browser.get(kept.headers["location"])).text
        assert 'value="exam.minutes"' in shown


async def test_a_faulty_rulebook_is_not_kept_and_says_where(world: World) -> None:
    text = practice_text(2026, "练习科目")
    faulty = {
        text.replace("minutes = 60", 'minutes = "一小时"'): "exam.minutes",
        text.replace("single = { count = 30", "single = { count = 31"): "exam.paper",
        text.replace("[window]", "[windows]"): "window",
        "这不是规则 <script>": "不是有效的 TOML",
    }
    async with world.browser(await an_operator(world)) as browser:
        for wrong, told in faulty.items():
            answer = await paste_rulebook(browser, wrong)
            assert answer.status_code == 422, told
            assert 'id="e-text"' in answer.text
            assert told in answer.text
            assert "<script>" not in answer.text.replace("<script type", "")
        nothing = await paste_rulebook(browser, "  ")
        assert nothing.status_code == 422
        for content, told in ((b"\xff\xfe\x00", "UTF-8"), (b"a" * (256 * 1024 + 1), "不像一份规则")):
            answer = await browser.post("/operator/rulebooks/upload", files={"file": ("r.toml", content, "x/y")})
            assert answer.status_code == 422
            assert told in answer.text
    async with world.services.database.reading() as tx:
        assert await rulebooks.list_rulebooks(tx) == ()


async def test_an_exam_is_withdrawn_after_a_confirmation_and_stays_so(world: World) -> None:
    async with world.browser(await an_operator(world)) as browser:
        exam = await published(browser, world)
        asked = await browser.get(f"{exam}/withdraw")
        assert "撤回以后不能恢复" in asked.text
        unsure = await browser.post(f"{exam}/withdraw")
        assert unsure.status_code == 422
        assert 'id="e-sure"' in unsure.text
        for _ in range(2):
            done = await browser.post(f"{exam}/withdraw", data={"sure": "1"})
            assert done.headers["location"] == "/operator/exams?done=withdrawn"
        assert "已撤回" in (await browser.get("/operator/exams")).text
        assert "考试已撤回" in (await browser.get(exam)).text
        assert (await browser.get(f"{exam}/withdraw")).headers["location"] == exam
        assert (await browser.post("/operator/exams/999/withdraw", data={"sure": "1"})).status_code == 404
        # the same rulebook and release may be published anew
        shown = await browser.get("/operator/publish")
        assert shown.status_code == 200


async def test_a_running_sitting_is_told_before_a_withdrawal(world: World) -> None:
    person, _enrolment, _attempt = await world.a_candidate_in_an_exam()
    assert person
    async with world.browser(await an_operator(world)) as browser:
        assert "现在有 1 人正在考" in (await browser.get("/operator/exams/1/withdraw")).text
        listed = (await browser.get("/operator/exams")).text
        assert "开放中" in listed


async def test_a_blueprint_is_chosen_with_its_proof_beside_it_and_refused_while_it_differs(world: World) -> None:
    database, bank_id = world.services.database, await world.bank(topical())
    release, other_bank = await a_release(world, bank_id), await world.bank(name="另一个题库")
    text = practice_text(2026, "练习科目")
    own = blueprint_of(usable(load(text)))
    single, multiple, judge = own.cells
    split = (replace(single, count=12, topic="法规"), replace(single, count=18, topic="技术"), multiple, judge)
    async with world.browser(await an_operator(world)) as browser:
        digest = await practice(browser)
        plans = {
            name: (await keep_blueprint(database, bank, name, plan, digest, 0, None, world.now_ms)).id
            for name, bank, plan in (
                ("正式卷", bank_id, Blueprint(split, 10_000)),
                ("错卷", bank_id, Blueprint((replace(single, count=29), multiple, judge), 9_800)),
                ("缺题卷", bank_id, Blueprint((replace(single, topic="法规"), multiple, judge), 10_000)),
                ("别家卷", other_bank, own),
            )
        }
        chosen = f"/operator/publish?rulebook={digest}&release={release}&blueprint="
        shown = (await browser.get(f"{chosen}{plans['正式卷']}")).text
        assert "正式卷 第 1 版（测试题库）" in shown
        assert "别家卷" not in shown
        assert "组卷规则与年度规则一致" in shown
        assert "最紧张的一格" in shown
        assert "单选题·法规：要 12 题，有 20 题，是 1.7 倍" in shown
        assert "按年度规则，每种题型一格" in shown
        assert "别家卷" in (await browser.get(f"/operator/publish?rulebook={digest}")).text
        fields = {"rulebook": digest, "release": str(release), "blueprint": str(plans["正式卷"]), "all": "1"}
        confirmed = await browser.post("/operator/publish/confirm", data=fields)
        assert f"blueprint={plans['正式卷']}" in confirmed.headers["location"]

        for name, told in (
            ("错卷", "单选题：规则要 30 题，组卷规则合计 29 题，少了 1 题"),
            ("缺题卷", "单选题·法规：要 30 题，只有 20 题"),
        ):
            assert 'name="title"' not in (await browser.get(f"{chosen}{plans[name]}")).text
            refused = await browser.post("/operator/publish", data={**fields, "blueprint": str(plans[name])})
            assert (refused.status_code, told in refused.text) == (409, True)
        elsewhere = await browser.get(f"{chosen}{plans['别家卷']}")
        assert (elsewhere.status_code, "是另一个题库的" in elsewhere.text) == (422, True)
        assert (await browser.get(f"{chosen}999")).status_code == 404

        done = [await browser.post("/operator/publish", data=fields) for _ in range(2)]
        assert [answer.headers["location"] for answer in done] == ["/operator/exams/1?done=published"] * 2
        plain = await publish(browser, digest, release)
        assert plain.headers["location"] == "/operator/exams/2?done=published"
    async with database.reading() as tx:
        assert (await exams.get_exam(tx, 1)).blueprint == to_json(Blueprint(split, 10_000)).decode()


async def test_items_that_expire_in_the_window_do_not_count_and_are_named(world: World) -> None:
    made = [replace(item, valid_until=date(2026, 8, 31)) if n < 3 else item for n, item in enumerate(items())]
    release = await a_release(world, await world.bank(made))
    async with world.browser(await an_operator(world)) as browser:
        digest = await practice(browser)
        shown = (await browser.get(f"/operator/publish?rulebook={digest}&release={release}")).text
        assert "考试期间到期、中途退出抽题的题" in shown
        assert "S0 单选第 0 题的题干是什么？：有效期到 2026-08-31" in shown
        assert "要 30 题，有 57 题" in shown
