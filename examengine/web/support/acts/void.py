"""Asking for a void. Nothing changes until a second person has approved it (A-15)."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.refusals import Reason, Refusal
from examengine.rules.history import State
from examengine.support import voids
from examengine.support.acts import Asked
from examengine.support.quotas import Why
from examengine.support.voids import VoidOrder
from examengine.web.contexts.acts import Effect
from examengine.web.support.account import attempt_name, void_waits
from examengine.web.support.act import (
    Act,
    At,
    ByTwo,
    Confirmed,
    Fields,
    NoAmounts,
    Subject,
    Weighed,
    carry_out,
    to_the_sitting,
)
from examengine.web.support.attempt_facts import attempt_facts
from examengine.web.support.effect_words import void_effects
from examengine.web.support.finding import attempt_subject
from examengine.web.support.forms import to_person
from examengine.web.support.wording import VOID_REASONS, WHY_SECOND
from examengine.web.wording import gettext as _


async def _find(request: Request, attempt_id: int) -> Subject | Response:
    found = await attempt_subject(request, attempt_id)
    if isinstance(found, Response) or request.method == "POST":
        return found
    told = _settled(found)
    return to_person(found.person.id, told) if told else found


def _settled(subject: Subject) -> str:
    """Where there is nothing to ask for any more: what to say instead."""
    outcome = subject.row.outcome
    if outcome is not None and outcome.state == State.VOID:
        return "voided"
    return "asked_before" if void_waits(subject.case, subject.row) else ""


def _read(subject: Subject, _fields: Fields, _at: At) -> Weighed[NoAmounts]:
    outcome = subject.row.outcome
    return Weighed(NoAmounts(), seen=str(outcome.id if outcome is not None else 0))


async def _effect(subject: Subject, _amounts: NoAmounts, at: At) -> Effect:
    case = subject.case
    return Effect(True, void_effects(case.rulebook, case.record, subject.row, at.now_ms, at.zone))


async def _do(request: Request, subject: Subject, _amounts: NoAmounts, by: Confirmed) -> Response | Refusal:
    order = VoidOrder(
        attempt_id=subject.id,
        by_person=by.by_person,
        reason_category=by.reason_category,
        reason=by.reason,
        ticket=by.ticket,
        nonce=by.nonce,
    )
    asked = await carry_out(request, voids.KIND, order)
    if isinstance(asked, Refusal):
        return to_person(subject.person.id, "voided") if asked.reason is Reason.NO_SUCH_ATTEMPT else asked
    assert isinstance(asked, Asked)  # one person alone voids nothing
    before = next((a for a in subject.case.approvals if a.id == asked.approval_id), None)
    others = before is not None and before.asked_by != by.by_person
    return to_person(subject.person.id, "asked_before" if others else "asked")


ACT = Act(
    slug=voids.KIND.slug,
    path="/support/attempts/{id}/void",
    title=_("申请作废一次考试"),
    english="Void an attempt",
    lead=_("作废要由另一个人批准；批准以前，什么都不会变。"),
    button=_("提交审批"),
    reasons=VOID_REASONS,
    note_hint=_("批准的人凭这段话判断"),
    facts_title=_("要作废的考试"),
    effect_title=_("批准以后"),
    find=_find,
    read=_read,
    facts=lambda subject, at: attempt_facts(subject.case, subject.row, at.now_ms, at.zone),
    effect=_effect,
    do=_do,
    second=lambda _subject: WHY_SECOND[Why.ALWAYS],
    by_two=ByTwo(
        voids.KIND,
        lambda _order: NoAmounts(),
        lambda subject, _amounts: _("作废{attempt}").format(attempt=attempt_name(subject.case.record, subject.row)),
        to_the_sitting,
    ),
)
