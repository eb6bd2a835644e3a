"""GIFT: questions parted by blank lines, answers in braces. What stands between the braces: ``gift_answers``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from examengine.banks.findings import Findings
from examengine.banks.item import Kind
from examengine.banks.markup import MediaShelf, Rich
from examengine.banks.readers import gift_answers
from examengine.banks.readers.asked import Asked, question_asked
from examengine.banks.readers.gathering import add, gathered
from examengine.banks.readers.gift_text import plain, rich, unescape_marks, with_marks
from examengine.banks.readers.lines import Line, at_line, lines_of
from examengine.banks.readers.pictures import Pictures
from examengine.banks.readers.questions import Question
from examengine.banks.readers.reading import BankReading
from examengine.banks.wording import tidy_line

FORMAT: Final = "gift"

_TITLE = re.compile(r"^\s*::(.*?)::", re.DOTALL)
_FORMAT = re.compile(r"^\s*\[(html|moodle|plain|markdown)\]", re.IGNORECASE)
_CATEGORY = re.compile(r"^\s*\$CATEGORY\s*:\s*(.*)$", re.IGNORECASE)
_ID = re.compile(r"\[id:([^\]]{1,100})\]")
_NEW_QUESTION = re.compile(r"^\s*(?:::|\$CATEGORY\s*:|//\s*question\s*:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Block:
    """A question's text with escapes as marks; ``line`` is where it begins."""

    line: int
    text: str
    external_no: str
    topic: str


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
    held: list[Line] = []
    depth = 0
    blank = False
    for line in lines_of(marked):
        stripped = line.text.strip()
        if stripped.startswith("//"):
            found = _ID.search(stripped)
            external_no = unescape_marks(found[1]) if found else external_no
            continue
        # An open brace that is never closed must not swallow the rest of the file.
        lost = depth > 0 and blank and _NEW_QUESTION.match(line.text)
        if held and ((not stripped and depth == 0) or lost):
            yield Block(held[0].number, "\n".join(part.text for part in held), external_no, topic)
            held, depth, external_no = [], 0, ""
        category = _CATEGORY.match(line.text) if not held else None
        if category:
            topic = _topic(unescape_marks(category[1]))
            continue
        blank = not stripped
        if stripped or held:
            held.append(line)
            depth = max(0, depth + line.text.count("{") - line.text.count("}"))
    if held:
        yield Block(held[0].number, "\n".join(part.text for part in held), external_no, topic)


def _topic(path: str) -> str:
    parts = [part.strip() for part in path.replace("//", "\x00").split("/")]
    parts = [part.replace("\x00", "/") for part in parts]
    kept = [part for part in parts if part and part not in {"$course$", "$system$", "$module$", "top"}]
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
    gift_answers.fill(asked, answer, name, pictures)
    asked.stem = rich(_without_later_answers(stem), name, pictures.find)
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
