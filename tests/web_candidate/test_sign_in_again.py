"""Signing in again in the middle of an exam: with the page's token and the password, and by nothing less."""

from typing import Any

import pytest

from examengine.records import accounts, people
from examengine.web.app import session_cookie
from examengine.web.tokens import PageToken, Tokens
from tests.web_candidate.exam_page import ExamPage, an_open_exam, text_of
from tests.world import SETTINGS_KEYS, World

PASSWORD = "Chuntian-2026-shu"
WRONG = "Jibuqing-le-77"


async def with_password(world: World, page: ExamPage, password: str = PASSWORD, *, must_change: bool = False) -> int:
    """Give the page's person a password, and take his session away; his id."""
    person_id = (await world.services.desk.read(page.attempt_id, world.now_ms)).owner_id
    services = world.services
    password_hash = await services.passwords.hashed(password)
    async with services.database.writing() as tx:
        await accounts.change_password(tx, person_id, password_hash, world.now_ms, initial=must_change)
    page.browser.cookies.delete(session_cookie(world.services))
    return person_id


async def ask(page: ExamPage, password: str = PASSWORD, **changes: Any) -> tuple[int, dict[str, Any]]:
    fields = {"t": page.token, "password": password, **changes}
    sent = {name: value for name, value in fields.items() if value is not None}
    response = await page.browser.post(page.path("sign-in"), data=sent)
    return response.status_code, response.json()


async def test_the_password_brings_the_session_back_and_the_pen_goes_on(world: World) -> None:
    async with an_open_exam(world) as page:
        await with_password(world, page)
        assert (await page.save(1, "a"))["word"] == "revoked"
        assert await ask(page) == (200, {"word": "signed_in", "must_change": False})
        told = await page.save(1, "a")
        assert (told["word"], told["epoch"]) == ("saved", 1)


async def test_a_wrong_password_is_told_counted_and_delayed_like_every_sign_in(world: World) -> None:
    async with an_open_exam(world) as page:
        person_id = await with_password(world, page)
        told = [await ask(page, WRONG) for _ in range(5)]
        assert told == [(422, {"word": "wrong"})] * 5
        status, waiting = await ask(page)
        assert (status, waiting["word"]) == (429, "wait")
        assert 0 < waiting["wait_s"] <= 60
        async with world.services.database.reading() as tx:
            profile = (await people.get_person(tx, world.services.vault, person_id)).profile
        assert profile is not None
        async with world.browser() as elsewhere:
            fields = {"username": profile.document, "password": PASSWORD}
            assert (await elsewhere.post("/login", data=fields)).status_code == 429
        world.clock.advance(60_000)
        assert (await ask(page))[1]["word"] == "signed_in"


async def test_a_one_time_password_is_told_and_lets_the_exam_go_on(world: World) -> None:
    async with an_open_exam(world) as page:
        await with_password(world, page, must_change=True)
        assert (await ask(page))[1] == {"word": "signed_in", "must_change": True}
        assert (await page.save(1, "a"))["word"] == "saved"
        assert (await page.browser.get(page.path())).headers["location"] == "/password"


@pytest.mark.parametrize(
    ("changes", "status", "word"),
    [
        ({"t": None}, 403, "not_owner"),
        ({"t": "forged"}, 403, "not_owner"),
        ({"password": None}, 422, "wrong"),
        ({"password": ""}, 422, "wrong"),
        ({"password": "x" * 3000}, 422, "wrong"),
    ],
)
async def test_what_the_page_does_not_send_signs_nobody_in(
    world: World, changes: dict[str, Any], status: int, word: str
) -> None:
    async with an_open_exam(world) as page:
        await with_password(world, page)
        assert await ask(page, **changes) == (status, {"word": word})
        assert (await page.save(1, "a"))["word"] == "revoked"


async def test_a_page_token_of_another_sitting_signs_nobody_in(world: World) -> None:
    async with an_open_exam(world) as page:
        person_id = await with_password(world, page)
        other = Tokens(SETTINGS_KEYS).page(PageToken(page.attempt_id + 1, person_id, 1, 1, "p"))
        nobody = Tokens(SETTINGS_KEYS).page(PageToken(page.attempt_id, 4711, 1, 1, "p"))
        for token in (other, nobody):
            assert await ask(page, t=token) == (403, {"word": "not_owner"})


async def test_a_page_token_alone_opens_nothing(world: World) -> None:
    async with an_open_exam(world) as page:
        await with_password(world, page)
        for act in ("answers", "pulse", "leave", "return", "focus", "rejoin"):
            assert (await page.report(act))["status"] == 401, act
        for act in ("hand-in", "give-up", "pen"):
            sent = await page.browser.post(page.path(act), data={"t": page.token, "sure": "1"})
            assert sent.status_code == 401, act
        for path in ("/my", page.path(), page.path("result")):
            assert (await page.browser.get(path)).headers["location"].startswith("/login"), path


async def test_a_form_that_meets_an_ended_session_is_posted_again_with_the_password(world: World) -> None:
    async with an_open_exam(world) as page:
        person_id = await with_password(world, page)
        chosen = {1: page.options[1][0], 31: "".join(sorted(page.options[31][:2]))}
        sent = await page.post_form(chosen, flags={2}, next="https://elsewhere.example/", junk="<b>")
        assert sent.status_code == 401
        told = text_of(sent.text)
        assert "答案还没有保存" in told
        assert "1、31" in told
        assert "elsewhere" not in sent.text
        assert "junk" not in sent.text
        wrong = await page.post_form(chosen, flags={2}, password=WRONG)
        assert (wrong.status_code, "密码不对" in wrong.text) == (422, True)
        empty = await page.post_form(chosen, flags={2}, password="")
        assert (empty.status_code, "请输入密码" in empty.text) == (422, True)
        assert (await world.services.desk.read(page.attempt_id, world.now_ms)).given == {}
        done = await page.post_form(chosen, flags={2}, password=PASSWORD)
        assert (done.status_code, done.headers["location"]) == (303, f"{page.path()}?still=1#q32")
        sitting = await world.services.desk.read(page.attempt_id, world.now_ms)
        assert sitting.given == chosen
        assert sitting.flags[2].value == "1"
        assert session_cookie(world.services) in page.browser.cookies
        assert sitting.owner_id == person_id


async def test_a_form_of_somebody_else_is_not_saved_under_the_name_of_who_is_signed_in(world: World) -> None:
    async with an_open_exam(world) as page:
        await with_password(world, page)
        world.sign_in(page.browser, await world.person(name="韦桂花"))
        sent = await page.post_form({1: page.options[1][0]})
        assert sent.status_code == 403
        assert "现在登录的是另一个人" in text_of(sent.text)
        assert (await world.services.desk.read(page.attempt_id, world.now_ms)).given == {}


async def test_passwords_in_forms_are_limited_too(world: World) -> None:
    async with an_open_exam(world) as page:
        await with_password(world, page)
        for _ in range(5):
            assert (await page.post_form({1: "a"}, password=WRONG)).status_code == 422
        waiting = await page.post_form({1: page.options[1][0]}, password=PASSWORD)
        assert (waiting.status_code, "秒再试" in waiting.text) == (429, True)
        assert f'name="q1" value="{page.options[1][0]}"' in waiting.text


async def test_a_form_without_a_token_of_ours_is_not_kept(world: World) -> None:
    async with an_open_exam(world) as page:
        await with_password(world, page)
        for token in (None, "forged"):
            sent = await page.post_form({1: "a"}, t=token, password=PASSWORD)
            assert sent.status_code == 401
            assert 'name="q1"' not in sent.text
