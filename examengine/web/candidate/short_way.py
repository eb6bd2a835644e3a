"""The way that answers and signs of life take: past the layers that pages need, to the same handler.

A province sends them by the thousand a second, and nine layers around them cost as much as the desk behind them. Each
of their duties is done here: the body is bounded and read whole before the stamp, only our own pages may post, a slow
one is told in the log with its steps. Whatever is not quite ordinary (a browser that does not say where a request
comes from, a drill's mark, another act) goes the long way, and ends at the same handler.
"""

from collections.abc import Mapping
from time import perf_counter

from starlette.types import ASGIApp, Receive, Scope, Send

from examengine.logs import step, watch_steps
from examengine.web.candidate.live import PATH, LiveAnswers, answer_headers, send_json
from examengine.web.guards import ANSWER, REPORT, Guard, Limit, body_of
from examengine.web.services import Services
from examengine.web.slow import SlowRequests

LIMITS: Mapping[str, Limit] = {"answers": ANSWER, "pulse": REPORT}


class ShortWay:
    """Takes out what it knows; everything else goes on to ``around``."""

    def __init__(
        self,
        around: ASGIApp,
        answers: LiveAnswers,
        guard: Guard,
        slow: SlowRequests,
        services: Services,
        *,
        not_mine: bytes,
    ) -> None:
        """``not_mine``: the header that marks requests which are not for this application, whoever sends them."""
        self._around = around
        self._answers = answers
        self._guard = guard
        self._slow = slow
        self._services = services
        self._not_mine = not_mine
        self._headers = answer_headers(https=services.settings.secure_cookies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = PATH.fullmatch(scope["path"]) if scope["type"] == "http" and scope["method"] == "POST" else None
        limit = LIMITS.get(found[2]) if found is not None else None
        if found is None or limit is None or not self._is_ordinary(scope):
            await self._around(scope, receive, send)
            return
        began_s, steps, status = perf_counter(), watch_steps(), 0
        services = self._services
        try:
            state = scope.setdefault("state", {})
            state["session"] = self._guard.session_of(scope, services.clock.now_ms())
            asked_s = perf_counter()
            body = await body_of(scope, receive, limit)
            step("body", asked_s)
            if isinstance(body, int):
                status = body
                await self._guard.refuse(scope, receive, send, status)
                return
            if body is None:
                return
            state["body"], state["now_ms"] = body, services.clock.now_ms()
            status, answer = await self._answers.answer(int(found[1]), found[2], scope)
            headers = self._headers
            if services.serving.draining:
                headers = (*headers, (b"connection", b"close"))
            await send_json(send, status, answer, headers)
        finally:
            self._slow.tell(scope, status, began_s, perf_counter(), steps)

    def _is_ordinary(self, scope: Scope) -> bool:
        sent = dict(scope["headers"])
        return sent.get(b"sec-fetch-site") == b"same-origin" and self._not_mine not in sent
