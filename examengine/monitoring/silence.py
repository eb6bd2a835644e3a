"""The last half hour in steps of five seconds: how many lived, how many were silent, who fell silent when.

For the chart of the wall, for whoever looks for an outage, and for whoever asks whether others went silent in the
same minute. By exam and region, and by slot (which node of Redis): evidence, no verdict.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from examengine.live.wall import Board

STEP_MS = 5_000
KEEP_MS = 1_800_000
KEEP_ROWS = KEEP_MS // STEP_MS
STANDS_MS = 3 * STEP_MS
MOMENTS = "moments"
SILENCES = "silences"


class Moment(msgspec.Struct, frozen=True, array_like=True):
    """The room as a whole at an instant. ``p99_ms`` None: nothing was saved in the minute before it."""

    at_ms: int
    live: int
    silent: int
    trouble: int
    starts_a_second: float
    saves_a_second: float
    p99_ms: float | None
    unshipped: int


class SilenceRow(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of an instant by exam and region: (exam, region, live, silent); (instant, exam, region, how
    many fell silent then); (instant, slot, how many).
    """

    at_ms: int
    standing: list[tuple[int, str, int, int]]
    fell: list[tuple[int, int, str, int]]
    fell_by_slot: list[tuple[int, int, int]]


@dataclass(slots=True)
class Step:
    """Five seconds from ``at_ms`` on. ``live`` and ``silent`` as they were counted then, both 0 where nobody counted;
    ``fell``: whose last sign of life lies in these five seconds and who was silent for more than a minute after it.
    That is known a minute later: newer steps tell too few.
    """

    at_ms: int
    live: int = 0
    silent: int = 0
    fell: int = 0


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose silence is asked for; None and "" do not narrow."""

    exam_id: int | None = None
    region: str = ""

    def holds(self, exam_id: int, region: str) -> bool:
        return self.exam_id in (None, exam_id) and self.region in ("", region)


@dataclass(frozen=True, slots=True)
class Fallen:
    """Who fell silent in a stretch of time, and out of how many; by exam and region, and by slot."""

    total: int
    live: int
    by_region: dict[tuple[int, str], int] = field(default_factory=dict)
    by_slot: dict[int, int] = field(default_factory=dict)


_read_moment = msgspec.msgpack.Decoder(Moment).decode
_read_row = msgspec.msgpack.Decoder(SilenceRow).decode
_write = msgspec.msgpack.Encoder().encode
EVERYWHERE = Scope()


async def keep(board: Board, moment: Moment, row: SilenceRow) -> None:
    """Add an instant to both lists.

    Raises:
        live.Unavailable: Redis does not answer.
    """
    await board.append(MOMENTS, _write(moment), KEEP_ROWS, KEEP_MS)
    await board.append(SILENCES, _write(row), KEEP_ROWS, KEEP_MS)


async def moments(board: Board, since_ms: int) -> tuple[Moment, ...]:
    """The room as a whole, oldest first.

    Raises:
        live.Unavailable: Redis does not answer.
    """
    found = []
    for content in await board.rows(MOMENTS, -KEEP_ROWS):
        try:
            moment = _read_moment(content)
        except msgspec.MsgspecError:  # another version of the program
            continue
        if moment.at_ms >= since_ms:
            found.append(moment)
    return tuple(found)


async def history(board: Board, since_ms: int, until_ms: int, scope: Scope = EVERYWHERE) -> tuple[Step, ...]:
    """Steps of five seconds in ``[since_ms, until_ms)``, oldest first, without gaps; at most half an hour is kept.

    Raises:
        live.Unavailable: Redis does not answer.
    """
    return steps_of(await rows(board), since_ms, until_ms, scope)


async def fallen(board: Board, from_ms: int, until_ms: int) -> Fallen:
    """Who fell silent in ``[from_ms, until_ms)``: for comparing one person's silence with everybody's.

    Raises:
        live.Unavailable: Redis does not answer.
    """
    return fallen_in(await rows(board), from_ms, until_ms)


async def rows(board: Board) -> tuple[SilenceRow, ...]:
    """All that is kept, oldest first.

    Raises:
        live.Unavailable: Redis does not answer.
    """
    found = []
    for content in await board.rows(SILENCES, -KEEP_ROWS):
        try:
            found.append(_read_row(content))
        except msgspec.MsgspecError:
            continue
    return tuple(found)


def steps_of(kept: Iterable[SilenceRow], since_ms: int, until_ms: int, scope: Scope = EVERYWHERE) -> tuple[Step, ...]:
    """The same, out of rows that were read."""
    first_ms = since_ms // STEP_MS * STEP_MS
    steps = {at_ms: Step(at_ms) for at_ms in range(first_ms, until_ms, STEP_MS)}
    for row in kept:
        live = sum(one[2] for one in row.standing if scope.holds(*one[:2]))
        silent = sum(one[3] for one in row.standing if scope.holds(*one[:2]))
        counted_ms = row.at_ms // STEP_MS * STEP_MS
        # a round over a whole province takes longer than a step: what it counted stands until the next
        for at_ms in range(counted_ms, counted_ms + STANDS_MS, STEP_MS):
            step = steps.get(at_ms)
            if step is not None:
                step.live, step.silent = live, silent
        for at_ms, exam, region, count in row.fell:
            fell_in = steps.get(at_ms)
            if fell_in is not None and scope.holds(exam, region):
                fell_in.fell += count
    return tuple(steps.values())


def fallen_in(kept: Iterable[SilenceRow], from_ms: int, until_ms: int) -> Fallen:
    """The same, out of rows that were read."""
    by_region: Counter[tuple[int, str]] = Counter()
    by_slot: Counter[int] = Counter()
    live = 0
    for row in kept:
        if row.at_ms < until_ms:
            live = sum(one[2] for one in row.standing)
        for at_ms, exam, region, count in row.fell:
            if from_ms <= at_ms < until_ms:
                by_region[exam, region] += count
        for at_ms, slot, count in row.fell_by_slot:
            if from_ms <= at_ms < until_ms:
                by_slot[slot] += count
    return Fallen(by_region.total(), live, dict(by_region), dict(by_slot))
