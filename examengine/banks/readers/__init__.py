"""Readers: an uploaded file to a :class:`BankReading`. One module a format, none raises for a bad file."""

from examengine.banks.cells.grid import UnreadableFileError
from examengine.banks.cells.separated import read_separated
from examengine.banks.cells.sniff import nature_of
from examengine.banks.cells.workbook import read_workbook
from examengine.banks.findings import Finding, place
from examengine.banks.item import Kind
from examengine.banks.readers.reading import BankReading, ReadItem
from examengine.banks.readers.sheet import FORMAT, UNKNOWN_FORMAT, read_sheets

__all__ = ["READER_FAILED", "BankReading", "ReadItem", "read_bank"]

READER_FAILED = "reader_failed"


def read_bank(data: bytes, name: str, *, encoding: str | None = None) -> BankReading:
    """Reads a bank file by what it holds, whatever its name ends in.

    ``encoding`` overrides the guess for separated text. A file that cannot be taken gives a reading without
    items and a finding that says what it is and what to do; nothing is raised. Takes at most 30 s and 1 GiB:
    workbooks are parsed by a child process under limits.
    """
    try:
        nature = nature_of(data)
        grid = read_separated(data, encoding) if nature == "separated" else read_workbook(data, nature)
        return read_sheets(grid)
    except UnreadableFileError as refused:
        return _nothing(refused.encoding, refused.remark.code, refused.remark.message)
    except MemoryError:
        message = f"读取“{name[:80]}”需要的内存超过上限，请拆成几个文件"
        return _nothing("", "workbook_too_large", message)
    except Exception as failed:
        # A mistake of ours in some corner of some dialect must not take the upload page down with it. Tests hold
        # that no file we know ends here.
        message = f"读取时出现内部错误（{type(failed).__name__}），没有读入；请把文件交给技术支持"
        return _nothing("", READER_FAILED, message)


def _nothing(encoding: str, code: str, message: str) -> BankReading:
    form = UNKNOWN_FORMAT if code in {"not_a_workbook", "file_empty"} else FORMAT
    finding = Finding("error", code, place(""), message)
    return BankReading(form, encoding, (), 0, dict.fromkeys(Kind, 0), 0, (finding,), ())
