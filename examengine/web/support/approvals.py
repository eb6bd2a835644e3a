"""S4, requests that wait for a second person. An approval is bound to what was shown."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from examengine.records.errors import Missing
from examengine.records.words import Decision, Role
from examengine.refusals import Next, Reason, Refusal
from examengine.support import requests, second
from examengine.support.requests import get_request, list_requests
from examengine.web.contexts.frame import Alert, Fact
from examengine.web.contexts.support import ApprovalRow, Approvals, DecidedRow
from examengine.web.http import (
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
from examengine.web.support.act import At, at_of, means_of
from examengine.web.support.asked import amounts_of, by_two_of, subject_of, what_of
from examengine.web.support.forms import desk_frame, masked
from examengine.web.support.register import ACTS
from examengine.web.support.wording import ACT_REFUSALS, CATEGORIES
from examengine.web.tokens import Approval
from examengine.web.wording import gettext as _

HERE = "/support/approvals"
DECISIONS = {"approve": Decision.APPROVED, "refuse": Decision.REFUSED}


@signed_in(Role.SUPPORT)
async def approvals_page(request: Request) -> Response:
    """What waits, and what was decided last."""
    return await _list(request)


@signed_in(Role.SUPPORT)
async def decide(request: Request) -> Response:
    """The second person's word. The asker is told that it needs somebody else."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    approval_id = path_id(request)
    decision = DECISIONS.get(field_of(request, "decision", 20))
    if decision is None:
        raise NotAllowed(400)
    try:
        shown = await get_request(services.database, services.vault, services.shelf, approval_id)
    except Missing:
        raise NotAllowed(404) from None
    if visitor.person.id in {shown.approval.asked_by, shown.person.id}:
        return await _list(request, Refusal(Reason.TWO_PERSONS_REQUIRED, Next.NONE))
    if shown.approval.decision is not None:
        return see_other(f"{HERE}?done=decided")
    seen = services.tokens.read_approval(field_of(request, "approval"), now_ms)
    if seen != Approval(approval_id, visitor.person.id, shown.digest):
        return see_other(f"{HERE}?done=changed")
    means = means_of(services)
    refusal = await second.decide(services.database, means, approval_id, decision, visitor.person.id, now_ms)
    if refusal is not None:
        return await _list(request, refusal)
    if decision is Decision.REFUSED:
        return see_other(f"{HERE}?done=refused")
    asked = shown.approval
    subject = subject_of(asked, shown.person, shown.case)
    brought = await by_two_of(asked).after(request, subject, amounts_of(asked))
    return see_other(f"{HERE}?done={'approved' if brought else 'approved_later'}")


async def _list(request: Request, refusal: Refusal | None = None) -> Response:
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    listed = await list_requests(services.database, services.vault, services.shelf, visitor.person.id, now_ms)
    frame = await desk_frame(request, here=HERE, flash=_told(refusal))
    at, visitor_id = at_of(request), visitor.person.id
    context = Approvals(
        frame=frame,
        rows=tuple(
            [
                await _row(asked, listed.names, at, visitor_id, _token(request, asked, visitor_id))
                for asked in listed.waiting
            ]
        ),
        decided=tuple(_decided(asked, listed.names) for asked in listed.decided),
    )
    return page("support/approvals.html", context, 200 if refusal is None else 409)


def _token(request: Request, asked: requests.Request, visitor_id: int) -> str:
    token = Approval(asked.approval.id, visitor_id, asked.digest)
    return services_of(request).tokens.approval(token, now_of(request))


def _told(refusal: Refusal | None) -> Alert | None:
    if refusal is None:
        return None
    text, next_text = ACT_REFUSALS[refusal.reason]
    return Alert("danger", text, next_text)


async def _row(asked: requests.Request, names: Mapping[int, str], at: At, visitor_id: int, token: str) -> ApprovalRow:
    told, one = asked.approval.act, ACTS[asked.approval.act["act"]]
    agent = names.get(asked.entry.by_person, "") if asked.entry is not None else ""
    by_two, amounts = by_two_of(asked.approval), amounts_of(asked.approval)
    subject = await by_two.complete(subject_of(asked.approval, asked.person, asked.case, agent), at)
    effect = await one.effect(subject, amounts, at)
    category = CATEGORIES.get(str(told["reason_category"]), "")
    return ApprovalRow(
        approval_id=asked.approval.id,
        what=by_two.what(subject, amounts),
        name=asked.person.name,
        document_masked=masked(asked.person),
        facts=(*one.facts(subject, at), Fact(_("批准以后"), "".join(effect.lines))),
        reason_text=_("{category}：{reason}").format(category=category, reason=told["reason"]),
        ticket=str(told["ticket"]),
        asked_by=names.get(asked.approval.asked_by, ""),
        asked_ms=asked.approval.asked_ms,
        token=token,
        own=visitor_id in {asked.approval.asked_by, asked.person.id},
        person_id=asked.person.id,
    )


def _decided(asked: requests.Request, names: Mapping[int, str]) -> DecidedRow:
    approval = asked.approval
    return DecidedRow(
        what=what_of(approval, asked.person, asked.case),
        name=asked.person.name,
        asked_by=names.get(approval.asked_by, ""),
        decided_by=names.get(approval.decided_by or 0, ""),
        decided_ms=approval.decided_ms or 0,
        approved=approval.decision is Decision.APPROVED,
    )
