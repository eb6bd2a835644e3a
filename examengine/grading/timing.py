"""Time on an item, as far as a journal of saves can tell it: what passed between one save and the next one.

A candidate who reads ahead, or thinks without touching anything, is not seen doing so: the figure is an estimate,
good for comparing items. Time away from the page does not count, nor does a silence of more than ten minutes, nor a
whole form that came at once.
"""

from collections.abc import Iterable, Mapping

SILENCE_MS = 600_000
STEP_S = 5
MOST_STEPS = 60
"""Five minutes and more are one step."""
_BACK = frozenset("cbr")


def seconds_on(lines: Iterable[str]) -> dict[int, int]:
    """Seconds by position, from the lines of a journal (see ``examengine.live.journal``)."""
    spent_ms: dict[int, int] = {}
    since_ms: int | None = None
    together: list[int] = []
    at_ms = 0
    for line in lines:
        parts = line.split(" ", 4)
        kind = parts[0]
        if kind != "a" and kind not in _BACK and kind != "o":
            continue
        if kind != "a" or int(parts[1]) != at_ms:
            since_ms = _spend(spent_ms, together, since_ms, at_ms)
            together = []
        at_ms = int(parts[1])
        if kind == "a":
            together.append(int(parts[3]))
        else:
            since_ms = at_ms
    _spend(spent_ms, together, since_ms, at_ms)
    return {position: ms // 1000 for position, ms in spent_ms.items()}


def _spend(spent_ms: dict[int, int], together: list[int], since_ms: int | None, at_ms: int) -> int | None:
    """Count what passed until the saves at one instant; since when the next is counted."""
    if not together:
        return since_ms
    positions = set(together)
    if since_ms is not None and len(positions) == 1 and 0 <= at_ms - since_ms <= SILENCE_MS:
        [position] = positions
        spent_ms[position] = spent_ms.get(position, 0) + at_ms - since_ms
    return at_ms


def step_of(seconds: int) -> int:
    """The step of five seconds that a time falls into."""
    return min(MOST_STEPS, max(0, seconds) // STEP_S)


def median_seconds(steps: Mapping[int, int]) -> float | None:
    """The median, interpolated within its step; None of nothing."""
    half, before = sum(steps.values()) / 2, 0
    if half <= 0:
        return None
    for step in sorted(steps):
        count = steps[step]
        if count and before + count >= half:
            return STEP_S * (step + (half - before) / count)
        before += count
    return None
