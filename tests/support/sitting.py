"""Builders for the desk's tests: attempts that end as wished, and forms as a browser would send them."""

import re
from collections.abc import Mapping
from itertools import islice

import httpx2

from examengine.live import CloseReason, Pen
from examengine.records.enrolments import Enrolment
from examengine.records.words import Role
from examengine.sittings.finish import Ended
from tests.world import World

AGENT, SECOND = "周敏", "陈芳"
WHY = {"reason": "platform", "note": "机房停电，核对过姓名。", "ticket": "KF-20260601-7"}
MINUTE = 60_000


async def agent(world: World, name: str = AGENT) -> int:
    """A person of the support desk."""
    return await world.person(Role.SUPPORT, name=name)


async def hand_in(world: World, pen: Pen) -> None:
    """The candidate hands in."""
    ended = await world.services.finisher.by_page(pen, CloseReason.HAND_IN, world.now_ms)
    assert isinstance(ended, Ended), ended


async def sat(
    world: World, enrolment: Enrolment, no: int, *, right: int | None = 0, round_no: int = 1, minutes: int = 10
) -> int:
    """An attempt handed in after ``minutes`` with the first ``right`` questions right (None: all); its id."""
    attempt_id = await world.started(enrolment, round_no=round_no, no=no, nonce=f"{round_no}.{no}")
    pen = await world.pen(attempt_id, enrolment.person_id)
    answers = await world.right_answers(attempt_id)
    await world.answer(pen, dict(islice(answers.items(), right)))
    world.clock.advance(minutes * MINUTE)
    await hand_in(world, pen)
    world.clock.advance(1000)
    return attempt_id


async def exhausted(world: World, override: Mapping[str, object] | None = None) -> tuple[int, Enrolment]:
    """A candidate who has failed every attempt of the year (three)."""
    person_id = await world.person()
    enrolment = await world.enrolled(await world.exam(override), person_id)
    for no in (1, 2, 3):
        await sat(world, enrolment, no)
    return person_id, enrolment


def hidden(page: str, name: str) -> str:
    """The value of a hidden input."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', page)
    assert found is not None, f"no hidden field {name}"
    return found[1]


async def send(browser: httpx2.AsyncClient, address: str, **fields: str | int) -> httpx2.Response:
    """Open a form, fill it in and send it, with the intent that the page carries."""
    page = await browser.get(address)
    assert page.status_code == 200, page.text
    return await browser.post(address, data={"intent": hidden(page.text, "intent"), **WHY, **fields})


async def send_after_preview(browser: httpx2.AsyncClient, address: str, **fields: str | int) -> httpx2.Response:
    """Like ``send``, with a look at the effect of ``fields`` before, as a person without scripts does it."""
    page = await browser.get(address)
    typed = {"intent": hidden(page.text, "intent"), **WHY, **fields}
    shown = await browser.post(f"{address}/preview", data=typed)
    assert shown.status_code == 200, shown.text
    return await browser.post(address, data={**typed, "intent": hidden(shown.text, "intent")})
