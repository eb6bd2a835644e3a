"""Aiken: a stem, options "A) …" or "A. …", a line "ANSWER: A"."""

import re
from typing import Final

from examengine.banks.findings import Findings
from examengine.banks.item import Kind
from examengine.banks.markup import Rich, plain_rich
from examengine.banks.readers.asked import FULL, Asked, Choice, question_asked
from examengine.banks.readers.gathering import add, gathered
from examengine.banks.readers.lines import Line, at_line, lines_of
from examengine.banks.readers.questions import Question
from examengine.banks.readers.reading import BankReading

FORMAT: Final = "aiken"

# For lines without outer space: with it, a pattern may look for the end of every blank in turn.
ANSWER = re.compile(r"^ANSWER\s*[:：](.*)$", re.IGNORECASE)
OPTION = re.compile(r"^([A-Za-z])\s{0,4}[).．、）](.*)$")
_LETTERS = re.compile(r"[A-Z](?:\s*[,，、;；&+/ ]?\s*[A-Z])*")


def read_aiken(text: str, encoding: str) -> BankReading:
    """The questions of an Aiken file. A block that breaks the format is left out and named."""
    findings = Findings()
    questions: list[Question] = []
    block: list[Line] = []
    for line in lines_of(text):
        block.append(Line(line.number, line.text.strip()))
        if ANSWER.match(block[-1].text):
            asked = _asked(block, len(questions) + 1, findings)
            if asked is not None:
                add(questions, question_asked(asked, findings))
            block = []
    left = [line for line in block if line.text.strip()]
    if left:
        message = "文件末尾的题目没有 ANSWER 行，没有读入；请补上答案"
        findings.add("error", "key_missing", at_line(left[0].number), message)
    return gathered(FORMAT, encoding, questions, findings)


def _asked(block: list[Line], number: int, findings: Findings) -> Asked | None:
    filled = [line for line in block if line.text.strip()]
    first = _first_option(filled)
    where = at_line(filled[0].number, number)
    if first == 0 or first == len(filled) - 1:
        what = "没有题干" if first == 0 else "没有选项（每行一个，如 A) …）"
        findings.add("error", "not_a_question", where, f"这道题{what}，没有读入")
        return None
    stem = "\n".join(line.text.strip() for line in filled[:first])
    options = _options(filled[first:-1])
    letters = [letter for letter, _ in options]
    if letters != [chr(ord("A") + index) for index in range(len(letters))]:
        message = f"选项字母是 {'、'.join(letters)}，应从 A 起连续，没有读入；请补上缺少的选项"
        findings.add("error", "options_unreadable", where, message)
        return None
    answer = ANSWER.match(filled[-1].text)
    written = answer[1].upper().strip(" .。)") if answer else ""
    key = [letter for letter in written if letter.isalpha()] if _LETTERS.fullmatch(written) else []
    if not key or not set(key) <= set(letters):
        key = []
    choices = [Choice(Rich(text), FULL if letter in key else 0.0) for letter, text in options]
    asked = Asked(where, Kind.SINGLE_CHOICE, plain_rich(stem), filled[0].number, choices)
    if not key:
        message = f"答案“{written[:20]}”不是选项字母 {letters[0]}–{letters[-1]} 之一，没有导入；请改正 ANSWER 行"
        asked.remark("error", "key_without_option", message)
    if len(set(key)) > 1:
        asked.kind = Kind.MULTIPLE_CHOICE
    return asked


def _first_option(filled: list[Line]) -> int:
    """Index of the line of option A; of the answer where there is none."""
    for index in range(len(filled) - 2, -1, -1):
        match = OPTION.match(filled[index].text)
        if match and match[1].upper() == "A":
            return index
    return next((index for index, line in enumerate(filled[:-1]) if OPTION.match(line.text)), len(filled) - 1)


def _options(lines: list[Line]) -> list[tuple[str, str]]:
    options: list[tuple[str, str]] = []
    for line in lines:
        match = OPTION.match(line.text)
        if match:
            options.append((match[1].upper(), plain_rich(match[2]).text))
        elif options:
            letter, before = options[-1]
            options[-1] = (letter, f"{before}\n{line.text.strip()}")
    return options
