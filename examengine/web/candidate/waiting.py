"""Waiting one's turn before a start.

The page is an address that is asked again and again, by its script or by itself: so a reload, another tab, the way
back and a line that was lost for less than a minute cost nothing. It reads no SQL: what the line protects must not be
asked by those who wait. The start itself is a form, sent when the turn has come.
"""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from examengine import live
from examengine.live.admission import VALID_MS, Place
from examengine.records.errors import Unavailable
from examengine.refusals import Refusal
from examengine.sittings.contract import contract_of
from examengine.sittings.start import StartIntent
from examengine.web.candidate.my import own_enrolment
from examengine.web.candidate.waiting_page import Moments, again_ms, answer, asked_moments, named, spread, told
from examengine.web.candidate.waiting_words import before_told, keep_told, noted, wait_told
from examengine.web.contexts.frame import Act
from examengine.web.contexts.waiting import Waiting
from examengine.web.guards import wants_json
from examengine.web.http import bare_frame, field_of, now_of, path_id, see_other, services_of, session_of
from examengine.web.wording import gettext as _

ACT = "start"
AWAY_RETRY_MS = 5_000
LATER, NOW, DONE = "later", "now", "done"
"""When a waiting page looks into SQL whether it has to wait at all: with its second question, and once."""


def account_of(person_id: int) -> str:
    """Under which name a person stands in the line of starts."""
    return str(person_id)


async def place_of(request: Request, wanted: StartIntent) -> Place:
    """Where a start stands. Whoever was let in is so again for a while: a form sent twice does not wait."""
    services = services_of(request)
    return await services.starts.ask(account_of(wanted.person_id), now_of(request), keep=True)


def sent_to_wait(request: Request, wanted: StartIntent, place: Place) -> Response:
    """The answer to a start that is not let in yet."""
    return see_other(_address(wanted, field_of(request, "intent"), told(place, now_of(request))))


async def _elsewhere(request: Request, wanted: StartIntent, place: Place) -> str:
    """Where whoever waits belongs instead, "" where he may wait: who sits already, or could not start, need not.

    The one look into SQL, some seconds after the place was taken: of a thousand who press in the same moment not a
    thousand look at once.
    """
    services, now_ms = services_of(request), now_of(request)
    begun = await services.starter.begun(wanted)
    if begun is not None:
        return f"/sittings/{begun}"
    _line, record, rulebook = await own_enrolment(request, wanted.enrolment_id)
    shown = contract_of(rulebook, record, now_ms, place.joined_ms)
    if isinstance(shown, Refusal) or (shown.is_cut and not wanted.accepts_cut):
        return f"/enrolments/{wanted.enrolment_id}/contract"
    return ""


async def waiting(request: Request) -> Response:
    """Where a start waits its turn; asked by a script, the same in JSON."""
    services, session, now_ms = services_of(request), session_of(request), now_of(request)
    enrolment_id, token = path_id(request), request.query_params.get("intent", "")
    if session is None:
        return _go_to(request, "/login?next=/my")
    intent = services.tokens.read_intent(token, now_ms)
    if intent is None or (intent.act, intent.subject_id, intent.person_id) != (ACT, enrolment_id, session.person_id):
        return _go_to(request, f"/enrolments/{enrolment_id}/contract")
    accepts_cut = request.query_params.get("short") == "1"
    wanted = StartIntent(enrolment_id, intent.person_id, intent.round_no, intent.no, intent.nonce, accepts_cut)
    before = asked_moments(request)
    try:
        place = await place_of(request, wanted)
    except live.Unavailable:
        return answer(request, _away(request, _address(wanted, token, before)))
    look = request.query_params.get("look", LATER)
    if place.is_new or (look == NOW and not place.is_turn):
        try:
            look, elsewhere = DONE, await _elsewhere(request, wanted, place)
        except Unavailable:
            look, elsewhere = LATER, ""
        if elsewhere:
            return _go_to(request, elsewhere)
    moments = told(place, now_ms, before)
    cost = _("排队不占用考试时间，也不占用考试机会：轮到您、开始考试后才计时。")
    if accepts_cut:
        cost = _("排队不占用考试机会。考试开放期快要结束，交卷截止时间不变，所以排队时剩余时间在减少。")
    if place.is_turn:
        cost = _("按下“开始考试”后才开始计时。位置为您保留 {n} 分钟。").format(n=VALID_MS // 60_000)
    context = Waiting(
        frame=bare_frame(request, session.person_id),
        is_turn=place.is_turn,
        title=_("轮到您了，可以开始考试") if place.is_turn else _("当前人数较多，请稍候"),
        lead="" if place.is_turn else wait_told(place.wait_ms),
        before="" if place.is_turn else before_told(place.before),
        note=noted(place, now_ms, before),
        cost=cost,
        keep=keep_told(),
        href=_address(wanted, token, moments, NOW if look == LATER else DONE),
        retry_ms=again_ms(place),
        back=Act("/my", _("不排了，返回我的考试")),
        go=Act(f"/enrolments/{enrolment_id}/start", _("开始考试"), post=True),
        fields=(("intent", token), ("honest", "1"), *((("short", "1"),) if accepts_cut else ())),
    )
    return answer(request, context)


def _address(wanted: StartIntent, token: str, moments: Moments | None, look: str = LATER) -> str:
    fields = {"intent": token, **({"short": "1"} if wanted.accepts_cut else {}), "look": look, **named(moments)}
    return f"/enrolments/{wanted.enrolment_id}/waiting?{urlencode(fields)}"


def _away(request: Request, href: str) -> Waiting:
    """The line cannot be asked now; the place is kept by those who keep asking."""
    session = session_of(request)
    return Waiting(
        frame=bare_frame(request, session.person_id if session else 0),
        is_turn=False,
        title=_("系统正在恢复，请稍候"),
        lead=_("正在重新连接"),
        before="",
        note="",
        cost=_("还没有开始考试，不占用考试时间。"),
        keep=_("本页会自动更新，恢复后继续排队。"),
        href=href,
        retry_ms=spread(AWAY_RETRY_MS),
        back=Act("/my", _("返回我的考试")),
    )


def _go_to(request: Request, address: str) -> Response:
    if wants_json(request.scope):
        return JSONResponse({"word": "go", "href": address})
    return see_other(address)
