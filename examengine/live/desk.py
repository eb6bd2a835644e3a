"""The desk at which a sitting is kept while it runs: one method a script of ``lua/``.

Every method gets ``now_ms``, the stamp of the request, and answers a frozen dataclass with a ``word``. All raise
``Unavailable`` where Redis does not answer, and ``ValueError`` where an argument is out of its bounds.
"""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec

from examengine.banks.responses import VALUE_BYTES
from examengine.live.coalesce import Coalescer
from examengine.live.errors import Unavailable
from examengine.live.openings import Deadline, Opening, bounded, deadline_args
from examengine.live.replies import (
    STANDING_PARTS,
    CloseReason,
    FormSaved,
    Redeemed,
    Saved,
    Sitting,
    Standing,
    saved,
    sitting,
    standing,
)
from examengine.live.scripts import Script, load, of_a_page, of_a_sitting, of_the_pen
from examengine.live.slots import SLOTS, due_key, fence_key, sitting_keys, slot_of

CLAMP_MS = 2_000
MAX_VALUE_BYTES: Mapping[str, int] = MappingProxyType({"a": VALUE_BYTES, "f": 64})
"""Of an answer and of a flag, as they are written."""
MAX_SEQUENCE = 2**48
MAX_DEVICE_BYTES = 32
TOMBSTONE_MS = 24 * 3600 * 1000

OPEN = of_a_sitting("open")
CLAIM = of_the_pen("claim")
REJOIN = of_the_pen("rejoin")
REDEEM = of_a_sitting("redeem")
CLOSE = of_a_sitting("close")
REOPEN = of_a_sitting("reopen")
SETTLE = of_a_sitting("settle")
ENTOMB = of_a_sitting("entomb")
PUSH = of_a_sitting("push")
EXCUSE = of_a_sitting("excuse")
HEAR = load("hear")
READ = of_a_sitting("read")
SAVE = of_a_page("save")
SAVE_FORM = of_a_page("save_form")
PULSE = of_a_page("pulse")
LEAVE = of_a_page("leave")
COME_BACK = of_a_page("come_back")
LOSE_FOCUS = of_a_page("lose_focus")
HAND_IN = of_a_page("hand_in")
KNOCK = of_a_page("knock")


class Pen(msgspec.Struct, frozen=True):
    """Who asks: attempt, generation and epoch of the page token, owner and session version of the cookie."""

    attempt_id: int
    owner_id: int
    session_version: int
    generation: int
    epoch: int


class Operation(msgspec.Struct, frozen=True):
    """One change by a page: ``kind`` is "a" (answer) or "f" (flag), ``position`` is 1-based.

    ``value``: a response as :mod:`examengine.banks.responses` writes it, "" for cleared; of a flag "1" or "".
    ``base_revision`` is the revision of the item that the page showed when the change was made.
    """

    sequence: int
    kind: str
    position: int
    base_revision: int
    value: str

    def __post_init__(self) -> None:
        if self.kind not in ("a", "f"):
            raise ValueError(f"kind of operation: {self.kind!r}")
        if not 0 < self.sequence <= MAX_SEQUENCE:
            raise ValueError(f"sequence: {self.sequence}")
        _fits(self.kind, self.value)


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An operation as it was acknowledged: ``kind`` and ``position`` as in :class:`Operation`; epoch and sequence
    are its mark.
    """

    kind: str
    position: int
    epoch: int
    sequence: int
    at_ms: int
    value: str

    def __post_init__(self) -> None:
        Operation(self.sequence, self.kind, self.position, 0, self.value)  # bounded alike
        if not 0 <= self.epoch <= MAX_SEQUENCE or self.position < 1:
            raise ValueError(f"epoch {self.epoch}, position {self.position}")


class Desk:
    """Sittings in Redis.

    ``clamp`` False lets a stamp differ from Redis' own time: tests and a demo whose clock is shifted. ``fenced``:
    sittings are opened only in slots whose fence stands.
    """

    def __init__(self, calls: Coalescer, *, clamp: bool = True, fenced: bool = False) -> None:
        self._calls = calls
        self._fenced = fenced
        self._clamp_ms = CLAMP_MS if clamp else -1

    # ── the system opens and moves ──

    async def open(self, opening: Opening, now_ms: int) -> Standing:
        """Open a sitting whose attempt stands in SQL: ``opened``, ``already`` where it is known, or ``opening`` where
        the slot is lost and must be rebuilt first.
        """
        deadline = opening.deadline
        keys = sitting_keys(opening.attempt_id)
        args = (
            now_ms,
            self._clamp_ms,
            opening.attempt_id,
            opening.owner_id,
            opening.session_version,
            opening.generation,
            opening.items,
            deadline.at_ms,
            bounded(deadline.reason),
            deadline.version,
            deadline.look_at_ms,
            opening.leave_grace_ms,
        )
        fence = (fence_key(slot_of(opening.attempt_id)),) if self._fenced else ()
        return standing(Standing, await self._calls.run(OPEN, (*keys, *fence), args))

    async def push(
        self,
        attempt_id: int,
        generation: int,
        now_ms: int,
        *,
        deadline: Deadline | None = None,
        session_version: int | None = None,
    ) -> Standing:
        """Bring what SQL holds to a live sitting: ``pushed``, or ``already`` where no version is higher."""
        reply = await self._ask(
            PUSH,
            attempt_id,
            now_ms,
            generation,
            "" if session_version is None else session_version,
            *(("", "", 0, 0) if deadline is None else deadline_args(deadline)),
        )
        return standing(Standing, reply)

    # ── a page ──

    async def claim(
        self, attempt_id: int, owner_id: int, session_version: int, page_id: str, device: str, now_ms: int
    ) -> Sitting:
        """Take the pen for a page about to be drawn: ``claimed`` with the new epoch and every field.

        ``device``: one word for the journal and for the page that loses the pen, at most 32 bytes.
        """
        reply = await self._ask(
            CLAIM, attempt_id, now_ms, owner_id, session_version, bounded(page_id), bounded(device, MAX_DEVICE_BYTES)
        )
        return sitting(reply)

    async def rejoin(
        self,
        attempt_id: int,
        owner_id: int,
        session_version: int,
        generation_of_token: int,
        epoch_of_token: int,
        page_id: str,
        device: str,
        now_ms: int,
    ) -> Sitting:
        """Take the pen for an open page whose sitting was rebuilt: ``claimed`` with the new generation and epoch, or
        ``pen_lost`` where a newer page is known; both with every field. Idempotent by ``page_id``.
        """
        reply = await self._ask(
            REJOIN,
            attempt_id,
            now_ms,
            owner_id,
            session_version,
            bounded(page_id),
            bounded(device, MAX_DEVICE_BYTES),
            generation_of_token,
            epoch_of_token,
        )
        return sitting(reply)

    async def redeem(
        self, attempt_id: int, owner_id: int, session_version: int, lost: Sequence[Acknowledged], now_ms: int
    ) -> Redeemed:
        """Write again what was acknowledged and is lost: ``redeemed``, also after the deadline, or ``closed``.

        That they were acknowledged is for the caller to prove. What stands under a newer mark stays.
        """
        fields = (
            part
            for op in lost
            for part in (f"{op.kind}{op.position}", op.position, op.epoch, op.sequence, op.at_ms, op.value)
        )
        reply = await self._ask(REDEEM, attempt_id, now_ms, owner_id, session_version, *fields)
        written = reply[STANDING_PARTS] if len(reply) > STANDING_PARTS else 0
        return standing(Redeemed, reply, written=written)

    async def save(self, pen: Pen, operation: Operation, now_ms: int) -> Saved:
        """Write one answer or flag. ``kept`` is the item as it stands, ``is_kept``: this operation wrote it."""
        return saved(await self.ask_save(pen, operation, now_ms), pen.epoch, operation.sequence, operation.value)

    def ask_save(self, pen: Pen, operation: Operation, now_ms: int) -> asyncio.Future[Sequence[Any]]:
        """The same on its way, for whoever does not wait in a task: the reply is for :func:`saved`."""
        return self._put_as(
            SAVE,
            pen,
            now_ms,
            operation.sequence,
            f"{operation.kind}{operation.position}",
            operation.position,
            operation.base_revision,
            operation.value,
        )

    async def save_form(
        self, pen: Pen, answers: Mapping[int, str], flags: Mapping[int, str], now_ms: int
    ) -> FormSaved:
        """Write a form posted without JavaScript, by position; only what differs, all or nothing."""
        fields = [(f"a{position}", value) for position, value in answers.items()]
        fields += [(f"f{position}", value) for position, value in flags.items()]
        for field, value in fields:
            _fits(field[0], value)
        reply = await self._ask_as(SAVE_FORM, pen, now_ms, *(part for field_value in fields for part in field_value))
        written = reply[STANDING_PARTS] if len(reply) > STANDING_PARTS else 0
        return standing(FormSaved, reply, written=written)

    async def pulse(self, pen: Pen, now_ms: int, sequence: int = 0, *, all_sent: bool = False) -> Standing:
        """Say that the page is there: ``alive``. ``all_sent``: it has nothing more to say either. After the deadline
        the page with the pen gives up its grace by that.
        """
        return standing(Standing, await self.ask_pulse(pen, now_ms, sequence, all_sent=all_sent))

    def ask_pulse(
        self, pen: Pen, now_ms: int, sequence: int = 0, *, all_sent: bool = False
    ) -> asyncio.Future[Sequence[Any]]:
        """The same on its way: the reply is for :func:`standing`."""
        return self._put_as(PULSE, pen, now_ms, sequence, CLAMP_MS if all_sent else "")

    async def leave(self, pen: Pen, sequence: int, now_ms: int) -> Standing:
        """Report that the page is left: ``left``, or ``logged`` where it does not count."""
        return standing(Standing, await self._ask_as(LEAVE, pen, now_ms, reported(sequence)))

    async def come_back(self, pen: Pen, sequence: int, now_ms: int) -> Standing:
        """Report that the page is looked at again: ``back``, or ``forced`` after the leave grace."""
        return standing(Standing, await self._ask_as(COME_BACK, pen, now_ms, reported(sequence)))

    async def lose_focus(self, pen: Pen, sequence: int, now_ms: int) -> Standing:
        """Count a loss of focus: ``counted``; ``focus_losses`` is for the caller to weigh."""
        return standing(Standing, await self._ask_as(LOSE_FOCUS, pen, now_ms, reported(sequence)))

    async def hand_in(self, pen: Pen, reason: CloseReason, now_ms: int) -> Sitting:
        """Close by the page that holds the pen: ``closing`` now, or ``closed`` before, with everything."""
        return sitting(await self._ask_as(HAND_IN, pen, now_ms, reason))

    async def knock(self, pen: Pen, grace_ms: int, now_ms: int) -> Standing:
        """A hand-in after the deadline: ``knocked`` (a sign of life) within the grace, else ``too_late``.

        ``not_due`` where this side knows a later deadline. The pen's epoch is not asked for.
        """
        return standing(Standing, await self._ask_as(KNOCK, pen, now_ms, grace_ms))

    # ── the system hears, or could not ──

    async def excuse(self, attempt_id: int, generation: int, now_ms: int) -> Standing:
        """Take a leave back whose return we may not have heard: ``excused``, or ``already`` where none is known."""
        return standing(Standing, await self._ask(EXCUSE, attempt_id, now_ms, generation))

    async def hear(self, slots: Iterable[int], now_ms: int) -> frozenset[int]:
        """Note in the fences of slots that they are heard now; the slots that took it.

        Raises:
            Unavailable: none of them did, because Redis does not answer or every one is shut.
        """
        asked = list(slots)
        calls = (self._calls.run(HEAR, (fence_key(slot),), (now_ms,)) for slot in asked)
        told = await asyncio.gather(*calls, return_exceptions=True)
        heard = frozenset(slot for slot, reply in zip(asked, told, strict=True) if reply == 1)
        for failed in told:
            if isinstance(failed, BaseException) and (not heard or not isinstance(failed, Unavailable)):
                raise failed
        return heard

    # ── the system ends ──

    async def close(
        self,
        attempt_id: int,
        generation: int,
        reason: CloseReason,
        instant_ms: int,
        now_ms: int,
        *,
        only_if_due_ms: int | None = None,
        seen_since_ms: int | None = None,
    ) -> Sitting:
        """Close: ``closing``, or ``closed`` with the first one's reason and instant; both with everything.

        ``instant_ms`` is when it ended. ``only_if_due_ms`` is the deadline that SQL gives: where Redis knows a
        later one the answer is ``moved`` and nothing is closed. ``seen_since_ms``: its grace is not over; closed only
        where the page said at that deadline that all was sent, and the candidate was heard since then.
        """
        due = "" if only_if_due_ms is None else only_if_due_ms
        seen = "" if seen_since_ms is None else seen_since_ms
        return sitting(await self._ask(CLOSE, attempt_id, now_ms, generation, reason, instant_ms, due, seen))

    async def reopen(
        self, attempt_id: int, generation: int, closing: int, deadline: Deadline, now_ms: int
    ) -> Standing:
        """Let a sitting run again whose finish met a moved deadline; ``closing`` is that of the close's answer."""
        reply = await self._ask(REOPEN, attempt_id, now_ms, generation, closing, *deadline_args(deadline))
        return standing(Standing, reply)

    async def settle(
        self,
        attempt_id: int,
        generation: int,
        reason: CloseReason,
        instant_ms: int,
        outcome: str,
        now_ms: int,
        *,
        tombstone_ms: int = TOMBSTONE_MS,
    ) -> Standing:
        """Leave a tombstone once the outcome stands in SQL. Reason and instant count where nothing had closed it."""
        reply = await self._ask(
            SETTLE, attempt_id, now_ms, generation, reason, instant_ms, bounded(outcome), tombstone_ms
        )
        return standing(Standing, reply)

    async def entomb(
        self, opening: Opening, reason: CloseReason, instant_ms: int, outcome: str, now_ms: int, *, tombstone_ms: int
    ) -> Standing:
        """Leave the tombstone of an attempt that is over and of which nothing is known here: ``settled``, or
        ``already`` where one stands.
        """
        deadline = opening.deadline
        reply = await self._ask(
            ENTOMB,
            opening.attempt_id,
            now_ms,
            tombstone_ms,
            opening.generation,
            opening.owner_id,
            opening.session_version,
            deadline.at_ms,
            bounded(deadline.reason),
            deadline.version,
            reason,
            instant_ms,
            bounded(outcome),
            opening.items,
        )
        return standing(Standing, reply)

    # ── looking ──

    async def read(self, attempt_id: int, now_ms: int) -> Sitting:
        """Everything, and no change: ``found`` or ``absent``."""
        return sitting(await self._ask(READ, attempt_id, now_ms))

    async def look(self) -> None:
        """See that sittings can be had, of all slots for the first; the cheapest thing there is to ask.

        Raises:
            Unavailable: Redis is away, or has lost the slot.
        """
        await self._calls.command("EXISTS", sitting_keys(0)[0])

    async def due(self, slot: int, now_ms: int, limit: int = 500) -> list[int]:
        """Attempts of a slot at which someone should look by now, longest due first. A hint: SQL decides."""
        if not 0 <= slot < SLOTS:
            raise ValueError(f"slot: {slot}")
        members: list[bytes] = await self._calls.command(
            "ZRANGEBYSCORE", due_key(slot), "-inf", now_ms, "LIMIT", 0, limit
        )
        return [int(member) for member in members]

    def _ask(self, script: Script, attempt_id: int, now_ms: int, *args: str | int) -> Awaitable[Sequence[Any]]:
        return self._calls.run(script, sitting_keys(attempt_id), (now_ms, self._clamp_ms, attempt_id, *args))

    def _ask_as(self, script: Script, pen: Pen, now_ms: int, *args: str | int) -> Awaitable[Sequence[Any]]:
        return self._calls.run(script, sitting_keys(pen.attempt_id), self._args_of(pen, now_ms, *args))

    def _put_as(self, script: Script, pen: Pen, now_ms: int, *args: str | int) -> asyncio.Future[Sequence[Any]]:
        return self._calls.ask(script, sitting_keys(pen.attempt_id), self._args_of(pen, now_ms, *args))

    def _args_of(self, pen: Pen, now_ms: int, *args: str | int) -> tuple[str | int, ...]:
        owner, version = pen.owner_id, pen.session_version
        return (now_ms, self._clamp_ms, pen.attempt_id, owner, version, pen.generation, pen.epoch, *args)


def _fits(kind: str, value: str) -> None:
    if len(value.encode()) > MAX_VALUE_BYTES[kind]:
        raise ValueError(f"value of {len(value.encode())} bytes")


def reported(sequence: int) -> int:
    """The sequence of a page's report, which counts from 1."""
    if not 0 < sequence <= MAX_SEQUENCE:
        raise ValueError(f"sequence: {sequence}")
    return sequence
