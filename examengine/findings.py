"""What a check found: in a question bank, a rulebook, a people file."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """``where`` names the place (sheet, row and column; key of a rulebook), ``message`` what to do about it."""

    severity: Severity
    code: str
    where: str
    message: str
