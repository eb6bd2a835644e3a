"""Pictures and formulas on the candidate's paper."""

from dataclasses import replace

from examengine.banks.item import Item, Option
from examengine.banks.markup import Media, settle
from examengine.records import media
from examengine.web.media import MediaShelf
from tests.banks.pictures import a_picture
from tests.web_candidate.exam_page import opened
from tests.world import World, items


def with_picture(item: Item) -> Item:
    options = (*item.options[:-1], Option("d", "[图]", markup='<img src="media:1.png" alt="折线">'))
    return replace(
        item,
        stem="看图回答 \\(x^{2}\\) 等于多少？",
        markup='<p>看图 <img src="media:1.png" alt="流程图"> 回答 \\(x^{2}\\) 等于多少？100%</p>',
        options=options,
    )


async def a_kept_picture(world: World) -> tuple[list[Item], Media]:
    made = items(40, 20, 20)
    first, (kept,) = settle([with_picture(item) for item in made[:40]], [a_picture()])
    async with world.services.database.writing() as tx:
        await media.keep(tx, [kept], world.now_ms)
    return [*first, *made[40:]], kept


async def test_a_paper_shows_its_pictures_and_formulas(world: World) -> None:
    made, kept = await a_kept_picture(world)
    exam = await world.exam(bank_id=await world.bank(made))
    enrolment = await world.enrolled(exam, await world.person())
    attempt_id = await world.started(enrolment)
    async with world.browser(enrolment.person_id) as browser:
        page = (await opened(browser, attempt_id)).html
        assert f'<img src="/media/{kept.name}" alt="流程图" width="3" height="2">' in page
        assert f'<img src="/media/{kept.name}" alt="折线" width="3" height="2">' in page
        assert "<msup><mi>x</mi><mrow><mn>2</mn></mrow></msup>" in page
        assert "等于多少？100%</p>" in page
        answer = await browser.get(f"/media/{kept.name}")
    assert (answer.status_code, answer.content) == (200, kept.data)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"].endswith("; sandbox")


async def test_pictures_are_for_people_who_are_signed_in_and_know_the_digest(world: World) -> None:
    _made, kept = await a_kept_picture(world)
    async with world.browser() as stranger:
        assert (await stranger.get(f"/media/{kept.name}")).status_code == 403
    async with world.browser(await world.person()) as browser:
        digest = kept.name.partition(".")[0]
        for name in (f"{'0' * 64}.png", f"{digest}.svg", digest, f"{digest.upper()}.png", "1.png"):
            assert (await browser.get(f"/media/{name}")).status_code == 404, name


def test_a_worker_drops_the_longest_unused_pictures() -> None:
    shelf = MediaShelf(most_bytes=10)
    for name in "ab":
        shelf.put(name, Media(name, "image/png", b"12345"))
    assert shelf.find("a")
    shelf.put("c", Media("c", "image/png", b"12345"))
    assert [bool(shelf.find(name)) for name in "abc"] == [True, False, True]
