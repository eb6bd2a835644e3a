"""S1, finding a candidate. What is typed travels in the body of a POST and nowhere else.

What was found is handed on as a signed list of internal ids, for half an hour and for this agent alone, so that
going back to the list needs no second POST.
"""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.names import Place, mask_document, mask_phone
from examengine.records.people import Person
from examengine.records.words import Role
from examengine.support.looking import EnrolmentCase, Hits, find, list_found, recent_people
from examengine.web.contexts.support import Found, Search
from examengine.web.http import field_of, now_of, page, see_other, services_of, signed_in, visitor_of
from examengine.web.support.forms import desk_frame, sign
from examengine.web.support.sentences import short_of
from examengine.web.support.wording import CARD_STATES, FOUND_BY
from examengine.web.wording import gettext as _

ACT = "found"
LASTS_MS = 30 * 60_000
MAX_QUERY = 60


@signed_in(Role.SUPPORT)
async def search_page(request: Request) -> Response:
    """The empty search box, and whom this agent looked at last: callers call again."""
    return page("support/search.html", await _empty(request))


@signed_in(Role.SUPPORT)
async def search(request: Request) -> Response:
    """Search. Hits lead to their own address; where there is none, the page keeps what was typed."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    query = field_of(request, "q", MAX_QUERY)
    hits = await find(services.database, services.vault, query, visitor.person.id, now_ms)
    if not hits.person_ids:
        if not query:
            return page("support/search.html", replace(await _empty(request), hint=_("请先输入姓名或号码。")))
        hint = _hint(query) if hits.card is None else CARD_STATES[hits.card]
        context = Search(await desk_frame(request), query, asked=True, results=(), hint=hint)
        return page("support/search.html", context)
    token = await sign(request, ACT, int(hits.truncated), first=now_ms // 1000, second=_taken(hits), nonce=_ids(hits))
    return see_other(f"/support/found/{token}")


@signed_in(Role.SUPPORT)
async def found(request: Request) -> Response:
    """The hits of a search as links. A list that is too old leads back to the search."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    intent = services.tokens.read_intent(request.path_params["token"], now_ms)
    if intent is None or (intent.act, intent.person_id) != (ACT, visitor.person.id):
        return see_other("/support")
    if now_ms - intent.round_no * 1000 > LASTS_MS:
        return see_other("/support")
    ids = [int(text) for text in intent.nonce.split(".")]
    listed = await list_found(services.database, services.vault, services.shelf, ids, visitor.person.id, now_ms)
    frame = await desk_frame(request)
    kinds = [text for index, text in enumerate(FOUND_BY.values()) if intent.no >> index & 1]
    kinds = kinds[1:] if len(kinds) > 1 else kinds  # every text may be a whole number: said only where that is all
    context = Search(
        frame=frame,
        query="",
        asked=True,
        results=tuple(_found(person, cases, now_ms, frame.zone) for person, cases in listed if person.profile),
        more=bool(intent.subject_id),
        hint=_("按{kinds}查询，").format(kinds=_("或").join(kinds)) if kinds else "",
    )
    return page("support/search.html", context)


async def _empty(request: Request) -> Search:
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    frame = await desk_frame(request)
    ids = await recent_people(services.database, visitor.person.id)
    if not ids:
        return Search(frame, "", asked=False, results=())
    listed = await list_found(services.database, services.vault, services.shelf, ids, visitor.person.id, now_ms)
    recent = tuple(_found(person, cases, now_ms, frame.zone) for person, cases in listed if person.profile)
    return Search(frame, "", asked=False, results=(), recent=recent)


def _found(person: Person, cases: tuple[EnrolmentCase, ...], now_ms: int, zone: str) -> Found:
    profile = person.profile
    assert profile is not None
    running = [c for c in cases if any(a.outcome is None for a in c.record.attempts)]
    shown = next(iter(running or cases), None)
    state = short_of(shown.rulebook, shown.record, now_ms, zone) if shown is not None else _("没有报名")
    if shown is not None and shown.undecided is not None:
        state = _("到时了，是否在场待核实")
    return Found(
        person_id=person.id,
        name=person.name,
        document_masked=mask_document(profile.document, Place.STAFF_LIST),
        phone_masked=mask_phone(profile.phone, Place.STAFF_LIST),
        unit=profile.unit_name,
        state_text=state,
    )


def _ids(hits: Hits) -> str:
    return ".".join(str(person_id) for person_id in hits.person_ids)


def _taken(hits: Hits) -> int:
    """What the text was taken for, as bits in the order of :data:`FOUND_BY`."""
    taken = {kind.value for kind in hits.taken_for}
    return sum(1 << index for index, kind in enumerate(FOUND_BY) if kind in taken)


def _hint(query: str) -> str:
    digits = "".join(sign for sign in query if sign.isdecimal())
    if not digits:
        return _("姓名要写全，并且与报名的一致；也可以改用证件号或手机号查询。")
    if not query.isascii() and len(query.split()) > 1:
        return _("没有这个姓名和号码都对得上的人：核对一下，或只用其中一个查询。")
    if len(query) in {4, 6, 8, 11, 15, 18}:
        return _("核对一下号码，或改用姓名、另一个号码查询。")
    return _("只记得几位时，输证件号的后 4、6 或 8 位，或手机号的后 4 位。")
