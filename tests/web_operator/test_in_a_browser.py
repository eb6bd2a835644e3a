"""From a file of questions to an exam with people in it, in a real Chromium."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest_asyncio
import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from examengine.demo.practice import practice_text
from examengine.records.words import Role
from tests.browsers import PATIENCE_MS, chromium_program
from tests.web_author.steps import own_workbook
from tests.web_operator.steps import a_people_list, put_on_duty
from tests.world import World

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

expect.set_options(timeout=PATIENCE_MS)


@asynccontextmanager
async def served(world: World) -> AsyncIterator[str]:
    """The world's app on a free port; its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(world.app, log_level="warning", ws="none", lifespan="off"))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await running
        listener.close()


@pytest_asyncio.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_program(), args=["--no-sandbox"])
        yield browser
        await browser.close()


async def a_desk(world: World, chromium: Browser, url: str, *roles: Role, scripts: bool) -> Page:
    """A page signed in as a new person with these roles; what the policy forbids fails the test at once."""
    context: BrowserContext = await chromium.new_context(base_url=url, java_script_enabled=scripts)
    context.set_default_timeout(PATIENCE_MS)
    token = world.services.tokens.session(await world.person(*roles, name="周敏"), 1, world.now_ms)
    await context.add_cookies([{"name": "session", "value": token, "url": url}])
    return await context.new_page()


async def test_a_bank_becomes_an_exam_with_scripts_off(world: World, chromium: Browser) -> None:
    await put_on_duty(world, await world.person(Role.OPERATOR))
    async with served(world) as url:
        page = await a_desk(world, chromium, url, Role.AUTHOR, Role.OPERATOR, scripts=False)
        await page.goto("/author/banks")
        await page.get_by_label("题库名称").fill("2026 年公需科目")
        await page.get_by_role("button", name="新建").click()
        await page.get_by_role("link", name="导入试题").click()
        file = {"name": "题库.xlsx", "mimeType": WORKBOOK, "buffer": own_workbook()}
        await page.get_by_label("试题文件").set_input_files(file)  # type: ignore[arg-type]
        await page.get_by_role("button", name="上传并检查").click()
        await expect(page.get_by_role("heading", name="识别结果")).to_be_visible()
        await page.get_by_role("link", name=re.compile("全部")).click()
        await page.get_by_role("link", name=re.compile("下一步：确认导入")).click()
        await page.get_by_role("button", name="写入题库").click()
        await expect(page.get_by_role("heading", name="已写入题库")).to_be_visible()
        await page.get_by_role("link", name="看这批题").click()
        await page.get_by_label("题型").select_option("true_false")
        await page.get_by_role("button", name="查找").click()
        await expect(page.locator("tbody tr").first).to_contain_text("判断题")
        bank = page.url.partition("?")[0]
        checker = await a_desk(world, chromium, url, Role.AUTHOR, scripts=False)
        await checker.goto(bank)
        await checker.get_by_role("checkbox", name="选全部符合条件的").check()
        await checker.get_by_role("button", name="审核通过").click()
        await checker.get_by_role("button", name="确认审核通过").click()
        await expect(checker.locator(".alert-success")).to_contain_text("已审核通过")
        await page.goto(bank)
        await page.get_by_role("link", name="发布新版本").click()
        await page.get_by_role("button", name="发布新版本").click()
        await expect(page.get_by_text("已发布新版本")).to_be_visible()

        await page.goto("/operator/exams")
        await page.get_by_role("link", name="发布考试").click()
        await page.get_by_role("link", name="上传或粘贴规则文件").click()
        await page.get_by_label("或者粘贴在这里").fill(practice_text(2026, "数字素养与网络安全"))
        await page.get_by_role("button", name="检查并保存").click()
        await page.get_by_label("题库版本").select_option(index=1)
        await page.get_by_role("button", name="检查").click()
        await page.get_by_role("button", name="确认勾选的").click()
        await expect(page.locator("#e-confirm")).to_be_visible()
        await page.get_by_role("checkbox", name=re.compile(r"确认\s*考试时长")).check()
        await page.get_by_role("button", name="确认勾选的").click()
        await page.get_by_role("button", name=re.compile("确认全部")).click()
        await page.get_by_role("button", name="发布考试").click()
        await expect(page.get_by_text("考试已发布")).to_be_visible()
        exam = page.url.partition("?")[0]

        await page.get_by_role("link", name="名单导入").click()
        people = {"name": "名单.csv", "mimeType": "text/csv", "buffer": a_people_list(3)}
        await page.get_by_label("人员名单").set_input_files(people)  # type: ignore[arg-type]
        await page.get_by_role("button", name="上传并检查").click()
        await page.get_by_role("button", name="写入 3 人").click()
        await expect(page.get_by_role("heading", name="已写入")).to_be_visible()
        async with page.expect_download() as fetched:
            await page.get_by_role("button", name="下载结果和初始密码").click()
        assert (await fetched.value).suggested_filename == "名单-结果.csv"
        await page.goto(exam)
        await page.get_by_role("button", name="报名").click()
        await expect(page.get_by_text("本次报名 3 人")).to_be_visible()


async def test_with_scripts_only_the_list_changes(world: World, chromium: Browser) -> None:
    bank_id = await world.bank()
    async with served(world) as url:
        page = await a_desk(world, chromium, url, Role.AUTHOR, scripts=True)
        wrong: list[str] = []
        page.on("console", lambda told: wrong.append(told.text) if told.type in {"error", "warning"} else None)
        await page.goto(f"/author/banks/{bank_id}")
        await page.evaluate("window.same = 1")
        await page.get_by_label("题干、选项").fill("第 19 题")
        await expect(page.locator("#items")).to_contain_text("共 3 题")
        await page.get_by_label("题型").select_option("multiple_choice")
        await expect(page.locator("#items")).to_contain_text("共 1 题")
        assert await page.evaluate("window.same") == 1
        assert "kind=multiple_choice" in page.url
        await page.goto(f"/author/banks/{bank_id}/import")
        content = "题型,题干,选项A,选项B,正确答案\n单选,哪个？,甲,乙,C\n单选,哪一个是对的？,甲,乙,A\n".encode()
        file = {"name": "题.csv", "mimeType": "text/csv", "buffer": content}
        await page.get_by_label("试题文件").set_input_files(file)  # type: ignore[arg-type]
        await page.get_by_role("button", name="上传并检查").click()
        await expect(page.locator("#findings")).to_contain_text("没有对应的选项")
        await page.evaluate("window.same = 1")
        await page.get_by_role("navigation", name="只看").get_by_role("link", name=re.compile("全部")).click()
        await expect(page.locator("#findings")).to_contain_text("哪一个是对的？")
        assert await page.evaluate("window.same") == 1
        await page.go_back()
        await expect(page.locator("#findings")).not_to_contain_text("哪一个是对的？")
        await expect(page.locator("#findings")).to_contain_text("没有对应的选项")
        assert wrong == []
