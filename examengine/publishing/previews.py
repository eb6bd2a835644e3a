"""Reading and assessing uploaded banks away from the event loop, and what was said about an upload meanwhile."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import msgspec

from examengine.banks.assess import Assessment, KnownBank, assess
from examengine.banks.fixing import Fix
from examengine.banks.item import Kind
from examengine.banks.readers import FORMATS, BankReading, ReadItem, read_bank
from examengine.banks.readers.columns import SheetChoice
from examengine.publishing.known import KnownBanks, Stamp
from examengine.records.database import Database

SAMPLES = 5
KEPT = 3
PATIENCE_S = 1.5
"""How long a page waits for a reading before it says that the file is being read."""

_K = TypeVar("_K")
_V = TypeVar("_V")

Load = Callable[[], Awaitable[bytes]]


class Work(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an author has said about an upload: how it is to be read, and what he has put right.

    ``encoding`` and ``format`` "" mean to find it out; ``columns`` by the name of their sheet, ``fixes`` by the index
    of their question.
    """

    encoding: str = ""
    format: str = ""
    columns: dict[str, SheetChoice] = {}
    fixes: dict[int, Fix] = {}

    @classmethod
    def load(cls, stored: bytes) -> "Work":
        return msgspec.json.decode(stored, type=cls) if stored else cls()

    def dump(self) -> bytes:
        return msgspec.json.encode(self)


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A kept file; ``load`` gives its bytes where they must be read."""

    sha256: str
    name: str
    load: Load


@dataclass(frozen=True, slots=True)
class Assessed:
    """An assessment, and the bank it was made against as it stood at ``stamp``."""

    assessment: Assessment
    known: KnownBank
    stamp: Stamp


class Readings:
    """Reads and assesses in a worker thread, one file at a time: sittings share the processor.

    The last ``KEPT`` readings and assessments are kept, so that paging through findings does not read again; the same
    bytes read the same way always give the same reading. What takes long goes on when its page has stopped waiting.
    """

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._readings: OrderedDict[bytes, BankReading] = OrderedDict()
        self._assessments: OrderedDict[tuple[bytes, Stamp, date], Assessment] = OrderedDict()
        self._banks = KnownBanks()
        self._running: dict[tuple[int, bytes, date], asyncio.Task[Assessed]] = {}

    async def assessed(
        self,
        database: Database,
        bank_id: int,
        file: UploadedFile,
        work: Work,
        today: date,
        *,
        patience_s: float | None = PATIENCE_S,
    ) -> Assessed | None:
        """What the file would do to the bank, by what its author has said; None where that takes longer than
        ``patience_s`` (None: as long as it takes).
        """
        key = (bank_id, file.sha256.encode() + work.dump(), today)
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._assess(database, bank_id, file, work, today))
            self._running[key] = task
            task.add_done_callback(lambda done: self._ended(key, done))
        done, _ = await asyncio.wait({task}, timeout=patience_s)
        return task.result() if done else None

    def _ended(self, key: tuple[int, bytes, date], task: "asyncio.Task[Assessed]") -> None:
        self._running.pop(key, None)
        if not task.cancelled():
            # Asked for, so that a failure nobody waits for any longer is not reported twice: the next page finds it.
            task.exception()

    async def _assess(
        self, database: Database, bank_id: int, file: UploadedFile, work: Work, today: date
    ) -> Assessed:
        async with self._turn:
            reading = await self._read(file, work)
            known, stamp = await self._banks.get(database, bank_id)
            key = (file.sha256.encode() + work.dump(), stamp, today)
            assessment = self._assessments.get(key)
            if assessment is None:
                assessment = await asyncio.to_thread(assess, reading, fixes=work.fixes, known=known, today=today)
                _keep(self._assessments, key, assessment)
            return Assessed(assessment, known, stamp)

    async def _read(self, file: UploadedFile, work: Work) -> BankReading:
        how = msgspec.json.encode([file.sha256, work.encoding, work.format, work.columns])
        reading = self._readings.get(how)
        if reading is None:
            content = await file.load()
            form = next((known for known in FORMATS if known == work.format), None)
            reading = await asyncio.to_thread(
                read_bank, content, file.name, encoding=work.encoding or None, form=form, columns=work.columns
            )
            _keep(self._readings, how, reading)
        return reading


def _keep(kept: OrderedDict[_K, _V], key: _K, value: _V) -> None:
    kept[key] = value
    if len(kept) > KEPT:
        kept.popitem(last=False)


def samples_of(items: tuple[ReadItem, ...]) -> tuple[ReadItem, ...]:
    """Some items in the order of the file, of every kind that it holds."""
    first_of: dict[Kind, list[int]] = {}
    for index, read in enumerate(items):
        first_of.setdefault(read.item.kind, []).append(index)
    ranked = sorted((rank, index) for indexes in first_of.values() for rank, index in enumerate(indexes[:SAMPLES]))
    return tuple(items[index] for index in sorted(index for _, index in ranked[:SAMPLES]))
