"""How often a password may be tried."""

import asyncio

import pytest

from examengine.live import Coalescer
from examengine.live.limits import SignInLimits

NOW_MS = 1_700_000_000_000
MINUTE_MS = 60_000


@pytest.fixture
def limits(calls: Coalescer) -> SignInLimits:
    return SignInLimits(calls)


async def fails(limits: SignInLimits, account: str, device: str, now_ms: int) -> int:
    """One wrong password; the ms until the next."""
    assert await limits.check(account, device, now_ms) == 0
    return await limits.failed(account, device, now_ms)


async def test_five_tries_are_free_then_the_wait_doubles_up_to_a_quarter_of_an_hour(limits: SignInLimits) -> None:
    now_ms, waits = NOW_MS, []
    for _ in range(12):
        wait_ms = await fails(limits, "li", "d", now_ms)
        waits.append(wait_ms // 1000)
        now_ms += wait_ms
    assert waits == [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]


async def test_a_try_before_the_wait_is_over_is_not_allowed_and_not_counted(limits: SignInLimits) -> None:
    for _ in range(5):
        await fails(limits, "li", "d", NOW_MS)
    assert await limits.check("li", "d", NOW_MS + 29_999) == 1
    assert await limits.check("li", "d", NOW_MS + 29_999) == 1
    assert await limits.check("li", "d", NOW_MS + 30_000) == 0


async def test_a_hundred_tries_at_one_moment_are_a_hundred(limits: SignInLimits) -> None:
    waits = await asyncio.gather(*(limits.check("li", "d", NOW_MS) for _ in range(100)))
    assert waits.count(0) == 5


async def test_a_success_forgets_the_failures_of_its_device(limits: SignInLimits) -> None:
    for _ in range(4):
        await fails(limits, "li", "d", NOW_MS)
    assert await limits.check("li", "d", NOW_MS) == 0
    await limits.succeeded("li", "d", NOW_MS)
    assert [await fails(limits, "li", "d", NOW_MS) for _ in range(4)] == [0, 0, 0, 0]


async def test_who_tries_from_ever_new_devices_is_slowed_to_a_try_a_minute(limits: SignInLimits) -> None:
    now_ms, waits = NOW_MS, []
    for i in range(20):
        wait_ms = await fails(limits, "li", f"device {i}", now_ms)
        waits.append(wait_ms // 1000)
        now_ms += wait_ms
    assert waits == [0] * 9 + [2, 4, 8, 16, 32] + [60] * 6


async def test_nobody_is_kept_from_a_device_on_which_he_has_signed_in_before(limits: SignInLimits) -> None:
    assert await limits.check("li", "his own", NOW_MS) == 0
    await limits.succeeded("li", "his own", NOW_MS)
    for i in range(15):
        await limits.check("li", f"attacker {i}", NOW_MS)
    assert await limits.check("li", "attacker again", NOW_MS) > 0
    assert await limits.check("li", "a new one", NOW_MS) > 0
    assert await limits.check("li", "his own", NOW_MS) == 0


async def test_a_success_elsewhere_does_not_set_an_attacker_free(limits: SignInLimits) -> None:
    for i in range(10):
        await limits.check("li", f"attacker {i}", NOW_MS)
    later_ms = NOW_MS + 2_000
    assert await limits.check("li", "his new phone", later_ms) == 0
    await limits.succeeded("li", "his new phone", later_ms)
    assert await limits.check("li", "attacker again", later_ms + 1) > 0


async def test_one_exam_room_does_not_share_a_limit(limits: SignInLimits) -> None:
    for i in range(40):
        assert await limits.check(f"candidate {i}", f"device {i}", NOW_MS) == 0


async def test_browsers_that_bring_no_device_share_one(limits: SignInLimits) -> None:
    for _ in range(5):
        await fails(limits, "li", "", NOW_MS)
    assert await limits.check("li", "", NOW_MS) == 30_000
    later_ms = NOW_MS + 30_000
    assert await limits.check("li", "", later_ms) == 0
    await limits.succeeded("li", "", later_ms)
    for i in range(15):
        await limits.check("li", f"attacker {i}", later_ms)
    assert await limits.check("li", "", later_ms) > 0


async def test_a_try_that_we_could_not_carry_out_is_taken_back(limits: SignInLimits) -> None:
    for _ in range(30):
        assert await limits.check("li", "d", NOW_MS) == 0
        await limits.withdrawn("li", "d", NOW_MS)


async def test_an_hour_without_a_failure_forgets(limits: SignInLimits) -> None:
    for _ in range(5):
        await fails(limits, "li", "d", NOW_MS)
    later_ms = NOW_MS + 60 * MINUTE_MS + 1
    assert [await fails(limits, "li", "d", later_ms) for _ in range(4)] == [0] * 4


async def test_a_clock_that_was_moved_back_locks_nobody_out(limits: SignInLimits) -> None:
    for _ in range(5):
        await fails(limits, "li", "d", NOW_MS)
    assert await limits.check("li", "d", NOW_MS - 30 * MINUTE_MS) <= 15 * MINUTE_MS
    assert await limits.check("li", "d", NOW_MS - 400 * 24 * 60 * MINUTE_MS) == 0


async def test_names_of_any_length_make_keys_of_one(limits: SignInLimits, calls: Coalescer) -> None:
    await limits.check("长" * 5_000, "x" * 5_000, NOW_MS)
    assert all(len(key) < 100 for key in await calls.command("KEYS", "*"))


async def test_lifted_limits_let_every_device_try_at_once_and_count_from_new(limits: SignInLimits) -> None:
    for _ in range(5):
        await fails(limits, "li", "d", NOW_MS)
    for place in range(10):
        await limits.check("li", f"other {place}", NOW_MS)
    assert await limits.check("li", "d", NOW_MS + 1) > 0
    assert await limits.check("li", "new", NOW_MS + 1) > 0
    await limits.lift("li", NOW_MS + 2)
    assert [await fails(limits, "li", "d", NOW_MS + 3) for _ in range(5)] == [0, 0, 0, 0, 30_000]
    assert await limits.check("li", "new", NOW_MS + 3) == 0


async def test_limits_of_another_account_stay(limits: SignInLimits) -> None:
    for _ in range(5):
        await fails(limits, "li", "d", NOW_MS)
    await limits.lift("wang", NOW_MS + 1)
    assert await limits.check("li", "d", NOW_MS + 2) > 0
