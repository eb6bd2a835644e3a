"""What happened, in order: facts from the record, and of a running attempt what its journal tells."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from examengine.live import Sitting
from examengine.records.approvals import Approval
from examengine.records.as_rules import closing_of
from examengine.records.history import AttemptRecord
from examengine.records.words import CaseDecision, CaseKind, Decision
from examengine.rules.history import Closing, DeadlineReason, OpenedBy, State
from examengine.support.looking import Case, EnrolmentCase, Live
from examengine.web import times
from examengine.web.contexts.support import TimelineRow
from examengine.web.journal_words import SILENT_MS, told_of_line
from examengine.web.messages import OPENED_BY, how_ended
from examengine.web.support.account import attempt_name, by_text, entry_text
from examengine.web.support.sentences import closing_told
from examengine.web.wording import gettext as _

MAX_ROWS = 200
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
TOLD_BY_RECORD = (b"o", b"d", b"z")
"""Lines of the journal that only repeat what the record tells: start, deadlines, end."""


def timeline_of(case: Case, live: Live, now_ms: int, zone: str) -> tuple[TimelineRow, ...]:
    """The newest first; each line names its exam where the person has several."""
    rows: list[TimelineRow] = []
    for enrolment in case.enrolments:
        prefix = f"{enrolment.line.exam_title}：" if len(case.enrolments) > 1 else ""
        told = (
            *_recorded(enrolment, case.names, zone),
            *_deaf(enrolment, case, zone),
            *_heard(enrolment, live, now_ms, zone),
        )
        rows += [replace(row, text=f"{prefix}{row.text}") for row in told]
    rows.sort(key=lambda row: row.at_ms)
    return tuple(rows[: -MAX_ROWS - 1 : -1])


def _recorded(case: EnrolmentCase, names: Mapping[int, str], zone: str) -> Iterator[TimelineRow]:
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
        text, change = entry_text(record, entry)
        yield TimelineRow(entry.at_ms, f"{text} {change}".rstrip(), by_text(entry, names))
    for asked in case.approvals:
        yield from _asked(case, asked, names)
    for row in record.attempts:
        yield from _attempt(case, row, zone)


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
            ended = how_ended(outcome.state, outcome.cause)
            yield TimelineRow(outcome.ended_ms, _("{attempt}结束：{how}").format(attempt=name, how=ended))


def _deaf(enrolment: EnrolmentCase, case: Case, zone: str) -> Iterator[TimelineRow]:
    """When we could not have heard the candidate: a fact about us, whatever he did. And what was decided of it."""
    for row in enrolment.record.attempts:
        for span in case.deaf.get(row.id, ()):
            text = _("平台故障到 {until}：{span}收不到考试页面的消息").format(
                until=times.clock_time(span.until_ms, zone), span=times.span(span.until_ms - span.from_ms)
            )
            yield TimelineRow(span.from_ms, text)
    for one in enrolment.deaf_cases:
        yield TimelineRow(one.at_ms, CASES_TOLD[one.kind])
        if one.decision is not None and one.decided_ms is not None:
            by = case.names.get(one.decided_by or 0, "")
            yield TimelineRow(one.decided_ms, DECISIONS_TOLD[one.decision], by)


def _asked(case: EnrolmentCase, asked: Approval, names: Mapping[int, str]) -> Iterator[TimelineRow]:
    row = next((a for a in case.record.attempts if a.id == asked.act.get("attempt_id")), None)
    if row is None:
        return
    name = attempt_name(case.record, row)
    text = _("申请作废{attempt}").format(attempt=name)
    yield TimelineRow(asked.asked_ms, text, names.get(asked.asked_by, ""))
    if asked.decision is Decision.REFUSED and asked.decided_ms is not None and asked.decided_by is not None:
        text = _("不批准作废{attempt}").format(attempt=name)
        yield TimelineRow(asked.decided_ms, text, names.get(asked.decided_by, ""))


def _heard(case: EnrolmentCase, live: Live, now_ms: int, zone: str) -> Iterator[TimelineRow]:
    """Of a running attempt: pages that took the pen, pages left and back, the last answer, and silence."""
    running = next((a for a in case.record.attempts if a.outcome is None), None)
    sitting = live.sittings.get(running.id) if running is not None else None
    if running is None or sitting is None:
        return
    yield from _journal(sitting, zone)
    if sitting.answers:
        position, kept = max(sitting.answers.items(), key=lambda item: (item[1].at_ms, item[1].mark))
        text = _("最近一次保存：第 {no} 题，已答 {n} / {total}")
        yield TimelineRow(kept.at_ms, text.format(no=position, n=len(sitting.given), total=sitting.items))
    over_ms = closing_of(case.rulebook, case.record, running).deadline_ms
    if sitting.epoch and sitting.state == "running" and min(now_ms, over_ms) - sitting.seen_ms > SILENT_MS:
        told = _("此后 {span}没有收到考试页面的消息").format(span=times.span(min(now_ms, over_ms) - sitting.seen_ms))
        yield TimelineRow(sitting.seen_ms, told, inferred=True)


def _journal(sitting: Sitting, zone: str) -> Iterator[TimelineRow]:
    for line in sitting.journal:
        told = None if line[:1] in TOLD_BY_RECORD else told_of_line(line.decode(), zone)
        if told is not None:
            yield TimelineRow(told.at_ms, told.text)
