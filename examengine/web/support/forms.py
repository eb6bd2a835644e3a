"""What every form of the desk shares: its frame, reason, note and ticket, the intent, and the days of an expiry."""

import re
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime

from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.names import Place, mask_document
from examengine.live import Unavailable
from examengine.records import approvals, attempts, grant_requests, hearing
from examengine.records.errors import Missing
from examengine.records.history import AttemptRecord, load_history
from examengine.records.people import Person
from examengine.rules.calendar import day_ends_ms
from examengine.support.looking import EnrolmentCase, open_enrolment
from examengine.web import times
from examengine.web.contexts.frame import Alert, FieldError, Frame, NavLink
from examengine.web.http import (
    NotAllowed,
    field_of,
    frame_of,
    now_of,
    see_other,
    services_of,
    visitor_of,
)
from examengine.web.support.wording import DONE, named
from examengine.web.tokens import Intent
from examengine.web.wording import gettext as _

MAX_NOTE = 500
MAX_TICKET = 40
_NUMBER_OF_A_PERSON = re.compile(r"(?<!\d)(\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")


@dataclass(frozen=True, slots=True)
class Typed:
    """Why, in words, and on which ticket."""

    reason: str
    note: str
    ticket: str
    errors: tuple[FieldError, ...]


async def desk_frame(request: Request, here: str = "/support", flash: Alert | None = None) -> Frame:
    """The frame of the desk's pages: the agent's link becomes two, with the number of requests that wait."""
    services = services_of(request)
    frame = await frame_of(request, "", flash or DONE.get(request.query_params.get("done", "")))
    async with services.database.reading() as tx:
        waiting = len(await approvals.list_waiting(tx))
        undecided = len(await hearing.list_waiting(tx))
        asking = await grant_requests.count_waiting(tx)
    links: list[NavLink] = []
    for link in frame.nav:
        if link.href != "/support":
            links.append(link)
            continue
        links.append(NavLink("/support", _("来电查询"), here=here == "/support"))
        links.append(NavLink("/support/approvals", _("待审批"), here == "/support/approvals", waiting))
        links.append(NavLink("/support/cases", _("待核实"), here == "/support/cases", undecided))
        links.append(NavLink("/support/requests", _("补考申请"), here == "/support/requests", asking))
        links.append(NavLink("/support/mine", _("我的记录"), here == "/support/mine"))
    return replace(frame, nav=tuple(links))


def look_again() -> Alert:
    """Said where the effect shown was not that of what was confirmed."""
    return Alert("info", _("请看过效果，再按一次"), _("填写的内容改过了，或者这一页放得太久；下面是现在的效果。"))


def to_person(person_id: int, done: str) -> Response:
    """Back to the person's page, which says what was done."""
    return see_other(f"/support/people/{person_id}?done={done}")


async def enrolment_for_act(request: Request, enrolment_id: int) -> tuple[Person, EnrolmentCase] | Response:
    """The enrolment that a form is about, or the way back where it is the agent's own.

    An attempt that has ended and that nobody has recorded yet is recorded first.

    Raises:
        NotAllowed: there is no such enrolment.
    """
    services, visitor = services_of(request), await visitor_of(request)
    try:
        await _settle_due(request, enrolment_id)
        person, case = await open_enrolment(
            services.database, services.vault, services.shelf, enrolment_id, visitor.person.id, now_of(request)
        )
    except Missing:
        raise NotAllowed(404) from None
    return to_person(person.id, "own") if person.id == visitor.person.id else (person, case)


async def attempt_for_act(
    request: Request, attempt_id: int
) -> tuple[Person, EnrolmentCase, AttemptRecord] | Response:
    """The attempt that a form is about, or the way back where it is the agent's own.

    One that has ended and that nobody has recorded yet is recorded first.

    Raises:
        NotAllowed: there is no such attempt.
    """
    services = services_of(request)
    try:
        async with services.database.reading() as tx:
            owned = await attempts.get_attempt(tx, attempt_id)
    except Missing:
        raise NotAllowed(404) from None
    found = await enrolment_for_act(request, owned.attempt.enrolment_id)
    if isinstance(found, Response):
        return found
    person, case = found
    return person, case, next(a for a in case.record.attempts if a.id == attempt_id)


def masked(person: Person) -> str:
    """A document number as staff see it: six places and four."""
    return mask_document(person.profile.document, Place.STAFF_LIST) if person.profile is not None else ""


def typed_of(request: Request, reasons: Sequence[tuple[str, str]]) -> Typed:
    """Reason, note and ticket of a posted form, with what is wrong about them."""
    reason, ticket = field_of(request, "reason", 40), field_of(request, "ticket", MAX_TICKET)
    note = field_of(request, "note", MAX_NOTE)
    errors = []
    if reasons and not named(reasons, reason):
        errors.append(FieldError("reason", _("请选择原因")))
    if not note:
        errors.append(FieldError("note", _("请写说明：考生说了什么，核对了什么")))
    elif _NUMBER_OF_A_PERSON.search(note):
        errors.append(FieldError("note", _("说明里不要写证件号和手机号，写工单号就能找到本人")))
    errors += ticket_errors(ticket)
    return Typed(reason, note, ticket, tuple(errors))


def ticket_errors(ticket: str) -> list[FieldError]:
    """What is wrong with a ticket number."""
    if not ticket:
        return [FieldError("ticket", _("请写工单号"))]
    if _NUMBER_OF_A_PERSON.search(ticket):
        return [FieldError("ticket", _("工单号不能是证件号或手机号"))]
    return []


def names_a_person(text: str) -> bool:
    """Whether a text holds what looks like a document or phone number."""
    return _NUMBER_OF_A_PERSON.search(text) is not None


def whole_number(text: str, low: int, high: int) -> int | None:
    """A number of the form, None where it is none or out of bounds."""
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        return None
    return int(text) if low <= int(text) <= high else None


def day_of(text: str) -> date | None:
    """The day of a date field, None where it is none."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def expiry_ms(day: date, zone: str) -> int | None:
    """The first instant after the local day, None outside the calendar."""
    try:
        return day_ends_ms(day, zone)
    except OverflowError:
        return None


def iso_day(at_ms: int, zone: str) -> str:
    """The local day of an instant, as a date field takes it."""
    local: datetime = times.local(at_ms, zone)
    return local.date().isoformat()


async def sign(
    request: Request, act: str, subject_id: int, *, first: int = 0, second: int = 0, nonce: str = ""
) -> str:
    """An intent: what the form was shown for. Its nonce names the act, so that a form sent twice is one act."""
    visitor = await visitor_of(request)
    intent = Intent(act, subject_id, visitor.person.id, first, second, nonce or secrets.token_urlsafe(9))
    return services_of(request).tokens.intent(intent, now_of(request))


async def intent_of(request: Request, act: str, subject_id: int) -> Intent | None:
    """The posted intent, where it is this agent's for this act on this subject and has not expired."""
    visitor = await visitor_of(request)
    intent = services_of(request).tokens.read_intent(field_of(request, "intent"), now_of(request))
    if intent is None or (intent.act, intent.subject_id, intent.person_id) != (act, subject_id, visitor.person.id):
        return None
    return intent


async def push_now(request: Request) -> bool:
    """Bring what was just written to the live sitting, so that its page hears of it with the next pulse.

    False where the desk does not answer: the message waits, and the sweeper pushes it.
    """
    services = services_of(request)
    try:
        await services.pusher.push_waiting(now_of(request))
    except Unavailable:
        return False
    return True


async def _settle_due(request: Request, enrolment_id: int) -> None:
    services = services_of(request)
    async with services.database.reading() as tx:
        record = await load_history(tx, enrolment_id)
    running = next((a for a in record.attempts if a.outcome is None), None)
    if running is not None:
        with suppress(Unavailable):  # what is due is recorded later, by the sweeper
            await services.finisher.look_at(running.id, now_of(request))
