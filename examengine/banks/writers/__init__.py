"""Writers: items out again in the formats other people's programs read. One module a format, all deterministic."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from examengine.banks.item import Item
from examengine.banks.writers.written import LeftOut, Written, media_of


class ExportFormat(StrEnum):
    """The formats a bank can be written in."""

    WORKBOOK = "xlsx"
    MOODLE_XML = "moodle_xml"
    GIFT = "gift"
    QTI3 = "qti3"


Writer = Callable[[Sequence[Item], Mapping[str, bytes]], Written]


def write_bank(items: Sequence[Item], media: Mapping[str, bytes], form: ExportFormat) -> Written:
    """The items in their order as a file of ``form``; ``media`` are pictures by the names their markup uses."""
    return _writer_of(form)(items, media)


def _writer_of(form: ExportFormat) -> Writer:
    # Imported when it is asked for: openpyxl and lxml take a process ten MiB, and few workers ever write a bank.
    match form:
        case ExportFormat.WORKBOOK:
            from examengine.banks.writers.workbook import write_bank_workbook

            return write_bank_workbook
        case ExportFormat.MOODLE_XML:
            from examengine.banks.writers.moodle_xml import write_moodle_xml

            return write_moodle_xml
        case ExportFormat.GIFT:
            from examengine.banks.writers.gift import write_gift

            return write_gift
        case ExportFormat.QTI3:
            from examengine.banks.writers.qti3 import write_qti3

            return write_qti3


__all__ = ["ExportFormat", "LeftOut", "Written", "media_of", "write_bank"]
