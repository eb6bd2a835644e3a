"""What all tests share.

Property tests try the same examples in every run, and have no time limit: the suite is red because of a change, not
by chance or because the machine was busy. ``EXAMENGINE_EXAMPLES=random`` tries others, as ``make fuzz`` does.
"""

import os
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
import structlog
from hypothesis import settings

from examengine.logs import lines
from tests.harness import RedisForTests
from tests.world import World, a_world

pytest_plugins = ["tests.databases"]


def _log_plainly() -> None:
    structlog.reset_defaults()
    structlog.configure(processors=lines(colors=False))


_log_plainly()

settings.register_profile("same", deadline=None, derandomize=True, database=None)
settings.register_profile("random", deadline=None, database=None, print_blob=True)
settings.load_profile("random" if os.environ.get("EXAMENGINE_EXAMPLES") == "random" else "same")


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Commands that a test runs within its process write their log to what is then standard error."""
    yield
    _log_plainly()


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
