"""axe-core on the fullest sample of every page, at the desk and on a phone; on all samples with ``make pictures``."""

import os
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page

from examengine.web.pages import render
from tests.web.conftest import DESK, PHONE, Server
from tests.web.samples import PAGES
from tests.web.samples.candidate import PAGES as CANDIDATE_PAGES
from tests.web.samples.requests import CANDIDATE_PAGES as REQUEST_PAGES
from tests.web.samples.waiting import PAGES as WAITING_PAGES

AXE = Axe()
PARTS = 4


def _fullest() -> list[str]:
    """Of every template the sample that comes to the longest page."""
    longest: dict[str, tuple[int, str]] = {}
    for slug, (template, context) in PAGES.items():
        longest[template] = max(longest.get(template, (0, "")), (len(render(template, context)), slug))
    return [slug for _, slug in longest.values()]


SAMPLES = list(PAGES) if os.environ.get("EXAMENGINE_TEST_PICTURES") else _fullest()


def findings(page: Page) -> list[str]:
    told = AXE.run(page, options={"resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in told.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]


@pytest.mark.parametrize(
    ("viewport", "judged"),
    [(DESK, frozenset(PAGES)), (PHONE, frozenset(CANDIDATE_PAGES | REQUEST_PAGES | WAITING_PAGES))],
    ids=["desk", "phone"],
)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_page_has_a_serious_finding(
    server: Server,
    new_context: Callable[..., BrowserContext],
    viewport: dict[str, int],
    judged: frozenset[str],
    part: int,
) -> None:
    """On a phone the candidates' pages; staff's must fit there as well."""
    page = new_context(viewport=viewport).new_page()
    found: dict[str, list[str]] = {}
    too_wide = []
    for slug in SAMPLES[part::PARTS]:
        page.goto(f"{server.url}/pages/{slug}")
        wrong = findings(page) if slug in judged else []
        if wrong:
            found[slug] = wrong
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            too_wide.append(slug)
    assert found == {}
    assert too_wide == []


def test_dialogs_have_no_serious_finding(server: Server, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context().new_page()
    page.goto(server.exam_url)
    for key in "s?":
        page.keyboard.press(key)
        assert findings(page) == []
        page.keyboard.press("Escape")
    phone = new_context(viewport=PHONE, has_touch=True).new_page()
    phone.goto(server.exam_url)
    phone.locator("[data-open-card]").tap()
    assert findings(phone) == []


def test_targets_for_fingers_are_large_enough(server: Server, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context(viewport=PHONE, is_mobile=True, has_touch=True).new_page()
    for slug in ("login", "my", "contract", "exam", "hand-in", "result-fail"):
        page.goto(f"{server.url}/pages/{slug}")
        small = page.evaluate(
            """() => [...document.querySelectorAll(
                "a.button, button, .opt label, .flag label, a.cell, summary, .field > input:not(.tick > input)")]
              .filter((n) => n.checkVisibility() && !n.closest(".vh"))
              .map((n) => [n.outerHTML.slice(0, 80), n.getBoundingClientRect().height])
              .filter(([, height]) => height < 43.5)"""
        )
        assert small == [], slug


def test_a_page_read_at_twice_the_size_does_not_scroll_sideways(
    server: Server, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(viewport={"width": 320, "height": 640}).new_page()
    for slug in ("login", "my", "contract", "exam", "hand-in", "result-pass", "why", "person", "preview"):
        page.goto(f"{server.url}/pages/{slug}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, slug


def test_no_cell_that_stays_in_sight_covers_another_on_a_tablet(
    server: Server, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(viewport={"width": 820, "height": 1180}).new_page()
    for slug in ("person", "person-every", "support-requests", "cases"):
        page.goto(f"{server.url}/pages/{slug}")
        covered = page.evaluate(
            """() => [...document.querySelectorAll("td, tbody th")]
              .filter((cell) => getComputedStyle(cell).position === "sticky" && cell.cellIndex > 0)
              .flatMap((cell) => [...cell.parentElement.cells].filter((other) => other !== cell && other.textContent)
                .filter((other) => {
                  const text = document.createRange();
                  text.selectNodeContents(other);
                  return text.getBoundingClientRect().right > cell.getBoundingClientRect().left + 1;
                })
                .map((other) => other.textContent.trim()))"""
        )
        assert covered == [], slug
