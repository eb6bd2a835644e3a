"""Loads under way: a closed loop, in which whoever is answered asks again, and an open one that asks at its rate."""

import asyncio
import random
from array import array
from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Protocol

from examengine.bench.acts import Act, Acts
from examengine.bench.jobs import Load, Subject, Tally
from examengine.bench.lines import Lines

TICK_S = 0.001
LANDING_S = 15.0
"""How long answers are waited for after the end; what has none then is a fault."""
MOST_FAULTS = 5


class Turns(Protocol):
    """Who acts next; None where nobody can now. ``back``: whoever acted has his answer."""

    def take(self) -> Subject | None: ...

    def back(self, one: Subject) -> None: ...


class Running(Protocol):
    """A load that was begun."""

    def start(self) -> None: ...

    async def landed(self) -> Tally:
        """Wait for its end."""
        ...


class Book:
    """What is noted of a load's operations."""

    def __init__(self, act: str, began_s: float) -> None:
        self._act = act
        self._began_s = began_s
        self._latencies, self._ends = array("d"), array("d")
        self._faults: dict[str, int] = {}
        self._errors = 0
        self._last_s = began_s

    def note(self, due_s: float, fault: str) -> None:
        """An operation that was due then has ended now."""
        now_s = perf_counter()
        self._last_s = now_s
        if fault:
            self._errors += 1
            self._faults[fault] = self._faults.get(fault, 0) + 1
        else:
            self._latencies.append(now_s - due_s)
            self._ends.append(now_s - self._began_s)

    def tally(self, acts: Acts) -> Tally:
        most = sorted(self._faults, key=lambda fault: -self._faults[fault])[:MOST_FAULTS]
        return Tally(
            act=self._act,
            took_s=max(1e-9, self._last_s - self._began_s),
            errors=self._errors,
            faults=[f"{fault} ({self._faults[fault]})" for fault in most],
            latencies=self._latencies.tobytes(),
            ends=self._ends.tobytes(),
            words=acts.words,
            newest_saved_ms=acts.newest_saved_ms,
        )


class Flight:
    """One operation from its first request to its last answer."""

    __slots__ = ("_act", "_done", "_due_s", "_lines")

    def __init__(self, act: Act, due_s: float, lines: Lines, done: Callable[[float, str], None]) -> None:
        self._act = act
        self._due_s = due_s
        self._lines = lines
        self._done = done
        lines.ask(next(act), self._go_on)

    def _go_on(self, answer: bytes) -> None:
        try:
            request = self._act.send(answer)
        except StopIteration as ended:
            self._done(self._due_s, ended.value)
        else:
            self._lines.ask(request, self._go_on)


class Stream:
    """One act again and again."""

    def __init__(self, load: Load, acts: Acts, turns: Turns, port: int, seconds: float) -> None:
        self._load = load
        self._acts = acts
        self._make = acts.of(load.act)
        self._turns = turns
        self._lines = Lines(port, load.connections)
        self._seconds = seconds
        self._under_way = 0
        self._over = asyncio.Event()
        self._dice = random.Random(7)  # noqa: S311 - when a request comes

    def start(self) -> None:
        self._began_s = perf_counter()
        self._ends_s = self._began_s + self._seconds
        self._book = Book(self._load.act, self._began_s)
        if self._load.rate:
            self._next_s = self._began_s
            self._tick()
        else:
            for _ in range(self._load.connections):
                self._launch(perf_counter())
            self._look()

    async def landed(self) -> Tally:
        try:
            async with asyncio.timeout(self._seconds + LANDING_S):
                await self._over.wait()
        except TimeoutError:
            for _ in range(self._under_way):
                self._book.note(0.0, "no answer in time")
        self._lines.close()
        return self._book.tally(self._acts)

    def _tick(self) -> None:
        """Launch what is due: arrivals are independent of each other, as candidates are."""
        now_s = perf_counter()
        while self._next_s <= now_s and self._next_s < self._ends_s:
            if not self._launch(self._next_s):
                break  # nobody is free: what is due waits, and its time counts
            self._next_s += self._dice.expovariate(self._load.rate)
        if self._next_s < self._ends_s and now_s < self._ends_s:
            asyncio.get_running_loop().call_later(TICK_S, self._tick)
        else:
            self._ends_s = min(self._ends_s, now_s)
            self._look()

    def _launch(self, due_s: float) -> bool:
        one = self._turns.take()
        if one is None:
            return False
        self._under_way += 1
        Flight(self._make(one), due_s, self._lines, partial(self._landed, one))
        return True

    def _landed(self, one: Subject, due_s: float, fault: str) -> None:
        self._under_way -= 1
        self._turns.back(one)
        self._book.note(due_s, fault)
        if not self._load.rate and perf_counter() < self._ends_s:
            self._launch(perf_counter())
        self._look()

    def _look(self) -> None:
        is_closed = not self._load.rate or perf_counter() >= self._ends_s
        if self._under_way == 0 and is_closed:
            self._over.set()


class Anybody:
    """Any of ``subjects`` by chance, however busy they are."""

    def __init__(self, subjects: Sequence[Subject]) -> None:
        self._subjects = subjects
        self._dice = random.Random(3)  # noqa: S311 - whose turn it is

    def take(self) -> Subject:
        return self._dice.choice(self._subjects)

    def back(self, one: Subject) -> None:
        """Nothing to note."""


class OneAtATime:
    """Any of ``subjects`` by chance who has nothing under way: a page waits for one answer before the next."""

    def __init__(self, subjects: Sequence[Subject]) -> None:
        self._free = list(subjects)
        self._dice = random.Random(3)  # noqa: S311 - whose turn it is

    def take(self) -> Subject | None:
        free = self._free
        if not free:
            return None
        place = int(self._dice.random() * len(free))
        free[place], free[-1] = free[-1], free[place]
        return free.pop()

    def back(self, one: Subject) -> None:
        self._free.append(one)


class Once:
    """One after another, each once; ``used``: how many were, kept from load to load."""

    def __init__(self, subjects: Sequence[Subject], used: list[int]) -> None:
        self._subjects = subjects
        self._used = used

    def take(self) -> Subject | None:
        place = self._used[0]
        if place >= len(self._subjects):
            return None
        self._used[0] = place + 1
        return self._subjects[place]

    def back(self, one: Subject) -> None:
        """Used up."""
