"""The template is what the import reads."""

import io

import openpyxl

from examengine.accounts.documents import TYPE_NAMES
from examengine.accounts.people_template import CATEGORIES, HEADER, write_people_template
from examengine.accounts.people_workbook import COLUMNS, category_of
from examengine.banks.cells.listing import read_listing
from tests.accounts.sheets import a_number, a_row


def test_the_untouched_template_holds_nobody() -> None:
    listing = read_listing(write_people_template(), COLUMNS)
    assert listing.records == ()
    assert [finding.code for finding in listing.findings] == ["no_rows"]


def test_a_filled_in_template_is_read() -> None:
    book = openpyxl.load_workbook(io.BytesIO(write_people_template()))
    for place, cell in enumerate(a_row(1), start=1):
        book["人员信息"].cell(3, place, str(cell))
    out = io.BytesIO()
    book.save(out)
    listing = read_listing(out.getvalue(), COLUMNS)
    assert listing.findings == ()
    [record] = listing.records
    assert (record.row, record.values["document"]) == (3, a_number(1))


def test_every_word_of_the_code_lists_is_understood_and_every_type_is_offered() -> None:
    codes = openpyxl.load_workbook(io.BytesIO(write_people_template()))["代码表"]
    offered = [str(row[0]) for row in codes.iter_rows(min_row=2, max_col=1, values_only=True) if row[0]]
    assert {TYPE_NAMES[name] for name in offered} == set(TYPE_NAMES.values())
    assert offered[0] == "居民身份证"
    assert all(category_of(word) for word in CATEGORIES)
    names = {name for column in COLUMNS for name in column.names}
    assert set(HEADER) - names == {"序号"}
