"""What an author does in a browser."""

import re
from pathlib import Path

import httpx2

from examengine.banks.item import Item
from examengine.banks.writers.workbook import MIME_TYPE, write_workbook
from tests.world import items

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
        f"{bank}/upload", data={"encoding": encoding}, files={"file": (name, content, MIME_TYPE)}
    )
    assert sent.status_code == 303, sent.text
    return str(sent.headers["location"])


async def commit(browser: httpx2.AsyncClient, preview: str) -> str:
    """Commit an upload; the address it leads to."""
    done = await browser.post(f"{preview}/commit")
    assert done.status_code == 303, done.text
    return str(done.headers["location"])


def counts_of(html: str) -> dict[str, int]:
    """The counters at the top of a page, by their label."""
    found = re.findall(r'<li[^>]*><span class="num">(\d+)</span>([^<]+)</li>', html)
    return {label.strip(): int(count) for count, label in found}
