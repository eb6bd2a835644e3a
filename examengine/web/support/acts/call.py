"""登记通话: a call noted, whatever came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from examengine.records.calls import NewCall
from examengine.records.words import CallTopic, IdentityCheck
from examengine.support.calls import note_call
from examengine.web.contexts.acts import Control, Effect
from examengine.web.contexts.frame import FieldError
from examengine.web.http import now_of, services_of
from examengine.web.support.act import Act, At, Confirmed, Fields, Subject, Weighed
from examengine.web.support.finding import person_subject
from examengine.web.support.forms import to_person
from examengine.web.support.wording import CALL_TOPICS, IDENTITY_CHECKS
from examengine.web.wording import gettext as _

MAX_RECORDING = 60


@dataclass(frozen=True, slots=True)
class Noted:
    """What the call was about, and how the caller was known."""

    topic: CallTopic
    identity: IdentityCheck
    recording: str


def _read(_subject: Subject, fields: Fields, _at: At) -> Weighed[Noted]:
    topic, identity = fields.get("topic", ""), fields.get("identity", "")
    recording = fields.get("recording", "")[:MAX_RECORDING]
    errors = []
    if fields and topic not in CALL_TOPICS:
        errors.append(FieldError("topic", _("请选择来电事由")))
    if fields and identity not in IDENTITY_CHECKS:
        errors.append(FieldError("identity", _("请选择怎样核对的身份")))
    controls = (
        Control("topic", _("来电事由"), "choice", topic, choices=_choices(CALL_TOPICS), weighed=False),
        Control("identity", _("身份核对"), "choice", identity, choices=_choices(IDENTITY_CHECKS), weighed=False),
        Control(
            "recording",
            _("录音编号"),
            "text",
            recording,
            required=False,
            weighed=False,
            maxlength=MAX_RECORDING,
        ),
    )
    if errors:
        return Weighed(None, controls, tuple(errors))
    noted = Noted(
        CallTopic(topic or CallTopic.OTHER), IdentityCheck(identity or IdentityCheck.NOT_CHECKED), recording
    )
    return Weighed(noted, controls)


async def _effect(_subject: Subject, _noted: Noted, _at: At) -> Effect:
    return Effect(True, (_("只做记录，考试和次数都不变。"), _("内容加密保存，写明是谁登记的；登记以后不能改。")))


async def _do(request: Request, subject: Subject, noted: Noted, by: Confirmed) -> Response:
    services = services_of(request)
    new = NewCall(
        person_id=subject.id,
        topic=noted.topic,
        identity=noted.identity,
        note=by.reason,
        recording=noted.recording,
        ticket=by.ticket,
        by_person=by.by_person,
        source=f"call:{by.nonce}",
    )
    await note_call(services.database, services.vault, new, now_of(request))
    return to_person(subject.person.id, "call_noted")


def _choices(names: Mapping[Any, str]) -> tuple[tuple[str, str], ...]:
    return tuple((str(code), text) for code, text in names.items())


ACT = Act(
    slug="note_call",
    path="/support/people/{id}/call",
    title=_("登记通话"),
    english="Note a call",
    button=_("登记"),
    find=person_subject,
    read=_read,
    effect=_effect,
    do=_do,
    note_label=_("通话内容"),
    note_hint=_("考生说了什么，怎样答复的；以后有人会读"),
)
