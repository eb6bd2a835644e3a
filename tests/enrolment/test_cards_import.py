"""Activation cards from lists."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from examengine.banks.cells.listing import ListReport, Verdict
from examengine.enrolment.cards_import import import_cards, preview_cards
from examengine.records import audit, cards
from examengine.records.cards import Card
from examengine.records.database import Database
from examengine.records.vault import Vault
from tests.accounts.sheets import a_csv
from tests.records.builders import T0

HEADER = ("卡号", "激活码", "出库日期", "区划")
MAY_5_MS = int(datetime(2014, 5, 5, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()) * 1000


async def take(database: Database, vault: Vault, *rows: tuple[Any, ...]) -> ListReport:
    data = a_csv(*rows, header=HEADER)
    return await import_cards(database, vault, data, "卡.csv", None, T0)


async def card(database: Database, number: str) -> Card | None:
    async with database.reading() as tx:
        return await cards.find_card(tx, number)


async def test_cards_go_into_stock_and_out_of_it(database: Database, vault: Vault) -> None:
    report = await take(database, vault, ("gx1001", "ab12-cd34", "2014-05-05", "450702"), ("GX1002", "AB12", "", ""))
    assert report.committed
    assert report.counts == {Verdict.NEW: 2}
    out, in_stock = await card(database, " gx1001 "), await card(database, "GX1002")
    assert out is not None
    assert in_stock is not None
    assert (out.number, out.booked_out_ms, out.region) == ("GX1001", MAY_5_MS, "450702")
    assert in_stock.booked_out_ms is None
    assert out.code_hash == vault.card_code_hash("GX1001", "AB12CD34")
    async with database.reading() as tx:
        [line] = await audit.newest(tx)
    assert (line.act, line.facts["new"]) == ("cards_imported", 2)


async def test_a_card_in_stock_is_booked_out_later_and_repeating_changes_nothing(
    database: Database, vault: Vault
) -> None:
    await take(database, vault, ("GX1001", "AB12", "", "450702"))
    out = await take(database, vault, ("GX1001", "AB12", "20140505", ""))
    assert out.counts == {Verdict.CHANGES: 1}
    again = await take(database, vault, ("GX1001", "AB12", "2014年5月5日", ""))
    still = await take(database, vault, ("GX1001", "AB12", "", ""))
    assert again.counts == still.counts == {Verdict.SAME: 1}
    found = await card(database, "GX1001")
    assert found is not None
    assert (found.booked_out_ms, found.region) == (MAY_5_MS, "450702")


@pytest.mark.parametrize("row", [("GX1001", "OTHER", "2014-05-05", ""), ("GX1001", "AB12", "2014-05-06", "")])
async def test_what_contradicts_the_records_is_a_conflict(
    database: Database, vault: Vault, row: tuple[Any, ...]
) -> None:
    await take(database, vault, ("GX1001", "AB12", "2014-05-05", ""))
    report = await take(database, vault, row, ("GX1002", "AB12", "", ""))
    assert report.counts == {Verdict.CONFLICT: 1, Verdict.NEW: 1}
    assert not report.committed
    assert await card(database, "GX1002") is None


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (("G1", "AB12", "", ""), "number", "A"),
        (("GX'1001", "AB12", "", ""), "number", "A"),
        (("GX1001", "", "", ""), "code", "B"),
        (("GX1001", "AB12", "五月五日", ""), "booked_out", "C"),
        (("GX1001", "AB12", "2014-02-30", ""), "booked_out", "C"),
        (("GX1001", "AB12", "", "4507"), "region", "D"),
        (("1.23457E+18", "AB12", "", ""), "number_rounded", "A"),
    ],
)
async def test_a_wrong_row_is_named_and_keeps_the_file_out(
    database: Database, vault: Vault, row: tuple[Any, ...], code: str, column: str
) -> None:
    report = await take(database, vault, ("GX1002", "AB12", "", ""), row)
    assert [(f.code, f.where) for f in report.findings] == [(code, f"第 3 行 {column} 列")]
    assert not report.committed
    assert await card(database, "GX1002") is None


async def test_a_number_twice_in_a_file_is_refused(database: Database, vault: Vault) -> None:
    report = await take(database, vault, ("GX1001", "AB12", "", ""), ("gx-1001", "AB13", "", ""))
    assert [finding.code for finding in report.findings] == ["twice"]


async def test_a_preview_says_the_same_and_does_nothing(database: Database, vault: Vault) -> None:
    data = a_csv(("GX1001", "AB12", "2014-05-05", ""), header=HEADER, encoding="gb18030")
    preview = await preview_cards(database, vault, data, "卡.csv")
    assert await card(database, "GX1001") is None
    done = await import_cards(database, vault, data, "卡.csv", None, T0)
    assert (done.rows, done.findings) == (preview.rows, preview.findings)


async def test_findings_show_no_activation_code(database: Database, vault: Vault) -> None:
    report = await take(database, vault, ("GX1001", "S3CRETCODE!", "", ""))
    assert "S3CRET" not in repr(report)
