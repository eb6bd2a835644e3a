"""Which requests are told in the log as slow, and what of them."""

import asyncio
from time import perf_counter

import pytest
from starlette.types import Message, Receive, Scope, Send
from structlog.testing import capture_logs

from examengine.logs import MOST_STEPS, step, watch_steps
from examengine.settings import SettingsError, from_environment
from examengine.web.slow import SlowRequests

SLOW_MS = 20
ENOUGH_S = 0.03
ENVIRONMENT = {
    "EXAMENGINE_DATA_DIR": "/nowhere",
    "EXAMENGINE_PUBLIC_URL": "https://exam.example.gov.cn",
}


async def told_of(*waits: tuple[str, float], after_s: float = 0, slow_ms: int = SLOW_MS) -> list[str]:
    """What is told of a request that takes these steps; ``after_s``: between its answer's beginning and end."""

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        for name, seconds in waits:
            began_s = perf_counter()
            await asyncio.sleep(seconds)
            step(name, began_s)
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await asyncio.sleep(after_s)
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(_message: Message) -> None:
        return

    scope = {"type": "http", "method": "POST", "path": "/sittings/7/answers", "query_string": b"name=secret"}
    with capture_logs() as lines:
        await SlowRequests(app, slow_ms)(scope, receive, send)
    return [" ".join(f"{name}={value}" for name, value in sorted(line.items())) for line in lines]


async def test_a_slow_request_is_told_once_with_its_steps_and_without_its_query() -> None:
    [line] = await told_of(("desk", ENOUGH_S), ("render", 0))
    assert "event=slow_request" in line
    assert "method=POST" in line
    assert "path=/sittings/7/answers" in line
    assert "status=418" in line
    assert "steps=desk=" in line
    assert " render=" in line
    assert "secret" not in line


async def test_a_quick_one_is_not_told() -> None:
    assert await told_of(("desk", 0), slow_ms=10_000) == []


async def test_the_time_in_which_a_browser_sends_or_receives_does_not_count() -> None:
    assert await told_of(("body", ENOUGH_S), after_s=ENOUGH_S) == []


async def test_zero_tells_of_none() -> None:
    assert await told_of(("desk", ENOUGH_S), slow_ms=0) == []


async def test_steps_are_noted_in_bounds_and_only_where_somebody_watches() -> None:
    step("desk", perf_counter())
    steps = watch_steps()
    for _ in range(MOST_STEPS + 1):
        step("desk", perf_counter())
    assert len(steps) == MOST_STEPS


@pytest.mark.parametrize(("given", "slow_ms"), [("", 500), ("0", 0), ("60000", 60_000)])
def test_the_setting_is_in_milliseconds(given: str, slow_ms: int) -> None:
    assert from_environment(ENVIRONMENT | {"EXAMENGINE_SLOW_MS": given}).slow_ms == slow_ms


@pytest.mark.parametrize("given", ["-1", "60001", "0.5", "half"])
def test_a_setting_that_makes_no_sense_is_refused(given: str) -> None:
    with pytest.raises(SettingsError, match="EXAMENGINE_SLOW_MS"):
        from_environment(ENVIRONMENT | {"EXAMENGINE_SLOW_MS": given})
