"""An announcement as candidates' pages show it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    id: int
    text: str
    at_ms: int
