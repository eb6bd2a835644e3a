"""Keys of another record beside those of this one, on the same server."""

import pytest

from examengine.live import Desk, connect
from examengine.live.drills import WORKER_MS, Drills
from examengine.live.leases import Leases
from tests.live.builders import opening

NOW_MS = 1_700_000_000_000


async def test_sittings_under_a_prefix_and_without_know_nothing_of_each_other(redis_url: str) -> None:
    plain, apart = connect(redis_url), connect(redis_url, prefix="drill:")
    try:
        await Desk(plain, clamp=False).open(opening(attempt_id=7), NOW_MS)
        assert (await Desk(apart, clamp=False).read(7, NOW_MS)).word == "absent"
        await Desk(apart, clamp=False).open(opening(attempt_id=8), NOW_MS)
        assert (await Desk(plain, clamp=False).read(8, NOW_MS)).word == "absent"
        assert await Leases(plain).take("sweep", "one", 1000) is not None
        assert await Leases(apart).take("sweep", "other", 1000) is not None

        assert await apart.sweep() > 0
        assert await apart.sweep() == 0
        assert (await Desk(plain, clamp=False).read(7, NOW_MS)).state == "running"
        with pytest.raises(ValueError, match="prefix"):
            await plain.sweep()
    finally:
        await plain.aclose()
        await apart.aclose()


async def test_commands_with_many_keys_stay_under_the_prefix(redis_url: str) -> None:
    plain, apart = connect(redis_url), connect(redis_url, prefix="drill:")
    try:
        await plain.command("SET", "{wall}:a", "plain")
        await apart.command("SET", "{wall}:a", "apart")
        await apart.command("SET", "{wall}:b", "apart")
        assert await apart.command("MGET", "{wall}:a", "{wall}:b") == [b"apart", b"apart"]
        await apart.command("DEL", "{wall}:a", "{wall}:b")
        assert await plain.command("GET", "{wall}:a") == b"plain"
    finally:
        await plain.aclose()
        await apart.aclose()


async def test_the_flag_of_a_drill_is_raised_once_and_workers_are_counted_while_they_say_so(redis_url: str) -> None:
    calls = connect(redis_url)
    try:
        drills = Drills(calls)
        assert await drills.hoist(b"one")
        assert not await drills.hoist(b"two")
        assert await drills.find() == b"one"
        await drills.enter("a")
        await drills.enter("b")
        assert await drills.inside() == 2
        assert 0 < await calls.command("PTTL", "{drill}:worker:a") <= WORKER_MS
        await drills.leave("b")
        assert await drills.inside() == 1
        await drills.strike()
        assert await drills.find() is None
        assert not await drills.keep_up()
    finally:
        await calls.aclose()
