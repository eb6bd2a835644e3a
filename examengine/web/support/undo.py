"""Taking an entry back: a counter-entry, with its effect shown first."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.records import entries, people
from examengine.records.entries import Entry
from examengine.records.errors import Missing
from examengine.records.people import Person
from examengine.records.words import Role
from examengine.refusals import Refusal
from examengine.support.looking import EnrolmentCase
from examengine.support.undo import UndoOrder, may_undo
from examengine.support.undo import undo as take_back
from examengine.web import times
from examengine.web.contexts.frame import Alert, Fact
from examengine.web.contexts.support import UndoRequest
from examengine.web.http import NotAllowed, now_of, page, path_id, services_of, signed_in, visitor_of
from examengine.web.support.account import entry_text, reason_told
from examengine.web.support.effect_words import undo_effects
from examengine.web.support.forms import (
    Typed,
    desk_frame,
    enrolment_for_act,
    intent_of,
    look_again,
    masked,
    push_now,
    sign,
    to_person,
    typed_of,
)
from examengine.web.support.wording import UNDO_REASONS, refused_act
from examengine.web.wording import gettext as _

ACT = "undo"


@signed_in(Role.SUPPORT)
async def undo_page(request: Request) -> Response:
    """The entry, and what taking it back would come to."""
    found = await _entry_for_act(request, path_id(request))
    if isinstance(found, Response):
        return found
    return await _form(request, *found, Typed("", "", "", ()))


@signed_in(Role.SUPPORT)
async def undo(request: Request) -> Response:
    """Write the counter-entry. An entry is taken back once, however often the form is sent."""
    entry_id = path_id(request)
    found = await _entry_for_act(request, entry_id)
    if isinstance(found, Response):
        return found
    person, case, entry = found
    typed = typed_of(request, UNDO_REASONS)
    if typed.errors:
        return await _form(request, person, case, entry, typed, status=422)
    if await intent_of(request, ACT, entry_id) is None:
        return await _form(request, person, case, entry, typed, flash=look_again(), status=409)
    services, visitor = services_of(request), await visitor_of(request)
    order = UndoOrder(
        entry_id=entry_id,
        by_person=visitor.person.id,
        reason_category=typed.reason,
        reason=typed.note,
        ticket=typed.ticket,
    )
    taken = await take_back(services.database, services.shelf, order, now_of(request))
    if isinstance(taken, Refusal):
        return await _form(request, person, case, entry, typed, status=409)
    pushed = entry.attempt_id is None or await push_now(request)
    return to_person(person.id, "undone" if pushed else "undone_later")


async def _entry_for_act(request: Request, entry_id: int) -> tuple[Person, EnrolmentCase, Entry] | Response:
    services = services_of(request)
    try:
        async with services.database.reading() as tx:
            entry = await entries.get_entry(tx, entry_id)
    except Missing:
        raise NotAllowed(404) from None
    found = await enrolment_for_act(request, entry.enrolment_id)
    return found if isinstance(found, Response) else (*found, entry)


async def _form(
    request: Request,
    person: Person,
    case: EnrolmentCase,
    entry: Entry,
    typed: Typed,
    *,
    flash: Alert | None = None,
    status: int = 200,
) -> Response:
    services, now_ms = services_of(request), now_of(request)
    frame = await desk_frame(request, flash=flash)
    refusal = may_undo(case.rulebook, case.record, entry, now_ms)
    text, change = entry_text(case.record, entry)
    async with services.database.reading() as tx:
        agents = await people.find_people(tx, services.vault, [entry.by_person])
    context = UndoRequest(
        frame=frame,
        person_id=person.id,
        entry_id=entry.id,
        name=person.name,
        document_masked=masked(person),
        facts=(
            Fact(_("记录"), f"{text} {change}"),
            Fact(_("办理"), agents[entry.by_person].name, times.exact(entry.at_ms, frame.zone)),
            Fact(_("原因"), reason_told(entry)),
            Fact(_("工单"), entry.ticket),
        ),
        effects=undo_effects(case.rulebook, case.record, entry, now_ms, frame.zone) if refusal is None else (),
        refused=refused_act(refusal) if refusal is not None else "",
        reasons=UNDO_REASONS,
        reason=typed.reason,
        note=typed.note,
        ticket=typed.ticket,
        intent=await sign(request, ACT, entry.id),
        errors=typed.errors,
    )
    return page("support/undo.html", context, status)
