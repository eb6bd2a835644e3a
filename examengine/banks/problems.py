"""What a check says of one item."""

from dataclasses import dataclass
from typing import Literal

from examengine.banks.findings import Severity

Part = Literal[
    "stem", "options", "key", "points", "difficulty", "topic", "explanation", "source", "valid_until", "external_no"
]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one part of an item; ``option`` is the option's index where one is meant."""

    severity: Severity
    code: str
    part: Part
    message: str
    option: int | None = None
