"""A server with the gallery, and a real Chromium."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from examengine.clock import ShiftedClock
from examengine.web.contexts.candidate import Reports
from tests.browsers import PATIENCE_MS, chromium_program
from tests.web import samples
from tests.web.gallery import Gallery

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
NOTHING = Reports()

expect.set_options(timeout=PATIENCE_MS)


class Server:
    """The gallery on a free port; its sitting and clock can be moved by the test."""

    def __init__(self, reports: Reports = NOTHING) -> None:
        self.clock = ShiftedClock(0)
        self.gallery = Gallery(self.clock, reports)
        self._server = uvicorn.Server(
            uvicorn.Config(self.gallery.app, port=0, log_level="warning", ws="none", lifespan="off")
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.exam_url = f"{self.url}/sittings/7"

    def renew(self, *, left_ms: int = 60 * samples.MINUTE, reports: Reports = NOTHING) -> None:
        """A fresh sitting with ``left_ms`` to go."""
        self.clock.offset_ms = 0
        self.gallery.reports = reports
        sitting = type(self.gallery.sitting)(self.clock, self.clock.now_ms() + left_ms)
        self.gallery.sitting = sitting

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@pytest.fixture(scope="session")
def _server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def server(_server: Server) -> Server:
    _server.renew()
    return _server


# While a synchronous Playwright is up, its event loop counts as running in this thread and no coroutine test can
# run: so one browser a module, closed at its end.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Makes browser contexts (one is one device); a script error or a CSP violation fails the test."""
    made: list[BrowserContext] = []
    wrong: list[str] = []

    def make(**options: object) -> BrowserContext:
        context = chromium.new_context(**{"viewport": DESK, **options})  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        context.on("weberror", lambda error: wrong.append(str(error.error)))
        context.on(
            "console",
            lambda told: wrong.append(told.text) if "Content Security Policy" in told.text else None,
        )
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()
    assert wrong == []


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    return new_context().new_page()
