"""S2: each condition of a start with its evidence, and what the one act that helps would come to."""

import re

from examengine.records import roles
from examengine.records.words import Role
from tests.support.sitting import agent, exhausted, send_after_preview
from tests.web_support.test_person import page_of
from tests.world import World


def conditions(page: str) -> dict[str, str]:
    """Text to whether it is met: yes, no, open."""
    found = re.findall(r'<li class="is-(met|unmet|open)">.*?<span class="vh">[^<]*</span>([^< ]+)', page)
    return {text: kind for kind, text in found}


async def test_of_someone_who_failed_all_desk_and_own_page_show_why_what_helps_and_until_when(world: World) -> None:
    person_id, enrolment = await exhausted(world, {"grant.relearn": False})
    by = await agent(world)
    async with world.browser(person_id) as browser:
        own = (await browser.get(f"/enrolments/{enrolment.id}/why")).text
    page = await page_of(world, by, person_id)
    shown = conditions(page)
    assert conditions(own) == shown
    assert "若增加 1 次：" in own
    assert "/support/" not in own
    assert shown["还有考试次数"] == "unmet"
    assert shown["已报名"] == shown["考试已经开放"] == shown["还没有及格"] == "met"
    assert shown["学习已完成"] == "open"
    assert "共 3 次，剩 0 次" in page
    assert f'<a href="/support/enrolments/{enrolment.id}/grant">增加考试次数</a></span>' in page
    [told] = re.findall(r"若增加 1 次：([^<]*) 前可以开始。", page)
    assert told == f"{world.year}年12月31日（含当天）"
    async with world.browser(by) as desk:
        await send_after_preview(desk, f"/support/enrolments/{enrolment.id}/grant", attempts=1)
    after = await page_of(world, by, person_id)
    assert set(conditions(after).values()) == {"met"}
    assert "若增加" not in after
    assert "现在可以考" in after


async def test_a_grant_after_which_learning_is_missing_is_told_with_it(world: World) -> None:
    person_id, enrolment = await exhausted(world, {"grant.relearn": True})
    page = await page_of(world, await agent(world), person_id)
    assert "若增加 1 次：仍然不能开始。学习还没有完成（0%），不能考试。" in page
    grant = f'<a href="/support/enrolments/{enrolment.id}/grant">'
    assert grant in page
    async with world.services.database.writing() as tx:
        await roles.grant_role(tx, person_id, Role.SUPPORT, None, world.now_ms)
    own = await page_of(world, person_id, person_id)  # nobody acts for himself
    assert conditions(own) == conditions(page)
    assert grant not in own
