"""Mending a slot that is shut: what stands there, sittings put together again, and the opening of the slot.

Everything here goes past the fences and carries the token of the lease: of two who mend, only the newer one gets
anything done.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from examengine.live.coalesce import Coalescer
from examengine.live.journal import Kept, fold, long_bytes_of
from examengine.live.openings import Opening, bounded
from examengine.live.scripts import Script, load
from examengine.live.slots import due_key, fence_key, sitting_keys, slot_of, unshipped_key

SURVEY = load("mend_survey")
BEGIN = load("mend_begin", "_mend")
RESTORE = load("mend_restore", "_mend")
FORGET = load("mend_forget", "_mend")
OPEN_SLOT = load("mend_open", "_mend")
OPEN_EMPTY = load("mend_open_empty", "_mend")

SURVEYED_AT_ONCE = 500
HELD_MS = 40_000
"""For so long after a rebuild no deadline closes a sitting: open pages bring back what was acknowledged and lost. A
page asks every two seconds once its time is up.
"""


class Superseded(Exception):  # noqa: N818 – a state of things, named as it is told
    """A newer holder of the lease is at work: leave it to him."""


@dataclass(frozen=True, slots=True)
class Found:
    """What stands in Redis of a sitting; ``state`` "" where nothing does."""

    attempt_id: int
    state: str
    generation: int
    lines: int
    owner_id: int
    deadline_version: int
    session_version: int


@dataclass(frozen=True, slots=True)
class Restored:
    """A sitting to put together again.

    ``opening.generation`` is the new one; ``known`` are its journal lines, of which the first ``shipped`` are in SQL;
    ``started_ms`` is the last sign of life of one whose journal is empty: its new one begins then.
    """

    opening: Opening
    known: Sequence[bytes]
    shipped: int
    started_ms: int


class Mender:
    """Mends slots under one lease. All raise ``Unavailable`` where Redis does not answer, ``Superseded`` where the
    lease has gone to another.
    """

    def __init__(self, calls: Coalescer, token: int) -> None:
        self._calls = calls.past_fence
        self._token = token

    async def begin(self, slot: int, fence: str, *, lost: bool) -> set[int] | None:
        """Begin with a slot that gets ``fence`` at the end; the attempts that its due set and unshipped lines name.
        ``lost``: what stands there must not count until then. None: another has opened it already.
        """
        keys = (fence_key(slot), due_key(slot), unshipped_key(slot))
        reply = await self._calls.run(BEGIN, keys, (self._token, fence, int(lost)))
        if not reply:
            raise Superseded
        if reply == [b"open"]:
            return None
        return {int(member) for members in reply for member in members}

    async def survey(self, attempt_ids: Sequence[int]) -> dict[int, Found]:
        """What stands of attempts of one slot."""
        found: dict[int, Found] = {}
        for start in range(0, len(attempt_ids), SURVEYED_AT_ONCE):
            some = attempt_ids[start : start + SURVEYED_AT_ONCE]
            reply = await self._calls.run(SURVEY, [key for each in some for key in sitting_keys(each)[:2]], ())
            for attempt_id, (state, *numbers) in zip(some, reply, strict=True):
                found[attempt_id] = Found(attempt_id, state.decode(), *numbers)
        return found

    async def journal(self, attempt_id: int) -> list[bytes]:
        """The journal that stands in Redis."""
        lines: list[bytes] = await self._calls.command("LRANGE", sitting_keys(attempt_id)[1], 0, -1)
        return lines

    async def restore(self, restored: Restored, now_ms: int) -> None:
        """Put a sitting together again, ``opening``. Done twice it is the same."""
        opening = restored.opening
        fields, journal = _fields(restored, now_ms)
        flat = [part for pair in fields.items() for part in pair]
        look_at_ms = now_ms if fields["cr"] else opening.deadline.look_at_ms
        if fields["lv"] and not fields["cr"]:
            look_at_ms = min(look_at_ms, int(fields["lv"]) + opening.leave_grace_ms)
        place = (opening.attempt_id, look_at_ms, opening.generation, restored.shipped)
        args = (self._token, *place, len(fields), *flat, *journal)
        await self._do(RESTORE, _keys(opening.attempt_id), args)

    async def forget(self, attempt_id: int) -> None:
        """Remove what stands of an attempt that SQL does not know."""
        await self._do(FORGET, _keys(attempt_id), (self._token, attempt_id))

    async def open(self, slot: int, restored: Sequence[int], fence: str) -> None:
        """Open the slot, and with it the sittings that were restored."""
        keys = (fence_key(slot), *(sitting_keys(attempt_id)[0] for attempt_id in restored))
        await self._do(OPEN_SLOT, keys, (self._token, fence))

    async def open_empty(self, slot: int, fence: str) -> bool:
        """Open a slot of which SQL knows nothing that runs; False where something stands there all the same."""
        keys = (fence_key(slot), due_key(slot), unshipped_key(slot))
        return bool(await self._calls.run(OPEN_EMPTY, keys, (self._token, fence)))

    async def _do(self, script: Script, keys: Sequence[str], args: Sequence[str | int | bytes]) -> None:
        if not await self._calls.run(script, keys, args):
            raise Superseded


def _keys(attempt_id: int) -> tuple[str, ...]:
    return (fence_key(slot_of(attempt_id)), *sitting_keys(attempt_id))


def _fields(restored: Restored, now_ms: int) -> tuple[dict[str, str | int], list[bytes]]:
    """The hash but for ``st``, and the journal."""
    opening, state = restored.opening, fold(restored.known)
    deadline = opening.deadline
    journal = list(restored.known)
    if not journal:
        until = f"{deadline.at_ms} {deadline.version} {deadline.reason}"
        journal.append(f"o {restored.started_ms} {opening.generation} {until} {opening.items}".encode())
    journal.append(f"x {now_ms} {opening.generation} {len(restored.known)}".encode())
    fields: dict[str, str | int] = {
        "g": opening.generation,
        "ow": opening.owner_id,
        "sv": opening.session_version,
        "d": deadline.at_ms,
        "dr": bounded(deadline.reason),
        "dv": deadline.version,
        "du": deadline.look_at_ms,
        "e": state.epoch,
        "es": state.pen_since_ms or restored.started_ms,
        "p": state.page_id,
        "pd": state.device,
        "sq": state.sequence,
        "ls": max(state.seen_ms, restored.started_ms),
        "jl": state.pulsed_ms or restored.started_ms,
        "lv": "" if state.left_page_ms is None or not opening.leave_grace_ms else state.left_page_ms,
        "lg": opening.leave_grace_ms,
        "fl": state.focus_losses,
        "rv": state.revision,
        "cr": state.closed,
        "ca": "" if state.closed_at_ms is None else state.closed_at_ms,
        "cn": state.closings,
        "oc": "",
        "n": opening.items,
        "hd": now_ms + HELD_MS,
        "sc": len(state.asides),
        "lb": long_bytes_of(restored.known),
    }
    for letter, items in (("a", state.answers), ("f", state.flags)):
        for position, kept in items.items():
            fields[f"{letter}{position}"] = _packed(kept)
    return fields, journal


def _packed(kept: Kept) -> str:
    return f"{kept.revision} {kept.epoch}.{kept.sequence} {kept.at_ms} {kept.value}"
