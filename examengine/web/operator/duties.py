"""Who is on duty, and the telephone number on every page: what the checks before publishing look at."""

import re
import secrets
from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from examengine.records import audit, duties, people
from examengine.records.words import Role
from examengine.rules.calendar import day_ends_ms, day_starts_ms
from examengine.web.contexts.checks import Duty, DutyRow
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.hotline import board_of
from examengine.web.http import (
    ZONE,
    NotAllowed,
    field_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.operator.frames import EXAMS, operator_frame
from examengine.web.wording import gettext as _

MAX_NUMBER = 40
MAX_HOURS = 80
MAX_DAYS = 400
NONCE = re.compile(r"[A-Za-z0-9_-]{8,40}")
_TELEPHONE = re.compile(r"[0-9０-９+()（）\s\-—–、,，/转]+")


@signed_in(Role.OPERATOR)
async def duty_page(request: Request) -> Response:
    """The roster and the telephone number."""
    return await _page(request)


@signed_in(Role.OPERATOR)
async def add(request: Request) -> Response:
    """Put somebody on the roster; the form sent twice does it once."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    person, from_text, until_text = (field_of(request, name, 20) for name in ("person", "from_day", "until_day"))
    nonce = field_of(request, "nonce", 40)
    if not NONCE.fullmatch(nonce):
        raise NotAllowed(400)
    from_day, until_day = _day_of(from_text), _day_of(until_text)
    errors = []
    async with services.database.reading() as tx:
        choices = await duties.who_can(tx)
    if person not in {str(one) for one in choices}:
        errors.append(FieldError("person", _("请选择一位同事")))
    if from_day is None:
        errors.append(FieldError("from_day", _("请填写第一天，如 2026-12-01")))
    if until_day is None:
        errors.append(FieldError("until_day", _("请填写最后一天，如 2026-12-31")))
    elif day_ends_ms(until_day, ZONE) <= now_ms:
        errors.append(FieldError("until_day", _("最后一天已经过去")))
    elif from_day is not None and until_day < from_day:
        errors.append(FieldError("until_day", _("最后一天不能早于第一天")))
    elif from_day is not None and (until_day - from_day).days >= MAX_DAYS:
        errors.append(FieldError("until_day", _("一次最多排 {n} 天").format(n=MAX_DAYS)))
    if errors or from_day is None or until_day is None:
        return await _page(request, tuple(errors), (person, from_text, until_text))
    from_ms, until_ms = day_starts_ms(from_day, ZONE), day_ends_ms(until_day, ZONE)
    by = visitor.person.id
    async with services.database.writing() as tx:
        source = f"duty:{by}:{nonce}"
        if await duties.add_duty(tx, int(person), from_ms, until_ms, by, now_ms, source):
            facts = {"from_ms": from_ms, "until_ms": until_ms}
            await audit.append(tx, now_ms, by, "put_on_duty", "person", int(person), facts)
    return see_other("/operator/duty?done=added#roster")


@signed_in(Role.OPERATOR)
async def drop(request: Request) -> Response:
    """Take a duty off the roster; asked for twice, it is off."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    duty_id, by = path_id(request), visitor.person.id
    async with services.database.writing() as tx:
        if await duties.drop_duty(tx, duty_id, by, now_ms):
            await audit.append(tx, now_ms, by, "take_off_duty", "duty", duty_id)
    return see_other("/operator/duty?done=dropped#roster")


@signed_in(Role.OPERATOR)
async def set_hotline(request: Request) -> Response:
    """Have another number stand on every page, or none."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    number, hours = field_of(request, "number", 4 * MAX_NUMBER), field_of(request, "hours", 4 * MAX_HOURS)
    errors = []
    if len(number) > MAX_NUMBER:
        errors.append(FieldError("number", _("电话号码最多 {n} 个字").format(n=MAX_NUMBER)))
    elif number and (not _TELEPHONE.fullmatch(number) or sum(letter.isdigit() for letter in number) < 3):
        errors.append(FieldError("number", _("电话号码只写数字、空格和“-”“转”，如 0771-1234567 转 2")))
    if len(hours) > MAX_HOURS:
        errors.append(FieldError("hours", _("服务时间最多 {n} 个字").format(n=MAX_HOURS)))
    if errors:
        return await _page(request, tuple(errors), telephone=(number, hours))
    by = visitor.person.id
    async with services.database.writing() as tx:
        known = await duties.find_hotline(tx)
        if known is None or (known.number, known.hours) != (number, hours):
            await duties.set_hotline(tx, number, hours, by, now_ms)
            await audit.append(tx, now_ms, by, "set", "hotline", None, {"shown": bool(number)})
    board_of(request).forget()
    return see_other("/operator/duty?done=hotline#hotline")


async def _page(
    request: Request,
    errors: tuple[FieldError, ...] = (),
    typed: tuple[str, str, str] = ("", "", ""),
    telephone: tuple[str, str] | None = None,
) -> Response:
    services, now_ms = services_of(request), now_of(request)
    async with services.database.reading() as tx:
        roster = await duties.list_duties(tx, now_ms)
        choices = await duties.who_can(tx)
        known = await duties.find_hotline(tx)
        wanted = {*choices, *(duty.person_id for duty in roster), *([known.by_person] if known else [])}
        staff = await people.find_people(tx, services.vault, wanted)
    shown = await board_of(request).shown(services.database, now_ms)
    names = {one: person.name for one, person in staff.items()}
    units = {one: person.profile.unit_name if person.profile else "" for one, person in staff.items()}
    number, hours = telephone if telephone is not None else (shown.number, shown.hours)
    person, from_day, until_day = typed
    context = Duty(
        frame=await operator_frame(request, EXAMS, _done(request)),
        rows=tuple(
            DutyRow(
                duty.id,
                names.get(duty.person_id, ""),
                units.get(duty.person_id, "") or "",
                duty.from_ms,
                duty.until_ms,
                duty.from_ms <= now_ms < duty.until_ms,
            )
            for duty in roster
        ),
        people=tuple((str(one), f"{names[one]}　{units[one] or ''}".strip()) for one in choices if one in names),
        number=number,
        hours=hours,
        set_by=names.get(known.by_person, "") if known else "",
        set_ms=known.at_ms if known else None,
        nonce=secrets.token_urlsafe(9),
        person=person,
        from_day=from_day,
        until_day=until_day,
        errors=errors,
    )
    return page("operator/duty.html", context, 422 if errors else 200)


def _day_of(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
    # the calendar's ends have no neighbouring day
    return day if day is not None and date.min < day < date.max else None


def _done(request: Request) -> Alert | None:
    match request.query_params.get("done", ""):
        case "added":
            return Alert("success", _("已加到值班表"))
        case "dropped":
            return Alert("success", _("已撤下"), _("值班表里不再有这一条，记录还在。"))
        case "hotline":
            return Alert("success", _("客服电话已保存"), _("半分钟内所有页面都会换成新的。"))
    return None
