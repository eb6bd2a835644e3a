"""What staff do in a browser: sign in, show a code, fill in a form."""

from dataclasses import replace

import httpx2

from examengine.accounts.second_factor import STEP_MS, Draft, code_at
from examengine.records.words import Role
from examengine.web.app import create_app
from tests.support.sitting import hidden
from tests.world import World

MINUTE = 60_000
WHY = {"reason": "post", "note": "到岗，人事处提出。", "ticket": "RS-2026-1"}


def as_in_production(world: World, *, required: bool = True, idle_minutes: int = 30) -> None:
    """The world again with a second factor asked for and a lock on idle sessions."""
    settings = replace(
        world.services.settings, second_factor_required=required, staff_idle_ms=idle_minutes * MINUTE, demo=False
    )
    world.services = replace(world.services, settings=settings)
    world.app = create_app(world.services, hotline="400-000-0000", background=False)


async def a_security_administrator(world: World, name: str = "蒙秋云") -> int:
    return await world.person(Role.SECURITY, name=name)


async def with_a_factor(world: World, person_id: int) -> Draft:
    """A second factor in use; its next code goes."""
    factors = world.services.second_factors
    draft = factors.draft(person_id, world.now_ms)
    assert await factors.set_up(person_id, draft, code_at(draft.secret, world.now_ms), world.now_ms)
    world.clock.advance(STEP_MS)  # type: ignore[union-attr]
    return draft


async def filled(browser: httpx2.AsyncClient, address: str, **changes: str) -> httpx2.Response:
    """Open a form and send it with a reason."""
    form = await browser.get(address)
    assert form.status_code == 200, form.text
    return await browser.post(address, data={"intent": hidden(form.text, "intent"), **WHY, **changes})
