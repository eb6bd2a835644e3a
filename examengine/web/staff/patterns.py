"""What stands out in what agents did, and what each may do alone: for the security administrator."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.records import people
from examengine.records.bounds import Bounds
from examengine.records.words import Measure, Role
from examengine.support import patterns, quotas
from examengine.support.patterns import LOOK_BACK_MS, Pattern, Sort
from examengine.support.quotas import DAY_MS, MAX_BOUND
from examengine.web.contexts.acts import BoundForm, PatternRow, Patterns
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.http import field_of, frame_of, now_of, page, see_other, services_of, signed_in, visitor_of
from examengine.web.support.wording import MEASURES
from examengine.web.wording import gettext as _

HERE = "/staff/patterns"
SORTS = {
    Sort.ONE_PERSON: _("多次为同一个人办理或查看"),
    Sort.MUCH: _("一天里办理得特别多"),
    Sort.PAIR: _("总由同一个人批准"),
}
FIELDS = ("per_day", "at_once", "on_one_person")


@signed_in(Role.SECURITY)
async def patterns_page(request: Request) -> Response:
    """Patterns of the last thirty days, and the bounds."""
    done = request.query_params.get("done")
    flash = Alert("success", _("已改办理额度"), _("马上生效，也已记入审计。")) if done == "bounds" else None
    return await _page(request, flash=flash)


@signed_in(Role.SECURITY)
async def set_bounds(request: Request) -> Response:
    """Set the bounds of one measure."""
    services, visitor = services_of(request), await visitor_of(request)
    measure = next((one for one in Measure if one.value == field_of(request, "measure", 40)), None)
    typed = {name: field_of(request, name, 8) for name in FIELDS}
    if measure is None:
        return see_other(HERE)
    numbers = {name: int(text) for name, text in typed.items() if text.isascii() and text.isdecimal()}
    errors = [
        FieldError(f"{measure.value}-{name}", _("请写 1 到 {n} 的数").format(n=MAX_BOUND))
        for name in FIELDS
        if not 1 <= numbers.get(name, 0) <= MAX_BOUND
    ]
    if not errors and numbers["at_once"] > numbers["per_day"]:
        errors.append(FieldError(f"{measure.value}-at_once", _("一次最多的，不能超过 24 小时的上限")))
    if errors:
        return await _page(request, measure=measure, typed=typed, errors=tuple(errors), status=422)
    await quotas.set_bounds(services.database, measure, Bounds(**numbers), visitor.person.id, now_of(request))
    return see_other(f"{HERE}?done=bounds")


async def _page(
    request: Request,
    *,
    measure: Measure | None = None,
    typed: dict[str, str] | None = None,
    errors: tuple[FieldError, ...] = (),
    flash: Alert | None = None,
    status: int = 200,
) -> Response:
    services = services_of(request)
    async with services.database.reading() as tx:
        found = await patterns.find_patterns(tx, now_of(request))
        concerned = {one.agent for one in found} | {one.about for one in found if one.about is not None}
        names = {one.id: one.name for one in (await people.find_people(tx, services.vault, concerned)).values()}
        in_force = await quotas.in_force(tx)
    context = Patterns(
        frame=await frame_of(request, "/staff", flash),
        days=LOOK_BACK_MS // DAY_MS,
        rows=tuple(_row(one, names) for one in found),
        bounds=tuple(
            _form(one, limits, typed if one is measure and typed is not None else None)
            for one, limits in in_force.items()
        ),
        most=MAX_BOUND,
        errors=errors,
    )
    return page("staff/patterns.html", context, status)


def _row(one: Pattern, names: dict[int, str]) -> PatternRow:
    if one.sort is Sort.PAIR:
        count = _("{n} / {of} 件由这个人批准").format(n=one.count, of=one.of)
    elif one.sort is Sort.MUCH:
        count = _("24 小时内 {n}，上限 {of}").format(n=one.count, of=one.of)
    else:
        count = _("{n} 次").format(n=one.count)
    about = (
        "" if one.about is None else _("{name}（内部编号 {id}）").format(name=names.get(one.about, ""), id=one.about)
    )
    return PatternRow(SORTS[one.sort], names.get(one.agent, ""), about, count, one.last_ms)


def _form(measure: Measure, limits: Bounds, typed: dict[str, str] | None) -> BoundForm:
    shown = typed or {name: str(getattr(limits, name)) for name in FIELDS}
    return BoundForm(measure.value, *MEASURES[measure], **shown)
