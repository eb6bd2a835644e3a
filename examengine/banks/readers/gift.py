"""GIFT: questions parted by blank lines, answers in braces. What stands between the braces: ``gift_answers``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from examengine.banks.dialects.meta import meta_of
from examengine.banks.findings import Findings
from examengine.banks.item import Kind
from examengine.banks.markup import MediaShelf, Rich
from examengine.banks.readers import gift_answers
from examengine.banks.readers.asked import Asked, essay, question_asked
from examengine.banks.readers.gathering import add, gathered
from examengine.banks.readers.gift_text import in_format, plain, unescape_marks, with_marks
from examengine.banks.readers.lines import Line, at_line, lines_of
from examengine.banks.readers.pictures import Pictures
from examengine.banks.readers.questions import Question
from examengine.banks.readers.reading import BankReading
from examengine.banks.wording import tidy_line

FORMAT: Final = "gift"

_TITLE = re.compile(r"^\s*::(.*?)::", re.DOTALL)
_FORMAT = re.compile(r"^\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_CATEGORY = re.compile(r"^\s*\$CATEGORY\s*:\s*(.*)$", re.IGNORECASE)
_TITLED = re.compile(r"^\s*::[^:]{1,300}::")
_MODEL = re.compile(r"^\s*参考答案\s*[：:](.*)$", re.DOTALL)
_ID = re.compile(r"\[id:([^\]]{1,100})\]")
_NEW_QUESTION = re.compile(r"^\s*(?:::|\$CATEGORY\s*:|//\s*question\s*:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """A question's text with escapes as marks; ``line`` is where it begins."""

    line: int
    text: str
    external_no: str
    topic: str
    remarks: tuple[str, ...] = ()


def read_gift(text: str, encoding: str, shelf: MediaShelf | None = None) -> BankReading:
    """The questions of a GIFT file; descriptions and categories are no questions."""
    findings, shelf = Findings(), shelf or MediaShelf()
    questions: list[Question] = []
    descriptions = 0
    for block in blocks_of(with_marks(text)):
        asked = _asked(block, len(questions) + 1, shelf, findings)
        if asked is None:
            descriptions += 1
        elif isinstance(asked, Asked):
            add(questions, question_asked(asked, findings))
    if descriptions and questions:
        findings.add(
            "info", "descriptions", "文件", f"有 {descriptions} 段说明文字（没有花括号），不是题目，没有读入"
        )
    if descriptions and not questions:
        message = "没有一段文字带有 GIFT 的答案（花括号 { }），没有题目可读；请确认文件是 GIFT 格式"
        findings.add("error", "no_questions", "文件", message)
    return gathered(FORMAT, encoding, questions, findings, media=tuple(shelf.taken.values()))


def blocks_of(marked: str) -> Iterator[Block]:
    """Blocks between blank lines; a blank line inside open braces does not part."""
    topic, external_no = "", ""
    remarks: list[str] = []
    held: list[Line] = []
    depth = 0
    blank = False
    for line in lines_of(marked):
        stripped = line.text.strip()
        if stripped.startswith("//"):
            found = _ID.search(stripped)
            external_no = unescape_marks(found[1]) if found else external_no
            remarks.append(unescape_marks(stripped[2:]))
            continue
        # An open brace that is never closed must not swallow the rest of the file.
        lost = depth > 0 and blank and _NEW_QUESTION.match(line.text)
        # A title behind a closed answer begins another question, though the blank line is missing.
        lost = lost or (depth == 0 and bool(held) and "}" in held[-1].text and _TITLED.match(line.text))
        if held and ((not stripped and depth == 0) or lost):
            yield Block(held[0].number, "\n".join(part.text for part in held), external_no, topic, tuple(remarks))
            held, remarks, depth, external_no = [], [], 0, ""
        category = _CATEGORY.match(line.text) if not held else None
        if category:
            topic = _topic(unescape_marks(category[1]))
            continue
        blank = not stripped
        if stripped or held:
            held.append(line)
            depth = max(0, depth + line.text.count("{") - line.text.count("}"))
    if held:
        yield Block(held[0].number, "\n".join(part.text for part in held), external_no, topic, tuple(remarks))


def _topic(path: str) -> str:
    parts = [part.strip() for part in path.replace("//", "\x00").split("/")]
    if parts and parts[0].startswith("$") and parts[0].endswith("$"):
        parts = parts[1:]
    kept = [part.replace("\x00", "/") for part in (parts[1:] if parts[:1] == ["top"] else parts) if part]
    return tidy_line("/".join(kept))


def _asked(block: Block, number: int, shelf: MediaShelf, findings: Findings) -> Asked | str | None:
    """The question of a block; None for a description, a word for what is neither."""
    where = at_line(block.line, number)
    text = block.text
    title = _TITLE.match(text)
    if title:
        text = text[title.end() :]
    form = _FORMAT.match(text)
    if form:
        text = text[form.end() :]
    opened = text.find("{")
    closed = text.find("}", opened + 1)
    if opened < 0:
        if "}" in text:
            findings.add("error", "braces_unbalanced", where, "只有右花括号 }，没有读入；请补上 { 或写成 \\}")
            return "broken"
        return None
    if closed < 0:
        findings.add("error", "braces_unbalanced", where, "花括号 { 没有成对，没有读入；请补上 }")
        return "broken"
    before, answer, after = text[:opened], text[opened + 1 : closed], text[closed + 1 :]
    pictures = Pictures(shelf)
    name = form[1].lower() if form else ""
    rest = after.strip()
    stem = (
        f"{before.rstrip()} _____ {after.strip()}" if rest and not re.fullmatch(r"(<[^<>]*>|\s)*", rest) else before
    )
    asked = Asked(where, Kind.OTHER, Rich(""), block.line, topic=block.topic, external_no=block.external_no)
    asked.meta = meta_of(block.remarks)
    gift_answers.fill(asked, answer, name, pictures)
    model = next((found[1] for remark in block.remarks if (found := _MODEL.match(remark))), "")
    if asked.kind is Kind.ESSAY and model:
        asked.expected = essay(model)
    asked.stem = in_format(_without_later_answers(stem), name, pictures.find)
    if not asked.stem and title:
        asked.stem = Rich(plain(title[1]))
    if "{" in after and "}" in after:
        message = "一题里有几处花括号，GIFT 只认第一处；多空题请用 Moodle XML 的 cloze，这道题没有导入"
        asked.remark("error", "several_answer_blocks", message)
    pictures.remark(asked)
    return asked


def _without_later_answers(stem: str) -> str:
    """Later answer blocks would show candidates their keys."""
    return re.sub(r"\{[^{}]*\}", "_____", stem)
