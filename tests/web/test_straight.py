"""Pages that go straight to their handler are answered as on the long way."""

from collections.abc import Sequence

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message

from examengine.web.straight import Straight


class OursError(LookupError):
    """One that has a page of its own."""


async def shown(request: Request) -> Response:
    return PlainTextResponse(f"{request.method} {request.path_params['id']} {request.app.state.name}")


async def lost(request: Request) -> Response:
    raise OursError(request.path_params["id"])


async def gone(_request: Request) -> Response:
    raise HTTPException(410)


async def broken(_request: Request) -> Response:
    raise ZeroDivisionError


async def told(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"told {type(error).__name__}", getattr(error, "status_code", 404))


async def fault(_request: Request, error: Exception) -> Response:
    return PlainTextResponse(f"fault {type(error).__name__}", 500)


ROUTES = [
    Route("/", lost),
    Route("/sittings/{id}", shown),
    Route("/sittings/{id}/lost", lost),
    Route("/sittings/{id}/gone", gone, methods=["POST"]),
    Route("/sittings/{id}/broken", broken),
    Route("/sittings/{id}/more/still", shown),
]
TOLD = {LookupError: told, HTTPException: told, Exception: fault}


async def answer(app: ASGIApp, method: str, path: str, root: str = "") -> Sequence[object]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "root_path": root, "query_string": b"", "headers": []}
    raised = ""
    try:
        await app(scope, receive, send)
    except Exception as error:
        raised = type(error).__name__
    return [raised, *((m.get("status"), m.get("headers"), m.get("body")) for m in sent)]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
@pytest.mark.parametrize(
    "path",
    [
        "/", "/sittings", "/sittings/", "/sittings/7", "/sittings/7/", "/sittings//lost", "/sittings/七", "//7",
        "/sittings/7/lost", "/sittings/7/gone", "/sittings/7/broken", "/sittings/7/more/still", "/other/7",
        "sittings/7", "/sittings/7/start",
    ],
)  # fmt: skip
async def test_every_request_is_answered_as_on_the_long_way(method: str, path: str) -> None:
    app = Starlette(routes=ROUTES, exception_handlers=dict(TOLD))  # type: ignore[arg-type]
    app.state.name = "app"
    straight = Straight(app, ROUTES, TOLD)
    assert await answer(straight, method, path) == await answer(app, method, path)
    assert await answer(straight, method, "/under" + path, "/under") == await answer(
        app, method, "/under" + path, "/under"
    )


async def test_a_fault_of_the_program_is_told_and_goes_on_to_the_servers_log() -> None:
    app = Starlette(routes=ROUTES, exception_handlers=dict(TOLD))  # type: ignore[arg-type]
    raised, (status, _headers, _body), (_status, _none, body) = await answer(  # type: ignore[misc]
        Straight(app, ROUTES, TOLD), "GET", "/sittings/7/broken"
    )
    assert (raised, status, body) == ("ZeroDivisionError", 500, b"fault ZeroDivisionError")
