"""Requests that were slow are told in the log, once each, with their steps; never with a query, a body or a name."""

from collections.abc import Sequence
from time import perf_counter

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from examengine.logs import Step, watch_steps

BODY = "body"
"""The step in which a browser sends: how long its line takes is not our slowness."""

log = structlog.get_logger("examengine.slow")


class SlowRequests:
    """Watches every request up to the beginning of its answer; what follows depends on who reads it."""

    def __init__(self, app: ASGIApp, slow_ms: int) -> None:
        """``slow_ms``: from how many milliseconds on a request is told, 0: none."""
        self._app = app
        self._slow_s = slow_ms / 1000

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._slow_s:
            await self._app(scope, receive, send)
            return
        began_s, steps = perf_counter(), watch_steps()
        answered: list[tuple[int, float]] = []

        async def send_and_note(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered.append((message["status"], perf_counter()))
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        finally:
            status, ended_s = answered[0] if answered else (0, perf_counter())
            self.tell(scope["method"], scope["path"], status, began_s, ended_s, steps)

    def tell(
        self, method: str, path: str, status: int, began_s: float, ended_s: float, steps: Sequence[Step]
    ) -> None:
        """Tell of a request if it was slow; instants of ``perf_counter``, ``status`` 0 where nothing was answered."""
        if not self._slow_s or ended_s - began_s < self._slow_s:
            return
        waited_s = sum(ended - began for name, began, ended in steps if name == BODY)
        if ended_s - began_s - waited_s < self._slow_s:
            return
        log.warning(
            "slow_request",
            method=method,
            path=path[:200],
            status=status,
            ms=_ms(ended_s - began_s - waited_s),
            steps=" ".join(f"{name}={_ms(began - began_s)}-{_ms(ended - began_s)}" for name, began, ended in steps),
        )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}"
