"""What happened, in order: facts from the record, what the journals tell, and what follows from their silences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from examengine.live import Sitting
from examengine.live.silences import SILENT_MS
from examengine.records.approvals import Approval
from examengine.records.as_rules import closing_of
from examengine.records.entries import Entry
from examengine.records.history import AttemptRecord
from examengine.records.people import Person
from examengine.records.words import CaseDecision, CaseKind, Decision, SignInOutcome
from examengine.rules.history import Closing, DeadlineReason, OpenedBy, State
from examengine.support.looking import Case, EnrolmentCase, Live
from examengine.web import times
from examengine.web.contexts.finding import TimelineRow
from examengine.web.journal_words import told_of_journal
from examengine.web.messages import OPENED_BY, how_ended
from examengine.web.support.account import attempt_name, by_text, entry_text
from examengine.web.support.asked import what_of
from examengine.web.support.sentences import closing_told
from examengine.web.support.wording import CALL_TOPICS
from examengine.web.wording import gettext as _

MAX_ROWS = 200
MAX_STORY = 1000
CASES_TOLD: Mapping[CaseKind, str] = MappingProxyType(
    {
        CaseKind.AUTO_SUBMITTED: _("截止时平台有故障，考生按在场处理，自动交卷"),
        CaseKind.UNDECIDED: _("截止时平台有故障，是否在场待人工核实"),
        CaseKind.LOST: _("找不到作答记录，待人工核实"),
        CaseKind.LEAVE_EXCUSED: _("离开考试页面期间平台有故障，不按中途退出处理"),
    }
)
DECISIONS_TOLD: Mapping[CaseDecision, str] = MappingProxyType(
    {
        CaseDecision.HAND_IN: _("核实：按已保存的答案交卷评分"),
        CaseDecision.ABSENT: _("核实：登记为到时不在场"),
    }
)
TOLD_BY_RECORD = frozenset("oz")
"""Lines of the journal that only repeat what the record tells: start, end."""
TOLD_TO_PAGE = "d"


def timeline_of(case: Case, live: Live, now_ms: int, zone: str) -> tuple[TimelineRow, ...]:
    """All that is known, the newest first; each line names its exam where the person has several."""
    rows: list[TimelineRow] = [*_signed_in(case), *_about_the_person(case)]
    for enrolment in case.enrolments:
        prefix = f"{enrolment.line.exam_title}：" if len(case.enrolments) > 1 else ""
        told = list(_recorded(enrolment, case.person, case.names))
        for row in enrolment.record.attempts:
            journal, sitting = case.journals.get(row.id), live.sittings.get(row.id)
            told += attempt_rows(enrolment, row, case, journal, sitting, now_ms, zone, entries=False)
        rows += [replace(row, text=f"{prefix}{row.text}") for row in told]
    rows.sort(key=lambda row: row.at_ms)
    return tuple(reversed(rows))


def attempt_rows(
    enrolment: EnrolmentCase,
    row: AttemptRecord,
    case: Case,
    journal: Sequence[str] | None,
    sitting: Sitting | None,
    now_ms: int,
    zone: str,
    *,
    entries: bool = True,
) -> Iterator[TimelineRow]:
    """What happened to an attempt, in no order: start and end, what its pages said, silences, outages of ours.

    Args:
        journal: of an attempt that has ended, None where it is not known.
        sitting: of one that runs, as the desk knows it.
        entries: also what staff entered about it.
    """
    yield from _attempt(enrolment, row, zone)
    if entries:
        for entry in enrolment.record.entries:
            undone = next((one for one in enrolment.record.entries if one.id == entry.undoes), None)
            if row.id in {entry.attempt_id, undone.attempt_id if undone is not None else None}:
                yield _entered(enrolment, entry, case.names)
    yield from _deaf(enrolment, row, case, zone)
    yield from _incidents(row, case, zone)
    if sitting is not None and row.outcome is None:
        yield from _heard(enrolment, row, sitting, now_ms, zone)
    else:
        yield from _journal(row, journal or (), row.outcomes[0].ended_ms if row.outcomes else 0, zone)


def _recorded(case: EnrolmentCase, person: Person, names: Mapping[int, str]) -> Iterator[TimelineRow]:
    record = case.record
    yield TimelineRow(record.enrolment.at_ms, _("报名"))
    for round_ in record.rounds:
        if round_.opened_by != OpenedBy.GRANT:
            by = OPENED_BY[OpenedBy(round_.opened_by)]
            yield TimelineRow(
                round_.at_ms, _("第 {no} 轮：{by}，{n} 次机会").format(no=round_.no, by=by, n=round_.attempts)
            )
    for report in record.learning:
        text = _("学习进度沿用 {n}%") if report.source.startswith("taken_over:") else _("学习进度 {n}%")
        yield TimelineRow(report.at_ms, text.format(n=report.percent))
    for entry in record.entries:
        yield _entered(case, entry, names)
    for asked in case.approvals:
        yield from _asked(case, person, asked, names)


def _entered(case: EnrolmentCase, entry: Entry, names: Mapping[int, str]) -> TimelineRow:
    text, change = entry_text(case.record, entry)
    return TimelineRow(entry.at_ms, f"{text} {change}".rstrip(), by_text(entry, names))


def _attempt(case: EnrolmentCase, row: AttemptRecord, zone: str) -> Iterator[TimelineRow]:
    name = attempt_name(case.record, row)
    base = Closing(row.base_deadline_ms, DeadlineReason(row.base_reason))
    yield TimelineRow(
        row.started_ms, _("开始{attempt}，{until}").format(attempt=name, until=closing_told(base, zone))
    )
    for outcome in row.outcomes:
        if outcome.no > 1 and outcome.state != State.VOID and outcome.score_hundredths is not None:
            by_key = outcome.cause.startswith("correction:")
            text = _("{attempt}成绩更正为 {n} 分（答案更正）") if by_key else _("{attempt}评分完成，{n} 分")
            told = text.format(attempt=name, n=times.points(outcome.score_hundredths))
            yield TimelineRow(outcome.recorded_ms, told)
        elif outcome.state != State.VOID:
            text = _("{attempt}结束：{how}").format(attempt=name, how=how_ended(outcome.state, outcome.cause))
            closing = Closing(outcome.deadline_ms, DeadlineReason(outcome.deadline_reason))
            until = closing_told(closing, zone) if closing != base else ""
            yield TimelineRow(
                outcome.ended_ms, _("{text}，{until}").format(text=text, until=until) if until else text
            )


def _deaf(enrolment: EnrolmentCase, row: AttemptRecord, case: Case, zone: str) -> Iterator[TimelineRow]:
    """When we could not have heard the candidate: a fact about us, whatever he did. And what was decided of it."""
    for span in case.deaf.get(row.id, ()):
        text = _("平台故障到 {until}：{span}收不到考试页面的消息").format(
            until=times.clock_time(span.until_ms, zone), span=times.span(span.until_ms - span.from_ms)
        )
        yield TimelineRow(span.from_ms, text)
    for one in enrolment.deaf_cases:
        if one.attempt_id != row.id:
            continue
        yield TimelineRow(one.at_ms, CASES_TOLD[one.kind])
        if one.decision is not None and one.decided_ms is not None:
            by = case.names.get(one.decided_by or 0, "")
            yield TimelineRow(one.decided_ms, DECISIONS_TOLD[one.decision], by)


def _incidents(row: AttemptRecord, case: Case, zone: str) -> Iterator[TimelineRow]:
    """Incidents as they were registered, and what this attempt lost by them."""
    for incident, loss in case.incidents.get(row.id, ()):
        text = _("登记的平台故障，到 {until}：{reason}").format(
            until=times.clock_time(incident.until_ms, zone), reason=incident.reason
        )
        if loss is not None and loss.lost_ms:
            text = _("{text}；本次考试少了 {span}").format(text=text, span=times.span(loss.lost_ms))
        yield TimelineRow(incident.from_ms, text)


def _about_the_person(case: Case) -> Iterator[TimelineRow]:
    """What the desk did beside the exams: calls, letting in again, what waits for a second person."""
    for call in case.calls:
        text = _("来电：{topic}").format(topic=CALL_TOPICS[call.topic])
        yield TimelineRow(call.at_ms, text, case.names.get(call.by_person, ""))
    for one in case.let_ins:
        text = _("允许重新登录，另发一次性密码") if one.new_password else _("允许重新登录")
        yield TimelineRow(one.at_ms, text, case.names.get(one.by_person, ""))
    for asked in case.approvals:
        yield from _asked(None, case.person, asked, case.names)


def _asked(
    case: EnrolmentCase | None, person: Person, asked: Approval, names: Mapping[int, str]
) -> Iterator[TimelineRow]:
    what = what_of(asked, person, case)
    yield TimelineRow(asked.asked_ms, _("申请{what}").format(what=what), names.get(asked.asked_by, ""))
    if asked.decision is Decision.REFUSED and asked.decided_ms is not None and asked.decided_by is not None:
        told = _("不批准{what}").format(what=what)
        yield TimelineRow(asked.decided_ms, told, names.get(asked.decided_by, ""))


def _heard(
    case: EnrolmentCase, row: AttemptRecord, sitting: Sitting, now_ms: int, zone: str
) -> Iterator[TimelineRow]:
    """Of a running attempt: also the last answer, and the silence that lasts."""
    yield from _journal(row, [line.decode() for line in sitting.journal], 0, zone)
    if sitting.answers:
        position, kept = max(sitting.answers.items(), key=lambda item: (item[1].at_ms, item[1].mark))
        text = _("最近一次保存：第 {no} 题，已答 {n} / {total}")
        yield TimelineRow(kept.at_ms, text.format(no=position, n=len(sitting.given), total=sitting.items))
    until_ms = min(now_ms, closing_of(case.rulebook, case.record, row).deadline_ms)
    if sitting.epoch and sitting.state == "running" and until_ms - sitting.seen_ms > SILENT_MS:
        told = _("此后 {span}没有收到考试页面的消息").format(span=times.span(until_ms - sitting.seen_ms))
        yield TimelineRow(sitting.seen_ms, told, inferred=True, href=fault_href(row.id, sitting.seen_ms))


def _journal(row: AttemptRecord, lines: Sequence[str], until_ms: int, zone: str) -> Iterator[TimelineRow]:
    for told in told_of_journal(lines, zone, until_ms):
        if told.kind in TOLD_BY_RECORD:
            continue
        yield TimelineRow(
            told.at_ms,
            told.text,
            inferred=told.inferred,
            minor=told.minor or told.kind == TOLD_TO_PAGE,
            href=fault_href(row.id, told.at_ms) if told.inferred else "",
        )


def fault_href(attempt_id: int, at_ms: int) -> str:
    """Where it is told who else fell silent then."""
    return f"/support/attempts/{attempt_id}?at={at_ms}#fault"


def _signed_in(case: Case) -> Iterator[TimelineRow]:
    """Tries to sign in; of two browsers nobody knows more than that they are not the same."""
    before = ""
    for tried in reversed(case.sign_ins):
        if tried.outcome is not SignInOutcome.SIGNED_IN:
            yield TimelineRow(tried.at_ms, _("登录没有成功：密码不对"), minor=True)
            continue
        other = bool(before) and tried.device != before
        yield TimelineRow(tried.at_ms, _("登录（与上一次不是同一个浏览器）") if other else _("登录"), minor=True)
        before = tried.device
