"""新建账号: for somebody who is to work here and is not known yet; candidates come in by lists."""

import secrets
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.documents import TYPE_NAMES, Document, Fault, read_document
from examengine.accounts.names import read_name
from examengine.accounts.passwords import BusyError
from examengine.accounts.staffing import NewStaff, NotDone, Refused, open_account
from examengine.records.people import Profile
from examengine.records.staffing import NewAct
from examengine.records.words import STAFF_ROLES, AccountAct, DocumentType, Role
from examengine.web.contexts.frame import FieldError
from examengine.web.contexts.staffing import NewStaffPage, PasswordTold
from examengine.web.http import (
    field_of,
    frame_of,
    now_of,
    page,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.staff.acts import MAX_NOTE, MAX_TICKET, typed_errors
from examengine.web.staff.words import ACT_NAMES, REASONS, ROLE_NAMES, refusal_text
from examengine.web.tokens import Intent
from examengine.web.wording import gettext as _

INTENT = "account.new"
CATEGORY = "other"
FIELDS = {"name": 60, "doc_type": 40, "document": 60, "unit": 200, "region": 6, "role": 20, "reason": 40}
FIELDS |= {"note": MAX_NOTE, "ticket": MAX_TICKET}
FAULTS = {
    Fault.EMPTY: _("请输入证件号"),
    Fault.FIFTEEN_DIGITS: _("15 位身份证号已停用，请输入 18 位的"),
    Fault.CHECK_CHARACTER: _("证件号的校验位不对，请核对每一位"),
    Fault.BIRTH_DATE: _("证件号里的出生日期不对，请核对"),
    Fault.OTHER_TYPE: _("号码不像所选的证件类型，请核对"),
}
_TYPES = tuple({kind: name for name, kind in reversed(TYPE_NAMES.items())}.items())


@signed_in(Role.SECURITY)
async def new_page(request: Request) -> Response:
    """The empty form."""
    visitor = await visitor_of(request)
    profile = visitor.person.profile
    assert profile is not None
    return await _form(request, {"region": profile.region, "unit": profile.unit_name, "doc_type": "resident_id"})


@signed_in(Role.SECURITY)
async def open_one(request: Request) -> Response:
    """Open the account and show its one-time password, once."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    values = {name: field_of(request, name, limit) for name, limit in FIELDS.items()}
    read = _read(values, now_ms)
    errors = (() if isinstance(read, NewStaff) else read) + typed_errors(request)
    intent = services.tokens.read_intent(field_of(request, "intent"), now_ms)
    if intent is None or (intent.act, intent.person_id) != (INTENT, visitor.person.id):
        errors += (FieldError("name", _("这一页放得太久了，请核对以后再按一次")),)
    if errors or intent is None or not isinstance(read, NewStaff):
        return await _form(request, values, errors)
    order = NewAct(
        person_id=0,
        act=AccountAct.ADD_ACCOUNT,
        reason_category=values["reason"],
        reason=values["note"],
        ticket=values["ticket"],
        nonce=intent.nonce,
        by_person=visitor.person.id,
    )
    try:
        done = await open_account(services.database, services.vault, services.passwords, read, order, now_ms)
    except BusyError:
        return await _form(request, values, (FieldError("name", _("现在太忙，还没有新建，请过几秒再按一次")),))
    if isinstance(done, Refused):
        href = f"/staff/{done.person_id}" if done.why is NotDone.KNOWN else ""
        return await _form(request, values, (FieldError("document", refusal_text(done)),), href)
    if done.password is None:
        return see_other(f"/staff/{done.person_id}?done={AccountAct.ADD_ACCOUNT.value}")
    told = PasswordTold(
        await frame_of(request, "/staff"),
        done.person_id,
        read.profile.name,
        done.password,
        ACT_NAMES[AccountAct.ADD_ACCOUNT],
    )
    return page("staff/password_told.html", told)


def _read(values: dict[str, str], now_ms: int) -> NewStaff | tuple[FieldError, ...]:
    """The account that the form describes, or every error at once."""
    errors = []
    name = read_name(values["name"])
    if name is None:
        errors.append(FieldError("name", _("请输入姓名，不含数字和符号")))
    doc_type = next((kind for kind in DocumentType if kind.value == values["doc_type"]), None)
    today = datetime.fromtimestamp(now_ms / 1000, tz=UTC).date()
    document = read_document(doc_type, values["document"], today)
    if isinstance(document, Fault):
        errors.append(FieldError("document", FAULTS.get(document, _("证件号的形式不对，请核对"))))
    if not values["unit"]:
        errors.append(FieldError("unit", _("请输入单位")))
    region = values["region"]
    if not (len(region) == 6 and region.isascii() and region.isdecimal()):
        errors.append(FieldError("region", _("所属区划是 6 位数字，如 450702")))
    role = next((one for one in STAFF_ROLES if one.value == values["role"]), None)
    if role is None:
        errors.append(FieldError("role", _("请选择角色")))
    if errors or name is None or role is None or not isinstance(document, Document):
        return tuple(errors)
    profile = Profile(
        doc_type=document.type,
        document=document.number,
        name=name,
        unit_name=values["unit"],
        region=region,
        category=CATEGORY,
    )
    return NewStaff(profile=profile, role=role)


async def _form(
    request: Request, values: dict[str, str], errors: tuple[FieldError, ...] = (), known_href: str = ""
) -> Response:
    visitor, now_ms = await visitor_of(request), now_of(request)
    intent = Intent(INTENT, 0, visitor.person.id, 0, 0, secrets.token_urlsafe(9))
    context = NewStaffPage(
        frame=await frame_of(request, "/staff"),
        intent=services_of(request).tokens.intent(intent, now_ms),
        doc_types=tuple((kind.value, name) for kind, name in _TYPES),
        roles=tuple((role.value, ROLE_NAMES[role]) for role in STAFF_ROLES),
        reasons=REASONS,
        values={name: values.get(name, "") for name in FIELDS},
        known_href=known_href,
        errors=errors,
    )
    return page("staff/new_account.html", context, 422 if errors else 200)
