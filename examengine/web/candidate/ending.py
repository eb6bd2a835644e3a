"""Handing in, giving up, and the result."""

import random
import secrets
from collections.abc import Mapping

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from examengine import live
from examengine.banks.responses import listed
from examengine.live import CloseReason, Sitting, Standing, Word
from examengine.papers.paper import unpack
from examengine.records import hearing, marking
from examengine.records.as_rules import closing_of
from examengine.records.errors import Missing, Unavailable
from examengine.records.outcomes import HandedIn, Outcome
from examengine.records.words import Role
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.calendar import MINUTE_MS, window_of
from examengine.rules.history import OutcomeReason, State
from examengine.sittings.contract import Contract, contract_of
from examengine.sittings.finish import Ended
from examengine.web import times
from examengine.web.candidate.again import page_token_of
from examengine.web.candidate.corrections_shown import corrected_sections, correction_notes
from examengine.web.candidate.exam import (
    Own,
    claim,
    own_attempt,
    own_ended,
    pen_of,
    taken_page,
    with_attempt,
    with_ended,
)
from examengine.web.candidate.marks_shown import given_rows, section_scores, typed_versions
from examengine.web.candidate.my import score_is_hidden
from examengine.web.candidate.receipt import receipt_shown
from examengine.web.candidate.result_shape import result_html
from examengine.web.contexts.candidate import GiveUp, HandIn, Registering, Result, SectionScore, Verdict
from examengine.web.contexts.frame import Act, FieldError
from examengine.web.http import (
    NotAllowed,
    error_page,
    field_of,
    frame_of,
    frame_whatever,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    session_of,
    signed_in,
)
from examengine.web.messages import OUTCOMES, how_ended, refusal_told
from examengine.web.tokens import PageToken
from examengine.web.wording import gettext as _

_dice = random.SystemRandom()

REFRESH_S = 5
REFRESH_MOST_S = 60
UNDECIDED_REFRESH_S = 60
SPREAD = 0.25
"""Pages that wait for the same ask again within that share of their wait, not all at once."""


@signed_in(Role.CANDIDATE, seek=with_attempt)
async def hand_in_page(request: Request) -> Response:
    """P5: counts and blanks before the hand-in, for pages without JavaScript."""
    own, sitting = await _with_pen(request)
    if sitting is None:
        return see_other(f"/sittings/{own.id}/result")
    earliest_ms = own.row.started_ms + own.rulebook.exam.min_minutes_before_submit * MINUTE_MS
    positions = range(1, sitting.items + 1)
    now_ms = now_of(request)
    context = HandIn(
        frame=await frame_of(request),
        sitting_id=own.id,
        title=own.title,
        token=_token(request, own, sitting),
        total=sitting.items,
        answered=len(sitting.given),
        blank=tuple(p for p in positions if p not in sitting.given),
        flagged=tuple(p for p in positions if p in sitting.flags and sitting.flags[p].value),
        deadline_ms=sitting.deadline_ms,
        left_ms=sitting.left_ms,
        not_before_ms=earliest_ms if now_ms < earliest_ms else None,
        partly=tuple(p for p, value in sitting.given.items() if not all(listed(value) or (value,))),
    )
    return page("hand_in.html", context)


async def hand_in(request: Request) -> Response:
    """Hand in. What the candidate is told stands in the record already.

    Cookie and page token say who asks, as for answers: SQL may be away.
    """
    return await _end(request, CloseReason.HAND_IN)


@signed_in(Role.CANDIDATE, seek=with_attempt)
async def give_up_page(request: Request) -> Response:
    """Giving up, in two steps that name the consequence (A-01)."""
    step = 2 if request.query_params.get("step") == "2" else 1
    return await _give_up_page(request, step, ())


async def give_up(request: Request) -> Response:
    """The confirmed give-up: a forced exit (S2014-54)."""
    if not field_of(request, "sure"):
        return await _ask_to_be_sure(request)
    return await _end(request, CloseReason.GIVE_UP)


@signed_in(Role.CANDIDATE)
async def _ask_to_be_sure(request: Request) -> Response:
    return await _give_up_page(request, 2, (FieldError("sure", _("请先勾选，表示您知道后果")),))


@signed_in(Role.CANDIDATE, seek=with_ended)
async def result(request: Request) -> Response:
    """P7. An attempt that is due, or that a crash left unrecorded, is recorded first."""
    services, now_ms = services_of(request), now_of(request)
    own, left = await own_ended(request, path_id(request))
    outcome = own.row.outcome
    if outcome is None:
        deadline_ms = closing_of(own.rulebook, own.record, own.row).deadline_ms
        try:
            # where many end at once the sweeper has all of them recorded sooner than page by page
            if now_ms < deadline_ms or not await services.backlog.is_long(deadline_ms, now_ms):
                outcome = await services.finisher.look_at(own.id, now_ms)
        except Unavailable:
            return await _registering(request, Act(f"/sittings/{own.id}/result", _("现在再问一次")))
        if outcome is None:
            sitting = await services.desk.read(own.id, now_ms)
            if _is_running(sitting) or (sitting.word is Word.ABSENT and now_ms < deadline_ms):
                return see_other(f"/sittings/{own.id}")
            repeat = Act(f"/sittings/{own.id}/result", _("现在再问一次"))
            async with services.database.reading() as tx:
                waits = any(case.waits for case in await hearing.cases_of(tx, own.id))
            if waits:
                return await _undecided(request, repeat, deadline_ms)
            if now_ms < deadline_ms:
                return await _registering(request, repeat)
            return await _marking(request, repeat, own.id, deadline_ms)
        own, left = await own_ended(request, own.id)
    return await _result_page(request, own, left, outcome)


async def _end(request: Request, reason: CloseReason) -> Response:
    services, attempt_id = services_of(request), path_id(request)
    pen = pen_of(request, attempt_id)
    try:
        ended = await services.finisher.by_page(pen, reason, now_of(request))
    except Missing:
        raise NotAllowed(404) from None
    except Unavailable:
        sitting = await services.desk.read(attempt_id, now_of(request))
        if sitting.state in {"closing", "closed"}:
            return await _registering(request, Act(f"/sittings/{attempt_id}/result", _("现在再问一次")))
        return await _registering_act(request, attempt_id, reason)
    if isinstance(ended, Ended):
        return see_other(f"/sittings/{attempt_id}/result")
    if isinstance(ended, Refusal):
        known = page_token_of(request, attempt_id)
        page_id = known.page_id if known is not None else ""
        where = f"hand-in?page={page_id}" if ended.reason is Reason.TOO_EARLY_TO_SUBMIT else "result"
        return see_other(f"/sittings/{attempt_id}/{where}")
    return await _told_by_desk(request, attempt_id, ended)


async def _told_by_desk(request: Request, attempt_id: int, standing: Standing) -> Response:
    match standing.word:
        case Word.NOT_OWNER:
            raise NotAllowed(404)
        case Word.REVOKED:
            raise NotAllowed(401)
        case Word.ABSENT | Word.OPENING:
            return await error_page(request, 503)
        case Word.PEN_LOST:
            return await taken_page(request, await own_attempt(request, attempt_id))
        case _:
            return see_other(f"/sittings/{attempt_id}")


async def _running(request: Request) -> tuple[Own, Sitting | None]:
    """One's own attempt with its sitting, None where it has ended."""
    own = await own_attempt(request, path_id(request))
    if own.row.outcome is not None:
        return own, None
    sitting = await services_of(request).desk.read(own.id, now_of(request))
    return own, sitting if _is_running(sitting) else None


async def _with_pen(request: Request) -> tuple[Own, Sitting | None]:
    """One's own attempt with its sitting, whose pen this page holds; None where it has ended.

    The page that leads here names itself by its random id and goes on with its pen. Any other visit takes the pen, as
    opening the exam does: what ends an exam must be the page that writes to it.

    Raises:
        NotAllowed: the session was revoked.
        live.Unavailable: the sitting is being rebuilt.
    """
    own, sitting = await _running(request)
    known = page_token_of(request, own.id)
    named = request.query_params.get("page", "") if known is None else known.page_id
    if sitting is None or (sitting.page_id and secrets.compare_digest(named.encode(), sitting.page_id.encode())):
        return own, sitting
    claimed = await claim(request, own.id)
    match claimed.word:
        case Word.CLAIMED:
            return own, claimed
        case Word.REVOKED:
            raise NotAllowed(401)
        case Word.ABSENT | Word.OPENING:
            raise live.Unavailable(f"sitting {own.id} is {claimed.word}")
        case _:
            return own, None


def _is_running(sitting: Sitting) -> bool:
    """Whether its page may still write, by what the desk knows."""
    is_left = sitting.back_by_ms is not None and sitting.back_by_ms <= sitting.at_ms
    return sitting.state == "running" and sitting.left_ms > 0 and not is_left


def _token(request: Request, own: Own, sitting: Sitting) -> str:
    """A page token with the pen that this page holds."""
    session = session_of(request)
    assert session is not None
    token = PageToken(own.id, session.person_id, sitting.generation, sitting.epoch, sitting.page_id)
    return services_of(request).tokens.page(token)


async def _give_up_page(request: Request, step: int, errors: tuple[FieldError, ...]) -> Response:
    own, sitting = await _with_pen(request)
    if sitting is None:
        return see_other(f"/sittings/{own.id}/result")
    context = GiveUp(
        frame=await frame_of(request),
        sitting_id=own.id,
        title=own.title,
        step=step,
        token=_token(request, own, sitting),
        page_id=sitting.page_id,
        no=own.row.no,
        allowed=own.allowed,
        answered=len(sitting.given),
        total=sitting.items,
        left_ms=sitting.left_ms,
        deadline_ms=sitting.deadline_ms,
        consequences=_consequences(own),
        errors=errors,
    )
    return page("give_up.html", context, 422 if errors else 200)


def _consequences(own: Own) -> tuple[str, ...]:
    rules = own.rulebook.exam.forced_exit
    told = {
        "fail": _("本次考试登记为不及格，没有成绩。"),
        "grade_saved": _("本次考试立即结束，按已保存的答案评分。"),
        "void": _("本次考试作废，不计成绩。"),
    }[rules.outcome]
    used = _("这次机会已用掉，不能再继续。") if rules.uses_attempt else _("这次考试不能再继续。")
    return (told, used)


async def _registering(request: Request, repeat: Act) -> Response:
    """It is closed; only the record is still to come."""
    context = Registering(
        frame=await frame_whatever(request),
        title=_("已收卷，正在评分"),
        text=_("您的答案都已保存，考试结果正在登记。"),
        since_ms=now_of(request),
        refresh_s=REFRESH_S,
        repeat=repeat,
    )
    return page("registering.html", context, 202)


async def _marking(request: Request, repeat: Act, attempt_id: int, deadline_ms: int) -> Response:
    """The deadline has closed it, and others as well: says how long that takes and asks again when it may be done.
    Whether the candidate was there is still open.
    """
    now_ms = now_of(request)
    wait_ms = await services_of(request).backlog.wait_ms(attempt_id, deadline_ms, now_ms)
    wait_s = min(REFRESH_MOST_S, max(REFRESH_S, wait_ms // 1_000 + 1))
    context = Registering(
        frame=await frame_whatever(request),
        title=_("考试时间到，已收卷，正在评分"),
        text=_("已保存的答案都在，{wait}出结果。").format(wait=_wait_told(wait_ms)),
        since_ms=deadline_ms,
        refresh_s=wait_s + int(wait_s * SPREAD * _dice.random()),
        repeat=repeat,
    )
    return page("registering.html", context, 202)


def _wait_told(wait_ms: int) -> str:
    """In steps of ten seconds, upwards; in minutes where it is longer."""
    seconds = -(-wait_ms // 10_000) * 10
    if seconds <= 90:
        return _("预计约 {n} 秒后").format(n=max(10, seconds))
    return _("预计约 {n} 分钟后").format(n=-(-seconds // 60))


async def _undecided(request: Request, repeat: Act, deadline_ms: int) -> Response:
    """We could not hear at the deadline, and a person looks into it: that takes longer than a moment."""
    context = Registering(
        frame=await frame_whatever(request),
        title=_("考试时间已到，正在人工核实"),
        text=_(
            "截止前后系统出过故障，可能没有收到您的操作。这不是您的责任，不会因此直接记为不及格。"
            "已保存的答案都在，工作人员核实以后登记结果；核实以前不能开始下一次考试，您不需要办理什么。"
        ),
        since_ms=deadline_ms,
        refresh_s=UNDECIDED_REFRESH_S,
        repeat=repeat,
    )
    return page("registering.html", context, 202)


async def _registering_act(request: Request, attempt_id: int, reason: CloseReason) -> Response:
    """The record is away and nothing is closed: say so, and repeat the same intent."""
    gives_up = reason is CloseReason.GIVE_UP
    address = f"/sittings/{attempt_id}/{'give-up' if gives_up else 'hand-in'}"
    token = field_of(request, "t")
    fields = (("t", token), ("sure", "1")) if gives_up else (("t", token),)
    context = Registering(
        frame=await frame_whatever(request),
        title=_("正在登记"),
        text=_("系统正在恢复，您的操作还没有登记完成。答案都已保存，请过几秒再按一次。"),
        since_ms=now_of(request),
        refresh_s=REFRESH_S,
        repeat=Act(address, _("再试一次"), post=True),
        fields=fields,
    )
    response = page("registering.html", context, 503)
    response.headers["retry-after"] = str(REFRESH_S)
    return response


async def _result_page(request: Request, own: Own, left: HandedIn, outcome: Outcome) -> Response:
    services, now_ms = services_of(request), now_of(request)
    frame = await frame_of(request, "/my")
    reason = OutcomeReason(outcome.reason)
    window = window_of(own.rulebook, own.record.enrolment.credit_year)
    is_marked = outcome.score_hundredths is not None
    hidden = is_marked and score_is_hidden(own.rulebook, window.closes_ms, now_ms)
    shown = is_marked and not hidden
    paper, blueprint = unpack(own.owned.attempt.paper), own.exam.blueprint
    series, final, receipt = own.row.outcomes, left.final, left.receipt
    async with services.database.glancing() as tx:
        by_hand: Mapping[int, int | None] = {}
        if any(one.reason == OutcomeReason.AWAITING_MARKING for one in series):
            by_hand = await marking.marked_positions(tx, own.id)
        typed = await services.shelf.items(tx, typed_versions(paper, blueprint))
        notes = await correction_notes(tx, {own.id: series}, frame.zone)
        sections: tuple[SectionScore, ...] | None = None
        if final is not None and shown:
            sections = await corrected_sections(tx, services.shelf, own, outcome, final, by_hand, now_ms)
    next_title, next_text, act = _next_step(own, now_ms, frame.zone, hidden=hidden)
    given = Markup("")
    if final is not None:
        given = given_rows(final.answers, blueprint, paper, typed, by_hand, shown=shown)
    if final is not None and shown and sections is None:
        sections = section_scores(final.detail, blueprint, paper, by_hand)
    context = Result(
        frame=frame,
        sitting_id=own.id,
        subject=own.title,
        year=own.record.enrolment.credit_year,
        verdict=Verdict.AWAITING if hidden else _verdict(outcome),
        score_hundredths=None if hidden else outcome.score_hundredths,
        full_hundredths=own.rulebook.exam.full_score * 100,
        pass_hundredths=own.rulebook.exam.pass_score * 100,
        no=own.row.no,
        allowed=own.allowed,
        label=own.label,
        how=how_ended(outcome.state, series[0].cause),
        why=_("成绩在考试开放时间结束后公布。") if hidden else OUTCOMES[reason],
        started_ms=own.row.started_ms,
        ended_ms=outcome.ended_ms,
        took_ms=outcome.ended_ms - own.row.started_ms,
        answered=len(final.answers) if final is not None else 0,
        total=len(paper.items),
        sections=sections or (),
        next_title=next_title,
        next_text=next_text,
        act=act,
        note="" if hidden else "".join(notes.get(own.id, ())) or _rescored_note(series),
        receipt=None if receipt is None else receipt_shown(request, own.id, receipt),
        given=given,
    )
    return HTMLResponse(result_html(context))


def _verdict(outcome: Outcome) -> Verdict:
    if outcome.state == State.VOID:
        return Verdict.VOID
    if outcome.result is None:
        return Verdict.AWAITING
    return Verdict(outcome.result)


def _rescored_note(series: tuple[Outcome, ...]) -> str:
    scores = [row.score_hundredths for row in series if row.score_hundredths is not None]
    if len(scores) < 2 or scores[0] == scores[-1]:
        return ""
    return _("成绩已更正：原来 {old} 分，现在 {new} 分。").format(
        old=times.points(scores[0]), new=times.points(scores[-1])
    )


def _next_step(own: Own, now_ms: int, zone: str, *, hidden: bool) -> tuple[str, str, Act | None]:
    if hidden:
        return _("等待公布"), _("不需要再做什么。"), None
    if own.history.awaits_marking:
        return _("等待人工评分"), _("评完以后成绩会出现在这里，不需要再做什么。"), None
    if own.history.passed:
        return _("考试已及格"), _("不需要再考。成绩已记入本年度继续教育档案。"), None
    decision = contract_of(own.rulebook, own.record, now_ms, history=own.history)
    address = f"/enrolments/{own.record.enrolment.id}"
    if isinstance(decision, Contract):
        text = _("您还可以再考 {n} 次，准备好再开始。").format(n=decision.left)
        return _("还有考试机会"), text, Act(f"{address}/contract", _("再次考试"))
    told = refusal_told(decision, zone)
    act = Act("/my", told.act_text) if decision.next in {Next.BUY_CARD, Next.ACTIVATE_CARD} else None
    return told.title, f"{told.text}{told.next_text}", act or Act(f"{address}/why", _("为什么不能考"))
