"""Authors' pages are for authors."""

import pytest

from examengine.records.words import Role
from tests.web_author.steps import a_workbook, new_bank, upload
from tests.world import World

PAGES = (
    "/author/banks",
    "{bank}",
    "{bank}/import",
    "{bank}/export",
    "{bank}/exports",
    "{bank}/release",
    "{bank}/releases",
    "{item}",
    "{preview}",
    "/author/template.xlsx",
)
ACTS = ("/author/banks", "{bank}/release", "{bank}/review", "{bank}/upload", "{preview}/commit", "{preview}/drop")


async def test_every_page_opens_for_an_author_and_for_nobody_else(world: World) -> None:
    author = await world.person(Role.AUTHOR)
    item = f"/author/banks/{await world.bank()}/items/1"
    async with world.browser(author) as browser:
        bank = await new_bank(browser)
        known = {"bank": bank, "item": item, "preview": await upload(browser, bank, a_workbook())}
        for address in PAGES:
            assert (await browser.get(address.format(**known))).status_code == 200, address
        assert (await browser.get("/author")).headers["location"] == "/author/banks"
    for role in (Role.CANDIDATE, Role.SUPPORT, Role.OPERATOR):
        async with world.browser(await world.person(role)) as browser:
            for address in PAGES:
                assert (await browser.get(address.format(**known))).status_code == 403, (role, address)
            for address in ACTS:
                assert (await browser.post(address.format(**known))).status_code == 403, (role, address)
    async with world.browser() as browser:
        for address in PAGES:
            asked = await browser.get(address.format(**known))
            assert asked.status_code == 303
            assert asked.headers["location"].startswith("/login")
        for address in ACTS:
            assert (await browser.post(address.format(**known))).status_code == 401, address


async def test_a_form_from_another_site_is_refused(world: World) -> None:
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        sent = await browser.post("/author/banks", data={"name": "题库"}, headers={"sec-fetch-site": "cross-site"})
        assert sent.status_code == 403
        assert "这里还没有题库" in (await browser.get("/author/banks")).text


async def test_another_authors_upload_is_not_found(world: World) -> None:
    first, second = await world.person(Role.AUTHOR), await world.person(Role.AUTHOR)
    async with world.browser(first) as browser:
        bank = await new_bank(browser)
        other_bank = await new_bank(browser, "另一个题库")
        preview = await upload(browser, bank, a_workbook())
        assert (await browser.get(preview.replace(bank, other_bank))).status_code == 404
    async with world.browser(second) as browser:
        assert (await browser.get(bank)).status_code == 200
        assert (await browser.get(preview)).status_code == 404
        assert (await browser.post(f"{preview}/commit")).status_code == 404
        assert (await browser.post(f"{preview}/drop")).status_code == 404
    async with world.browser(first) as browser:
        assert (await browser.get(preview)).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "/author/banks/999",
        "/author/banks/x",
        "/author/banks/999/import",
        "/author/banks/999/export",
        "/author/banks/1/uploads/999",
        "/author/banks/1/uploads/1-latin-1",
        "/author/banks/1/uploads/x",
        "/author/banks/1/imports/999",
        "/author/banks/99999999999999999999",
    ],
)
async def test_what_does_not_exist_is_not_found(world: World, address: str) -> None:
    await world.bank()
    async with world.browser(await world.person(Role.AUTHOR)) as browser:
        assert (await browser.get(address)).status_code == 404
