"""The one page on which every act of the desk is weighed and confirmed.

An act is an :class:`Act`: words, inputs, what it would come to, and what does it. The effect is shown first, and only
what was shown can be confirmed: the form's intent names it. Sent twice, a form is one act. What an agent may not do
alone goes to a second person, who sees the same effect (``web/support/approvals.py``).
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from examengine.records.entries import Entry
from examengine.records.history import AttemptRecord
from examengine.records.people import Person
from examengine.records.shapes import json_text
from examengine.records.words import Role
from examengine.refusals import Reason, Refusal
from examengine.support import quotas
from examengine.support.acts import Asked, Kind, Means, act
from examengine.support.looking import EnrolmentCase
from examengine.support.quotas import Weight
from examengine.web.contexts.acts import ActPage, Control, Effect
from examengine.web.contexts.frame import Alert, Fact, FieldError
from examengine.web.http import ZONE, field_of, form_of, now_of, page, path_id, services_of, signed_in, visitor_of
from examengine.web.pages import render_block
from examengine.web.services import Services
from examengine.web.support.forms import (
    Typed,
    desk_frame,
    intent_of,
    look_again,
    masked,
    push_now,
    sign,
    to_person,
    typed_of,
)
from examengine.web.support.wording import MEASURES, WHY_SECOND, refused_act
from examengine.web.wording import gettext as _

TEMPLATE = "support/act.html"
NOTHING_TYPED = Typed("", "", "", ())
NOTE_HINT = _("考生说了什么、核对了什么；以后有人会读")

Fields = Mapping[str, str]
Reasons = tuple[tuple[str, str], ...]
A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Subject:
    """What an act is about: a person, and as far as it goes the enrolment, the attempt, the entry.

    ``agent``: who made the entry. ``case``, ``row`` and ``entry`` raise where the act is about less than that: its
    finder brings what it needs.
    """

    id: int
    person: Person
    enrolment: EnrolmentCase | None = None
    attempt: AttemptRecord | None = None
    of_entry: Entry | None = None
    agent: str = ""

    @property
    def case(self) -> EnrolmentCase:
        assert self.enrolment is not None
        return self.enrolment

    @property
    def row(self) -> AttemptRecord:
        assert self.attempt is not None
        return self.attempt

    @property
    def entry(self) -> Entry:
        assert self.of_entry is not None
        return self.of_entry


@dataclass(frozen=True, slots=True)
class Weighed(Generic[A]):
    """The form as typed: its inputs with their values, what is wrong about them, and the amounts they come to.

    ``amounts`` is None where they cannot be weighed. ``seen`` names how the record stood: with the amounts it is what
    the form was shown for.
    """

    amounts: A | None
    controls: tuple[Control, ...] = ()
    errors: tuple[FieldError, ...] = ()
    seen: str = ""


@dataclass(frozen=True, slots=True)
class NoAmounts:
    """What is typed for an act that has nothing of its own to type."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Who confirmed an act, why, and on which form."""

    by_person: int
    reason_category: str
    reason: str
    ticket: str
    nonce: str


@dataclass(frozen=True, slots=True)
class At:
    """What an effect is computed with."""

    services: Services
    now_ms: int
    zone: str


async def _as_it_is(subject: Subject, _at: At) -> Subject:
    return subject


@dataclass(frozen=True, slots=True)
class ByTwo(Generic[A]):
    """How a second person sees and finishes an act: the kind of its requests, the amounts of an order, what is asked
    for in one line, and what brings it to the live side afterwards (False where that does not answer). ``complete``
    adds to a subject what the act's own finder would have, but for person, enrolment, attempt and entry.
    """

    kind: Kind[Any]
    amounts_of: Callable[[Any], A]
    what: Callable[[Subject, A], str]
    after: Callable[[Request, Subject, A], Awaitable[bool]]
    complete: Callable[[Subject, At], Awaitable[Subject]] = _as_it_is


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(Generic[A]):
    """One act of the desk, as its page shows and does it.

    Args:
        slug: names the act in intents and requests.
        path: the form's address, with ``{id}``.
        find: the subject of an id, or the way back where there is nothing to do.
        read: what is typed (empty at first) against the record.
        effect: what the amounts come to; the second person is shown the same.
        do: writes it. Answers where to look next, a refusal, or None where the effect, shown again, says why not.
        weight: how much of an agent's bounds it takes.
        second: why it always takes a second person, "" where it does not.
        by_two: where a second person may be needed at all.
        reasons: to choose from; () where the act has none.
    """

    slug: str
    path: str
    title: str
    english: str
    button: str
    find: Callable[[Request, int], Awaitable[Subject | Response]]
    read: Callable[[Subject, Fields, At], Weighed[A]]
    effect: Callable[[Subject, A, At], Awaitable[Effect]]
    do: Callable[[Request, Subject, A, Confirmed], Awaitable[Response | Refusal | None]]
    weight: Callable[[A], Weight | None] = lambda _amounts: None
    second: Callable[[Subject], str] = lambda _subject: ""
    by_two: ByTwo[A] | None = None
    facts: Callable[[Subject, At], tuple[Fact, ...]] = lambda _subject, _at: ()
    reasons: Reasons = ()
    lead: str = ""
    facts_title: str = ""
    effect_title: str = _("办理以后")
    note_label: str = _("说明")
    note_hint: str = NOTE_HINT
    refused: str = _("没有办理")

    @property
    def routes(self) -> list[Route]:
        """The addresses of the act."""
        return [
            Route(self.path, _page_of(self), methods=["GET"]),
            Route(self.path, _post_of(self), methods=["POST"]),
            Route(f"{self.path}/preview", _preview_of(self), methods=["POST"]),
        ]


def means_of(services: Services) -> Means:
    """What acts may need beside a transaction."""

    async def password_hash(nonce: str) -> str:
        [made] = await services.passwords.hashed_initial([services.tokens.one_time(nonce)])
        return made

    return Means(services.shelf, password_hash)


async def carry_out(request: Request, kind: Kind[Any], order: Any) -> Entry | Asked | Refusal | None:
    """Do what was confirmed, or lay it before a second person."""
    services = services_of(request)
    return await act(services.database, means_of(services), kind, order, now_of(request))


async def nothing_more(_request: Request, _subject: Subject, _amounts: Any) -> bool:
    """Nothing is left to bring to the live side."""
    return True


async def to_the_sitting(request: Request, _subject: Subject, _amounts: Any) -> bool:
    """Bring what was written to the live sitting."""
    return await push_now(request)


async def _bounded(request: Request, one: Act[A], subject: Subject, amounts: A, effect: Effect) -> Effect:
    """The effect, with what the agent may still do alone, and why this takes a second person."""
    weight, second = one.weight(amounts), one.second(subject) or effect.second
    if not effect.allowed:
        return effect
    if second or weight is None:
        return replace(effect, second=second or effect.second)
    visitor = await visitor_of(request)
    async with services_of(request).database.reading() as tx:
        look = await quotas.look(tx, visitor.person.id, subject.person.id, weight, now_of(request))
    text, unit = MEASURES[weight.measure]
    if look.why is not None:
        bounds = look.bounds
        second = WHY_SECOND[look.why].format(
            what=text, per_day=bounds.per_day, at_once=bounds.at_once, unit=unit, n=look.on_person
        )
    left = _("{what}：24 小时内还可以单独办理 {n} {unit}。").format(what=text, n=look.left, unit=unit)
    return replace(effect, second=second, left=left)


def _page_of(one: Act[A]) -> Callable[[Request], Awaitable[Response]]:
    @signed_in(Role.SUPPORT)
    async def show(request: Request) -> Response:
        found = await one.find(request, path_id(request))
        if isinstance(found, Response):
            return found
        return await _form(request, one, found, one.read(found, {}, at_of(request)), NOTHING_TYPED)

    return show


def _preview_of(one: Act[A]) -> Callable[[Request], Awaitable[Response]]:
    @signed_in(Role.SUPPORT)
    async def preview(request: Request) -> Response:
        found = await one.find(request, path_id(request))
        if isinstance(found, Response):
            return found
        typed = typed_of(request, one.reasons)
        kept = Typed(typed.reason, typed.note, typed.ticket, ())
        weighed = one.read(found, _fields(request), at_of(request))
        return await _form(request, one, found, weighed, kept, alone="hx-request" in request.headers)

    return preview


def _post_of(one: Act[A]) -> Callable[[Request], Awaitable[Response]]:
    @signed_in(Role.SUPPORT)
    async def post(request: Request) -> Response:
        subject_id = path_id(request)
        found = await one.find(request, subject_id)
        if isinstance(found, Response):
            return found
        typed = typed_of(request, one.reasons)
        weighed = one.read(found, _fields(request), at_of(request))
        if typed.errors or weighed.errors or weighed.amounts is None:
            return await _form(request, one, found, weighed, typed, status=422)
        intent = await intent_of(request, one.slug, subject_id)
        if intent is None or intent.round_no != _mark(weighed):
            return await _form(request, one, found, weighed, typed, flash=look_again(), status=409)
        visitor = await visitor_of(request)
        confirmed = Confirmed(visitor.person.id, typed.reason, typed.note, typed.ticket, intent.nonce)
        told = await one.do(request, found, weighed.amounts, confirmed)
        if isinstance(told, Response):
            return told
        if told is None:
            return await _form(request, one, found, weighed, typed, status=409)
        if told.reason is Reason.TWO_PERSONS_REQUIRED:
            return to_person(found.person.id, "own")
        flash = Alert("danger", one.refused, refused_act(told))
        return await _form(request, one, found, weighed, typed, flash=flash, status=409)

    return post


def at_of(request: Request) -> At:
    """The instant of the request, and where times are told."""
    return At(services_of(request), now_of(request), ZONE)


def _fields(request: Request) -> Fields:
    """What was typed, with a mark that anything was: an empty box is not the form's first showing."""
    return {"typed": "1", **{name: field_of(request, name, 500) for name in form_of(request)}}


def _mark(weighed: Weighed[Any]) -> int:
    """Names what the effect is shown for."""
    amounts = repr(weighed.amounts) if _weighs(weighed) else ""
    shown = hashlib.sha256(json_text([amounts, weighed.seen]).encode())
    return int.from_bytes(shown.digest()[:6], "big")


def _weighs(weighed: Weighed[Any]) -> bool:
    """Whether anything typed changes the effect."""
    return any(control.weighed for control in weighed.controls)


async def _form(
    request: Request,
    one: Act[A],
    subject: Subject,
    weighed: Weighed[A],
    typed: Typed,
    *,
    alone: bool = False,
    flash: Alert | None = None,
    status: int = 200,
) -> Response:
    frame = await desk_frame(request, flash=flash)
    posted = await intent_of(request, one.slug, subject.id) if request.method == "POST" else None
    if weighed.amounts is None:
        effect = Effect(False, tuple(f"{error.message}。" for error in weighed.errors))
    else:
        effect = await one.effect(subject, weighed.amounts, at_of(request))
        effect = await _bounded(request, one, subject, weighed.amounts, effect)
    case = subject.enrolment
    context = ActPage(
        frame=frame,
        person_id=subject.person.id,
        name=subject.person.name,
        document_masked=masked(subject.person),
        title=one.title,
        english=one.english,
        lead=one.lead,
        exam=""
        if case is None
        else _("{year} 年度 · {title}").format(year=case.record.enrolment.credit_year, title=case.line.exam_title),
        address=one.path.replace("{id}", str(subject.id)),
        facts_title=one.facts_title or one.title,
        facts=one.facts(subject, at_of(request)),
        controls=weighed.controls,
        reasons=one.reasons,
        reason=typed.reason,
        note=typed.note,
        note_label=one.note_label,
        note_hint=one.note_hint,
        ticket=typed.ticket,
        effect_title=one.effect_title,
        effect=effect,
        button=one.button,
        intent=await sign(
            request,
            one.slug,
            subject.id,
            first=_mark(weighed),
            nonce=posted.nonce if posted is not None else "",
        ),
        weighs=_weighs(weighed),
        errors=(*weighed.errors, *typed.errors),
    )
    if alone:
        return HTMLResponse(render_block(TEMPLATE, "effect", context))
    return page(TEMPLATE, context, status)
