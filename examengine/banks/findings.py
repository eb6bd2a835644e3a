"""What a reader has to say about a file: findings by sheet, row and column.

``error``: the row stays out. ``warning``: it is taken, but look at it. ``info``: what was done with it.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Final

from examengine.findings import Finding, Severity

__all__ = ["Finding", "Findings", "Severity", "Understood", "column_letters", "place"]

MOST_OF_ONE_CODE: Final = 2_000
ROWS_NAMED_IN_A_GROUP: Final = 8


def column_letters(index: int) -> str:
    """The spreadsheet's name of a 0-based column: 0 → A, 26 → AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def place(sheet: str, row: int | None = None, column: int | None = None) -> str:
    """A place as its author finds it again: sheet by name, 1-based row, column by letter (from 0-based)."""
    parts = [f"工作表“{sheet}”"] if sheet else []
    if row is not None:
        parts.append(f"第 {row} 行")
    if column is not None:
        parts.append(f"{column_letters(column)} 列")
    return " ".join(parts) or "文件"


@dataclass(slots=True)
class Findings:
    """Collects findings in the order of the file, folds like infos into one, bounds how many of a code.

    ``unit`` is what the numbers of grouped findings count: rows and lines, or questions.
    """

    unit: str = "行"
    _listed: list[Finding] = field(default_factory=list)
    _count: Counter[tuple[Severity, str]] = field(default_factory=Counter)
    _grouped: dict[tuple[str, str, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, severity: Severity, code: str, where: str, message: str) -> None:
        self._count[severity, code] += 1
        if self._count[severity, code] <= MOST_OF_ONE_CODE:
            self._listed.append(Finding(severity, code, where, message))

    def group(self, code: str, sheet: str, row: int, message: str) -> None:
        """An info that many rows share: one finding a sheet, which counts and names the first rows."""
        self._grouped[code, sheet, message].append(row)

    def result(self) -> tuple[Finding, ...]:
        folded = []
        for (code, sheet, message), rows in self._grouped.items():
            named = "、".join(str(row) for row in rows[:ROWS_NAMED_IN_A_GROUP])
            more = " 等" if len(rows) > ROWS_NAMED_IN_A_GROUP else ""
            folded.append(
                Finding("info", code, place(sheet), f"{message}（共 {len(rows)} 处：第 {named}{more} {self.unit}）")
            )
        beyond = [
            Finding(severity, code, "文件", f"同类问题另有 {count - MOST_OF_ONE_CODE} 处，未逐一列出")
            for (severity, code), count in self._count.items()
            if count > MOST_OF_ONE_CODE
        ]
        return (*self._listed, *beyond, *folded)


@dataclass(slots=True)
class Understood:
    """Counts how a file was read where its author wrote it another way ("答案“A、C”读作 AC，共 214 处")."""

    _first: dict[str, str] = field(default_factory=dict)
    _count: Counter[str] = field(default_factory=Counter)

    def note(self, habit: str, example: str) -> None:
        """``habit`` tells like cases together; the first case's ``example`` is shown for all of them."""
        self._first.setdefault(habit, example)
        self._count[habit] += 1

    def result(self) -> tuple[str, ...]:
        return tuple(f"{example}，共 {self._count[habit]} 处" for habit, example in self._first.items())
