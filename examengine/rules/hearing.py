"""Could we hear? Absence is decided only over time in which we could have heard the candidate.

Our fault is never the candidate's (promise 8): silence that lies in a time in which the path from his page to the
record did not work tells nothing about him.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from examengine.rules.closing import presence_ms
from examengine.rules.rulebook import Rulebook

GAP_MS = 12_000
"""Two proofs that we hear, made every 5 s, with no more than this between them: we heard all the time (one may fail).
A page that is there says so more than once in ``presence_seconds``, so that it does not fall into such a gap."""


@dataclass(frozen=True, slots=True)
class Deaf:
    """Time in which we could not have heard a candidate, by our own fault: ``from_ms <= t < until_ms``."""

    from_ms: int
    until_ms: int

    def overlaps(self, from_ms: int, until_ms: int) -> bool:
        """Whether any instant of ``[from_ms, until_ms)`` lies in it."""
        return max(self.from_ms, from_ms) < min(self.until_ms, until_ms)


class Presence(StrEnum):
    """Was the candidate there at the deadline?

    ``PRESENT_UNHEARD``: he was when our deafness began, and we could not have heard him since. ``UNDECIDED``: he was
    not, but may have come back while we were deaf – only a person may call that absence.
    """

    PRESENT = "present"
    PRESENT_UNHEARD = "present_unheard"
    ABSENT = "absent"
    UNDECIDED = "undecided"


def deaf_between(heard: Iterable[tuple[int, int]], from_ms: int, until_ms: int) -> tuple[Deaf, ...]:
    """What ``[from_ms, until_ms)`` has of deafness.

    Args:
        heard: first and last proof of stretches without a gap, by their beginning. Stretches at most :data:`GAP_MS`
            apart are one. Nothing was proved before the first and after the last.
    """
    deaf: list[Deaf] = []
    known_ms: int | None = None
    for began_ms, last_ms in heard:
        silent_ms = from_ms if known_ms is None else known_ms
        if known_ms is None or began_ms - known_ms > GAP_MS:
            deaf.append(Deaf(max(silent_ms, from_ms), min(began_ms, until_ms)))
        known_ms = last_ms if known_ms is None else max(known_ms, last_ms)
    deaf.append(Deaf(from_ms if known_ms is None else max(known_ms, from_ms), until_ms))
    return tuple(span for span in deaf if span.from_ms < span.until_ms)


def presence_at(rulebook: Rulebook, at_ms: int, last_seen_ms: int, deaf: Sequence[Deaf]) -> Presence:
    """Whether the candidate was there at ``at_ms``.

    Heard within ``presence_seconds``: present. Silent over as long a time, all of it audible: absent. Else the
    silence is ours in part, and the question moves to the instant at which that began: whoever was there then is
    present, anyone else is undecided. Before an outage there may be an earlier one, too close for
    ``presence_seconds`` of hearing between them; then it moves on to that.

    Args:
        deaf: all deafness since ``last_seen_ms`` at the latest, in order, not overlapping.
    """
    asked_ms = at_ms
    while last_seen_ms < asked_ms - presence_ms(rulebook):
        span = first_deaf(rulebook, asked_ms, deaf)
        if span is None:
            return Presence.ABSENT if asked_ms == at_ms else Presence.UNDECIDED
        asked_ms = span.from_ms
    return Presence.PRESENT if asked_ms == at_ms else Presence.PRESENT_UNHEARD


def first_deaf(rulebook: Rulebook, at_ms: int, deaf: Sequence[Deaf]) -> Deaf | None:
    """The first deafness that overlaps the ``presence_seconds`` before ``at_ms``; None: all of them was audible."""
    window_ms = at_ms - presence_ms(rulebook)
    return next((span for span in deaf if span.overlaps(window_ms, at_ms)), None)


def leave_is_excused(left_page_ms: int, expires_ms: int, deaf: Sequence[Deaf]) -> Deaf | None:
    """The deafness in which a page, left at ``left_page_ms``, may have come back unheard before the leave expired:
    then it is an interruption, never a forced exit. None: there was none.
    """
    return next((span for span in deaf if span.overlaps(left_page_ms, expires_ms)), None)
