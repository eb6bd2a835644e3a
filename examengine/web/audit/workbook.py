"""Lines of the audit log as a workbook, to be read. Every cell is text: nothing is computed when it is opened."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

from examengine.web.wording import gettext as _

MIME_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER = (_("编号"), _("时间"), _("经办人"), _("经办人编号"), _("办理"), _("对象"), _("内容"))
WIDTHS = (10, 20, 14, 12, 20, 18, 80)
MAX_CELL = 32_000
_COMMANDS = ("=", "+", "-", "@", "\t", "\r")


def write_lines(rows: Iterable[Sequence[str]], notes: Iterable[Sequence[str]]) -> bytes:
    """The workbook: the lines, and a sheet that says what they are and who took them out."""
    # Imported here: it takes a process ten MiB, and few workers ever write a workbook.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    lines = book.create_sheet(_("审计记录"))
    lines.freeze_panes = "A2"
    for column, width in enumerate(WIDTHS, 1):
        lines.column_dimensions[get_column_letter(column)].width = width
    about = book.create_sheet(_("说明"))
    about.column_dimensions["A"].width, about.column_dimensions["B"].width = 14, 100

    def cell(sheet: Any, text: str, *, bold: bool = False) -> Any:
        made = WriteOnlyCell(sheet, "".join(sign for sign in text[:MAX_CELL] if sign >= " " or sign == "\n"))
        made.data_type, made.number_format = "s", "@"
        made.quotePrefix = text.startswith(_COMMANDS)
        if bold:
            made.font = Font(bold=True)
        return made

    lines.append([cell(lines, text, bold=True) for text in HEADER])
    for row in rows:
        lines.append([cell(lines, text) for text in row])
    for note in notes:
        about.append([cell(about, text) for text in note])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
