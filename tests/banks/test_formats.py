import contextlib
import subprocess
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examengine.banks import readers
from examengine.banks.cells.grid import UnreadableFileError
from examengine.banks.files import archive
from examengine.banks.item import Kind
from examengine.banks.readers import READER_FAILED, read_bank
from examengine.banks.readers.foreign_child import answer_for, packed, unpacked
from examengine.banks.readers.formats import FORMATS, Format, format_of
from tests.banks.builders import HEADER, codes, csv_of, the_item, workbook_of
from tests.banks.foreign_builders import PNG, answer, docx_of, moodle, qti1, qti2_item, quiz, read, zip_of

AIKEN = "首都是？\nA. 上海\nB. 北京\nANSWER: B\n"
GIFT = "首都是？{=北京 ~上海}\n"
MOODLE = quiz(moodle("multichoice", answer("100", "甲") + answer("0", "乙")))
PROSE = "一、单选题\n1. 首都是？\nA. 上海\nB. 北京\n答案：B\n"
JSON = '[{"question": "首都是？", "options": ["上海", "北京"], "answer": "B"}]'
ROW = ("单选", "首都是？", "上海", "北京", "", "", "B")


@pytest.mark.parametrize(
    ("data", "form"),
    [
        (AIKEN.encode(), "aiken"),
        (GIFT.encode(), "gift"),
        ("::名::题？{}".encode(), "gift"),
        ("一段说明\n\n一周有七天。{T}".encode(), "gift"),
        ("$CATEGORY: 甲\n\n说明".encode(), "gift"),
        (MOODLE.encode(), "moodle_xml"),
        (MOODLE.encode("utf-16"), "moodle_xml"),
        (moodle("essay", "").encode(), "moodle_xml"),
        (qti1().encode(), "qti"),
        (qti2_item("", "").encode(), "qti"),
        (b'<img xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1"/>', "qti"),
        (b"<!-- x --><!DOCTYPE questestinterop SYSTEM 'a.dtd'>\n<questestinterop/>", "qti"),
        (PROSE.encode(), "text"),
        (PROSE.encode("gb18030"), "text"),
        (PROSE.encode("utf-16"), "text"),
        ("#Q 甲？\n^ 一\nA 一\nB 二\n".encode(), "text"),
        (JSON.encode(), "json"),
        (b'\xef\xbb\xbf{"questions": []}', "json"),
        (csv_of(HEADER, ROW), "sheet"),
        (csv_of(HEADER, ("单选", "集合 {=甲 ~乙}", "上海", "北京", "", "", "B")), "sheet"),
        (workbook_of(("总表", [HEADER, ROW])), "sheet"),
        (docx_of("题"), "docx"),
        (zip_of({"imsmanifest.xml": "<manifest/>"}), "qti"),
        (zip_of({"a/q.xml": qti2_item("", "")}), "qti"),
        (zip_of({"quiz.xml": MOODLE, "x.png": PNG}), "moodle_xml"),
        (zip_of({"quiz.txt": GIFT, "x.png": PNG}), "gift"),
    ],
)
@pytest.mark.parametrize("name", ["题库.xlsx", "题库.txt", "题库"])
def test_the_format_is_told_by_the_content_and_not_by_the_name(data: bytes, form: Format, name: str) -> None:
    assert format_of(data, name) == form


def test_every_format_is_read_by_the_one_entry() -> None:
    for data, form in ((GIFT.encode(), "gift"), (docx_of(*PROSE.splitlines()), "docx")):
        reading = read_bank(data, "题库.xls")
        assert (reading.format, reading.total, reading.importable) == (form, 1, 1)


def test_a_named_format_overrides_what_the_content_looks_like() -> None:
    reading = read_bank("首都是？\n\n{T}".encode(), "x.txt", form="text")
    assert (reading.format, reading.total) == ("text", 0)
    assert read(csv_of(HEADER, ROW), "gift").format == "gift"
    assert codes(read(MOODLE, "docx")) == ["not_a_docx"]


def test_an_encoding_may_be_named() -> None:
    assert read(GIFT.encode("big5", "replace"), "gift", "big5").encoding == "big5"
    assert codes(read(GIFT, "gift", "没有")) == ["encoding_unknown"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'<!DOCTYPE q [<!ENTITY a "b">]><quiz>&a;</quiz>', "xml_entities"),
        (b'<!DOCTYPE q [<!ENTITY a SYSTEM "file:///etc/passwd">]><quiz>&a;</quiz>', "xml_entities"),
        (b"<quiz>" + b"<a>" * 100_000, "xml_malformed"),
        (b"<quiz", "xml_malformed"),
        (b"<quiz>\x00\x01</quiz>", "no_questions"),
        (b"<question type='essay'>", "xml_malformed"),
    ],
)
def test_hostile_xml_is_refused_with_a_word(data: bytes, code: str) -> None:
    reading = read(data, "moodle_xml")
    assert (reading.importable, codes(reading, "error")[0]) == (0, code)


def test_entities_within_an_archive_are_refused_too() -> None:
    evil = '<!DOCTYPE q [<!ENTITY a "b">]><assessmentItem>&a;</assessmentItem>'
    assert "xml_entities" in codes(read(zip_of({"imsmanifest.xml": "<m/>", "a.xml": evil}), "qti"), "error")
    document = '<!DOCTYPE q [<!ENTITY a "b">]><w:document xmlns:w="x">&a;</w:document>'
    assert codes(read(zip_of({"word/document.xml": document}), "docx")) == ["xml_entities"]


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = zip_of({"imsmanifest.xml": "<m/>", "a.xml": b"0" * 2_000_000})
    assert codes(read(bomb, "qti")) == ["no_questions"]
    monkeypatch.setattr(archive, "UNPACKED_BYTES_LIMIT", 1_000_000)
    assert codes(read(bomb, "qti")) == ["zip_bomb"]
    monkeypatch.setattr(archive, "PARTS_LIMIT", 1)
    assert codes(read(bomb, "qti")) == ["zip_bomb"]


def test_scripts_and_paths_out_of_a_package_do_nothing() -> None:
    evil = "<img src='../../../../etc/passwd'><img src='file:///etc/passwd' onerror='x()'><script>x()</script>题？"
    data = zip_of({"imsmanifest.xml": "<m/>", "../../a.xml": quiz(), "quiz.xml": quiz(moodle("essay", "", evil))})
    reading = read(data, "moodle_xml")
    assert reading.media == ()
    item = the_item(read(quiz(moodle("essay", "", evil)), "moodle_xml"))
    assert "script" not in item.markup + item.stem
    assert "passwd" not in item.markup


@pytest.mark.parametrize(
    ("form", "data"),
    [
        ("gift", b"{" * 400_000),
        ("gift", b"a{" + b"~" * 20_000 + b"}"),
        ("gift", b"\n".join([b"a{=b"] * 6_000)),
        ("text", ("1. 甲（" + "A " * 40_000).encode()),
        ("text", ("1.甲\n" * 8_000).encode()),
        ("text", (" " * 400_000 + "√\n").encode()),
        ("aiken", b"A. x\n" * 15_000 + b"ANSWER: A"),
        ("json", b'{"a":' * 300 + b"1" + b"}" * 300),
        ("moodle_xml", quiz(moodle("cloze", "", "{1:SA:=" * 5_000)).encode()),
        ("qti", qti2_item("", "<p/>" * 15_000).encode()),
    ],
)
def test_what_repeats_itself_is_read_in_its_time(form: Format, data: bytes) -> None:
    begun = time.process_time()
    format_of(data, "x")
    assert answer_for(data, form, None).failed == ""
    assert time.process_time() - begun < 4


SEEDS: list[tuple[Format, bytes]] = [
    ("aiken", AIKEN.encode()),
    ("gift", GIFT.encode() + "\n数？{#3:1}\n\n配？{=甲->1 =乙->2}\n".encode()),
    (
        "moodle_xml",
        quiz(moodle("cloze", "", "空{1:MC:=甲~乙}{2:NM:=3:1}"), moodle("matching", "<subquestion/>")).encode(),
    ),
    ("qti", qti1('<item ident="a"><presentation><response_lid ident="r"/></presentation></item>').encode()),
    ("qti", qti2_item("", '<choiceInteraction responseIdentifier="R"><simpleChoice/></choiceInteraction>').encode()),
    ("text", (PROSE + "二、判断题\n1. 甲。（√）\n参考答案\n1-2 AB\n").encode()),
    ("json", JSON.encode()),
    ("docx", docx_of(*PROSE.splitlines())),
]
BITS = st.sampled_from(
    [b"{", b"}", b"~", b"=", b"<", b">", b"&", b"\x00", b"\xff", b"\n\n", b"->", b"#", b"\\", b'"', b"]", b"1."]
)


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_no_file_however_damaged_ends_in_a_trace(seed: tuple[Format, bytes], data: st.DataObject) -> None:
    form, content = seed
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(content)))
        upto = min(len(content), at + data.draw(st.integers(0, 30)))
        content = content[:at] + data.draw(BITS | st.binary(max_size=4)) + content[upto:]
    form = data.draw(st.sampled_from([form, form, form, *(one for one in FORMATS if one != "sheet")]))
    reading = answer_for(content, form, None).reading
    assert reading is not None
    assert reading.total == sum(reading.by_type.values())
    assert len(reading.items) == reading.importable <= reading.total
    assert reading.importable or any(finding.severity == "error" for finding in reading.findings)


@given(st.binary(max_size=200))
def test_any_bytes_are_of_some_format_or_refused(data: bytes) -> None:
    with contextlib.suppress(UnreadableFileError):
        assert format_of(data, "x.gift") in FORMATS


def test_a_child_that_takes_too_long_or_dies_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(command: list[str], **rest: object) -> subprocess.CompletedProcess[bytes]:
        raise subprocess.TimeoutExpired(command, 1)

    monkeypatch.setattr(readers.subprocess, "run", late)
    assert codes(read_bank(GIFT.encode(), "x")) == ["too_slow"]
    for returned, code in ((-9, "too_slow"), (-6, "file_too_large"), (1, "file_too_large")):
        monkeypatch.setattr(
            readers.subprocess, "run", lambda *_, code=returned, **__: subprocess.CompletedProcess([], code, b"")
        )
        assert codes(read_bank(GIFT.encode(), "x")) == [code]


def test_a_mistake_of_ours_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    from examengine.banks.readers import foreign_child

    def broken(*_: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(foreign_child, "read_foreign", broken)
    assert foreign_child.answer_for(GIFT.encode(), "gift", None).failed == "KeyError"
    monkeypatch.setattr(readers, "format_of", broken)
    assert codes(read_bank(GIFT.encode(), "x")) == [READER_FAILED]


def test_the_empty_and_the_too_large_are_refused_before_anything_is_started() -> None:
    assert codes(read_bank(b"", "x.gift", form="gift")) == ["file_empty"]
    assert codes(read_bank(b"x" * (25 * 1024 * 1024 + 1), "x.gift", form="gift")) == ["file_too_large"]


def test_a_reading_survives_the_way_back_from_the_child() -> None:
    reading = read_bank(f"{GIFT}\n谈谈。{{}}\n".encode(), "x")
    assert (reading.by_type[Kind.ESSAY], reading.items[-1].item.kind) == (1, Kind.ESSAY)
    assert reading == answer_for(f"{GIFT}\n谈谈。{{}}\n".encode(), "gift", None).reading


def test_what_comes_from_the_child_holds_every_item_once() -> None:
    data = "\n".join(
        f"{n}. 第 {n} 个问题是什么？\nA. 甲{n}\nB. 乙{n}\n答案：{'X' if n == 2 else 'A'}" for n in range(1, 5)
    )
    direct = answer_for(data.encode(), "text", None).reading
    assert direct is not None
    through = read_bank(data.encode(), "题.txt", form="text")
    assert through == direct
    assert 0 < len(through.items) < len(through.questions)
    held = {id(question.item) for question in through.questions}
    assert all(id(read.item) in held for read in through.items)
    assert unpacked(packed(direct)) == direct
