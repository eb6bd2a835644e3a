"""The cookies of whoever is signed in: the session, and the mark by which a device is known."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.web.http import cookie_name, services_of
from examengine.web.tokens import Session

DEVICE_COOKIE = "device"
DEVICE_SECONDS = 400 * 24 * 3600


def device_of(request: Request) -> str:
    """The browser's lasting random mark, "" where it brought none."""
    return request.cookies.get(DEVICE_COOKIE, "")[:32]


def is_secure(request: Request) -> bool:
    return services_of(request).settings.secure_cookies


def set_cookie(request: Request, response: Response, name: str, value: str, seconds: int | None) -> None:
    response.set_cookie(
        name, value, max_age=seconds, path="/", secure=is_secure(request), httponly=True, samesite="lax"
    )


def go_on(request: Request, response: Response, session: Session) -> None:
    """The cookie of a session of staff as it stands now; it ends when it would have ended."""
    set_cookie(request, response, cookie_name(request), services_of(request).tokens.session_of_staff(session), None)
