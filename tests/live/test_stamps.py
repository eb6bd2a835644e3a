"""A host whose clock is off is drawn to within two seconds of Redis' own time."""

import pytest

from examengine.clock import SystemClock
from examengine.live import Coalescer, Desk
from tests.live.builders import a_running_sitting, answer

SLACK_MS = 2_000
#: What passes between our look at the clock and Redis'.
TAKES_MS = 500


@pytest.mark.parametrize(
    ("off_ms", "drawn_to_ms"),
    [(0, 0), (-1_000, -1_000), (1_000, 1_000), (-3_600_000, -SLACK_MS), (3_600_000, SLACK_MS)],
)
async def test_a_stamp_is_clamped(calls: Coalescer, off_ms: int, drawn_to_ms: int) -> None:
    desk = Desk(calls)
    own_ms = SystemClock().now_ms()
    told = await desk.read(1, own_ms)
    assert abs(told.at_ms - own_ms) < TAKES_MS

    told = await desk.read(1, own_ms + off_ms)

    assert abs(told.at_ms - (own_ms + drawn_to_ms)) < TAKES_MS


@pytest.mark.parametrize(
    ("off_ms", "word"), [(-2_000, "saved"), (2_000, "too_late"), (-60_000, "saved"), (60_000, "too_late")]
)
async def test_a_host_off_by_two_seconds_or_more_gains_or_loses_no_more_than_two(
    calls: Coalescer, off_ms: int, word: str
) -> None:
    desk = Desk(calls)
    own_ms = SystemClock().now_ms()
    pen = await a_running_sitting(desk, deadline_ms=own_ms + 1_000, left_ms=60_000)
    assert (await desk.save(pen, answer(1, 1, "a"), own_ms + off_ms)).word == word


async def test_a_request_stamped_in_time_and_held_long_is_too_late(calls: Coalescer) -> None:
    desk = Desk(calls)
    own_ms = SystemClock().now_ms()
    pen = await a_running_sitting(Desk(calls, clamp=False), deadline_ms=own_ms - SLACK_MS - 1, left_ms=60_000)
    assert (await desk.save(pen, answer(1, 1, "a"), own_ms - 30_000)).word == "too_late"
