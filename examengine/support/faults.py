"""Who else fell silent in that minute? Evidence for the agent who judges whose fault a gap was, never a verdict.

The others are a sample by their numbers, which are given in the order of the starts: those who began just before and
after, those whose sittings lie in the same slot of the live side (one node of Redis), and some from farther away. Of
each the journal tells when it was heard; that is the same for a silence of a minute ago and of last year.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from examengine import live
from examengine.live import Desk
from examengine.live.devices import device_at, parts_of
from examengine.live.silences import silences
from examengine.live.slots import SLOTS
from examengine.records import archives, hearing, looks
from examengine.records.database import Database
from examengine.records.looks import Beside
from examengine.rules.hearing import GAP_MS, Deaf

MINUTE_MS = 60_000
"""Two pages that lose one line at the same instant were last heard up to 45 s apart."""
NEAR, FAR, FAR_STEP, SAME_SLOT = 120, 40, 997, 60
MAX_RUNNING = 100
AT_ONCE = 40
MIN_OTHERS = 10
"""Fewer than these tell nothing about everybody."""
MANY, HALF, FEW = 0.2, 0.5, 0.05


class Alike(StrEnum):
    """In which respect others are like the candidate."""

    ALL = "all"
    NODE = "node"
    REGION = "region"
    UNIT = "unit"
    NETWORK = "network"


class Lean(StrEnum):
    """Where the evidence points."""

    PLATFORM = "platform"
    PLACE = "place"
    OWN = "own"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Compared:
    """Others who sat then, alike in one respect; how many of them fell silent within a minute of the candidate."""

    alike: Alike
    sitting: int
    silent: int

    @property
    def share(self) -> float:
        return self.silent / self.sitting if self.sitting else 0.0


@dataclass(frozen=True, slots=True)
class Assessment:
    """``deaf``: when the platform could not hear the candidate's slot around that minute. ``everybody``: ``ALL``
    counts all who sat, not a sample. ``left``: the page had said that it was left.
    """

    at_ms: int
    compared: tuple[Compared, ...]
    deaf: tuple[Deaf, ...]
    lean: Lean
    everybody: bool
    left: bool


@dataclass(frozen=True, slots=True)
class Other:
    """Someone who sat at that time."""

    beside: Beside
    network: str
    fell: bool


def numbers_beside(attempt_id: int) -> frozenset[int]:
    """Whose journals are looked at."""
    near = range(attempt_id - NEAR, attempt_id + NEAR + 1)
    far = (attempt_id + FAR_STEP * place for place in range(-FAR, FAR + 1))
    slot = (attempt_id + SLOTS * place for place in range(-SAME_SLOT, SAME_SLOT + 1))
    return frozenset(number for number in (*near, *far, *slot) if number > 0)


async def assess(
    database: Database, desk: Desk, attempt_id: int, at_ms: int, now_ms: int, everybody: Compared | None = None
) -> Assessment | None:
    """Compare the silence that began at ``at_ms`` with what others did; None: the attempt did not run then.

    Args:
        everybody: what the wall has counted of all who sat, where it keeps that time still.
    """
    async with database.reading() as tx:
        beside = await looks.ran_at(tx, numbers_beside(attempt_id), at_ms)
        ended = [one.attempt_id for one in beside if one.ended_ms is not None]
        journals: dict[int, Sequence[str]] = dict(await archives.get_journals(tx, ended)) if ended else {}
        first_ms = await hearing.first_ms(tx)
        known = await hearing.stretches(tx, at_ms - MINUTE_MS)
    deaf = () if first_ms is None else _deaf(known, attempt_id, max(at_ms - MINUTE_MS, first_ms), at_ms, now_ms)
    mine = next((one for one in beside if one.attempt_id == attempt_id), None)
    if mine is None:
        return None
    running = sorted(
        (one.attempt_id for one in beside if one.ended_ms is None), key=lambda number: abs(number - attempt_id)
    )
    journals |= await _running(desk, running[:MAX_RUNNING], now_ms)
    others = []
    for place, one in enumerate(beside):
        if place % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)  # candidates' answers are served between
        if one.attempt_id in journals and one.attempt_id != attempt_id:
            others.append(_other(one, journals[one.attempt_id], at_ms, now_ms))
    lines = journals.get(attempt_id, ())
    compared = compare(mine, parts_of(device_at(lines, at_ms))[2], others)
    if everybody is not None and everybody.sitting > compared[0].sitting:
        compared = (everybody, *compared[1:])
    left = any(line[:1] == "l" and at_ms - MINUTE_MS <= int(line.split(" ")[1]) <= at_ms + 1 for line in lines)
    return Assessment(at_ms, compared, deaf, lean_of(compared, deaf), everybody is compared[0], left)


def compare(mine: Beside, network: str, others: Sequence[Other]) -> tuple[Compared, ...]:
    """Everybody, then those who are alike in one respect. A network that nearly everybody shares is the way to our
    own door and says nothing.
    """

    def of(alike: Alike, chosen: Iterable[Other]) -> Compared:
        found = list(chosen)
        return Compared(alike, len(found), sum(one.fell for one in found))

    slot = mine.attempt_id % SLOTS
    groups = [
        of(Alike.ALL, others),
        of(Alike.NODE, (one for one in others if one.beside.attempt_id % SLOTS == slot)),
        of(Alike.REGION, (one for one in others if one.beside.region == mine.region)),
        of(Alike.UNIT, (one for one in others if one.beside.unit_name == mine.unit_name)),
    ]
    same = of(Alike.NETWORK, (one for one in others if network and one.network == network))
    is_door = len(others) >= MIN_OTHERS and same.sitting > 0.8 * len(others)
    return (*groups, *((same,) if network and not is_door else ()))


def lean_of(compared: Sequence[Compared], deaf: Sequence[Deaf]) -> Lean:
    """Where the evidence points: our own proofs first, then everybody, then the place, then the candidate alone."""
    by = {one.alike: one for one in compared}
    everybody = by[Alike.ALL]
    if deaf:
        return Lean.PLATFORM
    if _is_many(everybody) or _is_many(by.get(Alike.NODE)):
        return Lean.PLATFORM
    for alike in (Alike.NETWORK, Alike.UNIT):
        same = by.get(alike)
        if same is not None and same.sitting >= 2 and same.share >= HALF:
            return Lean.PLACE
    if _is_many(by.get(Alike.REGION)):
        return Lean.PLACE
    if everybody.sitting >= MIN_OTHERS and everybody.share < FEW:
        return Lean.OWN
    return Lean.UNCLEAR


def _is_many(group: Compared | None) -> bool:
    return group is not None and group.sitting >= MIN_OTHERS and group.share >= MANY


def _other(one: Beside, lines: Sequence[str], at_ms: int, now_ms: int) -> Other:
    until_ms = now_ms if one.ended_ms is None else one.ended_ms
    fell = any(abs(silence.from_ms - at_ms) <= MINUTE_MS for silence in silences(lines, until_ms))
    return Other(one, parts_of(device_at(lines, at_ms))[2], fell)


async def _running(desk: Desk, attempt_ids: Sequence[int], now_ms: int) -> Mapping[int, Sequence[str]]:
    """Journals of running attempts; empty while the desk does not answer."""
    try:
        read = await asyncio.gather(*(desk.read(attempt_id, now_ms) for attempt_id in attempt_ids))
    except live.Unavailable:
        return {}
    return {
        attempt_id: [line.decode() for line in sitting.journal]
        for attempt_id, sitting in zip(attempt_ids, read, strict=True)
        if sitting.journal
    }


def _deaf(
    known: Sequence[hearing.Stretch], attempt_id: int, from_ms: int, at_ms: int, now_ms: int
) -> tuple[Deaf, ...]:
    """After the newest proof nobody knows yet."""
    newest_ms = max((stretch.until_ms for stretch in known), default=from_ms)
    until_ms = min(at_ms + MINUTE_MS, now_ms, newest_ms)
    spans = hearing.deaf_of(known, attempt_id % hearing.SLOTS, from_ms, until_ms)
    return tuple(span for span in spans if span.until_ms - span.from_ms > GAP_MS)
