"""One act on an account: what it comes to is shown by the function that will do it, then why, then it is done."""

import re
import secrets

from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.names import Place, mask_document
from examengine.accounts.passwords import BusyError
from examengine.accounts.staffing import Refused, carry_out, preview
from examengine.live import Unavailable
from examengine.records import people
from examengine.records.errors import Missing
from examengine.records.people import Person
from examengine.records.staffing import NewAct
from examengine.records.words import AccountAct, Role
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.contexts.staffing import AccountActPage, PasswordTold
from examengine.web.http import (
    NotAllowed,
    field_of,
    frame_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.staff.words import ACT_ENGLISH, ACT_NAMES, GRAVE, REASONS, effect_texts, refusal_text, title_of
from examengine.web.tokens import Intent
from examengine.web.wording import gettext as _

MAX_NOTE = 500
MAX_TICKET = 40
_NUMBER_OF_A_PERSON = re.compile(r"(?<!\d)(\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")


@signed_in(Role.SECURITY)
async def act_page(request: Request) -> Response:
    """The form, with what the act comes to; or why it cannot be."""
    person, act, role = await _asked(request)
    return await _form(request, person, act, role)


@signed_in(Role.SECURITY)
async def act(request: Request) -> Response:
    """Do it once, however often the form is sent."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    person, act, role = await _asked(request)
    intent = services.tokens.read_intent(field_of(request, "intent"), now_ms)
    is_his = intent is not None and (intent.act, intent.subject_id, intent.person_id) == (
        name_of(act, role),
        person.id,
        visitor.person.id,
    )
    errors = typed_errors(request)
    if errors or intent is None or not is_his:
        alert = (
            None if is_his else Alert("info", _("请看过效果，再按一次"), _("这一页放得太久了，下面是现在的效果。"))
        )
        return await _form(request, person, act, role, errors, alert)
    order = NewAct(
        person_id=person.id,
        act=act,
        role=role,
        reason_category=field_of(request, "reason", 40),
        reason=field_of(request, "note", MAX_NOTE),
        ticket=field_of(request, "ticket", MAX_TICKET),
        nonce=intent.nonce,
        by_person=visitor.person.id,
    )
    try:
        done = await carry_out(services.database, services.passwords, order, now_ms)
    except BusyError:
        return await _form(
            request, person, act, role, (), Alert("warning", _("现在太忙"), _("还没有办理，请过几秒再按一次。"))
        )
    if isinstance(done, Refused):
        return await _form(request, person, act, role, (), Alert("danger", _("没有办理"), refusal_text(done)))
    await _push(request)
    if done.password is not None:
        told = PasswordTold(await frame_of(request, "/staff"), person.id, person.name, done.password, ACT_NAMES[act])
        return page("staff/password_told.html", told)
    return see_other(f"/staff/{person.id}?done={act.value}")


def typed_errors(request: Request) -> tuple[FieldError, ...]:
    """What is wrong about reason, note and ticket."""
    errors = []
    note, ticket = field_of(request, "note", MAX_NOTE), field_of(request, "ticket", MAX_TICKET)
    if field_of(request, "reason", 40) not in dict(REASONS):
        errors.append(FieldError("reason", _("请选择原因")))
    if not note:
        errors.append(FieldError("note", _("请写说明：谁提出的，依据是什么")))
    elif _NUMBER_OF_A_PERSON.search(note):
        errors.append(FieldError("note", _("说明里不要写证件号和手机号")))
    if not ticket:
        errors.append(FieldError("ticket", _("请写申请单或工单号")))
    elif _NUMBER_OF_A_PERSON.search(ticket):
        errors.append(FieldError("ticket", _("单号不能是证件号或手机号")))
    return tuple(errors)


def name_of(act: AccountAct, role: Role | None) -> str:
    """The act as an intent names it."""
    return f"account.{act.value}.{role.value if role is not None else ''}"


async def _asked(request: Request) -> tuple[Person, AccountAct, Role | None]:
    services, person_id = services_of(request), path_id(request)
    act = next((one for one in AccountAct if one.value == request.path_params["act"]), None)
    if act is None or act is AccountAct.ADD_ACCOUNT:
        raise NotAllowed(404)
    role = next((one for one in Role if one.value == request.query_params.get("role", "")), None)
    if (act in {AccountAct.GIVE_ROLE, AccountAct.TAKE_ROLE}) != (role is not None):
        raise NotAllowed(404)
    try:
        async with services.database.reading() as tx:
            person = await people.get_person(tx, services.vault, person_id)
    except Missing:
        raise NotAllowed(404) from None
    if person.profile is None:
        raise NotAllowed(404)
    return person, act, role


async def _form(
    request: Request,
    person: Person,
    act: AccountAct,
    role: Role | None,
    errors: tuple[FieldError, ...] = (),
    alert: Alert | None = None,
) -> Response:
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    effect = await preview(services.database, person.id, act, role, visitor.person.id)
    refused = isinstance(effect, Refused)
    if isinstance(effect, Refused):
        alert = Alert("danger", _("不能办理"), refusal_text(effect))
        texts: tuple[str, ...] = ()
    else:
        texts = effect_texts(effect, required=services.settings.second_factor_required)
    intent = Intent(name_of(act, role), person.id, visitor.person.id, 0, 0, secrets.token_urlsafe(9))
    assert person.profile is not None
    query = f"?role={role.value}" if role is not None else ""
    context = AccountActPage(
        frame=await frame_of(request, "/staff"),
        person_id=person.id,
        name=person.name,
        document_masked=mask_document(person.profile.document, Place.STAFF_LIST),
        title=title_of(act, role),
        english=ACT_ENGLISH[act],
        effects=texts,
        action="" if refused else f"/staff/{person.id}/{act.value}{query}",
        intent=services.tokens.intent(intent, now_ms),
        button=ACT_NAMES[act],
        reasons=REASONS,
        grave=act in GRAVE,
        reason=field_of(request, "reason", 40) if request.method == "POST" else "",
        note=field_of(request, "note", MAX_NOTE) if request.method == "POST" else "",
        ticket=field_of(request, "ticket", MAX_TICKET) if request.method == "POST" else "",
        errors=errors,
        alert=alert,
    )
    status = 200 if request.method == "GET" and not refused else 422 if errors or refused else 200
    return page("staff/act.html", context, status)


async def _push(request: Request) -> None:
    """Bring ended sessions to sittings that run; where the desk does not answer, the sweeper brings them."""
    try:
        await services_of(request).pusher.push_waiting(now_of(request))
    except Unavailable:
        return
