"""What all tests share."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
import structlog

from examengine.logs import lines
from tests.harness import RedisForTests
from tests.world import World, a_world

pytest_plugins = ["tests.databases"]

structlog.configure(processors=lines(colors=False))


@pytest.fixture(scope="session")
def redis_for_tests() -> Iterator[RedisForTests]:
    server = RedisForTests()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def redis_url(redis_for_tests: RedisForTests) -> str:
    """The URL of a real, empty Redis."""
    redis_for_tests.flush()
    return redis_for_tests.url


@pytest_asyncio.fixture
async def world(database_url: str, redis_url: str) -> AsyncIterator[World]:
    """A whole engine on a fresh database and an empty Redis."""
    async with a_world(database_url, redis_url) as made:
        yield made
