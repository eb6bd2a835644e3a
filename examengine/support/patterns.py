"""Unusual patterns of what agents did: evidence for the security administrator, no verdict (C6)."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from examengine.records import approvals, audit
from examengine.records.approvals import Approval
from examengine.records.audit import AuditLine
from examengine.records.database import Reading
from examengine.records.words import Decision
from examengine.support import quotas
from examengine.support.quotas import DAY_MS

LOOK_BACK_MS = 30 * DAY_MS
AGAIN_AND_AGAIN = 3
"""Acts of one agent on one person that are worth a question."""
MUCH_PER_CENT = 80
"""Of a day's bound."""
PAIR = 10
"""Approvals of one asker by one approver, where nearly all of his go that way."""
NEARLY_ALL_PER_CENT = 80
MAX_APPROVALS = 2_000


class Sort(StrEnum):
    """What is unusual about it."""

    ONE_PERSON = "one_person"
    MUCH = "much"
    PAIR = "pair"


@dataclass(frozen=True, slots=True)
class Pattern:
    """``about``: the candidate, or the second person, None: nobody in particular. ``count`` of ``of``."""

    sort: Sort
    agent: int
    about: int | None
    count: int
    of: int
    last_ms: int


async def find_patterns(tx: Reading, now_ms: int) -> tuple[Pattern, ...]:
    """What stands out in the last thirty days, the newest first."""
    lines = await audit.bounded_of(tx, now_ms - LOOK_BACK_MS)
    bounds = await quotas.in_force(tx)
    decided = [one for one in await approvals.list_decided(tx, MAX_APPROVALS) if _ms(one) > now_ms - LOOK_BACK_MS]
    per_day = {quotas.ACTS[measure]: limits.per_day for measure, limits in bounds.items()}
    found = [*_on_one_person(lines), *_much(lines, per_day), *_pairs(decided)]
    return tuple(sorted(found, key=lambda one: (-one.last_ms, one.sort, one.agent)))


def _on_one_person(lines: Sequence[AuditLine]) -> list[Pattern]:
    """One agent who acts on one person again and again."""
    times: dict[tuple[int, int], list[int]] = defaultdict(list)
    for line in lines:
        person_id = line.facts.get("person")
        if line.person_id is not None and isinstance(person_id, int):
            times[line.person_id, person_id].append(line.at_ms)
    return [
        Pattern(Sort.ONE_PERSON, agent, person_id, len(at), len(at), at[-1])
        for (agent, person_id), at in times.items()
        if len(at) >= AGAIN_AND_AGAIN
    ]


def _much(lines: Sequence[AuditLine], per_day: dict[tuple[str, str], int]) -> list[Pattern]:
    """An agent who in some 24 hours came near what he may do alone: the highest of each measure."""
    found = []
    for (act, fact), bound in per_day.items():
        by_agent: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for line in lines:
            if line.act == act and line.person_id is not None and "second" not in line.facts:
                by_agent[line.person_id].append((line.at_ms, int(line.facts.get(fact, 1))))
        for agent, done in by_agent.items():
            most, last_ms = _most_in_a_day(done)
            if most * 100 >= bound * MUCH_PER_CENT:
                found.append(Pattern(Sort.MUCH, agent, None, most, bound, last_ms))
    return found


def _most_in_a_day(done: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The most in any 24 hours, and when they ended; ``done`` in order of time."""
    most = last_ms = running = first = 0
    for at_ms, amount in done:
        running += amount
        while done[first][0] <= at_ms - DAY_MS:
            running -= done[first][1]
            first += 1
        if running > most:
            most, last_ms = running, at_ms
    return most, last_ms


def _pairs(decided: Sequence[Approval]) -> list[Pattern]:
    """Two who always approve each other."""
    approved = [one for one in decided if one.decision is Decision.APPROVED and one.decided_by is not None]
    asked = Counter(one.asked_by for one in approved)
    pairs = Counter((one.asked_by, one.decided_by) for one in approved)
    last = {(one.asked_by, one.decided_by): _ms(one) for one in reversed(approved)}
    return [
        Pattern(Sort.PAIR, asker, approver, count, asked[asker], last[asker, approver])
        for (asker, approver), count in pairs.items()
        if count >= PAIR and count * 100 >= asked[asker] * NEARLY_ALL_PER_CENT
    ]


def _ms(one: Approval) -> int:
    return one.decided_ms or 0
