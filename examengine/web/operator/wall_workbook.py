"""Those selected on the wall as a workbook. Every cell is text: nothing is computed when it is opened."""

import io
from collections.abc import Sequence

from examengine.web import times
from examengine.web.contexts.wall import PersonRow
from examengine.web.http import ZONE
from examengine.web.wording import gettext as _

MIME_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COLUMNS = (
    (_("姓名"), 12),
    (_("证件尾号"), 10),
    (_("单位"), 36),
    (_("考试"), 30),
    (_("状态"), 18),
    (_("开始"), 20),
    (_("截止"), 20),
    (_("已答"), 10),
    (_("最近信号"), 20),
)
_COMMANDS = ("=", "+", "-", "@", "\t", "\r")


def write_people(rows: Sequence[PersonRow]) -> bytes:
    """The workbook; a text that a spreadsheet program could take for a command is marked as text."""
    # Imported here: it takes a process ten MiB, and few workers ever write a workbook.
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = _("考生")
    table = [tuple(name for name, _width in COLUMNS), *(_cells(row) for row in rows)]
    for no, texts in enumerate(table, 1):
        for column, text in enumerate(texts, 1):
            cell = sheet.cell(no, column)
            cell.value = "".join(sign for sign in text if sign >= " ")
            cell.data_type = "s"
            cell.number_format = "@"
            cell.quotePrefix = text.startswith(_COMMANDS)
            if no == 1:
                cell.font = Font(bold=True)
    for column, (_name, width) in enumerate(COLUMNS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _cells(row: PersonRow) -> tuple[str, ...]:
    return (
        row.name,
        row.document_tail,
        row.unit,
        row.exam,
        row.state_text,
        _moment(row.started_ms),
        _moment(row.deadline_ms),
        row.answered,
        _moment(row.seen_ms),
    )


def _moment(at_ms: int | None) -> str:
    return "" if at_ms is None else times.exact(at_ms, ZONE)
