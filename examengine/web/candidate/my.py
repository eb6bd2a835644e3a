"""My exams, why one may not be sat, and the activation of a card."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from examengine.enrolment.rounds import activate_card
from examengine.live import Sitting, Word
from examengine.records import enrolments, grant_requests, hearing
from examengine.records.as_rules import closing_of, history_of
from examengine.records.enrolments import EnrolmentLine
from examengine.records.errors import Missing
from examengine.records.grant_requests import GrantRequest
from examengine.records.history import AttemptRecord, EnrolmentRecord, load_histories
from examengine.records.outcomes import Outcome
from examengine.records.words import EntryKind, GrantAnswer, Role
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.calendar import window_of
from examengine.rules.decide import (
    allowed,
    exam_needs_learning,
    examine,
    learning_percent,
    round_to_use,
    used,
)
from examengine.rules.history import History, OpenedBy, OutcomeReason, Round, State
from examengine.rules.prospects import prospect
from examengine.rules.rulebook import Rulebook
from examengine.sittings.contract import Contract, contract_of
from examengine.web.accommodation_words import counted_told
from examengine.web.candidate.corrections_shown import correction_notes
from examengine.web.candidate.notices import notices_for
from examengine.web.candidate.request_told import request_act, told_in_list
from examengine.web.conditions import ASKED, evidence, supposed
from examengine.web.contexts.candidate import Condition, ExamRow, ExamState, LedgerLine, My, Running, Why
from examengine.web.contexts.frame import Act, FieldError
from examengine.web.http import (
    ZONE,
    NotAllowed,
    field_of,
    frame_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.messages import LABELS, OPENED_BY, OUTCOMES, how_ended, refusal_told
from examengine.web.wording import gettext as _

BLOCKED_STATES = {
    Reason.WINDOW_NOT_OPEN: ExamState.NOT_OPEN,
    Reason.WINDOW_CLOSED: ExamState.CLOSED,
    Reason.ALREADY_PASSED: ExamState.PASSED,
    Reason.ATTEMPTS_EXHAUSTED: ExamState.EXHAUSTED,
}
ORDER = (ExamState.RUNNING, ExamState.READY, ExamState.BLOCKED, ExamState.NOT_OPEN)


@signed_in(Role.CANDIDATE)
async def my_exams(request: Request) -> Response:
    """P2: every exam of the person, what can be continued first."""
    return await my_page(request)


async def my_page(
    request: Request, errors: tuple[FieldError, ...] = (), status: int = 200, card_no: str = ""
) -> Response:
    """The list of exams, with errors of a form on it and the card number that was typed."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    async with services.database.reading() as tx:
        lines = await enrolments.list_of_person(tx, visitor.person.id)
        records = await load_histories(tx, [line.enrolment.id for line in lines])
        lines = tuple(line for line in lines if line.exam_withdrawn_ms is None or records[line.enrolment.id].attempts)
        books = {
            line.enrolment.rulebook_digest: await services.shelf.rulebook(tx, line.enrolment.rulebook_digest)
            for line in lines
        }
        running_ids = [a.id for record in records.values() for a in record.attempts if a.outcome is None]
        series = {a.id: a.outcomes for record in records.values() for a in record.attempts}
        notes = await correction_notes(tx, series, ZONE)
        waiting = {case.attempt_id for case in await hearing.cases_of_many(tx, running_ids) if case.waits}
        asked = await grant_requests.newest_of(tx, list(records))
        ahead = {n: await grant_requests.count_waiting(tx, one.id) for n, one in asked.items() if one.waits}
    rows = []
    for line in lines:
        record, rulebook = records[line.enrolment.id], books[line.enrolment.rulebook_digest]
        running = next((a for a in record.attempts if a.outcome is None), None)
        sitting = await services.desk.read(running.id, now_ms) if running is not None else None
        row = exam_row(line, record, rulebook, sitting, now_ms)
        if row.running is not None and row.running.sitting_id in waiting:
            row = undecided_row(row, row.running.sitting_id)
        if row.last_score_hundredths is not None:
            shown = attempt_shown(record)
            row = replace(row, note="" if shown is None else "".join(notes.get(shown.id, ())))
        newest = asked.get(record.enrolment.id)
        if line.exam_withdrawn_ms is None:
            row = requesting_row(row, rulebook, record, newest, ahead.get(record.enrolment.id, 0), now_ms)
        rows.append(row if line.exam_withdrawn_ms is None else withdrawn_row(row, record))
    rows.sort(key=lambda row: ORDER.index(row.state) if row.state in ORDER else len(ORDER))
    notices = notices_for(services, visitor.person, [line.enrolment.exam_id for line in lines], now_ms)
    return page("my.html", My(await frame_of(request, "/my"), tuple(rows), errors, card_no, notices), status)


@signed_in(Role.CANDIDATE)
async def why(request: Request) -> Response:
    """Why the exam may not be sat now, by the function that decides it, and what helps."""
    line, record, rulebook = await own_enrolment(request, path_id(request))
    frame = await frame_of(request, "/my")
    now_ms = now_of(request)
    decision = contract_of(rulebook, record, now_ms)
    if isinstance(decision, Contract):
        return see_other(f"/enrolments/{line.enrolment.id}/contract")
    if is_secret(rulebook, history_of(record), decision, now_ms):
        return see_other(f"/sittings/{record.attempts[-1].id}/result")
    async with services_of(request).database.reading() as tx:
        newest = await grant_requests.newest_of(tx, [line.enrolment.id])
    told = refusal_told(decision, frame.zone)
    return page(
        "why.html",
        Why(
            frame=frame,
            subject=line.exam_title,
            year=line.enrolment.credit_year,
            title=told.title,
            text=told.text,
            next_text=told.next_text,
            act=_helping_act(decision, record, told.act_text)
            or request_act(rulebook, record, newest.get(line.enrolment.id), now_ms),
            conditions=conditions_of(rulebook, history_of(record), now_ms),
            what_if=helped(rulebook, record, now_ms),
        ),
    )


@signed_in(Role.CANDIDATE)
async def card(request: Request) -> Response:
    """Activate a card (S2014-45)."""
    services, visitor = services_of(request), await visitor_of(request)
    try:
        refusal = await activate_card(
            services.database,
            services.shelf,
            services.vault,
            path_id(request),
            visitor.person.id,
            field_of(request, "card_no", 64),
            field_of(request, "activation_code", 64),
            now_of(request),
        )
    except Missing:
        raise NotAllowed(404) from None
    if refusal is None:
        return see_other("/my")
    told = refusal_told(refusal, (await frame_of(request)).zone)
    name = "activation_code" if refusal.reason is Reason.WRONG_CARD else "card_no"
    error = FieldError(name, f"{told.title}。{told.text}")
    return await my_page(request, (error,), told.status, field_of(request, "card_no", 64))


async def own_enrolment(request: Request, enrolment_id: int) -> tuple[EnrolmentLine, EnrolmentRecord, Rulebook]:
    """The visitor's own enrolment with everything recorded of it.

    Raises:
        NotAllowed: there is none of that id, it is another person's, or its exam was withdrawn.
    """
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.reading() as tx:
        lines = await enrolments.list_of_person(tx, visitor.person.id)
        line = next((row for row in lines if row.enrolment.id == enrolment_id), None)
        if line is None or line.exam_withdrawn_ms is not None:
            raise NotAllowed(404)
        record = (await load_histories(tx, [enrolment_id]))[enrolment_id]
        rulebook = await services.shelf.rulebook(tx, line.enrolment.rulebook_digest)
    return line, record, rulebook


def exam_row(
    line: EnrolmentLine, record: EnrolmentRecord, rulebook: Rulebook, sitting: Sitting | None, now_ms: int
) -> ExamRow:
    """One exam as the list shows it."""
    history = history_of(record)
    window = window_of(rulebook, history.credit_year)
    decision = contract_of(rulebook, record, now_ms)
    secret = is_secret(rulebook, history, decision, now_ms)
    state = ExamState.AWAITING if secret else _state(decision, history)
    shown = current_round(rulebook, history, now_ms)
    enrolment_id = line.enrolment.id
    running = _running(rulebook, record, sitting, now_ms)
    sections = rulebook.exam.paper.sections().values()
    last = attempt_shown(record)
    outcome = last.outcome if last is not None else None
    hidden = score_is_hidden(rulebook, window.closes_ms, now_ms)
    return ExamRow(
        enrolment_id=enrolment_id,
        subject=line.exam_title,
        year=history.credit_year,
        label=_label(history, decision),
        state=state,
        opens_ms=window.opens_ms,
        closes_ms=window.closes_ms,
        minutes=rulebook.exam.minutes,
        questions=sum(part.count for part in sections),
        full_hundredths=rulebook.exam.full_score * 100,
        pass_hundredths=rulebook.exam.pass_score * 100,
        allowed=allowed(rulebook, shown, now_ms) if shown else 0,
        used=used(rulebook, shown) if shown else 0,
        learning_percent=_learning(rulebook, history, shown),
        running=running,
        last_score_hundredths=None if outcome is None or hidden else outcome.score_hundredths,
        last_text="" if outcome is None else _last_text(outcome, hidden=hidden),
        reason_text=(
            refusal_told(decision, rulebook.meta.timezone).text
            if isinstance(decision, Refusal) and not secret
            else ""
        ),
        card_form=isinstance(decision, Refusal) and decision.next in {Next.BUY_CARD, Next.ACTIVATE_CARD},
        primary=_primary(decision, enrolment_id, running, last.id if last and outcome else None),
        others=_others(decision, enrolment_id, last.id if last and outcome else None),
        ledger=ledger_of(record),
        accommodation_text=counted_told(record, now_ms),
    )


def attempt_shown(record: EnrolmentRecord) -> AttemptRecord | None:
    """The attempt whose score the list tells: one that passed (by a correction an earlier one), or the last."""
    passed = [row for row in record.attempts if row.outcome is not None and row.outcome.result == "pass"]
    return passed[-1] if passed else record.attempts[-1] if record.attempts else None


def undecided_row(row: ExamRow, attempt_id: int) -> ExamRow:
    """An exam whose attempt ended while we could not hear: a person looks into it, the candidate waits."""
    return replace(
        row,
        state=ExamState.AWAITING,
        running=None,
        reason_text=_("截止前后系统出过故障，正在人工核实；已保存的答案都在。核实以前不能开始下一次考试。"),
        primary=Act(f"/sittings/{attempt_id}/result", _("查看进展")),
        others=(),
    )


def requesting_row(
    row: ExamRow, rulebook: Rulebook, record: EnrolmentRecord, newest: GrantRequest | None, ahead: int, now_ms: int
) -> ExamRow:
    """An exam whose attempts are used up: further ones may be asked for, and how the request stands is told."""
    act = request_act(rulebook, record, newest, now_ms)
    told = ""
    if newest is not None:
        is_unused = newest.decision is GrantAnswer.GRANTED and row.allowed > row.used
        is_refused = newest.decision is GrantAnswer.REFUSED and act is not None
        told = told_in_list(newest, ahead) if newest.waits or is_unused or is_refused else ""
    return replace(row, request_text=told, primary=row.primary or act)


def withdrawn_row(row: ExamRow, record: EnrolmentRecord) -> ExamRow:
    """An exam that the authority has withdrawn: what is being sat may be finished, what was sat stays to be seen."""
    if row.running is not None:
        return row
    return replace(
        row,
        state=ExamState.CLOSED,
        reason_text=_("这场考试已撤回，不能再开始；您的记录都保留。"),
        card_form=False,
        primary=None,
        others=(Act(f"/sittings/{record.attempts[-1].id}/result", _("查看最近一次结果")),),
    )


def current_round(rulebook: Rulebook, history: History, now_ms: int) -> Round | None:
    """The round that matters now: the one being sat, the one to be used next, else the latest."""
    if history.running is not None:
        return history.running[0]
    to_use = round_to_use(rulebook, history, now_ms)
    return to_use or (history.rounds[-1] if history.rounds else None)


def score_is_hidden(rulebook: Rulebook, window_closes_ms: int, now_ms: int) -> bool:
    """Whether scores are shown only after the window."""
    return rulebook.exam.show_score == "after_window" and now_ms < window_closes_ms


def is_secret(rulebook: Rulebook, history: History, decision: Contract | Refusal, now_ms: int) -> bool:
    """Whether the reason for a refusal would tell the score before its time."""
    closes_ms = window_of(rulebook, history.credit_year).closes_ms
    is_about_score = isinstance(decision, Refusal) and decision.reason is Reason.ALREADY_PASSED
    return is_about_score and score_is_hidden(rulebook, closes_ms, now_ms)


def ledger_of(record: EnrolmentRecord) -> tuple[LedgerLine, ...]:
    """The account of attempts: what opened places, and what used or gave them back."""
    lines = [LedgerLine(row.at_ms, OPENED_BY[OpenedBy(row.opened_by)], row.attempts) for row in record.rounds]
    lines += [
        LedgerLine(entry.at_ms, _("平台故障补偿"), entry.amount or 0)
        for entry in record.entries
        if entry.kind is EntryKind.COMPENSATE_ATTEMPTS
    ]
    for attempt in record.attempts:
        lines.append(LedgerLine(attempt.started_ms, _("参加考试（第 {no} 次）").format(no=attempt.no), -1))
        if attempt.outcome is not None and attempt.outcome.state == State.VOID:
            text = _("第 {no} 次作废，退还次数").format(no=attempt.no)
            lines.append(LedgerLine(attempt.outcome.recorded_ms, text, 1))
    lines += [
        LedgerLine(entry.at_ms, _("撤回"), -(entry.amount or 0))
        for entry in record.entries
        if entry.kind is EntryKind.UNDO and entry.round_id is not None
    ]
    return tuple(sorted(lines, key=lambda line: line.at_ms))


def conditions_of(rulebook: Rulebook, history: History, now_ms: int) -> tuple[Condition, ...]:
    """Each condition of a start with its evidence: met, not met, or not to be told yet."""
    zone = rulebook.meta.timezone
    return tuple(
        Condition(ASKED[one.condition], one.met, evidence(one, zone)) for one in examine(rulebook, history, now_ms)
    )


def helped(rulebook: Rulebook, record: EnrolmentRecord, now_ms: int) -> str:
    """What the helping act would come to, "" where nothing helps now."""
    given = sum(entry.kind is EntryKind.GRANT for entry in record.entries)
    zone = rulebook.meta.timezone
    found = prospect(rulebook, history_of(record), now_ms, given)
    return "" if found is None else supposed(found, zone, lambda refusal: refusal_told(refusal, zone).text)


def _state(decision: Contract | Refusal, history: History) -> ExamState:
    if history.running is not None:
        return ExamState.RUNNING
    if history.awaits_marking:
        return ExamState.AWAITING
    if isinstance(decision, Contract):
        return ExamState.READY
    if history.passed:
        return ExamState.PASSED
    return BLOCKED_STATES.get(decision.reason, ExamState.BLOCKED)


def _label(history: History, decision: Contract | Refusal) -> str:
    if any(round_.opened_by is OpenedBy.BACKFILL for round_ in history.rounds):
        return _("补考（上年度）")
    if isinstance(decision, Contract):
        return next(text for label, text in LABELS.items() if label.value == decision.label)
    return LABELS[next(iter(LABELS))]


def _learning(rulebook: Rulebook, history: History, shown: Round | None) -> int | None:
    if shown is None or not exam_needs_learning(rulebook, history):
        return None
    return learning_percent(rulebook, shown)


def _running(rulebook: Rulebook, record: EnrolmentRecord, sitting: Sitting | None, now_ms: int) -> Running | None:
    attempt = next((a for a in record.attempts if a.outcome is None), None)
    if attempt is None:
        return None
    closing = closing_of(rulebook, record, attempt)
    is_known = sitting is not None and sitting.word is Word.FOUND
    return Running(
        sitting_id=attempt.id,
        no=attempt.no,
        deadline_ms=closing.deadline_ms,
        left_ms=max(0, closing.deadline_ms - now_ms),
        answered=len(sitting.given) if sitting is not None and is_known else 0,
        total=sitting.items if sitting is not None and is_known else 0,
    )


def _last_text(outcome: Outcome, *, hidden: bool) -> str:
    reason = outcome.reason
    if hidden and reason in {OutcomeReason.PASS, OutcomeReason.FAIL_SCORE}:
        return _("{how}，成绩在开放时间结束后公布").format(how=how_ended(outcome.state, outcome.cause))
    if reason == OutcomeReason.PASS:
        return _("及格")
    if reason == OutcomeReason.FAIL_SCORE:
        return _("不及格")
    return OUTCOMES[OutcomeReason(reason)]


def _primary(
    decision: Contract | Refusal, enrolment_id: int, running: Running | None, last_id: int | None
) -> Act | None:
    if running is not None:
        return Act(f"/sittings/{running.sitting_id}", _("继续考试"))
    if isinstance(decision, Contract):
        return Act(f"/enrolments/{enrolment_id}/contract", _("去考试"))
    if decision.reason is Reason.ALREADY_PASSED and last_id is not None:
        return Act(f"/sittings/{last_id}/result", _("查看成绩"))
    return None


def _others(decision: Contract | Refusal, enrolment_id: int, last_id: int | None) -> tuple[Act, ...]:
    acts = []
    is_passed = isinstance(decision, Refusal) and decision.reason is Reason.ALREADY_PASSED
    if last_id is not None and not is_passed:
        acts.append(Act(f"/sittings/{last_id}/result", _("查看最近一次结果")))
    quiet = {Reason.ATTEMPT_RUNNING, Reason.ALREADY_PASSED}
    if isinstance(decision, Refusal) and decision.reason not in quiet:
        acts.append(Act(f"/enrolments/{enrolment_id}/why", _("为什么不能考")))
    return tuple(acts)


def _helping_act(refusal: Refusal, record: EnrolmentRecord, text: str) -> Act | None:
    if refusal.next is Next.RESUME:
        running = next((a for a in record.attempts if a.outcome is None), None)
        return Act(f"/sittings/{running.id}", text) if running is not None else None
    if refusal.next in {Next.BUY_CARD, Next.ACTIVATE_CARD}:
        return Act("/my", text)
    return None
