"""A4: blueprints of a bank; the matrix, what it adds up to, and its proof."""

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from examengine.papers.apportion import By, apportioned
from examengine.papers.blueprint import Cell, blueprint_of, from_json, section_cell, section_kinds
from examengine.publishing.blueprints import keep_blueprint
from examengine.publishing.rulebooks import Offer, offers
from examengine.records import blueprints, exams
from examengine.records.blueprints import ChangedMeanwhileError, Revision
from examengine.records.database import Reading
from examengine.records.errors import Missing
from examengine.records.words import Role
from examengine.rules.rulebook import Rulebook
from examengine.web.author.banks import bank_of, names_of
from examengine.web.author.blueprint_desk import (
    Draft,
    Standing,
    clash_of,
    draft_of,
    editor_of,
    rulebook_choices,
    stand,
    usable_rulebook,
)
from examengine.web.author.blueprint_form import Row, rows_from
from examengine.web.author.tabs import tabs_of
from examengine.web.contexts import blueprints as contexts
from examengine.web.contexts.frame import Alert, FieldError
from examengine.web.http import (
    NotAllowed,
    field_of,
    frame_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.pages import render_block
from examengine.web.wording import gettext as _

HERE = "/author"
EDITOR = "author/blueprint.html"
MAX_NAME = 80
MAX_DIGEST = 80
SHARES = {
    "fill": By(topic=True, difficulty=False),
    "fill-difficulty": By(topic=False, difficulty=True),
    "fill-both": By(topic=True, difficulty=True),
}
"""The acts that fill the matrix in the bank's own proportions."""


@signed_in(Role.AUTHOR)
async def list_blueprints(request: Request) -> Response:
    """The blueprints of a bank, and how to begin another."""
    return await _list_page(request)


async def _list_page(request: Request, errors: tuple[FieldError, ...] = (), typed: tuple[str, ...] = ()) -> Response:
    services = services_of(request)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        newest = await blueprints.list_newest(tx, bank.id)
        names = await names_of(tx, services, [revision.by_person for revision in newest])
        published = await exams.list_exams(tx)
        sources = await _sources(tx, bank.id)
        choices = await offers(tx)
    used: dict[str, list[str]] = {}
    for line in published:
        if line.exam.withdrawn_ms is None:
            used.setdefault(line.exam.blueprint, []).append(f"{line.exam.credit_year} {line.exam.title}")
    shown = contexts.Blueprints(
        frame=await frame_of(request, HERE),
        bank_id=bank.id,
        bank_name=bank.name,
        tabs=tabs_of(bank.id, "/blueprints"),
        lines=tuple(_line(revision, names.get(revision.by_person, ""), used) for revision in newest),
        rulebooks=rulebook_choices(choices),
        sources=sources,
        name=typed[0] if typed else "",
        rulebook=typed[1] if typed else _usual(choices),
        source=typed[2] if typed else "share",
        errors=errors,
    )
    return page("author/blueprints.html", shown, 422 if errors else 200)


def _line(revision: Revision, by: str, used: dict[str, list[str]]) -> contexts.BlueprintLine:
    blueprint = from_json(revision.content.encode())
    return contexts.BlueprintLine(
        revision_id=revision.id,
        name=revision.name,
        no=revision.no,
        items=blueprint.count,
        points_hundredths=blueprint.full_score_hundredths,
        cells=len(blueprint.cells),
        at_ms=revision.at_ms,
        by=by,
        used_by=tuple(used.get(revision.content, ())),
    )


def _usual(choices: tuple[Offer, ...]) -> str:
    """The rules of the latest year; of one year those kept here, the newest first."""
    return max(choices, key=lambda offer: (_year(offer), offer.added_ms or 0)).digest if choices else ""


def _year(offer: Offer) -> int:
    return offer.loaded.rulebook.meta.year if offer.loaded.rulebook is not None else 0


async def _sources(tx: Reading, bank_id: int) -> tuple[tuple[str, str], ...]:
    """What a new blueprint may begin with: proportions, the bare rulebook, another blueprint, an earlier exam's."""
    copies = [
        (f"b{kept.id}", _("复制组卷规则：{name}（第 {n} 版）").format(name=kept.name, n=kept.no))
        for kept in sorted(await blueprints.list_newest(tx), key=lambda kept: kept.bank_id != bank_id)
    ]
    earlier = [
        (
            f"e{line.exam.id}",
            _("复制已发布的考试：{year} 年度 {title}").format(year=line.exam.credit_year, title=line.exam.title),
        )
        for line in await exams.list_exams(tx)
    ]
    return (
        ("share", _("按题库的知识点比例分配")),
        ("rulebook", _("每种题型一格，不分知识点和难度")),
        *copies,
        *earlier,
    )


@signed_in(Role.AUTHOR)
async def begin(request: Request) -> Response:
    """Begin a blueprint: nothing is kept before the first save."""
    services = services_of(request)
    name = " ".join(field_of(request, "name", 4 * MAX_NAME).split())
    rulebook, source = field_of(request, "rulebook", MAX_DIGEST), field_of(request, "source", 20)
    errors = []
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        if not name:
            errors.append(FieldError("name", _("请写组卷规则的名称")))
        elif len(name) > MAX_NAME:
            errors.append(FieldError("name", _("名称最多 {n} 个字").format(n=MAX_NAME)))
        elif await blueprints.find_newest(tx, bank.id, name) is not None:
            errors.append(FieldError("name", _("已经有叫这个名称的组卷规则：请打开它修改，或换一个名称")))
        if usable_rulebook(await offers(tx), rulebook) is None:
            errors.append(FieldError("rulebook", _("请选择年度规则")))
    if errors:
        return await _list_page(request, tuple(errors), (name[: 4 * MAX_NAME], rulebook, source))
    asked = urlencode({"name": name, "rulebook": rulebook, "source": source})
    return see_other(f"/author/banks/{bank.id}/blueprints/edit?{asked}")


@signed_in(Role.AUTHOR)
async def fresh(request: Request) -> Response:
    """The matrix of a blueprint that is not kept yet."""
    services, asked = services_of(request), request.query_params
    name = " ".join(asked.get("name", "")[:MAX_NAME].split())
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        known = await blueprints.find_newest(tx, bank.id, name)
        if known is not None:
            return see_other(f"/author/banks/{bank.id}/blueprints/{known.id}")
        draft = Draft(bank, name, 0, asked.get("rulebook", "")[:MAX_DIGEST], asked.get("stock", "")[:20], "", ())
        rulebook = usable_rulebook(await offers(tx), draft.digest)
        if not name or rulebook is None:
            return see_other(f"/author/banks/{bank.id}/blueprints")
        rows = await _first_rows(tx, rulebook, asked.get("source", "share"))
    if not rows:
        rows = rows_from(await _shared_out(request, await stand(request, draft), rulebook, SHARES["fill"]))
    return await _editor(request, await stand(request, draft.with_rows(rows)))


async def _first_rows(tx: Reading, rulebook: Rulebook, source: str) -> tuple[Row, ...]:
    """What is to be copied; nothing where the bank's own proportions are asked for."""
    number = int(source[1:]) if source[1:].isascii() and source[1:].isdecimal() and len(source) < 18 else 0
    try:
        if source.startswith("b") and number:
            kept = await blueprints.get_revision(tx, number)
            return rows_from(from_json(kept.content.encode()).cells)
        if source.startswith("e") and number:
            exam = await exams.get_exam(tx, number)
            return rows_from(from_json(exam.blueprint.encode()).cells)
    except Missing:
        raise NotAllowed(404) from None
    return rows_from(blueprint_of(rulebook).cells) if source == "rulebook" else ()


async def _shared_out(request: Request, standing: Standing, rulebook: Rulebook, by: By) -> tuple[Cell, ...]:
    sections = [section_cell(rulebook, kind) for kind in section_kinds(rulebook)]
    release, last_day = standing.stock.release, rulebook.window.closes_on
    return await services_of(request).proofs.run(lambda: apportioned(sections, release, last_day, by))


@signed_in(Role.AUTHOR)
async def show(request: Request) -> Response:
    """A kept revision, to be looked at, proved and changed."""
    services = services_of(request)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        revision = await revision_of(request, tx, bank.id)
        newest = await blueprints.find_newest(tx, bank.id, revision.name)
        assert newest is not None
        digest = request.query_params.get("rulebook", revision.rulebook_digest)[:MAX_DIGEST]
        stock = request.query_params.get("stock", "")[:20]
        rows = rows_from(from_json(revision.content.encode()).cells)
        # an old revision that is saved again becomes the newest one: that is what going back means
        people = request.query_params.get("people", "")[:20]
        draft = Draft(bank, revision.name, newest.no, digest, stock, people, rows, revision.id)
    standing = await stand(request, draft)
    alert = None
    if request.query_params.get("done") == "saved":
        alert = Alert("success", _("已保存为第 {n} 版").format(n=revision.no), _saved_told(standing))
    elif revision.no != newest.no:
        told = _("最新的是第 {n} 版。在这里保存，会以这一版的内容成为新的一版。").format(n=newest.no)
        alert = Alert("info", _("这是较早的第 {n} 版").format(n=revision.no), told)
    return await _editor(request, standing, alert=alert)


def _saved_told(standing: Standing) -> str:
    if standing.can_be_published:
        return _("管理人员发布考试时可以选用。")
    return _("还不能用来发布考试：原因见右边。")


@signed_in(Role.AUTHOR)
async def edit(request: Request) -> Response:
    """Everything that the form of the matrix can ask for; only saving changes something."""
    services = services_of(request)
    act = field_of(request, "act", 40)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        draft = draft_of(request, bank)
        if not draft.name:
            return see_other(f"/author/banks/{bank.id}/blueprints")
    standing = await stand(request, draft)
    errors: tuple[FieldError, ...] = ()
    if act in ("save", "sample"):
        return await _save(request, standing, act)
    if act == "add":
        draft = draft.with_rows((*draft.rows, Row(kind=draft.rows[-1].kind if draft.rows else "")))
    elif act.startswith("remove-"):
        gone = act.removeprefix("remove-")
        draft = draft.with_rows(tuple(row for no, row in enumerate(draft.rows, 1) if str(no) != gone))
    elif act in SHARES:
        if standing.rulebook is None:
            errors = (FieldError("rulebook", _("请先选择年度规则")),)
        else:
            draft = draft.with_rows(rows_from(await _shared_out(request, standing, standing.rulebook, SHARES[act])))
    if draft.rows != standing.draft.rows:
        standing = await stand(request, draft)
    return await _editor(request, standing, errors)


async def _save(request: Request, standing: Standing, act: str) -> Response:
    services, visitor, now_ms = services_of(request), await visitor_of(request), now_of(request)
    draft, blueprint = standing.draft, standing.matrix.blueprint
    errors = standing.matrix.errors
    if not errors and blueprint is None:
        errors = (FieldError("rows", _("还没有一格写了抽取数")),)
    if standing.rulebook is None:
        errors = (FieldError("rulebook", _("请先选择年度规则")), *errors)
    if errors or blueprint is None:
        return await _editor(request, standing, errors, status=422)
    try:
        kept = await keep_blueprint(
            services.database,
            draft.bank.id,
            draft.name,
            blueprint,
            draft.digest,
            draft.after,
            visitor.person.id,
            now_ms,
        )
    except ChangedMeanwhileError as error:
        async with services.database.reading() as tx:
            names = await names_of(tx, services, [error.newest.by_person])
        # the next save is made knowing of that revision
        standing = await stand(request, draft.after_revision(error.newest.no))
        clash = clash_of(error.newest, names.get(error.newest.by_person, ""), blueprint)
        return await _editor(request, standing, clash=clash, status=409)
    if act == "sample":
        asked = urlencode({"stock": draft.stock})
        return see_other(f"/author/banks/{draft.bank.id}/blueprints/{kept.id}/samples?{asked}")
    asked = urlencode({"done": "saved", "stock": draft.stock, "people": draft.people})
    return see_other(f"/author/banks/{draft.bank.id}/blueprints/{kept.id}?{asked}")


async def _editor(
    request: Request,
    standing: Standing,
    errors: tuple[FieldError, ...] = (),
    *,
    alert: Alert | None = None,
    clash: contexts.Clash | None = None,
    status: int = 200,
) -> Response:
    target = request.headers.get("hx-target", "") if request.headers.get("hx-request") == "true" else ""
    block = target if target in ("proof", "editor") else ""
    shown = await editor_of(request, standing, errors, alert=alert, clash=clash, oob=block == "proof")
    if block:
        # htmx swaps what it gets with 200; a faulty form is shown with its faults as well
        return HTMLResponse(render_block(EDITOR, block, shown), headers={"vary": "HX-Request"})
    return page(EDITOR, shown, status)


async def revision_of(request: Request, tx: Reading, bank_id: int) -> Revision:
    """The revision of the address.

    Raises:
        NotAllowed: there is none, or it is another bank's.
    """
    try:
        revision = await blueprints.get_revision(tx, path_id(request, "revision"))
    except Missing:
        raise NotAllowed(404) from None
    if revision.bank_id != bank_id:
        raise NotAllowed(404)
    return revision
