"""The one-time password of a candidate let in again: for a quarter of an hour, to whoever ordered it."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.records import accounts, audit, let_ins, people
from examengine.records.errors import Missing
from examengine.records.let_ins import LetIn
from examengine.records.words import Role
from examengine.web.contexts.acts import LetInPage
from examengine.web.http import NotAllowed, now_of, page, path_id, services_of, signed_in, visitor_of
from examengine.web.support.forms import desk_frame, masked
from examengine.web.wording import gettext as _

SHOWN_MS = 15 * 60_000


def may_show(one: LetIn, by_person: int, now_ms: int) -> bool:
    """Whether its password may be shown to this agent now."""
    return one.new_password and one.by_person == by_person and now_ms < one.at_ms + SHOWN_MS


@signed_in(Role.SUPPORT)
async def let_in_page(request: Request) -> Response:
    """The password, or why it is not shown. Every look that shows it is logged."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    try:
        async with services.database.reading() as tx:
            one = await let_ins.get(tx, path_id(request))
            person = await people.get_person(tx, services.vault, one.person_id)
            account = await accounts.get_account(tx, one.person_id)
    except Missing:
        raise NotAllowed(404) from None
    password, state = "", _("密码只给办理的人看，并且只看 15 分钟。需要时请再办理一次“允许重新登录”。")
    if may_show(one, visitor.person.id, now_ms):
        made = services.tokens.one_time(one.nonce)
        if (await services.passwords.verify(account.password_hash, made)).is_right:
            password, state = made, _("请读给考生听，数字和字母分开念。考生用它登录以后，要马上改成自己的密码。")
            async with services.database.writing() as tx:
                facts = {"person": one.person_id, "let_in": one.id}
                await audit.append(
                    tx, now_ms, visitor.person.id, "show_one_time_password", "person", one.person_id, facts
                )
        else:
            state = _("这个一次性密码已经改过，不能再用。")
    context = LetInPage(
        frame=await desk_frame(request),
        person_id=one.person_id,
        name=person.name,
        document_masked=masked(person),
        state=state,
        password=password,
        until_ms=one.at_ms + SHOWN_MS,
    )
    return page("support/let_in.html", context)
