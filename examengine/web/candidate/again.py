"""Signing in again in the middle of an exam, without losing what was answered: by the panel of the exam page, and by
the form that a page without JavaScript had posted.

The signed page token says who it is; the password proves it, under the limits of every sign-in. The token does
nothing else here: without the password it shows nothing and saves nothing.
"""

import re
from dataclasses import dataclass
from types import MappingProxyType

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from examengine import live
from examengine.accounts.sign_in import NotSignedIn, SignedIn
from examengine.banks.responses import ESSAY_LIMIT, tidied
from examengine.records.accounts import Account
from examengine.records.errors import Missing, RecordsError
from examengine.records.words import Role
from examengine.web.candidate.sign_in import let_in, password_of, seconds_of
from examengine.web.contexts.candidate import Unsaved
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.http import (
    NotAllowed,
    form_of,
    frame_whatever,
    now_of,
    page,
    path_id,
    services_of,
    visitor_of,
)
from examengine.web.sessions import device_of
from examengine.web.tokens import PageToken, Session
from examengine.web.wording import gettext as _

MAX_POSITIONS = 500
MAX_NAMED = 60
RETRY_AFTER_S = 2
_FIELD = re.compile(r"[qf]([1-9][0-9]{0,3})(\.[1-9][0-9]?)?")
_OPTION = re.compile(r"[a-z1]")
_SINGLE = MappingProxyType(
    {
        "shown": re.compile(r"[0-9,]{1,2500}"),
        "do": re.compile(r"save|hand_in"),
        "clear": re.compile(r"[1-9][0-9]{0,3}"),
    }
)

log = structlog.get_logger("examengine.sign_in")


@dataclass(frozen=True, slots=True)
class Entered:
    """The person of the page token asks. ``account`` where the password was given with this request."""

    account: Account | None = None


@dataclass(frozen=True, slots=True)
class NotIn:
    """Nobody asks, or another person; ``tried``: how the password that was given did."""

    other_person: bool = False
    tried: NotSignedIn | None = None
    empty: bool = False


def page_token_of(request: Request, attempt_id: int) -> PageToken | None:
    """The page token of the form, where it is one of this sitting."""
    known = services_of(request).tokens.read_page(form_of(request).get("t", [""])[0])
    return known if known is not None and known.attempt_id == attempt_id else None


async def sign_in_again(request: Request) -> Response:
    """What the panel of the exam page asks: page token and password; one word back, and the cookies."""
    known = page_token_of(request, path_id(request))
    password = password_of(request, "password")
    if known is None:
        return JSONResponse({"word": "not_owner"}, 403)
    if not password:
        return JSONResponse({"word": "wrong"}, 422)
    try:
        tried = await _try(request, known, password)
    except Missing:
        return JSONResponse({"word": "not_owner"}, 403)
    except (live.Unavailable, RecordsError) as error:
        log.warning("not_looked_at", error=type(error).__name__)
        return JSONResponse({"word": "unavailable"}, 503, {"retry-after": str(RETRY_AFTER_S)})
    if isinstance(tried, NotSignedIn):
        if not tried.is_limited:
            return JSONResponse({"word": "wrong"}, 422)
        wait_s = seconds_of(tried)
        return JSONResponse({"word": "wait", "wait_s": wait_s}, 429, {"retry-after": str(wait_s)})
    response = JSONResponse({"word": "signed_in", "must_change": tried.account.must_change})
    let_in(request, response, tried.account, now_of(request))
    return response


async def entered(request: Request, known: PageToken) -> Entered | NotIn:
    """Whether the person of the page token asks: by the cookie, or by a password in the form.

    Raises:
        NotAllowed: whoever asks is no candidate.
    """
    if "password" in form_of(request):
        password = password_of(request, "password")
        if not password:
            return NotIn(empty=True)
        try:
            tried = await _try(request, known, password)
        except Missing:
            raise NotAllowed(403) from None
        if isinstance(tried, NotSignedIn):
            return NotIn(tried=tried)
        _go_on_as(request, tried.account)
        return Entered(tried.account)
    try:
        visitor = await visitor_of(request)
    except NotAllowed:
        return NotIn()
    if visitor.person.id != known.person_id:
        return NotIn(other_person=True)
    if Role.CANDIDATE not in visitor.roles:
        raise NotAllowed(403)
    return Entered()


def remember(request: Request, response: Response, who: Entered) -> None:
    """The cookies of whoever gave his password with the form."""
    if who.account is not None:
        let_in(request, response, who.account, now_of(request))


async def unsaved_page(request: Request, known: PageToken, why: NotIn) -> Response:
    """What was posted is not saved: it stands in this page, and is posted again with the password.

    Only what a form of ours holds is taken along. Nothing of the sitting is shown: whoever sees this page has not
    said who he is.
    """
    fields, positions = _posted(request)
    limited = why.tried is not None and why.tried.is_limited
    alert = None
    errors: tuple[FieldError, ...] = ()
    if why.tried is not None and limited:
        title = _("请等 {n} 秒再试").format(n=seconds_of(why.tried))
        reason = _("当前登录的人较多") if why.tried.is_busy else _("为了安全")
        alert = Alert("warning", title, _("{why}，这次没有核对密码；时间到了再按一次。").format(why=reason))
    elif why.tried is not None:
        errors = (FieldError("password", _("密码不对，请再输一次")),)
    elif why.empty:
        errors = (FieldError("password", _("请输入密码")),)
    context = Unsaved(
        frame=await frame_whatever(request),
        sitting_id=known.attempt_id,
        token=services_of(request).tokens.page(known),
        other_person=why.other_person,
        positions=positions[:MAX_NAMED],
        fields=fields,
        errors=errors,
        alert=alert,
    )
    return page("unsaved.html", context, 429 if limited else 422 if errors else 403 if why.other_person else 401)


async def _try(request: Request, known: PageToken, password: str) -> SignedIn | NotSignedIn:
    services = services_of(request)
    return await services.sign_in.sign_in_again(known.person_id, password, device_of(request), now_of(request))


def _go_on_as(request: Request, account: Account) -> None:
    """The rest of this request is this person's."""
    now_ms, state = now_of(request), request.scope["state"]
    state["session"] = Session(account.person_id, account.session_version, now_ms, now_ms + 1)
    state.pop("visitor", None)


def _posted(request: Request) -> tuple[tuple[tuple[str, str], ...], tuple[int, ...]]:
    """The fields of an exam form, and the questions answered in it; what no form of ours posts is left out."""
    kept: list[tuple[str, str]] = []
    positions: set[int] = set()
    for name, values in form_of(request).items():
        found = _FIELD.fullmatch(name)
        if found is not None and len(kept) < MAX_POSITIONS * 6:
            if found[2]:  # a part that is typed; a form of ours posts the empty ones too
                kept.append((name, tidied(values[0])[:ESSAY_LIMIT]))
            else:
                kept += [(name, value) for value in values[:26] if _OPTION.fullmatch(value)]
            if name[0] == "q" and any(value.strip() for value in values):
                positions.add(int(found[1]))
        elif name in _SINGLE and _SINGLE[name].fullmatch(values[0]):
            kept.append((name, values[0]))
    return tuple(kept), tuple(sorted(positions))
