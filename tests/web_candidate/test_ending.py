"""Handing in, giving up, and the result page of every outcome."""

from dataclasses import fields

import pytest

from examengine.live import CloseReason
from examengine.records import outcomes
from examengine.records.outcomes import NewOutcome
from tests.web_candidate.exam_page import ExamPage, an_open_exam, opened, text_of, token_of
from tests.world import World, ms

MINUTE_MS = 60_000
GRACE_MS = 30_000
FINAL_MS = 32_000
WINDOW_CLOSES_MS = ms("2027-01-01T00:00:00+08:00")
LEAVING = {"exam.forced_exit.detect": "page_leave", "exam.forced_exit.page_leave_grace_seconds": 30}


async def result_of(page: ExamPage) -> str:
    response = await page.browser.get(page.path("result"))
    assert response.status_code == 200, (response.status_code, response.headers.get("location"))
    return text_of(response.text)


async def answered(world: World, page: ExamPage, count: int) -> None:
    right = await world.right_answers(page.attempt_id)
    for position in range(1, count + 1):
        await page.save(position, right[position])


async def rescored(world: World, attempt_id: int, score_hundredths: int) -> None:
    """A corrected score that fails, as another outcome of the series."""
    first = await world.outcome(attempt_id)
    kept = {name.name: getattr(first, name.name) for name in fields(NewOutcome)}
    new = {"score_hundredths": score_hundredths, "result": "fail", "reason": "fail_score", "cause": "entry:1"}
    async with world.services.database.writing() as tx:
        await outcomes.append_outcome(tx, attempt_id, NewOutcome(**{**kept, **new}), world.now_ms)


async def test_the_confirmation_counts_what_is_blank_and_flagged(world: World) -> None:
    async with an_open_exam(world) as page:
        await answered(world, page, 48)
        await page.save(3, "1", kind="f")
        shown = await page.browser.get(page.path("hand-in"))
        told = text_of(shown.text)
        assert "49" in told
        assert "50" in told
        await page.hand_in(t=token_of(shown.text, page.path("hand-in")))
        assert (await world.outcome(page.attempt_id)).score_hundredths == 9800


async def test_a_hand_in_sent_twice_leads_to_one_result(world: World) -> None:
    async with an_open_exam(world) as page:
        for _ in range(2):
            done = await page.hand_in()
            assert (done.status_code, done.headers["location"]) == (303, page.path("result"))
        assert len(await world.series(page.attempt_id)) == 1
        assert (await page.browser.get(page.path())).headers["location"] == page.path("result")
        for act in ("hand-in", "give-up"):
            assert (await page.browser.get(page.path(act))).headers["location"] == page.path("result")


@pytest.mark.parametrize(
    ("after_ms", "state"), [(1, "auto_submitted"), (GRACE_MS - 1, "auto_submitted"), (GRACE_MS, "expired_no_score")]
)
async def test_a_hand_in_after_the_deadline_is_told_to_wait_and_then_the_truth(
    world: World, after_ms: int, state: str
) -> None:
    async with an_open_exam(world) as page:
        await answered(world, page, 30)
        world.clock.move_to(page.deadline_ms + after_ms)
        late = await page.hand_in()
        assert late.headers["location"] == page.path("result")
        waiting = await page.browser.get(page.path("result"))
        assert waiting.status_code == 202
        assert "refresh" in waiting.text
        world.clock.move_to(page.deadline_ms + FINAL_MS)
        told = await result_of(page)
        assert ("到时自动交卷" in told) == (state == "auto_submitted")
        assert (await world.outcome(page.attempt_id)).state == state


async def test_a_hand_in_before_its_time_is_sent_back_to_the_confirmation(world: World) -> None:
    async with an_open_exam(world, {"exam.min_minutes_before_submit": 15}) as page:
        early = await page.hand_in()
        assert early.headers["location"].startswith(page.path("hand-in?page="))
        shown = await page.browser.get(early.headers["location"])
        assert "09:15" in text_of(shown.text)
        assert await world.series(page.attempt_id) == ()
        world.clock.advance(15 * MINUTE_MS)
        assert (await page.hand_in()).headers["location"] == page.path("result")


async def test_giving_up_takes_two_steps_and_a_tick(world: World) -> None:
    async with an_open_exam(world) as page:
        first = await page.browser.get(page.path("give-up"))
        assert first.status_code == 200
        assert "不及格" in text_of(first.text)
        second = await page.browser.get(page.path("give-up?step=2"))
        token = token_of(second.text, page.path("give-up"))
        refused = await page.browser.post(page.path("give-up"), data={"t": token})
        assert refused.status_code == 422
        assert await world.series(page.attempt_id) == ()
        done = await page.browser.post(page.path("give-up"), data={"t": token, "sure": "1"})
        assert done.headers["location"] == page.path("result")
        assert (await world.outcome(page.attempt_id)).state == "forced_exit"
        told = await result_of(page)
        assert "考试中途退出" in told
        assert "无成绩" in told
        again = await page.browser.post(page.path("give-up"), data={"t": token, "sure": "1"})
        assert again.headers["location"] == page.path("result")


@pytest.mark.parametrize("act", ["hand-in", "give-up"])
async def test_without_the_pages_token_nothing_ends(world: World, act: str) -> None:
    async with an_open_exam(world) as page, an_open_exam(world) as other:
        for token in ("", "forged", other.token, world.services.tokens.form(1, world.now_ms)):
            refused = await page.browser.post(page.path(act), data={"t": token, "sure": "1"})
            assert refused.status_code == 403
        assert await world.series(page.attempt_id) == ()


async def test_a_pass_tells_the_score_by_sections_and_that_nothing_is_left_to_do(world: World) -> None:
    async with an_open_exam(world) as page:
        await answered(world, page, 40)
        world.clock.advance(20 * MINUTE_MS)
        await page.hand_in()
        told = await result_of(page)
        for part in (
            "及格",
            "90 分",
            "本人交卷",
            "第 1 次机会（共 3 次）",
            "单选题 30 / 30 60 / 60",
            "判断题 0 / 10 0 / 10",
        ):
            assert part in told, part
        assert "20 分" in told
        assert "考试已及格" in told


async def test_a_fail_offers_the_next_attempt(world: World) -> None:
    async with an_open_exam(world) as page:
        await page.hand_in()
        told = await result_of(page)
        for part in ("不及格", "成绩没有达到及格线", "还可以再考 2 次"):
            assert part in told, part


async def test_the_last_fail_says_that_nothing_is_left_and_whom_to_call(world: World) -> None:
    async with an_open_exam(world, {"exam.attempts": 1, "exam.attempts_labelled_makeup": 0}) as page:
        await page.hand_in()
        told = await result_of(page)
        assert "考试次数已用完" in told
        assert "客服" in told


async def test_absence_is_told_as_no_score_and_names_the_rule(world: World) -> None:
    async with an_open_exam(world) as page:
        await answered(world, page, 50)
        world.clock.move_to(page.deadline_ms + FINAL_MS)
        told = await result_of(page)
        for part in ("无成绩", "到时未交卷", "截止时您已离开考试页面，或者网络断开", "50 / 50"):
            assert part in told, part
        assert "100" not in told.split("第 1 次")[1].split("满分")[0]


async def test_present_at_the_deadline_is_handed_in(world: World) -> None:
    async with an_open_exam(world) as page:
        await answered(world, page, 30)
        world.clock.move_to(page.deadline_ms - 60_000)
        await page.report("pulse")
        world.clock.move_to(page.deadline_ms + FINAL_MS)
        told = await result_of(page)
        for part in ("及格", "60 分", "到时自动交卷"):
            assert part in told, part


async def test_a_void_attempt_says_so_and_gives_the_place_back(world: World) -> None:
    async with an_open_exam(world) as page:
        await page.hand_in()
        await world.voided(page.attempt_id)
        told = await result_of(page)
        for part in ("已作废", "不计入次数", "还可以再考 3 次"):
            assert part in told, part


async def test_an_attempt_voided_while_it_ran_has_a_result_page_too(world: World) -> None:
    async with an_open_exam(world) as page:
        await world.voided(page.attempt_id)
        assert (await page.browser.get(page.path())).headers["location"] == page.path("result")
        assert "已作废" in await result_of(page)


async def test_a_running_exam_has_no_result(world: World) -> None:
    async with an_open_exam(world) as page:
        assert (await page.browser.get(page.path("result"))).headers["location"] == page.path()


async def test_looking_for_a_result_writes_nothing_while_the_exam_runs(world: World) -> None:
    async with an_open_exam(world) as page:
        before = await world.services.desk.read(page.attempt_id, world.now_ms)
        for _ in range(3):
            await page.browser.get(page.path("result"))
        assert (await world.services.desk.read(page.attempt_id, world.now_ms)).journal == before.journal


@pytest.mark.parametrize("after_ms", [29_999, 30_000, 31_999, 32_000])
async def test_around_the_leave_grace_no_page_leads_in_a_circle(world: World, after_ms: int) -> None:
    for act in ("result", "", "hand-in", "give-up"):
        async with an_open_exam(world, LEAVING) as page:
            await page.report("leave")
            world.clock.advance(after_ms)
            shown = await page.browser.get(page.path(act), follow_redirects=True)
            assert shown.status_code in {200, 202}
            is_over = shown.url.path == page.path("result")
            assert is_over == (after_ms >= 30_000)


async def test_a_page_opened_after_its_leave_grace_is_told_of_the_forced_exit(world: World) -> None:
    async with an_open_exam(world, LEAVING) as page:
        await page.report("leave")
        world.clock.advance(30_001)
        shown = await page.browser.get(page.path(), follow_redirects=True)
        assert shown.url.path == page.path("result")
        assert "中途退出" in text_of(shown.text)
        outcome = await world.outcome(page.attempt_id)
        assert (outcome.state, outcome.ended_ms) == ("forced_exit", world.now_ms - 1)


async def test_a_form_posted_after_the_leave_grace_is_told_of_the_forced_exit(world: World) -> None:
    async with an_open_exam(world, LEAVING) as page:
        await page.report("leave")
        world.clock.advance(30_000)
        shown = await page.post_form({1: page.options[1][0]}, follow=True)
        assert shown.url.path == page.path("result")
        assert (await world.outcome(page.attempt_id)).state == "forced_exit"


async def test_extra_time_that_redis_has_not_heard_of_leads_to_no_circle(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    async with world.browser(person_id) as browser:
        page = await opened(browser, attempt_id)
        await world.extra_time(enrolment, attempt_id, 15)
        world.clock.move_to(page.deadline_ms)
        shown = await browser.get(page.path(), follow_redirects=True)
        assert shown.status_code in {200, 202}
        await world.services.pusher.push_waiting(world.now_ms)
        again = await opened(browser, attempt_id)
        assert again.left_ms == 15 * MINUTE_MS


async def test_another_persons_result_is_not_found(world: World) -> None:
    async with an_open_exam(world) as page, world.browser(await world.person()) as other:
        await page.hand_in()
        assert (await other.get(page.path("result"))).status_code == 404


HIDDEN = {"exam.show_score": "after_window"}
VERDICT_WORDS = ("及格线。", "您已经及格", "考试已及格", "不需要再考", "成绩没有达到", "成绩达到")


@pytest.mark.parametrize("count", [50, 0])
async def test_where_scores_are_shown_after_the_window_no_page_tells_it_before(world: World, count: int) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam(HIDDEN)
    async with world.browser(person_id) as browser:
        page = await opened(browser, attempt_id)
        await answered(world, page, count)
        await page.hand_in()
        shown = {
            "result": text_of((await browser.get(page.path("result"))).text),
            "my": text_of((await browser.get("/my")).text),
            "why": text_of((await browser.get(f"/enrolments/{enrolment.id}/why", follow_redirects=True)).text),
        }
        for name, told in shown.items():
            without_rules = told.replace("60 分及格", "").replace("60 分 及格", "")
            assert "100 分 ·" not in told, name
            for word in VERDICT_WORDS:
                assert word not in without_rules, (name, word)
        assert "待出成绩" in shown["result"]
        assert "公布" in shown["my"]
        world.clock.move_to(WINDOW_CLOSES_MS)
        world.sign_in(browser, person_id)
        told = await result_of(page)
        assert ("考试已及格" in told) == (count == 50)
        assert "待出成绩" not in told


async def test_a_corrected_score_is_not_told_before_its_time(world: World) -> None:
    async with an_open_exam(world, HIDDEN) as page:
        await answered(world, page, 30)
        await page.hand_in()
        await rescored(world, page.attempt_id, 5000)
        assert "成绩已更正" not in await result_of(page)
        world.clock.move_to(WINDOW_CLOSES_MS)
        world.sign_in(page.browser, (await world.services.desk.read(page.attempt_id, world.now_ms)).owner_id)
        assert "成绩已更正：原来 60 分，现在 50 分" in await result_of(page)


async def test_a_corrected_score_says_what_it_was(world: World) -> None:
    async with an_open_exam(world) as page:
        await answered(world, page, 30)
        await page.hand_in()
        await rescored(world, page.attempt_id, 5950)
        told = await result_of(page)
        assert "成绩已更正：原来 60 分，现在 59.5 分。" in told
        assert "不及格" in told


async def test_what_was_closed_and_not_recorded_is_recorded_when_the_candidate_looks(world: World) -> None:
    async with an_open_exam(world) as page:
        now_ms = world.now_ms
        await world.services.desk.close(page.attempt_id, 1, CloseReason.HAND_IN, now_ms, now_ms)
        shown = await page.browser.get(page.path(), follow_redirects=True)
        assert shown.url.path == page.path("result")
        assert (await world.outcome(page.attempt_id)).state == "submitted"


async def test_where_many_end_at_once_a_page_waits_for_its_turn_and_is_told_how_long(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("examengine.sittings.backlog.MANY", 1)
    async with an_open_exam(world) as page:
        world.clock.move_to(page.deadline_ms + 1_000)
        late = await page.report("pulse")
        assert late["word"] == "too_late"
        assert FINAL_MS - 1_000 < late["wait"] < FINAL_MS + 4_000
        world.clock.move_to(page.deadline_ms + FINAL_MS + 1_000)
        waiting = await page.browser.get(page.path("result"))
        assert waiting.status_code == 202
        assert "已收卷，正在评分" in waiting.text
        assert "预计约 10 秒后出结果" in waiting.text
        assert await world.series(page.attempt_id) == ()
        await world.services.sweeper.sweep(world.now_ms)
        await result_of(page)


async def test_while_others_are_recorded_a_page_waits_for_its_result_unless_somebody_opens_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("examengine.sittings.backlog.MANY", 1)
    async with an_open_exam(world) as page:
        world.clock.move_to(page.deadline_ms + 1_000)
        assert (await page.report("pulse"))["word"] == "too_late"
        world.clock.move_to(page.deadline_ms + FINAL_MS + 1_000)
        assert await world.services.finisher.when_due(page.attempt_id, world.now_ms) is not None
        # what this worker saw a moment ago is that one is still to be recorded
        monkeypatch.setattr("examengine.sittings.backlog.FRESH_MS", 10 * MINUTE_MS)
        for told in (await page.report("pulse"), await page.save(1, page.options[1][0])):
            assert (told["word"], "go" in told) == ("too_late", False)
            assert 0 < told["wait"] < 10_000
        await result_of(page)
        monkeypatch.setattr("examengine.sittings.backlog.FRESH_MS", 0)
        world.clock.advance(10_000)
        assert (await page.report("pulse"))["wait"] < 10  # all are recorded now: its place among the results
        world.clock.advance(10)
        told = await page.report("pulse")
        assert (told["word"], told["go"]) == ("closed", page.path("result"))
