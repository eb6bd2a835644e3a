"""合理便利: standing extra time and breaks for a person, given and taken back."""

from dataclasses import dataclass, field, replace

from starlette.requests import Request
from starlette.responses import Response

from examengine.records import accommodations as kept
from examengine.records import people
from examengine.records.accommodations import Accommodation
from examengine.records.errors import Missing
from examengine.refusals import Refusal
from examengine.rules.calendar import day_starts_ms
from examengine.support import accommodations
from examengine.support.accommodations import (
    ALONE_A_DAY,
    MAX_BREAKS,
    MAX_MINUTES,
    MAX_PERCENT,
    AccommodationOrder,
    EndOrder,
    is_large,
    may_end,
    read_cases,
    supposed,
)
from examengine.support.acts import Asked
from examengine.web import times
from examengine.web.accommodation_words import given_told, validity_told
from examengine.web.contexts.acts import Control, Effect
from examengine.web.contexts.frame import Fact, FieldError
from examengine.web.http import ZONE, NotAllowed, field_of, now_of, services_of
from examengine.web.support.accommodation_effect import end_lines, given_lines
from examengine.web.support.act import (
    Act,
    At,
    ByTwo,
    Confirmed,
    Fields,
    NoAmounts,
    Subject,
    Weighed,
    at_of,
    carry_out,
    to_the_sitting,
)
from examengine.web.support.finding import person_subject
from examengine.web.support.forms import (
    day_of,
    expiry_ms,
    iso_day,
    names_a_person,
    push_now,
    to_person,
    whole_number,
)
from examengine.web.support.wording import ACCOMMODATION_REASONS, CATEGORIES, UNDO_REASONS, refused_act
from examengine.web.wording import gettext as _

MEASURES = (
    ("percent", _("按考试时长的百分比延长")),
    ("minutes", _("延长固定的分钟数")),
    ("breaks", _("不延长，只另加休息时间")),
)
MAX_DOCUMENT = 100
YEARS_AHEAD = 5
LARGE = _("给得多、长期有效或超过一年的，要由另一个人批准。")


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much, and for attempts started when. ``document_sealed``: what it rests on, for a second person."""

    percent: int | None
    minutes: int | None
    breaks_minutes: int
    begins_ms: int
    expires_ms: int | None
    document_sealed: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Standing(Subject):
    """An accommodation with its person."""

    accommodation: Accommodation | None = None
    document: str = ""

    @property
    def one(self) -> Accommodation:
        assert self.accommodation is not None
        return self.accommodation


def _read(_subject: Subject, fields: Fields, at: At) -> Weighed[Amounts]:
    today = iso_day(at.now_ms, ZONE)
    measure = fields.get("measure", "") if fields else "percent"
    typed = fields.get("amount", "") if fields else "25"
    breaks_typed, begins_typed = fields.get("breaks", "") or "0", fields.get("begins", "") or today
    until = fields.get("expires", "") if fields else f"{times.local(at.now_ms, ZONE).year}-12-31"
    errors = []
    most = MAX_PERCENT if measure == "percent" else MAX_MINUTES
    amount = whole_number(typed, 1, most) if measure in {"percent", "minutes"} else None
    breaks = whole_number(breaks_typed, 0, MAX_BREAKS)
    if measure not in dict(MEASURES):
        errors.append(FieldError("measure", _("请选择怎样延长")))
    elif measure != "breaks" and amount is None:
        errors.append(FieldError("amount", _("请写 1 到 {n} 的数").format(n=most)))
    if breaks is None or (measure == "breaks" and not breaks):
        low = 1 if measure == "breaks" else 0
        errors.append(FieldError("breaks", _("休息请写 {low} 到 {n} 的分钟数").format(low=low, n=MAX_BREAKS)))
    begins, ends = day_of(begins_typed), day_of(until)
    if begins is None or begins.isoformat() < today or begins.year > int(today[:4]) + YEARS_AHEAD:
        errors.append(FieldError("begins", _("开始日期从今天起，写成年月日，例如 {day}").format(day=today)))
    if until and (ends is None or ends.year > int(today[:4]) + 2 * YEARS_AHEAD):
        errors.append(FieldError("expires", _("有效期要写成年月日，例如 2026-12-31；长期有效的留空")))
    elif begins is not None and ends is not None and ends < begins:
        errors.append(FieldError("expires", _("有效期不能早于开始日期")))
    if fields.get("typed") and "document" in fields:
        errors += _document_errors(fields["document"].strip())
    controls = (
        Control("measure", _("怎样延长"), "choice", measure, choices=MEASURES),
        Control(
            "amount",
            _("百分比或分钟数"),
            value=typed,
            low="1",
            high=str(MAX_MINUTES),
            hint=_("只加休息时不用填"),
            required=False,
        ),
        Control("breaks", _("每次考试另加休息（分钟）"), value=breaks_typed, low="0", high=str(MAX_BREAKS)),
        Control("begins", _("从哪天起"), "date", begins_typed, today),
        Control("expires", _("到哪天为止"), "date", until, today, hint=_("含当天；长期有效的留空"), required=False),
        Control(
            "document",
            _("依据的材料"),
            "text",
            fields.get("document", ""),
            hint=_("名称、编号、出具单位；不写病情"),
            weighed=False,
            maxlength=MAX_DOCUMENT,
        ),
    )
    if any(error.field != "document" for error in errors) or begins is None or breaks is None:
        return Weighed(None, controls, tuple(errors))
    amounts = Amounts(
        amount if measure == "percent" else None,
        amount if measure == "minutes" else None,
        breaks,
        day_starts_ms(begins, ZONE),
        None if ends is None else expiry_ms(ends, ZONE),
    )
    return Weighed(amounts, controls, tuple(errors))


def _document_errors(document: str) -> list[FieldError]:
    if not document:
        return [FieldError("document", _("请写依据的材料"))]
    if names_a_person(document):
        return [FieldError("document", _("材料里不要写证件号和手机号"))]
    return []


def _order(subject: Subject, amounts: Amounts, by: Confirmed, sealed: str, now_ms: int) -> AccommodationOrder:
    return AccommodationOrder(
        person_id=subject.id,
        percent=amounts.percent,
        minutes=amounts.minutes,
        breaks_minutes=amounts.breaks_minutes,
        document_sealed=sealed,
        begins_ms=amounts.begins_ms,
        expires_ms=amounts.expires_ms,
        ordered_ms=now_ms,
        by_person=by.by_person,
        reason_category=by.reason_category,
        reason=by.reason,
        ticket=by.ticket,
        nonce=by.nonce,
    )


async def _effect(subject: Subject, amounts: Amounts, at: At) -> Effect:
    order = _order(subject, amounts, Confirmed(0, "", "", "", ""), "", at.now_ms)
    cases = await read_cases(at.services.database, at.services.shelf, subject.id)
    lines = given_lines(supposed(order), cases, at.now_ms, at.zone)
    if amounts.document_sealed:
        async with at.services.database.reading() as tx:
            document = await accommodations.unsealed(tx, at.services.vault, subject.id, amounts.document_sealed)
        lines = (*lines, _("依据：{document}。").format(document=document))
    return Effect(True, lines, LARGE if is_large(order) else "")


async def _do(request: Request, subject: Subject, amounts: Amounts, by: Confirmed) -> Response | Refusal:
    services = services_of(request)
    async with services.database.reading() as tx:
        document = field_of(request, "document", MAX_DOCUMENT)
        sealed = await accommodations.sealed(tx, services.vault, subject.id, document)
    order = _order(subject, amounts, by, sealed, now_of(request))
    told = await carry_out(request, accommodations.ACCOMMODATE, order)
    if isinstance(told, Refusal):
        return told
    if isinstance(told, Asked):
        return to_person(subject.person.id, "asked")
    return to_person(subject.person.id, "accommodated" if await push_now(request) else "accommodated_later")


async def _find_standing(request: Request, accommodation_id: int) -> Standing | Response:
    try:
        async with services_of(request).database.reading() as tx:
            one = await kept.get(tx, accommodation_id)
    except Missing:
        raise NotAllowed(404) from None
    found = await person_subject(request, one.person_id)
    if isinstance(found, Response):
        return found
    return await _complete(replace(found, id=accommodation_id), at_of(request))


def _no_amounts(_subject: Subject, _fields: Fields, _at: At) -> Weighed[NoAmounts]:
    return Weighed(NoAmounts())


def _facts(subject: Subject, at: At) -> tuple[Fact, ...]:
    assert isinstance(subject, Standing)
    one = subject.one
    return (
        Fact(_("合理便利"), given_told(one.percent, one.minutes, one.breaks_minutes)),
        Fact(_("有效"), validity_told(one, at.zone)),
        Fact(_("依据"), subject.document),
        Fact(_("办理"), subject.agent, times.exact(one.at_ms, at.zone)),
        Fact(
            _("原因"),
            _("{category}：{reason}").format(
                category=CATEGORIES.get(one.reason_category, one.reason_category), reason=one.reason
            ),
        ),
    )


async def _end_effect(subject: Subject, _amounts: NoAmounts, at: At) -> Effect:
    assert isinstance(subject, Standing)
    one = subject.one
    cases = await read_cases(at.services.database, at.services.shelf, one.person_id)
    async with at.services.database.reading() as tx:
        refusal = await may_end(tx, at.services.shelf, one, [case.record for case in cases], at.now_ms)
    if refusal is not None:
        return Effect(False, (refused_act(refusal),))
    return Effect(True, end_lines(one, cases, at.now_ms, at.zone))


async def _end(request: Request, subject: Subject, _amounts: NoAmounts, by: Confirmed) -> Response | Refusal:
    order = EndOrder(
        accommodation_id=subject.id,
        by_person=by.by_person,
        reason_category=by.reason_category,
        reason=by.reason,
        ticket=by.ticket,
        nonce=by.nonce,
    )
    told = await carry_out(request, accommodations.END_ACCOMMODATION, order)
    if isinstance(told, Refusal):
        return told
    if isinstance(told, Asked):
        return to_person(subject.person.id, "asked")
    return to_person(subject.person.id, "undone" if await push_now(request) else "undone_later")


def _amounts_of(order: AccommodationOrder) -> Amounts:
    return Amounts(
        order.percent,
        order.minutes,
        order.breaks_minutes,
        order.begins_ms,
        order.expires_ms,
        order.document_sealed,
    )


def _what(_subject: Subject, amounts: Amounts) -> str:
    given = given_told(amounts.percent, amounts.minutes, amounts.breaks_minutes)
    return _("合理便利：每次考试{given}").format(given=given)


async def _complete(subject: Subject, at: At) -> Standing:
    """An accommodation that is to be taken back, with what it says."""
    services = at.services
    async with services.database.reading() as tx:
        one = await kept.get(tx, subject.id)
        documents = await kept.documents_of(tx, services.vault, [one])
        agents = await people.find_people(tx, services.vault, [one.by_person])
    agent = agents[one.by_person].name
    return Standing(subject.id, subject.person, agent=agent, accommodation=one, document=documents[one.id])


def _took_two(subject: Subject) -> str:
    assert isinstance(subject, Standing)
    return _("这条记录是两个人办理的，撤回也要两个人。") if subject.one.second_person is not None else ""


GIVE = Act(
    slug=accommodations.ACCOMMODATE.slug,
    path="/support/people/{id}/accommodate",
    title=_("合理便利"),
    english="Accommodation",
    lead=_("这个人的每一场考试都适用，包括以后报名的。一个人 24 小时内最多单独办理 {n} 项。").format(n=ALONE_A_DAY),
    button=_("办理"),
    reasons=ACCOMMODATION_REASONS,
    note_hint=_("核对了什么、谁同意的；不写病情"),
    find=person_subject,
    read=_read,
    effect=_effect,
    do=_do,
    by_two=ByTwo(accommodations.ACCOMMODATE, _amounts_of, _what, to_the_sitting),
)
END = Act(
    slug=accommodations.END_ACCOMMODATION.slug,
    path="/support/accommodations/{id}/end",
    title=_("收回合理便利"),
    english="End an accommodation",
    lead=_("原来的记录不会删除，只是在每一场考试里再记一条相反的。"),
    button=_("收回"),
    refused=_("没有收回"),
    reasons=UNDO_REASONS,
    note_hint=_("为什么收回；以后有人会读"),
    facts_title=_("要收回的合理便利"),
    effect_title=_("收回以后"),
    find=_find_standing,
    read=_no_amounts,
    facts=_facts,
    effect=_end_effect,
    do=_end,
    second=_took_two,
    by_two=ByTwo(
        accommodations.END_ACCOMMODATION,
        lambda _order: NoAmounts(),
        lambda _subject, _amounts: _("收回合理便利"),
        to_the_sitting,
        _complete,
    ),
)
