"""The server that is measured, in a process of its own: the app, and two bare routes to compare with."""

import asyncio
import json
import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from examengine.clock import SystemClock
from examengine.live import Coalescer
from examengine.settings import Settings
from examengine.web.app import create_app
from examengine.web.services import open_services

KEY = "{00}:bench"


def with_bare_routes(app: ASGIApp, calls: Coalescer) -> ASGIApp:
    """The app, with ``/bench/bare`` (nothing) and ``/bench/bare_write`` (one durable write) beside it."""

    async def bare(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def bare_write(_request: Request) -> Response:
        await calls.command("HSET", KEY, "a", "1")
        return PlainTextResponse("ok")

    beside = Starlette(
        routes=[
            Route("/bench/bare", bare, methods=["POST"]),
            Route("/bench/bare_write", bare_write, methods=["POST"]),
        ]
    )

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        is_bench = scope["type"] == "http" and scope["path"].startswith("/bench/")
        await (beside if is_bench else app)(scope, receive, send)

    return choose


async def main(given: dict[str, str]) -> None:
    """Serve until terminated; one line on stdout says that the port is open."""
    settings = Settings(
        data_dir=Path(given["data_dir"]),
        database_url=given["database_url"],
        redis_url=given["redis_url"],
        public_url=given["public_url"],
        signing_keys=(given["signing_key"],),
        field_keys=(given["field_key"],),
        evidence_keys=(given["evidence_key"],),
        demo=True,
    )
    async with open_services(settings, SystemClock()) as services:
        app = with_bare_routes(create_app(services), services.calls)
        config = uvicorn.Config(
            app,
            host="127.0.0.1",
            port=int(given["port"]),
            loop="uvloop",
            http="httptools",
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,
        )
        server = uvicorn.Server(config)
        asyncio.get_running_loop().call_later(0.1, _say_when_open, server)
        await server.serve()


def _say_when_open(server: uvicorn.Server) -> None:
    if server.started:
        print("open", flush=True)
    else:
        asyncio.get_running_loop().call_later(0.05, _say_when_open, server)


if __name__ == "__main__":
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(json.loads(sys.argv[1])))
