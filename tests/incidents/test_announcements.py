"""Announcements: whom they reach, how an open page hears of them, and what it costs."""

import pytest

from examengine.incidents import announcing
from examengine.incidents.announcing import LONGEST_MS, TEXT_LIMIT, Audience, concerns, unit_mark
from examengine.records import audit
from examengine.records.announcements import Announcement
from examengine.records.incidents import Scope
from examengine.records.words import Role
from examengine.web.tokens import About, PageToken
from tests.incidents.outage import MINUTE
from tests.world import World

HOUR = 60 * MINUTE


async def announced(
    world: World,
    text: str = "请大家继续作答。",
    *,
    scope: Scope | None = None,
    person_id: int | None = None,
    intent: str = "n",
    hours: int = 1,
) -> Announcement:
    by = await world.person(Role.OPERATOR, name="周敏")
    made = await announcing.announce(
        world.services.database,
        scope=scope or Scope(),
        person_id=person_id,
        text=text,
        reason="机房故障",
        ticket="",
        intent=intent,
        by_person=by,
        until_ms=world.now_ms + hours * HOUR,
        now_ms=world.now_ms,
    )
    await world.services.notices.look(world.now_ms)
    return made


def texts(world: World, audience: Audience) -> list[str]:
    return [row.text for row in world.services.notices.shown_to(audience, world.now_ms)]


HERE = Audience(7, frozenset([3]), "450702", unit_mark("第一中学"))


@pytest.mark.parametrize(
    ("scope", "reaches"),
    [
        (Scope(), True),
        (Scope(region="450000"), True),
        (Scope(region="450702"), True),
        (Scope(region="450703"), False),
        (Scope(unit_name="第一中学"), True),
        (Scope(unit_name="第二中学"), False),
        (Scope(region="450700", unit_name="第二中学"), False),
        (Scope(exam_id=3), True),
        (Scope(exam_id=4), False),
    ],
)
def test_an_announcement_reaches_its_audience_and_nobody_else(scope: Scope, reaches: bool) -> None:
    to = (scope.exam_id, scope.region, scope.unit_name)
    made = Announcement(1, *to, None, "请注意", "", "", "n", None, None, 1, 0, HOUR)

    assert concerns(made, HERE) is reaches


async def test_one_persons_message_reaches_him_alone(world: World) -> None:
    person_id = await world.person()
    made = await announced(world, "请回电话", person_id=person_id)
    notices = world.services.notices

    assert texts(world, Audience(person_id, frozenset(), "", "")) == ["请回电话"]
    assert texts(world, Audience(person_id + 1, frozenset(), "", "")) == []
    assert (notices.newest_for(person_id), notices.newest_for(person_id + 1)) == (made.id, 0)


async def test_it_is_shown_until_its_end_or_until_it_is_taken_back(world: World) -> None:
    first = await announced(world, "第一条", hours=1)
    await announced(world, "第二条", intent="m", hours=2)
    assert texts(world, HERE) == ["第二条", "第一条"]
    world.clock.advance(HOUR - 1)
    assert texts(world, HERE) == ["第二条", "第一条"]
    world.clock.advance(1)
    assert texts(world, HERE) == ["第二条"]
    newest = world.services.notices.newest_for(7)
    second = newest
    by = first.by_person

    await announcing.withdraw(world.services.database, second, by, "写错了", world.now_ms)
    await announcing.withdraw(world.services.database, second, by, "写错了", world.now_ms)
    await world.services.notices.look(world.now_ms)

    assert texts(world, HERE) == []
    assert world.services.notices.newest_for(7) > newest  # open pages ask again
    async with world.services.database.reading() as tx:
        lines = await audit.newest(tx, object_kind="announcement", object_id=second)
    assert [one.act for one in lines] == ["withdraw_announcement", "announce"]


async def test_a_form_sent_twice_announces_once(world: World) -> None:
    assert (await announced(world)).id == (await announced(world)).id


async def test_texts_and_ends_have_bounds(world: World) -> None:
    await announced(world, "字" * TEXT_LIMIT, intent="a", hours=LONGEST_MS // HOUR)
    for text, hours in (("", 1), ("字" * (TEXT_LIMIT + 1), 1), ("字", 0), ("字", LONGEST_MS // HOUR + 1)):
        with pytest.raises(ValueError, match=r"text|until"):
            await announced(world, text, intent="b", hours=hours)


async def test_an_open_page_hears_of_it_with_any_answer_and_fetches_it(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    token = world.services.tokens.page(PageToken(attempt_id, person_id, pen.generation, pen.epoch, "page"))
    about = world.services.tokens.about(About(attempt_id, enrolment.exam_id, "450702", unit_mark("第一中学")))
    async with world.browser(person_id) as browser:
        quiet = (await browser.post(f"/sittings/{attempt_id}/pulse", data={"t": token, "n": "1"})).json()
        made = await announced(world, "系统恢复正常", scope=Scope(exam_id=enrolment.exam_id))
        told = (await browser.post(f"/sittings/{attempt_id}/pulse", data={"t": token, "n": "2"})).json()
        fetched = await browser.post(f"/sittings/{attempt_id}/announcements", data={"t": token, "about": about})

    assert "news" not in quiet
    assert (told["word"], told["news"][0]) == ("alive", made.id)
    assert fetched.json() == {
        "word": "announced",
        "number": made.id,
        "notices": [{"id": made.id, "text": "系统恢复正常", "at": made.at_ms}],
    }


async def test_announcements_are_told_while_sql_is_away_and_to_the_pages_own_candidate_only(world: World) -> None:
    person_id, enrolment, attempt_id = await world.a_candidate_in_an_exam()
    pen = await world.pen(attempt_id, person_id)
    tokens = world.services.tokens
    token = tokens.page(PageToken(attempt_id, person_id, pen.generation, pen.epoch, "page"))
    about = tokens.about(About(attempt_id, enrolment.exam_id, "450702", ""))
    other = tokens.about(About(attempt_id + 1, enrolment.exam_id, "450702", ""))
    await announced(world, "请回电话", person_id=person_id)
    address = f"/sittings/{attempt_id}/announcements"
    stranger = await world.person()
    await world.services.database.close()
    async with world.browser(person_id) as browser:
        assert len((await browser.post(address, data={"t": token, "about": about})).json()["notices"]) == 1
        for fields in (
            {"t": token, "about": other},
            {"t": token, "about": about + "x"},
            {"t": token},
            {"about": about},
        ):
            assert (await browser.post(address, data=fields)).status_code == 403
    async with world.browser(stranger) as browser:
        assert (await browser.post(address, data={"t": token, "about": about})).status_code == 403
    async with world.browser() as browser:
        assert (await browser.post(address, data={"t": token, "about": about})).status_code == 401


async def test_it_stands_on_the_list_of_exams_and_in_the_exam_page_as_it_is_drawn(world: World) -> None:
    person_id, _enrolment, attempt_id = await world.a_candidate_in_an_exam()
    made = await announced(world, "考试推迟 <b>十</b> 分钟", scope=Scope(region="450700"))
    async with world.browser(person_id) as browser:
        my = (await browser.get("/my")).text
        exam = (await browser.get(f"/sittings/{attempt_id}")).text

    assert "考试推迟 &lt;b&gt;十&lt;/b&gt; 分钟" in my
    assert f'data-news="{made.id}"' in exam
    assert f'data-notice="{made.id}"' in exam
