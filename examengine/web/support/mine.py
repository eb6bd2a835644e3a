"""S3, what an agent has done himself, and how far he has come in what he may do alone."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.records import audit_lines, people
from examengine.records.audit import AuditLine
from examengine.records.audit_lines import Wanted
from examengine.records.words import CallTopic, Role
from examengine.support import quotas
from examengine.web.audit.act_words import Group, act_text, acts_in, facts_text
from examengine.web.contexts.acts import ActRow, BoundRow, OwnActs
from examengine.web.contexts.frame import NavLink
from examengine.web.http import now_of, page, services_of, signed_in, visitor_of
from examengine.web.support.forms import desk_frame
from examengine.web.support.wording import CALL_TOPICS, CATEGORIES, MEASURES
from examengine.web.wording import gettext as _

HERE = "/support/mine"
PER_PAGE = 50
TABS = {"": (Group.DESK, _("办理的")), "views": (Group.VIEWS, _("查看的"))}
NOT_TOLD = ("person", "reason", "second", "shown", "approval", "entry", "call", "let_in")
"""Facts that the row tells otherwise, or that are numbers of ours."""


@signed_in(Role.SUPPORT)
async def mine_page(request: Request) -> Response:
    """One's own acts, newest first."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    kind = request.query_params.get("kind", "")
    kind = kind if kind in TABS else ""
    before = request.query_params.get("before", "")
    before_id = int(before) if before.isdecimal() and len(before) <= 18 else None
    wanted = Wanted(acts=acts_in(TABS[kind][0]), by_person=visitor.person.id)
    async with services.database.reading() as tx:
        lines = await audit_lines.lines_of(tx, wanted, before_id=before_id, limit=PER_PAGE + 1)
        concerned = {person_id for line in lines if (person_id := _concerned(line)) is not None}
        names = {one.id: one.name for one in (await people.find_people(tx, services.vault, concerned)).values()}
        used = await quotas.used_by(tx, visitor.person.id, now_ms)
    older = ""
    if len(lines) > PER_PAGE:
        older = f"{HERE}?{'kind=' + kind + '&' if kind else ''}before={lines[PER_PAGE - 1].id}"
    context = OwnActs(
        frame=await desk_frame(request, here=HERE),
        bounds=tuple(
            BoundRow(
                *MEASURES[measure],
                used=look.used,
                per_day=look.bounds.per_day,
                at_once=look.bounds.at_once,
                on_one_person=look.bounds.on_one_person,
            )
            for measure, look in used.items()
        ),
        rows=tuple(_row(line, names) for line in lines[:PER_PAGE]),
        tabs=tuple(
            NavLink(f"{HERE}?kind={code}" if code else HERE, text, here=code == kind)
            for code, (_group, text) in TABS.items()
        ),
        older=older,
    )
    return page("support/mine.html", context)


def _concerned(line: AuditLine) -> int | None:
    person_id = line.facts.get("person", line.object_id if line.object_kind == "person" else None)
    return person_id if isinstance(person_id, int) else None


def _row(line: AuditLine, names: dict[int, str]) -> ActRow:
    person_id = _concerned(line)
    told = {name: value for name, value in line.facts.items() if name not in NOT_TOLD}
    if told.get("topic") in CALL_TOPICS:
        told["topic"] = CALL_TOPICS[CallTopic(told["topic"])]
    reason = line.facts.get("reason")
    parts = [CATEGORIES.get(str(reason), "") if reason else "", facts_text(told)]
    return ActRow(
        at_ms=line.at_ms,
        text=act_text(line.act),
        name=names.get(person_id, _("资料已删除")) if person_id is not None else "",
        href=f"/support/people/{person_id}" if person_id in names else "",
        detail=_("；").join(part for part in parts if part),
    )
