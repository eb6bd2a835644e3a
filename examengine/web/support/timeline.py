"""What happened, in order: facts from the record, and of a running attempt what its journal tells."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from examengine.live import Sitting
from examengine.records.approvals import Approval
from examengine.records.as_rules import closing_of
from examengine.records.history import AttemptRecord
from examengine.records.words import Decision
from examengine.rules.history import Closing, DeadlineReason, OpenedBy, State
from examengine.support.looking import Case, EnrolmentCase, Live
from examengine.web import times
from examengine.web.contexts.support import TimelineRow
from examengine.web.messages import HOW_ENDED, OPENED_BY
from examengine.web.support.account import attempt_name, by_text, entry_text
from examengine.web.support.sentences import SILENT_MS, closing_told
from examengine.web.wording import gettext as _

MAX_ROWS = 200


def timeline_of(case: Case, live: Live, now_ms: int, zone: str) -> tuple[TimelineRow, ...]:
    """The newest first; each line names its exam where the person has several."""
    rows: list[TimelineRow] = []
    for enrolment in case.enrolments:
        prefix = f"{enrolment.line.exam_title}：" if len(case.enrolments) > 1 else ""
        told = (*_recorded(enrolment, case.names, zone), *_heard(enrolment, live, now_ms))
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
        if outcome.state != State.VOID:
            ended = HOW_ENDED[State(outcome.state)]
            yield TimelineRow(outcome.ended_ms, _("{attempt}结束：{how}").format(attempt=name, how=ended))


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


def _heard(case: EnrolmentCase, live: Live, now_ms: int) -> Iterator[TimelineRow]:
    """Of a running attempt: pages that took the pen, pages left and back, the last answer, and silence."""
    running = next((a for a in case.record.attempts if a.outcome is None), None)
    sitting = live.sittings.get(running.id) if running is not None else None
    if running is None or sitting is None:
        return
    yield from _journal(sitting)
    if sitting.answers:
        position, kept = max(sitting.answers.items(), key=lambda item: (item[1].at_ms, item[1].mark))
        text = _("最近一次保存：第 {no} 题，已答 {n} / {total}")
        yield TimelineRow(kept.at_ms, text.format(no=position, n=len(sitting.given), total=sitting.items))
    over_ms = closing_of(case.rulebook, case.record, running).deadline_ms
    if sitting.epoch and sitting.state == "running" and min(now_ms, over_ms) - sitting.seen_ms > SILENT_MS:
        told = _("此后 {span}没有收到考试页面的消息").format(span=times.span(min(now_ms, over_ms) - sitting.seen_ms))
        yield TimelineRow(sitting.seen_ms, told, inferred=True)


def _journal(sitting: Sitting) -> Iterator[TimelineRow]:
    texts = {
        b"l": _("离开考试页面"),
        b"b": _("回到考试页面"),
        b"v": _("考试窗口失去焦点"),
        b"k": _("截止以后还想交卷"),
    }
    for line in sitting.journal:
        kind, at, *rest = line.split(b" ")
        if kind == b"c":
            opened = _("打开考试页面") if rest[0] == b"1" else _("在另一个页面继续考试")
            yield TimelineRow(int(at), opened)
        elif kind in texts:
            yield TimelineRow(int(at), texts[kind])
