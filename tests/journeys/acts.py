"""What a person does at a page, as verbs. Everything goes through what he sees: labels, buttons, keys."""

import re
from collections.abc import Callable, Iterable

from playwright.sync_api import Error, Locator, Page, expect

from tests.journeys.hall import Someone

NOTHING_WAITS = """() => Object.keys(localStorage).filter((k) => k.startsWith("examengine:outbox:"))
  .every((k) => Object.keys(JSON.parse(localStorage[k]).ops).length === 0)"""
BY_MOUSE = 6
ASKS_AGAIN = "document.dispatchEvent(new Event('visibilitychange'))"


def sign_in(page: Page, person: Someone, password: str = "") -> None:
    """From wherever the page is: to the form, number and password, enter."""
    page.goto("/login")
    with page.expect_navigation(wait_until="commit"):  # the form asks for its turn before it is sent
        fill_in(page, person, password)


def fill_in(page: Page, person: Someone, password: str = "") -> None:
    """The sign-in form that is on the screen."""
    page.get_by_label("证件号码").fill(person.document)
    page.get_by_label("密码", exact=True).fill(password or person.password)
    page.get_by_role("button", name="登录", exact=True).click()


def to_contract(page: Page) -> None:
    """From my exams to the contract of the only exam."""
    page.get_by_role("link", name="去考试").click()
    expect(page.get_by_role("heading", name="考试规则")).to_be_visible()


def start(page: Page) -> None:
    """From the contract into the exam."""
    page.get_by_label("我已阅读并同意诚信承诺").check()
    page.get_by_role("button", name="开始考试").click()
    expect_exam(page)


def go_on(page: Page) -> None:
    """From my exams back into the exam that runs."""
    page.get_by_role("link", name="继续考试").click()
    expect_exam(page)


def expect_exam(page: Page) -> None:
    """The exam page stands and its script runs."""
    expect(page.locator("form[data-exam][data-show]")).to_be_visible()


def sit_down(page: Page, person: Someone) -> int:
    """Sign in and start; the attempt's id."""
    sign_in(page, person)
    to_contract(page)
    start(page)
    return sitting_id(page)


def sitting_id(page: Page) -> int:
    found = re.search(r"/sittings/(\d+)", page.url)
    assert found is not None, page.url
    return int(found[1])


def option(page: Page, position: int, text: str) -> Locator:
    """The row of an option by its text."""
    return page.locator(f"#q{position} .opt label").filter(has_text=text)


def choose(page: Page, position: int, *texts: str) -> None:
    """Click options by their texts."""
    for text in texts:
        option(page, position, text).click()


def right_texts(page: Page, position: int) -> tuple[str, ...]:
    """The texts of the key: made-up items say in their stems what they are."""
    stem = page.locator(f"#q{position} .q-stem").inner_text()
    return {"单": ("选项甲",), "多": ("选项甲", "选项乙"), "判": ("正确",)}[stem[0]]


def wrong_texts(page: Page, position: int) -> tuple[str, ...]:
    stem = page.locator(f"#q{position} .q-stem").inner_text()
    return {"单": ("选项丁",), "多": ("选项丙",), "判": ("错误",)}[stem[0]]


def answer_rightly(page: Page, positions: Iterable[int]) -> None:
    _answer(page, positions, right_texts)


def answer_wrongly(page: Page, positions: Iterable[int]) -> None:
    _answer(page, positions, wrong_texts)


def _answer(page: Page, positions: Iterable[int], texts: Callable[[Page, int], tuple[str, ...]]) -> None:
    """With the mouse; the later ones of a long paper by clicks given to the page directly: a tenth of the cost."""
    for place, position in enumerate(positions):
        for text in texts(page, position):
            if place < BY_MOUSE:
                option(page, position, text).click()
            else:
                option(page, position, text).dispatch_event("click")


def chosen(page: Page) -> dict[int, list[str]]:
    """What stands chosen on the page: texts by position."""
    rows = page.evaluate(
        """() => [...document.querySelectorAll(".q")].map((q) => [Number(q.dataset.pos),
             [...q.querySelectorAll(".opt input:checked + label .opt-text")].map((t) => t.textContent)])"""
    )
    return {position: texts for position, texts in rows if texts}


def expect_answered(page: Page, *positions: int) -> None:
    """These questions are answered on the page, and no others; waits for a page that is still coming."""
    expect(page.locator(".q:has(.opt input:checked)")).to_have_count(len(positions))
    assert sorted(chosen(page)) == sorted(positions)


def wait_until_saved(page: Page) -> None:
    """Until the server has acknowledged everything."""
    page.wait_for_function(NOTHING_WAITS)


def let_page_ask(page: Page) -> None:
    """The page looks at the server's clock, as it does whenever it comes to the front. One that has just looked by
    itself and goes on to its result needs no asking.
    """
    try:
        page.evaluate(ASKS_AGAIN)
    except Error as away:
        if "Execution context was destroyed" not in away.message:
            raise


def strip_text(page: Page) -> Locator:
    """The one line under the header for what went wrong or was put right."""
    return page.locator("[data-strip-text]")


def hand_in(page: Page) -> None:
    """交卷, and confirm."""
    page.locator("#hand-in").click()
    page.get_by_role("dialog").get_by_role("button", name="确认交卷").click()
    expect(page.locator(".verdict")).to_be_visible()


def verdict(page: Page) -> Locator:
    return page.locator(".verdict-word")
