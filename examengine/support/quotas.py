"""What one agent may do alone: in 24 hours, in one act, on one person (C6). Above it a second person approves.

The numbers are rows that the security administrator adds; the newest of a measure counts. What was done is counted
in the audit log; what a second person approved is no agent's alone and does not count.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from examengine.records import audit, bounds
from examengine.records.audit import AuditLine
from examengine.records.bounds import Bounds
from examengine.records.database import Database, Reading
from examengine.records.words import Measure

DAY_MS = 86_400_000
REPEATED_MS = 7 * DAY_MS
MAX_BOUND = 10_000

DEFAULTS: Mapping[Measure, Bounds] = MappingProxyType(
    {
        Measure.ATTEMPTS: Bounds(per_day=50, at_once=2, on_one_person=3),
        Measure.MINUTES: Bounds(per_day=600, at_once=60, on_one_person=3),
        Measure.LET_INS: Bounds(per_day=60, at_once=1, on_one_person=3),
        Measure.REVEALS: Bounds(per_day=60, at_once=1, on_one_person=5),
    }
)
"""Until somebody sets others."""

ACTS: Mapping[Measure, tuple[str, str]] = MappingProxyType(
    {
        Measure.ATTEMPTS: ("grant", "attempts"),
        Measure.MINUTES: ("extra_time", "minutes"),
        Measure.LET_INS: ("let_in", ""),
        Measure.REVEALS: ("reveal_person", ""),
    }
)
"""The audit line that counts, and its fact that says how much; "": each counts one."""


class Why(StrEnum):
    """Why a second person is needed."""

    ALWAYS = "always"
    AT_ONCE = "at_once"
    PER_DAY = "per_day"
    ON_ONE_PERSON = "on_one_person"


@dataclass(frozen=True, slots=True)
class Weight:
    """What an order weighs: how much of which measure."""

    measure: Measure
    amount: int


@dataclass(frozen=True, slots=True)
class Look:
    """How an agent stands before an act. ``used`` in the last 24 hours; ``on_person``: acts on this person in the
    last seven days; ``why`` names the bound that the act would exceed, None: none.
    """

    bounds: Bounds
    used: int
    on_person: int
    why: Why | None

    @property
    def left(self) -> int:
        """What he may still do alone today."""
        return max(0, self.bounds.per_day - self.used)


async def in_force(tx: Reading) -> Mapping[Measure, Bounds]:
    """The bounds that count now."""
    kept = await bounds.newest(tx)
    return {measure: kept.get(measure, default) for measure, default in DEFAULTS.items()}


async def look(tx: Reading, by_person: int, person_id: int | None, weight: Weight, now_ms: int) -> Look:
    """Where an agent stands and whether ``weight`` more, on this person, is within his bounds."""
    lines = await audit.bounded_of(tx, now_ms - REPEATED_MS, by_person)
    return _weighed((await in_force(tx))[weight.measure], lines, person_id, weight, now_ms)


async def used_by(tx: Reading, by_person: int, now_ms: int) -> Mapping[Measure, Look]:
    """How an agent stands in every measure."""
    lines, limits = await audit.bounded_of(tx, now_ms - DAY_MS, by_person), await in_force(tx)
    return {measure: _weighed(limits[measure], lines, None, Weight(measure, 1), now_ms) for measure in DEFAULTS}


def _weighed(limits: Bounds, lines: Sequence[AuditLine], person_id: int | None, weight: Weight, now_ms: int) -> Look:
    act, fact = ACTS[weight.measure]
    used = on_person = 0
    for line in lines:
        if line.act != act or "second" in line.facts:
            continue
        on_person += person_id is not None and _touched(line) == person_id
        if line.at_ms > now_ms - DAY_MS:
            used += int(line.facts.get(fact, 1))
    why = None
    if weight.amount > limits.at_once:
        why = Why.AT_ONCE
    elif used + weight.amount > limits.per_day:
        why = Why.PER_DAY
    elif on_person >= limits.on_one_person:
        why = Why.ON_ONE_PERSON
    return Look(limits, used, on_person, why)


async def set_bounds(database: Database, measure: Measure, wanted: Bounds, by_person: int, now_ms: int) -> None:
    """Set what an agent may do alone, from now on.

    Raises:
        ValueError: a number that is no bound.
    """
    if not (1 <= wanted.at_once <= wanted.per_day <= MAX_BOUND and 1 <= wanted.on_one_person <= MAX_BOUND):
        raise ValueError(f"bounds: {wanted}")
    async with database.writing() as tx:
        if (await in_force(tx))[measure] == wanted:
            return
        await bounds.add(tx, measure, wanted, by_person, now_ms)
        facts = {
            "measure": measure.value,
            "per_day": wanted.per_day,
            "at_once": wanted.at_once,
            "on_one_person": wanted.on_one_person,
        }
        await audit.append(tx, now_ms, by_person, "set_bounds", "bounds", None, facts)


def _touched(line: AuditLine) -> object:
    return line.facts.get("person", line.object_id if line.object_kind == "person" else None)
