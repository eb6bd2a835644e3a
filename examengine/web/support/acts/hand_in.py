"""代为交卷: handing a running attempt in for its candidate."""

from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from examengine import live
from examengine.live import Sitting, Word
from examengine.records.errors import Unavailable
from examengine.refusals import Reason, Refusal
from examengine.support import hand_ins
from examengine.support.hand_ins import HandInOrder, may_hand_in
from examengine.web.contexts.acts import Effect
from examengine.web.http import now_of, services_of
from examengine.web.support.act import Act, At, Confirmed, Fields, NoAmounts, Subject, Weighed, carry_out
from examengine.web.support.attempt_facts import attempt_facts
from examengine.web.support.effect_words import hand_in_effects
from examengine.web.support.finding import attempt_subject
from examengine.web.support.forms import to_person
from examengine.web.support.wording import HAND_IN_REASONS
from examengine.web.wording import gettext as _


async def _find(request: Request, attempt_id: int) -> Subject | Response:
    found = await attempt_subject(request, attempt_id)
    if isinstance(found, Response) or request.method == "POST":
        return found  # a form sent twice is answered by what was done
    over = may_hand_in(found.case.rulebook, found.case.record, found.row, now_of(request)) is not None
    return to_person(found.person.id, "over") if over else found


def _read(_subject: Subject, _fields: Fields, _at: At) -> Weighed[NoAmounts]:
    return Weighed(NoAmounts())


async def _effect(subject: Subject, _amounts: NoAmounts, at: At) -> Effect:
    return Effect(True, hand_in_effects(await _sitting(subject, at)))


async def _do(request: Request, subject: Subject, _amounts: NoAmounts, by: Confirmed) -> Response | Refusal:
    order = HandInOrder(
        attempt_id=subject.id,
        by_person=by.by_person,
        reason_category=by.reason_category,
        reason=by.reason,
        ticket=by.ticket,
        nonce=by.nonce,
    )
    told = await carry_out(request, hand_ins.KIND, order)
    if isinstance(told, Refusal):
        return to_person(subject.person.id, "over") if told.reason is Reason.NOT_RUNNING else told
    return to_person(subject.person.id, "handed_in" if await _finished(request, subject.id) else "handed_in_later")


async def _finished(request: Request, attempt_id: int) -> bool:
    """Bring the order to the sitting and record it; where something is away the sweeper does it later."""
    services, now_ms = services_of(request), now_of(request)
    with suppress(live.Unavailable, Unavailable):
        await services.pusher.push_waiting(now_ms)
        return await services.finisher.look_at(attempt_id, now_ms) is not None
    return False


async def _sitting(subject: Subject, at: At) -> Sitting | None:
    """What the desk knows; None where it does not answer."""
    try:
        sitting = await at.services.desk.read(subject.id, at.now_ms)
    except live.Unavailable:
        return None
    return None if sitting.word is Word.ABSENT else sitting


ACT = Act(
    slug=hand_ins.KIND.slug,
    path="/support/attempts/{id}/hand-in",
    title=_("代为交卷"),
    english="Hand in for a candidate",
    lead=_("考试马上结束，交卷以后不能撤回。"),
    button=_("代为交卷"),
    reasons=HAND_IN_REASONS,
    facts_title=_("正在进行的考试"),
    effect_title=_("交卷以后"),
    find=_find,
    read=_read,
    facts=lambda subject, at: attempt_facts(subject.case, subject.row, at.now_ms, at.zone),
    effect=_effect,
    do=_do,
)
