"""Moodle XML: a ``quiz`` of ``question`` elements, each with a qtype."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Final

from lxml import etree

from examengine.banks.dialects.meta import meta_of
from examengine.banks.dialects.numbers import span
from examengine.banks.files.xml import Document, attribute, child, children, line_of, name_of, text_of
from examengine.banks.findings import Findings, place
from examengine.banks.item import Kind
from examengine.banks.markup import MediaShelf, Rich, plain_rich, rich_of
from examengine.banks.markup.html import looks_like_html
from examengine.banks.readers.asked import (
    FULL,
    Asked,
    Choice,
    essay,
    question_asked,
    remark_on_weights,
)
from examengine.banks.readers.gathering import add, gathered
from examengine.banks.readers.lines import at_line
from examengine.banks.readers.moodle_cloze import gaps_of
from examengine.banks.readers.pictures import Pictures
from examengine.banks.readers.questions import Question
from examengine.banks.readers.reading import BankReading
from examengine.banks.readers.starred import stars_read
from examengine.banks.responses import AcceptedText, NumberExpected, Pair, PairsExpected, TextExpected
from examengine.banks.wording import tidy_line

FORMAT: Final = "moodle_xml"
FILE_BASE64_LIMIT: Final = 14 * 1024 * 1024

_APART: Final = frozenset({"category", "description"})


def read_moodle_xml(document: Document, shelf: MediaShelf | None = None) -> BankReading:
    """The questions of a Moodle XML file; of a broken one those that stand whole before the break."""
    findings, shelf = Findings(), shelf or MediaShelf()
    root = document.root
    elements = [root] if name_of(root) == "question" else [*children(root, "question")]
    if document.broken_line is not None:
        elements = whole_ones(elements, document.broken_line)
        message = f"XML 从第 {document.broken_line} 行起有语法错误，其后的题目没有读入；请从原系统重新导出"
        findings.add("error", "xml_malformed", place("", document.broken_line), message)
    questions: list[Question] = []
    topic = ""
    for element in elements:
        kind = attribute(element, "type").strip().lower()
        if kind == "category":
            topic = _topic(text_of(child(element, "category")))
        elif kind not in _APART:
            add(questions, question_asked(_asked(element, kind, len(questions) + 1, topic, shelf), findings))
    return gathered(FORMAT, document.encoding, questions, findings, media=tuple(shelf.taken.values()))


def whole_ones(elements: list[etree._Element], broken_line: int) -> list[etree._Element]:
    """The elements that end before the line where a file breaks: those with another that begins by then."""
    begun = [element for element in elements if line_of(element) <= broken_line]
    return begun[:-1]


def _topic(path: str) -> str:
    parts = [part.strip() for part in path.strip().replace("//", "\x00").split("/")]
    if parts and parts[0].startswith("$") and parts[0].endswith("$"):
        parts = parts[1:]
    kept = [part.replace("\x00", "/") for part in (parts[1:] if parts[:1] == ["top"] else parts) if part]
    return tidy_line("/".join(kept))


class _Texts:
    """Reads the texts of one question, with the files that stand beside them."""

    def __init__(self, element: etree._Element, shelf: MediaShelf) -> None:
        files: dict[str, bytes] = {}
        for found in element.iter("{*}file"):
            content = (found.text or "").strip()
            if len(content) <= FILE_BASE64_LIMIT:
                try:
                    data = base64.b64decode(content)
                except (binascii.Error, ValueError):
                    continue
                files[attribute(found, "path").strip("/") + "/" + attribute(found, "name")] = data
                files[attribute(found, "name")] = data
        self.pictures = Pictures(shelf, files)

    def rich(self, element: etree._Element | None) -> Rich:
        if element is None:
            return Rich("")
        inside = child(element, "text")
        text = text_of(inside) if inside is not None else (element.text or "")
        form = attribute(element, "format").strip().lower()
        if form in {"plain_text", "plain"} or (form != "html" and not looks_like_html(text)):
            return plain_rich(text)
        return rich_of(text, self.pictures.find)

    def plain(self, element: etree._Element | None) -> str:
        return self.rich(element).text


def _asked(element: etree._Element, qtype: str, number: int, topic: str, shelf: MediaShelf) -> Asked:
    texts = _Texts(element, shelf)
    asked = Asked(at_line(line_of(element), number), Kind.OTHER, texts.rich(child(element, "questiontext")))
    asked.number, asked.topic, asked.label = line_of(element), topic, f"Moodle 题型 {qtype or '（未注明）'}"[:60]
    if not asked.stem:
        asked.stem = texts.rich(child(element, "name"))
    asked.external_no = text_of(child(element, "idnumber"))
    asked.explanation = texts.plain(child(element, "generalfeedback"))
    asked.meta = meta_of(text_of(tag) for tag in element.iterfind("{*}tags/{*}tag"))
    asked.points_hundredths = _points(text_of(child(element, "defaultgrade")))
    reader = _READERS.get(qtype)
    if reader is not None:
        asked.label = ""
        reader(asked, element, texts)
    texts.pictures.remark(asked)
    return asked


def _points(text: str) -> int | None:
    try:
        points = round(float(text) * 100)
    except (ValueError, OverflowError):
        return None
    return points if 0 < points <= 1_000_000 else None


def _percent(answer: etree._Element) -> float:
    try:
        percent = float(attribute(answer, "fraction") or 0)
    except ValueError:
        return 0.0
    return percent if abs(percent) <= FULL else 0.0


def _is_true(element: etree._Element | None, default: bool) -> bool:
    text = text_of(element).strip().lower()
    return text in {"true", "1", "yes"} if text else default


def _choice(asked: Asked, element: etree._Element, texts: _Texts) -> None:
    asked.choices = [Choice(texts.rich(answer), _percent(answer)) for answer in children(element, "answer")]
    several = sum(choice.percent > 0 for choice in asked.choices) > 1
    full = any(choice.percent >= FULL for choice in asked.choices)
    single = _is_true(child(element, "single"), default=not (several and not full))
    asked.kind = Kind.SINGLE_CHOICE if single else Kind.MULTIPLE_CHOICE
    if not _is_true(child(element, "shuffleanswers"), default=True):
        asked.choices = [Choice(choice.text, choice.percent, fixed=True) for choice in asked.choices]
    remark_on_weights(asked)


def _truth(asked: Asked, element: etree._Element, texts: _Texts) -> None:
    asked.kind = Kind.TRUE_FALSE
    for answer in children(element, "answer"):
        said = texts.plain(answer).strip().lower()
        if _percent(answer) >= FULL and said in {"true", "false"}:
            asked.truth = said == "true"


def _short(asked: Asked, element: etree._Element, texts: _Texts) -> None:
    asked.kind = Kind.SHORT_ANSWER
    said = [
        (text, round(_percent(answer)))
        for answer in children(element, "answer")
        if (text := texts.plain(answer)) and round(_percent(answer)) > 0
    ]
    case = _is_true(child(element, "usecase"), default=False)
    read, wildcards = stars_read([text for text, _ in said])
    accepted = (AcceptedText(text, weight) for text, (_, weight) in zip(read, said, strict=True))
    asked.expected = TextExpected(tuple(accepted), case, wildcards)


def _number(asked: Asked, element: etree._Element, texts: _Texts) -> None:
    asked.kind = Kind.NUMERIC
    ranges = []
    for answer in children(element, "answer"):
        written = texts.plain(answer)
        if _percent(answer) <= 0 or written == "*":
            continue
        found = span(written, text_of(child(answer, "tolerance")).strip() or "0", round(_percent(answer)))
        if found is None:
            asked.remark("error", "key_unreadable", f"读不懂数值答案“{written[:30]}”，请写成数字")
        else:
            ranges.append(found)
    unit = next((text_of(child(unit, "unit_name")) for unit in element.iter("{*}unit")), "")
    asked.expected = NumberExpected(tuple(ranges), tidy_line(unit)[:40])


def _match(asked: Asked, element: etree._Element, texts: _Texts) -> None:
    asked.kind = Kind.MATCHING
    pairs, spare = [], []
    for part in children(element, "subquestion"):
        left, right = texts.plain(part), texts.plain(child(part, "answer"))
        if left and right:
            pairs.append(Pair(left, right))
        elif right:
            spare.append(right)
    asked.expected = PairsExpected(tuple(pairs), tuple(spare))


def _cloze(asked: Asked, element: etree._Element, texts: _Texts) -> None:
    asked.kind = Kind.CLOZE
    question = child(element, "questiontext")
    is_plain = question is not None and attribute(question, "format").strip().lower() in {"plain_text", "plain"}
    rewritten, asked.expected, problems = gaps_of(text_of(child(question, "text")), is_html=not is_plain)
    for problem in problems:
        asked.remark("error", "cloze_unreadable", problem)
    is_html = not is_plain and looks_like_html(rewritten)
    asked.stem = rich_of(rewritten, texts.pictures.find) if is_html else plain_rich(rewritten)


def _essay(asked: Asked, element: etree._Element, texts: _Texts) -> None:
    asked.kind, asked.expected = Kind.ESSAY, essay(texts.plain(child(element, "graderinfo")))


_READERS: Final[Mapping[str, Callable[[Asked, etree._Element, _Texts], None]]] = {
    "multichoice": _choice,
    "truefalse": _truth,
    "shortanswer": _short,
    "numerical": _number,
    "matching": _match,
    "match": _match,
    "cloze": _cloze,
    "multianswer": _cloze,
    "essay": _essay,
}

QTYPE = re.compile(r"<question\b[^>]{0,200}\btype\s*=", re.IGNORECASE)
