"""Which format a file is in, by what it holds; its name only breaks ties."""

import io
import re
import zipfile
from contextlib import suppress
from typing import Final, Literal, get_args

from examengine.banks.cells.grid import UnreadableFileError
from examengine.banks.cells.separated import decode
from examengine.banks.cells.sniff import nature_of
from examengine.banks.dialects.headers import recognise
from examengine.banks.dialects.kinds import simplified
from examengine.banks.readers.aiken import ANSWER, OPTION
from examengine.banks.readers.lines import Line
from examengine.banks.readers.prose.marks import without_markdown
from examengine.banks.readers.prose.rewritten import rewritten

Format = Literal["sheet", "docx", "text", "json", "moodle_xml", "gift", "aiken", "qti"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
SAMPLE_BYTES: Final = 300_000
LINE_CHARACTERS: Final = 400

_XML_START = re.compile(r"\s*(?:<\?xml|<!--|<!DOCTYPE\s+(?!html)|<[A-Za-z_][\w.:-]*[\s>/])", re.IGNORECASE)
_ROOT = re.compile(r"<([A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)([^>]*)>")
_BEFORE_ROOT = re.compile(r"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL)
_WEB_PAGE: Final = frozenset({"html", "table", "meta", "head", "body", "workbook"})
_JSON_START = re.compile(
    r"\s*(?:(?:(?:var|let|const)\s+[\w$]{1,60}\s*=|export\s+default|module\.exports\s*=)\s*)?"
    r"(?:\{\s*(?:\"|\})|\[\s*(?:[\[{\"\]]|-?\d))"
)
_GIFT_BLOCK = re.compile(
    r"(?<!\\)\{\s{0,80}(?:\}|#|[~=]|T(?:RUE)?\s*[#}]|F(?:ALSE)?\s*[#}]|[^{}]{0,400}?(?<!\\)[~=])", re.IGNORECASE
)
_GIFT_LINE = re.compile(r"^[ \t]*(?:::[^:\n]{1,300}::|\$CATEGORY\s*:)", re.MULTILINE)
_TRIVIA = re.compile(r"^#Q\s", re.MULTILINE)
_SHEET_ENDINGS: Final = (".csv", ".tsv", ".tab")
_WORD_ENDINGS: Final = (".docx", ".doc", ".docm", ".dotx", ".wps")
_NO_WORD: Final = (
    "文件名说这是 Word 文档，里面却不是：可能已损坏，或由别的程序加密；请用 Word 或 WPS 打开后另存为 .docx 再上传"
)


def format_of(data: bytes, name: str, encoding: str | None = None) -> Format:
    """The format of a file. Raises ``UnreadableFileError`` for what no reader takes."""
    try:
        nature = nature_of(data)
    except UnreadableFileError as refused:
        found = _archive(data) if data[:2] == b"PK" else None
        if found is None and refused.remark.code == "not_a_workbook" and data[:2] != b"PK":
            # what cannot be read as text is what it was recognised as, an old Word document for one
            with suppress(UnreadableFileError):
                found = _xml(_sample(data, encoding))
        if found is None:
            raise
        return found
    if nature != "separated":
        return "sheet"
    try:
        sample = _sample(data, encoding)
    except UnreadableFileError as refused:
        if name.lower().endswith(_WORD_ENDINGS):
            raise UnreadableFileError("not_a_workbook", _NO_WORD, refused.encoding) from None
        raise
    return _text(sample, name)


def _sample(data: bytes, encoding: str | None) -> str:
    """The beginning of a text, cut at a line end where there is one."""
    return decode(data[:SAMPLE_BYTES], encoding)[0].lstrip("\ufeff")


def _archive(data: bytes) -> Format | None:
    """The format of a zip archive, by the names and, where these do not tell, the beginnings of its parts."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [info.filename.replace("\\", "/") for info in archive.infolist() if not info.is_dir()]
            low = [name.lower() for name in names]
            if "word/document.xml" in low:
                return "docx"
            if any(name.startswith(("word/", "ppt/", "xl/")) for name in low):
                return None
            if any(name.rsplit("/", 1)[-1] == "imsmanifest.xml" for name in low):
                return "qti"
            for name in names[:2_000]:
                if name.lower().endswith((".xml", ".qti", ".dat")):
                    with archive.open(name) as part:
                        found = _xml(_sample(part.read(SAMPLE_BYTES), None))
                    if found is not None:
                        return found
            for name in names[:2_000]:
                if name.lower().endswith((".gift", ".txt")):
                    with archive.open(name) as part:
                        found = _text(_sample(part.read(SAMPLE_BYTES), None), name)
                    if found in {"gift", "aiken"}:
                        return found
    except Exception:
        # Whatever is wrong with the archive is said by who sniffed it first.
        return None
    return None


def _xml(text: str) -> Format | None:
    if not _XML_START.match(text):
        return None
    match = _ROOT.search(_BEFORE_ROOT.sub("", text[:8_000]))
    if match is None:
        return None
    root, attributes = match[2].lower(), match[3].lower()
    if root in _WEB_PAGE:
        return None
    if root in {"quiz", "question"}:
        return "moodle_xml"
    plain = root.removeprefix("qti-").replace("-", "")
    if plain in {"questestinterop", "assessmentitem", "assessmenttest", "item"} or "qti" in attributes:
        return "qti"
    if "<questestinterop" in text or "assessmentitem" in text.lower():
        return "qti"
    return "moodle_xml" if re.search(r"<question\b[^>]{0,200}\btype\s*=", text, re.IGNORECASE) else None


def _text(text: str, name: str) -> Format:
    xml = _xml(text)
    if xml is not None:
        return xml
    if _JSON_START.match(text) and not _GIFT_LINE.search(text[:2_000]):
        return "json"
    # Patterns look into lines only so far: a line of a megabyte of blanks must not keep them busy.
    lines = [line.strip()[:LINE_CHARACTERS] for line in text.splitlines()]
    if any(ANSWER.match(line) for line in lines) and any(OPTION.match(line) for line in lines) and _is_aiken(lines):
        return "aiken"
    low = name.lower()
    header = _has_header(text.splitlines())
    gift = len(_GIFT_BLOCK.findall(text))
    if (gift and not header) or _GIFT_LINE.search(text) or (low.endswith(".gift") and not header):
        return "gift"
    options = sum(1 for line in lines if _OPTION_LINE.match(line))
    if header or (low.endswith(_SHEET_ENDINGS) and (options < 2 or not reads_as_prose(lines))):
        return "sheet"
    if _TRIVIA.search(text) or reads_as_prose(lines):
        return "text"
    return "sheet"


def _is_aiken(lines: list[str]) -> bool:
    """Chinese prose writes 答案, and tables have headers: Aiken's word alone is Aiken, unless braces stand around."""
    answers = sum(1 for line in lines if ANSWER.match(line))
    numbered = sum(1 for line in lines if re.match(r"\s*\d{1,4}\s*[.、．)]\s*\S", line))
    upper = sum(1 for line in lines if line.startswith("ANSWER"))
    return upper > 0 and (upper == answers or numbered < answers)


def _has_header(lines: list[str]) -> bool:
    for line in [line for line in lines if line.strip()][:40]:
        for separator in (",", "\t", ";", "|", "，"):
            cells = [cell.strip().strip('"') for cell in line[:20_000].split(separator)]
            if len(cells) > 1 and recognise(cells) is not None:
                return True
    return False


_NUMBERED = re.compile(
    r"^\s*(?:[（(]\s?(?:[A-H]{1,8}|[√×○╳〇对错])\s?[)）]\s*)?"
    r"(?:(?:问题|问)\s?[:：]|题目\s?[:：].{0,2000}\s答案\s?[:：]|【?第\s*\d{1,4}\s*题|[(（]?\d{1,4}\s*[)）.、．:：]|[【\[]?\d{1,4}[】\]])\s*\S"
)
_OPTION_LINE = re.compile(
    r"^\s*[*＊√]?\s*(?:[(（\[【]?[AＡ]\s*[)）\]】]?\s*[.．、:：)）]?\s*\S|[(（]?a\s{0,3}[.)、．]\s*\S)"
)
_ANSWERED = re.compile(
    r"^答\s?[:：]|^\s*[【\[(（]?\s*(?:正确|参考|标准)?答案\s*[】\])）]?\s*[:：]?|^题目\s?[:：].{1,2000}\s答案\s?[:：]"
    r"|[(（]\s*(?:[A-H](?:[\s、,，]{0,4}[A-H]){0,9}|[√×✓✗对错]|正确|错误)\s*[)）]"
    r"|^\s*(?:correct\s{1,3})?(?:answer|ans|key)\s{0,3}[:：]|^\s*[*＊√]\s*[A-Ha-h]\s{0,3}[.．、)）]"
    r"|[【\[（(]?答案\s?[】\])）:：]\s?[:：]?\s?(?:[A-H](?:[、,， ]?[A-H]){0,7}|[√×✓✗对错]|正确|错误)\s?$"
    r"|[√✓✔]\s*$|[(（]正确答案[)）]",
    re.IGNORECASE,
)
_SECTION = re.compile(
    r"(?:单选|多选|复选|单项选择|多项选择|不定项|判断|是非|填空|填充|简答|问答|选择|名词解释|论述|案例分析)题?"
)


def reads_as_prose(lines: list[str]) -> bool:
    """True where text looks like a paper typed in Word: numbered stems, lettered options, answers."""
    lines = [without_markdown(line.text.strip()) for line in rewritten([Line(0, line) for line in lines])]
    numbered = sum(1 for line in lines if _NUMBERED.match(line))
    options = sum(1 for line in lines if _OPTION_LINE.match(line))
    answered = sum(1 for line in lines if _ANSWERED.search(line))
    sections = sum(1 for line in lines if len(line) <= 60 and _SECTION.search(simplified(line)))
    if numbered > 1 and options > 1:
        return True
    return bool((numbered or options) and (answered or sections))
