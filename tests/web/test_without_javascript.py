"""The pages do their work with JavaScript off."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.web.conftest import PHONE, Server
from tests.web.samples.candidate import PAGES as CANDIDATE_PAGES


def test_an_exam_is_answered_saved_and_handed_in(server: Server, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(server.exam_url)
    expect(page.locator("#q50")).to_be_visible()
    expect(page.get_by_role("button", name="下一题")).to_have_count(0)
    page.locator("#q1 .opt label").nth(1).click()
    page.locator("#q31 .opt label").nth(0).click()
    page.locator("#q31 .opt label").nth(2).click()
    page.get_by_role("button", name="保存", exact=True).last.click()
    kept = server.gallery.sitting.answers()
    assert len(kept["a1"]) == 1
    assert len(kept["a31"]) == 2
    expect(page.locator("#q1 .opt input").nth(1)).to_be_checked()
    page.locator("#q1").get_by_role("button", name="清除选择").click()
    assert server.gallery.sitting.answers()["a1"] == ""
    expect(page.locator("[data-cell='31']")).to_have_attribute("aria-label", "第 31 题，已答")


def test_the_enter_key_saves_and_never_hands_in(server: Server, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(java_script_enabled=False).new_page()
    page.goto(server.exam_url)
    page.locator("#q1 .opt label").nth(0).click()
    page.locator("#q1 .opt input").nth(0).press("Enter")
    expect(page.locator("#q1 .opt input").nth(0)).to_be_checked()
    assert server.gallery.sitting.closed == ""
    assert server.gallery.sitting.answers()["a1"] != ""


def test_candidates_find_acts_without_scripts(server: Server, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(java_script_enabled=False, viewport=PHONE).new_page()
    for slug in CANDIDATE_PAGES:
        page.goto(f"{server.url}/pages/{slug}")
        expect(page.locator("h1")).to_be_visible()
        for act in page.locator(".button.main:not(dialog *)").all():
            expect(act).to_be_visible()


def test_a_page_that_waits_asks_again_by_itself(server: Server, new_context: Callable[..., BrowserContext]) -> None:
    for scripts in (True, False):
        page = new_context(java_script_enabled=scripts).new_page()
        page.goto(f"{server.url}/pages/registering")
        with page.expect_request("**/pages/registering", timeout=30_000) as asked:
            pass
        assert asked.value.method == "GET"
