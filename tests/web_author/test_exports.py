"""A bank in four formats: taken at once, or after the page has said what a format cannot hold."""

from dataclasses import replace

import pytest

from examengine.banks.item import Item, Kind
from examengine.banks.readers import read_bank
from examengine.banks.responses import EssayExpected
from examengine.banks.writers import ExportFormat, write_bank
from examengine.records.words import Role
from tests.banks.test_export_round_trip import EVERY_KIND, MEDIA
from tests.web_author.steps import commit, new_bank, upload
from tests.world import World

ESSAY = Item(Kind.ESSAY, "谈谈体会。", (), frozenset(), external_no="E1", expected=EssayExpected("要点"))


async def test_a_bank_comes_back_the_same_in_every_format(world: World) -> None:
    made = tuple(replace(item, external_no=f"N{n}") for n, item in enumerate(EVERY_KIND))
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        await commit(browser, await upload(browser, bank, write_bank(made, MEDIA, ExportFormat.WORKBOOK).content))
        page = await browser.get(f"{bank}/exports")
        for form in ExportFormat:
            assert f'value="{form}"' in page.text
            taken = await browser.get(f"{bank}/exports", params={"as": form, "anyway": "1"})
            reading = read_bank(taken.content, "题库")
            assert [read.item.stem for read in reading.items] == [
                item.stem for item in made if form is not ExportFormat.GIFT or item.kind is not Kind.CLOZE
            ]
            assert len(reading.media) == 1


async def test_what_a_format_cannot_hold_is_shown_before_the_file_is_taken(world: World) -> None:
    cloze = next(item for item in EVERY_KIND if item.kind is Kind.CLOZE)
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        content = write_bank((cloze, ESSAY), {}, ExportFormat.WORKBOOK).content
        await commit(browser, await upload(browser, bank, content))
        told = await browser.get(f"{bank}/exports", params={"as": "gift"})
        assert "GIFT 没有多空填空题的写法" in told.text
        assert "照样下载" in told.text
        taken = await browser.get(f"{bank}/exports", params={"as": "gift", "anyway": "1"})
        assert "谈谈体会。" in taken.content.decode()
        at_once = await browser.get(f"{bank}/exports", params={"as": "moodle_xml"})
        assert at_once.headers["content-disposition"].endswith(".xml")


@pytest.mark.parametrize("asked", ["", "docx", "../../etc/passwd"])
async def test_a_format_that_is_none_shows_the_formats(world: World, asked: str) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        bank = await new_bank(browser)
        page = await browser.get(f"{bank}/exports", params={"as": asked})
        assert (page.status_code, "Moodle XML" in page.text) == (200, True)
        assert (await browser.get("/author/banks/999/exports")).status_code == 404
