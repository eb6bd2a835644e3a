"""Reads a file of another program's format in a process of its own, under limits that hold whatever the file does.

Standard input is the file, the arguments its format and its encoding ("" to find it out); standard output a
MessagePack ``Answer``.
"""

import sys
from dataclasses import replace
from typing import Final

import msgspec

from examengine.banks.cells.grid import FILE_BYTES_LIMIT, UnreadableFileError
from examengine.banks.readers.foreign import nothing, read_foreign
from examengine.banks.readers.formats import FORMATS
from examengine.banks.readers.reading import BankReading, ReadItem

MEMORY_BYTES_LIMIT: Final = 900 * 1024 * 1024
CPU_SECONDS_LIMIT: Final = 18


class Answer(msgspec.Struct):
    """A reading, or the name of the mistake of ours that left none.

    The reading travels without what stands twice in it: ``items`` and ``kept_out`` are questions', named by their
    ``places`` (an index each), of which the other side makes them again.
    """

    reading: BankReading | None = None
    failed: str = ""
    items_at: list[int] = []
    kept_out_at: list[int] = []


def packed(reading: BankReading) -> Answer:
    """The reading as it is sent; :func:`unpacked` gives it back."""
    items = {id(question.item): at for at, question in enumerate(reading.questions) if question.item is not None}
    kept = {id(one.kept_out): at for at, one in enumerate(reading.questions) if one.kept_out is not None}
    items_at = [items.get(id(read.item), -1) for read in reading.items]
    kept_out_at = [kept.get(id(read.item), -1) for read in reading.kept_out]
    if -1 in items_at or -1 in kept_out_at:
        return Answer(reading)
    return Answer(replace(reading, items=(), kept_out=()), "", items_at, kept_out_at)


def unpacked(answer: Answer) -> BankReading | None:
    """The reading of an answer, each of its items held once."""
    if answer.reading is None or not (answer.items_at or answer.kept_out_at):
        return answer.reading
    questions = answer.reading.questions
    items = ((questions[at].item, questions[at].where) for at in answer.items_at)
    kept = ((questions[at].kept_out, questions[at].where) for at in answer.kept_out_at)
    return replace(
        answer.reading,
        items=tuple(ReadItem(item, where) for item, where in items if item is not None),
        kept_out=tuple(ReadItem(item, where) for item, where in kept if item is not None),
    )


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
        found = answer_for(sys.stdin.buffer.read(FILE_BYTES_LIMIT + 1), form, encoding or None)
        answer = msgspec.msgpack.encode(found if found.reading is None else packed(found.reading))
    except MemoryError:
        message = "读取这个文件需要的内存超过上限，请拆成几个文件"
        answer = msgspec.msgpack.encode(Answer(nothing(form, "", "file_too_large", message)))
    sys.stdout.buffer.write(answer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
