"""Files in the formats of other programs, opened and given to the reader of their format."""

from collections.abc import Mapping

from examengine.banks.cells.grid import UnreadableFileError
from examengine.banks.cells.separated import decode
from examengine.banks.files.archive import ENCODING, unpack
from examengine.banks.files.xml import BadXmlError, parse
from examengine.banks.findings import Finding, place
from examengine.banks.item import Kind
from examengine.banks.markup import MediaShelf
from examengine.banks.readers import aiken, gift, moodle_xml, qti, trivia
from examengine.banks.readers.docx import read_docx
from examengine.banks.readers.formats import Format
from examengine.banks.readers.json_shapes import read_json
from examengine.banks.readers.lines import lines_of
from examengine.banks.readers.prose.reader import Source, read_prose
from examengine.banks.readers.reading import BankReading


def read_foreign(data: bytes, form: Format, encoding: str | None = None) -> BankReading:
    """Reads a file as ``form``. Raises ``UnreadableFileError`` where it cannot be opened as that."""
    if data[:2] == b"PK":
        return _archive(unpack(data), form)
    if form in {"moodle_xml", "qti"}:
        return _xml(data, form, encoding)
    if form == "docx":
        raise UnreadableFileError("not_a_docx", "这不是 Word 文档（.docx）；.doc 请用 Word 或 WPS 另存为 .docx")
    text, used = decode(data, encoding)
    return _text(text.lstrip("\ufeff"), used, form, MediaShelf())


def _text(text: str, encoding: str, form: Format, shelf: MediaShelf) -> BankReading:
    match form:
        case "aiken":
            return aiken.read_aiken(text, encoding)
        case "gift":
            return gift.read_gift(text, encoding, shelf)
        case "text" if trivia.START.search(text):
            return trivia.read_trivia(text, encoding)
        case "json":
            return read_json(text, encoding)
        case "text":
            return read_prose(lines_of(text), Source("text", encoding, {}))
        case _:
            raise UnreadableFileError("format_unknown", f"不能按 {form} 读取")


def _xml(data: bytes, form: Format, encoding: str | None) -> BankReading:
    try:
        document = parse(data, encoding)
    except BadXmlError as broken:
        return nothing(form, "", broken.code, broken.message, place("", broken.line or None))
    return moodle_xml.read_moodle_xml(document) if form == "moodle_xml" else qti.read_qti(document)


def _archive(parts: Mapping[str, bytes], form: Format) -> BankReading:
    if form == "docx":
        return read_docx(parts)
    if form == "qti":
        return qti.read_package(parts, ENCODING)
    endings = {"moodle_xml": (".xml",), "gift": (".gift", ".txt"), "aiken": (".txt",)}.get(form, ())
    for name in sorted(parts):
        if name.lower().endswith(endings or "/"):
            shelf = MediaShelf(parts)
            if form == "moodle_xml":
                try:
                    document = parse(parts[name])
                except BadXmlError as broken:
                    return nothing(
                        form, ENCODING, broken.code, broken.message, f"{name} {place('', broken.line or None)}"
                    )
                return moodle_xml.read_moodle_xml(document, shelf)
            text, _ = decode(parts[name])
            return _text(text.lstrip("\ufeff"), ENCODING, form, shelf)
    raise UnreadableFileError("no_questions", "压缩包里没有题库文件；请解压后上传其中的题库", ENCODING)


def nothing(form: str, encoding: str, code: str, message: str, where: str = "") -> BankReading:
    """A reading without questions, and why."""
    finding = Finding("error", code, where or place(""), message)
    return BankReading(form, encoding, (), 0, dict.fromkeys(Kind, 0), 0, (finding,), ())
