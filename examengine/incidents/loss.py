"""What an attempt lost by an incident: the gaps between its signs of life. Pure.

A page that is there says something every 40 ± 5 s, also where its candidate only reads. A gap that is longer than
:data:`QUIET_MS`, or that covers all of the incident in which the attempt ran, is time in which he could not work;
what of it lies in the incident and in his running time is lost. It is never more than the incident.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from examengine.live.journal import BY_THE_PAGE, SIGNS_OF_LIFE

QUIET_MS = 60_000
"""No longer than this is a page silent that is there and can be heard."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, ``from_ms <= t < until_ms``."""

    from_ms: int
    until_ms: int

    def common_ms(self, from_ms: int, until_ms: int) -> int:
        """How much of ``[from_ms, until_ms)`` lies in it."""
        return max(0, min(self.until_ms, until_ms) - max(self.from_ms, from_ms))


def without(whole: Span, taken: Iterable[Span]) -> list[Span]:
    """What remains of a stretch when others are taken out of it, in order."""
    left, from_ms = [], whole.from_ms
    for one in sorted(taken, key=lambda span: span.from_ms):
        if from_ms < min(one.from_ms, whole.until_ms):
            left.append(Span(from_ms, min(one.from_ms, whole.until_ms)))
        from_ms = max(from_ms, one.until_ms)
    if from_ms < whole.until_ms:
        left.append(Span(from_ms, whole.until_ms))
    return left


@dataclass(frozen=True, slots=True)
class Lost:
    """``ms`` lost in all. ``seen_ms``: the last sign of life before the longest gap; ``back_ms``: the first one
    after it, None where there is none.
    """

    ms: int
    seen_ms: int
    back_ms: int | None


def signs_of(lines: Iterable[str | bytes]) -> list[int]:
    """When a page was heard, by the lines of its attempt's journal, in order."""
    heard: list[int] = []
    for line in lines:
        text = line.decode() if isinstance(line, bytes) else line
        kind, at, *rest = text.split(" ", 3)
        if kind in SIGNS_OF_LIFE or (kind == "z" and rest and rest[0] in BY_THE_PAGE):
            heard.append(int(at))
    heard.sort()  # what was brought back after a loss has the instants of then
    return heard


def lost_in(
    incident: Span, started_ms: int, ended_ms: int, signs: Sequence[int], made_good: Iterable[Span] = ()
) -> Lost | None:
    """What an attempt that ran in ``[started_ms, ended_ms)`` lost; None: nothing.

    Args:
        signs: as :func:`signs_of` gives them; the start counts as one.
        made_good: stretches for which it has got something already, as of another incident.
    """
    left = without(incident, made_good)
    begins_ms, ends_ms = max(incident.from_ms, started_ms), min(incident.until_ms, ended_ms)
    if begins_ms >= ends_ms:
        return None
    heard = [started_ms, *(at_ms for at_ms in signs if started_ms < at_ms <= ended_ms)]
    is_last_heard = heard[-1] == ended_ms
    edges = heard if is_last_heard else [*heard, ended_ms]
    lost_ms, longest_ms, longest = 0, 0, (started_ms, ended_ms)
    for seen_ms, next_ms in pairwise(edges):
        common_ms = sum(one.common_ms(seen_ms, next_ms) for one in left)
        covers = seen_ms <= begins_ms and next_ms >= ends_ms
        if common_ms == 0 or (next_ms - seen_ms <= QUIET_MS and not covers):
            continue
        lost_ms += common_ms
        if common_ms > longest_ms:
            longest_ms, longest = common_ms, (seen_ms, next_ms)
    if not lost_ms:
        return None
    is_back = is_last_heard or longest[1] != ended_ms
    return Lost(lost_ms, longest[0], longest[1] if is_back else None)
