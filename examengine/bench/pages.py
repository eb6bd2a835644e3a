"""Many candidates' pages at once: each changes an answer now and then, pulses when nothing else was said for 40 ± 5 s
and once in the last half minute (``static/exam/pulse.js``), and when its time is up asks again when it is told to
(``static/exam/endings.js``).
"""

import asyncio
import heapq
import random
from array import array
from collections.abc import Sequence
from functools import partial
from math import expm1, log1p
from time import perf_counter

import msgspec

from examengine.bench.acts import ASK_AGAIN, LOCATION, STATUS, Act, Acts
from examengine.bench.flights import LANDING_S, TICK_S, Book, Flight
from examengine.bench.jobs import Load, Subject, Tally
from examengine.bench.lines import Lines

SILENT_S = (35.0, 45.0)
LAST_WORD_S = (4.0, 26.0)
UP_TO_S = 8.0
AFTER_THE_END_S = (1.5, 3.0)
WAIT_S = (1.5, 60.0)
SPREAD = 0.1
NOTED_S = 10e-6
"""A page's events are noted down within that."""
REFRESH_S = 5.0
"""When the page that waits for a result looks again, where it is not told."""
CHANGE, PULSE, LAST_WORD, ZERO, LATER, ASK, RESULT = range(7)
OVER = frozenset({"too_late", "closed"})


class Pages:
    """Plays the pages of ``subjects``. ``ends_in_s``: their common deadline, None where it is far.

    Changes of one page are independent of each other, ``load.change_s`` apart on average. What is tallied: changes
    and pulses while the exam runs; after a deadline, under the words ``waits`` and ``result``, the pages that were
    told to wait and those that have their result.
    """

    def __init__(
        self,
        load: Load,
        acts: Acts,
        subjects: Sequence[Subject],
        port: int,
        seconds: float,
        ends_in_s: float | None = None,
    ) -> None:
        self._load = load
        self._acts = acts
        self._subjects = subjects
        self._lines = Lines(port, load.connections)
        self._seconds = seconds
        self._ends_in_s = ends_in_s
        self._dice = random.Random(11)  # noqa: S311 - when a page says something
        self._events: list[tuple[float, int, int]] = []
        self._silent_until_s = [0.0] * len(subjects)
        self._is_over = bytearray(len(subjects))
        self._up_to_s = array("d", [UP_TO_S]) * len(subjects)
        self._told_s = array("d", bytes(8 * len(subjects)))
        self._asked_s = array("d", bytes(8 * len(subjects)))
        self._results, self._as_told = array("d"), array("d")
        self._under_way = 0
        self._left = asyncio.Event()

    def start(self) -> None:
        asked_s = perf_counter()
        # what is due while all this is noted down would be late before it is asked
        self._began_s = began_s = asked_s + len(self._subjects) * NOTED_S
        self._book = Book("pages", began_s)
        for place in range(len(self._subjects)):
            self._events.append((began_s + self._dice.expovariate(1 / self._load.change_s), place, CHANGE))
            silent_s = began_s + self._left_of_silence_s()
            self._silent_until_s[place] = silent_s
            self._events.append((silent_s, place, PULSE))
            if self._ends_in_s is not None:
                last_s = asked_s + self._ends_in_s - self._dice.uniform(*LAST_WORD_S)
                self._events.append((last_s, place, LAST_WORD))
                self._events.append((asked_s + self._ends_in_s, place, ZERO))
        heapq.heapify(self._events)
        self._tick()

    def _left_of_silence_s(self) -> float:
        """In how many s the next pulse is due, of a page that has been at it for a while: all who begin at the same
        instant would pulse together forty seconds later.
        """
        silence_s, change_s = self._dice.uniform(*SILENT_S), self._load.change_s
        return silence_s + change_s * log1p(self._dice.random() * expm1(-silence_s / change_s))

    async def landed(self) -> Tally:
        await asyncio.sleep(max(0.0, self._began_s + self._seconds - perf_counter()))
        self._events.clear()
        self._left.clear()
        if self._under_way:
            try:
                async with asyncio.timeout(LANDING_S):
                    await self._left.wait()
            except TimeoutError:
                for _ in range(self._under_way):
                    self._book.note(0.0, "no answer in time")
        self._lines.close()
        tally = self._book.tally(self._acts)
        return msgspec.structs.replace(tally, results=self._results.tobytes(), told=self._as_told.tobytes())

    def _tick(self) -> None:
        now_s, events = perf_counter(), self._events
        while events and events[0][0] <= now_s:
            due_s, place, kind = heapq.heappop(events)
            self._happens(due_s, place, kind)
        if now_s < self._began_s + self._seconds:
            asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _happens(self, due_s: float, place: int, kind: int) -> None:
        one = self._subjects[place]
        if kind == RESULT:
            self._fly(self._result(one, place), due_s, place)
        elif kind == ZERO:
            # a little later: not all at once
            self._later(due_s + self._dice.uniform(0, self._up_to_s[place]), place, LATER)
        elif kind == ASK or (kind == LATER and not self._is_over[place]):
            self._fly(self._ask(one, place), due_s, place)
        elif self._is_over[place]:
            return
        elif kind == CHANGE:
            self._later(due_s + self._dice.expovariate(1 / self._load.change_s), place, CHANGE)
            self._fly(self._acts.save(one), due_s, place)
        elif kind == LAST_WORD:
            self._fly(self._last_word(one, place), due_s, place)
        elif self._silent_until_s[place] > due_s:
            self._later(self._silent_until_s[place], place, PULSE)  # something was heard meanwhile
        else:
            self._touched(place, due_s)
            self._later(self._silent_until_s[place], place, PULSE)
            self._fly(self._acts.pulse(one), due_s, place)

    def _touched(self, place: int, now_s: float) -> None:
        self._silent_until_s[place] = now_s + self._dice.uniform(*SILENT_S)

    def _later(self, at_s: float, place: int, kind: int) -> None:
        heapq.heappush(self._events, (at_s, place, kind))

    def _fly(self, act: Act, due_s: float, place: int) -> None:
        self._under_way += 1
        Flight(act, due_s, self._lines, partial(self._back, place))

    def _back(self, place: int, due_s: float, fault: str) -> None:
        self._under_way -= 1
        if fault in OVER and self._ends_in_s is not None:
            # refused because the time is over: what it should be told
            if not self._is_over[place]:
                self._is_over[place] = 1
                self._later(perf_counter() + self._dice.uniform(0, self._up_to_s[place]), place, ASK)
        else:
            self._book.note(due_s, fault)
            self._touched(place, perf_counter())
        if not self._under_way:
            self._left.set()

    def _last_word(self, one: Subject, place: int) -> Act:
        fault = yield from self._acts.pulse(one)
        self._up_to_s[place] = self._acts.spread_ms / 1_000 or UP_TO_S
        return fault

    def _ask(self, one: Subject, place: int) -> Act:
        """The page whose time is up asks how it stands, and goes for its result when that is told, or soon anyway."""
        self._is_over[place] = 1
        fault = yield from self._acts.last_word(one)
        is_closed = fault == "closed"
        wait_s = 0.0
        if not is_closed:
            if not self._told_s[place]:
                self._told_s[place], self._asked_s[place] = self._acts.wait_ms / 1_000, perf_counter()
            told_s = min(max(self._acts.wait_ms / 1_000, WAIT_S[0]), WAIT_S[1])
            is_told = told_s > WAIT_S[0]
            wait_s = told_s * self._dice.uniform(1, 1 + SPREAD) if is_told else self._dice.uniform(*AFTER_THE_END_S)
        self._later(perf_counter() + wait_s, place, RESULT if is_closed else ASK)
        return "" if fault in OVER else fault

    def _result(self, one: Subject, place: int) -> Act:
        answer = yield self._acts.get_result(one)
        words = self._acts.words
        if answer[STATUS] == b"202":
            words["waits"] = words.get("waits", 0) + 1
            again = ASK_AGAIN.search(answer)
            self._later(perf_counter() + (float(again[1]) if again else REFRESH_S), place, RESULT)
            return ""
        if answer[STATUS] == b"200":
            words["result"] = words.get("result", 0) + 1
            if self._told_s[place]:
                self._results.append(perf_counter() - self._asked_s[place])
                self._as_told.append(self._told_s[place])
            return ""
        found = LOCATION.search(answer)
        return f"{answer[STATUS].decode('latin-1')} {found[1].decode('latin-1') if found else ''}"
