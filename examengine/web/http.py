"""Small things every route uses: the stamp, the form, who is signed in, and a page in its frame."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from examengine.records import corrections, second_factors
from examengine.records.accounts import Account
from examengine.records.people import Person
from examengine.records.visitors import Known
from examengine.records.words import STAFF_ROLES, Role
from examengine.web.contexts import frame as frames
from examengine.web.contexts.frame import Act, Alert, ErrorPage, Frame, NavLink
from examengine.web.hotline import board_of
from examengine.web.messages import STATUSES
from examengine.web.pages import render
from examengine.web.services import Services
from examengine.web.tokens import Session
from examengine.web.wording import gettext as _

MAX_FORM_FIELDS = 2000
RETRY_AFTER_S = 3
TEXT_SIZES = (16, 18, 22)
ZONE = "Asia/Shanghai"

Handler = Callable[[Request], Awaitable[Response]]
Door = Callable[[Request, Handler], Awaitable[Response]]
"""What stands before the pages of staff (``web.door``)."""
Seek = Callable[[Request, int], Awaitable[Known | None]]
"""Asks SQL who the person of that id is, and for what else the page needs in the same statement."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """The person signed in, with the roles held now. ``factor_since_ms``: since when staff have the second factor
    they use, None: they have none.
    """

    person: Person
    account: Account
    roles: frozenset[Role]
    session: Session
    factor_since_ms: int | None = None


class NotAllowed(Exception):  # noqa: N818 - turned into a page in one place
    """The visitor may not do this; ``status`` is 401, 403 or 404."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def cookie_name(request: Request) -> str:
    """The session cookie's name: ``__Host-`` needs https."""
    return "__Host-session" if services_of(request).settings.secure_cookies else "session"


def now_of(request: Request) -> int:
    """The stamp of the request, taken once by the guard."""
    return int(request.scope["state"]["now_ms"])


def session_of(request: Request) -> Session | None:
    session: Session | None = request.scope["state"]["session"]
    return session


def form_of(request: Request) -> Mapping[str, list[str]]:
    """The fields of an urlencoded form, each with its values."""
    state = request.scope["state"]
    known: Mapping[str, list[str]] | None = state.get("form")
    if known is None:
        try:
            known = parse_qs(state["body"].decode(), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
        except (ValueError, UnicodeDecodeError):
            raise NotAllowed(400) from None
        state["form"] = known
    return known


def field_of(request: Request, name: str, limit: int = 1000) -> str:
    """One field of the form, "" where it is missing, cut at ``limit`` characters."""
    return form_of(request).get(name, [""])[0][:limit].strip()


def path_id(request: Request, name: str = "id") -> int:
    """An id of the path."""
    text = str(request.path_params[name])
    if not text.isdecimal() or len(text) > 18:
        raise NotAllowed(404)
    return int(text)


async def _seek_alone(request: Request, person_id: int) -> Known | None:
    return await services_of(request).visitors.known(person_id)


async def visitor_of(request: Request, seek: Seek = _seek_alone) -> Visitor:
    """Who is signed in, by what SQL says now; ``seek`` asks where that is not known of the request yet.

    Raises:
        NotAllowed: nobody, or the session was revoked.
    """
    seen: Visitor | None = request.scope["state"].get("visitor")
    if seen is not None:
        return seen
    session = session_of(request)
    if session is None:
        raise NotAllowed(401)
    known = await seek(request, session.person_id)
    if known is None or known.account.session_version != session.version or known.person.profile is None:
        raise NotAllowed(401)
    since_ms = None
    if not known.roles.isdisjoint(STAFF_ROLES):
        async with services_of(request).database.glancing() as tx:
            since_ms = await second_factors.find_used_since(tx, session.person_id)
    visitor = Visitor(known.person, known.account, known.roles, session, since_ms)
    request.scope["state"]["visitor"] = visitor
    return visitor


def signed_in(*roles: Role, seek: Seek = _seek_alone) -> Callable[[Handler], Handler]:
    """Let only people in who are signed in and hold one of ``roles``; a first password must be changed before.
    ``seek``: asks for more than the person.
    """

    def around(handler: Handler) -> Handler:
        @wraps(handler)
        async def guarded(request: Request) -> Response:
            try:
                visitor = await visitor_of(request, seek)
            except NotAllowed as error:
                if error.status == 401 and request.method == "GET":
                    return see_other(f"/login?next={request.url.path}")
                raise
            if visitor.account.must_change:
                return see_other("/password")
            if roles and not visitor.roles.intersection(roles):
                raise NotAllowed(403)
            if roles and Role.CANDIDATE not in roles:
                door: Door = request.app.state.door
                return await door(request, handler)
            return await handler(request)

        return guarded

    return around


def see_other(address: str) -> Response:
    """The answer to a form: look there."""
    return RedirectResponse(address, status_code=303)


async def frame_of(request: Request, here: str = "", flash: Alert | None = None) -> Frame:
    """What stands around a page for this visitor."""
    return await _framed(request, here, flash, services_of(request).tokens.form)


async def frame_without_forms(request: Request) -> Frame:
    """The frame of a page that shows no form of the frame's; without its token."""
    return await _framed(request, "", None, lambda _person_id, _now_ms: "")


async def _framed(request: Request, here: str, flash: Alert | None, token_of: Callable[[int, int], str]) -> Frame:
    services = services_of(request)
    try:
        visitor = await visitor_of(request)
    except NotAllowed:
        visitor = None
    now_ms = now_of(request)
    telephone = await board_of(request).shown(services.database, now_ms)
    waiting = await _waiting_corrections(services, visitor)
    return Frame(
        authority=_("专业技术人员继续教育考试"),
        hotline=telephone.number,
        hotline_hours=telephone.hours,
        zone=ZONE,
        now_ms=now_ms,
        form_token=token_of(visitor.person.id if visitor else 0, now_ms),
        person=person_shown(visitor.person) if visitor else None,
        nav=nav_of(visitor, here, waiting),
        text_size=_text_size(request),
        demo=services.settings.demo,
        flash=flash,
        who=services.tokens.who(visitor.person.id) if visitor else "",
    )


def _text_size(request: Request) -> int:
    size = request.cookies.get("size", "")
    return next((known for known in TEXT_SIZES if str(known) == size), 18)


def person_shown(person: Person) -> frames.Person:
    """A person on his own pages: full name, three and four places of the number."""
    profile = person.profile
    document = profile.document if profile else ""
    return frames.Person(person.name, _masked(document), document[-4:])


def _masked(document: str) -> str:
    """Three places at the front and four at the end."""
    return f"{document[:3]}{'*' * max(0, len(document) - 7)}{document[-4:]}"


async def _waiting_corrections(services: Services, visitor: Visitor | None) -> int:
    """Corrections of keys that wait for a second person, for those who may be it."""
    if visitor is None or not visitor.roles & {Role.AUTHOR, Role.OPERATOR}:
        return 0
    async with services.database.reading() as tx:
        return await corrections.count_waiting(tx)


def nav_of(visitor: Visitor | None, here: str, waiting: int = 0) -> tuple[NavLink, ...]:
    """One link a role, and what authors and operators share; ``waiting``: corrections that nobody has decided."""
    if visitor is None or visitor.account.must_change:
        return ()
    return _nav(visitor.roles, here, waiting)


@lru_cache(maxsize=256)
def _nav(roles: frozenset[Role], here: str, waiting: int) -> tuple[NavLink, ...]:
    links = {
        Role.CANDIDATE: ("/my", _("我的考试")),
        Role.AUTHOR: ("/author/banks", _("题库")),
        Role.MARKER: ("/marking", _("阅卷")),
        Role.SUPPORT: ("/support", _("客服")),
        Role.OPERATOR: ("/operator/exams", _("考试管理")),
        Role.SECURITY: ("/staff", _("人员与权限")),
        Role.AUDITOR: ("/audit", _("审计")),
    }
    shown = [
        NavLink(href, text, here=bool(here) and href.startswith(here))
        for role, (href, text) in links.items()
        if role in roles
    ]
    if roles & {Role.AUTHOR, Role.OPERATOR}:
        shown.append(NavLink("/author/statistics", _("统计")))
        shown.append(NavLink("/author/corrections", _("答案更正"), count=waiting))
    return tuple(shown)


def page(name: str, context: object, status: int = 200) -> Response:
    """A page from its context."""
    return HTMLResponse(render(name, context), status_code=status)


async def error_page(request: Request, status: int, acts: tuple[Act, ...] = ()) -> Response:
    """What happened, what it means, what to do now."""
    title, text, next_text = STATUSES.get(status, STATUSES[500])
    frame = await frame_whatever(request)
    shown = ErrorPage(frame, status, title, text, next_text, acts or (Act("/", _("回到首页")),))
    response = page("error.html", shown, status)
    if status == 503:
        response.headers["retry-after"] = str(RETRY_AFTER_S)
    return response


async def frame_whatever(request: Request) -> Frame:
    """A frame also while SQL is away."""
    try:
        return await frame_of(request)
    except Exception:
        return bare_frame(request)


def bare_frame(request: Request, person_id: int = 0) -> Frame:
    """A frame without a look-up, without the name of the person, whose forms it still lets through."""
    services = services_of(request)
    state = request.scope.get("state", {})
    now_ms = int(state.get("now_ms", services.clock.now_ms()))
    return Frame(
        authority=_("专业技术人员继续教育考试"),
        hotline=board_of(request).known.number,
        hotline_hours=board_of(request).known.hours,
        zone=ZONE,
        now_ms=now_ms,
        form_token=services.tokens.form(person_id, now_ms),
        text_size=_text_size(request),
        demo=services.settings.demo,
    )
