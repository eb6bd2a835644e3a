"""Writers: items out again in the formats other people's programs read. One module a format, all deterministic."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

from examengine.banks.item import Item
from examengine.banks.writers.gift import write_gift
from examengine.banks.writers.moodle_xml import write_moodle_xml
from examengine.banks.writers.qti3 import write_qti3
from examengine.banks.writers.workbook import write_bank_workbook
from examengine.banks.writers.written import LeftOut, Written, media_of


class ExportFormat(StrEnum):
    """The formats a bank can be written in."""

    WORKBOOK = "xlsx"
    MOODLE_XML = "moodle_xml"
    GIFT = "gift"
    QTI3 = "qti3"


_WRITERS: Final[Mapping[ExportFormat, Callable[[Sequence[Item], Mapping[str, bytes]], Written]]] = {
    ExportFormat.WORKBOOK: write_bank_workbook,
    ExportFormat.MOODLE_XML: write_moodle_xml,
    ExportFormat.GIFT: write_gift,
    ExportFormat.QTI3: write_qti3,
}


def write_bank(items: Sequence[Item], media: Mapping[str, bytes], form: ExportFormat) -> Written:
    """The items in their order as a file of ``form``; ``media`` are pictures by the names their markup uses."""
    return _WRITERS[form](items, media)


__all__ = ["ExportFormat", "LeftOut", "Written", "media_of", "write_bank"]
