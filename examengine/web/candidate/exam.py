"""The exam page: taking the pen, the paper as one form, and saving without JavaScript."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from examengine.live import Pen, Sitting, Word
from examengine.papers.paper import unpack
from examengine.records.as_rules import closing_of, history_of
from examengine.records.attempts import OwnedAttempt
from examengine.records.history import (
    AttemptRecord,
    EnrolmentRecord,
    find_attempt_with_history,
    find_ended_with_history,
)
from examengine.records.outcomes import HandedIn
from examengine.records.shelf import KeptExam
from examengine.records.visitors import Known, Visitors
from examengine.records.words import Role
from examengine.rules.decide import allowed, label_of
from examengine.rules.history import History
from examengine.rules.rulebook import ForcedExitDetection, Rulebook
from examengine.web.answers import answer_told
from examengine.web.candidate import again
from examengine.web.candidate.again import page_token_of
from examengine.web.candidate.exam_shape import exam_html
from examengine.web.candidate.form import goes_on_at, posted
from examengine.web.candidate.notices import about_of, notices_for
from examengine.web.candidate.paper_page import Joined, joined
from examengine.web.candidate.question_pieces import question_of
from examengine.web.contexts.candidate import ExamPage, Reports, Resumed, Taken, Unsent
from examengine.web.device import device_here, device_told
from examengine.web.http import (
    NotAllowed,
    Seek,
    error_page,
    form_of,
    frame_of,
    frame_without_forms,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    session_of,
    signed_in,
    visitor_of,
)
from examengine.web.messages import LABELS
from examengine.web.tokens import PageToken
from examengine.web.wording import gettext as _


@dataclass(frozen=True, slots=True)
class Own:
    """One's own attempt with what its pages need."""

    owned: OwnedAttempt
    record: EnrolmentRecord
    row: AttemptRecord
    rulebook: Rulebook
    exam: KeptExam
    history: History

    @property
    def id(self) -> int:
        return self.row.id

    @property
    def title(self) -> str:
        return self.exam.title

    @property
    def allowed(self) -> int:
        """Attempts of its round."""
        round_ = self.history.rounds[self._round_index]
        return allowed(self.rulebook, round_, self.row.started_ms)

    @property
    def label(self) -> str:
        round_ = self.history.rounds[self._round_index]
        return LABELS[label_of(self.rulebook, round_, self.row.no)]

    @property
    def _round_index(self) -> int:
        return next(i for i, row in enumerate(self.record.rounds) if row.id == self.row.round_id)


_ATTEMPT, _ENDED = "sought_attempt", "sought_ended"


def _seeking(ask: Callable[[Visitors, int, int], Awaitable[tuple[Known | None, Any]]], name: str) -> Seek:
    """Asks for the visitor together with what ``ask`` tells of the attempt that the address names."""

    async def seek(request: Request, person_id: int) -> Known | None:
        attempt_id = path_id(request)
        known, found = await ask(services_of(request).visitors, person_id, attempt_id)
        request.scope["state"][name] = attempt_id, found
        return known

    return seek


with_attempt = _seeking(Visitors.with_attempt, _ATTEMPT)
"""For :func:`own_attempt`."""
with_ended = _seeking(Visitors.with_ended, _ENDED)
"""For :func:`own_ended`."""


def _sought(request: Request, name: str, attempt_id: int) -> Any:
    """What was found together with the visitor; once, since it may change while the request goes on."""
    sought_id, found = request.scope["state"].pop(name, (None, None))
    return found if sought_id == attempt_id else None


async def own_attempt(request: Request, attempt_id: int) -> Own:
    """The visitor's own attempt.

    Raises:
        NotAllowed: there is none of that id, or it is another person's.
    """
    await visitor_of(request)
    found = _sought(request, _ATTEMPT, attempt_id)
    if found is None:
        async with services_of(request).database.glancing() as tx:
            found = await find_attempt_with_history(tx, attempt_id)
    if found is None:
        raise NotAllowed(404)
    return await _own(request, *found)


async def own_ended(request: Request, attempt_id: int) -> tuple[Own, HandedIn]:
    """The same with what the attempt has left where it has ended.

    Raises:
        NotAllowed: there is none of that id, or it is another person's.
    """
    await visitor_of(request)
    found = _sought(request, _ENDED, attempt_id)
    if found is None:
        async with services_of(request).database.glancing() as tx:
            found = await find_ended_with_history(tx, attempt_id)
    if found is None:
        raise NotAllowed(404)
    owned, record, left = found
    return await _own(request, owned, record), left


async def _own(request: Request, owned: OwnedAttempt, record: EnrolmentRecord) -> Own:
    shelf, visitor = services_of(request).shelf, await visitor_of(request)
    if owned.person_id != visitor.person.id:
        raise NotAllowed(404)
    attempt = owned.attempt
    known = shelf.at_hand(attempt.rulebook_digest, owned.exam_id)
    if known is None:
        async with services_of(request).database.glancing() as tx:
            known = await shelf.rulebook(tx, attempt.rulebook_digest), await shelf.exam(tx, owned.exam_id)
    rulebook, exam = known
    row = next(a for a in record.attempts if a.id == attempt.id)
    return Own(owned, record, row, rulebook, exam, history_of(record))


@signed_in(Role.CANDIDATE, seek=with_attempt)
async def exam(request: Request) -> Response:
    """P4. Opening the page takes the pen; a finished attempt leads to its result."""
    services, now_ms = services_of(request), now_of(request)
    own = await own_attempt(request, path_id(request))
    if own.row.outcome is not None:
        return see_other(f"/sittings/{own.id}/result")
    claimed = await claim(request, own.id)
    if claimed.word is Word.ABSENT:
        await services.starter.whereabouts(own.id, now_ms)
        claimed = await claim(request, own.id)
    match claimed.word:
        case Word.CLAIMED:
            return await _exam_page(request, own, claimed)
        case Word.NOT_OWNER:
            raise NotAllowed(404)
        case Word.REVOKED:
            raise NotAllowed(401)
        case Word.ABSENT if now_ms >= closing_of(own.rulebook, own.record, own.row).deadline_ms:
            return see_other(f"/sittings/{own.id}/result")
        case Word.CLOSED | Word.TOO_LATE | Word.FORCED:
            return await over(request, own.id, claimed.word)
        case _:
            return await error_page(request, 503)


async def claim(request: Request, attempt_id: int) -> Sitting:
    """Take the pen for a page of this visitor that is about to be drawn."""
    session = session_of(request)
    assert session is not None
    return await services_of(request).desk.claim(
        attempt_id,
        session.person_id,
        session.version,
        secrets.token_urlsafe(6),
        _device(request),
        now_of(request),
    )


def _device(request: Request) -> str:
    agent = request.headers.get("user-agent", "")
    address = request.client.host if request.client is not None else None
    return device_here(agent, address, services_of(request).tokens.network)


@signed_in(Role.CANDIDATE)
async def take_pen(request: Request) -> Response:
    """Take the pen back: the page that opens next holds it."""
    return see_other(f"/sittings/{path_id(request)}")


async def form(request: Request) -> Response:
    """保存 and 交卷 without JavaScript: everything is posted, only what differs is written.

    Where the session has ended meanwhile nothing is thrown away: the page that answers holds what was posted, and
    posts it again together with the password.
    """
    attempt_id = path_id(request)
    known = page_token_of(request, attempt_id)
    if known is None:
        raise NotAllowed(401 if session_of(request) is None else 403)
    entered = await again.entered(request, known)
    if isinstance(entered, again.NotIn):
        return await again.unsaved_page(request, known, entered)
    response = await _save_form(request, attempt_id)
    again.remember(request, response, entered)
    return response


async def _save_form(request: Request, attempt_id: int) -> Response:
    services, now_ms = services_of(request), now_of(request)
    pen = pen_of(request, attempt_id)
    own = await own_attempt(request, attempt_id)
    fields = form_of(request)
    paper = unpack(own.owned.attempt.paper)
    async with services.database.reading() as tx:
        items = await services.shelf.items(tx, [item.version_id for item in paper.items])
    answers, flags = posted(fields, paper, items)
    saved = await services.desk.save_form(pen, answers, flags, now_ms)
    if saved.word is Word.STALE_GENERATION:
        joined = await _rejoined(request, attempt_id)
        if joined is not None:
            saved = await services.desk.save_form(joined, answers, flags, now_ms)
    match saved.word:
        case Word.SAVED | Word.REPEATED:
            wants_hand_in = fields.get("do", [""])[0] == "hand_in"
            known = page_token_of(request, attempt_id)
            page_id = known.page_id if known is not None else ""
            place = f"/hand-in?page={page_id}" if wants_hand_in else f"?still=1{goes_on_at(fields, answers)}"
            return see_other(f"/sittings/{attempt_id}{place}")
        case Word.PEN_LOST:
            return await taken_page(request, own, answers)
        case Word.CLOSED | Word.TOO_LATE | Word.FORCED:
            return await over(request, attempt_id, saved.word)
        case Word.STALE_GENERATION:
            return await taken_page(request, own, answers)
        case Word.REVOKED:
            raise NotAllowed(401)
        case Word.NOT_OWNER:
            raise NotAllowed(404)
        case Word.OUT_OF_RANGE:
            raise NotAllowed(400)
        case _:
            return await error_page(request, 503)


async def _rejoined(request: Request, attempt_id: int) -> Pen | None:
    """The pen of a page whose sitting was rebuilt, so that what it posted is saved after all; None where a newer page
    is known.
    """
    pen, known = pen_of(request, attempt_id), page_token_of(request, attempt_id)
    assert known is not None
    joined = await services_of(request).desk.rejoin(
        attempt_id,
        pen.owner_id,
        pen.session_version,
        pen.generation,
        pen.epoch,
        known.page_id,
        _device(request),
        now_of(request),
    )
    if joined.word is not Word.CLAIMED:
        return None
    return Pen(attempt_id, pen.owner_id, pen.session_version, joined.generation, joined.epoch)


def pen_of(request: Request, attempt_id: int) -> Pen:
    """The pen that the page's token names.

    Raises:
        NotAllowed: the token is not of this sitting, or of another person.
    """
    session = session_of(request)
    known = page_token_of(request, attempt_id)
    if session is None:
        raise NotAllowed(401)
    if known is None or known.person_id != session.person_id:
        raise NotAllowed(403)
    return Pen(attempt_id, session.person_id, session.version, known.generation, known.epoch)


async def over(request: Request, attempt_id: int, word: Word) -> Response:
    """The way to the result; what the desk has seen to be a forced exit is recorded before."""
    if word is Word.FORCED:
        await services_of(request).finisher.forced(attempt_id, now_of(request))
    return see_other(f"/sittings/{attempt_id}/result")


async def _exam_page(request: Request, own: Own, claimed: Sitting) -> Response:
    services, visitor = services_of(request), await visitor_of(request)
    frame = await frame_without_forms(request)
    drawn = await _joined(request, own, claimed)
    token = PageToken(own.id, visitor.person.id, claimed.generation, claimed.epoch, claimed.page_id)
    # whoever comes from a save of his own, or from looking at the hand-in, has not been away
    is_return = claimed.epoch > 1 and "still" not in request.query_params
    context = ExamPage(
        frame=frame,
        sitting_id=own.id,
        title=own.title,
        no=own.row.no,
        allowed=own.allowed,
        label=own.label,
        token=services.tokens.page(token),
        epoch=claimed.epoch,
        page_id=claimed.page_id,
        left_ms=claimed.left_ms,
        deadline_ms=claimed.deadline_ms,
        deadline_reason=claimed.deadline_reason,
        deadline_note=_deadline_note(own.rulebook),
        paper=Markup(""),
        card=Markup(""),
        total=claimed.items,
        answered=drawn.answered,
        blank=claimed.items - drawn.answered,
        flagged=drawn.flagged,
        reports=_reports(own.rulebook, claimed),
        resumed=Resumed(drawn.answered, claimed.seen_ms) if is_return else None,
        saved_at_ms=drawn.saved_at_ms,
        generation=claimed.generation,
        who=frame.who,
        typed=drawn.has_typed,
        notices=notices_for(services, visitor.person, [own.owned.exam_id], now_of(request)),
        news=services.notices.newest_for(visitor.person.id),
        about=about_of(services, visitor.person, own.id, own.owned.exam_id),
    )
    return HTMLResponse(exam_html(context, b"".join(drawn.paper), b"".join(drawn.card)))


async def _joined(request: Request, own: Own, claimed: Sitting) -> Joined:
    services = services_of(request)
    paper = unpack(own.owned.attempt.paper)
    wanted = services.questions.missing([item.version_id for item in paper.items])
    if wanted:
        async with services.database.reading() as tx:
            items = await services.shelf.items(tx, wanted)
        for version_id, item in items.items():
            services.questions.put(version_id, question_of(item))
    return joined(own.exam.blueprint, paper.items, claimed.answers, claimed.flags, services.questions)


def _reports(rulebook: Rulebook, claimed: Sitting) -> Reports:
    rules = rulebook.exam.forced_exit
    match rules.detect:
        case ForcedExitDetection.PAGE_LEAVE:
            return Reports(leave_grace_s=max(1, rules.page_leave_grace_seconds))
        case ForcedExitDetection.FOCUS_LOSS:
            return Reports(focus_loss_limit=rules.focus_loss_limit, focus_losses=claimed.focus_losses)
        case _:
            return Reports()


def _deadline_note(rulebook: Rulebook) -> str:
    """What leaving means, in one line (S2014-51)."""
    rules = rulebook.exam.interruption
    if not rules.resume:
        return _("考试中断后不能再继续。")
    if rules.clock_stops:
        return _("离开后截止前可重新登录继续。")
    return _("离开本页不停表，截止前可重新登录继续。")


async def taken_page(request: Request, own: Own, posted: Mapping[int, str] = MappingProxyType({})) -> Response:
    """A page that lost the pen is told since when, and which of its ``posted`` answers are not the saved ones."""
    live = await services_of(request).desk.read(own.id, now_of(request))
    paper = unpack(own.owned.attempt.paper)
    others = {position: value for position, value in posted.items() if value != live.given.get(position, "")}
    unsent = []
    if others:
        services = services_of(request)
        async with services.database.reading() as tx:
            items = await services.shelf.items(tx, [paper.items[position - 1].version_id for position in others])
        for position, value in others.items():
            placed = paper.items[position - 1]
            item, saved = items[placed.version_id], live.given.get(position, "")
            here, there = (answer_told(item, each, placed.option_order) for each in (value, saved))
            unsent.append(Unsent(position, here, there))
    context = Taken(
        frame=await frame_of(request),
        sitting_id=own.id,
        title=own.title,
        since_ms=live.pen_since_ms,
        where=device_told(live.device) or _("另一个页面"),
        unsent=tuple(unsent),
        deadline_ms=live.deadline_ms,
    )
    return page("taken.html", context, 409)
