"""A list of results as a workbook, made while it is sent: a page of people at a time, and candidates come first.

Nothing of it is kept. Whoever asks again gets what stands then; each fetch is in the audit log.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass

from examengine.accounts.names import Place, mask_document
from examengine.records import audit, result_exports, results
from examengine.records.database import Database
from examengine.records.result_exports import Export, OpenedName
from examengine.records.results import ResultLine
from examengine.records.vault import Vault
from examengine.reporting.workbook import Column, StreamedWorkbook, Value

PAGE = 200
SHARE = 1.0
"""How long it rests after each page, as a share of the time that the page took: sittings share this process."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of the list, from where words are. ``cells``: a line and its person as the columns show them."""

    title: str
    columns: Sequence[Column]
    foot: str
    about: Callable[[int], Sequence[tuple[str, str]]]
    cells: Callable[[ResultLine, OpenedName, str], Sequence[Value]]


async def take_out(
    database: Database, vault: Vault, export: Export, wording: Wording, by_person: int, now_ms: int
) -> AsyncIterator[bytes]:
    """The octets of the workbook. That it is taken out stands in the audit log before the first of them.

    Raises:
        Unavailable: the database went away; the file is not whole.
    """
    async with database.writing() as tx:
        facts = {"people": export.people, "full_numbers": export.full_numbers}
        await audit.append(tx, now_ms, by_person, "take_results", "result_export", export.id, facts)
    book = StreamedWorkbook(wording.title, wording.columns, wording.foot)
    after, count = None, 0
    while True:
        began = time.perf_counter()
        async with database.reading() as tx:
            page = await results.page(tx, export.asked, PAGE, after)
            sealed = await result_exports.sealed_names(tx, [line.person_id for line in page.lines])
        names = await asyncio.to_thread(result_exports.opened, vault, sealed)
        rows = [wording.cells(line, names[line.person_id], _number(export, names, line)) for line in page.lines]
        count += len(rows)
        octets = await asyncio.to_thread(book.rows, rows)
        if octets:
            yield octets
        if not page.has_later:
            break
        after = page.lines[-1].key
        await asyncio.sleep((time.perf_counter() - began) * SHARE)
    yield book.end(wording.about(count))
    async with database.writing() as tx:
        await result_exports.note_taken(tx, export.id)


def _number(export: Export, names: Mapping[int, OpenedName], line: ResultLine) -> str:
    document = names[line.person_id].document
    return document if export.full_numbers else mask_document(document, Place.STAFF_LIST)
