"""The statistics of an exam's items as a workbook. Every cell is text: nothing is computed when it is opened."""

import io
from collections.abc import Iterable, Sequence

from examengine.web.wording import gettext as _

MIME_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = (
    _("题号"), _("版本"), _("题型"), _("题干"), _("答案"), _("人数"), _("正确率"), _("区分度"), _("高低差"),
    _("各答案人数"), _("可疑"),
)  # fmt: skip
WIDTHS = (12, 8, 10, 60, 8, 8, 10, 10, 10, 40, 40)
MAX_CELL = 32_000
_COMMANDS = ("=", "+", "-", "@", "\t", "\r")


def write_statistics(rows: Iterable[Sequence[str]]) -> bytes:
    """The workbook; a text that a spreadsheet program could take for a command is marked as text."""
    # Imported here: it takes a process ten MiB, and few workers ever write a workbook.
    from openpyxl import Workbook
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = _("试题统计")
    for no, row in enumerate([HEADER, *rows], 1):
        for column, text in enumerate(row, 1):
            cell = sheet.cell(no, column)
            cell.value = "".join(sign for sign in text[:MAX_CELL] if sign >= " " or sign == "\n")
            cell.data_type = "s"
            cell.number_format = "@"
            cell.quotePrefix = text.startswith(_COMMANDS)
            if no == 1:
                cell.font = Font(bold=True)
    for column, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "A2"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
