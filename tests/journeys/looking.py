"""Looking at a page as it is passed: a picture at the desk and on a phone, and axe-core."""

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

DESK = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
PICTURES = Path(__file__).resolve().parents[2] / "test-results" / "journeys"

_axe = Axe()
_seen: set[str] = set()


def look(page: Page, name: str, *, whole: bool = True, judge: bool = True) -> None:
    """Picture the page at both widths and let axe-core judge it, once a session for each name.

    ``whole``: the page to its end, not only what fits on the screen. ``judge``: off where scripts do not run, for
    axe-core is one.
    """
    if name in _seen:
        return
    _seen.add(name)
    PICTURES.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    wrong: list[str] = []
    for size, word in ((DESK, "desk"), (PHONE, "phone")):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        page.screenshot(path=PICTURES / f"{name}-{word}.png", full_page=whole)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > size["width"]:
            wrong.append(f"{word}: {width} px wide")
        if judge:
            wrong += [f"{word}: {finding}" for finding in findings(page)]
    if before is not None:
        page.set_viewport_size(before)
    assert not wrong, "\n".join((name, *wrong))


def findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical."""
    told = _axe.run(page)
    return [
        f"{violation['id']}: {node['html'][:160]}"
        for violation in told.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
