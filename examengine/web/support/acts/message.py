"""发消息: a message to one candidate, on his exam page and his list of exams until he has read it."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from examengine.incidents import announcing
from examengine.incidents.announcing import TEXT_LIMIT
from examengine.records import attempts
from examengine.records.incidents import Scope
from examengine.web.contexts.acts import Control, Effect
from examengine.web.contexts.frame import FieldError
from examengine.web.http import now_of, services_of
from examengine.web.support.act import Act, At, Confirmed, Fields, Subject, Weighed
from examengine.web.support.finding import person_subject
from examengine.web.support.forms import names_a_person, to_person
from examengine.web.wording import gettext as _

HOUR_MS = 3_600_000
DURATIONS = (("4", _("4 小时")), ("24", _("1 天")), ("72", _("3 天")), ("168", _("7 天")))


@dataclass(frozen=True, slots=True)
class Message:
    """What the candidate reads, and for how many hours at most."""

    text: str
    hours: int


def _read(_subject: Subject, fields: Fields, _at: At) -> Weighed[Message]:
    text = " ".join(fields.get("text", "").split())[: TEXT_LIMIT + 1]
    hours = fields.get("hours", "24")
    errors = []
    if fields and not text:
        errors.append(FieldError("text", _("请写要让考生看到的话")))
    elif len(text) > TEXT_LIMIT:
        errors.append(FieldError("text", _("最多 {n} 个字").format(n=TEXT_LIMIT)))
    elif names_a_person(text):
        errors.append(FieldError("text", _("消息里不要写证件号和手机号")))
    if hours not in dict(DURATIONS):
        errors.append(FieldError("hours", _("请选择显示多久")))
    controls = (
        Control("text", _("消息"), "area", text, hint=_("考生会一字不差地看到"), weighed=False, maxlength=TEXT_LIMIT),
        Control("hours", _("最多显示"), "choice", hours, choices=DURATIONS, weighed=False),
    )
    if errors:
        return Weighed(None, controls, tuple(errors))
    return Weighed(Message(text, int(hours)), controls)


async def _effect(subject: Subject, _message: Message, at: At) -> Effect:
    async with at.services.database.reading() as tx:
        sits = bool(await attempts.running_of_person(tx, subject.person.id))
    where = _("正在考试：一分钟内显示在他的考试页面上方。") if sits else _("现在没有在考：打开“我的考试”时看到。")
    return Effect(True, (where, _("他点“知道了”以后不再显示；没有点的，到选定的时间为止。")))


async def _do(request: Request, subject: Subject, message: Message, by: Confirmed) -> Response:
    services, now_ms = services_of(request), now_of(request)
    await announcing.announce(
        services.database,
        scope=Scope(),
        person_id=subject.person.id,
        text=message.text,
        reason=by.reason,
        ticket=by.ticket,
        intent=f"message:{by.nonce}",
        by_person=by.by_person,
        until_ms=now_ms + message.hours * HOUR_MS,
        now_ms=now_ms,
    )
    await services.notices.look(now_ms)
    return to_person(subject.person.id, "message_sent")


ACT = Act(
    slug="send_message",
    path="/support/people/{id}/message",
    title=_("发消息"),
    english="Message",
    button=_("发出"),
    find=person_subject,
    read=_read,
    effect=_effect,
    do=_do,
    note_label=_("为什么发"),
    note_hint=_("只给工作人员看"),
)
