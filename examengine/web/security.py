"""Headers on every answer: what the browser may run, keep and tell others."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'"
)
HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")


class SecurityHeaders:
    """Adds the headers unless the page set its own; only ``/static/`` may be kept by a browser."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        always = [
            (b"content-security-policy", POLICY.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
        ]
        if https:
            always.append(HTTPS_ONLY)
        self._static = tuple(always)
        self._page = (*always, (b"cache-control", b"no-store"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = self._static if scope["path"].startswith("/static/") else self._page

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                there = {name for name, _ in headers}
                headers.extend(pair for pair in wanted if pair[0] not in there)
                message["headers"] = headers
            await send(message)

        await self._app(scope, receive, send_with_headers)
