"""A2: writing an item beside what the candidate will see of it."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from examengine.banks.item import Item, Kind, from_json
from examengine.banks.markup import Media, MediaShelf, references, rich_of, settle
from examengine.banks.markup.media import sniff
from examengine.banks.markup.settle import PICTURES, settled_name, size_of
from examengine.banks.problems import Problem
from examengine.publishing.editing import (
    Edit,
    Saved,
    Trouble,
    neighbour_problems,
    number_shown,
    problems_of,
    save_item,
)
from examengine.records import audit, editing, media
from examengine.records.banks import Bank
from examengine.records.database import Reading
from examengine.records.editing import Newest
from examengine.records.errors import Missing
from examengine.records.words import ItemState, Role
from examengine.web.author.banks import HERE, bank_of, names_of
from examengine.web.author.expected_fields import GAP_KINDS
from examengine.web.author.item_fields import (
    KINDS,
    ItemFields,
    RichField,
    acted,
    address_to_name,
    digest_of,
    fields_of,
    item_of,
    new_fields,
    posted_fields,
    with_rows,
)
from examengine.web.author.item_words import STATES
from examengine.web.author.paper_preview import document_of, paper_of
from examengine.web.author.shown import item_view
from examengine.web.contexts.editor import Editor, Meanwhile, Remark
from examengine.web.contexts.frame import Act, Alert, FieldError
from examengine.web.http import (
    NotAllowed,
    field_of,
    form_of,
    frame_of,
    now_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
    visitor_of,
)
from examengine.web.messages import KINDS as KIND_TEXTS
from examengine.web.multipart import posted
from examengine.web.pages import render_block
from examengine.web.services import shuffled_letters
from examengine.web.wording import gettext as _

PICTURE_BYTES = 2 * 1024 * 1024
TROUBLES = {
    Trouble.NUMBER_TAKEN: ("external_no", _("题库里别的题已经用了这个编号，请换一个，或者去改那一道题")),
    Trouble.CONTRADICTION: ("key", _("题库里有一道题干相同而答案不同的题，必有一个是错的；下面的检查里写着是哪一道")),
    Trouble.PICTURE_MISSING: ("stem", _("有图片没有保存下来，请把它删掉再插入一次")),
}


@signed_in(Role.AUTHOR)
async def new_page(request: Request) -> Response:
    """An empty form."""
    async with services_of(request).database.reading() as tx:
        bank = await bank_of(request, tx)
    kind = request.query_params.get("kind", "")
    fields = new_fields(shuffled_letters(), Kind(kind) if kind in KINDS else Kind.SINGLE_CHOICE)
    return await _page(request, bank, None, fields)


@signed_in(Role.AUTHOR)
async def edit_page(request: Request) -> Response:
    """The newest version in the form."""
    async with services_of(request).database.reading() as tx:
        bank = await bank_of(request, tx)
        newest = await _newest(request, tx, bank.id)
    item = from_json(newest.version.content)
    if item.kind not in KINDS:
        raise NotAllowed(404)
    fields = fields_of(item, number_shown(newest.external_no), newest.version.id)
    return await _page(request, bank, newest, fields)


@signed_in(Role.AUTHOR)
async def write(request: Request) -> Response:
    """The form: looked at, changed by one of its own buttons, or saved."""
    services, visitor = services_of(request), await visitor_of(request)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        newest = await _newest(request, tx, bank.id) if "item" in request.path_params else None
    fields, act = posted_fields(form_of(request)), field_of(request, "do", 20)
    if act == "preview":
        return await _page(request, bank, newest, fields, block="live")
    if act not in {"save", "submit"}:
        changed = acted(with_rows(fields, shuffled_letters()), act, list(shuffled_letters()))
        return await _page(request, bank, newest, changed, block="answers")
    meant = item_of(fields)
    wrong = _errors(meant.wrong, problems_of(meant.item))
    if wrong:
        return await _page(request, bank, newest, fields, errors=wrong)
    item_id = newest.version.item_id if newest else None
    edit = Edit(meant.item, digest_of(meant.item), item_id, fields.base, fields.note)
    saved = await save_item(
        services.database, bank.id, edit, visitor.person.id, now_of(request), submit=act == "submit"
    )
    match saved:
        case Saved():
            done = "asked" if act == "submit" else "saved" if saved.is_new else "same"
            return see_other(f"/author/banks/{bank.id}/items/{saved.item_id}/edit?done={done}")
        case Newest():
            return await _page(request, bank, saved, replace(fields, base=saved.version.id), others=True)
        case trouble:
            return await _page(request, bank, newest, fields, errors=(FieldError(*TROUBLES[trouble]),))


@signed_in(Role.AUTHOR)
async def paste(request: Request) -> Response:
    """What was pasted, cleaned; pictures within it are kept, ``lost`` counts those that a clipboard only names."""
    services, now_ms = services_of(request), now_of(request)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
    shelf, lost = MediaShelf(), 0

    def find(source: str) -> str:
        nonlocal lost
        name = address_to_name(source) or shelf.find(source)
        # a refusal holds no dot
        lost += "." not in name
        return name if "." in name else ""

    from examengine.banks.files.pasted import from_clipboard  # lxml takes a process four MiB

    html = form_of(request).get("html", [""])[0]
    rich = rich_of(from_clipboard(html), find)
    shown = Item(Kind.ESSAY, rich.text, (), frozenset(), markup=rich.markup)
    async with services.database.reading() as tx:
        there = await _kept(tx, references(shown))
    [settled], pictures = settle([shown], [*shelf.taken.values(), *there])
    for kept in pictures:
        if kept not in there:
            await _keep(request, bank.id, kept, now_ms)
    field = RichField.of(settled.stem, settled.markup)
    return JSONResponse({"html": field.source if field.is_html else "", "text": rich.text, "lost": lost})


@signed_in(Role.AUTHOR)
async def upload_picture(request: Request) -> Response:
    """Keep a picture; its address and size, or why not."""
    now_ms = now_of(request)
    async with services_of(request).database.reading() as tx:
        bank = await bank_of(request, tx)
    form = await posted(request)
    found = sniff(form.content)
    size = size_of(form.content)
    if not form.content:
        return _refused(_("请选择一个图片文件"))
    if found is None or found[0] not in PICTURES or size is None:
        return _refused(_("这不是可以显示的图片。请用 PNG、JPEG、GIF 或 WebP；SVG 和 Word 里的矢量图请先另存为 PNG"))
    if len(form.content) > PICTURE_BYTES:
        return _refused(_("图片超过 {n} MB，考生要等很久。请缩小或压缩后再插入").format(n=PICTURE_BYTES >> 20))
    kept = Media(form.file_name, found[0], form.content)
    kept = replace(kept, name=settled_name(kept))
    await _keep(request, bank.id, kept, now_ms)
    return JSONResponse({"address": f"/media/{kept.name}", "width": size[0], "height": size[1]})


async def _kept(tx: Reading, names: tuple[str, ...]) -> list[Media]:
    digests = {name: name.partition(".")[0] for name in names}
    missing = await media.find_missing(tx, digests.values())
    return [
        replace(await media.get_media(tx, digest), name=name)
        for name, digest in digests.items()
        if digest not in missing
    ]


async def _keep(request: Request, bank_id: int, kept: Media, now_ms: int) -> None:
    visitor = await visitor_of(request)
    facts = {"sha256": kept.name.partition(".")[0], "octets": len(kept.data)}
    async with services_of(request).database.writing() as tx:
        await media.keep(tx, [kept], now_ms)
        await audit.append(tx, now_ms, visitor.person.id, "add_picture", "bank", bank_id, facts)


def _refused(message: str) -> Response:
    return JSONResponse({"error": message}, 422)


async def _newest(request: Request, tx: Reading, bank_id: int) -> Newest:
    try:
        return await editing.newest_of(tx, bank_id, path_id(request, "item"))
    except Missing:
        raise NotAllowed(404) from None


async def _page(
    request: Request,
    bank: Bank,
    newest: Newest | None,
    fields: ItemFields,
    *,
    block: str = "",
    errors: tuple[FieldError, ...] = (),
    others: bool = False,
) -> Response:
    """The whole page, or the block alone where htmx asks for it. ``others``: somebody else's is newest."""
    services = services_of(request)
    fields = with_rows(fields, shuffled_letters())
    meant = item_of(fields)
    async with services.database.reading() as tx:
        topics = () if block and _is_htmx(request) else await editing.topics_of(tx, bank.id)
        names = await names_of(tx, services, [newest.by_person] if others and newest else [])
        known = await neighbour_problems(tx, bank.id, meant.item, newest.version.item_id if newest else None)
    paper = paper_of(meant.item)
    taken = {option.id for option in fields.options}
    begun = newest is not None or not fields.is_blank
    where = f"/author/banks/{bank.id}/items"
    shown = Editor(
        frame=await frame_of(request, HERE, None if errors or others else _done(request, bank.id)),
        bank_id=bank.id,
        name=bank.name,
        address=f"{where}/{newest.version.item_id}/edit" if newest else f"{where}/new",
        item_id=newest.version.item_id if newest else 0,
        no=newest.version.no if newest else 0,
        state=STATES[ItemState(newest.state)][0] if newest else "",
        fields=fields,
        remarks=_remarks(meant.wrong, (*known, *problems_of(meant.item))) if begun else (),
        begun=begun,
        paper=paper,
        document=document_of(paper),
        kinds=tuple((kind.value, KIND_TEXTS[kind.value]) for kind in KINDS),
        gap_kinds=tuple(GAP_KINDS.items()),
        topics=topics,
        letters="".join(letter for letter in shuffled_letters() if letter not in taken),
        errors=errors,
        meanwhile=_meanwhile(newest, names.get(newest.by_person, "")) if others and newest else None,
        is_saved=bool(request.query_params.get("done")) and request.method == "GET",
    )
    if block and _is_htmx(request):
        return HTMLResponse(render_block("author/editor.html", block, shown))
    return page("author/editor.html", shown, 409 if others else 422 if errors else 200)


def _is_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _meanwhile(newest: Newest, by: str) -> Meanwhile:
    view = item_view(from_json(newest.version.content), number_shown(newest.external_no), newest.version.no)
    return Meanwhile(newest.version.no, by, newest.at_ms, view)


def _remarks(wrong: tuple[tuple[str, str], ...], problems: tuple[Problem, ...]) -> tuple[Remark, ...]:
    told = [Remark("error", part, message) for part, message in wrong]
    parts = {part for part, _message in wrong}
    told += [
        Remark(problem.severity, problem.part, problem.message)
        for problem in problems
        # what means nothing has been said already; that it is missing then, too, would only confuse
        if not (problem.part in parts and problem.severity == "error")
    ]
    return tuple(told)


def _errors(wrong: tuple[tuple[str, str], ...], problems: tuple[Problem, ...]) -> tuple[FieldError, ...]:
    return tuple(FieldError(r.field, r.message) for r in _remarks(wrong, problems) if r.severity == "error")


def _done(request: Request, bank_id: int) -> Alert | None:
    if request.method != "GET":
        return None
    another = Act(f"/author/banks/{bank_id}/items/new", _("再写一题"))
    match request.query_params.get("done"):
        case "saved":
            text = _("考试还不会抽到它：提交审核，由另一位作者审过、发布以后才会。")
            return Alert("success", _("已存为草稿"), text, another)
        case "asked":
            text = _("由另一位作者审过、发布新版本以后，考试才会抽到它。")
            return Alert("success", _("已保存并提交审核"), text, another)
        case "same":
            return Alert("info", _("没有改动"), _("内容和上一版完全一样，没有另存一版。"), another)
        case _:
            return None


ROUTES = [
    Route("/author/banks/{id}/items/new", new_page),
    Route("/author/banks/{id}/items/new", write, methods=["POST"]),
    Route("/author/banks/{id}/items/paste", paste, methods=["POST"]),
    Route("/author/banks/{id}/items/pictures/upload", upload_picture, methods=["POST"]),
    Route("/author/banks/{id}/items/{item}/edit", edit_page),
    Route("/author/banks/{id}/items/{item}/edit", write, methods=["POST"]),
]
