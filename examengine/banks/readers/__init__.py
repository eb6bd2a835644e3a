"""Readers: an uploaded file to a :class:`BankReading`. One module a format, none raises for a bad file."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from examengine.banks.cells.grid import UnreadableFileError
from examengine.banks.cells.separated import read_separated
from examengine.banks.cells.sniff import nature_of
from examengine.banks.cells.workbook import read_workbook
from examengine.banks.findings import Finding, place
from examengine.banks.item import Kind
from examengine.banks.readers.columns import SheetChoice, with_choices
from examengine.banks.readers.formats import FORMATS, Format, format_of
from examengine.banks.readers.reading import BankReading, ReadItem
from examengine.banks.readers.sheet import FORMAT, UNKNOWN_FORMAT, read_sheets

__all__ = ["FORMATS", "READER_FAILED", "BankReading", "Format", "ReadItem", "read_bank"]

READER_FAILED = "reader_failed"
WAIT_SECONDS: Final = 25

_PACKAGE_ROOT: Final = Path(__file__).resolve().parents[3]
_TOO_LARGE = "读取“{}”需要的内存超过上限，请拆成几个文件"
_TOO_SLOW = "读取“{}”超过时限，请拆成几个文件"
_FAILED = "读取时出现内部错误（{}），没有读入；请把文件交给技术支持"


def read_bank(
    data: bytes,
    name: str,
    *,
    encoding: str | None = None,
    form: Format | None = None,
    columns: Mapping[str, SheetChoice] | None = None,
) -> BankReading:
    """Reads a bank file by what it holds, whatever its name ends in.

    ``encoding`` overrides the guess for text, ``form`` that of the format, ``columns`` (by the sheet's name) what the
    columns of a sheet hold. A file that cannot be taken gives a reading without items and a finding that says what it
    is and what to do; nothing is raised. Takes at most 30 s and 1 GiB: whatever is more than separated text is parsed
    by a child process under limits.
    """
    try:
        found = form or format_of(data, name, encoding)
        if found != "sheet":
            return _in_a_child(data, found, name, encoding)
        nature = nature_of(data)
        grid = read_separated(data, encoding) if nature == "separated" else read_workbook(data, nature)
        return read_sheets(with_choices(grid, columns or {}))
    except UnreadableFileError as refused:
        return _nothing(form, refused.encoding, refused.remark.code, refused.remark.message)
    except MemoryError:
        return _nothing(form, "", "workbook_too_large", _TOO_LARGE.format(name[:80]))
    except Exception as failed:
        # A mistake of ours in some corner of some dialect must not take the upload page down with it. Tests hold
        # that no file we know ends here.
        return _nothing(form, "", READER_FAILED, _FAILED.format(type(failed).__name__))


def _in_a_child(data: bytes, form: Format, name: str, encoding: str | None) -> BankReading:
    # Refuses what is empty or too large, in the words of every other format.
    _check_size(data)
    from examengine.banks.readers.foreign_child import Answer, unpacked

    command = [sys.executable, "-m", "examengine.banks.readers.foreign_child", form, (encoding or "")[:40]]
    environment = {key: value for key, value in os.environ.items() if key in {"PATH", "LANG", "SYSTEMROOT"}}
    environment["PYTHONPATH"] = str(_PACKAGE_ROOT)
    try:
        child = subprocess.run(  # noqa: S603 - our own module; of the upload nothing but an encoding's name
            command, input=data, capture_output=True, timeout=WAIT_SECONDS, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        return _nothing(form, "", "too_slow", _TOO_SLOW.format(name[:80]))
    except (OSError, ValueError):
        return _nothing(form, "", "file_too_large", _TOO_LARGE.format(name[:80]))
    try:
        answer = msgspec.msgpack.decode(child.stdout, type=Answer)
    except (msgspec.DecodeError, msgspec.ValidationError):
        # Ended from outside: a library that gets no memory, or its time, ends its process without a word.
        if child.returncode in {-24, -9}:
            return _nothing(form, "", "too_slow", _TOO_SLOW.format(name[:80]))
        return _nothing(form, "", "file_too_large", _TOO_LARGE.format(name[:80]))
    del child
    reading = unpacked(answer)
    if reading is None:
        return _nothing(form, "", READER_FAILED, _FAILED.format(answer.failed))
    return reading


def _check_size(data: bytes) -> None:
    try:
        nature_of(data)
    except UnreadableFileError as refused:
        if refused.remark.code in {"file_empty", "file_too_large"}:
            raise


def _nothing(form: str | None, encoding: str, code: str, message: str) -> BankReading:
    named = form or (UNKNOWN_FORMAT if code in {"not_a_workbook", "file_empty"} else FORMAT)
    finding = Finding("error", code, place(""), message)
    return BankReading(named, encoding, (), 0, dict.fromkeys(Kind, 0), 0, (finding,), ())
