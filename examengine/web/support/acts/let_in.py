"""允许重新登录: limits lifted, old sessions ended, where asked a one-time password."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.live import Unavailable
from examengine.records import let_ins as kept
from examengine.records.errors import Missing
from examengine.records.words import Measure
from examengine.refusals import Reason, Refusal
from examengine.support import let_ins
from examengine.support.acts import Asked
from examengine.support.let_ins import LetInOrder, may_let_in
from examengine.support.quotas import Weight
from examengine.web.contexts.acts import Control, Effect
from examengine.web.http import now_of, see_other, services_of
from examengine.web.support.act import Act, At, ByTwo, Confirmed, Fields, Subject, Weighed, carry_out
from examengine.web.support.finding import person_subject
from examengine.web.support.forms import push_now, to_person
from examengine.web.support.wording import LET_IN_REASONS
from examengine.web.wording import gettext as _

CANNOT = {Reason.NOT_OFFERED: "staff", Reason.ACCOUNT_BLOCKED: "blocked"}


async def _find(request: Request, person_id: int) -> Subject | Response:
    found = await person_subject(request, person_id)
    if isinstance(found, Response):
        return found
    try:
        async with services_of(request).database.reading() as tx:
            refusal = await may_let_in(tx, person_id)
    except Missing:
        return to_person(person_id, "no_account")
    return found if refusal is None else to_person(person_id, CANNOT[refusal.reason])


def _read(_subject: Subject, fields: Fields, _at: At) -> Weighed[bool]:
    wanted = bool(fields.get("new_password"))
    hint = _("考生忘记密码时才需要；密码只在办理以后显示，登录后要马上改。")
    control = Control(
        "new_password", _("另发一个一次性密码"), "tick", "1" if wanted else "", hint=hint, required=False
    )
    return Weighed(wanted, (control,))


async def _effect(_subject: Subject, new_password: bool, _at: At) -> Effect:
    lines = [
        _("输错密码的限制马上解除，考生可以再试。"),
        _("已经登录的设备全部退出；正在进行的考试，答案和时间都不变。"),
    ]
    if new_password:
        lines.append(_("原来的密码作废，改用一次性密码。请先核对来电的是本人。"))
    else:
        lines.append(_("密码不变。"))
    return Effect(True, tuple(lines))


async def _do(request: Request, subject: Subject, new_password: bool, by: Confirmed) -> Response | Refusal:
    order = LetInOrder(
        person_id=subject.id,
        new_password=new_password,
        by_person=by.by_person,
        reason_category=by.reason_category,
        reason=by.reason,
        ticket=by.ticket,
        nonce=by.nonce,
    )
    told = await carry_out(request, let_ins.KIND, order)
    if isinstance(told, Refusal):
        return told
    if isinstance(told, Asked):
        return to_person(subject.person.id, "asked")
    lifted = await lift(request, subject.person.id)
    if not new_password:
        return to_person(subject.person.id, "let_in" if lifted else "let_in_later")
    async with services_of(request).database.reading() as tx:
        made = await kept.find_by_source(tx, order.source)
    assert made is not None  # it was just written
    return see_other(f"/support/let-ins/{made.id}{'' if lifted else '?done=let_in_later'}")


async def lift(request: Request, person_id: int) -> bool:
    """Lift the limits, and end the sessions of running sittings too; False where Redis does not answer."""
    try:
        await services_of(request).sign_in.lift_limits(person_id, now_of(request))
    except Unavailable:
        return False
    return await push_now(request)


async def _lifted(request: Request, subject: Subject, _new_password: bool) -> bool:
    return await lift(request, subject.person.id)


def _what(_subject: Subject, new_password: bool) -> str:
    return _("允许重新登录，另发一次性密码") if new_password else _("允许重新登录")


ACT = Act(
    slug=let_ins.KIND.slug,
    path="/support/people/{id}/let-in",
    title=_("允许重新登录"),
    english="Let in again",
    lead=_("给登录不了的考生：解除限制，必要时另发一个一次性密码。"),
    button=_("允许重新登录"),
    reasons=LET_IN_REASONS,
    find=_find,
    read=_read,
    effect=_effect,
    do=_do,
    weight=lambda _new: Weight(Measure.LET_INS, 1),
    by_two=ByTwo(let_ins.KIND, lambda order: bool(order.new_password), _what, _lifted),
)
