"""Several pages of one sitting: the newest holds the pen, the older ones are told and can take it back."""

import pytest

from tests.web_candidate.exam_page import an_open_exam, attribute, opened, text_of, token_of
from tests.world import World

MINUTE_MS = 60_000


async def test_another_browser_finds_every_acknowledged_answer(world: World) -> None:
    async with an_open_exam(world) as page:
        given = {position: page.options[position][position % 2] for position in range(1, 51)}
        for position, value in given.items():
            await page.save(position, value)
        await page.save(7, "1", kind="f")
        person_id = (await world.services.desk.read(page.attempt_id, world.now_ms)).owner_id
        world.clock.advance(10 * MINUTE_MS)
        async with world.browser(person_id) as other:
            again = await opened(other, page.attempt_id)
            assert (again.answers, again.flags) == (given, {7})
            assert again.left_ms == 50 * MINUTE_MS
            assert "已恢复您的 50 题答案" in text_of(again.html)
            assert again.options == page.options


async def test_a_reload_is_a_return_and_shows_the_same_paper(world: World) -> None:
    async with an_open_exam(world) as page:
        again = await opened(page.browser, page.attempt_id)
        assert again.options == page.options
        assert again.epoch == page.epoch + 1
        assert again.deadline_ms == page.deadline_ms


async def test_of_two_tabs_the_newer_one_writes_and_the_older_one_is_told(world: World) -> None:
    async with an_open_exam(world) as older:
        await older.save(1, "a")
        world.clock.advance(MINUTE_MS)
        taken_ms = world.now_ms
        newer = await opened(older.browser, older.attempt_id)
        world.clock.advance(MINUTE_MS)
        told = await older.save(1, "b")
        assert (told["word"], told["status"], told["pen_since"]) == ("pen_lost", 200, taken_ms)
        assert (told["epoch"], told["value"]) == (2, "a")
        assert (await older.report("pulse"))["word"] == "pen_lost"
        assert (await newer.save(1, "c"))["word"] == "saved"


async def test_the_older_tab_takes_the_pen_back(world: World) -> None:
    async with an_open_exam(world) as older:
        newer = await opened(older.browser, older.attempt_id)
        chosen = newer.options[1][2]
        await newer.save(1, chosen)
        back = await older.browser.post(older.path("pen"), data={"t": older.token})
        assert (back.status_code, back.headers["location"]) == (303, older.path())
        again = await opened(older.browser, older.attempt_id)
        assert again.answers == {1: chosen}
        assert (await newer.save(1, "d"))["word"] == "pen_lost"
        assert (await again.save(1, "a"))["word"] == "saved"


async def test_an_operation_of_an_older_page_is_not_replayed_under_a_newer_epoch(world: World) -> None:
    async with an_open_exam(world) as older:
        newer = await opened(older.browser, older.attempt_id)
        await newer.save(1, "c", n=1)
        told = await older.save(1, "b", n=99)
        assert (told["word"], told["value"]) == ("pen_lost", "c")
        assert (await world.services.desk.read(older.attempt_id, world.now_ms)).given == {1: "c"}


async def test_an_answer_that_the_older_page_saved_itself_is_told_as_kept(world: World) -> None:
    async with an_open_exam(world) as older:
        await older.save(1, "a", n=3)
        await opened(older.browser, older.attempt_id)
        told = await older.save(1, "a", n=3)
        assert (told["word"], told["kept"]) == ("pen_lost", True)


async def test_a_form_of_the_older_page_shows_what_was_not_saved(world: World) -> None:
    async with an_open_exam(world) as first:
        options = first.options
        await first.post_form({1: options[1][0], 2: options[2][0]})
        older = await opened(first.browser, first.attempt_id)
        newer = await opened(older.browser, older.attempt_id)
        await newer.save(3, options[3][1])
        taken = await older.post_form({1: options[1][1], 2: options[2][0], 31: options[31][0] + options[31][2]})
        assert taken.status_code == 409
        told = text_of(taken.text)
        assert "考试已转到其他设备继续" in told
        assert "1 B A" in told
        assert "3 未答 B" in told
        assert "31 AC 未答" in told
        assert (await world.services.desk.read(older.attempt_id, world.now_ms)).given == {
            1: options[1][0],
            2: options[2][0],
            3: options[3][1],
        }
        assert f'action="/sittings/{older.attempt_id}/pen"' in taken.text


@pytest.mark.parametrize("act", ["hand-in", "give-up"])
async def test_the_older_page_cannot_end_the_exam_and_is_told_where_the_pen_is(world: World, act: str) -> None:
    async with an_open_exam(world) as older:
        newer = await opened(older.browser, older.attempt_id)
        refused = await older.browser.post(older.path(act), data={"t": older.token, "sure": "1"})
        assert refused.status_code == 409
        assert "考试已转到其他设备继续" in text_of(refused.text)
        assert await world.series(older.attempt_id) == ()
        assert (await newer.save(1, "a"))["word"] == "saved"
        assert (await newer.hand_in()).headers["location"] == older.path("result")


@pytest.mark.parametrize("act", ["hand-in", "give-up?step=2"])
async def test_the_page_that_ends_an_exam_is_the_one_that_writes_to_it(world: World, act: str) -> None:
    """A confirm page opened by itself takes the pen as opening the exam does; it does not borrow another page's."""
    async with an_open_exam(world) as page:
        shown = await page.browser.get(page.path(act))
        told = await page.save(1, "a")
        assert (told["word"], told["epoch"]) == ("pen_lost", 2)
        end = act.partition("?")[0]
        fields = {"t": token_of(shown.text, page.path(end)), "sure": "1"}
        assert (await page.browser.post(page.path(end), data=fields)).headers["location"] == page.path("result")


async def test_a_confirm_page_reached_from_the_exam_goes_on_with_its_pen(world: World) -> None:
    async with an_open_exam(world) as page:
        sent = await page.post_form({1: page.options[1][0]}, do="hand_in")
        await page.browser.get(sent.headers["location"])
        assert (await page.save(2, "a"))["word"] == "saved"
        page_id = attribute(page.html, "data-page")
        await page.browser.get(page.path(f"give-up?page={page_id}"))
        assert (await page.save(3, "a"))["word"] == "saved"
        for named in ("", "x", "鸟"):
            await page.browser.get(page.path("hand-in"), params={"page": named})
        assert (await page.save(4, "a"))["word"] == "pen_lost"


async def test_who_takes_the_pen_is_told_by_his_kind_of_device(world: World) -> None:
    async with an_open_exam(world) as page:
        agent = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"
        page.browser.headers["user-agent"] = agent
        await opened(page.browser, page.attempt_id)
        taken = await page.post_form({1: page.options[1][0]})
        assert "安卓手机 Chrome" in text_of(taken.text)
        live = await world.services.desk.read(page.attempt_id, world.now_ms)
        kind, _, network = live.device.rpartition("-")
        assert (kind, len(network)) == ("chrome-android", 5)


async def test_another_persons_sitting_is_not_found(world: World) -> None:
    async with an_open_exam(world) as page, world.browser(await world.person()) as other:
        for act in ("", "hand-in", "give-up", "result"):
            assert (await other.get(page.path(act))).status_code == 404, act
        for act in ("form", "hand-in", "give-up"):
            answer = await other.post(page.path(act), data={"t": page.token, "sure": "1", "shown": "1"})
            assert answer.status_code == 403, act
        assert (await page.save(1, "a"))["word"] == "saved"
        for unknown in ("4711", "x", "9" * 30):
            assert (await other.get(f"/sittings/{unknown}")).status_code == 404
