"""Looking at a page as it is passed: its width at the desk and on a phone. ``make pictures`` adds a picture and
axe-core, which judges every template with sample contexts in ``tests/web`` each time.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, ViewportSize

DESK: ViewportSize = {"width": 1280, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SIZES = {"desk": DESK, "phone": PHONE}
ON_A_PHONE = {"phone": PHONE}
WITH_PICTURES = bool(os.environ.get("EXAMENGINE_TEST_PICTURES"))
PICTURES = Path(__file__).resolve().parents[2] / "test-results" / "journeys"

_axe = Axe()
_seen: set[str] = set()


def look(
    page: Page, name: str, *, whole: bool = True, judge: bool = True, sizes: Mapping[str, ViewportSize] = SIZES
) -> None:
    """Look at the page at both widths, once a session for each name.

    ``whole``: a picture of the page to its end, not only of what fits on the screen. ``judge``: no axe-core where
    scripts do not run, for it is one.
    """
    if name in _seen:
        return
    _seen.add(name)
    page.wait_for_load_state()
    before = page.viewport_size
    wrong: list[str] = []
    for word, size in sizes.items():
        if page.viewport_size != size:
            page.set_viewport_size(size)
        if WITH_PICTURES:
            page.screenshot(path=PICTURES / f"{name}-{word}.png", full_page=whole)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            wrong.append(f"{word}: {width} px wide")
    if before is not None and page.viewport_size != before:
        page.set_viewport_size(before)
    if judge and WITH_PICTURES:
        wrong += findings(page)
    assert not wrong, "\n".join((name, *wrong))


def findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical."""
    told = _axe.run(page, options={"resultTypes": ["violations"]})
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in told.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
