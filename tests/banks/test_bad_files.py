"""Files that are broken, hostile or something else: a finding says what and what to do, and nothing is raised."""

import io
import random
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from examengine.banks import readers
from examengine.banks.cells import workbook
from examengine.banks.cells.grid import FILE_BYTES_LIMIT, ROWS_LIMIT
from examengine.banks.readers import READER_FAILED, BankReading, read_bank
from tests.banks.builders import HEADER, codes, csv_of, repacked, workbook_of

ROW = ("单选", "首都是哪座城市？", "上海", "北京", "广州", "深圳", "B")
GOOD = workbook_of(("总表", [HEADER, ROW]))
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def a_zip(**parts: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def with_sheet(content: bytes) -> bytes:
    return repacked(GOOD, lambda name, old: content if name.endswith("sheet1.xml") else old)


def with_cells(cells: str) -> bytes:
    return with_sheet(f'<worksheet xmlns="{MAIN}"><sheetData>{cells}</sheetData></worksheet>'.encode())


def refusal(data: bytes, name: str = "题库.xlsx") -> str:
    reading = read_bank(data, name)
    assert (reading.total, reading.importable, reading.items) == (0, 0, ())
    (finding,) = reading.findings
    assert finding.severity == "error"
    assert "请" in finding.message or "不予" in finding.message
    return finding.code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b" \r\n\x00", "file_empty"),
        (b"\xef\xbb\xbf", "file_empty"),
        (GOOD[:2000], "file_truncated"),
        (GOOD[:-30], "file_truncated"),
        (b"PK\x03\x04 nothing", "file_truncated"),
        (OLE + b"\0" * 4000, "file_unreadable"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 600, "password_protected"),
        (OLE + b"\0" * 600 + "WordDocument".encode("utf-16-le"), "not_a_workbook"),
        (b"%PDF-1.7 ...", "not_a_workbook"),
        (b"\x89PNG\r\n\x1a\n", "not_a_workbook"),
        (b"Rar!\x1a\x07", "not_a_workbook"),
        (b"<html><p>x</p></html>", "not_a_workbook"),
        (b'<?xml version="1.0"?><Workbook/>', "not_a_workbook"),
        (a_zip(**{"word/document.xml": b"<x/>"}), "no_questions"),
        (a_zip(**{"word/document.xml": b"<x>"}), "file_unreadable"),
        (a_zip(**{"xl/workbook.bin": b"x"}), "not_a_workbook"),
        (a_zip(**{"readme.txt": b"x"}), "not_a_workbook"),
        (a_zip(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "not_a_workbook"),
        (bytes(range(256)) * 40, "not_a_workbook"),
    ],
)
def test_what_is_no_bank_is_named_for_what_it_is(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_a_file_up_to_the_limit_is_read_and_one_byte_more_is_not() -> None:
    text = csv_of(HEADER, ROW)
    padding = (b" " * 99_999 + b"\n") * 270
    assert read_bank((text + padding)[:FILE_BYTES_LIMIT], "x.csv").importable == 1
    assert refusal((text + padding)[: FILE_BYTES_LIMIT + 1]) == "file_too_large"


def test_a_zip_bomb_is_refused_before_it_unfolds_even_where_it_lies_about_its_size() -> None:
    bomb = with_cells(" " * (210 * 1024 * 1024))
    assert len(bomb) < 1024 * 1024
    assert refusal(bomb) == "zip_bomb"
    lying = bytearray(bomb)
    for match in re.finditer(b"PK\x01\x02", bomb):
        at = match.start()
        lying[at + 24 : at + 28] = (100).to_bytes(4, "little")
    assert refusal(bytes(lying)) in {"zip_bomb", "file_truncated"}


def test_entities_are_refused() -> None:
    laughs = b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 12))
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY l0 "ha">' + laughs + b"]><x>&l11;</x>"
    assert refusal(with_sheet(evil)) == "xml_entities"
    shared = repacked(GOOD, lambda _, old: old, **{"xl/sharedStrings.xml": evil})
    assert refusal(shared) == "xml_entities"
    wide = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'.encode("utf-16")
    assert refusal(with_sheet(wide)) == "xml_entities"


def test_a_cell_in_the_last_corner_is_refused_with_its_name() -> None:
    data = with_cells('<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    reading = read_bank(data, "x.xlsx")
    assert codes(reading) == ["sheet_reaches_too_far"]
    assert "XFD1048576" in reading.findings[0].message


def test_a_long_text_that_all_cells_share_is_ended_by_the_limits() -> None:
    shared = f'<sst xmlns="{MAIN}"><si><t>{"长" * 32_000}</t></si></sst>'.encode()
    cells = "<row>" + '<c t="s"><v>0</v></c>' * 100 + "</row>"
    sheet = f'<worksheet xmlns="{MAIN}"><sheetData>{cells * 2_000}</sheetData></worksheet>'.encode()
    link = (
        b'<Relationship Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"'
        b' Target="sharedStrings.xml" Id="rId99"/></Relationships>'
    )

    def change(name: str, old: bytes) -> bytes:
        if name.endswith("workbook.xml.rels"):
            return old.replace(b"</Relationships>", link)
        return sheet if name.endswith("sheet1.xml") else old

    assert refusal(repacked(GOOD, change, **{"xl/sharedStrings.xml": shared})) == "workbook_too_large"


def test_a_reader_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "WAIT_SECONDS", 0.001)
    assert refusal(GOOD) == "too_slow"


def test_rows_up_to_the_limit_are_read_and_one_more_is_not() -> None:
    header, row = csv_of(("题干", "答案")), csv_of(("一周有七天。", "对"))
    reading = read_bank(header + row * (ROWS_LIMIT - 1), "x.csv")
    assert (reading.total, reading.importable) == (ROWS_LIMIT - 1, 1)
    assert refusal(header + row * ROWS_LIMIT, "x.csv") == "too_many_rows"
    cells = "<row><c><v>1</v></c></row>" * (ROWS_LIMIT + 1)
    assert refusal(with_cells(cells)) == "too_many_rows"


def test_an_encrypted_member_asks_for_the_password() -> None:
    data = bytearray(GOOD)
    for match in re.finditer(b"PK\x01\x02", GOOD):
        data[match.start() + 8] |= 1
    assert refusal(bytes(data)) == "password_protected"


def test_a_workbook_without_sheets_or_with_broken_xml_is_unreadable() -> None:
    assert refusal(with_sheet(b"<worksheet><sheetData><row>")) == "file_truncated"
    assert refusal(a_zip(**{"xl/workbook.xml": b"<workbook/>"})) in {"file_unreadable", "no_questions"}


def test_names_that_point_outside_are_only_names() -> None:
    data = repacked(GOOD, lambda _, old: old, **{"../../etc/evil.xml": b"<x/>", "/abs.xml": b"<x/>"})
    assert read_bank(data, "../../x.xlsx").importable == 1


def test_deeply_nested_json_in_a_cell_is_a_finding() -> None:
    reading = read_bank(csv_of(("题目", "选项", "答案"), ("题？", "[" * 9_000 + '"' + "]" * 9_000, "A")), "x.csv")
    assert "options_unreadable" in codes(reading, "error")


UNITS = ("A.", "（", "1、", "|", "[", " ", "',", "<img ", "![a", "对，", "(1", "A和", "1.2E+", "\\")


@pytest.mark.parametrize("unit", UNITS)
def test_long_runs_of_one_pattern_take_no_time(unit: str) -> None:
    text = unit * (30_000 // len(unit)) + "x"
    began = time.process_time()
    reading = read_bank(csv_of(HEADER, ROW, *[[text] * len(HEADER)] * 3), "x.csv")
    assert reading.importable <= 2
    assert READER_FAILED not in codes(reading)
    assert time.process_time() - began < 3


@pytest.mark.parametrize("seed", range(8))
def test_bytes_changed_at_random_never_raise(seed: int) -> None:
    chance = random.Random(seed)
    for original in (csv_of(HEADER, ROW, encoding="gb18030"), GOOD):
        data = bytearray(original)
        for _ in range(12):
            data[chance.randrange(len(data))] = chance.randrange(256)
        assert READER_FAILED not in codes(read_bank(bytes(data), "x.xlsx"))


def test_a_mistake_of_our_own_is_a_finding_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> BankReading:
        raise KeyError("corner")

    monkeypatch.setattr(readers, "read_sheets", fail)
    assert refusal(csv_of(HEADER, ROW)) == READER_FAILED


def test_reading_needs_neither_the_working_folder_nor_the_path(tmp_path: Path) -> None:
    (tmp_path / "bank.xlsx").write_bytes(GOOD)
    program = (
        "from pathlib import Path; from examengine.banks.readers import read_bank;"
        "print(read_bank(Path('bank.xlsx').read_bytes(), 'x').importable)"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, check=True)
    assert ran.stdout.strip() == b"1"


@pytest.mark.parametrize(
    ("data", "name", "told"),
    [
        (OLE + b"\0" * 600 + "WordDocument".encode("utf-16-le") + b"\0" * 100, "题.doc", "旧式 Word 文档（.doc）"),
        (b"\xdb\xa5-\0\0\0" + bytes(range(256)) * 20, "题.doc", "早期的 Word 文档"),
        (b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:d/>', "题.xml", "Word 的 XML 文档"),
        (a_zip(**{"word/other.xml": b"<x/>"}), "题.docx", "Word 文档，但里面没有正文"),
        (b"\xfe\0\xff\x01" * 400, "题.docx", "文件名说这是 Word 文档，里面却不是"),
        (b"MIME-Version: 1.0\r\n\r\n<html>", "题.doc", "单个文件网页"),
        (a_zip(mimetype=b"application/vnd.oasis.opendocument.text"), "题.odt", "OpenDocument 文档"),
    ],
)
def test_a_word_file_that_cannot_be_read_is_called_by_its_name(data: bytes, name: str, told: str) -> None:
    assert refusal(data, name) == "not_a_workbook"
    (finding,) = read_bank(data, name).findings
    assert told in finding.message
    assert "另存为 .docx" in finding.message
