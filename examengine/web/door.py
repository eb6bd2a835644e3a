"""What stands before the pages of staff: a second factor, and a lock on sessions in which nothing was done for long.

A form that is sent after the lock fell is not lost: it stands in the page that asks for the code, and goes on with
it.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from examengine.accounts.second_factor import FactorWord, Tried
from examengine.accounts.sign_in import NotSignedIn
from examengine.records.words import STAFF_ROLES
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.contexts.staffing import Unlock
from examengine.web.guards import wants_json
from examengine.web.http import (
    Handler,
    Visitor,
    field_of,
    form_of,
    frame_of,
    now_of,
    page,
    see_other,
    services_of,
    visitor_of,
)
from examengine.web.sessions import device_of, go_on
from examengine.web.tokens import Session
from examengine.web.wording import gettext as _

RENEWED_AFTER_MS = 60_000
FIELD = "unlock_with"
MAX_FIELDS = 2_000
WALL = "/operator/wall"
"""The page of figures is looked at and not touched: it names nobody and stays readable. It and the lists below it
refresh themselves, which is no sign of life.
"""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was typed does not open: an error beside the field, or a message while nothing is looked at."""

    errors: tuple[FieldError, ...] = ()
    alert: Alert | None = None


async def through(request: Request, handler: Handler) -> Response:
    """A page of staff, for a visitor whose role was looked at; or what has to be done before."""
    visitor, now_ms = await visitor_of(request), now_of(request)
    services, session = services_of(request), visitor.session
    path = request.url.path if request.method == "GET" else ""
    is_standing = path == WALL
    by_itself = is_standing or (path.startswith(WALL) and "hx-request" in request.headers)
    since_ms = await factor_since(request)
    if since_ms is None and services.settings.second_factor_required:
        return _elsewhere(request, "/second-factor/new")
    if since_ms is not None and session.factor_ms < since_ms:
        return _elsewhere(request, "/second-factor")
    if is_idle(request, session) and not is_standing:
        if request.method == "GET" or request.headers.get("hx-request") or wants_json(request.scope):
            return _elsewhere(request, "/unlock")
        holds = is_form(request)
        opened = await prove(request, visitor, since_ms) if holds and FIELD in form_of(request) else Wrong()
        if isinstance(opened, Wrong):
            return await _held_page(request, opened, holds=holds, with_code=since_ms is not None)
        session = opened
    response = await handler(request)
    if not by_itself and (session is not visitor.session or session.idle_ms(now_ms) >= RENEWED_AFTER_MS):
        go_on(request, response, replace(session, seen_ms=now_ms))
    return response


async def factor_since(request: Request) -> int | None:
    """Since when the visitor has the second factor he uses; None: he has none, or needs none."""
    return (await visitor_of(request)).factor_since_ms


async def is_proven(request: Request) -> bool:
    """Whether the visitor has shown the second factor that he has; who has none has nothing to show."""
    since_ms = await factor_since(request)
    return since_ms is None or (await visitor_of(request)).session.factor_ms >= since_ms


def is_staff(visitor: Visitor) -> bool:
    return not visitor.roles.isdisjoint(STAFF_ROLES)


def is_form(request: Request) -> bool:
    """Whether the body is a form's fields, and no file."""
    return request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")


def is_idle(request: Request, session: Session) -> bool:
    """Whether nothing was done under a session for longer than the settings allow."""
    most_ms = services_of(request).settings.staff_idle_ms
    return most_ms > 0 and session.idle_ms(now_of(request)) >= most_ms


async def prove(request: Request, visitor: Visitor, since_ms: int | None) -> Session | Wrong:
    """The session again, for whoever proves in the form that it is still he: by a code where he uses a second factor,
    otherwise by his password.
    """
    services, now_ms = services_of(request), now_of(request)
    if since_ms is not None:
        tried = await services.second_factors.check(visitor.person.id, field_of(request, FIELD, 40), now_ms)
        if tried.word is not FactorWord.RIGHT:
            return told_of(tried, FIELD)
        return replace(visitor.session, seen_ms=now_ms, factor_ms=now_ms)
    password = form_of(request).get(FIELD, [""])[0][:200]
    if not password:
        return Wrong((FieldError(FIELD, _("请输入密码")),))
    known = await services.sign_in.sign_in_again(visitor.person.id, password, device_of(request), now_ms)
    if isinstance(known, NotSignedIn):
        if known.is_limited:
            return Wrong(alert=wait(known.wait_ms))
        return Wrong((FieldError(FIELD, _("密码不对，请再输一次")),))
    return replace(visitor.session, seen_ms=now_ms)


def told_of(tried: Tried, field: str) -> Wrong:
    """A code that did not open, in words."""
    match tried.word:
        case FactorWord.LIMITED:
            return Wrong(alert=wait(tried.wait_ms))
        case FactorWord.USED:
            text = _("这个验证码已经用过，请等手机上出现下一个，再输一次")
        case FactorWord.NONE:
            text = _("这个账号还没有设置双重验证")
        case _:
            text = _("验证码不对。请看手机上现在的 6 位数字；手机时间要准")
    return Wrong((FieldError(field, text),))


def wait(wait_ms: int) -> Alert:
    """Said where too many tries went wrong."""
    title = _("请等 {n} 秒再试").format(n=-(-wait_ms // 1000))
    return Alert("warning", title, _("为了安全，这次没有核对；时间到了再按一次。"))


def status_of(wrong: Wrong) -> int:
    return 429 if wrong.alert is not None else 422


def next_of(request: Request) -> str:
    """Where to go on: an address of ours from the query or the form, otherwise the start."""
    given = request.query_params.get("next") or (field_of(request, "next", 500) if request.method == "POST" else "")
    is_ours = given.startswith("/") and not given.startswith(("//", "/\\")) and "\\" not in given
    return given[:500] if is_ours and given.isprintable() else "/"


def _elsewhere(request: Request, address: str) -> Response:
    """There first, then back here."""
    if wants_json(request.scope):
        return JSONResponse({"word": "locked", "status": 401}, 401)
    back = request.url.path
    if request.headers.get("hx-request"):
        shown = urlsplit(request.headers.get("hx-current-url", ""))
        back = shown.path + (f"?{shown.query}" if shown.query else "") or "/"
    elif request.method != "GET":
        back = "/"
    elif request.url.query:
        back += f"?{request.url.query}"
    target = f"{address}?next={quote(back, safe='/')}"
    if request.headers.get("hx-request"):
        return Response(status_code=200, headers={"hx-redirect": target})
    return see_other(target)


async def _held_page(request: Request, wrong: Wrong, *, holds: bool, with_code: bool) -> Response:
    """The lock, holding the form that was sent; a file cannot be held, it is chosen again."""
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    fields = [(name, value) for name, values in form_of(request).items() for value in values] if holds else []
    context = Unlock(
        frame=await frame_of(request),
        action=address if holds else "/unlock",
        fields=tuple((name, value) for name, value in fields if name not in {FIELD, "t"})[:MAX_FIELDS],
        with_code=with_code,
        lost=not holds,
        next="" if holds else urlsplit(request.headers.get("referer", "")).path,
        errors=wrong.errors,
        alert=wrong.alert,
    )
    return page("staff/unlock.html", context, status_of(wrong) if wrong.errors or wrong.alert else 401)
