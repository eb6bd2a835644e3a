"""When a page said nothing, by the lines of its journal."""

from collections.abc import Iterable
from dataclasses import dataclass

from examengine.live.journal import SIGNS_OF_LIFE

SILENT_MS = 60_000
"""A page pulses every 40 ± 5 s: after this long without a sign of life the line counts as silent."""


@dataclass(frozen=True, slots=True)
class Silence:
    """From the last sign of life to the next one, or to the end of what was looked at (``is_over`` False)."""

    from_ms: int
    until_ms: int
    is_over: bool = True

    @property
    def span_ms(self) -> int:
        return self.until_ms - self.from_ms


def silences(lines: Iterable[str], until_ms: int) -> tuple[Silence, ...]:
    """Silences of more than a minute, in order.

    Args:
        until_ms: when the sitting ended, or now. What was brought back later has the instants of then, and ends no
            silence that is known already.
    """
    found: list[Silence] = []
    heard_ms: int | None = None
    for line in lines:
        if line[:1] not in SIGNS_OF_LIFE:
            continue
        at = line.split(" ", 2)[1:2]
        if not at or not at[0].isdecimal():
            continue
        at_ms = int(at[0])
        if heard_ms is not None and at_ms - heard_ms > SILENT_MS:
            found.append(Silence(heard_ms, at_ms))
        heard_ms = at_ms if heard_ms is None else max(heard_ms, at_ms)
    if heard_ms is not None and until_ms - heard_ms > SILENT_MS:
        found.append(Silence(heard_ms, until_ms, is_over=False))
    return tuple(found)
