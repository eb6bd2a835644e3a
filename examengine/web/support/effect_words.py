"""What an act would come to, in words, before it is confirmed."""

from examengine.live import Sitting
from examengine.records.as_rules import closing_of
from examengine.records.entries import Entry
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.refusals import Reason, Refusal
from examengine.rules.history import State
from examengine.rules.rulebook import Rulebook
from examengine.support import effects
from examengine.support.effects import Effect
from examengine.support.extra_time import still_runs
from examengine.support.grants import may_grant
from examengine.support.undo import OF_ATTEMPTS, unused
from examengine.web import times
from examengine.web.contexts.acts import Effect as Shown
from examengine.web.messages import DEADLINE_REASONS
from examengine.web.support.sentences import closing_told, why_no_grant
from examengine.web.support.wording import standing_told
from examengine.web.wording import gettext as _


def grant_effect(
    rulebook: Rulebook, record: EnrolmentRecord, attempts: int, expires_ms: int | None, now_ms: int, zone: str
) -> Shown:
    """What a grant would come to, or why it is refused."""
    refusal = may_grant(rulebook, record, now_ms)
    if refusal is not None:
        return Shown(False, (why_no_grant(rulebook, record, refusal, now_ms),))
    effect = effects.of_grant(rulebook, record, now_ms, attempts, expires_ms)
    ends_ms = expires_ms if expires_ms is not None else effects.window_closes_ms(rulebook, record)
    text = _("增加后：可于 {day}（含当天）前再考 {n} 次，{then}").format(
        day=times.last_day(ends_ms, zone), n=attempts, then=_then(effect, zone)
    )
    counts = _("剩余次数 {before} → {after}").format(before=effect.left_before, after=effect.left_after)
    return Shown(True, (text, counts))


def time_effect(
    rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord, minutes: int, now_ms: int, zone: str
) -> Shown:
    """What extra time would come to. What the window's end takes away is said, never silent."""
    if not still_runs(rulebook, record, row, now_ms):
        return Shown(False, (_("这次考试已经结束，不能补时。需要时可以申请作废，退还这次机会。"),))
    moved = effects.deadline_with(rulebook, record, row, minutes)
    gained_ms = moved.after.deadline_ms - moved.before.deadline_ms
    closes = times.moment(effects.window_closes_ms(rulebook, record), zone)
    if gained_ms <= 0:
        told = _("考试开放期到 {at} 结束，截止时间已经是那一刻，补时不起作用。").format(at=closes)
        return Shown(False, (told,))
    if moved.missing_ms > 0:
        told = _("考试开放期到 {at} 结束，只能补到那时：实际多 {gained}，少 {missing}。").format(
            at=closes, gained=times.span(gained_ms), missing=times.span(moved.missing_ms)
        )
    else:
        told = _("补 {n} 分钟，{until}。").format(n=minutes, until=closing_told(moved.after, zone))
        if moved.after.deadline_ms > effects.window_closes_ms(rulebook, record):
            told += _("这已超过考试开放期（到 {at}），按本年度的规则允许考完。").format(at=closes)
    if moved.after.deadline_ms <= now_ms:
        return Shown(False, (_("考试已经到时，补的时间不够回到现在，请多补几分钟。"),))
    change = _("截止 {before} → {after}（{reason}）").format(
        before=times.clock_time(moved.before.deadline_ms, zone),
        after=times.clock_time(moved.after.deadline_ms, zone),
        reason=DEADLINE_REASONS[moved.after.reason],
    )
    return Shown(True, (told, change))


def hand_in_effects(sitting: Sitting | None) -> tuple[str, ...]:
    """What handing a running attempt in would come to, line by line.

    Args:
        sitting: what the desk knows; None: it does not answer.
    """
    return (
        *_given(sitting),
        _("考试马上结束，考生不能继续作答；他的页面会显示由工作人员代为交卷。"),
        _("这次机会照常计入次数，和本人交卷一样。"),
    )


def case_hand_in_effects(sitting: Sitting | None) -> tuple[str, ...]:
    """What handing in would come to where we could not hear at the deadline."""
    return (*_given(sitting), _("登记为到时自动交卷，以截止时间为交卷时间。"))


def absent_effects(
    rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord, now_ms: int, zone: str
) -> tuple[str, ...]:
    """What registering the candidate as absent would come to, by the rules."""
    effect, outcome = effects.of_absence(rulebook, record, row, now_ms)
    if outcome.state is State.AUTO_SUBMITTED:
        told = _("按本年度的规则，不在场的也按已保存的答案评分。")
    else:
        told = _("按规定无成绩，登记为不及格；已保存的答案留存，不评分。")
    counts = _("剩余次数 {before} → {after}。").format(before=effect.left_before, after=effect.left_after)
    return (told, counts + _afterwards(effect, zone))


def _given(sitting: Sitting | None) -> tuple[str, ...]:
    if sitting is None:
        return (_("现在读不到答题情况；将按已保存的答案评分。"),)
    answered, total = len(sitting.given), sitting.items
    told = _("已答 {n} / {total} 题，将按现有答案评分。").format(n=answered, total=total)
    return (told,) if answered == total else (told, _("没有答的 {n} 题不得分。").format(n=total - answered))


def void_effects(
    rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord, now_ms: int, zone: str
) -> tuple[str, ...]:
    """What a void would come to, line by line."""
    lines = []
    outcome = row.outcome
    if outcome is None:
        lines.append(_("考试马上停止，考生的页面会显示已作废；答案不评分。"))
    elif outcome.result == "pass":
        lines.append(_("这次的及格成绩不再有效。"))
    elif outcome.score_hundredths is not None:
        lines.append(_("这次的成绩不再有效。"))
    effect = effects.of_void(rulebook, record, row, now_ms)
    if effects.gives_place_back(rulebook, record, row):
        lines.append(_("这次机会退还到原来那一轮，编号不再使用。"))
    else:
        lines.append(_("这次本来就不占次数，剩余次数不变。"))
    counts = _("剩余次数 {before} → {after}。").format(before=effect.left_before, after=effect.left_after)
    return (*lines, counts + _afterwards(effect, zone))


def undo_effects(
    rulebook: Rulebook, record: EnrolmentRecord, entry: Entry, now_ms: int, zone: str
) -> tuple[str, ...]:
    """What taking an entry back would come to, line by line."""
    if entry.kind in OF_ATTEMPTS:
        taken = unused(rulebook, record, entry)
        effect = effects.of_undo(rulebook, record, entry, taken, now_ms)
        lines = [_("收回 {n} 次机会。").format(n=taken)]
        if taken < (entry.amount or 0):
            lines.append(_("考生已经用了其中 {n} 次，那些不变。").format(n=(entry.amount or 0) - taken))
        counts = _("剩余次数 {before} → {after}。").format(before=effect.left_before, after=effect.left_after)
        return (*lines, counts + _afterwards(effect, zone))
    row = next(a for a in record.attempts if a.id == entry.attempt_id)
    moved = effects.deadline_without(rulebook, record, row, entry)
    told = _("截止时间改回 {until}，原来是 {before}。").format(
        until=closing_told(moved.after, zone),
        before=times.clock_time(closing_of(rulebook, record, row).deadline_ms, zone),
    )
    if moved.after.deadline_ms <= now_ms:
        return (told, _("这个时间已经过了：撤回以后马上收卷，已保存的答案照常评分。"))
    return (told, _("考生的考试页面会自动换成新的截止时间。"))


def _then(effect: Effect, zone: str) -> str:
    """What stands between the grant and a start."""
    decision = effect.decision
    if not isinstance(decision, Refusal):
        return _("现在就可以开始；现在开始的话，{until}。").format(until=closing_told(decision.closing, zone))
    percent, until_ms = decision.facts.get("percent"), decision.facts.get("until_ms")
    if decision.reason is Reason.LEARNING_INCOMPLETE and percent is not None:
        return _("需先完成学习（现在 {n}%）。").format(n=percent)
    if decision.reason is Reason.WAIT_BETWEEN_ATTEMPTS and isinstance(until_ms, int):
        return _("{at} 起可以开始。").format(at=times.moment(until_ms, zone))
    return _("但仍然不能开始：{why}").format(why=standing_told(decision, zone)[0])


def _afterwards(effect: Effect, zone: str) -> str:
    if isinstance(effect.decision, Refusal):
        return standing_told(effect.decision, zone)[0]
    return _("考生可以考试。")
