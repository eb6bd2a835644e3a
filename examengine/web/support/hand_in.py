"""代为交卷: handing a running attempt in for its candidate. What it would come to stands on the form."""

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from examengine import live
from examengine.live import Sitting, Word
from examengine.records.errors import Unavailable
from examengine.records.history import AttemptRecord
from examengine.records.people import Person
from examengine.records.words import Role
from examengine.refusals import Refusal
from examengine.support.hand_ins import HandInOrder, may_hand_in, order_hand_in
from examengine.support.looking import EnrolmentCase
from examengine.web.contexts.frame import Alert
from examengine.web.contexts.support import HandInFor
from examengine.web.http import now_of, page, path_id, services_of, signed_in, visitor_of
from examengine.web.support.effect_words import hand_in_effects
from examengine.web.support.forms import (
    Typed,
    attempt_for_act,
    desk_frame,
    intent_of,
    look_again,
    masked,
    sign,
    to_person,
    typed_of,
)
from examengine.web.support.void import attempt_facts
from examengine.web.support.wording import HAND_IN_REASONS

ACT = "hand_in"


@signed_in(Role.SUPPORT)
async def hand_in_page(request: Request) -> Response:
    """The form, with how many answers there are and what they will be."""
    found = await attempt_for_act(request, path_id(request))
    if isinstance(found, Response):
        return found
    person, case, row = found
    if may_hand_in(case.rulebook, case.record, row, now_of(request)) is not None:
        return to_person(person.id, "over")
    return await _form(request, person, case, row, Typed("", "", "", ()))


@signed_in(Role.SUPPORT)
async def hand_in(request: Request) -> Response:
    """Hand in what is saved. An attempt is handed in once, however often the form is sent."""
    attempt_id = path_id(request)
    found = await attempt_for_act(request, attempt_id)
    if isinstance(found, Response):
        return found
    person, case, row = found
    typed = typed_of(request, HAND_IN_REASONS)
    if typed.errors:
        return await _form(request, person, case, row, typed, status=422)
    if await intent_of(request, ACT, attempt_id) is None:
        return await _form(request, person, case, row, typed, flash=look_again(), status=409)
    services, visitor = services_of(request), await visitor_of(request)
    order = HandInOrder(
        attempt_id=attempt_id,
        by_person=visitor.person.id,
        reason_category=typed.reason,
        reason=typed.note,
        ticket=typed.ticket,
    )
    told = await order_hand_in(services.database, services.shelf, order, now_of(request))
    if isinstance(told, Refusal):
        return to_person(person.id, "over")
    return to_person(person.id, "handed_in" if await _finished(request, attempt_id) else "handed_in_later")


async def _finished(request: Request, attempt_id: int) -> bool:
    """Bring the order to the sitting and record it; where something is away the sweeper does it later."""
    services, now_ms = services_of(request), now_of(request)
    with suppress(live.Unavailable, Unavailable):
        await services.pusher.push_waiting(now_ms)
        return await services.finisher.look_at(attempt_id, now_ms) is not None
    return False


async def _form(
    request: Request,
    person: Person,
    case: EnrolmentCase,
    row: AttemptRecord,
    typed: Typed,
    *,
    flash: Alert | None = None,
    status: int = 200,
) -> Response:
    now_ms = now_of(request)
    frame = await desk_frame(request, flash=flash)
    context = HandInFor(
        frame=frame,
        person_id=person.id,
        attempt_id=row.id,
        name=person.name,
        document_masked=masked(person),
        facts=attempt_facts(case.line.exam_title, case.rulebook, case.record, row, now_ms, frame.zone),
        effects=hand_in_effects(await _sitting(request, row.id)),
        reasons=HAND_IN_REASONS,
        reason=typed.reason,
        note=typed.note,
        ticket=typed.ticket,
        intent=await sign(request, ACT, row.id),
        errors=typed.errors,
    )
    return page("support/hand_in.html", context, status)


async def _sitting(request: Request, attempt_id: int) -> Sitting | None:
    """What the desk knows; None where it does not answer."""
    try:
        sitting = await services_of(request).desk.read(attempt_id, now_of(request))
    except live.Unavailable:
        return None
    return None if sitting.word is Word.ABSENT else sitting
