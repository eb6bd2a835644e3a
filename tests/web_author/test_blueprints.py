"""An author makes a blueprint: the matrix, its proof, revisions, and samples."""

import re
from html import unescape

import httpx2

from examengine.banks.item import TRUE_FALSE_OPTIONS, Item, Kind, Option
from examengine.demo.practice import practice_text
from examengine.publishing.exams import keep_rulebook
from examengine.records import audit, blueprints
from examengine.records.words import Role
from tests.world import World

OPTIONS = tuple(Option("abcd"[i], f"选项{text}") for i, text in enumerate("甲乙丙丁"))


def topical(single: int = 60, law: int = 20) -> list[Item]:
    """``law`` of the single choice items are about 法规, the others about 技术; the rest has no topic."""
    made = [
        Item(
            Kind.SINGLE_CHOICE,
            f"单选第 {n} 题的题干是什么？",
            OPTIONS,
            frozenset("a"),
            topic="法规" if n < law else "技术",
            difficulty="易" if n % 2 else "难",
            external_no=f"S{n}",
        )
        for n in range(single)
    ]
    made += [
        Item(Kind.MULTIPLE_CHOICE, f"多选第 {n} 题包括哪些？", OPTIONS, frozenset("ab"), external_no=f"M{n}")
        for n in range(20)
    ]
    made += [
        Item(Kind.TRUE_FALSE, f"判断第 {n} 题是对的。", TRUE_FALSE_OPTIONS, frozenset("t"), external_no=f"J{n}")
        for n in range(20)
    ]
    return made


async def a_desk(world: World, made: list[Item] | None = None) -> tuple[str, str, int]:
    """A bank, the practice rulebook, and an author: address of the blueprints, digest, person."""
    bank_id = await world.bank(made if made is not None else topical())
    rulebook = await keep_rulebook(
        world.services.database, practice_text(2026, "练习"), "practice-2026", world.now_ms
    )
    return f"/author/banks/{bank_id}/blueprints", rulebook.digest, await world.person(Role.AUTHOR, name="王老师")


Rows = list[tuple[str, str, str, str, str]]
WHOLE: Rows = [
    ("single_choice", "法规", "", "10", ""),
    ("single_choice", "技术", "", "20", ""),
    ("multiple_choice", "", "", "10", ""),
    ("true_false", "", "", "10", ""),
]


def form(digest: str, rows: Rows, *, act: str = "save", after: int = 0, **more: str) -> dict[str, object]:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 5
    named = dict(zip(("kind", "topic", "difficulty", "count", "points"), map(list, columns), strict=True))
    return {"name": "正式卷", "rulebook": digest, "after": str(after), "act": act, **named, **more}


async def send(browser: httpx2.AsyncClient, desk: str, data: dict[str, object]) -> httpx2.Response:
    return await browser.post(f"{desk}/edit", data=data)


def text_of(answer: httpx2.Response) -> str:
    """What a reader sees, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


async def test_a_new_blueprint_begins_in_the_proportions_of_the_bank_and_is_kept_when_it_is_saved(
    world: World,
) -> None:
    desk, digest, author = await a_desk(world)
    async with world.browser(author) as browser:
        assert "还没有组卷规则" in (await browser.get(desk)).text
        begun = await browser.post(desk, data={"name": " 正式卷 ", "rulebook": digest, "source": "share"})
        shown = await browser.get(begun.headers["location"])
        told = text_of(shown)
        assert "可以组成试卷" in told
        assert re.findall(r'name="count" value="(\d+)"', shown.text) == ["20", "10", "10", "10"]
        assert "还没有组卷规则" in (await browser.get(desk)).text

        saved = await send(browser, desk, form(digest, WHOLE, people="２００"))
        assert saved.status_code == 303
        told = text_of(await browser.get(saved.headers["location"]))
        assert "200 人各考一次，出现" in told
        assert "单选题·法规 20 50% 约 100 次" in told
        assert "已保存为第 1 版" in told
        assert "管理人员发布考试时可以选用" in told
        assert "正式卷" in (await browser.get(desk)).text
    async with world.services.database.reading() as tx:
        [kept] = await blueprints.list_newest(tx)
        lines = await audit.newest(tx, object_kind="bank", person_id=author)
    assert (kept.name, kept.no, kept.by_person) == ("正式卷", 1, author)
    assert [(line.act, line.facts["revision"]) for line in lines] == [("blueprint", 1)]


async def test_what_cannot_be_filled_says_which_row_lacks_how_many_and_what_mends_it(world: World) -> None:
    desk, digest, author = await a_desk(world)
    rows = [("single_choice", "法规", "", "25", ""), ("single_choice", "技术", "", "5", ""), *WHOLE[2:]]
    async with world.browser(author) as browser:
        checked = await send(browser, desk, form(digest, rows, act="check"))
        told = text_of(checked)
        assert "现有的题组不成试卷" in told
        assert "单选题·法规：要 25 题，只有 20 题" in told
        assert "少抽 5 题，改由“单选题·技术”多抽 5 题" in told
        assert checked.text.count("不够</span>") == 1
        # work in progress may be kept, and says that it is
        saved = await send(browser, desk, form(digest, rows))
        assert "还不能用来发布考试" in (await browser.get(saved.headers["location"])).text
        less = await send(
            browser, desk, form(digest, [("single_choice", "技术", "", "29", "1.5"), *WHOLE[2:]], act="check")
        )
        told = text_of(less)
        assert "单选题：规则要 30 题，组卷规则合计 29 题，少了 1 题" in told
        assert "单选题·技术：每题 1.5 分，规则规定每题 2 分" in told
        assert "总分 83.5 分，规则规定满分 100 分" in told


async def test_htmx_gets_the_proof_alone_and_the_counts_of_every_row(world: World) -> None:
    desk, digest, author = await a_desk(world)
    async with world.browser(author) as browser:
        asked = {"hx-request": "true", "hx-target": "proof"}
        panel = await browser.post(f"{desk}/edit", data=form(digest, WHOLE, act=""), headers=asked)
        assert panel.text.lstrip().startswith('<aside id="proof"')
        assert re.findall(r'<span id="there-(\d)" hx-swap-oob="true">(\d+)', panel.text) == [
            ("1", "20"),
            ("2", "40"),
            ("3", "20"),
            ("4", "20"),
        ]
        asked["hx-target"] = "editor"
        editor = await browser.post(f"{desk}/edit", data=form(digest, WHOLE, act="add"), headers=asked)
        assert editor.text.lstrip().startswith('<div id="editor"')
        assert editor.text.count('name="count"') == 5
        assert "hx-swap-oob" not in editor.text


async def test_rows_are_added_removed_and_filled_by_plain_forms(world: World) -> None:
    desk, digest, author = await a_desk(world)
    async with world.browser(author) as browser:
        added = await send(browser, desk, form(digest, WHOLE, act="add"))
        assert re.findall(r'name="count" value="(\d*)"', added.text) == ["10", "20", "10", "10", ""]
        removed = await send(browser, desk, form(digest, WHOLE, act="remove-2"))
        assert re.findall(r'name="count" value="(\d*)"', removed.text) == ["10", "10", "10"]
        level = await send(browser, desk, form(digest, WHOLE, act="fill-difficulty"))
        assert re.findall(r'name="count" value="(\d*)"', level.text) == ["15", "15", "10", "10"]
        both = await send(browser, desk, form(digest, [], act="fill-both"))
        assert re.findall(r'name="count" value="(\d*)"', both.text) == ["10", "10", "5", "5", "10", "10"]
        assert "可以组成试卷" in both.text
        nothing = await send(browser, desk, form("", WHOLE, act="fill"))
        assert "请先选择年度规则" in nothing.text
        assert nothing.text.count('name="count"') == 4
    async with world.services.database.reading() as tx:
        assert await blueprints.list_newest(tx) == ()


async def test_bad_input_is_named_by_row_and_nothing_is_kept_or_lost(world: World) -> None:
    desk, digest, author = await a_desk(world)
    rows = [
        ("", "", "", "3", ""),
        ("single_choice", "没有的知识点", "", "零", "2"),
        ("single_choice", "", "", "501", "2"),
        ("single_choice", "", "", "１０", "0"),
        ("single_choice", "", "", "1", "2.005"),
        ("essay", "", "", "1", ""),
    ]
    async with world.browser(author) as browser:
        wrong = await send(browser, desk, form(digest, rows))
        assert wrong.status_code == 422
        for told in (
            "第 1 行：请选择题型",
            "第 2 行：抽取数应是 1 到 500 的整数",
            "第 3 行：抽取数应是 1 到 500 的整数",
            "第 4 行：每题分应大于 0",
            "第 5 行：每题分应大于 0，最多两位小数",
            "第 6 行：每题分应大于 0",
            "没有的知识点（题库里没有）",
        ):
            assert told in wrong.text
        assert "第 4 行：抽取数" not in wrong.text
        assert 'value="零"' in wrong.text
        many = await send(browser, desk, form(digest, [("single_choice", "", "", "9", "")] * 65))
        assert "最多 64 行" in many.text
        large = await send(browser, desk, form(digest, [("single_choice", "", "", "300", "")] * 2))
        assert "一份试卷最多 500 题，现在合计 600 题" in large.text
        empty = await send(browser, desk, form(digest, [("single_choice", "", "", "", "")]))
        assert (empty.status_code, "还没有一格写了抽取数" in empty.text) == (422, True)
        ruleless = await send(browser, desk, form("sha256:0", WHOLE))
        assert (ruleless.status_code, "请先选择年度规则" in ruleless.text) == (422, True)
        nameless = await send(browser, desk, form(digest, WHOLE, name=" "))
        assert nameless.headers["location"] == desk
    async with world.services.database.reading() as tx:
        assert await blueprints.list_newest(tx) == ()


async def test_a_second_click_keeps_one_revision_and_a_second_author_loses_nothing(world: World) -> None:
    desk, digest, first = await a_desk(world)
    second = await world.person(Role.AUTHOR, name="李老师")
    async with world.browser(first) as browser:
        places = {(await send(browser, desk, form(digest, WHOLE))).headers["location"] for _ in range(2)}
        assert len(places) == 1
    changed = [("single_choice", "法规", "", "12", ""), ("single_choice", "技术", "", "18", ""), *WHOLE[2:]]
    mine = [("single_choice", "法规", "", "8", ""), ("single_choice", "技术", "", "22", ""), *WHOLE[2:]]
    async with world.browser(second) as browser:
        assert (await send(browser, desk, form(digest, changed, after=1))).status_code == 303
    async with world.browser(first) as browser:
        late = await send(browser, desk, form(digest, mine, after=1))
        assert late.status_code == 409
        told = text_of(late)
        assert "李老师 已经存了第 2 版，您的改动还没有保存" in told
        assert "单选题·法规：第 2 版12 题每题 2 分，您的8 题每题 2 分" in told
        assert 'name="after" value="2"' in late.text
        assert re.findall(r'name="count" value="(\d*)"', late.text)[:2] == ["8", "22"]
        kept = await send(browser, desk, form(digest, mine, after=2))
        shown = await browser.get(kept.headers["location"])
        assert "已保存为第 3 版" in shown.text
        older = re.findall(rf'href="({desk}/\d+)">第 2 版', shown.text)
        old = await browser.get(older[0])
        assert "这是较早的第 2 版" in old.text
        assert 'name="after" value="3"' in old.text
        assert re.findall(r'name="count" value="(\d*)"', old.text)[:2] == ["12", "18"]


async def test_an_earlier_blueprint_and_an_earlier_exam_can_be_copied(world: World) -> None:
    desk, digest, author = await a_desk(world)
    exam = await world.exam(bank_id=await world.bank(name="去年的题库"))
    async with world.browser(author) as browser:
        await send(browser, desk, form(digest, WHOLE))
        listed = (await browser.get(desk)).text
        assert "复制组卷规则：正式卷（第 1 版）" in listed
        assert f'value="e{exam.id}"' in listed
        for source, counts in (("b1", ["10", "20", "10", "10"]), (f"e{exam.id}", ["30", "10", "10"])):
            begun = await browser.post(desk, data={"name": f"从 {source}", "rulebook": digest, "source": source})
            shown = await browser.get(begun.headers["location"])
            assert re.findall(r'name="count" value="(\d*)"', shown.text) == counts, source
        twice = await browser.post(desk, data={"name": "正式卷", "rulebook": digest, "source": "share"})
        assert (twice.status_code, "已经有叫这个名称的组卷规则" in twice.text) == (422, True)
        for wrong in ({"name": "", "rulebook": digest}, {"name": "考" * 81, "rulebook": digest}, {"name": "甲"}):
            assert (await browser.post(desk, data=wrong)).status_code == 422
        assert (await browser.get(f"{desk}/edit?name=x&rulebook={digest}&source=b99")).status_code == 404
        assert (await browser.get(f"{desk}/edit?name=x&rulebook=none")).headers["location"] == desk
        known = await browser.get(f"{desk}/edit?name=正式卷&rulebook={digest}")
        assert known.headers["location"] == f"{desk}/1"


async def test_samples_are_the_exams_own_draw_by_a_stated_seed_and_keep_their_keys_until_asked(world: World) -> None:
    desk, digest, author = await a_desk(world)
    async with world.browser(author) as browser:
        sent = await send(browser, desk, form(digest, WHOLE, act="sample"))
        place = sent.headers["location"]
        assert "/samples" in place
        shown = (await browser.get(place)).text
        assert shown.count('class="q"') == 50
        assert shown.count('class="part"') == 3
        positions = [int(found) for found in re.findall(r'id="q(\d+)"', shown)]
        assert positions == list(range(1, 51))
        assert "一、单选题（共 30 题，每题 2 分，共 60 分）" in shown
        assert "sample-keys" not in shown
        assert (await browser.get(place)).text.partition("<main")[2] == shown.partition("<main")[2]
        keyed = (await browser.get(f"{place}&keys=1&n=2&paper=2&seed=另一个")).text
        assert keyed.count("<li>") >= 50
        assert re.search(r'sample-keys">\s*<li>1\. [A-D]</li>', keyed)
        assert "第 1 份与第 2 份" in keyed
        # the key that is told is the letter that this paper shows: the key of every single is 甲
        [letter] = re.findall(r"<li>1\. ([A-D])</li>", keyed)
        question = keyed.partition('id="q1"')[2].partition("</article>")[0]
        options = re.findall(r'<span class="letter"[^>]*>(\w)</span><span class="opt-text">(\w+)', question)
        assert dict(options)[letter] == "选项甲"
        bounded = await browser.get(f"{place}&n=99&paper=77")
        assert bounded.text.count('aria-current="page">第 10 份') == 1
        short = await send(
            browser, desk, form(digest, [("single_choice", "法规", "", "30", ""), *WHOLE[2:]], act="sample", after=1)
        )
        assert "抽不出试卷" in (await browser.get(short.headers["location"])).text


async def test_a_bank_without_checked_items_says_what_is_to_be_done(world: World) -> None:
    desk, digest, author = await a_desk(world, [])
    async with world.browser(author) as browser:
        shown = await browser.get(f"{desk}/edit?name=空&rulebook={digest}")
        assert "题库里还没有审核通过的试题" in shown.text


async def test_blueprints_are_for_authors_and_belong_to_one_bank(world: World) -> None:
    desk, digest, author = await a_desk(world)
    other = f"/author/banks/{await world.bank(name='另一个题库')}/blueprints"
    async with world.browser(author) as browser:
        await send(browser, desk, form(digest, WHOLE))
        for address in (f"{other}/1", f"{other}/1/samples", f"{desk}/9", f"{desk}/x", "/author/banks/99/blueprints"):
            assert (await browser.get(address)).status_code == 404, address
        assert (await browser.get(f"{desk}/1?stock=999&rulebook=none")).status_code == 200
    for role in (Role.CANDIDATE, Role.SUPPORT, Role.OPERATOR):
        async with world.browser(await world.person(role)) as browser:
            for address in (desk, f"{desk}/1", f"{desk}/1/samples", f"{desk}/edit?name=x&rulebook={digest}"):
                assert (await browser.get(address)).status_code == 403, (role, address)
            for address in (desk, f"{desk}/edit"):
                assert (await browser.post(address, data=form(digest, WHOLE))).status_code == 403, (role, address)
    async with world.browser() as browser:
        assert (await browser.post(f"{desk}/edit", data=form(digest, WHOLE))).status_code == 401


async def test_a_candidate_sees_a_section_a_kind_however_many_cells_it_has(world: World) -> None:
    desk, digest, author = await a_desk(world)
    async with world.browser(author) as browser:
        await send(browser, desk, form(digest, WHOLE))
    exam = await world.exam(bank_id=int(desk.split("/")[3]), blueprint_id=1)
    person = await world.person()
    enrolment = await world.enrolled(exam, person)
    attempt = await world.started(enrolment)
    async with world.browser(person) as browser:
        shown = (await browser.get(f"/sittings/{attempt}")).text
        assert shown.count('class="part"') == 3
        assert "一、单选题（共 30 题，每题 2 分，共 60 分）" in shown
        assert [int(found) for found in re.findall(r'<article class="q" id="q(\d+)"', shown)] == list(range(1, 51))
