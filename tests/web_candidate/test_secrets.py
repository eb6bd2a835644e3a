"""Nothing that a candidate is sent before the end tells what is right."""

import re
from collections import Counter

import pytest

from examengine.live import CloseReason
from tests.web_candidate.exam_page import ExamPage, an_open_exam, opened
from tests.world import World

RIGHT_TEXTS = {"选项甲", "选项乙", "正确"}


def traces_of(html: str) -> str:
    """The page without its questions: markup, attributes, scripts."""
    return re.sub(r'(?s)<article class="q".*?</article>', "", html)


async def test_the_exam_page_holds_no_key_in_any_field_or_attribute(world: World) -> None:
    async with an_open_exam(world) as page:
        right = await world.right_answers(page.attempt_id)
        articles = re.findall(r'(?s)<article class="q".*?</article>', page.html)
        assert len(articles) == 50
        for word in ("key", "correct", "right", "solution", "difficulty", "topic", "version"):
            assert not re.search(rf'(data-|name="|class=")[\w-]*{word}', "".join(articles)), word
        for position, article in enumerate(articles, 1):
            inputs = re.findall(r"<input [^>]*name=\"q\d+\"[^>]*>", article)
            shapes = {re.sub(rf'value="\w"|id="q{position}\w"', "", one) for one in inputs}
            assert len(shapes) == 1, "a right option looks as a wrong one does"
            letters = [re.search(r'value="(\w)"', one) for one in inputs]
            assert sorted(found[1] for found in letters if found) == sorted(page.options[position])
            assert set(right[position]) <= set(page.options[position])


async def test_option_ids_and_places_say_nothing_about_what_is_right(world: World) -> None:
    """Over many papers the right option takes every place and many letters."""
    exam = await world.exam()
    places: Counter[int] = Counter()
    letters: Counter[str] = Counter()
    for _ in range(6):
        person_id = await world.person()
        attempt_id = await world.started(await world.enrolled(exam, person_id))
        paper, right = await world.paper(attempt_id), await world.right_answers(attempt_id)
        for position in range(1, 31):
            places[paper.items[position - 1].option_order.index(right[position])] += 1
            letters[right[position]] += 1
    assert set(places) == {0, 1, 2, 3}
    assert max(places.values()) < 2 * min(places.values()) + 30
    assert len(letters) >= 12


async def test_two_candidates_see_one_item_in_different_orders(world: World) -> None:
    exam = await world.exam()
    orders: dict[int, set[tuple[str, ...]]] = {}
    for _ in range(4):
        attempt_id = await world.started(await world.enrolled(exam, await world.person()))
        for item in (await world.paper(attempt_id)).items[:30]:
            orders.setdefault(item.version_id, set()).add(item.option_order)
    assert max(map(len, orders.values())) > 1


async def told_before_the_end(page: ExamPage) -> dict[str, str]:
    await page.save(1, page.options[1][0])
    told = {path: (await page.browser.get(path)).text for path in ("/my", page.path("hand-in"), page.path("give-up"))}
    told["save"] = (await page.post_save(2, page.options[2][0])).text
    older = page
    await opened(page.browser, page.attempt_id)
    told["taken"] = (await older.post_form({3: older.options[3][0]})).text
    told["pen lost"] = (await older.post_save(3, older.options[3][0])).text
    return told


async def test_no_page_before_the_end_tells_an_option_of_a_question(world: World) -> None:
    async with an_open_exam(world) as page:
        for name, text in (await told_before_the_end(page)).items():
            assert not any(word in text for word in ("选项甲", "选项乙", "选项丙", "题干")), name
            assert not re.search(r"key|sha256", traces_of(text)), name


@pytest.mark.parametrize("reason", [CloseReason.HAND_IN, CloseReason.GIVE_UP])
async def test_the_result_tells_scores_and_no_keys(world: World, reason: CloseReason) -> None:
    async with an_open_exam(world) as page:
        await page.save(1, page.options[1][0])
        act = "hand-in" if reason is CloseReason.HAND_IN else "give-up"
        await page.browser.post(page.path(act), data={"t": page.token, "sure": "1"})
        result = (await page.browser.get(page.path("result"))).text
        assert not any(word in result for word in ("选项甲", "题干", "sha256"))


async def test_every_page_of_an_exam_is_kept_by_no_cache(world: World) -> None:
    async with an_open_exam(world) as page:
        for path in (page.path(), page.path("hand-in"), page.path("give-up"), page.path("result"), "/my"):
            answer = await page.browser.get(path)
            assert answer.headers["cache-control"] == "no-store"
            policy = answer.headers["content-security-policy"]
            assert "script-src 'self'" in policy
            assert "unsafe-inline" not in policy
        saved = await page.post_save(1, "a")
        assert saved.headers["cache-control"] == "no-store"
