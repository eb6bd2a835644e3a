"""Writing items in the editor."""

import re
from base64 import b64encode
from html import unescape

import httpx2
import pytest

from examengine.banks.item import Item, from_json
from examengine.records import audit, bank_pages, editing
from examengine.records.words import Role
from tests.banks.pictures import a_png
from tests.web_author.steps import new_bank
from tests.world import World, items


async def an_author(world: World, name: str = "周敏") -> int:
    return await world.person(Role.AUTHOR, name=name)


def choice(stem: str = "2+2 等于多少？", **more: str | list[str]) -> dict[str, str | list[str]]:
    """A form of a single choice with a right answer."""
    return {
        "do": "save",
        "kind": "single_choice",
        "stem": stem,
        "stem_mode": "text",
        "option_id": ["q", "c", "x"],
        "option_text": ["3", "4", "5"],
        "option_mode": ["text"] * 3,
        "key": "c",
        "base": "0",
        **more,
    }


def item_id_of(answer: httpx2.Response) -> int:
    assert answer.status_code == 303, answer.text
    return int(str(answer.headers["location"]).split("/")[5])


async def kept(world: World, bank: str, item_id: int) -> tuple[Item, editing.Newest]:
    async with world.services.database.reading() as tx:
        newest = await editing.newest_of(tx, int(bank.rpartition("/")[2]), item_id)
    return from_json(newest.version.content), newest


async def test_an_item_is_written_and_saved_as_a_draft(world: World) -> None:
    author = await an_author(world)
    async with world.browser(author) as browser:
        bank = await new_bank(browser)
        page = (await browser.get(f"{bank}/items/new")).text
        assert page.count('name="option_id"') == 5  # four rows and the one that new rows are made of
        assert "写下题干以后" in page  # what is not written yet is no mistake
        assert "severity-error" not in page
        for begun in ({"stem": "首都"}, {"stem": "", "key": "q"}):
            looked = await browser.post(f"{bank}/items/new", data={**choice(), **begun, "do": "preview"})
            assert "写下题干以后" not in looked.text
        facts = {
            "points": "1.5",
            "difficulty": "易",
            "topic": " 算术 ",
            "source": "课本",
            "valid_until": "2027-12-31",
        }
        saved = await browser.post(f"{bank}/items/new", data=choice(years="2027、2026", note="第一版", **facts))
        item_id = item_id_of(saved)
        told = (await browser.get(str(saved.headers["location"]))).text
    assert "已存为草稿" in told
    assert "第 1 版（草稿）" in told
    item, newest = await kept(world, bank, item_id)
    assert [(option.id, option.text) for option in item.options] == [("q", "3"), ("c", "4"), ("x", "5")]
    assert (item.key, item.points_hundredths, item.topic, item.years) == ({"c"}, 150, "算术", (2026, 2027))
    assert newest.state == "draft"
    assert newest.by_person == author
    async with world.services.database.reading() as tx:
        assert [line.act for line in await audit.newest(tx, object_kind="bank")] == ["write", "add"]


async def test_saving_twice_saves_once_and_submitting_asks_for_the_check(world: World) -> None:
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        first = item_id_of(await browser.post(f"{bank}/items/new", data=choice()))
        second = await browser.post(f"{bank}/items/new", data=choice())
        assert item_id_of(second) == first
        assert str(second.headers["location"]).endswith("done=same")
        asked = await browser.post(f"{bank}/items/new", data=choice(do="submit"))
        assert str(asked.headers["location"]).endswith("done=asked")
    _item, newest = await kept(world, bank, first)
    assert (newest.version.no, newest.state) == (1, "waiting")


async def test_an_edit_makes_the_next_version_and_keeps_the_letters(world: World) -> None:
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        item_id = item_id_of(await browser.post(f"{bank}/items/new", data=choice(external_no="A-7")))
        _item, first = await kept(world, bank, item_id)
        address = f"{bank}/items/{item_id}/edit"
        page = (await browser.get(address)).text
        assert f'name="base" value="{first.version.id}"' in page
        assert 'value="A-7"' in page
        moved = choice(option_id=["x", "q", "c"], option_text=["五", "三", "四"], base=str(first.version.id))
        await browser.post(address, data=moved)
    item, newest = await kept(world, bank, item_id)
    assert [(option.id, option.text) for option in item.options] == [("x", "五"), ("q", "三"), ("c", "四")]
    assert (newest.version.no, newest.external_no) == (2, "A-7")


async def test_what_somebody_else_wrote_meanwhile_is_shown_and_not_overwritten(world: World) -> None:
    author, other = await an_author(world), await an_author(world, "李雷")
    async with world.browser(author) as browser, world.browser(other) as second:
        bank = await new_bank(browser)
        item_id = item_id_of(await browser.post(f"{bank}/items/new", data=choice()))
        _item, first = await kept(world, bank, item_id)
        address, base = f"{bank}/items/{item_id}/edit", str(first.version.id)
        item_id_of(await second.post(address, data=choice("2+2 是几？", base=base)))
        _item, theirs = await kept(world, bank, item_id)
        mine = await browser.post(address, data=choice("二加二等于？", base=base))
        assert mine.status_code == 409
        assert "李雷改过" in mine.text
        assert "2+2 是几？" in mine.text
        assert ">二加二等于？</textarea>" in mine.text
        assert f'name="base" value="{theirs.version.id}"' in mine.text
        assert (await kept(world, bank, item_id))[1].version.no == 2
        item_id_of(await browser.post(address, data=choice("二加二等于？", base=str(theirs.version.id))))
    item, newest = await kept(world, bank, item_id)
    assert (item.stem, newest.version.no) == ("二加二等于？", 3)


async def test_what_could_never_be_delivered_is_not_kept_and_nothing_written_is_lost(world: World) -> None:
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        for wrong, told in (
            ({"key": []}, "没有正确答案"),
            ({"stem": ""}, "题干是空的"),
            ({"points": "两分"}, "分值写一个数"),
            ({"valid_until": "明年"}, "有效期写年-月-日"),
            ({"years": "26"}, "适用年度写四位数"),
            ({"option_text": ["4", "4", "5"]}, "选项B与选项A相同"),
        ):
            for act in ("save", "submit"):
                answer = await browser.post(f"{bank}/items/new", data={**choice(), **wrong, "do": act})
                assert answer.status_code == 422
                assert told in answer.text
                assert 'value="c"' in answer.text
    async with world.services.database.reading() as tx:
        assert sum((await bank_pages.overviews(tx))[0].kinds.values()) == 0


async def test_a_number_that_another_item_has_is_refused(world: World) -> None:
    async with world.browser(await an_author(world)) as browser:
        bank = f"/author/banks/{await world.bank(items(2, 1, 1))}"
        answer = await browser.post(f"{bank}/items/new", data=choice(external_no="S1"))
        assert answer.status_code == 422
        assert "别的题已经用了这个编号" in answer.text


async def test_the_preview_is_the_candidates_fragment_and_findings_stand_below(world: World) -> None:
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        form = choice("求 \\(x^2\\) 与 \\(\\frac{1\\)", do="preview", key=[])
        alone = (await browser.post(f"{bank}/items/new", data=form, headers={"hx-request": "true"})).text
        whole = (await browser.post(f"{bank}/items/new", data=form)).text
    assert alone.lstrip().startswith('<section id="live"')
    for html in (alone, whole):
        assert '<article class="q" id="q1"' in html
        assert "<msup><mi>x</mi><mn>2</mn></msup>" in html
        assert "读不懂" in html
        assert "没有正确答案" in html
    assert "<!doctype html>" in whole
    frame = unescape(re.search(r'srcdoc="([^"]*)"', whole)[1])  # type: ignore[index]
    assert '<body class="exam item-preview">' in frame
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in frame


async def test_rows_move_without_a_script(world: World) -> None:
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)

        async def rows(act: str) -> list[str]:
            page = (await browser.post(f"{bank}/items/new", data=choice(do=act))).text
            return re.findall(r'name="option_text"[^>]*>([^<]*)<', page)[:-1]

        assert await rows("up-1") == ["4", "3", "5"]
        assert await rows("up-0") == ["3", "4", "5"]
        assert await rows("down-0") == ["4", "3", "5"]
        assert await rows("down-2") == ["3", "4", "5"]
        assert await rows("drop-1") == ["3", "5"]
        assert await rows("add") == ["3", "4", "5", ""]
        assert await rows("up-99") == await rows("up--1") == await rows("nonsense") == ["3", "4", "5"]


OTHER_KINDS: dict[str, dict[str, str | list[str]]] = {
    "true_false": {"truth": "f"},
    "short_answer": {"answers": "北京\n北京市 =50%", "wildcards": "1"},
    "numeric": {"answers": "3.14\n3~3.2 =50%", "unit": "m"},
    "matching": {"pair_left": ["甲", "乙", ""], "pair_right": ["一", "二", ""], "spare": "三"},
    "cloze": {
        "stem": "首都是{1}，长 {2}，属于{3}。",
        "gap_mark": ["{1}", "{2}", "{3}"],
        "gap_kind": ["exact", "number", "choice"],
        "gap_answers": ["北京", "单位：km\n5±1", "河\n*江 \n\\*湖"],
        "gap_share": ["1", "2", ""],
    },
    "essay": {"model": "要点：\n一、……"},
}


@pytest.mark.parametrize("kind", OTHER_KINDS)
async def test_every_kind_is_written_and_comes_back_into_the_form_as_it_was(world: World, kind: str) -> None:
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        form = {**choice("题干", kind=kind), **OTHER_KINDS[kind]}
        item_id = item_id_of(await browser.post(f"{bank}/items/new", data=form))
        item, newest = await kept(world, bank, item_id)
        assert item.kind == kind
        page = (await browser.get(f"{bank}/items/{item_id}/edit")).text
        again = {name: values for name, values in fields_in(page).items() if name != "do"}
        answer = await browser.post(f"{bank}/items/{item_id}/edit", data={**again, "do": "save"})
        assert str(answer.headers["location"]).endswith("done=same"), again
    assert (await kept(world, bank, item_id))[1] == newest


def fields_in(page: str) -> dict[str, list[str]]:
    """What a browser without scripts would send of the form."""
    form = page[page.index('id="editor"') : page.index('class="editor-bar"')]
    form = re.sub(r"<template.*?</template>", "", form, flags=re.DOTALL)
    found: dict[str, list[str]] = {}
    pattern = r"<input ([^>]*)>|<textarea ([^>]*)>([^<]*)</textarea>|<select ([^>]*)>(.*?)</select>"
    for match in re.finditer(pattern, form, re.DOTALL):
        attributes = match[1] or match[2] or match[4]
        name = re.search(r'\bname="([^"]*)"', attributes)
        if name is None or (re.search(r'type="(?:radio|checkbox)"', attributes) and " checked" not in attributes):
            continue
        if match[4]:
            chosen = re.search(r'value="([^"]*)" selected', match[5])
            value = chosen[1] if chosen else ""
        else:
            given = re.search(r'\bvalue="([^"]*)"', attributes)
            value = match[3] if match[2] else given[1] if given else ""
        found.setdefault(name[1], []).append(unescape(value))
    return found


async def test_the_form_of_every_kind_is_shown_empty(world: World) -> None:
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        for kind in OTHER_KINDS:
            page = await browser.get(f"{bank}/items/new?kind={kind}")
            assert f'<option value="{kind}" selected>' in page.text
            form = {"do": "kind", "kind": kind, "base": "0"}
            alone = await browser.post(f"{bank}/items/new", data=form, headers={"hx-request": "true"})
            assert alone.text.lstrip().startswith('<div id="answers"')
            assert (await browser.post(f"{bank}/items/new", data={**form, "do": "save"})).status_code == 422


async def test_an_unreadable_number_is_said_where_it_stands(world: World) -> None:
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        form = choice(kind="numeric", answers="3\n三点一")
        answer = await browser.post(f"{bank}/items/new", data=form)
    assert answer.status_code == 422
    assert "“三点一”不是数" in answer.text
    assert "没有正确答案" not in answer.text


async def test_html_is_cleaned_on_its_way_in_and_when_it_goes_back_into_the_form(world: World) -> None:
    evil = '<p onclick="x()">甲<b>乙</b><script>alert(1)</script><img src="https://e.example/1.png"></p>'
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        shown = (await browser.post(f"{bank}/items/new", data=choice(evil, stem_mode="html", do="add"))).text
        assert "alert(1)" not in shown
        assert "onclick=" not in shown.replace("&#34;", '"')
        item_id = item_id_of(await browser.post(f"{bank}/items/new", data=choice(evil, stem_mode="html")))
    item, _newest = await kept(world, bank, item_id)
    assert item.markup == "<p>甲<b>乙</b>[图]</p>"
    assert item.stem == "甲乙[图]"


async def test_a_picture_is_checked_by_what_it_holds(world: World) -> None:
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        address = f"{bank}/items/pictures/upload"
        for content, told in (
            (b"", "请选择一个图片文件"),
            (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "SVG"),
            (b"\x89PNG\r\n\x1a\n", "不是可以显示的图片"),
            (a_png() + b"\0" * 2 * 1024 * 1024, "图片超过 2 MB"),
        ):
            answer = await browser.post(address, files={"file": ("图.png", content, "image/png")})
            assert answer.status_code == 422
            assert told in answer.json()["error"]
        kept_one = (await browser.post(address, files={"file": ("图.svg", a_png(), "image/svg+xml")})).json()
        assert (kept_one["width"], kept_one["height"]) == (3, 2)
        assert (await browser.get(kept_one["address"])).content == a_png()
        stem = f'<p>看图 <img src="{kept_one["address"]}" alt="图" width="3" height="2"></p>'
        item_id = item_id_of(await browser.post(f"{bank}/items/new", data=choice(stem, stem_mode="html")))
        lost = stem.replace("/media/", "/media/" + "0" * 3).replace(kept_one["address"][-7:], ".png")
        answer = await browser.post(f"{bank}/items/new", data=choice(lost, stem_mode="html"))
        assert "有图片没有保存下来" in answer.text
    item, _newest = await kept(world, bank, item_id)
    assert item.markup == stem.replace("/media/", "media:")


async def test_what_is_pasted_comes_back_clean(world: World) -> None:
    word = (
        "<html><head><style>p{}</style></head><body><!--StartFragment--><p class=MsoNormal><b>重点</b>"
        '<span style="font-weight:bold">加粗</span><o:p></o:p></p>'
        "<!--[if gte msEquation 12]><m:oMath><m:sSup><m:e><i><span><m:r>x</m:r></span></i></m:e>"
        "<m:sup><i><span><m:r>2</m:r></span></i></m:sup></m:sSup></m:oMath><![endif]-->"
        '<![if !msEquation]><img src="file:///C:/f.png"><![endif]><img src="file:///C:/g.png">'
        "<!--EndFragment--></body></html>"
    )
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        answer = (await browser.post(f"{bank}/items/paste", data={"html": word})).json()
        assert answer["lost"] == 1
        assert "<b>重点</b><span" not in answer["html"]
        assert "<b>重点</b><b>加粗</b>" in answer["html"]
        assert "\\(x^{2}\\)" in answer["html"]
        held = f'<p>图<img src="data:image/png;base64,{b64encode(a_png()).decode()}" alt="灰"></p>'
        answer = (await browser.post(f"{bank}/items/paste", data={"html": held})).json()
        assert answer["lost"] == 0
        shown = re.search(r'<img src="(/media/[0-9a-f]{64}\.png)" alt="灰" width="3" height="2">', answer["html"])
        assert shown is not None
        assert (await browser.get(shown[1])).content == a_png()
        again = f'<img src="{shown[1]}" width="6"><img src="/media/{"0" * 64}.png">'
        answer = (await browser.post(f"{bank}/items/paste", data={"html": again})).json()
        assert f'<img src="{shown[1]}" alt="" width="6" height="4">' in answer["html"]
        plain = (await browser.post(f"{bank}/items/paste", data={"html": "<p>甲</p>"})).json()
        assert plain == {"html": "", "text": "甲", "lost": 0}


async def test_the_editor_is_for_authors_and_for_items_of_the_bank(world: World) -> None:
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        other = await new_bank(browser, "另一个")
        item_id = item_id_of(await browser.post(f"{bank}/items/new", data=choice()))
        for address in (f"{other}/items/{item_id}/edit", f"{bank}/items/999/edit", "/author/banks/999/items/new"):
            assert (await browser.get(address)).status_code == 404
            assert (await browser.post(address, data=choice())).status_code == 404
    async with world.browser(await world.person()) as candidate:
        for address in (f"{bank}/items/new", f"{bank}/items/{item_id}/edit"):
            assert (await candidate.get(address)).status_code == 403
            assert (await candidate.post(address, data=choice())).status_code == 403
        assert (await candidate.post(f"{bank}/items/paste", data={"html": "x"})).status_code == 403
        files = {"file": ("1.png", a_png(), "image/png")}
        assert (await candidate.post(f"{bank}/items/pictures/upload", files=files)).status_code == 403


async def test_the_same_stem_with_another_key_is_refused_and_a_copy_is_remarked(world: World) -> None:
    stem = "《网络安全法》由全国人大常委会通过，这部法律自哪一年的六月一日起在全国范围内施行？"
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        item_id = item_id_of(await browser.post(f"{bank}/items/new", data=choice(stem, external_no="N1")))
        wrong = await browser.post(f"{bank}/items/new", data=choice(stem.rstrip("？"), key="q"))
        assert wrong.status_code == 422
        assert "必有一个是错的" in wrong.text
        assert "与题库中编号 N1题干相同而答案不同" in wrong.text
        copy = (await browser.post(f"{bank}/items/new", data=choice(stem, do="preview"))).text
        assert "题库里已有同样的题（编号 N1）" in copy
        near = choice(stem.replace("六月", "七月"), do="preview", option_text=["3", "4", "6"])
        assert "% 相同" in (await browser.post(f"{bank}/items/new", data=near)).text
        own = choice(stem, do="preview", key="q")
        assert "必有一个是错的" not in (await browser.post(f"{bank}/items/{item_id}/edit", data=own)).text


async def test_a_long_text_fits_and_a_stranger_sends_none(world: World) -> None:
    html = "<p>" + "<b>字</b>" * 20_000 + "</p>"
    async with world.browser(await an_author(world)) as browser:
        bank = await new_bank(browser)
        answer = await browser.post(f"{bank}/items/paste", data={"html": html})
        assert answer.json()["text"].count("字") == 20_000
    async with world.browser() as stranger:
        assert (await stranger.post(f"{bank}/items/paste", data={"html": html})).status_code == 413
