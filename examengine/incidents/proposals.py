"""What looks like an incident: times in which we could not hear, and times in which many fell silent at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from examengine.records import hearing, incidents, losses
from examengine.records.database import Database
from examengine.records.hearing import SLOTS, Stretch, deaf_of
from examengine.records.incidents import Incident
from examengine.records.words import IncidentSource

LOOK_BACK_MS = 24 * 3_600_000
SETTLED_MS = 15_000
"""What happened less than so long ago is not proposed yet: proofs and journal lines are still on their way."""
TOGETHER_MS = 30_000
"""Deafness of several slots with no more than this between is one incident."""
RISE_PERCENT, RISE_LEAST = 10, 20
"""So many more of those who write, in per cent and in number, must be silent than before."""
USUAL = 12
"""Readings before a rise that tell what is usual."""
MOST = 8


@dataclass(frozen=True, slots=True)
class Proposal:
    """``slots``: how many of the 64 were deaf; ``silent``: how many fell silent at most; ``running``: attempts that
    ran in it.
    """

    source: IncidentSource
    from_ms: int
    until_ms: int
    running: int
    slots: int = 0
    silent: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """How many wrote, and how many of them were silent for more than 60 s, as somebody saw it at ``at_ms``."""

    at_ms: int
    live: int
    silent: int


async def propose(database: Database, seen: Sequence[Reading], now_ms: int) -> tuple[Proposal, ...]:
    """What happened of late, has run out and is no incident yet; newest first. Where nobody sat nothing happened."""
    since_ms = now_ms - LOOK_BACK_MS
    async with database.reading() as tx:
        known = await incidents.overlapping(tx, since_ms, now_ms)
        stretches = await hearing.stretches(tx, since_ms)
        found = [*deaf_proposals(stretches, since_ms, now_ms - SETTLED_MS), *rises(seen, now_ms - SETTLED_MS)]
        found = [one for one in found if not _is_known(one, known)]
        found.sort(key=lambda one: -one.until_ms)
        made = []
        for one in found[:MOST]:
            running = await losses.count_running_between(tx, one.from_ms, one.until_ms)
            if running:
                made.append(Proposal(one.source, one.from_ms, one.until_ms, running, one.slots, one.silent))
    return tuple(made)


def deaf_proposals(stretches: Sequence[Stretch], since_ms: int, until_ms: int) -> list[Proposal]:
    """Times in which slots could not be heard, those of several slots put together. Before the first proof there was
    nothing to hear; what reaches ``until_ms`` is not over yet.
    """
    if not stretches:
        return []
    from_ms = max(since_ms, min(stretch.began_ms for stretch in stretches))
    spans = sorted(
        (deaf.from_ms, deaf.until_ms, slot)
        for slot in range(SLOTS)
        for deaf in deaf_of(stretches, slot, from_ms, until_ms)
    )
    found: list[tuple[int, int, set[int]]] = []
    for begins_ms, ends_ms, slot in spans:
        if found and begins_ms <= found[-1][1] + TOGETHER_MS:
            last = found[-1]
            found[-1] = (last[0], max(last[1], ends_ms), last[2] | {slot})
        else:
            found.append((begins_ms, ends_ms, {slot}))
    return [
        Proposal(IncidentSource.DEAF, begins_ms, ends_ms, 0, slots=len(slots))
        for begins_ms, ends_ms, slots in found
        if ends_ms < until_ms
    ]


def rises(seen: Sequence[Reading], until_ms: int) -> list[Proposal]:
    """Times in which more people were silent than a moment before, by far. Somebody is counted as silent 60 s after
    his last sign of life, so that it began a minute before it shows.
    """
    found: list[Proposal] = []
    began: int | None = None
    most = 0
    usual = 0
    for place, reading in enumerate(seen):
        if began is None:
            before = sorted(one.silent for one in seen[max(0, place - USUAL) : place])
            usual = before[len(before) // 2] if before else reading.silent
        risen = reading.silent - usual
        is_rise = risen >= RISE_LEAST and risen * 100 >= RISE_PERCENT * max(1, reading.live)
        if is_rise:
            began = reading.at_ms if began is None else began
            most = max(most, risen)
        elif began is not None:
            found.append(Proposal(IncidentSource.SILENCE, began - 60_000, reading.at_ms, 0, silent=most))
            began, most = None, 0
    return [one for one in found if one.until_ms <= until_ms]


def _is_known(one: Proposal, known: Iterable[Incident]) -> bool:
    """Whether an incident covers most of it."""
    common_ms = sum(
        max(0, min(one.until_ms, incident.until_ms) - max(one.from_ms, incident.from_ms)) for incident in known
    )
    return 2 * common_ms >= one.until_ms - one.from_ms
