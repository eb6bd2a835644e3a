"""The process that stays: it holds the listening socket and sees to it that workers take requests on it.

Workers come and go. One that dies or hangs is replaced; SIGHUP replaces all, one by one, each new one taking requests
before its predecessor is asked to go, so that nobody finds the door shut. (uvicorn's own supervisor does nearly this,
but it stops itself when a new worker fails, has no bound on a stop, does not notice a blocked event loop, and leaves
its workers behind when it is killed.)
"""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from examengine.embedded.memory import environment
from examengine.embedded.orders import READY, REFUSED, Orders

START_SECONDS = 60.0
"""How long a worker may take until it takes requests, stores permitting, before a rolling restart is given up."""
HUNG_SECONDS = 20.0
"""A worker that is silent so long is killed; it should say something every second."""
STOP_SECONDS = 20.0
"""How long a worker that was asked to go may take beyond its notice: requests under way, shipping, closing."""
YOUNG_SECONDS = 10.0
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0

log = structlog.get_logger("examengine.supervisor")


class RefusedToServe(Exception):  # noqa: N818 – a state of things
    """The first worker found that it cannot serve as things are; it has said why."""


@dataclass(eq=False)
class _Hand:
    """A worker as its supervisor sees it; ``gone`` gives the exit code."""

    seat: int
    process: asyncio.subprocess.Process
    born_s: float
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    gone: "asyncio.Future[int]" = field(init=False)


class Supervisor:
    """``workers`` processes on ``listening``.

    ``ready`` is called once, when the first of them takes requests; a stop waits for nobody once ``hurry`` is set.
    ``program``: the module that a worker runs.
    """

    def __init__(
        self,
        listening: socket.socket,
        orders: Orders,
        workers: int,
        ready: Callable[[], None],
        hurry: asyncio.Event,
        program: str = "examengine.embedded.worker",
    ) -> None:
        self._listening = listening
        self._program = program
        self._orders = orders
        self._tell_ready = ready
        self._first_ready = asyncio.Event()
        self._seats: list[_Hand | None] = [None] * workers
        self._locks = [asyncio.Lock() for _ in range(workers)]
        self._hands: set[_Hand] = set()
        self._asked = asyncio.Event()
        self._hurry = hurry

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that take requests now."""
        return tuple(sorted(hand.process.pid for hand in self._hands if hand.ready.is_set() and not hand.gone.done()))

    async def run(self) -> None:
        """Keep the workers until cancelled, then stop them.

        Raises:
            RefusedToServe: there is no use in trying.
        """
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._asked.set)
        try:
            async with asyncio.TaskGroup() as group:
                for seat in range(len(self._seats)):
                    group.create_task(self._keep(seat))
                group.create_task(self._announce())
                group.create_task(self._roll_when_asked())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        finally:
            loop.remove_signal_handler(signal.SIGHUP)
            await asyncio.gather(*(self._end(hand) for hand in tuple(self._hands)))

    async def _announce(self) -> None:
        await self._first_ready.wait()
        self._tell_ready()

    async def _keep(self, seat: int) -> None:
        """See to it that somebody sits there."""
        wait_s = FIRST_WAIT_SECONDS
        while True:
            async with self._locks[seat]:
                hand = self._seats[seat]
                if hand is None or hand.gone.done():
                    hand = self._seats[seat] = await self._start(seat)
            code = await asyncio.shield(hand.gone)
            if self._seats[seat] is not hand:
                continue
            if code == REFUSED and not self._first_ready.is_set():
                raise RefusedToServe
            log.error("worker_ended", seat=seat, pid=hand.process.pid, code=code)
            if asyncio.get_running_loop().time() - hand.born_s < YOUNG_SECONDS:
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, LONGEST_WAIT_SECONDS)
            else:
                wait_s = FIRST_WAIT_SECONDS

    async def _roll_when_asked(self) -> None:
        while True:
            await self._asked.wait()
            self._asked.clear()
            log.info("restarting_workers")
            for seat in range(len(self._seats)):
                if not await self._replace(seat):
                    log.error("restart_given_up", seat=seat, why="the new worker does not serve; the old ones stay")
                    break
            else:
                log.info("workers_restarted")

    async def _replace(self, seat: int) -> bool:
        """Put a new worker there; False, and nothing changed, where it does not come to take requests."""
        async with self._locks[seat]:
            new = await self._start(seat)
            ready = asyncio.ensure_future(new.ready.wait())
            try:
                await _first(START_SECONDS, ready, new.gone)
            finally:
                ready.cancel()
            if not new.ready.is_set() or new.gone.done():
                await self._end(new)
                return False
            old, self._seats[seat] = self._seats[seat], new
        if old is not None:
            await self._end(old)
        return True

    async def _start(self, seat: int) -> _Hand:
        ours, theirs = socket.socketpair()
        try:
            handed = (self._listening.fileno(), theirs.fileno())
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # nothing of the current folder is imported
                "-m",
                self._program,
                *map(str, handed),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=handed,
                env=environment(),
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        hand = _Hand(seat, process, asyncio.get_running_loop().time())
        hand.gone = asyncio.ensure_future(self._follow(hand, ours))
        self._hands.add(hand)
        return hand

    async def _follow(self, hand: _Hand, line: socket.socket) -> int:
        """Hand over the orders, listen to the worker until it has ended; its exit code."""
        reader, writer = await asyncio.open_connection(sock=line)
        # A shifted clock is a fault that tests make: one worker's, whatever their number.
        writer.write(replace(self._orders, is_first=hand.seat == 0).line())
        said, patience_s = b".", START_SECONDS
        try:
            while said:
                async with asyncio.timeout(patience_s):
                    said = await reader.read(64)
                patience_s = HUNG_SECONDS
                if READY in said:
                    hand.ready.set()
                    self._first_ready.set()
        except TimeoutError:
            log.error("worker_hangs", seat=hand.seat, pid=hand.process.pid)
            hand.process.kill()
        except OSError:
            pass
        code = await hand.process.wait()
        writer.close()
        self._hands.discard(hand)
        return code

    async def _end(self, hand: _Hand) -> None:
        """Ask it to go, wait as long as is fair, then make it go."""
        if hand.gone.done():
            return
        hand.process.terminate()
        hurry = asyncio.ensure_future(self._hurry.wait())
        await _first(STOP_SECONDS + self._orders.notice_ms / 1000, hand.gone, hurry)
        hurry.cancel()
        if not hand.gone.done():
            log.warning("worker_killed", seat=hand.seat, pid=hand.process.pid)
            hand.process.kill()
            await asyncio.wait({hand.gone})


async def _first(seconds: float, *waited_for: "asyncio.Future[Any]") -> None:
    """Wait until one of them is done, or for so long."""
    await asyncio.wait(waited_for, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
