"""The model of pages that live: what they say is as even as in an exam that has gone on for a while."""

import heapq
from collections import Counter

from examengine.bench.acts import Act, Acts
from examengine.bench.jobs import Load, Subject
from examengine.bench.pages import CHANGE, PULSE, Pages

CHANGE_S = 40.0
COUNT = 20_000
SECONDS = 100.0
PART_S = 10.0


class Unsent(Pages):
    """Nothing is sent, and no time passes: what would be said, and when."""

    def _tick(self) -> None:
        pass

    def _fly(self, act: Act, due_s: float, place: int) -> None:
        act.close()
        self._touched(place, due_s)

    def said(self) -> Counter[tuple[int, int]]:
        """How much was said, by kind and part of the time."""
        said: Counter[tuple[int, int]] = Counter()
        while (first := self._events[0])[0] - self._began_s < SECONDS:
            due_s, place, kind = heapq.heappop(self._events)
            is_said = kind == CHANGE or self._silent_until_s[place] <= due_s
            self._happens(due_s, place, kind)
            assert first[0] >= self._began_s
            said[kind, int((due_s - self._began_s) / PART_S)] += is_said
        return said


def test_pages_do_not_pulse_together_because_they_were_counted_from_one_instant() -> None:
    subjects = [Subject(attempt_id=place, items=50, token="t", cookie="c") for place in range(COUNT)]
    load = Load("pages", "pages", 1, pages=True, change_s=CHANGE_S)
    pages = Unsent(load, Acts("http://127.0.0.1:1"), subjects, 1, SECONDS)
    pages.start()
    said = pages.said()
    changes = [said[CHANGE, part] for part in range(10)]
    pulses = [said[PULSE, part] for part in range(10)]
    a_part = COUNT * PART_S / CHANGE_S
    assert all(0.9 * a_part < count < 1.1 * a_part for count in changes)
    # each silence of forty seconds that no change has ended: about 0.58 of the changes
    assert all(0.48 * a_part < count < 0.68 * a_part for count in pulses)
