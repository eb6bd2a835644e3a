"""Extra time for a running attempt."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.records.as_rules import closing_of
from examengine.records.words import Measure
from examengine.refusals import Refusal
from examengine.support import extra_time
from examengine.support.acts import Asked
from examengine.support.extra_time import MAX_MINUTES, TimeOrder
from examengine.support.quotas import Weight
from examengine.web import times
from examengine.web.contexts.acts import Control, Effect
from examengine.web.contexts.frame import Fact, FieldError
from examengine.web.messages import DEADLINE_REASONS
from examengine.web.support.account import attempt_name
from examengine.web.support.act import (
    Act,
    At,
    ByTwo,
    Confirmed,
    Fields,
    Subject,
    Weighed,
    at_of,
    carry_out,
    to_the_sitting,
)
from examengine.web.support.effect_words import time_effect
from examengine.web.support.finding import attempt_subject
from examengine.web.support.forms import push_now, to_person, whole_number
from examengine.web.support.wording import TIME_REASONS
from examengine.web.wording import gettext as _

PROPOSED_MINUTES = "10"


def _read(_subject: Subject, fields: Fields, _at: At) -> Weighed[int]:
    minutes = whole_number(fields.get("minutes", "") if fields else PROPOSED_MINUTES, 1, MAX_MINUTES)
    shown = PROPOSED_MINUTES if minutes is None else str(minutes)
    controls = (Control("minutes", _("补几分钟"), value=shown, low="1", high=str(MAX_MINUTES)),)
    if minutes is not None:
        return Weighed(minutes, controls)
    wrong = _("请写 1 到 {n} 的分钟数").format(n=MAX_MINUTES)
    return Weighed(None, controls, (FieldError("minutes", wrong),))


def _facts(subject: Subject, at: At) -> tuple[Fact, ...]:
    case, row = subject.case, subject.row
    closing = closing_of(case.rulebook, case.record, row)
    reason = DEADLINE_REASONS[closing.reason]
    return (
        Fact(_("考试"), attempt_name(case.record, row)),
        Fact(_("开始"), times.exact(row.started_ms, at.zone)),
        Fact(_("现在的截止时间"), times.exact(closing.deadline_ms, at.zone), reason),
    )


async def _effect(subject: Subject, minutes: int, at: At) -> Effect:
    case = subject.case
    return time_effect(case.rulebook, case.record, subject.row, minutes, at.now_ms, at.zone)


def _what(subject: Subject, minutes: int) -> str:
    name = attempt_name(subject.case.record, subject.row)
    return _("{attempt}补时 {n} 分钟").format(attempt=name, n=minutes)


async def _do(request: Request, subject: Subject, minutes: int, by: Confirmed) -> Response | Refusal | None:
    order = TimeOrder(
        attempt_id=subject.id,
        minutes=minutes,
        by_person=by.by_person,
        reason_category=by.reason_category,
        reason=by.reason,
        ticket=by.ticket,
        nonce=by.nonce,
    )
    known = any(entry.source == order.source for entry in subject.case.record.entries)
    if not known and not (await _effect(subject, minutes, at_of(request))).allowed:
        return None
    added = await carry_out(request, extra_time.KIND, order)
    if isinstance(added, Refusal):
        return added
    if isinstance(added, Asked):
        return to_person(subject.person.id, "asked")
    return to_person(subject.person.id, "extended" if await push_now(request) else "extended_later")


ACT = Act(
    slug=extra_time.KIND.slug,
    path="/support/attempts/{id}/extra-time",
    title=_("补时"),
    english="Extra time",
    lead=_("考生不用退出，考试页面会自动换成新的截止时间。"),
    button=_("补时"),
    refused=_("没有补时"),
    reasons=TIME_REASONS,
    facts_title=_("正在进行的考试"),
    find=attempt_subject,
    read=_read,
    facts=_facts,
    effect=_effect,
    do=_do,
    weight=lambda minutes: Weight(Measure.MINUTES, minutes),
    by_two=ByTwo(extra_time.KIND, lambda order: order.minutes, _what, to_the_sitting),
)
