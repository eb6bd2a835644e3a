"""A server for every test, and devices: real Chromium, a new context each."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests.browsers import PATIENCE_MS, chromium_program
from tests.journeys.hall import Hall
from tests.journeys.looking import DESK, PHONE
from tests.world import OPENS

Device = Callable[..., Page]


class Halls:
    """Opens the test's server with its clock at an instant; ``current`` is the one that devices find."""

    def __init__(self, database_url: str, redis_url: str, data_dir: Path) -> None:
        self._where = (database_url, redis_url, data_dir)
        self.current: Hall

    def __call__(self, at: str = OPENS) -> Hall:
        self.current = Hall(*self._where, at)
        self.current.open()
        return self.current


expect.set_options(timeout=PATIENCE_MS)


# While a synchronous Playwright is up no coroutine test can run in this thread: so it ends with this package.
@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def halls(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Halls]:
    """For a test that begins at an instant of its own; others take ``hall``."""
    opener = Halls(database_url, redis_url, tmp_path)
    yield opener
    opener.current.close()


@pytest.fixture
def hall(halls: Halls) -> Hall:
    """A server on 1 June 2026, nine in the morning."""
    return halls()


@pytest.fixture
def device(chromium: Browser, halls: Halls) -> Iterator[Device]:
    """Makes devices: a page in a browser of its own, ``phone=True`` a narrow one with fingers.

    A script error, a console error or a violation of the content security policy fails the test. Requests that
    fail are none of these where the test says so: ``line_fails=True``.
    """
    made: list[Any] = []
    wrong: list[str] = []

    def make(*, phone: bool = False, line_fails: bool = False, **options: Any) -> Page:
        hand_held = {"viewport": PHONE, "has_touch": True, "is_mobile": True}
        shape = {**(hand_held if phone else {"viewport": DESK}), "base_url": halls.current.url, **options}
        context = chromium.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **shape)
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        context.on("console", lambda told: wrong.extend(_wrong(told, line_fails=line_fails)))
        made.append(context)
        return context.new_page()

    yield make
    for context in made:
        context.close()
    assert wrong == []


def _wrong(told: ConsoleMessage, *, line_fails: bool) -> list[str]:
    if told.type not in ("error", "warning"):
        return []
    if line_fails and told.text.startswith("Failed to load resource"):
        return []
    return [f"{told.type}: {told.text} ({told.location.get('url', '')})"]
