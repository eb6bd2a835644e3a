"""Candidates' pages go straight to their handler: eight layers of Starlette and its list of addresses cost as much as
drawing a paper.

Only addresses of the manner ``/sittings/{id}`` and ``/sittings/{id}/result`` are known here, by the routes
themselves; whatever else is asked, in whatever manner, goes the long way and is answered there. What a handler raises
becomes the same page as there.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

Told = Callable[[Request, Exception], Awaitable[Response]]
"""Makes the page of an error."""

ID = "{id}"


class Straight:
    """Before ``app``, which knows the same ``routes``. ``told``: its handlers of exceptions, also of all others."""

    def __init__(self, app: Starlette, routes: Sequence[Route], told: Mapping[type[Exception], Told]) -> None:
        self._app = app
        self._told = told
        self._endpoints: dict[tuple[str, str, str], Callable[[Request], Awaitable[Response]]] = {}
        for route in routes:
            parts = route.path.split("/")
            if len(parts) in (3, 4) and parts[2] == ID:
                for method in (route.methods or set()) - {"HEAD"}:
                    key = (method, parts[1], parts[3] if len(parts) == 4 else "")
                    self._endpoints.setdefault(key, route.endpoint)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = None
        if scope["type"] == "http" and not scope.get("root_path"):
            parts = scope["path"].split("/")
            count = len(parts)
            if (count == 3 or (count == 4 and parts[3])) and parts[2] and not parts[0]:
                endpoint = self._endpoints.get((scope["method"], parts[1], parts[3] if count == 4 else ""))
        if endpoint is None:
            await self._app(scope, receive, send)
            return
        scope["app"] = self._app
        scope["path_params"] = {"id": parts[2]}
        request = Request(scope, receive, send)
        try:
            response = await self._answered(endpoint, request)
        except Exception as error:
            response = await self._told[Exception](request, error)
            await response(scope, receive, send)
            raise  # for the server's log
        await response(scope, receive, send)

    async def _answered(self, endpoint: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
        try:
            return await endpoint(request)
        except Exception as error:
            known: Any = next((self._told.get(kind) for kind in type(error).__mro__ if kind in self._told), None)
            if known is None or known is self._told[Exception]:
                raise
            response: Response = await known(request, error)
            return response
