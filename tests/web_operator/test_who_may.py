"""Operators' pages are for operators."""

import pytest

from examengine.records.words import Role
from tests.web_operator.steps import a_people_list, an_operator, published, send_list
from tests.world import World

PAGES = (
    "/operator/wall",
    "/operator/wall/table",
    "/operator/wall/selected",
    "/operator/exams",
    "{exam}",
    "{exam}/withdraw",
    "/operator/publish",
    "{exam}/checks",
    "/operator/duty",
    "/operator/rulebooks/new",
    "/operator/people",
    "/operator/learning",
    "/operator/cards",
    "{people}",
)
ACTS = (
    "/operator/wall/message",
    "/operator/wall/export",
    "{exam}/withdraw",
    "{exam}/enrol",
    "{exam}/upload",
    "/operator/publish",
    "/operator/publish/confirm",
    "/operator/publish/sign",
    "/operator/duty",
    "/operator/duty/hotline",
    "/operator/duty/1/drop",
    "/operator/rulebooks/upload",
    "/operator/people/upload",
    "{people}/commit",
    "{people}/passwords",
    "/operator/learning/upload",
    "/operator/cards/upload",
)


async def test_every_page_opens_for_an_operator_and_for_nobody_else(world: World) -> None:
    async with world.browser(await an_operator(world)) as browser:
        people = await send_list(browser, "/operator/people/upload", a_people_list(2))
        known = {"exam": await published(browser, world), "people": people.headers["location"]}
        for address in PAGES:
            assert (await browser.get(address.format(**known))).status_code == 200, address
        assert (await browser.get("/operator")).headers["location"] == "/operator/exams"
    for role in (Role.CANDIDATE, Role.SUPPORT, Role.AUTHOR):
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


async def test_another_operators_list_is_not_found(world: World) -> None:
    async with world.browser(await an_operator(world)) as browser:
        address = (await send_list(browser, "/operator/people/upload", a_people_list(2))).headers["location"]
        assert (await browser.get(address.replace("/0/", "/1/"))).status_code == 404
    async with world.browser(await an_operator(world)) as browser:
        assert (await browser.get(address)).status_code == 404
        for act in ("commit", "passwords"):
            assert (await browser.post(f"{address}/{act}")).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/operator/exams/999",
        "/operator/exams/x",
        "/operator/exams/999/withdraw",
        "/operator/exams/999/lists/2026/1",
        "/operator/publish?rulebook=sha256:0",
        "/operator/publish?release=999",
        "/operator/people/0/uploads/999",
        "/operator/learning/uploads/999",
        "/operator/nonsense",
    ],
)
async def test_what_does_not_exist_is_not_found(world: World, address: str) -> None:
    async with world.browser(await an_operator(world)) as browser:
        assert (await browser.get(address)).status_code == 404
