"""④ One row of a file put right where it stands, and the file given back with its findings."""

import asyncio
from collections.abc import Sequence

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from examengine.banks.assess import CheckedQuestion
from examengine.banks.cells.grid import Sheet, UnreadableFileError
from examengine.banks.cells.opening import open_grid
from examengine.banks.dialects.options import LETTERS
from examengine.banks.fixing import SINGLE, Fix
from examengine.banks.wording import STEM_LIMIT
from examengine.banks.writers.written import WORKBOOK_TYPE
from examengine.banks.written import Written
from examengine.publishing.previews import Assessed, Work
from examengine.records import uploads
from examengine.records.words import Role
from examengine.web.author.banks import HERE, attachment
from examengine.web.author.import_desk import Kept, assessed_of, content_of, kept_of
from examengine.web.author.import_views import counters_of, form_of_row, row_view
from examengine.web.contexts.imports import ImportRow
from examengine.web.http import (
    NotAllowed,
    field_of,
    frame_of,
    page,
    path_id,
    see_other,
    services_of,
    signed_in,
)
from examengine.web.pages import render_block

FIELD_CHARACTERS = 2 * STEM_LIMIT
OTHERS_SHOWN = 20


@signed_in(Role.AUTHOR)
async def show_row(request: Request) -> Response:
    """The row with its form; alone where htmx asks for it."""
    found = await _row(request)
    if isinstance(found, Response):
        return found
    kept, assessed, question = found
    with_form = request.query_params.get("form", "1") != "0"
    return await _answer(request, kept, assessed, question, with_form=with_form)


@signed_in(Role.AUTHOR)
async def fix_row(request: Request) -> Response:
    """Put the row right, leave it out, take it as a correction, or have it as it was; kept with the upload."""
    services = services_of(request)
    found = await _row(request)
    if isinstance(found, Response):
        return found
    kept, before_fix, question = found
    act = field_of(request, "do", 20)
    fix = _fix(request, question, act)

    def change(before: bytes) -> bytes:
        work = Work.load(before)
        fixes = {index: one for index, one in work.fixes.items() if index != question.index}
        if fix is not None:
            fixes[question.index] = fix
        return msgspec.structs.replace(work, fixes=fixes).dump()

    head = kept.head
    async with services.database.writing() as tx:
        await uploads.change_work(tx, services.vault, head.id, head.by_person, head.purpose, change)
        work = Work.load(await uploads.find_work(tx, services.vault, head.id))
    again = await assessed_of(request, kept, work, patience_s=None)
    assert again is not None
    after = again.assessment.questions[question.index]
    is_wrong = act == "save" and any(finding.severity == "error" for finding in after.findings)
    if request.headers.get("hx-request") == "true" or is_wrong:
        others = _changed(before_fix, again, question.index)
        return await _answer(request, kept, again, after, with_form=is_wrong, others=others)
    return see_other(f"{kept.address}?show=fixed#row-{question.index}")


def _changed(before: Assessed, after: Assessed, index: int) -> list[CheckedQuestion]:
    """Other questions of which something else is said since."""
    pairs = zip(before.assessment.questions, after.assessment.questions, strict=True)
    changed = [new for old, new in pairs if (old.outcome, old.findings) != (new.outcome, new.findings)]
    return [question for question in changed if question.index != index][:OTHERS_SHOWN]


def _fix(request: Request, question: CheckedQuestion, act: str) -> Fix | None:
    where = question.question.where
    match act:
        case "save":
            return Fix(where, _written(request))
        case "leave_out":
            return Fix(where, leave_out=True)
        case "replace" if question.contradicts is not None:
            return Fix(where, question.written if question.is_fixed else None, replaces=question.contradicts)
        case "reset":
            return None
        case _:
            raise NotAllowed(400)


def _written(request: Request) -> Written:
    fields = {name: field_of(request, name, FIELD_CHARACTERS).replace("\r\n", "\n") for _what, name in SINGLE}
    options = [field_of(request, f"option{index}", FIELD_CHARACTERS) for index in range(len(LETTERS))]
    while options and not options[-1]:
        options.pop()
    return Written(options=tuple(options), **fields)


async def _row(request: Request) -> tuple[Kept, Assessed, CheckedQuestion] | Response:
    kept = await kept_of(request)
    if isinstance(kept, Response):
        return kept
    assessed = await assessed_of(request, kept, patience_s=None)
    assert assessed is not None
    index = path_id(request, "row")
    if index >= len(assessed.assessment.questions):
        raise NotAllowed(404)
    return kept, assessed, assessed.assessment.questions[index]


async def _answer(
    request: Request,
    kept: Kept,
    assessed: Assessed,
    question: CheckedQuestion,
    *,
    with_form: bool,
    others: Sequence[CheckedQuestion] = (),
) -> Response:
    is_alone = request.headers.get("hx-request") == "true"
    context = ImportRow(
        frame=await frame_of(request, HERE),
        bank_id=kept.bank.id,
        name=kept.bank.name,
        upload_id=kept.head.id,
        file_name=kept.head.file_name,
        row=row_view(question, assessed.assessment.reading.columns),
        form=form_of_row(question) if with_form else None,
        counters=counters_of(assessed.assessment),
        is_alone=is_alone,
        others=tuple(row_view(other, assessed.assessment.reading.columns) for other in others),
    )
    if is_alone:
        return HTMLResponse(render_block("author/import_row.html", "row", context), headers={"vary": "HX-Request"})
    return page("author/import_row.html", context)


@signed_in(Role.AUTHOR)
async def annotated(request: Request) -> Response:
    """The file with red cells, comments and what was put right."""
    kept = await kept_of(request)
    if isinstance(kept, Response):
        return kept
    assessed = await assessed_of(request, kept, patience_s=None)
    assert assessed is not None
    content = await content_of(request, kept.head)
    book = await asyncio.to_thread(_annotated, content, kept.work, assessed)
    stem = kept.head.file_name.rpartition(".")[0] or kept.head.file_name
    return attachment(book, f"{stem}（标注）.xlsx", WORKBOOK_TYPE)


def _annotated(content: bytes, work: Work, assessed: Assessed) -> bytes:
    from examengine.banks.writers.annotated import write_annotated  # openpyxl takes a process ten MiB

    sheets: tuple[Sheet, ...] = ()
    if assessed.assessment.reading.format in {"sheet", "unknown"}:
        try:
            sheets = open_grid(content, work.encoding or None).sheets
        except UnreadableFileError:
            sheets = ()
    return write_annotated(assessed.assessment, sheets)
