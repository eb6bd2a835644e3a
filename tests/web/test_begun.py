"""What is there at once is not waited for; what is not is waited for as it would have been."""

import asyncio

import pytest

from examengine.web.begun import Begun


async def at_once() -> str:
    return "there"


async def later(bell: asyncio.Event, ended: list[str] | None = None) -> str:
    try:
        await bell.wait()
        await asyncio.sleep(0)
    finally:
        if ended is not None:
            ended.append("ended")
    return "later"


async def test_what_answers_at_once_is_there_without_waiting() -> None:
    begun = Begun(at_once())
    assert begun.there
    assert await begun == "there"
    assert await begun == "there"


async def test_what_does_not_goes_on_where_it_stopped() -> None:
    bell = asyncio.Event()
    begun = Begun(later(bell))
    assert not begun.there
    asyncio.get_running_loop().call_soon(bell.set)
    assert await begun == "later"


async def test_an_error_of_either_kind_is_its_askers() -> None:
    async def broken(wait: bool) -> str:
        if wait:
            await asyncio.sleep(0)
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        Begun(broken(wait=False))
    begun = Begun(broken(wait=True))
    with pytest.raises(ConnectionError):
        await begun


async def test_a_deadline_reaches_what_is_waited_for() -> None:
    ended: list[str] = []
    begun = Begun(later(asyncio.Event(), ended))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(begun, 0.01)
    assert ended == ["ended"]
