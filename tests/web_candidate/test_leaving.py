"""Rulebooks that ask for leaving the page or losing its focus, over HTTP."""

import pytest

from tests.faults import sql_away
from tests.web_candidate.exam_page import an_open_exam, opened, text_of
from tests.world import World

MINUTE_MS = 60_000
LEAVING = {"exam.forced_exit.detect": "page_leave", "exam.forced_exit.page_leave_grace_seconds": 30}
FOCUS = {"exam.forced_exit.detect": "focus_loss", "exam.forced_exit.focus_loss_limit": 2}


async def test_the_page_is_told_what_it_has_to_report(world: World) -> None:
    async with an_open_exam(world) as page:
        assert "data-leave-grace" not in page.html
        assert "data-focus-limit" not in page.html
    async with an_open_exam(world, LEAVING) as page:
        assert 'data-leave-grace="30"' in page.html
    async with an_open_exam(world, FOCUS) as page:
        assert 'data-focus-limit="2" data-focus-losses="0"' in page.html


async def test_the_contract_says_what_leaving_means(world: World) -> None:
    for override, said in ((LEAVING, "离开考试页面超过 30 秒"), (FOCUS, "切换到其他窗口超过 2 次")):
        enrolment = await world.enrolled(await world.exam(override), await world.person())
        async with world.browser(enrolment.person_id) as browser:
            page = await browser.get(f"/enrolments/{enrolment.id}/contract")
            assert said in text_of(page.text)


@pytest.mark.parametrize(("after_ms", "word"), [(29_999, "back"), (30_000, "forced"), (30_001, "forced")])
async def test_a_page_must_be_back_within_its_grace(world: World, after_ms: int, word: str) -> None:
    async with an_open_exam(world, LEAVING) as page:
        await page.save(1, page.options[1][0])
        assert (await page.report("leave"))["word"] == "left"
        left_ms = world.now_ms
        world.clock.advance(after_ms)
        told = await page.report("return")
        assert told["word"] == word
        if word == "back":
            assert (await page.save(2, page.options[2][0]))["word"] == "saved"
            return
        assert told["go"] == page.path("result")
        outcome = await world.outcome(page.attempt_id)
        assert (outcome.state, outcome.cause, outcome.ended_ms) == ("forced_exit", "page_leave", left_ms + 30_000)


@pytest.mark.parametrize("act", ["save", "pulse", "hand-in", "reload"])
async def test_any_sign_of_life_within_the_grace_is_a_return(world: World, act: str) -> None:
    async with an_open_exam(world, LEAVING) as page:
        await page.report("leave")
        world.clock.advance(29_999)
        if act == "save":
            assert (await page.save(1, page.options[1][0]))["word"] == "saved"
        elif act == "pulse":
            assert (await page.report("pulse"))["word"] == "alive"
        elif act == "hand-in":
            await page.hand_in()
        else:
            await opened(page.browser, page.attempt_id)
        world.clock.advance(10 * MINUTE_MS)
        await world.services.sweeper.sweep(world.now_ms)
        assert [outcome.state for outcome in await world.series(page.attempt_id)] == (
            ["submitted"] if act == "hand-in" else []
        )


async def test_a_save_after_the_grace_is_told_of_the_forced_exit(world: World) -> None:
    async with an_open_exam(world, LEAVING) as page:
        await page.save(1, page.options[1][0])
        await page.report("leave")
        world.clock.advance(30_000)
        told = await page.save(2, page.options[2][0])
        assert (told["word"], told["go"]) == ("forced", page.path("result"))
        assert (await world.outcome(page.attempt_id)).state == "forced_exit"
        assert "中途退出" in text_of((await page.browser.get(page.path("result"))).text)


async def test_a_page_that_asks_again_after_its_forced_exit_is_told_of_it_again(world: World) -> None:
    async with an_open_exam(world, LEAVING) as page:
        await page.report("leave")
        world.clock.advance(30_000)
        for act in ("pulse", "return", "pulse"):
            told = await page.report(act)
            assert (told["word"], told["go"]) == ("forced", page.path("result"))
        told = await page.save(1, page.options[1][0])
        assert (told["word"], told["go"]) == ("forced", page.path("result"))


async def test_a_page_whose_forced_exit_the_sweeper_recorded_is_told_of_it(world: World) -> None:
    async with an_open_exam(world, LEAVING) as page:
        await page.report("leave")
        world.clock.advance(10 * MINUTE_MS)
        assert await world.services.sweeper.sweep(world.now_ms) == 1
        told = await page.report("return")
        assert (told["word"], told["go"]) == ("forced", page.path("result"))


@pytest.mark.parametrize("act", ["hand-in", "give-up"])
async def test_an_ending_after_the_grace_comes_too_late(world: World, act: str) -> None:
    async with an_open_exam(world, LEAVING) as page:
        await page.report("leave")
        world.clock.advance(30_000)
        sent = await page.browser.post(page.path(act), data={"t": page.token, "sure": "1"})
        assert sent.headers["location"] == page.path("result")
        assert (await world.outcome(page.attempt_id)).cause == "page_leave"


async def test_the_sweeper_ends_a_page_that_is_not_back(world: World) -> None:
    async with an_open_exam(world, LEAVING) as page:
        await page.report("leave")
        world.clock.advance(31_999)
        assert await world.services.sweeper.sweep(world.now_ms) == 0
        world.clock.advance(1)
        assert await world.services.sweeper.sweep(world.now_ms) == 1
        assert (await world.outcome(page.attempt_id)).cause == "page_leave"


async def test_a_leave_said_late_by_an_older_page_or_number_is_only_logged(world: World) -> None:
    async with an_open_exam(world, LEAVING) as older:
        newer = await opened(older.browser, older.attempt_id)
        assert (await older.report("leave"))["word"] == "logged"
        await newer.report("pulse", n="9")
        assert (await newer.report("leave", n="8"))["word"] == "logged"
        world.clock.advance(10 * MINUTE_MS)
        assert await world.services.sweeper.sweep(world.now_ms) == 0


async def test_where_the_rulebook_does_not_ask_leaving_is_only_logged(world: World) -> None:
    async with an_open_exam(world) as page:
        assert (await page.report("leave"))["word"] == "logged"
        for _ in range(5):
            assert (await page.report("focus"))["word"] == "counted"
        world.clock.advance(10 * MINUTE_MS)
        assert await world.services.sweeper.sweep(world.now_ms) == 0
        assert (await page.save(1, page.options[1][0]))["word"] == "saved"


async def test_focus_may_be_lost_as_often_as_the_limit_says(world: World) -> None:
    async with an_open_exam(world, FOCUS) as page:
        for losses in (1, 2):
            told = await page.report("focus")
            assert (told["word"], told["focus_losses"]) == ("counted", losses)
        again = await opened(page.browser, page.attempt_id)
        assert 'data-focus-losses="2"' in again.html
        told = await again.report("focus")
        assert (told["word"], told["go"]) == ("forced", page.path("result"))
        outcome = await world.outcome(page.attempt_id)
        assert (outcome.state, outcome.cause, outcome.ended_ms) == ("forced_exit", "focus_loss", world.now_ms)


async def test_a_loss_of_focus_said_twice_counts_once(world: World) -> None:
    async with an_open_exam(world, FOCUS) as page:
        for _ in range(4):
            assert (await page.report("focus", n="5"))["focus_losses"] == 1
        assert await world.series(page.attempt_id) == ()


async def test_a_loss_too_many_while_sql_is_away_ends_the_exam_when_it_is_said_again(world: World) -> None:
    async with an_open_exam(world, FOCUS) as page:
        for _ in range(2):
            await page.report("focus")
        async with sql_away(world.services.database):
            told = await page.report("focus", n="9")
            assert (told["status"], told["word"]) == (503, "unavailable")
        assert await world.series(page.attempt_id) == ()
        told = await page.report("focus", n="9")
        assert (told["word"], told["go"]) == ("forced", page.path("result"))
