"""A5: what the answers say of an exam and of its items, and which keys they speak against."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.item import Item
from examengine.banks.stems import stem_line
from examengine.grading.correction import Standing
from examengine.grading.statistics import (
    MIN_DISCRIMINATION_N,
    MIN_FACILITY_N,
    MIN_RELIABILITY_N,
    Coefficient,
    ExamTally,
    Reliability,
    Suspicion,
    exam_figures,
    figures_of,
)
from examengine.grading.timing import median_seconds
from examengine.records import corrections, exams, finished, statistics
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.statistics import ItemSums
from examengine.records.words import CorrectionState
from examengine.regrading.counting import key_counted
from examengine.web import times
from examengine.web.author import plots
from examengine.web.author.analysis import (
    CORRECTIONS,
    STATISTICS,
    WHO,
    analysis_frame,
    answer_rows,
    curves_of,
    decimal,
    names_of,
    number_shown,
    percent,
    stem_of,
)
from examengine.web.author.correction_words import STATES, SUSPICIONS, letters_of, ruling_told
from examengine.web.author.exam_plots import histogram, scatter, score_rows, trend
from examengine.web.author.shown import item_view, page_asked, paging_of
from examengine.web.author.statistics_workbook import MIME_TYPE, write_statistics
from examengine.web.author.suspects import SUSPECTS_SHOWN, suspect_views
from examengine.web.contexts import statistics as contexts
from examengine.web.contexts.frame import Fact
from examengine.web.http import NotAllowed, page, path_id, services_of, signed_in
from examengine.web.messages import KINDS
from examengine.web.wording import gettext as _

ITEMS_A_PAGE = 50
MAX_QUERY = 80
SORTS = {
    "no": _("题号"),
    "n": _("人数"),
    "facility": _("正确率"),
    "discrimination": _("区分度"),
    "upper": _("高低差"),
}


@signed_in(*WHO)
async def list_exams(request: Request) -> Response:
    """Exams with what is counted of them, suspect keys first."""
    services = services_of(request)
    async with services.database.reading() as tx:
        lines = await exams.list_exams(tx)
        sums = await statistics.all_sums(tx)
        counts = await statistics.count_suspects(tx)
        shown = await suspect_views(tx, services, limit=SUSPECTS_SHOWN)
        rows = []
        for line in lines:
            known = sums.get(line.exam.id)
            tally = ExamTally() if known is None else known.tally
            # whether all had the same items is told by the exam's own page: here the drawn form will do
            figures = exam_figures(tally, ())
            rows.append(
                contexts.ExamLineView(
                    line.exam.id,
                    line.exam.title,
                    line.exam.credit_year,
                    tally.n,
                    "—" if figures.mean is None else times.points(round(figures.mean)),
                    percent(tally.passes / tally.n if tally.n else None),
                    "—" if figures.reliability is None else f"{figures.reliability.value:.2f}",
                    counts.get(line.exam.id, 0),
                )
            )
    frame = await analysis_frame(request, STATISTICS)
    more = max(0, sum(counts.values()) - len(shown))
    return page("author/statistics.html", contexts.Statistics(frame, tuple(rows), shown, more))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks of the table of items."""

    query: str
    sort: str
    only_suspects: bool

    def href(self, exam_id: int, sort: str) -> str:
        asked = {"q": self.query, "sort": sort, "suspect": "1" if self.only_suspects else ""}
        told = urlencode({name: value for name, value in asked.items() if value})
        return f"{STATISTICS}/{exam_id}?{told}"


@signed_in(*WHO)
async def show_exam(request: Request) -> Response:
    """One exam: its figures, its plots, and its items sorted, searched and paged."""
    services, exam_id = services_of(request), path_id(request)
    query = request.query_params.get("q", "")[:MAX_QUERY].strip()
    sort = request.query_params.get("sort", "no")
    sort = sort if sort.removeprefix("-") in SORTS else "no"
    asked = _Asked(query, sort, request.query_params.get("suspect") == "1")
    async with services.database.reading() as tx:
        exam = await _exam(tx, exam_id)
        rulebook = await services.shelf.rulebook(tx, exam.rulebook_digest)
        sums = await statistics.find_sums(tx, exam_id)
        found = await statistics.items_of_exam(tx, exam_id)
        items = await services.shelf.items(tx, [one.version_id for one in found])
        handed_in = await finished.count_finished(tx, exam_id)
        made = await corrections.of_version(tx, [one.version_id for one in found])
    tally = ExamTally() if sums is None else sums.tally
    matching = [one for one in found if _matches(one, items[one.version_id], asked)]
    matching.sort(key=lambda one: _sort_key(one, asked.sort), reverse=asked.sort.startswith("-"))
    paging = paging_of(page_asked(request), ITEMS_A_PAGE, len(matching), f"{asked.href(exam_id, asked.sort)}&page=")
    begin = (paging.page - 1) * ITEMS_A_PAGE
    rows = []
    for one in matching[begin : begin + ITEMS_A_PAGE]:
        of_exam = [each for each in made.get(one.version_id, ()) if each.exam_id == exam_id]
        rows.append(_item_row(one, items[one.version_id], of_exam))
    pass_points = rulebook.exam.pass_score
    scores = score_rows(tally)
    days = tuple(
        contexts.DayRow(day, n, times.points(round(score / n)), percent(passes / n))
        for day, (n, score, passes) in sorted(tally.days.items())
        if n > 0
    )
    context = contexts.ExamStatistics(
        frame=await analysis_frame(request, STATISTICS),
        exam_id=exam_id,
        title=exam.title,
        counted=tally.n,
        handed_in=handed_in,
        at_ms=None if sums is None else sums.at_ms,
        facts=_exam_facts(tally, found),
        histogram=histogram(tally, scores, float(pass_points)),
        scores=scores,
        scatter=scatter(found, exam_id),
        trend=trend(days, tally),
        days=days,
        columns=_columns(asked, exam_id),
        items=tuple(rows),
        paging=paging,
        query=query,
        sort=asked.sort,
        only_suspects=asked.only_suspects,
        suspects=sum(one.suspicion is not None for one in found),
    )
    return page("author/exam_statistics.html", context)


@signed_in(*WHO)
async def show_item(request: Request) -> Response:
    """One item of an exam: who chose what."""
    services, exam_id, version_id = services_of(request), path_id(request), path_id(request, "version")
    async with services.database.reading() as tx:
        exam = await _exam(tx, exam_id)
        found = await statistics.items_of_exam(tx, exam_id, [version_id])
        if not found:
            raise NotAllowed(404)
        item = (await services.shelf.items(tx, [version_id]))[version_id]
        stands = (await corrections.in_force(tx, exam_id)).get(version_id)
        made = (await corrections.of_version(tx, [version_id])).get(version_id, ())
        names = await names_of(tx, services, [one.by_person for one in made])
    one = found[0]
    key = key_counted(item, stands)
    figures = figures_of(one.tally, key)
    suspicion = ""
    if figures.suspicion is not None:
        suspicion = SUSPICIONS[figures.suspicion].format(answer=letters_of(item, figures.distractor))
    low, middle, high = (round(count) for count in figures.thirds.people)
    lines = curves_of(item, figures.thirds, key) if one.n >= MIN_DISCRIMINATION_N or _is_dropped(one) else ()
    context = contexts.ItemStatistics(
        frame=await analysis_frame(request, STATISTICS),
        exam_id=exam_id,
        exam_title=exam.title,
        version_id=version_id,
        item=item_view(item, number_shown(one.external_no, version_id)),
        facts=_item_facts(one, item, stands),
        suspicion=suspicion,
        curves=plots.curves(lines, _("各答案在低分、中间、高分三组考生中的比例")) if lines else plots.NOTHING,
        answers=answer_rows(item, figures, key),
        people=_(
            "按其余题目的得分分三组：低分 {low} 人，中间 {middle} 人，高分 {high} 人；同分的按比例分摊。"
        ).format(low=low, middle=middle, high=high),
        corrections=tuple(
            contexts.CorrectionLink(
                f"{CORRECTIONS}/{each.id}",
                f"{ruling_told(item, each.ruling)} · {STATES[each.state][0]} · {names.get(each.by_person, '')}",
            )
            for each in made
            if each.exam_id == exam_id
        ),
    )
    return page("author/item_statistics.html", context)


@signed_in(*WHO)
async def export(request: Request) -> Response:
    """All items of an exam with their figures, as a workbook of text cells."""
    services, exam_id = services_of(request), path_id(request)
    async with services.database.reading() as tx:
        exam = await _exam(tx, exam_id)
        found = await statistics.items_of_exam(tx, exam_id)
        items = await services.shelf.items(tx, [one.version_id for one in found])
    rows = [_workbook_row(one, items[one.version_id]) for one in found]
    content = await asyncio.to_thread(write_statistics, rows)
    name = quote(f"{exam.title}-试题统计.xlsx", safe="")
    return Response(
        content, media_type=MIME_TYPE, headers={"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    )


async def _exam(tx: Reading, exam_id: int) -> exams.Exam:
    try:
        return await exams.get_exam(tx, exam_id)
    except Missing:
        raise NotAllowed(404) from None


def _matches(one: ItemSums, item: Item, asked: _Asked) -> bool:
    if asked.only_suspects and one.suspicion is None:
        return False
    return not asked.query or asked.query in item.stem or one.external_no.startswith(asked.query)


def _sort_key(one: ItemSums, sort: str) -> tuple[bool, float, int]:
    """What is not known stands last, whichever way it is sorted."""
    values: Mapping[str, float | None] = {
        "no": one.version_id,
        "n": one.n,
        "facility": one.facility,
        "discrimination": one.discrimination,
        "upper": one.upper_lower,
    }
    value = values[sort.removeprefix("-")]
    is_known = value is not None
    return is_known if sort.startswith("-") else not is_known, value or 0.0, one.version_id


def _columns(asked: _Asked, exam_id: int) -> tuple[contexts.SortLink, ...]:
    links = []
    for name, text in SORTS.items():
        is_here, falls = asked.sort.removeprefix("-") == name, asked.sort.startswith("-")
        order = ("descending" if falls else "ascending") if is_here else "none"
        links.append(
            contexts.SortLink(text, asked.href(exam_id, f"-{name}" if is_here and not falls else name), order)
        )
    return tuple(links)


def _item_row(one: ItemSums, item: Item, made: Sequence[corrections.Correction]) -> contexts.ItemRow:
    newest = next((each for each in made if each.state is not CorrectionState.DRAFTED), None)
    state = "" if newest is None else _("更正{state}").format(state=STATES[newest.state][0])
    if not state and one.suspicion is not None:
        state = SUSPICIONS[Suspicion(one.suspicion)].format(answer=letters_of(item, one.distractor))
    return contexts.ItemRow(
        href=f"{STATISTICS}/{one.exam_id}/items/{one.version_id}",
        no=number_shown(one.external_no, one.version_id),
        kind=KINDS[item.kind.value],
        stem=stem_of(item),
        n=one.n,
        facility=percent(one.facility),
        discrimination=decimal(one.discrimination),
        upper_lower=decimal(one.upper_lower),
        state=state,
        suspect=one.suspicion is not None,
    )


def _exam_facts(tally: ExamTally, found: Sequence[ItemSums]) -> tuple[Fact, ...]:
    figures = exam_figures(tally, [one.tally for one in found])
    facts = [Fact(_("已统计"), _("{n} 份").format(n=tally.n))]
    if figures.mean is not None:
        spread = "" if figures.deviation is None else _("标准差 {s}").format(s=times.points(round(figures.deviation)))
        facts.append(Fact(_("平均分"), times.points(round(figures.mean)), spread))
        facts.append(
            Fact(_("及格率"), percent(tally.passes / tally.n, places=1), _("{n} 人次").format(n=tally.passes))
        )
    facts.append(_reliability_fact(figures.reliability, tally))
    return tuple(facts)


def _reliability_fact(found: Reliability | None, tally: ExamTally) -> Fact:
    if found is None:
        if tally.n < MIN_RELIABILITY_N:
            told = _("不足 {n} 份，不计算").format(n=MIN_RELIABILITY_N)
            return Fact(_("信度"), "—", told)
        return Fact(_("信度"), "—", _("试卷结构或成绩使它无法估计"))
    error = times.points(round(found.error_hundredths))
    if found.coefficient is Coefficient.ALPHA:
        told = _("α（即 KR-20，各卷题目相同）；测量标准误 {e} 分").format(e=error)
    else:
        told = _("Φ（抽题组卷：题目难易也算误差）；测量标准误 {e} 分").format(e=error)
    return Fact(_("信度"), decimal(found.value), told)


def _item_facts(one: ItemSums, item: Item, stands: Standing | None) -> tuple[Fact, ...]:
    figures = figures_of(one.tally, key_counted(item, stands))
    facts = [Fact(_("作答"), _("{n} 人").format(n=round(sum(figures.thirds.people))))]
    if stands is not None:
        told = _("；").join(ruling_told(item, ruling) for ruling in stands if ruling is not None)
        facts.append(Fact(_("已更正"), told, _("只升不降") if len(stands) > 1 else ""))
    median = median_seconds(one.tally.times)
    if median is not None and sum(one.tally.times.values()) >= MIN_FACILITY_N:
        told = _("中位数，按两次保存之间的时间估计")
        facts.append(Fact(_("用时"), times.span(round(median) * 1000), told))
    if _is_dropped(one):
        return tuple(facts)
    few, too_few = _("不足 {n} 人，不计算"), MIN_FACILITY_N
    error = (
        "" if figures.facility_error is None else _("标准误 {e}").format(e=percent(figures.facility_error, places=1))
    )
    note = error if figures.facility is not None else few.format(n=too_few)
    facts.append(Fact(_("正确率"), percent(figures.facility, places=1), note))
    error = (
        ""
        if figures.discrimination_error is None
        else _("标准误 {e}").format(e=decimal(figures.discrimination_error))
    )
    if one.n < MIN_DISCRIMINATION_N:
        error = few.format(n=MIN_DISCRIMINATION_N)
    elif figures.discrimination is None:
        error = _("所有人得分相同")
    facts.append(Fact(_("区分度（题与其余题的相关）"), decimal(figures.discrimination), error))
    facts.append(Fact(_("高低分组之差"), decimal(figures.upper_lower), _("高分三分之一减低分三分之一的正确率")))
    return tuple(facts)


def _is_dropped(one: ItemSums) -> bool:
    return one.n == 0 and bool(one.tally.answers)


def _workbook_row(one: ItemSums, item: Item) -> Sequence[str]:
    figures = figures_of(one.tally)
    told = {share.answer: round(share.total) for share in figures.thirds.shares}
    answers = "；".join(
        f"{letters_of(item, answer) or '未答' if item.options else answer or '未答'} {n}"
        for answer, n in told.items()
    )
    return (
        number_shown(one.external_no, one.version_id),
        str(one.version_id),
        KINDS[item.kind.value],
        stem_line(item),
        letters_of(item, "".join(sorted(item.key))),
        str(one.n),
        percent(one.facility, places=1),
        decimal(one.discrimination),
        decimal(one.upper_lower),
        answers,
        ""
        if one.suspicion is None
        else SUSPICIONS[Suspicion(one.suspicion)].format(answer=letters_of(item, one.distractor)),
    )
