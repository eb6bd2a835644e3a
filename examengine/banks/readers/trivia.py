"""The notation of open trivia collections: "#Q stem", "^ right answer", "A option", "B option" …"""

import re
from typing import Final

from examengine.banks.findings import Findings
from examengine.banks.item import Kind
from examengine.banks.markup import Rich, plain_rich
from examengine.banks.readers.asked import FULL, Asked, Choice, is_judgement, judged, question_asked
from examengine.banks.readers.gathering import add, gathered
from examengine.banks.readers.lines import Line, at_line, lines_of
from examengine.banks.readers.questions import Question
from examengine.banks.readers.reading import BankReading
from examengine.banks.wording import option_form

FORMAT: Final = "text"
START = re.compile(r"^#Q\s+", re.MULTILINE)

_OPTION = re.compile(r"^([A-Z])\s+(.*)$")


def read_trivia(text: str, encoding: str) -> BankReading:
    """The questions of a trivia file."""
    findings = Findings()
    questions: list[Question] = []
    block: list[Line] = []
    for line in [*lines_of(text), Line(0, "#Q ")]:
        if START.match(line.text) and block:
            add(questions, question_asked(_asked(block, len(questions) + 1), findings))
            block = []
        if block or START.match(line.text):
            block.append(line)
    return gathered(FORMAT, encoding, questions, findings)


def _asked(block: list[Line], number: int) -> Asked:
    stem: list[str] = []
    options: list[str] = []
    answer = ""
    for line in block:
        text = START.sub("", line.text).strip()
        option = _OPTION.match(text)
        if text.startswith("^"):
            answer = text[1:].strip()
        elif option and answer and option[1] == chr(ord("A") + len(options) % 26):
            options.append(option[2])
        elif text and options:
            options[-1] += f"\n{text}"
        elif text and answer:
            answer += f" {text}"
        elif text:
            stem.append(text)
    choices = [_choice(option, answer) for option in options]
    asked = Asked(at_line(block[0].number, number), Kind.SINGLE_CHOICE, plain_rich("\n".join(stem)), 0, choices)
    if is_judgement(choices):
        asked.kind, asked.truth = Kind.TRUE_FALSE, judged(choices)
    elif answer and not any(choice.percent for choice in choices):
        asked.remark("error", "key_without_option", f"答案“{answer[:30]}”不是任何一个选项，没有导入；请核对")
    return asked


def _choice(option: str, answer: str) -> Choice:
    text: Rich = plain_rich(option)
    return Choice(text, FULL if option_form(text.text) == option_form(answer) else 0.0)
