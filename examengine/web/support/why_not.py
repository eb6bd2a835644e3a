"""Why a start is refused, condition by condition, and what the desk can do about it (C3)."""

from examengine.records.as_rules import closing_of, history_of
from examengine.records.history import EnrolmentRecord
from examengine.records.words import EntryKind
from examengine.refusals import Next, Refusal
from examengine.rules.conditions import Condition, Examined
from examengine.rules.decide import examine
from examengine.rules.prospects import prospect
from examengine.rules.rulebook import Rulebook
from examengine.support.grants import may_grant
from examengine.web import times
from examengine.web.conditions import ASKED, evidence, supposed
from examengine.web.contexts.finding import ConditionRow
from examengine.web.contexts.frame import Act
from examengine.web.support.sentences import why_no_grant
from examengine.web.support.wording import NEXTS, standing_told
from examengine.web.wording import gettext as _


def condition_rows(
    rulebook: Rulebook, record: EnrolmentRecord, now_ms: int, zone: str, *, may_act: bool
) -> tuple[ConditionRow, ...]:
    """Every condition with its evidence; of those not met, the one act that would mend it."""
    rows = []
    for one in examine(rulebook, history_of(record), now_ms):
        helps, act = _mended(rulebook, record, one.refusal, now_ms, may_act=may_act) if one.refusal else ("", None)
        shown = _evidence(rulebook, record, one, zone)
        rows.append(ConditionRow(ASKED[one.condition], one.met, shown, helps, act))
    return tuple(rows)


def what_if(rulebook: Rulebook, record: EnrolmentRecord, now_ms: int, zone: str) -> str:
    """What the helping act would come to, "" where a start is allowed or nothing helps now."""
    given = sum(entry.kind is EntryKind.GRANT for entry in record.entries)
    found = prospect(rulebook, history_of(record), now_ms, given)
    return "" if found is None else supposed(found, zone, lambda refusal: standing_told(refusal, zone)[0])


def _evidence(rulebook: Rulebook, record: EnrolmentRecord, one: Examined, zone: str) -> str:
    running = next((row for row in record.attempts if row.outcome is None), None)
    if one.condition is Condition.NONE_RUNNING and running is not None:
        closing = closing_of(rulebook, record, running)
        until = times.exact(closing.deadline_ms, zone)
        return _("第 {no} 次，{at} 截止").format(no=running.no, at=until)
    if one.condition is Condition.ENROLLED:
        return times.exact(record.enrolment.at_ms, zone)
    if one.condition is Condition.NOT_PASSED and one.refusal is not None:
        passed = next((a for a in record.attempts if a.outcome is not None and a.outcome.result == "pass"), None)
        return "" if passed is None else _("第 {no} 次及格").format(no=passed.no)
    return evidence(one, zone)


def _mended(
    rulebook: Rulebook, record: EnrolmentRecord, refusal: Refusal, now_ms: int, *, may_act: bool
) -> tuple[str, Act | None]:
    if refusal.next is not Next.CALL_SUPPORT:
        return NEXTS[refusal.next], None
    barred = may_grant(rulebook, record, now_ms)
    if barred is not None:
        return why_no_grant(rulebook, record, barred, now_ms), None
    href = f"/support/enrolments/{record.enrolment.id}/grant"
    return ("", Act(href, _("增加考试次数"))) if may_act else (NEXTS[refusal.next], None)
