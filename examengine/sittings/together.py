"""Ending many sittings at once: on the last evening everybody has the same deadline, and before it crowds hand in.

Sittings whose time is up and about which there is nothing to think are closed in one pipeline. They, and those that
their pages have closed, are marked one after another with others served between, recorded in one transaction and
settled in one pipeline. The decision is made by the functions that end one. Everything out of the ordinary (an order
of staff, a page that was left, a time in which we could not hear, answers that people mark, a fault) is not ours: it
stays as it is, and :class:`examengine.sittings.finish.Finisher` ends it by itself.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from examengine import live
from examengine.live import CloseReason, Desk, Sitting, Word
from examengine.live.journal import instant_of
from examengine.live.slots import slot_of
from examengine.records import finishes
from examengine.records.database import Database, Reading
from examengine.records.errors import Unavailable
from examengine.records.finishes import Ready
from examengine.records.outcomes import Outcome
from examengine.records.shapes import chunks
from examengine.records.shelf import Shelf
from examengine.rules.closing import presence_ms
from examengine.sittings.deadlines import early_ms, final_ms, leave_grace_ms
from examengine.sittings.hearing import Prober
from examengine.sittings.known import Known
from examengine.sittings.recording import finish_of, judged
from examengine.sittings.scoring import Scorer

CLOSED_AT_ONCE = 20
"""Calls to the desk in one pipeline: what it answers is read in one go."""
MARKED_BETWEEN = 2
"""So many are marked, a few milliseconds, before requests have their turn."""

BY_PAGE = frozenset({CloseReason.HAND_IN, CloseReason.GIVE_UP})

log = structlog.get_logger("examengine.together")


@dataclass(frozen=True, slots=True)
class Closed:
    """A sitting that the desk has closed, what is known of it, and the stamp of who wants it recorded."""

    known: Known
    sitting: Sitting
    now_ms: int

    @property
    def is_plain(self) -> bool:
        """Whether its page has ended it, and nothing that SQL knows speaks about that."""
        is_ended = self.sitting.state == "closing" and self.sitting.close_reason in BY_PAGE
        return is_ended and self.known.row.outcome is None and self.known.order is None


class Together:
    """Ends many sittings."""

    def __init__(self, database: Database, desk: Desk, shelf: Shelf, prober: Prober) -> None:
        self._database = database
        self._desk = desk
        self._prober = prober
        self._scorer = Scorer(shelf)

    async def end(self, known: Iterable[Known], now_ms: int) -> frozenset[int]:
        """End what can be ended together; ids of the attempts that have ended, their outcomes recorded. The others
        are to be looked at one by one: nothing was decided about them.

        Raises:
            records.Unavailable: SQL is away.
        """
        plain = [one for one in known if _is_plain(one, now_ms) and await self._may_close(one, now_ms)]
        sittings: list[Sitting | None] = []
        for part in chunks(plain, CLOSED_AT_ONCE):
            sittings += await asyncio.gather(*(self._close(one, now_ms) for one in part))
        closed = [
            Closed(one, sitting, now_ms) for one, sitting in zip(plain, sittings, strict=True) if sitting is not None
        ]
        recorded = await self._recorded(closed)
        await self._settle(closed, recorded, now_ms)
        return frozenset(recorded)

    async def record(self, closed: Sequence[Closed]) -> list[Outcome | None]:
        """Record what closed sittings come to: their outcomes in the same order. None: nothing was decided, it is to
        be ended by itself. The tombstones are for who asks.

        Raises:
            records.Unavailable: SQL is away.
        """
        recorded = await self._recorded(closed)
        return [recorded.get(one.known.row.id) for one in closed]

    async def _recorded(self, closed: Iterable[Closed]) -> Mapping[int, Outcome]:
        once = {one.known.row.id: one for one in closed}
        try:
            async with self._database.reading() as tx:
                made = [await self._made(tx, one, place) for place, one in enumerate(once.values())]
            ready = [one for one in made if one is not None]
            if not ready:
                return {}
            async with self._database.writing() as tx:
                # whoever waited has an older stamp than the closing: a deadline had passed all the same
                at_ms = max(max(one.now_ms, _closed_ms(one.sitting)) for one in once.values())
                recorded = await finishes.record_finishes(tx, ready, at_ms)
        except Unavailable:
            raise
        except Exception:
            log.exception("not_ended_together", attempts=len(once))
            return {}
        return recorded

    async def _may_close(self, known: Known, now_ms: int) -> bool:
        """Whether its grace is over, or we heard all the while that tells of presence: within the grace an outage
        leaves it to those who answer for that.
        """
        if _is_final(known, now_ms):
            return True
        from_ms, until_ms = _seen_since_ms(known), known.closing.deadline_ms
        return await self._prober.deaf(slot_of(known.row.id), from_ms, until_ms, now_ms) == ()

    async def _close(self, known: Known, now_ms: int) -> Sitting | None:
        """Closed by its deadline, and nothing else; None where the desk says otherwise, or is away. Within the grace
        only where the page gave that up.
        """
        attempt, deadline_ms = known.owned.attempt, known.closing.deadline_ms
        try:
            sitting = await self._desk.close(
                attempt.id,
                attempt.generation,
                CloseReason.DEADLINE,
                deadline_ms,
                now_ms,
                only_if_due_ms=deadline_ms,
                seen_since_ms=None if _is_final(known, now_ms) else _seen_since_ms(known),
            )
        except live.Unavailable:
            return None
        is_ours = sitting.word in {Word.CLOSING, Word.CLOSED} and sitting.state == "closing"
        return sitting if is_ours and sitting.close_reason == CloseReason.DEADLINE else None

    async def _made(self, tx: Reading, closed: Closed, place: int) -> Ready | None:
        """What it comes to; None where there is something to think about, or it cannot be marked."""
        if place % MARKED_BETWEEN == MARKED_BETWEEN - 1:
            await asyncio.sleep(0)
        known, sitting = closed.known, closed.sitting
        attempt = known.owned.attempt
        if not sitting.journal:
            return None
        if sitting.close_reason == CloseReason.DEADLINE and not await self._could_hear(closed):
            return None
        try:
            scored = await self._scorer.score(tx, known.owned.exam_id, attempt.paper, sitting.given, closed.now_ms)
            by = judged(known.rulebook, sitting, known.closing, None, (), (), scored)
        except Unavailable:
            raise
        except Exception:
            log.warning("not_made_together", attempt=attempt.id)  # told in full when it is looked at by itself
            return None
        if by.waits:
            return None
        entries = frozenset(entry.id for entry in known.record.entries)
        return Ready(finish_of(attempt.id, sitting, known.closing, by), attempt, entries)

    async def _could_hear(self, closed: Closed) -> bool:
        """Whether it was closed by the deadline that SQL knows, and we heard all the while before."""
        sitting, deadline_ms = closed.sitting, closed.known.closing.deadline_ms
        if sitting.closed_at_ms != deadline_ms:
            return False
        from_ms = min(sitting.seen_ms, deadline_ms - presence_ms(closed.known.rulebook))
        return await self._prober.deaf(slot_of(closed.known.row.id), from_ms, deadline_ms, closed.now_ms) == ()

    async def _settle(self, closed: Iterable[Closed], recorded: Mapping[int, Outcome], now_ms: int) -> None:
        """Leave the tombstones; one that cannot be left now is left when the due set leads there again."""
        generations = {one.known.row.id: one.sitting.generation for one in closed}
        told = await asyncio.gather(
            *(
                self._desk.settle(
                    attempt_id,
                    generations[attempt_id],
                    CloseReason.DEADLINE,
                    outcome.ended_ms,
                    outcome.state,
                    now_ms,
                )
                for attempt_id, outcome in recorded.items()
            ),
            return_exceptions=True,
        )
        away = [failed for failed in told if isinstance(failed, BaseException)]
        if away:
            log.warning("not_settled", attempts=len(away))
        for failed in away:
            if not isinstance(failed, live.Unavailable):
                raise failed


def _closed_ms(sitting: Sitting) -> int:
    return next((instant_of(line) for line in reversed(sitting.journal) if line[:1] == b"z"), 0)


def _is_final(known: Known, now_ms: int) -> bool:
    return now_ms >= final_ms(known.rulebook, known.closing)


def _seen_since_ms(known: Known) -> int:
    return known.closing.deadline_ms - presence_ms(known.rulebook)


def _is_plain(known: Known, now_ms: int) -> bool:
    """Whether its deadline may have closed it for good and nothing else can have."""
    return (
        known.row.outcome is None
        and known.order is None
        and now_ms >= early_ms(known.closing)
        and leave_grace_ms(known.rulebook) == 0
    )
