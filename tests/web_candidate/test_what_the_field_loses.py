"""What was measured on the systems in use, each as a test that it does not happen here.

The most used one: with two browsers on one attempt the older page's save erases an answer that the newer had been
told is saved; after a page save its later saves are answered OK and thrown away; saves five and ten minutes after the
deadline are acknowledged and marked; up to a minute of answers exists in the page alone (that one is looked at in a
browser: tests/journeys/test_nothing_in_the_page_alone.py).
"""

import pytest

from examengine.records import enrolments, outcomes
from tests.web_candidate.exam_page import ExamPage, an_open_exam, opened
from tests.world import World

MINUTE_MS = 60_000
DEADLINE_MS = 60 * MINUTE_MS
FINAL_MS = 32_000


async def marked(world: World, page: ExamPage) -> dict[int, str]:
    """The answers that were marked, by position: hand in first."""
    response = await page.hand_in()
    assert response.headers["location"] == page.path("result")
    return await marked_of(world, page.attempt_id)


async def marked_of(world: World, attempt_id: int) -> dict[int, str]:
    """The answers of a finished attempt, by position."""
    paper = await world.paper(attempt_id)
    async with world.services.database.reading() as tx:
        final = await outcomes.get_answers(tx, attempt_id)
    at = {item.version_id: position for position, item in enumerate(paper.items, 1)}
    return {at[version_id]: value for version_id, value in final.answers.items()}


async def test_an_older_page_does_not_erase_what_a_newer_one_was_told_is_saved(world: World) -> None:
    async with an_open_exam(world) as older:
        first, second = older.options[1][:2]
        assert (await older.save(1, first))["word"] == "saved"
        newer = await opened(older.browser, older.attempt_id)
        assert (await newer.save(1, second))["word"] == "saved"
        for value in (first, ""):
            told = await older.save(1, value)
            assert (told["word"], told["value"]) == ("pen_lost", second)
        for posted in ({1: first}, {}):
            assert (await older.post_form(posted)).status_code == 409
        assert await marked(world, newer) == {1: second}


async def test_two_browsers_in_turns_never_lose_what_either_was_told_last(world: World) -> None:
    """Each takes the pen back in turn, as a person does who walks between two devices."""
    async with an_open_exam(world) as first:
        page = first
        kept: dict[int, str] = {}
        for turn in range(6):
            older, page = page, await opened(first.browser, first.attempt_id)
            assert page.answers == kept
            for position in range(1, 11):
                value = page.options[position][(position + turn) % 2]
                assert (await page.save(position, value))["word"] == "saved"
                kept[position] = value
                assert (await older.save(position, page.options[position][1]))["word"] == "pen_lost"
        assert await marked(world, page) == kept


async def test_after_a_page_save_the_saves_of_the_page_it_leads_to_count(world: World) -> None:
    async with an_open_exam(world) as page:
        first, second = page.options[1][:2]
        await page.save(1, second)
        saved = await page.post_form({1: first, 2: page.options[2][0]})
        assert saved.status_code == 303
        after = await opened(page.browser, page.attempt_id)
        assert after.answers == {1: first, 2: page.options[2][0]}
        assert (await after.save(1, second))["word"] == "saved"
        assert (await after.save(3, page.options[3][0]))["word"] == "saved"
        assert await marked(world, after) == {1: second, 2: page.options[2][0], 3: page.options[3][0]}


async def test_a_save_of_the_page_that_a_page_save_left_behind_is_kept_or_told_not_to_be(world: World) -> None:
    """The page comes back from the browser's history, and what it sends may be older than its own page save."""
    async with an_open_exam(world) as page:
        first, second, third = page.options[1][:3]
        assert (await page.post_form({1: first})).status_code == 303
        told = await page.save(1, second)
        assert (told["word"], told["value"]) == ("superseded", first)
        assert (await page.save(1, third))["word"] == "saved"
        assert await marked(world, page) == {1: third}


async def test_whatever_a_page_save_and_single_saves_are_mixed_ok_means_that_it_counts(world: World) -> None:
    async with an_open_exam(world) as page:
        kept: dict[int, str] = {}
        for turn in range(4):
            for position in (1, 2, 3):
                value = page.options[position][(turn + position) % 4]
                if (await page.save(position, value))["word"] == "saved":
                    kept[position] = value
            posted = {**kept, 2: page.options[2][turn]}
            assert (await page.post_form(posted)).status_code == 303
            kept = posted
            live = await world.services.desk.read(page.attempt_id, world.now_ms)
            assert live.given == kept
        assert await marked(world, page) == kept


@pytest.mark.parametrize("late_ms", [0, 1, 5 * MINUTE_MS, 10 * MINUTE_MS])
async def test_a_save_after_the_deadline_is_refused_and_not_marked(world: World, late_ms: int) -> None:
    async with an_open_exam(world) as page:
        in_time, late = page.options[1][:2]
        world.clock.advance(DEADLINE_MS - 1)
        assert (await page.save(1, in_time))["word"] == "saved"
        world.clock.advance(1 + late_ms)
        told = await page.save(1, late)
        assert (told["word"], told["value"]) == ("too_late", in_time)
        assert (await page.save(2, page.options[2][0]))["word"] == "too_late"
        form = await page.post_form({1: late, 2: page.options[2][0]})
        assert form.headers["location"] == page.path("result")
        world.clock.advance(FINAL_MS)
        await world.services.sweeper.sweep(world.now_ms)
        assert (await world.outcome(page.attempt_id)).state == "auto_submitted"
        assert await marked_of(world, page.attempt_id) == {1: in_time}
        assert (await page.save(1, late))["word"] == "closed"
        assert await marked_of(world, page.attempt_id) == {1: in_time}


async def test_a_save_refused_at_the_deadline_counts_when_extra_time_lets_it_be_sent_again(world: World) -> None:
    """Late is late, but nothing is decided for good: the page keeps the answer and sends it again."""
    async with an_open_exam(world) as page:
        world.clock.advance(DEADLINE_MS)
        assert (await page.save(1, page.options[1][0]))["word"] == "too_late"
        enrolment_id = (await world.attempt(page.attempt_id)).enrolment_id
        async with world.services.database.writing() as tx:
            enrolment = await enrolments.lock_enrolment(tx, enrolment_id)
        await world.extra_time(enrolment, page.attempt_id, 5)
        await world.services.pusher.push_waiting(world.now_ms)
        assert (await page.save(1, page.options[1][0]))["word"] == "saved"
        assert await marked(world, page) == {1: page.options[1][0]}
