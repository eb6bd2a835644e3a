"""Reading uploaded banks away from the event loop, and what a preview shows of them."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from examengine.banks.findings import Finding
from examengine.banks.item import Kind
from examengine.banks.readers import BankReading, ReadItem, read_bank

SAMPLES = 5
KEPT = 16

Load = Callable[[], Awaitable[bytes]]


@dataclass(frozen=True, slots=True)
class Preview:
    """A reading without its items but ``samples``: what its author looks at before the commit."""

    format: str
    encoding: str
    total: int
    importable: int
    by_type: Mapping[Kind, int]
    understood: tuple[str, ...]
    samples: tuple[ReadItem, ...]
    findings: tuple[Finding, ...]


class Readings:
    """Reads files in a worker thread, one at a time: sittings share the processor.

    Previews of the last ``KEPT`` files are kept, so that paging through findings does not read again; the same bytes
    in the same encoding always give the same reading.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._previews: OrderedDict[tuple[str, str], Preview] = OrderedDict()

    async def read(self, content: bytes, file_name: str, encoding: str) -> BankReading:
        """The whole reading; ``encoding`` "" means to find it out."""
        async with self._turn:
            return await asyncio.to_thread(read_bank, content, file_name, encoding=encoding or None)

    async def preview(self, sha256: str, file_name: str, encoding: str, load: Load) -> Preview:
        """What the file of this digest holds; ``load`` gives its bytes where they must be read."""
        key = (sha256, encoding)
        async with self._turn:
            known = self._previews.get(key)
            if known is None:
                content = await load()
                reading = await asyncio.to_thread(read_bank, content, file_name, encoding=encoding or None)
                known = self._previews[key] = preview_of(reading)
                if len(self._previews) > KEPT:
                    self._previews.popitem(last=False)
            self._previews.move_to_end(key)
            return known


def preview_of(reading: BankReading) -> Preview:
    """The part of a reading that its author looks at."""
    return Preview(
        format=reading.format,
        encoding=reading.encoding,
        total=reading.total,
        importable=reading.importable,
        by_type=reading.by_type,
        understood=reading.understood,
        samples=samples_of(reading.items),
        findings=reading.findings,
    )


def samples_of(items: tuple[ReadItem, ...]) -> tuple[ReadItem, ...]:
    """Some items in the order of the file, of every kind that it holds."""
    first_of: dict[Kind, list[int]] = {}
    for index, read in enumerate(items):
        first_of.setdefault(read.item.kind, []).append(index)
    ranked = sorted((rank, index) for indexes in first_of.values() for rank, index in enumerate(indexes[:SAMPLES]))
    return tuple(items[index] for index in sorted(index for _, index in ranked[:SAMPLES]))
