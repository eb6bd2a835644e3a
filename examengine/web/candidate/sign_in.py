"""Signing in and out, and the password."""

import secrets

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.passwords import MIN_LENGTH, Weakness
from examengine.accounts.sign_in import NotSignedIn
from examengine.records.accounts import Account
from examengine.records.words import Role
from examengine.web.candidate import sign_in_waiting
from examengine.web.contexts.candidate import Login, Password
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.door import is_proven
from examengine.web.http import (
    NotAllowed,
    cookie_name,
    field_of,
    form_of,
    frame_of,
    now_of,
    page,
    see_other,
    services_of,
    visitor_of,
)
from examengine.web.sessions import DEVICE_COOKIE, DEVICE_SECONDS, device_of, go_on, is_secure, set_cookie
from examengine.web.wording import gettext as _

HOMES = (
    (Role.CANDIDATE, "/my"),
    (Role.SUPPORT, "/support"),
    (Role.AUTHOR, "/author/banks"),
    (Role.OPERATOR, "/operator/exams"),
    (Role.MARKER, "/marking"),
    (Role.SECURITY, "/staff"),
    (Role.AUDITOR, "/audit"),
)
MAX_PASSWORD = 200
MARK_BYTES = 12
"""Of the mark by which a browser is known; random."""

WEAKNESSES = {
    Weakness.TOO_SHORT: _("太短：至少 {n} 个字符").format(n=MIN_LENGTH),
    Weakness.TOO_LONG: _("太长，请缩短"),
    Weakness.TOO_FEW_KINDS: _("请混用大写字母、小写字母、数字、符号中的三种"),
    Weakness.TOO_COMMON: _("这个密码太常见，别人很容易猜到"),
    Weakness.OF_THE_DOCUMENT: _("不能包含证件号、手机号里的六位数字或出生日期"),
    Weakness.SAME_AS_BEFORE: _("新密码不能和现在的密码相同"),
}


async def home(request: Request) -> Response:
    """Where a visitor belongs."""
    try:
        visitor = await visitor_of(request)
    except NotAllowed:
        return see_other("/login")
    if visitor.account.must_change:
        return see_other("/password")
    return see_other(next((address for role, address in HOMES if role in visitor.roles), "/my"))


async def login_page(request: Request) -> Response:
    """P1; with ``place``, what stands before it in a crowd, until the turn has come."""
    next_page, place = _inside(request.query_params.get("next", "")), request.query_params.get("place", "")
    alert = None
    if place:
        waits = await sign_in_waiting.waiting_page(request, place, next_page)
        if waits is not None:
            return waits
        alert = Alert("success", _("轮到您了"), _("请输入证件号码和密码登录。"))
    return page("login.html", Login(await frame_of(request), next=next_page, alert=alert))


async def login(request: Request) -> Response:
    """Look at number and password; limits answer with a delay, never with a picture to type."""
    services, now_ms = services_of(request), now_of(request)
    username, password = field_of(request, "username", 40), password_of(request, "password")
    next_page = _inside(field_of(request, "next", 200))
    errors = _missing(username, password)
    if errors:
        return await _login_again(request, username, next_page, errors)
    device, mark = device_of(request), secrets.token_urlsafe(MARK_BYTES)
    tried = await services.sign_in.sign_in(username, password, device, now_ms, mark)
    if isinstance(tried, NotSignedIn):
        if tried.place is not None:
            account = services.sign_in.account_of(username)
            return see_other(sign_in_waiting.address(account, next_page, tried.place, now_ms))
        errors = () if tried.is_limited else (_told(tried, "password"),)
        return await _login_again(request, username, next_page, errors, tried)
    response = see_other("/password" if tried.account.must_change else next_page or "/")
    let_in(request, response, tried.account, now_ms, mark)
    return response


def let_in(request: Request, response: Response, account: Account, now_ms: int, mark: str = "") -> None:
    """The cookies of whoever has signed in: the session, and the mark by which this device is known; ``mark``: what
    it gets where it has none yet.
    """
    _remember(request, response, account.person_id, account.session_version, now_ms)
    device = device_of(request) or mark or secrets.token_urlsafe(MARK_BYTES)
    set_cookie(request, response, DEVICE_COOKIE, device, DEVICE_SECONDS)


async def logout(request: Request) -> Response:
    """Forget the cookie of this browser."""
    response = see_other("/login")
    response.delete_cookie(cookie_name(request), path="/", secure=is_secure(request), httponly=True)
    return response


async def password_page(request: Request) -> Response:
    """The change of the password, which the first sign-in demands."""
    try:
        if not await is_proven(request):
            return see_other("/second-factor?next=/password")
        return await _password_again(request, (), 200)
    except NotAllowed:
        return see_other("/login?next=/password")


async def password(request: Request) -> Response:
    """Set a new password; every other session of the person ends."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    if not await is_proven(request):
        return see_other("/second-factor?next=/password")
    current, new, again = (password_of(request, name) for name in ("current", "new", "again"))
    if new != again:
        return await _password_again(request, (FieldError("again", _("两次输入的新密码不一样")),), 422)
    changed = await services.sign_in.change_password(visitor.person.id, current, new, now_ms)
    match changed:
        case None:
            error = FieldError("current", _("现在的密码不对"))
        case Weakness():
            error = FieldError("new", WEAKNESSES[changed])
        case NotSignedIn():
            error = _told(changed, "current")
        case _:
            response = see_other("/")
            _remember(request, response, visitor.person.id, changed, now_ms)
            if visitor.session.factor_ms:
                go_on(request, response, replace(visitor.session, version=changed, seen_ms=now_ms))
            return response
    return await _password_again(request, (error,), 422)


def _told(refused: NotSignedIn, field: str) -> FieldError:
    if refused.is_busy:
        return FieldError(field, _("当前人数较多，请等 {n} 秒再试").format(n=seconds_of(refused)))
    if refused.is_limited:
        return FieldError(field, _("为了安全，请等 {n} 秒再试").format(n=seconds_of(refused)))
    return FieldError(field, _("证件号码或密码不对"))


def seconds_of(refused: NotSignedIn) -> int:
    """How long to wait, in whole seconds."""
    return -(-refused.wait_ms // 1000)


def _missing(username: str, password: str) -> tuple[FieldError, ...]:
    errors = []
    if not username:
        errors.append(FieldError("username", _("请输入证件号码")))
    if not password:
        errors.append(FieldError("password", _("请输入密码")))
    return tuple(errors)


def password_of(request: Request, name: str) -> str:
    """A password as typed: spaces count."""
    return form_of(request).get(name, [""])[0][:MAX_PASSWORD]


def _inside(address: str) -> str:
    """An address of ours, or nothing: no sign-in leads to another site."""
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and "\\" not in address
    return address if is_ours and address.isprintable() else ""


def _remember(request: Request, response: Response, person_id: int, version: int, now_ms: int) -> None:
    token = services_of(request).tokens.session(person_id, version, now_ms)
    set_cookie(request, response, cookie_name(request), token, None)


async def _login_again(
    request: Request,
    username: str,
    next_page: str,
    errors: tuple[FieldError, ...],
    refused: NotSignedIn | None = None,
) -> Response:
    wait_s = seconds_of(refused) if refused is not None else 0
    alert = None
    if refused is not None and refused.is_limited:
        title = _("请等 {n} 秒再登录").format(n=wait_s)
        why = _("当前登录的人较多") if refused.is_busy else _("为了安全")
        alert = Alert("warning", title, _("{why}，这次没有核对密码；时间到了再按一次“登录”就行。").format(why=why))
    context = Login(await frame_of(request), username, next_page, wait_s, alert, errors)
    return page("login.html", context, 429 if wait_s else 422)


async def _password_again(request: Request, errors: tuple[FieldError, ...], status: int) -> Response:
    visitor = await visitor_of(request)
    context = Password(await frame_of(request), visitor.account.must_change, MIN_LENGTH, errors)
    return page("password.html", context, status)
