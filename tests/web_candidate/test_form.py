"""The exam without JavaScript: one form with everything in view."""

from typing import Any

import pytest

from tests.web_candidate.exam_page import (
    an_open_exam,
    attribute,
    lose_redis,
    opened,
    text_of,
    token_of,
    value_of,
)
from tests.world import World

MINUTE_MS = 60_000


async def test_fifty_answers_are_marked_in_one_form_and_handed_in(world: World) -> None:
    async with an_open_exam(world) as page:
        right = await world.right_answers(page.attempt_id)
        world.clock.advance(30 * MINUTE_MS)
        sent = await page.post_form(right, do="hand_in")
        assert sent.status_code == 303
        assert sent.headers["location"].startswith(page.path("hand-in?page="))
        confirm = await page.browser.get(sent.headers["location"])
        told = text_of(confirm.text)
        assert "50" in told
        assert 'name="t"' in confirm.text
        done = await page.browser.post(page.path("hand-in"), data={"t": token_of(confirm.text, page.path("hand-in"))})
        assert (done.status_code, done.headers["location"]) == (303, page.path("result"))
        outcome = await world.outcome(page.attempt_id)
        assert (outcome.state, outcome.score_hundredths, outcome.result) == ("submitted", 10000, "pass")
        result = text_of((await page.browser.get(page.path("result"))).text)
        assert "100" in result
        assert "及格" in result


async def test_a_form_saves_only_what_differs(world: World) -> None:
    async with an_open_exam(world) as page:
        answers = {position: page.options[position][0] for position in range(1, 51)}
        await page.post_form(answers)
        before = await world.services.desk.read(page.attempt_id, world.now_ms)
        await page.post_form(answers)
        same = await world.services.desk.read(page.attempt_id, world.now_ms)
        assert same.journal == before.journal
        await page.post_form({**answers, 7: page.options[7][1]}, flags={9})
        after = await world.services.desk.read(page.attempt_id, world.now_ms)
        assert len(after.journal) == len(before.journal) + 2
        assert after.given == {**answers, 7: page.options[7][1]}


async def test_what_was_shown_and_is_empty_is_cleared_what_was_not_shown_stays(world: World) -> None:
    async with an_open_exam(world) as page:
        answers = {position: page.options[position][0] for position in range(1, 11)}
        await page.post_form(answers, flags={1, 10})
        await page.post_form({1: answers[1]}, flags={1}, shown="1,2,3")
        sitting = await world.services.desk.read(page.attempt_id, world.now_ms)
        assert sitting.given == {p: v for p, v in answers.items() if p not in {2, 3}}
        assert {p for p, kept in sitting.flags.items() if kept.value} == {1, 10}


async def test_the_clear_button_clears_one_question_and_saves_the_others(world: World) -> None:
    async with an_open_exam(world) as page:
        answers = {position: page.options[position][0] for position in (1, 2, 3)}
        await page.post_form(answers)
        sent = await page.post_form({**answers, 4: page.options[4][1]}, clear="2", do=None)
        assert sent.headers["location"] == f"{page.path()}?still=1#q2"
        again = await opened(page.browser, page.attempt_id)
        assert again.answers == {1: answers[1], 3: answers[3], 4: page.options[4][1]}


async def test_a_multiple_choice_keeps_all_its_letters(world: World) -> None:
    async with an_open_exam(world) as page:
        chosen = page.options[31][0] + page.options[31][3]
        await page.post_form({31: chosen})
        again = await opened(page.browser, page.attempt_id)
        assert again.answers == {31: "".join(sorted(chosen))}


async def test_a_saved_form_opens_the_page_again_with_a_new_token(world: World) -> None:
    async with an_open_exam(world) as page:
        saved = await page.post_form({1: page.options[1][0]}, follow=True)
        assert saved.status_code == 200
        assert value_of(saved.text, "t") != page.token
        assert attribute(saved.text, "data-epoch") == "2"


WRONG: tuple[tuple[dict[str, Any], int], ...] = (
    ({"t": None}, 403),
    ({"t": "forged"}, 403),
    ({"shown": None}, 400),
    ({"shown": ""}, 400),
    ({"shown": "0"}, 400),
    ({"shown": "51"}, 400),
    ({"shown": "1,,2"}, 400),
    ({"shown": "1,-2"}, 400),
    ({"shown": "1," + "9" * 5000}, 400),
    ({"shown": "eins"}, 400),
    ({"q1": "A"}, 400),
    ({"q1": "aa"}, 400),
    ({"q1": "甲"}, 400),
    ({"q1": ["", "a"]}, 400),
    ({"junk": "x" * 530_000}, 413),
)


async def test_a_form_that_no_page_sends_is_refused_whole(world: World) -> None:
    async with an_open_exam(world) as page:
        for changes, status in WRONG:
            sent = await page.post_form({2: page.options[2][0]}, **changes)
            assert sent.status_code == status, str(changes)[:80]
            assert "Traceback" not in sent.text
        assert (await world.services.desk.read(page.attempt_id, world.now_ms)).given == {}


async def test_fields_given_twice_or_unknown_do_no_harm(world: World) -> None:
    async with an_open_exam(world) as page:
        options = page.options
        sent = await page.post_form(
            {1: options[1][0]},
            shown=["1,2", "3"],
            t=[page.token, "x"],
            q99="a",
            f99="1",
            f1=["1", "1"],
            clear=["9" * 5000, "x"],
        )
        assert sent.status_code == 303
        sitting = await world.services.desk.read(page.attempt_id, world.now_ms)
        assert sitting.given == {1: options[1][0]}
        assert sitting.flags[1].value == "1"


async def test_two_letters_for_a_single_choice_are_kept_and_earn_nothing(world: World) -> None:
    async with an_open_exam(world) as page:
        right = (await world.right_answers(page.attempt_id))[1]
        other = next(option for option in page.options[1] if option != right)
        assert (await page.post_form({1: right + other})).status_code == 303
        await (await opened(page.browser, page.attempt_id)).hand_in()
        assert (await world.outcome(page.attempt_id)).score_hundredths == 0


@pytest.mark.parametrize(("after_ms", "is_saved"), [(-1, True), (0, False), (1, False)])
async def test_a_form_around_the_deadline(world: World, after_ms: int, is_saved: bool) -> None:
    async with an_open_exam(world) as page:
        world.clock.move_to(page.deadline_ms + after_ms)
        sent = await page.post_form({1: page.options[1][0]})
        assert sent.headers["location"] == (f"{page.path()}?still=1#q2" if is_saved else page.path("result"))
        sitting = await world.services.desk.read(page.attempt_id, world.now_ms)
        assert bool(sitting.given) == is_saved


async def test_a_form_after_the_hand_in_leads_to_the_result(world: World) -> None:
    async with an_open_exam(world) as page:
        await page.hand_in()
        sent = await page.post_form({1: page.options[1][0]})
        assert sent.headers["location"] == page.path("result")


async def test_a_form_from_before_a_rebuild_is_saved_in_the_rebuilt_sitting(world: World) -> None:
    async with an_open_exam(world) as page:
        await lose_redis(world)
        chosen = page.options[1][0]
        sent = await page.post_form({1: chosen})
        assert (sent.status_code, sent.headers["location"]) == (303, f"{page.path()}?still=1#q2")
        assert (await world.services.desk.read(page.attempt_id, world.now_ms)).given == {1: chosen}


async def test_a_form_from_before_a_rebuild_does_not_write_over_a_newer_page(world: World) -> None:
    async with an_open_exam(world) as page:
        await lose_redis(world)
        newer = await opened(page.browser, page.attempt_id)
        await newer.save(1, page.options[1][1])
        sent = await page.post_form({1: page.options[1][0], 2: page.options[2][0]})
        assert sent.status_code == 409
        assert "1 A B" in text_of(sent.text)
        assert (await world.services.desk.read(page.attempt_id, world.now_ms)).given == {1: page.options[1][1]}


async def test_a_save_of_ones_own_is_no_return(world: World) -> None:
    async with an_open_exam(world) as page:
        saved = await page.post_form({1: page.options[1][0]}, follow=True)
        assert "检测到未完成的考试" not in text_of(saved.text)
        assert "检测到未完成的考试" in text_of((await page.browser.get(page.path())).text)


async def test_a_form_whose_fields_are_past_counting_is_refused(world: World) -> None:
    async with an_open_exam(world) as page:
        fields = "&".join(f"x{n}=1" for n in range(2500))
        sent = await page.browser.post(
            page.path("form"),
            content=f"t={page.token}&{fields}",
            headers={"content-type": "application/x-www-form-urlencoded"},
        )
        assert sent.status_code == 400


async def test_a_form_that_is_no_text_is_refused(world: World) -> None:
    async with an_open_exam(world) as page:
        kind = {"content-type": "application/x-www-form-urlencoded"}
        for body in (b"\xff\xfe\x00", b"t=\xff"):
            assert (await page.browser.post(page.path("form"), content=body, headers=kind)).status_code == 400
        multipart = await page.browser.post(page.path("form"), files={"t": ("t", page.token)})
        assert multipart.status_code in {400, 403}
