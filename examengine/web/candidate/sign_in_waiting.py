"""Waiting one's turn before a sign-in: looking at a password costs more than anything else here.

With JavaScript the form asks before it is sent and keeps what was typed; without, the number and the password are
typed again at one's turn, because a password is kept nowhere.
"""

import re
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from examengine import live
from examengine.live.admission import Place
from examengine.web.candidate.waiting_page import (
    Moments,
    again_ms,
    answer,
    asked_moments,
    moments_of,
    named,
    told,
)
from examengine.web.candidate.waiting_words import before_told, keep_told, noted, wait_told
from examengine.web.contexts.frame import Act
from examengine.web.contexts.waiting import Waiting
from examengine.web.http import bare_frame, field_of, now_of, services_of
from examengine.web.sessions import device_of
from examengine.web.wording import gettext as _

_ACCOUNT = re.compile(r"[0-9a-f]{32}")


def address(account: str, next_page: str, place: Place, now_ms: int) -> str:
    """Where a sign-in without JavaScript waits its turn."""
    return _address(account, next_page, told(place, now_ms))


async def waiting_page(request: Request, account: str, next_page: str) -> Response | None:
    """The page before a sign-in; None where the turn has come, or where nothing can be asked: the form is shown."""
    if not _ACCOUNT.fullmatch(account):
        return None
    now_ms, before = now_of(request), asked_moments(request)
    try:
        place = await services_of(request).sign_ins.ask(account, now_ms, keep=True)
    except live.Unavailable:
        return None
    if place.is_turn:
        return None
    moments = told(place, now_ms, before)
    context = Waiting(
        frame=bare_frame(request),
        is_turn=False,
        title=_("登录的人较多，请稍候"),
        lead=wait_told(place.wait_ms),
        before=before_told(place.before),
        note=noted(place, now_ms, before),
        cost=_("排队不占用考试时间。轮到您时请再输入一次证件号码和密码，密码没有保存。"),
        keep=keep_told(),
        href=_address(account, next_page, moments),
        retry_ms=again_ms(place),
        back=Act("/login", _("返回登录")),
    )
    return answer(request, context)


async def ask_place(request: Request) -> Response:
    """What the sign-in form asks before it is sent: the form stays as it is until its turn."""
    username, now_ms = field_of(request, "username", 40), now_of(request)
    try:
        place = await services_of(request).sign_in.place(username, device_of(request), now_ms)
    except live.Unavailable:
        return JSONResponse({"word": "turn"})  # the form itself is told what is wrong
    if place.is_turn:
        return JSONResponse({"word": "turn"})
    before = moments_of(field_of(request, "since", 20), field_of(request, "until", 20))
    moments = told(place, now_ms, before)
    return JSONResponse(
        {
            "word": "wait",
            "lead": wait_told(place.wait_ms),
            "before": before_told(place.before),
            "note": noted(place, now_ms, before),
            "retry_ms": again_ms(place),
            **named(moments),
        }
    )


def _address(account: str, next_page: str, moments: Moments | None) -> str:
    return "/login?" + urlencode({"place": account, **({"next": next_page} if next_page else {}), **named(moments)})
