"""Files of other programs' formats made on the spot, and what is read from them without a child process."""

import io
import zipfile
from collections.abc import Mapping

from examengine.banks.cells.grid import UnreadableFileError
from examengine.banks.readers.foreign import nothing, read_foreign
from examengine.banks.readers.formats import Format
from examengine.banks.readers.reading import BankReading

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
QTI1 = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
QTI2 = "http://www.imsglobal.org/xsd/imsqti_v2p1"
QTI3 = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"


def read(data: str | bytes, form: Format, encoding: str | None = None) -> BankReading:
    """What the reader of ``form`` makes of a file; a refusal is a reading, as for everybody else."""
    data = data.encode() if isinstance(data, str) else data
    try:
        return read_foreign(data, form, encoding)
    except UnreadableFileError as refused:
        return nothing(form, refused.encoding, refused.remark.code, refused.remark.message)


def zip_of(parts: Mapping[str, bytes | str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def quiz(*questions: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<quiz>\n{"".join(questions)}</quiz>\n'


def moodle(qtype: str, inside: str, text: str = "题干？", form: str = "html") -> str:
    return (
        f'<question type="{qtype}"><name><text>名称</text></name>'
        f'<questiontext format="{form}"><text><![CDATA[{text}]]></text></questiontext>{inside}</question>\n'
    )


def answer(fraction: str, text: str, inside: str = "") -> str:
    return f'<answer fraction="{fraction}" format="html"><text>{text}</text>{inside}</answer>'


def qti1(*items: str) -> str:
    section = f"<assessment><section>{''.join(items)}</section></assessment>"
    return f'<?xml version="1.0"?><questestinterop xmlns="{QTI1}">{section}</questestinterop>'


def qti1_item(kind: str, presentation: str, scoring: str, ident: str = "q1") -> str:
    field = f"<fieldlabel>question_type</fieldlabel><fieldentry>{kind}</fieldentry>"
    metadata = f"<itemmetadata><qtimetadata><qtimetadatafield>{field}</qtimetadatafield></qtimetadata></itemmetadata>"
    return (
        f'<item ident="{ident}" title="t">{metadata if kind else ""}<presentation>{presentation}</presentation>'
        f"<resprocessing>{scoring}</resprocessing></item>"
    )


def material(text: str, form: str = "text/html") -> str:
    return f'<material><mattext texttype="{form}">{text}</mattext></material>'


def lid(ident: str, cardinality: str, labels: Mapping[str, str]) -> str:
    shown = "".join(
        f'<response_label ident="{key}">{material(text)}</response_label>' for key, text in labels.items()
    )
    choice = f"<render_choice>{shown}</render_choice>"
    return f'<response_lid ident="{ident}" rcardinality="{cardinality}">{choice}</response_lid>'


def earns(condition: str, points: str = "100") -> str:
    return (
        f"<respcondition><conditionvar>{condition}</conditionvar>"
        f'<setvar action="Set" varname="SCORE">{points}</setvar></respcondition>'
    )


def equals(ident: str, value: str) -> str:
    return f'<varequal respident="{ident}">{value}</varequal>'


def qti2_item(declaration: str, body: str, ident: str = "i1") -> str:
    return (
        f'<?xml version="1.0"?><assessmentItem xmlns="{QTI2}" identifier="{ident}" title="标题">'
        f"{declaration}<itemBody>{body}</itemBody></assessmentItem>"
    )


def declared(cardinality: str, base: str, *values: str, ident: str = "R") -> str:
    shown = "".join(f"<value>{value}</value>" for value in values)
    return (
        f'<responseDeclaration identifier="{ident}" cardinality="{cardinality}" baseType="{base}">'
        f"<correctResponse>{shown}</correctResponse></responseDeclaration>"
    )


def docx_of(*paragraphs: str, parts: Mapping[str, bytes | str] | None = None) -> bytes:
    """A document of paragraphs: plain text, or raw WordprocessingML where it begins with "<"."""
    body = "".join(
        one if one.startswith("<") else f'<w:p><w:r><w:t xml:space="preserve">{one}</w:t></w:r></w:p>'
        for one in paragraphs
    )
    document = (
        f'<?xml version="1.0"?><w:document xmlns:w="{WORD}" xmlns:r="{OFFICE}/relationships"'
        f' xmlns:m="{OFFICE}/math" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
        f"<w:body>{body}</w:body></w:document>"
    )
    return zip_of({"[Content_Types].xml": "<x/>", "word/document.xml": document, **(parts or {})})
