"""The wall in a real Chromium: it is drawn anew by itself, and not under somebody who selects."""

from playwright.async_api import Browser, expect

from examengine.records.words import Role
from tests.monitoring.test_collector import a_collector
from tests.web_operator.test_in_a_browser import a_desk, served
from tests.web_operator.test_in_a_browser import chromium as chromium  # noqa: PLC0414 – a fixture
from tests.world import World

EVERY_MS = 5_100


async def test_the_list_goes_on_by_itself_and_waits_while_somebody_is_selected(
    world: World, chromium: Browser
) -> None:
    await world.a_candidate_in_an_exam()
    await a_collector(world).collect()
    async with served(world) as url:
        page = await a_desk(world, chromium, url, Role.OPERATOR, scripts=True)
        await page.clock.install()
        await page.goto("/operator/wall")
        await expect(page.locator(".wall-tiles li").nth(1)).to_contain_text("1")
        await page.goto("/operator/wall/table?state=live")
        state, box = page.locator("[data-wall-state]"), page.get_by_role("checkbox", name="张三")
        await expect(page.locator("tbody .pill")).to_have_text("作答中")

        await box.check()
        await expect(state).to_have_text("已选 1 人，暂停更新")
        world.clock.move_to(world.now_ms + 65_000)
        await page.clock.run_for(3 * EVERY_MS)
        await expect(page.locator("tbody .pill")).to_have_text("作答中")
        await expect(box).to_be_checked()

        await box.uncheck()
        await expect(state).to_have_text("每 5 秒更新")
        await page.clock.run_for(EVERY_MS)
        await expect(page.locator("tbody .pill")).to_have_text("断线 1 分 5 秒")

        await page.get_by_role("checkbox", name="全选本页").check()
        await page.get_by_role("button", name="办理所选考生").click()
        await expect(page.get_by_role("heading", name="给这 1 人发消息")).to_be_visible()
