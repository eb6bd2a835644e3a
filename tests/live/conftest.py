"""A desk over a real Redis."""

from collections.abc import AsyncIterator

import pytest

from examengine.live import Coalescer, Desk, connect


@pytest.fixture
async def calls(redis_url: str) -> AsyncIterator[Coalescer]:
    coalescer = connect(redis_url)
    yield coalescer
    await coalescer.aclose()


@pytest.fixture
def desk(calls: Coalescer) -> Desk:
    return Desk(calls, clamp=False)
