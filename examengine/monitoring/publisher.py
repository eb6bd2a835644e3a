"""Every worker says every few seconds how it does; its figures vanish when it is gone."""

import asyncio
from collections.abc import Callable

import structlog

from examengine import live
from examengine.clock import Clock
from examengine.live.wall import Board
from examengine.monitoring import figures
from examengine.monitoring.figures import Figures, Reporter, process_name

EVERY_S = 3.0

log = structlog.get_logger("examengine.wall")


class Publisher:
    """Publishes the figures of this worker. ``failing``: how much it cannot end by a fault of ours."""

    def __init__(self, board: Board, counted: Figures, clock: Clock, owner: str, failing: Callable[[], int]) -> None:
        self._board = board
        self._clock = clock
        self._worker = process_name(owner)
        self._reporter = Reporter(counted, self._worker, clock.now_ms())
        self._failing = failing

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            try:
                await self.publish()
            except live.Unavailable as error:
                log.warning("figures_not_published", error=type(error).__name__)
            except Exception:
                log.exception("figures_failed")
            await asyncio.sleep(EVERY_S)

    async def publish(self) -> None:
        """Publish once.

        Raises:
            live.Unavailable: Redis does not answer.
        """
        now_ms = self._clock.now_ms()
        content = figures.write(self._reporter.report(now_ms, self._failing()))
        await self._board.publish(self._worker, content, now_ms)
