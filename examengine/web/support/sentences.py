"""The sentence of state: what is the matter with this enrolment now, in one line, and what helps.

What it says is what :func:`sittings.contract.contract_of` decides; of a running attempt it adds what the desk knows.
"""

from dataclasses import dataclass

from examengine.live import Sitting, Word
from examengine.live.silences import SILENT_MS
from examengine.records.as_rules import closing_of, history_of
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.records.words import EntryKind
from examengine.refusals import Next, Reason, Refusal
from examengine.rules.calendar import MINUTE_MS, window_of
from examengine.rules.decide import after_exhaustion
from examengine.rules.history import Closing, DeadlineReason, Label
from examengine.rules.rulebook import Rulebook
from examengine.sittings.contract import Contract, contract_of
from examengine.support.effects import left_in_all
from examengine.support.grants import may_grant
from examengine.web import times
from examengine.web.candidate.my import score_is_hidden
from examengine.web.contexts.frame import Tone
from examengine.web.messages import DEADLINE_REASONS, LABELS
from examengine.web.support.wording import NEXTS, refused_act, standing_told
from examengine.web.wording import gettext as _

EXACT_BELOW_MS = 5 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class Said:
    """The sentence, what explains it and helps, and the codes of the refusal behind it ("" where there is none)."""

    sentence: str
    tone: Tone
    why_text: str
    reason: str = ""
    next: str = ""


def said_of(
    rulebook: Rulebook,
    record: EnrolmentRecord,
    sitting: Sitting | None,
    now_ms: int,
    zone: str,
    *,
    withdrawn: bool = False,
    undecided: bool = False,
) -> Said:
    """The state of an enrolment at ``now_ms``.

    Args:
        sitting: what the desk knows of the running attempt; None: it does not answer, or none runs.
        withdrawn: the exam was taken back; nobody can start it.
        undecided: the running attempt ended while we could not hear, and waits for a person.
    """
    decision = contract_of(rulebook, record, now_ms)
    if isinstance(decision, Contract):
        if withdrawn:
            return Said(_("这场考试已经撤下，不能开始。"), "plain", "")
        return Said(_ready(decision, record, zone), "go", _ready_why(decision, zone))
    codes = decision.reason.value, decision.next.value
    running = next((a for a in record.attempts if a.outcome is None), None)
    if undecided:
        said = _("时间已到；截止前后系统有故障，是否在场待人工核实。")
        return Said(said, "wait", _("已保存的答案都在。核实以前不能开始下一次考试。"), *codes)
    if decision.reason is Reason.ATTEMPT_RUNNING and running is not None:
        sentence, tone, why = _running(rulebook, record, running, sitting, now_ms, zone)
        return Said(sentence, tone, why, *codes)
    if running is not None:
        # the window's end comes before "running" among the refusals, but the attempt may still be open
        sentence, tone, why = _running(rulebook, record, running, sitting, now_ms, zone)
        return Said(sentence, tone, f"{why}{standing_told(decision, zone)[0]}", *codes)
    sentence, tone = standing_told(decision, zone)
    if decision.reason is Reason.ALREADY_PASSED:
        sentence = _passed(rulebook, record, now_ms)
    return Said(sentence, tone, _helps(rulebook, record, decision, now_ms), *codes)


def why_no_grant(rulebook: Rulebook, record: EnrolmentRecord, refusal: Refusal, now_ms: int) -> str:
    """Why no attempts can be granted now: the refusal of the rules, with what stands behind it."""
    if refusal.reason is not Reason.GRANT_NOT_ALLOWED:
        return refused_act(refusal)
    history = history_of(record)
    left = left_in_all(rulebook, history, now_ms)
    if refusal.next is Next.RESUME:
        return _("正在考试：考完以后才能增加次数。")
    if history.passed:
        return _("已经及格，不能再增加次数。")
    if left > 0:
        return _("还有 {n} 次没有用，不能增加次数。").format(n=left)
    if not rulebook.grant.enabled:
        helps = NEXTS[after_exhaustion(rulebook, history)]
        return _("按本年度的规则，客服不能增加次数。") + helps
    if not history.rounds:
        return _("还没有取得考试资格，不能增加次数。")
    return _("按本年度的规则，最多增加 {n} 回，已经增加过了。").format(n=rulebook.grant.max_per_enrolment)


def left_told(left_ms: int) -> str:
    """``21 分钟``; seconds only when they matter."""
    if left_ms >= EXACT_BELOW_MS:
        left_ms -= left_ms % MINUTE_MS
    return times.span(left_ms)


def closing_told(closing: Closing, zone: str) -> str:
    """``14:24:12 截止（考试时长用完）``."""
    reason = DEADLINE_REASONS[DeadlineReason(closing.reason)]
    return _("{at} 截止（{reason}）").format(at=times.clock_time(closing.deadline_ms, zone), reason=reason)


def short_of(rulebook: Rulebook, record: EnrolmentRecord, now_ms: int, zone: str) -> str:
    """The state in a few words, for a list; from the record alone."""
    running = next((a for a in record.attempts if a.outcome is None), None)
    if running is not None:
        left_ms = closing_of(rulebook, record, running).deadline_ms - now_ms
        return _("正在考试，还剩 {left}").format(left=left_told(left_ms)) if left_ms > 0 else _("到时，正在收卷")
    decision = contract_of(rulebook, record, now_ms)
    if isinstance(decision, Contract):
        return _("可以考试，剩 {n} 次").format(n=decision.left)
    return standing_told(decision, zone)[0].rstrip("。")


def _ready(contract: Contract, record: EnrolmentRecord, zone: str) -> str:
    rounds = history_of(record).rounds
    expires_ms = rounds[contract.round_no - 1].expires_ms
    name = _("第 {no} 次").format(no=contract.no)
    if len(rounds) > 1:
        name = _("第 {round} 轮第 {no} 次").format(round=contract.round_no, no=contract.no)
    return _("可以考试：{name}（{label}），本轮还剩 {left} 次，{day}（含当天）前可以开始。").format(
        name=name,
        label=LABELS[Label(contract.label)],
        left=contract.left,
        day=times.last_day(min(contract.window_closes_ms, expires_ms or contract.window_closes_ms), zone),
    )


def _ready_why(contract: Contract, zone: str) -> str:
    closing = Closing(contract.deadline_ms, DeadlineReason(contract.deadline_reason))
    return _("请考生登录，点“去考试”。现在开始的话，{closing}。").format(closing=closing_told(closing, zone))


def _passed(rulebook: Rulebook, record: EnrolmentRecord, now_ms: int) -> str:
    passing = [a.outcome for a in record.attempts if a.outcome is not None and a.outcome.result == "pass"]
    score = passing[-1].score_hundredths if passing else None
    window = window_of(rulebook, record.enrolment.credit_year)
    if score is None or score_is_hidden(rulebook, window.closes_ms, now_ms):
        return _("已经及格，不需要再考。")
    return _("已经及格（{score} 分），不需要再考。").format(score=times.points(score))


def _helps(rulebook: Rulebook, record: EnrolmentRecord, decision: Refusal, now_ms: int) -> str:
    if decision.next is Next.CALL_SUPPORT and may_grant(rulebook, record, now_ms) is not None:
        return ""
    return NEXTS[decision.next]


def _running(
    rulebook: Rulebook,
    record: EnrolmentRecord,
    row: AttemptRecord,
    sitting: Sitting | None,
    now_ms: int,
    zone: str,
) -> tuple[str, Tone, str]:
    closing = closing_of(rulebook, record, row)
    left_ms = closing.deadline_ms - now_ms
    until = closing_told(closing, zone)
    if any(entry.kind is EntryKind.HAND_IN and entry.attempt_id == row.id for entry in record.entries):
        return _("已由工作人员代为交卷，正在登记结果。"), "wait", _("请稍后刷新本页。")
    if left_ms <= 0:
        return _("到时了，正在收卷。"), "wait", _("{until}。结果登记好以后，这里会更新。").format(until=until)
    left = left_told(left_ms)
    if sitting is None:
        said = _("正在考试，还剩 {left}；暂时查不到实时情况。").format(left=left)
        return said, "wait", _("{until}。请稍后刷新本页。").format(until=until)
    if sitting.word is Word.ABSENT or sitting.state == "opening":
        said = _("考试正在恢复，还剩 {left}。").format(left=left)
        return said, "wait", _("{until}。请考生留在考试页面或重新登录；答案不会丢。").format(until=until)
    if sitting.state in {"closing", "closed"}:
        return _("已经收卷，正在登记结果。"), "wait", _("请稍后刷新本页。")
    return _running_live(row, sitting, now_ms, zone, left, until)


def _running_live(
    row: AttemptRecord, sitting: Sitting, now_ms: int, zone: str, left: str, until: str
) -> tuple[str, Tone, str]:
    answered = len(sitting.given)
    seen = times.clock_time(sitting.seen_ms, zone)
    resume = _("请考生重新登录，点“继续考试”，已保存的 {n} 题都在。").format(n=answered)
    if sitting.back_by_ms is not None and sitting.left_page_ms is not None:
        said = _("{at} 离开了考试页面，{back} 前不回来按中途退出处理。").format(
            at=times.clock_time(sitting.left_page_ms, zone), back=times.clock_time(sitting.back_by_ms, zone)
        )
        return said, "bad", _("请考生马上回到考试页面。{until}。").format(until=until)
    if sitting.epoch == 0:
        said = _("第 {no} 次考试已开始，还没有打开考试页面，还剩 {left}，可继续作答。").format(no=row.no, left=left)
        return said, "run", f"{resume}{until}。"
    if now_ms - sitting.seen_ms > SILENT_MS:
        said = _("{seen} 起无信号，未交卷，还剩 {left}，可继续作答。").format(seen=seen, left=left)
        return said, "wait", f"{resume}{until}。"
    said = _("正在考第 {no} 次，已答 {n} / {total}，还剩 {left}。").format(
        no=row.no, n=answered, total=sitting.items, left=left
    )
    return said, "run", _("{seen} 有信号。{until}。").format(seen=seen, until=until)
