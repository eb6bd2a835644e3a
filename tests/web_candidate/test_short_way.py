"""Answers and signs of life pass by the layers of pages; what they are told must not depend on it."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from examengine.web.guards import REPORT
from examengine.web.shadow import HEADER
from tests.web_candidate.exam_page import an_open_exam
from tests.world import World

PLAIN: Mapping[str, str] = {"sec-fetch-site": ""}


async def posted(world: World, page: Any, act: str, fields: Mapping[str, str], **headers: str) -> Any:
    return await page.browser.post(
        f"/sittings/{page.attempt_id}/{act}", data={"t": page.token, **fields}, headers=headers
    )


@pytest.mark.parametrize("act", ["answers", "pulse"])
async def test_both_ways_end_at_the_same_answer(world: World, act: str) -> None:
    async with an_open_exam(world) as page:
        fields = {"n": "1", "k": "a", "i": "1", "b": "0", "v": "a"}
        del page.browser.headers["sec-fetch-site"]
        long = await posted(world, page, act, fields)
        short = await posted(world, page, act, fields, **{"sec-fetch-site": "same-origin"})
        told = [{**answer.json(), "word": ""} for answer in (long, short)]
        assert told[0] == told[1]
        assert (long.status_code, short.status_code) == (200, 200)
        assert "content-security-policy" in long.headers
        assert "content-security-policy" not in short.headers, "it took the long way"
        for name in ("cache-control", "x-content-type-options", "content-type"):
            assert long.headers[name] == short.headers[name]


async def test_another_site_does_not_get_on_the_short_way(world: World) -> None:
    async with an_open_exam(world) as page:
        fields = {"n": "1", "k": "a", "i": "1", "b": "0", "v": "a"}
        for site in ("cross-site", "same-site", "none", ""):
            refused = await posted(world, page, "answers", fields, **{"sec-fetch-site": site})
            assert refused.status_code == 403
        assert (await world.services.desk.read(page.attempt_id, world.now_ms)).given == {}


async def test_a_drills_request_goes_the_long_way_to_where_no_drill_is(world: World) -> None:
    async with an_open_exam(world) as page:
        fields = {"n": "1", "k": "a", "i": "1", "b": "0", "v": "a"}
        marked = await posted(world, page, "answers", fields, **{HEADER.decode(): "x"})
        assert "content-security-policy" in marked.headers


async def test_a_pulse_is_bounded_as_before(world: World) -> None:
    async with an_open_exam(world) as page:
        full = await posted(world, page, "pulse", {"x": "y" * (REPORT.octets - len(page.token) - 5)})
        assert full.status_code == 200
        over = await posted(world, page, "pulse", {"x": "y" * (REPORT.octets - len(page.token) - 4)})
        assert over.status_code == 413


async def test_a_worker_that_drains_lets_go_of_browsers_here_too(world: World) -> None:
    async with an_open_exam(world) as page:
        world.services.serving.draining = True
        told = await posted(world, page, "pulse", {"n": "0"})
        assert told.headers["connection"] == "close"


async def test_answers_sent_side_by_side_are_all_written(world: World) -> None:
    async with an_open_exam(world) as page:
        told = await asyncio.gather(*(page.save(position, "a", n=position) for position in range(1, 21)))
        assert {each["word"] for each in told} == {"saved"}
        assert (await world.services.desk.read(page.attempt_id, world.now_ms)).given == dict.fromkeys(
            range(1, 21), "a"
        )
