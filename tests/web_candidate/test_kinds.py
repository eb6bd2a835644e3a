"""The candidate's page with every kind of question: fields, saves, forms without a script, the result."""

import json
import re

import httpx2
import pytest

from examengine.banks.responses import encode
from examengine.live import CloseReason
from examengine.records import archives
from examengine.records.marking import CHANGE_MS
from examengine.records.words import Role
from examengine.sittings.finish import Ended
from examengine.web.journal_words import told_of_journal
from tests.kinds import CLOZE, ESSAY, MATCHING, NUMBER, SHORT, an_exam_of_every_kind, best_answers
from tests.sittings.test_marking import give, offered
from tests.world import World

TEXT = "第一段“引号” <b>\n\n第二段\\ 100% %s {x} 😀"


async def a_page(world: World, browser: httpx2.AsyncClient, attempt_id: int) -> tuple[str, str]:
    """The exam page and its token."""
    shown = await browser.get(f"/sittings/{attempt_id}")
    assert shown.status_code == 200
    token = re.search(r'data-token="([^"]+)"', shown.text)
    assert token is not None
    return shown.text, token[1]


async def begun(world: World) -> tuple[int, int]:
    """Person and attempt."""
    exam = await an_exam_of_every_kind(world, markers=1)
    person_id = await world.person()
    return person_id, await world.started(await world.enrolled(exam, person_id))


async def test_each_kind_has_its_fields_and_nothing_of_the_key(world: World) -> None:
    person_id, attempt_id = await begun(world)
    async with world.browser(person_id) as browser:
        shown, _ = await a_page(world, browser, attempt_id)
    questions = dict(re.findall(r'<article class="q" id="q(\d+)"(.*?)</article>', shown, re.S))
    assert 'name="q4.1"' in questions[str(SHORT)]
    assert re.search(r'name="q5\.1"[^>]* inputmode="decimal"', questions[str(NUMBER)])
    assert "分钟</span>" in questions[str(NUMBER)]
    assert questions[str(MATCHING)].count("<select") == 3
    assert questions[str(MATCHING)].count("2019 年 5 月") == 3
    assert questions[str(CLOZE)].count('class="part gap"') == 3
    assert "{1}" not in questions[str(CLOZE)]
    assert re.search(r"信息安全三要素是 <input[^>]+>、完整性", questions[str(CLOZE)])
    assert re.search(r'<textarea[^>]+maxlength="4000"', questions[str(ESSAY)])
    for key in (">安全法<", '"安全法"', "保密性", "机密性", "双因素认证", "expected", "weight"):
        assert key not in shown, key


async def test_a_text_is_saved_as_it_was_typed_and_stands_there_again(world: World) -> None:
    person_id, attempt_id = await begun(world)
    values = {ESSAY: encode([TEXT]), SHORT: encode(["甲\"乙'<"]), MATCHING: '["b","",""]', CLOZE: '["","3","a"]'}
    async with world.browser(person_id) as browser:
        _, token = await a_page(world, browser, attempt_id)
        for n, (position, value) in enumerate(values.items(), 1):
            fields = {"t": token, "n": n, "i": position, "k": "a", "b": 0, "v": value}
            answer = await browser.post(f"/sittings/{attempt_id}/answers", data=fields)
            assert (answer.status_code, answer.json()["word"]) == (200, "saved")
        shown, _ = await a_page(world, browser, attempt_id)
    assert "第一段“引号” &lt;b&gt;\n\n第二段\\ 100% %s {x} 😀</textarea>" in shown
    assert 'value="甲&quot;乙&#x27;&lt;"' in shown
    assert shown.count(" selected>") == 2
    assert re.search(r'class="cell is-answered is-partly"[^>]*data-cell="6" aria-label="第 6 题，没有答完"', shown)
    sitting = await world.services.desk.read(attempt_id, world.now_ms)
    assert sitting.given == values


@pytest.mark.parametrize(
    ("value", "status"),
    [
        (json.dumps(["a"]), 200),
        (encode(["长" * 4000]), 200),
        (encode(["😀" * 4000]), 200),
        (encode(["长" * 4001]), 400),
        ("[1]", 400),
        ("[", 400),
        ("A", 400),
        ("你", 400),
        ('["a"' + " " * 60_000, 413),
    ],
)
async def test_the_edge_bounds_what_it_takes(world: World, value: str, status: int) -> None:
    person_id, attempt_id = await begun(world)
    async with world.browser(person_id) as browser:
        _, token = await a_page(world, browser, attempt_id)
        fields = {"t": token, "n": 1, "i": ESSAY, "k": "a", "b": 0, "v": value}
        assert (await browser.post(f"/sittings/{attempt_id}/answers", data=fields)).status_code == status


async def test_without_a_script_the_form_saves_every_kind(world: World) -> None:
    person_id, attempt_id = await begun(world)
    best = await best_answers(world, attempt_id, essay=TEXT)
    async with world.browser(person_id) as browser:
        _, token = await a_page(world, browser, attempt_id)
        fields = {"t": token, "shown": "1,2,3,4,5,6,7,8", "do": "hand_in"}
        for position, value in best.items():
            if value.startswith("["):
                parts = json.loads(value)
                fields |= {f"q{position}.{no}": part.replace("\n", "\r\n") for no, part in enumerate(parts, 1)}
            else:
                fields[f"q{position}"] = list(value)
        answer = await browser.post(f"/sittings/{attempt_id}/form", data=fields)
        assert answer.headers["location"].startswith(f"/sittings/{attempt_id}/hand-in")
        assert (await world.services.desk.read(attempt_id, world.now_ms)).given == best
        _, token = await a_page(world, browser, attempt_id)
        cleared = {**fields, "t": token, "clear": str(ESSAY), "do": "save"}
        assert (await browser.post(f"/sittings/{attempt_id}/form", data=cleared)).status_code == 303
        assert ESSAY not in (await world.services.desk.read(attempt_id, world.now_ms)).given
        wrong = {**fields, "t": token, f"q{MATCHING}.1": "x"}
        assert (await browser.post(f"/sittings/{attempt_id}/form", data=wrong)).status_code == 400


async def test_the_result_says_that_people_mark_and_then_what_it_came_to(world: World) -> None:
    person_id, attempt_id = await begun(world)
    best = await best_answers(world, attempt_id, essay=TEXT)
    async with world.browser(person_id) as browser:
        _, token = await a_page(world, browser, attempt_id)
        pen = await world.pen(attempt_id, person_id)
        await world.answer(pen, best)
        _, token = await a_page(world, browser, attempt_id)
        handed = await browser.post(f"/sittings/{attempt_id}/hand-in", data={"t": token})
        assert handed.headers["location"] == f"/sittings/{attempt_id}/result"
        shown = (await browser.get(f"/sittings/{attempt_id}/result")).text
        assert "已交卷，等待人工评分" in shown
        assert "评完以后成绩会出现在这里" in shown
        assert "待出成绩" in (await browser.get("/my")).text
        marker = await world.person(Role.MARKER)
        [task] = await offered(world, marker)
        await give(world, marker, task, 20)
        world.clock.advance(CHANGE_MS)
        await world.services.sweeper.sweep(world.now_ms)
        shown = (await browser.get(f"/sittings/{attempt_id}/result")).text
        assert '<span class="num">95</span>' in shown
        assert re.search(r"简答题</td>.*?20 / 25</td>", shown)
        assert "成绩已更正" not in shown


async def test_texts_survive_the_loss_of_redis_and_a_second_page_finds_them(world: World) -> None:
    person_id, attempt_id = await begun(world)
    best = await best_answers(world, attempt_id, essay=TEXT)
    async with world.browser(person_id) as browser:
        await a_page(world, browser, attempt_id)
        await world.answer(await world.pen(attempt_id, person_id), best)
        before = await world.services.desk.read(attempt_id, world.now_ms)
        await world.services.shipper.ship_all(world.now_ms)
        await world.services.calls.command("FLUSHALL")
        await world.services.rebuilder.look(world.now_ms)
        after = await world.services.desk.read(attempt_id, world.now_ms)
        assert after.given == before.given == best
        shown, _ = await a_page(world, browser, attempt_id)
        assert "第一段“引号” &lt;b&gt;\n\n第二段" in shown
        pen = await world.pen(attempt_id, person_id, page="third")
        ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert isinstance(ended, Ended)
    async with world.services.database.reading() as tx:
        lines = await archives.get_journal(tx, attempt_id)
        told = told_of_journal(lines, "Asia/Shanghai", world.now_ms)
    assert not any(TEXT[:4] in line.text for line in told)
    assert sum("重建" in line.text for line in told) == 1
    assert [line for line in lines if line.startswith("a ") and "第一段" in line]


async def test_an_older_page_is_told_in_words_what_it_did_not_save(world: World) -> None:
    person_id, attempt_id = await begun(world)
    async with world.browser(person_id) as browser:
        _, old = await a_page(world, browser, attempt_id)
        await a_page(world, browser, attempt_id)
        fields = {"t": old, "shown": "6,8", "q6.1": "b", "q8.1": "旧页面里写的", "do": "save"}
        answer = await browser.post(f"/sittings/{attempt_id}/form", data=fields)
    assert answer.status_code == 409
    told = re.sub(r"<[^>]+>", " ", answer.text)
    assert re.search(r"6\s+1\. 2019 年 5 月；2\. 未答；3\. 未答\s+未答", told)
    assert re.search(r"8\s+旧页面里写的\s+未答", told)
