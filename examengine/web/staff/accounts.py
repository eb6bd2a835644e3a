"""人员与权限: accounts of staff, finding one, and one account with all that can be done to it."""

from collections.abc import Iterable, Mapping

from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.names import Place, mask_document
from examengine.records import accounts, audit, people, roles, second_factors, staffing
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.people import Person
from examengine.records.roles import not_beside
from examengine.records.search import search_people
from examengine.records.staffing import Act, HeldRole, StaffRow
from examengine.records.words import STAFF_ROLES, AccountAct, Role
from examengine.support.quotas import used_by
from examengine.web.contexts.frame import Alert, Fact, Frame, NavLink
from examengine.web.contexts.staffing import (
    ActLine,
    RoleOffer,
    RoleRow,
    SignInLine,
    StaffAccount,
    StaffLine,
    StaffList,
)
from examengine.web.http import (
    NotAllowed,
    field_of,
    frame_of,
    now_of,
    page,
    path_id,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.staff.words import (
    ACT_DOES,
    ACT_NAMES,
    OUTCOMES,
    ROLE_DOES,
    ROLE_NAMES,
    act_text,
    names_of,
)
from examengine.web.support.wording import MEASURES, document_type
from examengine.web.wording import gettext as _

MAX_QUERY = 60
FOUND = 20
SIGN_INS = 10
RECENT = 10
ACTS = (AccountAct.END_SESSIONS, AccountAct.HAND_OUT_PASSWORD, AccountAct.RESET_FACTOR, AccountAct.BLOCK)


@signed_in(Role.SECURITY)
async def list_page(request: Request) -> Response:
    """Accounts of staff, all or those of a role, and what was done last."""
    services = services_of(request)
    wanted = next((role for role in STAFF_ROLES if role.value == request.query_params.get("role", "")), None)
    async with services.database.reading() as tx:
        rows = await staffing.list_staff(tx, role=wanted)
        recent = await staffing.newest_acts(tx, RECENT)
        known = await _people(request, tx, rows, recent)
        since = await second_factors.used_since(tx, [row.person_id for row in rows])
    tabs = (
        NavLink("/staff", _("全部"), here=wanted is None),
        *(NavLink(f"/staff?role={role.value}", ROLE_NAMES[role], here=role is wanted) for role in STAFF_ROLES),
    )
    context = StaffList(
        frame=await _frame(request),
        rows=tuple(_line(row, known, since) for row in rows if row.person_id in known),
        tabs=tabs,
        recent=tuple(_told(act, known) for act in recent),
    )
    return page("staff/staff.html", context)


@signed_in(Role.SECURITY)
async def search(request: Request) -> Response:
    """Find anybody, by name or number: to give him a role, or to see that he holds none. What is typed stays in the
    body of the POST.
    """
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    query = field_of(request, "q", MAX_QUERY)
    async with services.database.reading() as tx:
        found = (await search_people(tx, services.vault, query, FOUND)).people if query else ()
        ids = [person.id for person in found]
        rows = await staffing.staff_rows(tx, ids)
        since = await second_factors.used_since(tx, ids)
    async with services.database.writing() as tx:
        await audit.append(tx, now_ms, visitor.person.id, "find_account", "people", None, {"found": ids})
    known = {person.id: person for person in found}
    context = StaffList(
        frame=await _frame(request),
        rows=tuple(_line(row, known, since) for row in rows),
        query=query,
        asked=True,
    )
    return page("staff/staff.html", context)


@signed_in(Role.SECURITY)
async def account_page(request: Request) -> Response:
    """One account: its roles, second factor, sign-ins, and what can be done to it. The look at it is recorded."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    person_id = path_id(request)
    own = person_id == visitor.person.id
    try:
        async with services.database.writing() as tx:
            account = await accounts.get_account(tx, person_id)
            if not own:
                await audit.append(tx, now_ms, visitor.person.id, "view_account", "person", person_id)
    except Missing:
        raise NotAllowed(404) from None
    async with services.database.reading() as tx:
        held = await staffing.roles_held(tx, person_id)
        history = await staffing.acts_on(tx, person_id)
        signs = await accounts.newest_sign_ins(tx, person_id, SIGN_INS)
        now_held = await roles.roles_of(tx, person_id)
        since = await second_factors.find_used_since(tx, person_id)
        running = await staffing.running_sittings(tx, person_id)
        [row] = await staffing.staff_rows(tx, [person_id])
        by = {one for role in held for one in (role.granted_by, role.revoked_by) if one is not None}
        known = await people.find_people(
            tx, services.vault, by | {person_id} | {act.by_person for act in history if act.by_person is not None}
        )
    person = known[person_id]
    if person.profile is None:
        raise NotAllowed(404)
    context = StaffAccount(
        frame=await _frame(request),
        name=person.name,
        facts=_facts(person, row, must_change=account.must_change, since_ms=since, running=running),
        roles=tuple(_role(role, known, person_id, own=own) for role in held),
        offers=() if own else _offers(person_id, now_held),
        acts=() if own else _acts(person_id, has_factor=since is not None, shut=row.shut),
        quotas=await _quotas(request, person_id) if Role.SUPPORT in now_held else (),
        sign_ins=tuple(
            SignInLine(one.at_ms, *OUTCOMES[one.outcome], one.device[:4] if one.device else _("未知"))
            for one in signs
        ),
        history=tuple(_told(act, known) for act in history),
        own=own,
    )
    return page("staff/account.html", context)


async def _quotas(request: Request, person_id: int) -> tuple[Fact, ...]:
    """What an agent of the desk has done alone in the last 24 hours, and how much he may."""
    async with services_of(request).database.reading() as tx:
        looks = await used_by(tx, person_id, now_of(request))
    return tuple(
        Fact(MEASURES[measure][0], _("{n} / {most}").format(n=look.used, most=look.bounds.per_day))
        for measure, look in looks.items()
    )


async def _frame(request: Request) -> Frame:
    done = request.query_params.get("done", "")
    flash = None
    if done in set(AccountAct):
        flash = Alert(
            "success", _("已办理：{act}").format(act=ACT_NAMES[AccountAct(done)]), _("已经生效，也已记入审计。")
        )
    return await frame_of(request, "/staff", flash)


async def _people(
    request: Request, tx: Reading, rows: Iterable[StaffRow], recent: Iterable[Act]
) -> Mapping[int, Person]:
    wanted = {row.person_id for row in rows}
    for act in recent:
        wanted |= {act.person_id} | ({act.by_person} if act.by_person is not None else set())
    return await people.find_people(tx, services_of(request).vault, wanted)


def _masked(person: Person) -> str:
    return mask_document(person.profile.document, Place.STAFF_LIST) if person.profile is not None else ""


def _line(row: StaffRow, known: Mapping[int, Person], since: Mapping[int, int]) -> StaffLine:
    person = known[row.person_id]
    return StaffLine(
        person_id=row.person_id,
        name=person.name,
        document_masked=_masked(person),
        unit=person.profile.unit_name if person.profile is not None else "",
        roles=tuple(name for role, name in ROLE_NAMES.items() if role in row.roles),
        factor=_("已设置") if row.person_id in since else _("未设置"),
        tone="good" if row.person_id in since else "wait",
        last_in_ms=row.last_in_ms,
        shut=row.shut,
    )


def _told(act: Act, known: Mapping[int, Person]) -> ActLine:
    person = known.get(act.person_id)
    return ActLine(
        at_ms=act.at_ms,
        what=act_text(act),
        by=_name(act.by_person, known),
        reason=act.reason,
        ticket=act.ticket,
        person_id=act.person_id,
        name=person.name if person is not None else "",
    )


def _name(person_id: int | None, known: Mapping[int, Person]) -> str:
    if person_id is None:
        return _("导入或命令行")
    person = known.get(person_id)
    return person.name if person is not None and person.name else _("（已删除）")


def _facts(
    person: Person, row: StaffRow, *, must_change: bool, since_ms: int | None, running: int
) -> tuple[Fact, ...]:
    profile = person.profile
    assert profile is not None
    state = _("已停用，不能登录") if row.shut else _("还没改初始密码") if must_change else _("可以登录")
    facts = [
        Fact(_("账号状态"), state),
        Fact(_("现在的角色"), names_of(row.roles)),
        Fact(_("双重验证"), _("已设置") if since_ms is not None else _("未设置")),
        Fact(document_type(profile.doc_type), _masked(person)),
        Fact(_("单位"), profile.unit_name),
    ]
    if running:
        facts.append(Fact(_("正在考试"), _("{n} 场").format(n=running)))
    return tuple(facts)


def _role(held: HeldRole, known: Mapping[int, Person], person_id: int, *, own: bool) -> RoleRow:
    now = held.revoked_ms is None
    return RoleRow(
        text=ROLE_NAMES[held.role],
        since_ms=held.at_ms,
        by=_name(held.granted_by, known),
        until_ms=held.revoked_ms,
        until_by="" if now else _name(held.revoked_by, known),
        take_href=f"/staff/{person_id}/take_role?role={held.role.value}" if now and not own else "",
    )


def _offers(person_id: int, held: frozenset[Role]) -> tuple[RoleOffer, ...]:
    offers = []
    for role, name in ROLE_NAMES.items():
        if role in held:
            continue
        wrong = not_beside(role, held)
        why_not = _("不能与{roles}兼任").format(roles=names_of(wrong)) if wrong else ""
        offers.append(RoleOffer(name, ROLE_DOES[role], f"/staff/{person_id}/give_role?role={role.value}", why_not))
    return tuple(offers)


def _acts(person_id: int, *, has_factor: bool, shut: bool) -> tuple[tuple[str, str, str], ...]:
    """Where each act is asked for, its name, what it is for; those that make no sense now are left out."""
    left_out = {AccountAct.RESET_FACTOR: not has_factor, AccountAct.BLOCK: shut}
    return tuple(
        (f"/staff/{person_id}/{act.value}", ACT_NAMES[act], ACT_DOES[act])
        for act in ACTS
        if not left_out.get(act, False)
    )
