"""What an author does in a browser."""

import asyncio
import re
from pathlib import Path

import httpx2

from examengine.banks.item import Item
from examengine.banks.writers.workbook import write_workbook
from examengine.banks.writers.written import WORKBOOK_TYPE
from examengine.records.words import Role
from tests.world import World, items

OWN_BANK = Path(__file__).parents[2] / "question_banks" / "guangxi-2014.xlsx"


def a_workbook(made: list[Item] | None = None) -> bytes:
    """A small bank in the canonical columns."""
    return write_workbook(made if made is not None else items(6, 3, 3))


def own_workbook() -> bytes:
    """This project's own bank where the tree has it, else a made-up one of the same size."""
    return OWN_BANK.read_bytes() if OWN_BANK.is_file() else a_workbook(items(90, 45, 45))


async def new_bank(browser: httpx2.AsyncClient, name: str = "2026 年公需科目") -> str:
    """Make a bank; its address."""
    made = await browser.post("/author/banks", data={"name": name})
    assert made.status_code == 303, made.text
    return str(made.headers["location"])


async def upload(
    browser: httpx2.AsyncClient, bank: str, content: bytes, name: str = "题库.xlsx", encoding: str = ""
) -> str:
    """Upload a file; the address of its preview."""
    sent = await browser.post(
        f"{bank}/upload", data={"encoding": encoding}, files={"file": (name, content, WORKBOOK_TYPE)}
    )
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


async def previewed(browser: httpx2.AsyncClient, preview: str) -> str:
    """The preview's page, once the file has been read."""
    for _turn in range(200):
        shown = (await browser.get(preview)).text
        if "data-ask-again" not in shown:
            return shown
        await asyncio.sleep(0.05)
    raise AssertionError("the file is still being read")


async def commit(browser: httpx2.AsyncClient, preview: str) -> str:
    """Commit an upload; the address it leads to."""
    done = await browser.post(f"{preview}/commit")
    assert done.status_code == 303, done.text
    return str(done.headers["location"])


def upto_in(html: str) -> str:
    """The newest version that a list of items was shown with."""
    found = re.search(r'name="upto" value="(\d+)"', html)
    assert found is not None, html
    return found[1]


async def review(browser: httpx2.AsyncClient, bank: str, act: str, *versions: int, **fields: str) -> httpx2.Response:
    """Say one thing about these versions, or about all that a filter finds (``all="1"``); without asking before."""
    data: dict[str, str | list[str]] = {"act": act, "sure": "1", **fields}
    if versions:
        data["v"] = [str(version) for version in versions]
    elif "upto" not in fields:
        data["upto"] = upto_in((await browser.get(bank)).text)
    return await browser.post(f"{bank}/review", data=data)


async def check_all(world: World, bank: str) -> None:
    """Another author calls everything in the bank checked."""
    async with world.browser(await world.person(Role.AUTHOR, name="吴雅琴")) as browser:
        done = await review(browser, bank, "approved", all="1")
        assert "done=approved" in str(done.headers["location"])


def counts_of(html: str) -> dict[str, int]:
    """The counters at the top of a page, by their label."""
    found = re.findall(r'<li[^>]*><span class="num">(\d+)</span>([^<]+)</li>', html)
    return {label.strip(): int(count) for count, label in found}
