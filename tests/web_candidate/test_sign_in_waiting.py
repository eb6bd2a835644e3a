"""Waiting one's turn before a sign-in, over HTTP."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import pytest_asyncio

from examengine.accounts.sign_in import SignIn
from examengine.live.admission import Queue
from examengine.live.limits import SignInLimits
from examengine.records.words import Role
from tests.web_candidate.exam_page import text_of, value_of
from tests.web_candidate.test_start import confirm, contract_page
from tests.world import World, resident_id

PASSWORD = "Chuntian-2026-shu"
SECOND_MS = 1_000

Browser = httpx2.AsyncClient


class Door:
    """People with passwords; ``let_in`` so many a second."""

    def __init__(self, world: World) -> None:
        self.world = world

    def let_in(self, a_second: float) -> Queue:
        services = self.world.services
        queue = Queue(services.calls, "sign_in", a_second, clamp_ms=-1)
        limits = SignInLimits(services.calls)
        sign_in = SignIn(services.database, services.vault, limits, services.passwords, queue)
        object.__setattr__(services, "sign_ins", queue)
        object.__setattr__(services, "sign_in", sign_in)
        return queue

    async def someone(self, *held: Role) -> tuple[int, str]:
        """A person and his number."""
        hashed = await self.world.services.passwords.hashed(PASSWORD)
        person_id = await self.world.person(*held, password_hash=hashed)
        return person_id, resident_id(self.world.made_people)

    async def crowded(self) -> None:
        """Somebody waits, and nobody will be let in for long."""
        queue = self.let_in(0.01)
        for name in ("first", "second"):
            await queue.ask(name, self.world.now_ms)


@pytest_asyncio.fixture
async def door(world: World) -> Door:
    return Door(world)


@pytest_asyncio.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    async with world.browser() as made:
        yield made


async def typed(browser: Browser, number: str, password: str = PASSWORD, **more: str) -> httpx2.Response:
    page = (await browser.get("/login")).text
    return await browser.post(
        "/login", data={"t": value_of(page, "t"), "username": number, "password": password, **more}
    )


async def place(browser: Browser, number: str, **more: str) -> dict[str, object]:
    page = (await browser.get("/login")).text
    told = (await browser.post("/login/place", data={"t": value_of(page, "t"), "username": number, **more})).json()
    assert isinstance(told, dict)
    return told


async def test_where_nobody_waits_nobody_sees_a_line(door: Door, browser: Browser) -> None:
    _, number = await door.someone()
    door.let_in(1)
    assert await place(browser, number) == {"word": "turn"}
    assert (await typed(browser, number)).headers["location"] == "/"


async def test_in_a_crowd_the_form_waits_and_then_goes_as_it_stands(door: Door, browser: Browser) -> None:
    _, number = await door.someone()
    await door.crowded()
    told = await place(browser, number)
    assert (told["word"], told["before"], told["note"]) == ("wait", "您前面还有 1 人", "")
    assert "分钟" in str(told["lead"])
    again = await place(browser, number, since=str(told["since"]), until=str(told["until"]))
    assert (again["before"], again["note"]) == (told["before"], "")
    door.let_in(1_000)
    door.world.clock.move_to(door.world.now_ms + SECOND_MS)
    assert await place(browser, number) == {"word": "turn"}
    await door.crowded()
    assert (await typed(browser, number)).headers["location"] == "/", "a place that was given is kept"


async def test_without_a_script_the_page_waits_and_the_password_is_kept_nowhere(door: Door, browser: Browser) -> None:
    _, number = await door.someone()
    await door.crowded()
    sent = (await typed(browser, number, next="/my")).headers["location"]
    asked = parse_qs(urlsplit(sent).query)
    assert asked["next"] == ["/my"]
    assert number not in sent
    assert PASSWORD not in sent
    page = (await browser.get(sent)).text
    told = text_of(page)
    assert "登录的人较多" in told
    assert "您前面还有 1 人" in told
    assert "密码没有保存" in told
    door.let_in(1_000)
    door.world.clock.move_to(door.world.now_ms + SECOND_MS)
    turn = (await browser.get(sent)).text
    assert "轮到您了" in text_of(turn)
    assert value_of(turn, "next") == "/my"
    await door.crowded()
    assert (await typed(browser, number, next="/my")).headers["location"] == "/my"


async def test_a_wait_is_no_wrong_password(door: Door, browser: Browser) -> None:
    _, number = await door.someone()
    await door.crowded()
    for _ in range(8):
        assert (await typed(browser, number, "Bushi-zhege-88")).status_code == 303
    door.let_in(1_000)
    door.world.clock.move_to(door.world.now_ms + SECOND_MS)
    assert (await typed(browser, number)).headers["location"] == "/"


@pytest.mark.parametrize("who", ["sits", "staff"])
async def test_who_sits_an_exam_and_who_works_here_wait_for_nobody(door: Door, browser: Browser, who: str) -> None:
    person_id, number = await door.someone(*((Role.SUPPORT,) if who == "staff" else ()))
    if who == "sits":
        enrolment = await door.world.enrolled(await door.world.exam(), person_id)
        async with door.world.browser(person_id) as sitting:
            await confirm(sitting, enrolment, await contract_page(sitting, enrolment))
    assert (await typed(browser, number)).headers["location"] == "/"
    browser.cookies.delete("session")
    await door.crowded()
    assert await place(browser, number) == {"word": "turn"}
    assert (await typed(browser, number)).headers["location"] == "/"


@pytest.mark.parametrize("who", ["sits", "staff", "nobody in particular"])
async def test_on_a_strange_device_a_number_does_not_tell_who_sits_just_now(
    door: Door, browser: Browser, who: str
) -> None:
    person_id, number = await door.someone(*((Role.SUPPORT,) if who == "staff" else ()))
    if who == "sits":
        enrolment = await door.world.enrolled(await door.world.exam(), person_id)
        async with door.world.browser(person_id) as sitting:
            await confirm(sitting, enrolment, await contract_page(sitting, enrolment))
    async with door.world.browser() as own:
        await typed(own, number)
    _, other = await door.someone()
    await typed(browser, other)  # the browser has a mark, but not by this person
    browser.cookies.delete("session")
    await door.crowded()
    assert (await place(browser, number))["word"] == "wait"
    assert "/login?place=" in (await typed(browser, number, "Bushi-zhege-88")).headers["location"]
    assert "/login?place=" in (await typed(browser, number)).headers["location"]


async def test_who_does_not_exist_waits_like_anybody(door: Door, browser: Browser) -> None:
    await door.crowded()
    assert (await place(browser, resident_id(900_001)))["word"] == "wait"
    assert (await typed(browser, resident_id(900_002))).status_code == 303


@pytest.mark.parametrize(
    "address", ["/login?place=", "/login?place=x", f"/login?place={'g' * 32}", "/login?place=%00"]
)
async def test_a_made_up_place_is_the_form(door: Door, browser: Browser, address: str) -> None:
    await door.crowded()
    page = await browser.get(address)
    assert page.status_code == 200
    assert value_of(page.text, "t")


async def test_a_pool_that_is_full_says_so_and_blames_nobody(door: Door, browser: Browser, world: World) -> None:
    _, number = await door.someone()
    world.services.passwords._room = 0
    page = await typed(browser, number)
    assert page.status_code == 429
    assert "当前登录的人较多，这次没有核对密码" in text_of(page.text)
