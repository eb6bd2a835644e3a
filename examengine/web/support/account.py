"""Rounds, attempts and the ledger of one enrolment as the person's page shows them. Nothing here is stored."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from examengine.enrolment.accommodations import CATEGORY, is_for_breaks
from examengine.live import Sitting
from examengine.records.as_rules import closing_of, history_of
from examengine.records.entries import Entry
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.records.outcomes import Outcome
from examengine.records.words import EntryKind
from examengine.rules.calendar import window_of
from examengine.rules.closing import uses_place
from examengine.rules.decide import allowed, exam_needs_learning, label_of, learning_percent, left, used
from examengine.rules.history import Attempt, OpenedBy, OutcomeReason, Round, State
from examengine.rules.rulebook import Rulebook
from examengine.support.looking import EnrolmentCase
from examengine.support.undo import may_undo
from examengine.web import times
from examengine.web.candidate.my import score_is_hidden
from examengine.web.contexts.support import AttemptRow, LedgerEntry, RoundBlock
from examengine.web.messages import HOW_ENDED, LABELS, OPENED_BY, STATE_TONES, how_ended
from examengine.web.support.wording import CATEGORIES, CAUSES, OUTCOMES
from examengine.web.wording import gettext as _

MINUS = "−"


def round_blocks(
    case: EnrolmentCase,
    sittings: Mapping[int, Sitting],
    answered: Mapping[int, int],
    names: Mapping[int, str],
    now_ms: int,
    *,
    own: bool,
) -> tuple[RoundBlock, ...]:
    """Every round with its attempts.

    Args:
        sittings: live sittings by attempt, as far as the desk knows them.
        own: the person who looks is the candidate, and may ask for nothing.
    """
    record, rulebook = case.record, case.rulebook
    history = history_of(record)
    rows: dict[int, list[AttemptRow]] = {}
    for attempt in record.attempts:
        row = attempt_row(
            case, attempt, sittings.get(attempt.id), answered.get(attempt.id, 0), names, now_ms, own=own
        )
        rows.setdefault(attempt.round_id, []).append(row)
    learns = exam_needs_learning(rulebook, history)
    return tuple(
        RoundBlock(
            no=round_.no,
            opened_text=OPENED_BY[round_.opened_by],
            opened_ms=round_.opened_ms,
            allowed=allowed(rulebook, round_, now_ms),
            used=used(rulebook, round_),
            learning_percent=learning_percent(rulebook, round_) if learns else None,
            attempts=tuple(rows.get(recorded.id, ())),
            left=left(rulebook, round_, now_ms),
            expires_ms=round_.expires_ms,
        )
        for recorded, round_ in zip(record.rounds, history.rounds, strict=True)
    )


def attempt_row(
    case: EnrolmentCase,
    row: AttemptRecord,
    sitting: Sitting | None,
    answered: int,
    names: Mapping[int, str],
    now_ms: int,
    *,
    own: bool,
) -> AttemptRow:
    """One attempt."""
    record, rulebook = case.record, case.rulebook
    closing = closing_of(rulebook, record, row)
    outcome = row.outcome
    state = State(outcome.state) if outcome is not None else State.RUNNING
    waits = void_waits(case, row)
    scored = outcome is not None and outcome.score_hundredths is not None
    window = window_of(rulebook, record.enrolment.credit_year)
    hidden = scored and score_is_hidden(rulebook, window.closes_ms, now_ms)
    sections = rulebook.exam.paper.sections().values()
    round_ = _round_of(record, row)
    return AttemptRow(
        attempt_id=row.id,
        no=row.no,
        label=LABELS[label_of(rulebook, round_, row.no)],
        state_text=HOW_ENDED[state] if outcome is None else how_ended(outcome.state, outcome.cause),
        tone="good" if outcome is not None and outcome.result == "pass" and not hidden else STATE_TONES[state],
        started_ms=row.started_ms,
        deadline_ms=closing.deadline_ms,
        deadline_reason=closing.reason.value,
        ended_ms=outcome.ended_ms if outcome is not None else None,
        score_hundredths=outcome.score_hundredths if outcome is not None and not hidden else None,
        answered=len(sitting.given) if outcome is None and sitting is not None else answered,
        total=sum(section.count for section in sections),
        why="" if outcome is None or hidden else _why(record, outcome, names),
        can_void=not (own or waits or state is State.VOID),
        waiting=waits,
        score_hidden=hidden,
    )


def ledger_of(case: EnrolmentCase, names: Mapping[int, str], now_ms: int, *, own: bool) -> tuple[LedgerEntry, ...]:
    """The account of attempts and time: what opened places, used them, gave them back or let them lapse.

    The attempts on it always add up to what is left.
    """
    lines = (
        *_opened(case.record, now_ms, case.rulebook),
        *_sat(case.record, case.rulebook),
        *_entered(case, names, now_ms, own=own),
    )
    return tuple(sorted(lines, key=lambda line: line.at_ms))


def times_text(change: int) -> str:
    """``+1 次`` or ``−1 次``."""
    return _("{sign}{n} 次").format(sign="+" if change > 0 else MINUS, n=abs(change))


def reason_told(entry: Entry) -> str:
    """Category and words of an entry; one that carries an accommodation names it."""
    if entry.reason_category == CATEGORY:
        return _("合理便利第 {n} 号").format(n=entry.reason.rpartition(":")[2])
    category = CATEGORIES.get(entry.reason_category, entry.reason_category)
    return _("{category}：{reason}").format(category=category, reason=entry.reason)


def entry_text(record: EnrolmentRecord, entry: Entry) -> tuple[str, str]:
    """What an entry says, and what it changes as it is written in the ledger."""
    attempt = _attempt_named(record, entry.attempt_id)
    amount = entry.amount or 0
    match entry.kind:
        case EntryKind.GRANT:
            return _("客服增加"), times_text(amount)
        case EntryKind.COMPENSATE_ATTEMPTS:
            return _("平台故障补偿次数"), times_text(amount)
        case EntryKind.EXTRA_TIME:
            return _("补时，{attempt}").format(attempt=attempt), _("+{n} 分钟").format(n=amount)
        case EntryKind.COMPENSATE_MINUTES:
            return _("平台故障补时，{attempt}").format(attempt=attempt), _("+{n} 分钟").format(n=amount)
        case EntryKind.ACCOMMODATE_MINUTES:
            told = _("合理便利：每次考试加休息") if is_for_breaks(entry) else _("合理便利：每次考试延长")
            return told, _("+{n} 分钟").format(n=amount)
        case EntryKind.ACCOMMODATE_PERCENT:
            return _("合理便利：每次考试延长"), f"+{amount}%"
        case EntryKind.VOID:
            return _("{attempt}作废").format(attempt=attempt), ""
        case EntryKind.RESCORE:
            return _("{attempt}更正成绩").format(attempt=attempt), ""
        case EntryKind.HAND_IN:
            return _("代为交卷，{attempt}").format(attempt=attempt), ""
        case EntryKind.UNDO:
            undone = next(e for e in record.entries if e.id == entry.undoes)
            text, change = entry_text(record, undone)
            taken = times_text(-amount) if entry.round_id is not None else change.replace("+", MINUS)
            return _("撤回：{text}").format(text=text), taken


def attempt_name(record: EnrolmentRecord, row: AttemptRecord) -> str:
    """``第 2 次考试``, with its round where there are several."""
    if len(record.rounds) == 1:
        return _("第 {no} 次考试").format(no=row.no)
    return _("第 {round} 轮第 {no} 次考试").format(round=_round_no(record, row.round_id), no=row.no)


def by_text(entry: Entry, names: Mapping[int, str]) -> str:
    """Who made an entry, and who approved it."""
    by = names.get(entry.by_person, "")
    if entry.second_person is None:
        return by
    return _("{by}，{second} 批准").format(by=by, second=names.get(entry.second_person, ""))


def void_waits(case: EnrolmentCase, row: AttemptRecord) -> bool:
    """Whether a request to void the attempt waits for a second person."""
    return any(
        a.decision is None and a.act["act"] == "void" and a.act["attempt_id"] == row.id for a in case.approvals
    )


def _opened(record: EnrolmentRecord, now_ms: int, rulebook: Rulebook) -> Iterator[LedgerEntry]:
    for row, round_ in zip(record.rounds, history_of(record).rounds, strict=True):
        if round_.opened_by is not OpenedBy.GRANT:
            text = _("第 {no} 轮：{by}").format(no=row.no, by=OPENED_BY[round_.opened_by])
            yield LedgerEntry(row.at_ms, text, times_text(row.attempts))
        lapsed = round_.places - allowed(rulebook, round_, now_ms)
        if lapsed > 0 and round_.expires_ms is not None:
            text = _("第 {no} 轮有效期已过，没有用的作废").format(no=row.no)
            yield LedgerEntry(round_.expires_ms, text, times_text(-lapsed))


def _sat(record: EnrolmentRecord, rulebook: Rulebook) -> Iterator[LedgerEntry]:
    voiding = {entry.attempt_id for entry in record.entries if entry.kind is EntryKind.VOID}
    for row in record.attempts:
        name = attempt_name(record, row)
        yield LedgerEntry(row.started_ms, _("参加{attempt}").format(attempt=name), times_text(-1))
        if row.outcome is None or (row.id in voiding and _took_place(record, rulebook, row)):
            continue  # the entry of the void gives the place back
        if not uses_place(rulebook, _attempt_of(record, row)):
            text = _("{attempt}按规则不占次数").format(attempt=name)
            yield LedgerEntry(row.outcomes[0].ended_ms, text, times_text(1))


def _entered(case: EnrolmentCase, names: Mapping[int, str], now_ms: int, *, own: bool) -> Iterator[LedgerEntry]:
    record = case.record
    for entry in record.entries:
        text, change = entry_text(record, entry)
        if entry.kind is EntryKind.GRANT:
            text = _("第 {no} 轮：客服增加").format(no=_round_no(record, entry.round_id))
            if entry.expires_ms is not None:
                day = times.last_day(entry.expires_ms, case.rulebook.meta.timezone)
                text = _("{text}，有效期至 {day}").format(text=text, day=day)
        if entry.kind is EntryKind.VOID:
            row = next(a for a in record.attempts if a.id == entry.attempt_id)
            change = times_text(1) if _took_place(record, case.rulebook, row) else ""
        undoable = not own and may_undo(case.rulebook, record, entry, now_ms) is None
        yield LedgerEntry(
            at_ms=entry.at_ms,
            text=text,
            change=change,
            by=by_text(entry, names),
            why=reason_told(entry),
            ticket=entry.ticket,
            undone=entry.id in record.undone,
            undo_href=f"/support/entries/{entry.id}/undo" if undoable else "",
        )


def _took_place(record: EnrolmentRecord, rulebook: Rulebook, row: AttemptRecord) -> bool:
    """Whether a voided attempt took a place until it was voided."""
    before = [outcome for outcome in row.outcomes if outcome.state != State.VOID]
    if not before:
        return True
    until = replace(row, outcomes=(before[-1],))
    attempts = tuple(until if a.id == row.id else a for a in record.attempts)
    return uses_place(rulebook, _attempt_of(replace(record, attempts=attempts), until))


def _why(record: EnrolmentRecord, outcome: Outcome, names: Mapping[int, str]) -> str:
    reason = OutcomeReason(outcome.reason)
    if reason is OutcomeReason.VOID:
        entry = next((e for e in record.entries if outcome.cause == f"entry:{e.id}"), None)
        if entry is None:
            return OUTCOMES[reason]
        return _("{reason}（{by}）").format(reason=reason_told(entry), by=by_text(entry, names))
    cause = CAUSES.get(outcome.cause, "") if reason is OutcomeReason.FAIL_FORCED_EXIT else ""
    return _("{cause}，{text}").format(cause=cause, text=OUTCOMES[reason]) if cause else OUTCOMES[reason]


def _round_of(record: EnrolmentRecord, row: AttemptRecord) -> Round:
    return history_of(record).rounds[_round_no(record, row.round_id) - 1]


def _attempt_of(record: EnrolmentRecord, row: AttemptRecord) -> Attempt:
    return next(a for a in _round_of(record, row).attempts if a.no == row.no)


def _round_no(record: EnrolmentRecord, round_id: int | None) -> int:
    return next(r.no for r in record.rounds if r.id == round_id)


def _attempt_named(record: EnrolmentRecord, attempt_id: int | None) -> str:
    row = next((a for a in record.attempts if a.id == attempt_id), None)
    return attempt_name(record, row) if row is not None else ""
