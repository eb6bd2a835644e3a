"""Text formats: lines with their numbers, and the mark of a place that people count in."""

from dataclasses import dataclass

from examengine.banks.findings import place


@dataclass(frozen=True, slots=True)
class Line:
    """``number`` is 1-based; ``text`` is without the line end."""

    number: int
    text: str


def lines_of(text: str) -> list[Line]:
    """The lines of a text, whatever its line ends."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return [Line(number, line) for number, line in enumerate(unified.split("\n"), start=1)]


def at_line(line: int, question: int | None = None, unit: str = "行") -> str:
    """ "第 12 行（第 3 题）"; Word counts in paragraphs ("段")."""
    return (place("", line) if unit == "行" else f"第 {line} {unit}") + (f"（第 {question} 题）" if question else "")
