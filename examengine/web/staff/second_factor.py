"""双重验证: the code after the password, setting it up, codes on paper; the way back into a locked session."""

import segno
from markupsafe import Markup
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.second_factor import Draft, FactorWord, code_at, uri_of
from examengine.records import second_factors
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.contexts.staffing import FactorCode, FactorKept, FactorSetUp, RecoveryCodes, Unlock
from examengine.web.door import (
    Wrong,
    factor_since,
    is_idle,
    is_proven,
    is_staff,
    next_of,
    prove,
    status_of,
    told_of,
)
from examengine.web.http import (
    Handler,
    NotAllowed,
    field_of,
    frame_of,
    now_of,
    page,
    see_other,
    services_of,
    visitor_of,
)
from examengine.web.sessions import go_on
from examengine.web.wording import gettext as _

HERE = "/second-factor"
GROUP = 4
LOW = 3
"""So few codes on paper are left that new ones should be made."""
FRESH_MS = 10 * 60_000
"""Another telephone takes the first one's place only so soon after a code."""
NEW = f"{HERE}/new"


def of_staff(handler: Handler) -> Handler:
    """Let staff in who are signed in by password; nothing else is asked of them here."""

    async def guarded(request: Request) -> Response:
        try:
            visitor = await visitor_of(request)
        except NotAllowed:
            return see_other(f"/login?next={request.url.path}")
        if not is_staff(visitor):
            raise NotAllowed(403)
        return await handler(request)

    return guarded


def awake(handler: Handler) -> Handler:
    """Nobody else sits down at a desk that was left and makes the account his own."""

    async def guarded(request: Request) -> Response:
        if is_idle(request, (await visitor_of(request)).session):
            return see_other(f"/unlock?next={HERE}")
        return await handler(request)

    return guarded


@of_staff
async def code_page(request: Request) -> Response:
    """The code, where it is still to be shown; otherwise what stands of one's own second factor."""
    for_another = next_of(request).startswith(NEW) and not await _is_fresh(request)
    if await factor_since(request) is not None and (for_another or not await is_proven(request)):
        return await _code_again(request)
    if await _must_change(request):
        return see_other("/password")
    return await _kept_page(request)


@of_staff
async def code(request: Request) -> Response:
    """Look at the code."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    if await _is_fresh(request):  # sent twice, or from a second tab
        return see_other(next_of(request))
    tried = await services.second_factors.check(visitor.person.id, field_of(request, "code", 40), now_ms)
    if tried.word is not FactorWord.RIGHT:
        return await _code_again(request, told_of(tried, "code"))
    is_low = tried.on_paper and tried.codes_left < LOW
    response = see_other(f"{HERE}?few=1" if is_low else next_of(request))
    go_on(request, response, replace(visitor.session, factor_ms=now_ms, seen_ms=now_ms))
    return response


@of_staff
@awake
async def set_up_page(request: Request) -> Response:
    """A square pattern for the telephone, and a place for its first code."""
    if not await _is_fresh(request):
        return see_other(f"{HERE}?next={NEW}")
    if await _must_change(request):
        return see_other("/password")
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    return await _set_up_again(request, services.second_factors.draft(visitor.person.id, now_ms))


@of_staff
@awake
async def set_up(request: Request) -> Response:
    """Begin to use it. Sent twice, the same codes are told again."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    factors, person_id = services.second_factors, visitor.person.id
    draft = factors.read_draft(field_of(request, "draft", 2_000), person_id, now_ms)
    if draft is None:
        error = FieldError("code", _("这一页放得太久了。请删掉手机里刚加的那一条，扫新的二维码"))
        return await _set_up_again(request, factors.draft(person_id, now_ms), error)
    if not await factors.uses(person_id, draft):
        if not await _is_fresh(request):
            return see_other(f"{HERE}?next={NEW}")
        if not await factors.set_up(person_id, draft, field_of(request, "code", 40), now_ms):
            error = FieldError("code", _("验证码不对。请看手机上现在的 6 位数字；手机时间要准"))
            return await _set_up_again(request, draft, error)
    response = page(
        "staff/recovery_codes.html",
        RecoveryCodes(await frame_of(request), draft.codes, fresh=True, next=next_of(request)),
    )
    go_on(request, response, replace(visitor.session, factor_ms=now_ms, seen_ms=now_ms))
    return response


@of_staff
@awake
async def renew_codes(request: Request) -> Response:
    """New codes on paper, for whoever shows a code now."""
    wrong = await _shown_now(request)
    if wrong is not None:
        return wrong
    visitor = await visitor_of(request)
    codes = await services_of(request).second_factors.renew_codes(visitor.person.id, now_of(request))
    if codes is None:
        return see_other(HERE)
    return page("staff/recovery_codes.html", RecoveryCodes(await frame_of(request), codes, fresh=False, next=HERE))


@of_staff
@awake
async def remove(request: Request) -> Response:
    """Use none any more, where the settings allow it."""
    services, visitor = services_of(request), await visitor_of(request)
    if services.settings.second_factor_required:
        raise NotAllowed(403)
    wrong = await _shown_now(request)
    if wrong is not None:
        return wrong
    await services.second_factors.remove(visitor.person.id, now_of(request))
    return see_other(HERE)


@of_staff
async def unlock_page(request: Request) -> Response:
    """The session was left alone for long: prove that it is still you."""
    visitor, since_ms = await visitor_of(request), await factor_since(request)
    if not is_idle(request, visitor.session):
        return see_other(next_of(request))
    context = Unlock(await frame_of(request), with_code=since_ms is not None, next=next_of(request))
    return page("staff/unlock.html", context)


@of_staff
async def unlock(request: Request) -> Response:
    """Go on where the lock fell."""
    visitor, since_ms = await visitor_of(request), await factor_since(request)
    if not is_idle(request, visitor.session):
        return see_other(next_of(request))
    opened = await prove(request, visitor, since_ms)
    if isinstance(opened, Wrong):
        context = Unlock(
            await frame_of(request),
            with_code=since_ms is not None,
            next=next_of(request),
            errors=opened.errors,
            alert=opened.alert,
        )
        return page("staff/unlock.html", context, status_of(opened))
    response = see_other(next_of(request))
    go_on(request, response, opened)
    return response


async def _shown_now(request: Request) -> Response | None:
    """None where the form holds a right code; otherwise the page that says what is wrong."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    if not await is_proven(request):
        return see_other(HERE)
    tried = await services.second_factors.check(visitor.person.id, field_of(request, "code", 40), now_ms)
    return None if tried.word is FactorWord.RIGHT else await _kept_page(request, told_of(tried, "code"))


async def _is_fresh(request: Request) -> bool:
    """Whether the visitor has shown a code just now; who has no second factor has nothing to show."""
    since_ms, session = await factor_since(request), (await visitor_of(request)).session
    if since_ms is None:
        return True
    return session.factor_ms >= since_ms and now_of(request) - session.factor_ms < FRESH_MS


async def _must_change(request: Request) -> bool:
    return (await visitor_of(request)).account.must_change


async def _code_again(request: Request, wrong: Wrong | None = None) -> Response:
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    demo_code = ""
    if services.settings.demo:  # the password of a demo is public as well; its clock may be another year's
        async with services.database.reading() as tx:
            used = await second_factors.find_used(tx, services.vault, visitor.person.id)
        demo_code = code_at(used.secret, now_ms) if used is not None else ""
    given = wrong or Wrong()
    context = FactorCode(await frame_of(request), next_of(request), demo_code, errors=given.errors, alert=given.alert)
    return page("staff/second_factor.html", context, 200 if wrong is None else status_of(wrong))


async def _set_up_again(request: Request, draft: Draft, error: FieldError | None = None) -> Response:
    services, visitor = services_of(request), await visitor_of(request)
    frame = await frame_of(request)
    tail = frame.person.document_tail if frame.person is not None else ""
    uri = uri_of(draft.secret, f"{visitor.person.name} {tail}", frame.authority)
    svg = segno.make(uri, error="m").svg_inline(scale=4, border=4, dark="#000", light="#fff", omitsize=False)
    context = FactorSetUp(
        frame=frame,
        picture=Markup(svg),  # noqa: S704 - made by segno, of a text that is escaped into modules
        secret=" ".join(draft.secret[at : at + GROUP] for at in range(0, len(draft.secret), GROUP)),
        draft=draft.sealed,
        next=next_of(request),
        required=services.settings.second_factor_required,
        replaces=await factor_since(request) is not None,
        demo_code=code_at(draft.secret, now_of(request)) if services.settings.demo else "",
        errors=() if error is None else (error,),
    )
    return page("staff/second_factor_new.html", context, 200 if error is None else 422)


async def _kept_page(request: Request, wrong: Wrong | None = None) -> Response:
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.reading() as tx:
        used = await second_factors.find_used(tx, services.vault, visitor.person.id)
        left = 0 if used is None else await second_factors.codes_left(tx, used.id)
    given = wrong or Wrong()
    alert = given.alert
    if alert is None and used is not None and left < LOW:
        alert = Alert("warning", _("恢复码快用完了"), _("还剩 {n} 个，请在下面重新生成一组。").format(n=left))
    context = FactorKept(
        frame=await frame_of(request),
        since_ms=None if used is None else used.at_ms,
        codes_left=left,
        required=services.settings.second_factor_required,
        errors=given.errors,
        alert=alert,
    )
    return page("staff/second_factor_kept.html", context, 200 if wrong is None else status_of(wrong))
