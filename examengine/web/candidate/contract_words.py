"""What a candidate agrees to before the start, written from the rulebook that will be enforced."""

from examengine.papers.blueprint import KIND_OF
from examengine.rules.rulebook import EndPolicy, ForcedExitDetection, PaperRules, Rulebook
from examengine.web import messages
from examengine.web.contexts.frame import Fact
from examengine.web.wording import gettext as _


def paper_facts(paper: PaperRules) -> tuple[Fact, ...]:
    """How many items of which kind for how many points."""
    return tuple(
        Fact(
            messages.KINDS[KIND_OF[key].value],
            _("{count} 题，每题 {points} 分").format(count=part.count, points=_plain(part.points)),
        )
        for key, part in paper.sections().items()
        if part.count
    )


def rules_told(rulebook: Rulebook) -> tuple[str, ...]:
    """One sentence a rule, in the order in which a candidate meets them (S2014-50…54)."""
    exam = rulebook.exam
    told = [_("点击“开始考试”即用掉一次机会，考试时间开始计算。")]
    interruption, exit_, timeout = exam.interruption, exam.forced_exit, exam.timeout
    if interruption.resume:
        times = _("，最多 {n} 次").format(n=interruption.max_returns) if interruption.max_returns else ""
        told.append(
            _("断线、死机或关闭页面后，可以在截止前重新登录继续作答{times}，已保存的答案都在。").format(times=times)
        )
    else:
        told.append(_("考试中断后不能再继续，请确认网络稳定再开始。"))
    if not interruption.clock_stops:
        told.append(_("中途离开不停表，剩余时间继续计算。"))
    if timeout.connected == "auto_submit":
        told.append(_("时间到时您仍在考试页面的，系统自动交卷并按已保存的答案评分。"))
    else:
        told.append(_("请在截止前交卷；到时没有交卷的，本次无成绩，登记为不及格。"))
    if interruption.unresumed == "no_score_fail":
        told.append(_("离开后直到截止也没有回来的，本次无成绩，登记为不及格，这次机会已用掉。"))
    else:
        told.append(_("离开后直到截止也没有回来的，按已保存的答案评分。"))
    told.append(_("确认“放弃考试”的，本次登记为不及格，不能再继续。"))
    if exit_.detect is ForcedExitDetection.PAGE_LEAVE:
        told.append(_("离开考试页面超过 {n} 秒没有回来的，按中途退出处理。").format(n=exit_.page_leave_grace_seconds))
    if exit_.detect is ForcedExitDetection.FOCUS_LOSS:
        told.append(_("切换到其他窗口超过 {n} 次的，按中途退出处理。").format(n=exit_.focus_loss_limit))
    if exam.min_minutes_before_submit:
        told.append(_("开考 {n} 分钟后才可以交卷。").format(n=exam.min_minutes_before_submit))
    if rulebook.window.end_policy is EndPolicy.TRUNCATE:
        told.append(_("考试开放期结束时，没有交的卷同时截止。"))
    return tuple(told)


def undertaking() -> tuple[str, ...]:
    """The undertaking of honesty that the checkbox accepts."""
    return (
        _("我本人参加考试，不由他人代考，也不代他人考试。"),
        _("我独立作答，不传播试题和答案。"),
        _("我知道违反承诺的成绩无效。"),
    )


def _plain(points: object) -> str:
    text = str(points)
    return text.rstrip("0").rstrip(".") if "." in text else text
