"""The contract page (考试说明) and the start that it promises."""

import asyncio
import secrets

from starlette.requests import Request
from starlette.responses import Response

from examengine.live.admission import Place
from examengine.records.errors import Missing
from examengine.records.starts import ToStart
from examengine.records.words import Role
from examengine.refusals import Reason, Refusal
from examengine.rules.calendar import MINUTE_MS
from examengine.rules.history import DeadlineReason, Label
from examengine.rules.rulebook import Rulebook
from examengine.sittings.contract import Contract, contract_of
from examengine.sittings.start import Admits, NotAdmittedError, StartIntent
from examengine.web import times
from examengine.web.accommodation_words import counted_told
from examengine.web.candidate import waiting
from examengine.web.candidate.contract_words import paper_facts, rules_told, undertaking
from examengine.web.candidate.my import own_enrolment
from examengine.web.contexts import candidate as contexts
from examengine.web.contexts.frame import Fact, FieldError, Frame
from examengine.web.http import (
    NotAllowed,
    error_page,
    field_of,
    frame_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    session_of,
    signed_in,
    visitor_of,
)
from examengine.web.messages import DEADLINE_REASONS, LABELS
from examengine.web.tokens import Intent
from examengine.web.wording import gettext as _

ACT = waiting.ACT


@signed_in(Role.CANDIDATE)
async def contract(request: Request) -> Response:
    """P3: what a start now would mean. Whoever may not start is told why."""
    return await _contract_page(request, path_id(request), ())


async def start(request: Request) -> Response:
    """Start the attempt that the page offered. Sent twice, it leads to the same attempt.

    A place is asked for before anything is looked up: in a crowd nothing else may come first. Whether the desk is
    there is asked in the same breath. Who starts is looked at in the start's own transaction; where anything about
    him stands against it, he is told the usual way.
    """
    wanted = _wanted(request)
    place: Place | None = None
    away: BaseException | None = None
    if wanted is not None and field_of(request, "honest"):
        look = services_of(request).starter.look()
        told, away = await asyncio.gather(waiting.place_of(request, wanted), look, return_exceptions=True)
        if isinstance(told, BaseException):
            raise told
        place = told
        if not place.is_turn:
            return waiting.sent_to_wait(request, wanted, place)
        if away is None and services_of(request).accepts_starts():
            try:
                return await _started(request, wanted, place, _admits(request))
            except NotAdmittedError:
                pass

    @signed_in(Role.CANDIDATE)
    async def begin(request: Request) -> Response:
        return await _begin(request, wanted, place, away)

    return await begin(request)


def _admits(request: Request) -> Admits:
    """Whether whoever asks is signed in, and a candidate, as :func:`signed_in` and :func:`visitor_of` see to it."""
    session = session_of(request)

    def admits(found: ToStart) -> bool:
        account = found.account
        return (
            session is not None
            and account is not None
            and account.session_version == session.version
            and not account.must_change
            and not found.is_erased
            and Role.CANDIDATE in found.roles
        )

    return admits


def _wanted(request: Request) -> StartIntent | None:
    """What the form wants, where it was made for whoever asks."""
    session, enrolment_id = session_of(request), path_id(request)
    intent = services_of(request).tokens.read_intent(field_of(request, "intent"), now_of(request))
    if session is None or intent is None:
        return None
    if (intent.act, intent.subject_id, intent.person_id) != (ACT, enrolment_id, session.person_id):
        return None
    accepts_cut = bool(field_of(request, "short"))
    return StartIntent(intent.subject_id, intent.person_id, intent.round_no, intent.no, intent.nonce, accepts_cut)


async def _begin(
    request: Request, wanted: StartIntent | None, place: Place | None, away: BaseException | None
) -> Response:
    """``away``: why the desk cannot be asked, None: it can."""
    services, enrolment_id = services_of(request), path_id(request)
    if wanted is None:
        return await _contract_page(request, enrolment_id, ())
    accepts_starts = services.accepts_starts()
    if place is None or not accepts_starts:
        begun = await services.starter.begun(wanted)
        if begun is not None:
            return see_other(f"/sittings/{begun}")
    if place is None:
        _line, record, rulebook = await own_enrolment(request, enrolment_id)
        errors = _missing_consent(request, contract_of(rulebook, record, now_of(request)))
        return await _contract_page(request, enrolment_id, errors)
    if not accepts_starts:
        return await error_page(request, 503)
    if away is not None:
        raise away
    return await _started(request, wanted, place, None)


async def _started(request: Request, wanted: StartIntent, place: Place, admits: Admits | None) -> Response:
    """``admits``: None where who asks has been looked at.

    Raises:
        NotAdmittedError: it says no.
    """
    services, session, enrolment_id = services_of(request), session_of(request), path_id(request)
    assert session is not None
    try:
        with services.starts.pace.timed():
            started = await services.starter.start_at(
                wanted, session.version, now_of(request), place.joined_ms, admits
            )
    except Missing:
        raise NotAllowed(404) from None
    if isinstance(started, Contract):
        return await _contract_page(request, enrolment_id, _missing_consent(request, started))
    if isinstance(started, Refusal):
        return see_other(f"/enrolments/{enrolment_id}/contract")
    services.figures.starts += started.is_new
    return see_other(f"/sittings/{started.attempt_id}")


def _missing_consent(request: Request, shown: Contract | Refusal) -> tuple[FieldError, ...]:
    errors = []
    if not field_of(request, "honest"):
        errors.append(FieldError("honest", _("请先阅读并勾选诚信承诺")))
    if isinstance(shown, Contract) and shown.is_cut and not field_of(request, "short"):
        errors.append(FieldError("short", _("请确认您知道时间不足")))
    return tuple(errors)


async def _contract_page(request: Request, enrolment_id: int, errors: tuple[FieldError, ...]) -> Response:
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    line, record, rulebook = await own_enrolment(request, enrolment_id)
    shown = contract_of(rulebook, record, now_ms)
    if isinstance(shown, Refusal):
        running = next((a for a in record.attempts if a.outcome is None), None)
        if shown.reason is Reason.ATTEMPT_RUNNING and running is not None:
            return see_other(f"/sittings/{running.id}")
        return see_other(f"/enrolments/{enrolment_id}/why")
    frame = await frame_of(request, "/my")
    nonce = secrets.token_urlsafe(9)
    intent = Intent(ACT, enrolment_id, visitor.person.id, shown.round_no, shown.no, nonce)
    left_minutes = (shown.deadline_ms - now_ms) // MINUTE_MS
    context = contexts.Contract(
        frame=frame,
        enrolment_id=enrolment_id,
        intent=services.tokens.intent(intent, now_ms),
        subject=line.exam_title,
        year=line.enrolment.credit_year,
        no=shown.no,
        allowed=shown.allowed,
        label=LABELS[Label(shown.label)],
        deadline_ms=shown.deadline_ms,
        deadline_reason=shown.deadline_reason,
        minutes=shown.minutes,
        facts=_facts(rulebook, shown, frame, counted_told(record, now_ms)),
        rules=rules_told(rulebook),
        undertaking=undertaking(),
        short_minutes=left_minutes if shown.is_cut else None,
        errors=errors,
    )
    return page("contract.html", context, 422 if errors else 200)


def _facts(rulebook: Rulebook, shown: Contract, frame: Frame, accommodation: str) -> tuple[Fact, ...]:
    exam = rulebook.exam
    reason = DEADLINE_REASONS[DeadlineReason(shown.deadline_reason)]
    return (
        Fact(_("考试机会"), _("第 {no} 次，共 {n} 次").format(no=shown.no, n=shown.allowed)),
        Fact(_("考试时长"), _("{n} 分钟").format(n=shown.minutes)),
        *((Fact(_("合理便利"), accommodation, _("已算进交卷截止")),) if accommodation else ()),
        *paper_facts(exam.paper),
        Fact(
            _("满分与及格线"), _("满分 {full} 分，{line} 分及格").format(full=exam.full_score, line=exam.pass_score)
        ),
        Fact(
            _("交卷截止"),
            times.end_moment(shown.deadline_ms, frame.zone),
            _("现在开始的话；{why}").format(why=reason),
        ),
        Fact(_("考试开放到"), times.end_moment(shown.window_closes_ms, frame.zone)),
        Fact(_("客服电话"), exam.support_phone),
    )
