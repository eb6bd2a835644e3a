"""One person's results, and an attempt's paper printed for an appeal; who looks and why is logged."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.names import Place, mask_document
from examengine.records import audit, enrolments, exams, people, results
from examengine.records import evidence as kept_evidence
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.history import AttemptRecord, EnrolmentRecord, load_histories
from examengine.records.people import Person
from examengine.records.results import ResultLine, standing_of
from examengine.records.vault import canonical_number
from examengine.records.words import Role, Standing
from examengine.reporting.papers import SatPaper, read_paper, read_pictures
from examengine.rules.history import OutcomeReason
from examengine.web import times
from examengine.web.author.banks import attachment
from examengine.web.contexts import results as contexts
from examengine.web.contexts.frame import Alert, Fact, FieldError
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
from examengine.web.operator.frames import RESULTS, operator_frame
from examengine.web.operator.paper_document import paper_document, pictures_of
from examengine.web.operator.results import STANDINGS, exams_page, score_told, title_of
from examengine.web.pdf import MIME_TYPE, NotDrawnError
from examengine.web.regions import region_told
from examengine.web.support.wording import OUTCOMES
from examengine.web.wording import gettext as _

MAX_TICKET = 40
MAX_QUERY = 60
SHORTEST_NUMBER = 5
REASONS = (
    ("appeal", _("成绩复核、申诉")),
    ("inspection", _("监督检查")),
    ("dispute", _("仲裁、诉讼")),
    ("archive", _("归档")),
    ("other", _("其他")),
)


@signed_in(Role.OPERATOR)
async def find(request: Request) -> Response:
    """A person by the whole document number; what was typed is not kept."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    number = canonical_number(field_of(request, "q", MAX_QUERY))
    found: tuple[Person, ...] = ()
    if len(number) >= SHORTEST_NUMBER:
        async with services.database.reading() as tx:
            found = await people.find_by_document(tx, services.vault, number)
    async with services.database.writing() as tx:
        facts = {"hits": [person.id for person in found]}
        await audit.append(tx, now_ms, visitor.person.id, "search_results", "person", None, facts)
    if len(found) == 1:
        return see_other(f"{RESULTS}/people/{found[0].id}")
    if found:
        told = _("这个号码有 {n} 个人在用（证件类型不同），请到“客服”里按姓名查。").format(n=len(found))
        return await exams_page(request, Alert("info", _("不止一个人"), told))
    told = _("请核对号码，要写完整；要找的人也可能还没有导入。")
    return await exams_page(request, Alert("info", _("没有找到"), told))


@signed_in(Role.OPERATOR)
async def show_person(request: Request) -> Response:
    """One person with every attempt; logged before it is shown."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    person_id = path_id(request)
    async with services.database.writing() as tx:
        person = await _person(tx, request, person_id)
        await audit.append(tx, now_ms, visitor.person.id, "view_results", "person", person_id, {"shown": "masked"})
    async with services.database.reading() as tx:
        lines = await enrolments.list_of_person(tx, person_id)
        records = await load_histories(tx, [line.enrolment.id for line in lines])
        known = {line.enrolment_id: line for line in await results.of_person(tx, person_id)}
        titles = await exams.find_exams(tx, [line.enrolment.exam_id for line in lines])
        receipts = {
            row.id: found.number
            for record in records.values()
            for row in record.attempts
            if (found := await kept_evidence.find_receipt(tx, row.id)) is not None
        }
    profile = person.profile
    assert profile is not None
    shown = contexts.ResultPerson(
        frame=await operator_frame(request, RESULTS),
        name=person.name,
        facts=(
            Fact(_("证件号码"), mask_document(profile.document, Place.STAFF_LIST)),
            Fact(_("单位"), profile.unit_name),
            Fact(_("区划"), region_told(profile.region)),
        ),
        exams=tuple(
            _exam(
                title_of(titles[line.enrolment.exam_id], line.enrolment.credit_year),
                records[line.enrolment.id],
                known.get(line.enrolment.id),
                receipts,
            )
            for line in lines
        ),
        back=RESULTS,
    )
    return page("operator/result_person.html", shown)


def _exam(
    title: str, record: EnrolmentRecord, line: ResultLine | None, receipts: dict[int, str]
) -> contexts.PersonExam:
    text, tone = STANDINGS[line.standing if line is not None else Standing.NONE]
    counts = line.attempt_id if line is not None else None
    attempts = tuple(_attempt(record, row, counts, receipts.get(row.id, "")) for row in reversed(record.attempts))
    return contexts.PersonExam(title, record.enrolment.credit_year, text, tone, attempts)


def _attempt(record: EnrolmentRecord, row: AttemptRecord, counts: int | None, receipt: str) -> contexts.AttemptRow:
    no = _("第 {no} 次").format(no=row.no)
    if len(record.rounds) > 1:
        round_no = next(one.no for one in record.rounds if one.id == row.round_id)
        no = _("第 {round} 轮第 {no} 次").format(round=round_no, no=row.no)
    outcome = row.outcome
    if outcome is None:
        return contexts.AttemptRow(no, _("进行中"), "run", "", "", row.started_ms, None, "", "", counts=False)
    text, tone = STANDINGS[standing_of(outcome.result)]
    if outcome.state == "void":
        text, tone = _("已作废"), "plain"
    return contexts.AttemptRow(
        no=no,
        state=text,
        tone=tone,
        score=score_told(outcome.score_hundredths),
        how=OUTCOMES[OutcomeReason(outcome.reason)],
        started_ms=row.started_ms,
        ended_ms=outcome.ended_ms,
        receipt=receipt,
        href=f"{RESULTS}/attempts/{row.id}/paper",
        counts=row.id == counts,
    )


@signed_in(Role.OPERATOR)
async def paper_page(request: Request) -> Response:
    """Asks why an attempt's paper is printed, and with what on it."""
    return await _form(request, await _sat(request, path_id(request)))


@signed_in(Role.OPERATOR)
async def print_paper(request: Request) -> Response:
    """The paper as PDF; that it was printed, why and with what stands in the audit log before."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    sat = await _sat(request, path_id(request))
    errors = _errors(request)
    if errors:
        return await _form(request, sat, errors)
    with_key, full = bool(field_of(request, "with_key")), bool(field_of(request, "full"))
    if sat.owned.person_id == visitor.person.id and with_key:
        return await _form(request, sat, (FieldError("with_key", _("不能打印自己的标准答案，请另一位同事办理")),))
    async with services.database.reading() as tx:
        pictures = await read_pictures(tx, pictures_of(sat))
    document = paper_document(
        sat,
        pictures,
        authority=(await operator_frame(request, RESULTS)).authority,
        who=visitor.person.name,
        why=dict(REASONS)[field_of(request, "reason", 40)],
        now_ms=now_ms,
        with_key=with_key,
        full=full,
    )
    async with services.database.writing() as tx:
        facts = {
            "reason": field_of(request, "reason", 40),
            "ticket": field_of(request, "ticket", MAX_TICKET),
            "with_key": with_key,
            "full_numbers": full,
        }
        await audit.append(tx, now_ms, visitor.person.id, "print_paper", "attempt", sat.owned.attempt.id, facts)
    try:
        drawn = await services.press.draw(document)
    except NotDrawnError:
        told = _("没有生成出来，请再试一次；还是不行，请联系运行维护人员。")
        return await _form(request, sat, (FieldError("reason", told),), status=503)
    name = _("答卷-{no}{kind}.pdf").format(no=sat.owned.attempt.id, kind=_("-内部") if with_key else "")
    return attachment(drawn, name, MIME_TYPE)


def _errors(request: Request) -> tuple[FieldError, ...]:
    found = []
    if field_of(request, "reason", 40) not in dict(REASONS):
        found.append(FieldError("reason", _("请选择原因")))
    if not field_of(request, "ticket", MAX_TICKET):
        found.append(FieldError("ticket", _("请写申请的文号或工单号")))
    return tuple(found)


async def _form(request: Request, sat: SatPaper, errors: tuple[FieldError, ...] = (), status: int = 422) -> Response:
    profile = sat.person.profile
    posted = request.method == "POST"
    facts = (
        Fact(_("姓名"), sat.person.name),
        Fact(_("证件号码"), mask_document(profile.document if profile else "", Place.STAFF_LIST)),
        Fact(_("考试"), title_of(sat.exam, sat.record.enrolment.credit_year)),
        Fact(_("开始"), times.exact(sat.owned.attempt.started_ms, ZONE)),
        Fact(_("结束"), times.exact(sat.outcome.ended_ms, ZONE)),
        Fact(_("结果"), OUTCOMES[OutcomeReason(sat.outcome.reason)]),
    )
    shown = contexts.PaperForm(
        frame=await operator_frame(request, RESULTS),
        attempt_id=sat.owned.attempt.id,
        person_id=sat.owned.person_id,
        title=_("第 {no} 次考试的答卷").format(no=sat.owned.attempt.no),
        facts=facts,
        reasons=REASONS,
        reason=field_of(request, "reason", 40) if posted else "",
        ticket=field_of(request, "ticket", MAX_TICKET) if posted else "",
        with_key=bool(field_of(request, "with_key")) if posted else False,
        full=bool(field_of(request, "full")) if posted else False,
        errors=errors,
    )
    return page("operator/result_paper.html", shown, status if errors else 200)


async def _sat(request: Request, attempt_id: int) -> SatPaper:
    """The attempt of the address, logged like a view of its person.

    Raises:
        NotAllowed: there is none, or it has not ended.
    """
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    async with services.database.reading() as tx:
        try:
            sat = await read_paper(tx, services.vault, services.shelf, attempt_id, now_ms)
        except Missing:
            raise NotAllowed(404) from None
    if sat is None or sat.person.profile is None:
        raise NotAllowed(404)
    async with services.database.writing() as tx:
        facts = {"shown": "masked", "attempt": attempt_id}
        await audit.append(tx, now_ms, visitor.person.id, "view_results", "person", sat.person.id, facts)
    return sat


async def _person(tx: Reading, request: Request, person_id: int) -> Person:
    try:
        person = await people.get_person(tx, services_of(request).vault, person_id)
    except Missing:
        raise NotAllowed(404) from None
    if person.profile is None:
        raise NotAllowed(404)
    return person
