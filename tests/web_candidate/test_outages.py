"""SQL or Redis away: what goes on, what waits, and what people are told."""

from examengine.live.desk import HAND_IN, SAVE, SETTLE
from tests.faults import Line, sql_away, sql_failing_at
from tests.web_candidate.exam_page import ExamPage, an_open_exam, opened, text_of, token_of
from tests.world import World

MINUTE_MS = 60_000


def is_without_trace(text: str) -> bool:
    return not any(word in text for word in ("Traceback", "sqlalchemy", "redis", "ConnectionError", "Unavailable("))


async def test_saves_pulses_and_reports_go_on_while_sql_is_away(world: World) -> None:
    async with an_open_exam(world) as page:
        async with sql_away(world.services.database):
            for position in range(1, 51):
                assert (await page.save(position, page.options[position][0]))["word"] == "saved"
            assert (await page.report("pulse"))["word"] == "alive"
            assert (await page.report("leave"))["word"] == "logged"
        again = await opened(page.browser, page.attempt_id)
        assert len(again.answers) == 50


async def test_a_give_up_while_sql_is_away_is_repeated_by_the_page_it_gets(world: World) -> None:
    async with an_open_exam(world) as page:
        await page.save(1, (await world.right_answers(page.attempt_id))[1])
        async with sql_away(world.services.database):
            waiting = await page.browser.post(page.path("give-up"), data={"t": page.token, "sure": "1"})
            assert waiting.status_code == 503
            assert int(waiting.headers["retry-after"]) > 0
            assert is_without_trace(waiting.text)
            told = text_of(waiting.text)
            assert "正在登记" in told
            assert "还没有登记" in told
        fields = {"t": token_of(waiting.text, page.path("give-up")), "sure": "1"}
        done = await page.browser.post(page.path("give-up"), data=fields)
        assert done.headers["location"] == page.path("result")
        assert (await world.outcome(page.attempt_id)).state == "forced_exit"


async def test_a_hand_in_while_sql_is_away_is_taken_and_keeps_its_own_time(world: World) -> None:
    """At 23:59:59: what the page is told is that it is being registered; nothing has to be pressed again."""
    async with an_open_exam(world) as page:
        await page.save(1, (await world.right_answers(page.attempt_id))[1])
        world.clock.move_to(page.deadline_ms - 1)
        async with sql_away(world.services.database):
            waiting = await page.hand_in()
            assert waiting.status_code == 202
            assert is_without_trace(waiting.text)
            assert "已收卷" in text_of(waiting.text)
            assert page.path("result") in waiting.text
        world.clock.advance(60_000)
        shown = await page.browser.get(page.path("result"))
        assert shown.status_code == 200
        outcome = await world.outcome(page.attempt_id)
        assert (outcome.state, outcome.ended_ms) == ("submitted", page.deadline_ms - 1)


async def test_an_ending_that_is_closed_but_not_recorded_may_be_left_alone(world: World) -> None:
    """The desk has it; whoever looks next, or the sweeper, records it."""
    async with an_open_exam(world) as page:
        with sql_failing_at(world.services.database, "INSERT INTO outcomes"):
            waiting = await page.hand_in()
        assert waiting.status_code == 202
        assert "已收卷" in text_of(waiting.text)
        assert page.path("result") in waiting.text
        assert (await page.save(1, "a"))["word"] == "closed"
        shown = await page.browser.get(page.path("result"))
        assert shown.status_code == 200
        assert (await world.outcome(page.attempt_id)).state == "submitted"


async def test_a_page_while_sql_is_away_is_a_503_that_says_so(world: World) -> None:
    async with an_open_exam(world) as page, sql_away(world.services.database):
        for path in ("/my", page.path(), page.path("hand-in"), page.path("give-up"), page.path("result"), "/"):
            shown = await page.browser.get(path)
            assert shown.status_code == 503, path
            assert int(shown.headers["retry-after"]) > 0
            assert is_without_trace(shown.text)
            assert shown.headers["content-type"].startswith("text/html")


async def test_a_form_while_sql_is_away_is_not_told_as_saved(world: World) -> None:
    async with an_open_exam(world) as page:
        async with sql_away(world.services.database):
            sent = await page.post_form({1: page.options[1][0]})
        assert sent.status_code == 503
        assert is_without_trace(sent.text)


async def test_while_redis_is_away_a_save_asks_for_patience_and_the_page_keeps_it(
    world_on_a_line: World, line: Line
) -> None:
    world = world_on_a_line
    async with an_open_exam(world) as page:
        line.cut()
        response = await page.post_save(1, "a", n=5)
        assert (response.status_code, response.json()) == (503, {"word": "unavailable"})
        assert int(response.headers["retry-after"]) > 0
        line.mend()
        assert (await page.save(1, "a", n=5))["word"] == "saved"


async def test_a_save_whose_acknowledgement_was_lost_is_a_success_when_repeated(
    world_on_a_line: World, line: Line
) -> None:
    world = world_on_a_line
    async with an_open_exam(world) as page:
        line.cut_at(SAVE, carried_out=True)
        assert (await page.save(1, "a", n=5))["status"] == 503
        line.mend()
        told = await page.save(1, "a", n=5)
        assert (told["word"], told["rev"]) == ("repeated", 1)


async def pages_of(page: ExamPage) -> list[tuple[str, int, str]]:
    shown = []
    for path in (page.path(), page.path("hand-in"), page.path("give-up"), page.path("result"), "/my"):
        response = await page.browser.get(path)
        shown.append((path, response.status_code, response.headers.get("retry-after", "")))
        assert is_without_trace(response.text)
    return shown


async def test_a_page_while_redis_is_away_is_a_503_that_says_so(world_on_a_line: World, line: Line) -> None:
    world = world_on_a_line
    async with an_open_exam(world) as page:
        line.cut()
        assert [(status, bool(retry)) for _, status, retry in await pages_of(page)] == [(503, True)] * 5
        for act in ("form", "hand-in", "give-up"):
            sent = await page.browser.post(page.path(act), data={"t": page.token, "sure": "1", "shown": "1"})
            assert (sent.status_code, bool(sent.headers.get("retry-after"))) == (503, True), act
            assert is_without_trace(sent.text)
        line.mend()
        assert (await page.save(1, "a"))["word"] == "saved"


async def test_a_hand_in_that_redis_did_not_answer_is_repeated(world_on_a_line: World, line: Line) -> None:
    world = world_on_a_line
    async with an_open_exam(world) as page:
        line.cut_at(HAND_IN, carried_out=True)
        assert (await page.hand_in()).status_code == 503
        line.mend()
        assert (await page.hand_in()).headers["location"] == page.path("result")
        assert len(await world.series(page.attempt_id)) == 1


async def test_a_hand_in_whose_tombstone_is_missing_is_told_as_done(world_on_a_line: World, line: Line) -> None:
    world = world_on_a_line
    async with an_open_exam(world) as page:
        line.cut_at(SETTLE)
        assert (await page.hand_in()).headers["location"] == page.path("result")
        assert (await page.browser.get(page.path("result"))).status_code == 200
        assert (await world.outcome(page.attempt_id)).state == "submitted"


async def test_a_result_that_stands_is_shown_while_redis_is_away(world_on_a_line: World, line: Line) -> None:
    world = world_on_a_line
    async with an_open_exam(world) as page:
        await page.hand_in()
        line.cut()
        assert (await page.browser.get(page.path("result"))).status_code == 200
        assert (await page.browser.get(page.path())).headers["location"] == page.path("result")


async def test_a_sitting_that_redis_lost_is_there_again_for_whoever_returns(world: World) -> None:
    async with an_open_exam(world) as page:
        await world.services.calls.command("FLUSHALL")
        world.clock.advance(MINUTE_MS)
        assert (await page.browser.get(page.path())).status_code == 503
        await world.services.rebuilder.look(world.now_ms)
        again = await opened(page.browser, page.attempt_id)
        assert again.left_ms == 59 * MINUTE_MS
        assert again.options == page.options


async def test_a_sitting_that_redis_lost_past_its_deadline_is_nobodys_fail(world: World) -> None:
    async with an_open_exam(world) as page:
        await world.services.calls.command("FLUSHALL")
        world.clock.move_to(page.deadline_ms + 32_000)
        shown = await page.browser.get(page.path(), follow_redirects=True)
        assert shown.status_code == 202
        await world.services.sweeper.sweep(world.now_ms)
        assert await world.series(page.attempt_id) == ()


async def test_health_names_what_is_away(world_on_a_line: World, line: Line) -> None:
    world = world_on_a_line
    async with world.browser() as browser:
        assert (await browser.get("/health")).text.startswith("ok\n")
        async with sql_away(world.services.database):
            assert (await browser.get("/health")).status_code == 503
        line.cut()
        assert (await browser.get("/health")).status_code == 503
