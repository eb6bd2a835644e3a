"""Reads a file of another program's format in a process of its own, under limits that hold whatever the file does.

Standard input is the file, the arguments its format and its encoding ("" to find it out); standard output a
MessagePack ``Answer``.
"""

import sys
from typing import Final

import msgspec

from examengine.banks.cells.grid import FILE_BYTES_LIMIT, UnreadableFileError
from examengine.banks.readers.foreign import nothing, read_foreign
from examengine.banks.readers.formats import FORMATS
from examengine.banks.readers.reading import BankReading

MEMORY_BYTES_LIMIT: Final = 900 * 1024 * 1024
CPU_SECONDS_LIMIT: Final = 24


class Answer(msgspec.Struct):
    """A reading, or the name of the mistake of ours that left none."""

    reading: BankReading | None = None
    failed: str = ""


def _limit_this_process() -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_LIMIT, MEMORY_BYTES_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_LIMIT, CPU_SECONDS_LIMIT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer_for(data: bytes, form: str, encoding: str | None) -> Answer:
    """The reading of a file; never raises but for lack of memory."""
    try:
        known = next(one for one in FORMATS if one == form)
        return Answer(read_foreign(data, known, encoding))
    except UnreadableFileError as refused:
        return Answer(nothing(form, refused.encoding, refused.remark.code, refused.remark.message))
    except MemoryError:
        raise
    except Exception as failed:
        # A mistake of ours in some corner of some format must not become a trace on somebody's page.
        return Answer(failed=type(failed).__name__)


def main() -> int:
    _limit_this_process()
    form, encoding = sys.argv[1], sys.argv[2]
    try:
        answer = msgspec.msgpack.encode(
            answer_for(sys.stdin.buffer.read(FILE_BYTES_LIMIT + 1), form, encoding or None)
        )
    except MemoryError:
        message = "读取这个文件需要的内存超过上限，请拆成几个文件"
        answer = msgspec.msgpack.encode(Answer(nothing(form, "", "file_too_large", message)))
    sys.stdout.buffer.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
