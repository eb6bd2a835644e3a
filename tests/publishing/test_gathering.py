"""What the stores and the system say of the time."""

import sys

import pytest

from examengine.clock import ShiftedClock, SystemClock
from examengine.live.server_time import ahead_ms
from examengine.publishing.time_server import _Timex, is_synchronised
from examengine.records import checks
from tests.world import World

NEAR_MS = 1_500
"""A busy machine may be away between two questions."""


async def test_a_clock_that_is_behind_is_told_by_how_much(world: World) -> None:
    calls = world.services.calls
    assert abs(await ahead_ms(calls, SystemClock().now_ms)) < NEAR_MS
    assert abs(await ahead_ms(calls, ShiftedClock(-60_000).now_ms) - 60_000) < NEAR_MS
    async with world.services.database.reading() as tx:
        told = await checks.own_time_ms(tx)
        assert (told is None) == tx.is_sqlite
    assert told is None or abs(told - SystemClock().now_ms()) < NEAR_MS


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
def test_what_the_kernel_says_is_read_where_it_writes_it() -> None:
    assert [vars(_Timex)[name].offset for name in ("offset", "maxerror", "status")] == [8, 24, 40]
    assert is_synchronised() in {True, False, None}
