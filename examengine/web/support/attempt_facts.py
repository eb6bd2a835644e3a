"""The attempt that an act or a decision is about, as asker and approver see it."""

from examengine.records.as_rules import closing_of
from examengine.records.history import AttemptRecord, EnrolmentRecord
from examengine.rules.calendar import window_of
from examengine.rules.rulebook import Rulebook
from examengine.support.looking import EnrolmentCase
from examengine.web import times
from examengine.web.candidate.my import score_is_hidden
from examengine.web.contexts.frame import Fact
from examengine.web.messages import DEADLINE_REASONS, how_ended
from examengine.web.support.account import attempt_name
from examengine.web.wording import gettext as _


def attempt_facts(case: EnrolmentCase, row: AttemptRecord, now_ms: int, zone: str) -> tuple[Fact, ...]:
    """Exam, start, end, state and score of an attempt of a case."""
    return facts_of(case.line.exam_title, case.rulebook, case.record, row, now_ms, zone)


def facts_of(
    title: str, rulebook: Rulebook, record: EnrolmentRecord, row: AttemptRecord, now_ms: int, zone: str
) -> tuple[Fact, ...]:
    """The same, of what was recorded of an enrolment."""
    outcome, closing = row.outcome, closing_of(rulebook, record, row)
    exam = _("{year} 年度 {title}").format(year=record.enrolment.credit_year, title=title)
    facts = [
        Fact(_("考试"), exam, attempt_name(record, row)),
        Fact(_("开始"), times.exact(row.started_ms, zone)),
    ]
    if outcome is None:
        until = times.exact(closing.deadline_ms, zone)
        return (*facts, Fact(_("状态"), _("正在考试"), _("{at} 截止").format(at=until)))
    hidden = score_is_hidden(rulebook, window_of(rulebook, record.enrolment.credit_year).closes_ms, now_ms)
    facts.append(Fact(_("截止"), times.exact(closing.deadline_ms, zone), DEADLINE_REASONS[closing.reason]))
    facts.append(Fact(_("状态"), how_ended(outcome.state, outcome.cause), times.exact(outcome.ended_ms, zone)))
    if outcome.score_hundredths is None:
        score = _("无成绩")
    elif hidden:
        score = _("未公布")
    else:
        passed = _("及格") if outcome.result == "pass" else _("不及格")
        score = _("{n} 分，{passed}").format(n=times.points(outcome.score_hundredths), passed=passed)
    return (*facts, Fact(_("成绩"), score))
