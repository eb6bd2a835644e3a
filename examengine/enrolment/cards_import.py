"""Activation cards from a list (卡号, 激活码, 出库日期): into stock and out of it, all of a file or nothing."""

import asyncio
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from examengine.banks.cells.listing import (
    Column,
    ListReport,
    Record,
    RowVerdict,
    Verdict,
    day_of,
    read_listing,
    report_of,
)
from examengine.findings import Finding
from examengine.records import audit, cards
from examengine.records.cards import Card, NewCard
from examengine.records.database import Database, Reading
from examengine.records.vault import Vault, canonical_number

COLUMNS: Final = (
    Column("number", ("卡号", "学习卡号", "激活卡号"), required=True, exact=True),
    Column("code", ("激活码", "密码"), required=True, exact=True),
    Column("booked_out", ("出库日期", "出库时间"), required=True),
    Column("region", ("区划", "所属区划", "销售区划")),
)
_NUMBER = re.compile(r"[A-Z0-9]{4,40}")
_REGION = re.compile(r"(\d{6})?")


@dataclass(frozen=True, slots=True)
class _Row:
    record: Record
    card: NewCard = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Judged:
    row: _Row
    verdict: Verdict
    known: Card | None = field(repr=False)

    @property
    def place(self) -> RowVerdict:
        return RowVerdict(self.row.record.where(), self.verdict)


async def preview_cards(
    database: Database, vault: Vault, data: bytes, file_name: str, *, zone: str = "Asia/Shanghai"
) -> ListReport:
    """What an import of the file would do."""
    rows, report = await asyncio.to_thread(_read, vault, data, file_name, zone)
    async with database.reading() as tx:
        judged, findings = await _judge(tx, rows)
    return report.judged((j.place for j in judged), findings)


async def import_cards(
    database: Database,
    vault: Vault,
    data: bytes,
    file_name: str,
    by_person: int | None,
    now_ms: int,
    *,
    zone: str = "Asia/Shanghai",
) -> ListReport:
    """Take new cards into stock and book out those with a day, if all of the file can be taken. A day is booked from
    its beginning in ``zone``; an empty one leaves the card in stock.
    """
    rows, report = await asyncio.to_thread(_read, vault, data, file_name, zone)
    async with database.writing() as tx:
        await tx.lock_name("cards import")
        judged, findings = await _judge(tx, rows)
        report = report.judged((j.place for j in judged), findings)
        if not report.is_importable:
            return report
        await cards.add_cards(tx, [j.row.card for j in judged if j.known is None], now_ms)
        for j in judged:
            if j.verdict is Verdict.CHANGES and j.known is not None and j.row.card.booked_out_ms is not None:
                await cards.book_out(tx, j.known.id, j.row.card.booked_out_ms, j.row.card.region or j.known.region)
        await audit.append(tx, now_ms, by_person, "cards_imported", "cards", None, report.facts)
    return replace(report, committed=True)


def _read(vault: Vault, data: bytes, file_name: str, zone: str) -> tuple[list[_Row], ListReport]:
    listing = read_listing(data, COLUMNS)
    findings: list[Finding] = []
    refused: list[str] = []
    rows: list[_Row] = []
    first: dict[str, str] = {}
    for record in listing.records:
        card, found = _read_row(vault, record, ZoneInfo(zone))
        if card is not None and first.setdefault(card.number, record.where()) != record.where():
            message = f"卡号与{first[card.number]}相同，请只保留一行"
            found.append(Finding("error", "twice", record.where("number"), message))
        findings += found
        if card is None or found:
            refused.append(record.where())
        else:
            rows.append(_Row(record, card))
    return rows, report_of(file_name, data, listing, findings, refused)


def _read_row(vault: Vault, record: Record, zone: ZoneInfo) -> tuple[NewCard | None, list[Finding]]:
    findings = []
    number, code = (canonical_number(record.values[name][:60]) for name in ("number", "code"))
    for name, text, title in (("number", number, "卡号"), ("code", code, "激活码")):
        if not _NUMBER.fullmatch(text):
            findings.append(Finding("error", name, record.where(name), f"{title}应为 4 至 40 位字母或数字"))
    written = record.values["booked_out"]
    day = day_of(written)
    if written and day is None:
        message = "出库日期不对，请写成 2014-05-05；未出库的留空"
        findings.append(Finding("error", "booked_out", record.where("booked_out"), message))
    region = _REGION.fullmatch(unicodedata.normalize("NFKC", record.values.get("region", "")))
    if region is None:
        findings.append(Finding("error", "region", record.where("region"), "区划应为六位代码，如 450702"))
    if findings or region is None:
        return None, findings
    midnight = None if day is None else datetime.combine(day, time(), zone)
    booked_out_ms = None if midnight is None else int(midnight.timestamp()) * 1000
    return NewCard(number, vault.card_code_hash(number, code), region[0], booked_out_ms), findings


async def _judge(tx: Reading, rows: Sequence[_Row]) -> tuple[list[_Judged], list[Finding]]:
    known = await cards.find_cards(tx, [row.card.number for row in rows])
    judged, findings = [], []
    for row in rows:
        card = known.get(row.card.number)
        verdict, message = _verdict(row.card, card)
        if verdict is Verdict.CONFLICT:
            findings.append(Finding("error", "conflict", row.record.where("number"), message))
        judged.append(_Judged(row, verdict, card))
    return judged, findings


def _verdict(wanted: NewCard, known: Card | None) -> tuple[Verdict, str]:
    if known is None:
        return Verdict.NEW, ""
    if known.code_hash != wanted.code_hash:
        return Verdict.CONFLICT, "系统中此卡号的激活码与这里不同"
    if wanted.booked_out_ms in {None, known.booked_out_ms}:
        return Verdict.SAME, ""
    if known.booked_out_ms is not None:
        return Verdict.CONFLICT, "此卡已经出库，出库日期与这里不同"
    return Verdict.CHANGES, ""
