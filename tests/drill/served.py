"""An installation that is served in this process, as one worker would."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn

from examengine.clock import SystemClock
from examengine.settings import Settings
from examengine.web.app import create_app
from examengine.web.services import Services, open_services
from tests.engines import free_port
from tests.world import CHEAP, EVIDENCE_KEYS, FIELD_KEYS, SETTINGS_KEYS, open_slots


def settings_of(database_url: str, redis_url: str, folder: Path) -> Settings:
    return Settings(
        data_dir=folder,
        database_url=database_url,
        redis_url=redis_url,
        public_url=f"http://127.0.0.1:{free_port()}",
        signing_keys=SETTINGS_KEYS,
        field_keys=FIELD_KEYS,
        evidence_keys=EVIDENCE_KEYS,
    )


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[Services]:
    """The application with its background, on its public address."""
    port = int(settings.public_url.rpartition(":")[2])
    async with open_services(settings, SystemClock(), password_cost=CHEAP) as services:
        await open_slots(services, services.clock.now_ms())
        config = uvicorn.Config(create_app(services), host="127.0.0.1", port=port, log_level="warning")
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # the signals of this process are the test's
        serving = asyncio.create_task(server.serve())
        try:
            while not server.started:
                await asyncio.sleep(0.02)
            yield services
        finally:
            server.should_exit = True
            await serving
