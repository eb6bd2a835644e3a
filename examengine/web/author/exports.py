"""A bank as a file in one of four formats; what a format cannot hold is said before the file is taken."""

from starlette.requests import Request
from starlette.responses import Response

from examengine.banks.writers import ExportFormat
from examengine.publishing.exports import export_bank
from examengine.records import items
from examengine.records.errors import Missing
from examengine.records.words import Role
from examengine.web.author.banks import HERE, attachment, bank_of
from examengine.web.contexts import exports
from examengine.web.http import NotAllowed, frame_of, page, path_id, services_of, signed_in
from examengine.web.wording import gettext as _

ROWS_SHOWN = 200
NAMES = {
    ExportFormat.WORKBOOK: "Excel (.xlsx)",
    ExportFormat.MOODLE_XML: "Moodle XML",
    ExportFormat.GIFT: "GIFT",
    ExportFormat.QTI3: "QTI 3.0",
}
HOLDS = {
    ExportFormat.WORKBOOK: _("全部题型、图片和格式，可在 Excel 或 WPS 里修改后再导入"),
    ExportFormat.MOODLE_XML: _("全部题型和图片，可导入 Moodle；难度、依据、有效期写在标签里"),
    ExportFormat.GIFT: _("纯文本，有图片时是压缩包；不能写多空填空题"),
    ExportFormat.QTI3: _("全部题型和图片的题库包，可导入支持 QTI 3.0 的系统"),
}


@signed_in(Role.AUTHOR)
async def export(request: Request) -> Response:
    """The formats to choose from; the file of the one chosen, at once or after what it leaves out was shown."""
    services = services_of(request)
    chosen = next((form for form in ExportFormat if form == request.query_params.get("as")), None)
    async with services.database.reading() as tx:
        bank = await bank_of(request, tx)
        size = sum((await items.count_by_kind(tx, bank.id)).values())
    shown = exports.Export(
        frame=await frame_of(request, HERE),
        bank_id=bank.id,
        bank_name=bank.name,
        size=size,
        choices=tuple(exports.FormatChoice(form, NAMES[form], HOLDS[form], form is chosen) for form in ExportFormat),
    )
    if chosen is None:
        return page("author/export.html", shown)
    try:
        _bank, written = await export_bank(services.database, path_id(request), chosen)
    except Missing:
        raise NotAllowed(404) from None
    if not written.left_out or "anyway" in request.query_params:
        return attachment(written.content, f"{bank.name}.{written.ending}", written.mime_type)
    rows = tuple(exports.LeftOutRow(one.number, one.title, one.what) for one in written.left_out)
    return page(
        "author/export.html",
        exports.Export(
            shown.frame,
            shown.bank_id,
            shown.bank_name,
            shown.size,
            shown.choices,
            NAMES[chosen],
            f"/author/banks/{bank.id}/exports?as={chosen}&anyway=1",
            rows[:ROWS_SHOWN],
            max(0, len(rows) - ROWS_SHOWN),
        ),
    )
