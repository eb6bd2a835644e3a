"""O2: what is checked before publishing, signed where it is red, and looked at again once the exam stands."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from examengine.clock import SystemClock
from examengine.publishing.checks import Check, CheckKind, CheckState, Finding, standing
from examengine.publishing.exams import Readiness, examine
from examengine.publishing.gathering import Installation, Telephone, look
from examengine.publishing.rulebooks import get_offer
from examengine.publishing.signing import MAX_REASON, Asked
from examengine.records import audit, checks, duties, exam_pages, people, releases, rulebooks
from examengine.records.checks import Signature
from examengine.records.database import Reading
from examengine.records.releases import StoredRelease
from examengine.records.words import Role
from examengine.rules.calendar import window_of
from examengine.rules.rulebook import Rulebook
from examengine.web import times
from examengine.web.contexts.checks import CheckRow, ExamChecks, SignedRow
from examengine.web.contexts.frame import FieldError
from examengine.web.hotline import board_of
from examengine.web.http import (
    field_of,
    form_of,
    now_of,
    page,
    path_id,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.operator.check_words import LINKS, STATES, TITLES, basis_of_peak, found
from examengine.web.operator.exams import get_exam
from examengine.web.operator.frames import EXAMS, operator_frame
from examengine.web.tokens import Intent
from examengine.web.wording import gettext as _

ACT = "sign_checks"
MIN_REASON = 4
_NUMBER_OF_A_PERSON = re.compile(r"(?<!\d)(\d{17}[\dXx]|1[3-9]\d{9})(?!\d)")


async def look_around(
    request: Request,
    tx: Reading,
    rulebook: Rulebook,
    unconfirmed: int,
    ready: Readiness | None,
    release: StoredRelease | None,
) -> tuple[Check, ...]:
    """All checks as they are in this request."""
    services, now_ms = services_of(request), now_of(request)
    telephone = board_of(request).told(await duties.find_hotline(tx))
    # a demo shows another time on purpose: what is held against the stores is the host's own
    clock = SystemClock() if services.settings.demo else services.clock
    at = Installation(services.calls, services.settings.data_dir, clock.now_ms, services.settings.demo)
    shown = Telephone(telephone.number, telephone.hours)
    return await look(tx, at, shown, rulebook, unconfirmed, ready, release, now_ms)


async def rows_of(
    request: Request,
    tx: Reading,
    checked: Sequence[Check],
    known: Sequence[Signature],
    zone: str,
    details: dict[CheckKind, str],
) -> tuple[CheckRow, ...]:
    """The checks in words; ``details`` are said before what a check found, where the page knows more."""
    now_ms = now_of(request)
    signers = await people.find_people(tx, services_of(request).vault, {one.by_person for one in known})
    rows = []
    for check in checked:
        signature = standing(known, check, now_ms)
        href, link = LINKS.get(check.kind, ("", ""))
        told = _("；").join(text for text in (details.get(check.kind, ""), found(check, zone)) if text)
        signed = ""
        if signature is not None:
            by = signers[signature.by_person].name if signature.by_person in signers else ""
            signed = _("{name} 于 {at} 签字放行：{reason}").format(
                name=by, at=times.moment(signature.at_ms, zone), reason=signature.reason
            )
        rows.append(
            CheckRow(
                kind=check.kind,
                title=TITLES[check.kind],
                state="signed" if signature is not None else check.state,
                state_text=_("已签字") if signature is not None else STATES[check.state],
                evidence=told,
                href=href if check.state is not CheckState.OK or check.kind in _ALWAYS else "",
                link=link,
                value=f"{check.kind}:{check.finding}" if check.may_be_signed and signature is None else "",
                signed=signed,
            )
        )
    return tuple(rows)


_ALWAYS = (CheckKind.PEOPLE, CheckKind.DUTY, CheckKind.HOTLINE)
"""Checks whose page is of use also where they are passed."""


async def fresh_intent(request: Request, release_id: int) -> str:
    """What makes a form that is sent twice one signature."""
    visitor = await visitor_of(request)
    intent = Intent(ACT, release_id, visitor.person.id, 0, 0, secrets.token_urlsafe(9))
    return services_of(request).tokens.intent(intent, now_of(request))


async def nonce_of(request: Request, release_id: int) -> str | None:
    """The nonce of the posted form, where it was made for this person and release."""
    visitor = await visitor_of(request)
    intent = services_of(request).tokens.read_intent(field_of(request, "intent"), now_of(request))
    if intent is None or (intent.act, intent.subject_id, intent.person_id) != (ACT, release_id, visitor.person.id):
        return None
    return intent.nonce


def asked_of(request: Request) -> tuple[Asked, ...]:
    """The ticked checks of the posted form."""
    ticked = form_of(request).get("check", [])
    pairs = (value[:100].partition(":") for value in ticked[: len(CheckKind)])
    return tuple(Asked(kind, finding) for kind, _colon, finding in pairs)


def reason_of(request: Request) -> tuple[str, list[FieldError]]:
    """Why somebody answers for it, with what is wrong about that."""
    reason = field_of(request, "reason", 4 * MAX_REASON)
    if len(reason) < MIN_REASON:
        return reason, [FieldError("reason", _("请写明理由：为什么可以这样发布，谁知道，打算怎么补救"))]
    if len(reason) > MAX_REASON:
        return reason, [FieldError("reason", _("理由最多 {n} 个字").format(n=MAX_REASON))]
    if _NUMBER_OF_A_PERSON.search(reason):
        return reason, [FieldError("reason", _("理由里不要写证件号和手机号"))]
    return reason, []


@signed_in(Role.OPERATOR)
async def exam_checks(request: Request) -> Response:
    """What the checks say today of an exam that is published."""
    services = services_of(request)
    async with services.database.reading() as tx:
        exam = await get_exam(tx, path_id(request))
        offer = await get_offer(tx, exam.rulebook_digest)
        rulebook = await services.shelf.rulebook(tx, exam.rulebook_digest)
        release = await releases.get_release(tx, exam.release_id)
        confirmed = await rulebooks.confirmations_of(tx, exam.rulebook_digest)
        published = await _as_published(tx, exam.id)
        ready = await examine(tx, services.shelf, offer.loaded, confirmed, release.id, published.get("blueprint"))
        checked = await look_around(request, tx, rulebook, len(ready.unconfirmed), ready, release)
        enrolled = await exam_pages.count_enrolled(tx, exam.id, exam.credit_year)
        window, zone = window_of(rulebook, exam.credit_year), rulebook.meta.timezone
        details = {
            CheckKind.WINDOW: f"{times.day(window.opens_ms, zone)} — {times.last_day(window.closes_ms, zone)}",
            CheckKind.PEOPLE: _("已报名 {n} 人").format(n=enrolled),
        }
        rows = await rows_of(request, tx, checked, (), zone, details)
        known = await checks.get_signatures(tx, published.get("signed", ()))
        signers = await people.find_people(tx, services.vault, {one.by_person for one in known})
    shown = ExamChecks(
        frame=await operator_frame(request, EXAMS),
        exam_id=exam.id,
        title=exam.title,
        # what stands in a published exam is changed by publishing another
        checks=tuple(replace(row, href="" if row.href.startswith("#") else row.href, value="") for row in rows),
        basis=basis_of_peak(),
        signatures=tuple(
            SignedRow(
                TITLES[CheckKind(one.kind)],
                found(Check(CheckKind(one.kind), CheckState.RED, Finding(one.finding), one.facts), zone),
                one.reason,
                signers[one.by_person].name if one.by_person in signers else "",
                one.at_ms,
            )
            for one in known
        ),
    )
    return page("operator/checks.html", shown)


async def _as_published(tx: Reading, exam_id: int) -> Mapping[str, Any]:
    """What the line of the audit says that the exam was published with."""
    lines = await audit.newest(tx, object_kind="exam", object_id=exam_id)
    return next((line.facts for line in lines if line.act == "publish"), {})
