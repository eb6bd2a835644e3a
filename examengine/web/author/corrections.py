"""A6, the later steps: the impact, the second person, the work, the report; and the list of all corrections."""

from collections.abc import Coroutine

from starlette.requests import Request
from starlette.responses import Response

from examengine.accounts.names import Place, mask_document
from examengine.grading.correction import NewKey
from examengine.records import attempts, corrections, exams, people, statistics
from examengine.records.corrections import Change, Correction
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.words import CorrectionPhase, CorrectionState, Decision, Role
from examengine.regrading.asking import (
    Obstacle,
    ask_correction,
    decide_correction,
    drop_correction,
    preview_again,
)
from examengine.regrading.impact import counts_of
from examengine.regrading.versions import VersionWord, make_version
from examengine.web import times
from examengine.web.author import correction_told as told
from examengine.web.author.analysis import (
    CORRECTIONS,
    STATISTICS,
    WHO,
    analysis_frame,
    names_of,
    numbers_of,
)
from examengine.web.author.correction_words import OBSTACLES, RESULTS, STATES, ruling_told
from examengine.web.author.shown import item_view, page_asked, paging_of
from examengine.web.contexts import corrections as contexts
from examengine.web.contexts.frame import Act, Alert, Paging
from examengine.web.http import (
    NotAllowed,
    Visitor,
    field_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.services import Services
from examengine.web.wording import gettext as _

CROSSING_A_PAGE = 20
DONE = {
    "asked": Alert("success", _("已提交，等另一个人批准"), _("批准以前不改任何成绩。请把这一页的地址发给批准的人。")),
    "approved": Alert("success", _("已批准，正在执行"), _("可以离开这一页，执行不会中断。")),
    "refused": Alert("info", _("未批准"), _("成绩没有改动。")),
    "dropped": Alert("info", _("已放弃"), _("成绩没有改动。")),
    "version": Alert("success", _("题库里有了新版本草稿"), _("由另一位出题人审核后，随下一次发布生效。")),
    "changed": Alert(
        "warning",
        _("题库里的这道题已经改过"),
        _("题干或选项和考试用的不一样，不能自动改答案。请到题库里打开这道题，自己改。"),
    ),
}


@signed_in(*WHO)
async def list_all(request: Request) -> Response:
    """All corrections, newest first."""
    services = services_of(request)
    async with services.database.reading() as tx:
        found = await corrections.list_corrections(tx)
        titles = {line.exam.id: line.exam.title for line in await exams.list_exams(tx)}
        versions = sorted({one.version_id for one in found})
        items, numbers = await services.shelf.items(tx, versions), await numbers_of(tx, versions)
        names = await names_of(tx, services, [one.by_person for one in found])
    rows = tuple(
        contexts.CorrectionRow(
            correction_id=one.id,
            exam=titles.get(one.exam_id, ""),
            no=numbers[one.version_id],
            action=ruling_told(items[one.version_id], one.ruling),
            state=STATES[one.state][0],
            tone=STATES[one.state][1],
            by=names.get(one.by_person, ""),
            at_ms=one.at_ms,
            effect=_effect(one),
        )
        for one in found
    )
    frame = await analysis_frame(request, CORRECTIONS)
    return page("author/corrections.html", contexts.Corrections(frame, rows))


def _effect(one: Correction) -> str:
    is_counted = one.state in corrections.IN_FORCE
    counts = counts_of(one.counts if is_counted else one.preview)
    if one.preview is None:
        return ""
    told = _("{changed} 份改分，{up} 人变及格，{down} 人变不及格")
    return told.format(changed=counts.up + counts.down, up=counts.fail_to_pass, down=counts.pass_to_fail)


@signed_in(*WHO)
async def show(request: Request) -> Response:
    """A correction wherever it stands."""
    return await _page(request, path_id(request))


@signed_in(*WHO)
async def ask(request: Request) -> Response:
    """Lay it before a second person."""
    services, visitor, correction_id = services_of(request), await visitor_of(request), path_id(request)
    made = ask_correction(services.database, correction_id, visitor.person.id, now_of(request))
    return await _after(request, await _or_404(made), "asked")


@signed_in(*WHO)
async def decide(request: Request) -> Response:
    """The second person's word on what was shown."""
    services, visitor, correction_id = services_of(request), await visitor_of(request), path_id(request)
    said = {"approve": Decision.APPROVED, "refuse": Decision.REFUSED}.get(field_of(request, "decision", 20))
    seen = field_of(request, "seen", 20)
    if said is None or not (seen.isascii() and seen.isdecimal()):
        raise NotAllowed(400)
    obstacle = await _or_404(
        decide_correction(
            services.database, services.shelf, correction_id, said, visitor.person.id, int(seen), now_of(request)
        )
    )
    return await _after(request, obstacle, "approved" if said is Decision.APPROVED else "refused")


@signed_in(*WHO)
async def drop(request: Request) -> Response:
    """Give a draft or a request up."""
    services, visitor = services_of(request), await visitor_of(request)
    made = drop_correction(services.database, path_id(request), visitor.person.id, now_of(request))
    return await _after(request, await _or_404(made), "dropped")


@signed_in(*WHO)
async def preview(request: Request) -> Response:
    """Compute the preview anew."""
    services, visitor = services_of(request), await visitor_of(request)
    made = preview_again(services.database, path_id(request), visitor.person.id, now_of(request))
    return await _after(request, await _or_404(made), "")


@signed_in(Role.AUTHOR)
async def version(request: Request) -> Response:
    """Write the right key into the bank, as a draft."""
    services, visitor, correction_id = services_of(request), await visitor_of(request), path_id(request)
    try:
        word = await make_version(
            services.database, services.shelf, correction_id, visitor.person.id, now_of(request)
        )
    except Missing:
        raise NotAllowed(404) from None
    done = {VersionWord.MADE: "version", VersionWord.CHANGED: "changed"}.get(word)
    return see_other(f"{CORRECTIONS}/{correction_id}" + (f"?done={done}" if done else ""))


async def _or_404(act: Coroutine[object, object, Obstacle | None]) -> Obstacle | None:
    try:
        return await act
    except Missing:
        raise NotAllowed(404) from None


async def _after(request: Request, obstacle: Obstacle | None, done: str) -> Response:
    correction_id = path_id(request)
    if obstacle is not None:
        return await _page(request, correction_id, obstacle)
    return see_other(f"{CORRECTIONS}/{correction_id}" + (f"?done={done}" if done else ""))


async def _page(request: Request, correction_id: int, obstacle: Obstacle | None = None) -> Response:
    services, visitor = services_of(request), await visitor_of(request)
    flash = DONE.get(request.query_params.get("done", ""))
    if obstacle is not None:
        flash = Alert("danger", *OBSTACLES[obstacle])
    async with services.database.reading() as tx:
        try:
            known = await corrections.get_correction(tx, correction_id)
        except Missing:
            raise NotAllowed(404) from None
        exam = await exams.get_exam(tx, known.exam_id)
        item = (await services.shelf.items(tx, [known.version_id]))[known.version_id]
        number = (await numbers_of(tx, [known.version_id]))[known.version_id]
        names = await names_of(tx, services, [known.by_person, known.decided_by])
        is_old = known.basis != await corrections.newest_in_force(tx, known.exam_id)
        item_id = (await services.shelf.item_ids(tx, [known.version_id]))[known.version_id]
        bank = await statistics.bank_of_exam(tx, known.exam_id)
        crossing: tuple[contexts.CrossingRow, ...] = ()
        paging = None
        if Role.OPERATOR in visitor.roles and known.phase is not CorrectionPhase.PREVIEW:
            crossing, paging = await _crossing(tx, services, known, page_asked(request))
    is_open = known.state in {CorrectionState.DRAFTED, CorrectionState.ASKED}
    is_old = is_old and is_open
    in_force = known.state in corrections.IN_FORCE
    counts = counts_of(known.counts if in_force else known.preview)
    own = known.by_person == visitor.person.id
    has_counts = in_force or known.preview is not None
    item_href = "" if bank is None else f"/author/banks/{bank[0]}/items/{item_id}"
    context = contexts.CorrectionPage(
        frame=await analysis_frame(request, CORRECTIONS, flash),
        correction_id=known.id,
        title=_("试题 {no}：{what}").format(no=number, what=ruling_told(item, known.ruling)),
        steps=told.steps(known),
        state=STATES[known.state][0],
        tone=STATES[known.state][1],
        say=told.say(known, names, own=own, is_old=is_old),
        facts=told.facts(known, exam.title, item, names),
        item=item_view(item, number),
        exam_id=known.exam_id,
        version_id=known.version_id,
        percent=told.percent(known),
        progress=told.progress(known),
        refresh_s=told.refresh_s(known),
        counts=told.counts(counts) if has_counts else (),
        counts_title=told.counts_title(known),
        notes=told.notes(known, counts, is_old=is_old) if has_counts else (),
        histogram=told.histogram(counts),
        changes=tuple(
            contexts.StepRow(f"{'+' if step > 0 else '−'}{abs(step)}", n) for step, n in sorted(counts.steps.items())
        ),
        crossing=crossing,
        crossing_paging=paging,
        may_ask=own and known.state is CorrectionState.DRAFTED and known.preview is not None and not is_old,
        may_drop=own and is_open,
        may_decide=not own and known.state is CorrectionState.ASKED and not is_old,
        may_preview=is_open and known.phase is None,
        seen=known.previewed_ms or 0,
        next_acts=_next_acts(known, item_href, visitor, own=own),
        version_act=_version_act(known, visitor),
    )
    return page("author/correction.html", context, 200 if obstacle is None else 409)


async def _crossing(
    tx: Reading, services: Services, known: Correction, page_no: int
) -> tuple[tuple[contexts.CrossingRow, ...], Paging | None]:
    """Who crosses the pass line: falls first. Document numbers are masked."""
    offset = (page_no - 1) * CROSSING_A_PAGE
    total, found = await corrections.crossing(tx, known.id, offset, CROSSING_A_PAGE)
    if not total:
        return (), None
    owned = await attempts.get_attempts(tx, [change.attempt_id for change in found])
    who = await people.find_people(tx, services.vault, [one.person_id for one in owned.values()])
    rows = []
    for change in found:
        attempt = owned[change.attempt_id]
        person = who.get(attempt.person_id)
        document = "" if person is None or person.profile is None else person.profile.document
        rows.append(_crossing_row(change, "" if person is None else person.name, document))
    href = f"{CORRECTIONS}/{known.id}?page="
    return tuple(rows), paging_of(page_no, CROSSING_A_PAGE, total, href)


def _crossing_row(change: Change, name: str, document: str) -> contexts.CrossingRow:
    return contexts.CrossingRow(
        name=name or _("（已注销）"),
        document=mask_document(document, Place.STAFF_LIST),
        place=_("第 {n} 题").format(n=change.position),
        old=times.points(change.old_hundredths),
        new=times.points(change.new_hundredths),
        result=f"{RESULTS[change.old_result]} → {RESULTS[change.new_result]}",
        falls=change.new_result == "fail",
    )


def _next_acts(known: Correction, item_href: str, visitor: Visitor, *, own: bool) -> tuple[Act, ...]:
    acts: list[Act] = []
    if known.state in {CorrectionState.DRAFTED, CorrectionState.ASKED} and own:
        href = f"{CORRECTIONS}/new?exam={known.exam_id}&version={known.version_id}&from={known.id}"
        acts.append(Act(href, _("换一种更正办法")))
    if known.state in corrections.IN_FORCE:
        acts.append(Act(f"{STATISTICS}/{known.exam_id}/items/{known.version_id}", _("这道题的统计")))
    if known.new_version_id is not None and item_href and Role.AUTHOR in visitor.roles:
        acts.append(Act(item_href, _("题库里的这道题")))
    return tuple(acts)


def _version_act(known: Correction, visitor: Visitor) -> str:
    """What the button says that writes the key into the bank; "" where there is nothing to write."""
    if Role.AUTHOR not in visitor.roles or known.new_version_id is not None:
        return ""
    is_key = isinstance(known.ruling, NewKey) and known.state in corrections.IN_FORCE
    return _("在题库里改成新答案（草稿）") if is_key else ""
