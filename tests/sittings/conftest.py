"""A world whose line to Redis can be cut."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.faults import Line
from tests.world import World, a_world


@pytest_asyncio.fixture
async def line(redis_url: str) -> AsyncIterator[Line]:
    """A line to a real Redis."""
    made = Line(redis_url)
    await made.open()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def world_on_a_line(database_url: str, line: Line) -> AsyncIterator[World]:
    """A whole engine that reaches its Redis by ``line``."""
    async with a_world(database_url, line.url) as made:
        yield made
