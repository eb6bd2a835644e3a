"""``/metrics`` says what the wall shows, to this machine and to whoever knows the token."""

from dataclasses import replace

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from examengine.web.app import create_app
from tests.monitoring.test_collector import a_collector
from tests.world import ORIGIN, World

TOKEN = "a token of more than twenty characters"

HERE = ("127.0.0.1", 5)


async def asked(world: World, client: tuple[str, int] = HERE, /, **headers: str) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=world.app, client=client)
    async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers) as browser:
        return await browser.get("/metrics")


def values(text: str) -> dict[str, float]:
    """Samples by name and the label that tells them apart."""
    return {
        ".".join(
            [sample.name, *(value for key, value in sample.labels.items() if key in ("state", "le"))]
        ): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def test_metrics_say_what_the_wall_shows(world: World) -> None:
    await world.a_candidate_in_an_exam()
    figures = world.services.figures
    figures.starts += 1
    figures.ended(figures.began(), refused=False)
    figures.ended(figures.began(), refused=True)
    await world.services.publisher.publish()
    await a_collector(world).collect()
    answer = await asked(world)
    assert answer.headers["content-type"].startswith("text/plain")
    told = values(answer.text)
    assert told["examengine_starts_total"] == 1
    assert told["examengine_saves_refused_total"] == 1
    assert told["examengine_acknowledgement_seconds_count"] == 1
    assert told["examengine_acknowledgement_seconds_bucket.+Inf"] == 1
    assert told["examengine_candidates.writing"] == 1
    assert told["examengine_candidates.silent"] == 0
    assert told["examengine_shut_slots"] == 0
    assert told["examengine_queue"] == 0
    assert told["examengine_let_in_per_second"] > 0


async def test_without_a_token_only_this_machine_may_ask_and_not_through_a_proxy(world: World) -> None:
    assert (await asked(world)).status_code == 200
    assert (await asked(world, ("::1", 5))).status_code == 200
    assert (await asked(world, ("10.0.0.5", 5))).status_code == 404
    assert (await asked(world, HERE, **{"x-forwarded-for": "127.0.0.1"})).status_code == 404


async def test_with_a_token_only_who_knows_it_may_ask(world: World) -> None:
    settings = replace(world.services.settings, metrics_token=TOKEN)
    world.app = create_app(replace(world.services, settings=settings), background=False)
    assert (await asked(world, ("10.0.0.5", 5), authorization=f"Bearer {TOKEN}")).status_code == 200
    assert (await asked(world, ("10.0.0.5", 5), authorization="Bearer something else")).status_code == 404
    assert (await asked(world)).status_code == 404
