"""The worker that is measured: production's own, with three addresses beside the app that no candidate knows.

``/bench/bare`` does nothing, ``/bench/bare_write`` one durable write through the same coalescing client: what the
cost of an answer is compared with. ``/bench/threads`` names the process and its threads that hash passwords.
"""

import os
import sys
import threading

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from examengine.embedded import worker
from examengine.live import Coalescer
from examengine.web.services import Services

KEY = "{00}:bench"
HASHING = "passwords"


def beside(app: ASGIApp, services: Services) -> ASGIApp:
    """The app with the bench's addresses beside it."""
    bench = Starlette(
        routes=[
            Route("/bench/bare", _bare, methods=["POST"]),
            Route("/bench/bare_write", _bare_write, methods=["POST"]),
            Route("/bench/threads", _threads),
        ]
    )
    bench.state.calls = services.calls

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        is_bench = scope["type"] == "http" and scope["path"].startswith("/bench/")
        await (bench if is_bench else app)(scope, receive, send)

    return choose


async def _bare(_request: Request) -> Response:
    return PlainTextResponse("ok")


async def _bare_write(request: Request) -> Response:
    calls: Coalescer = request.app.state.calls
    await calls.command("HSET", KEY, "a", "1")
    return PlainTextResponse("ok")


async def _threads(_request: Request) -> Response:
    hashing = [thread.native_id for thread in threading.enumerate() if thread.name.startswith(HASHING)]
    return JSONResponse({"pid": os.getpid(), "hashing": hashing})


if __name__ == "__main__":
    sys.exit(worker.main(beside))
