"""O1: published exams, one of them, and its withdrawal."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.cells.grid import FILE_BYTES_LIMIT
from examengine.records import audit, banks, exam_pages, exams, people, releases, rulebooks
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.exam_pages import Turnout
from examengine.records.exams import Exam
from examengine.records.words import Role
from examengine.rules.calendar import Window, window_of
from examengine.rules.rulebook import Rulebook
from examengine.web import times
from examengine.web.candidate.contract_words import paper_facts
from examengine.web.contexts import operator
from examengine.web.contexts.frame import Alert, Fact, FieldError, Tone
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
from examengine.web.operator.frames import EXAMS, operator_frame
from examengine.web.support.wording import PERSON_CATEGORIES
from examengine.web.wording import gettext as _

MAX_MB = FILE_BYTES_LIMIT // (1024 * 1024)


@signed_in(Role.OPERATOR)
async def list_exams(request: Request) -> Response:
    """What is published, newest first."""
    services, now_ms = services_of(request), now_of(request)
    async with services.database.reading() as tx:
        lines = await exams.list_exams(tx)
        turnouts = await exam_pages.turnouts(tx)
        books = {
            line.exam.rulebook_digest: await services.shelf.rulebook(tx, line.exam.rulebook_digest) for line in lines
        }
    rows = []
    for line in lines:
        rulebook = books[line.exam.rulebook_digest]
        window = window_of(rulebook, line.exam.credit_year)
        state, tone = state_of(line.exam, window, now_ms)
        turnout = turnouts.get(line.exam.id, Turnout())
        rows.append(
            operator.PublishedRow(
                exam_id=line.exam.id,
                subject=line.exam.title,
                year=line.exam.credit_year,
                rulebook_id=line.rulebook_id,
                digest=line.exam.rulebook_digest,
                bank=line.bank_name,
                release_no=line.release_no,
                state_text=state,
                tone=tone,
                opens_ms=window.opens_ms,
                closes_ms=window.closes_ms,
                enrolled=line.enrolments,
                running=turnout.running,
                finished=turnout.finished,
                passed=turnout.passed,
            )
        )
    flash = Alert("success", _("考试已撤回")) if request.query_params.get("done") == "withdrawn" else None
    return page("operator/exams.html", operator.Exams(await operator_frame(request, EXAMS, flash), tuple(rows)))


def state_of(exam: Exam, window: Window, now_ms: int) -> tuple[str, Tone]:
    """Where an exam stands now."""
    if exam.withdrawn_ms is not None:
        return _("已撤回"), "bad"
    if now_ms < window.opens_ms:
        return _("未开放"), "plain"
    return (_("开放中"), "go") if window.holds(now_ms) else (_("已结束"), "plain")


@signed_in(Role.OPERATOR)
async def show_exam(request: Request) -> Response:
    """One exam: what it is, how far it is, and who is not enrolled yet."""
    return await exam_page(request, path_id(request))


async def exam_page(
    request: Request, exam_id: int, errors: tuple[FieldError, ...] = (), year: str = "", numbers: str = ""
) -> Response:
    """The exam's page, with errors of a form on it."""
    services, now_ms = services_of(request), now_of(request)
    async with services.database.reading() as tx:
        exam = await get_exam(tx, exam_id)
        rulebook = await services.shelf.rulebook(tx, exam.rulebook_digest)
        credit_year = year_asked(rulebook, exam, year or request.query_params.get("year", ""))
        turnout = (await exam_pages.turnouts(tx, exam.id)).get(exam.id, Turnout())
        enrolled = await exam_pages.count_enrolled(tx, exam.id, credit_year)
        outside = await exam_pages.count_outside(tx, exam.id, credit_year)
        facts = await _facts(request, tx, exam, rulebook)
    window = window_of(rulebook, credit_year)
    state, tone = state_of(exam, window, now_ms)
    shown = operator.ExamPage(
        frame=await operator_frame(request, EXAMS, _done(request)),
        exam_id=exam.id,
        title=exam.title,
        state_text=state,
        tone=tone,
        enrolled=enrolled,
        running=turnout.running,
        finished=turnout.finished,
        passed=turnout.passed,
        facts=facts,
        digest=exam.rulebook_digest,
        takes=exam.withdrawn_ms is None,
        years=tuple((str(choice), _("{year} 年度").format(year=choice)) for choice in years_of(rulebook, exam)),
        year=str(credit_year),
        categories=tuple(
            operator.CategoryCount(key, text, outside[key], covers(rulebook, key))
            for key, text in PERSON_CATEGORIES.items()
            if outside.get(key)
        ),
        max_mb=MAX_MB,
        errors=errors,
        numbers=numbers,
    )
    return page("operator/exam.html", shown, 422 if errors else 200)


async def get_exam(tx: Reading, exam_id: int) -> Exam:
    """The exam of the address.

    Raises:
        NotAllowed: there is none.
    """
    try:
        return await exams.get_exam(tx, exam_id)
    except Missing:
        raise NotAllowed(404) from None


def years_of(rulebook: Rulebook, exam: Exam) -> tuple[int, ...]:
    """The years that people may be enrolled for: the exam's own, and earlier ones to be made up (S2024-24)."""
    return (exam.credit_year, *(rulebook.backfill.source_years if rulebook.backfill.enabled else ()))


def year_asked(rulebook: Rulebook, exam: Exam, text: str) -> int:
    """The year that a form or an address names, the exam's own where it names none that is offered."""
    return next((year for year in years_of(rulebook, exam) if str(year) == text), exam.credit_year)


def covers(rulebook: Rulebook, category: str) -> bool:
    """Whether the rulebook is for people of this category."""
    return category in rulebook.population.include and category not in rulebook.population.exclude


async def _facts(request: Request, tx: Reading, exam: Exam, rulebook: Rulebook) -> tuple[Fact, ...]:
    services = services_of(request)
    zone = rulebook.meta.timezone
    stored = await rulebooks.get_rulebook(tx, exam.rulebook_digest)
    release = await releases.get_release(tx, exam.release_id)
    bank = await banks.get_bank(tx, release.bank_id)
    by = await people.find_people(tx, services.vault, [exam.by_person] if exam.by_person else [])
    window = window_of(rulebook, exam.credit_year)
    names = "".join(person.name for person in by.values())
    facts = [
        Fact(_("年度"), str(exam.credit_year)),
        Fact(_("开放时间"), f"{times.day(window.opens_ms, zone)} — {times.last_day(window.closes_ms, zone)}"),
        Fact(_("考试时长"), _("{n} 分钟").format(n=rulebook.exam.minutes)),
        *paper_facts(rulebook.exam.paper),
        Fact(_("考试次数"), _("每轮 {n} 次").format(n=rulebook.exam.attempts)),
        Fact(_("题库版本"), _("{bank} 第 {n} 版").format(bank=bank.name, n=release.no)),
        Fact(_("年度规则"), stored.rulebook_id),
        Fact(_("发布"), times.exact(exam.published_ms, zone), names),
    ]
    if exam.withdrawn_ms is not None:
        facts.append(Fact(_("撤回"), times.exact(exam.withdrawn_ms, zone)))
    return tuple(facts)


def _done(request: Request) -> Alert | None:
    """What the act before has done, told by the numbers in the address."""
    asked = request.query_params
    if asked.get("done") == "published":
        return Alert("success", _("考试已发布"), _("下一步：给已导入的人员报名。"))
    new, left = (_number(asked.get(name, "")) for name in ("enrolled", "left"))
    if new is None:
        return None
    if left:
        told = _("还有 {n} 人没有报名，请再点一次“报名”继续。").format(n=left)
        return Alert("info", _("本次报名 {n} 人").format(n=new), told)
    return Alert("success", _("本次报名 {n} 人").format(n=new), _("所选的人员都已报名。"))


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 9 else None


@signed_in(Role.OPERATOR)
async def withdraw_page(request: Request) -> Response:
    """What a withdrawal means, to be confirmed."""
    return await _withdraw_page(request)


async def _withdraw_page(request: Request, errors: tuple[FieldError, ...] = ()) -> Response:
    exam_id = path_id(request)
    async with services_of(request).database.reading() as tx:
        exam = await get_exam(tx, exam_id)
        turnout = (await exam_pages.turnouts(tx, exam_id)).get(exam_id, Turnout())
        enrolled = await exam_pages.count_enrolled(tx, exam_id, exam.credit_year)
    if exam.withdrawn_ms is not None:
        return see_other(f"/operator/exams/{exam_id}")
    shown = operator.Withdraw(
        frame=await operator_frame(request, EXAMS),
        exam_id=exam_id,
        title=exam.title,
        enrolled=enrolled,
        running=turnout.running,
        errors=errors,
    )
    return page("operator/withdraw.html", shown, 422 if errors else 200)


@signed_in(Role.OPERATOR)
async def withdraw(request: Request) -> Response:
    """Take an exam back: no more enrolments, no more starts. Asked for twice, it is withdrawn once."""
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    if not field_of(request, "sure"):
        return await _withdraw_page(request, (FieldError("sure", _("请先勾选，再撤回")),))
    exam_id = path_id(request)
    async with services.database.writing() as tx:
        await get_exam(tx, exam_id)
        if await exams.withdraw(tx, exam_id, visitor.person.id, now_ms):
            await audit.append(tx, now_ms, visitor.person.id, "withdraw", "exam", exam_id)
    return see_other("/operator/exams?done=withdrawn")
