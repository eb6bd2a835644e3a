"""One Redis server as we talk to it: calls gather while a pipeline is under way, then go as the next one.

Under load Redis writes its append-only file once for many answers, and an answer costs no connection of its own.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Any

from examengine.live.errors import Unavailable, WrongServer, failure
from examengine.live.fences import (
    ALL_SLOTS,
    ASK_LIFE,
    LOOK_AGAIN_SECONDS,
    Life,
    ShutSlot,
    ask_fences,
    fenced_slot,
    life,
)
from examengine.live.replicas import ASK_CONFIG, Followers, Rival, check_config, refuse_rivals
from examengine.live.scripts import Script
from examengine.live.wire import Command, Wire, packed

MAX_WAITING = 8192
MAX_PIPELINE = 512
ASKING: Command = ("ASKING",)
# Error replies of a server that is being replaced: the next pipeline asks anew who serves.
REPLACED = ("READONLY", "MASTERDOWN", "CLUSTERDOWN", "UNBLOCKED")


@dataclass(slots=True)
class Call:
    """One command on its way.

    ``script`` is set where the command may have to bring its text along, ``key`` is the first key or "";
    ``past`` lets it go where a slot is shut.
    """

    command: Command
    script: Script | None
    key: str
    past: bool
    reply: asyncio.Future[Any]
    redirections: int = 0
    asking: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What every server is talked to under.

    ``installation`` None: there are no fences. ``durable``: only a server whose configuration loses nothing will do.
    ``replicated``: the settings name Sentinels or a cluster, a write must reach one replica at least. ``prefix``
    stands before every key, outside of its tag: keys of another record beside those of this one, on the same nodes.
    """

    timeout_s: float
    max_waiting: int = MAX_WAITING
    installation: str | None = None
    durable: bool = False
    replicated: bool = False
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """A fresh connection. ``rivals`` is asked once the server has said who it is and who follows it.

    It answers the replicas of which one could be made primary in its place, or raises ``Unavailable`` where that has
    happened or is about to: a server may have slept between being chosen and answering.
    """

    wire: Wire
    rivals: Callable[[], Awaitable[Collection[Rival]]]


class Node:
    """Sends calls in pipelines, one at a time, in the order in which they were made.

    Every call ends within about ``timeout_s``: a pipeline that is not answered takes down what waits behind it.
    ``dial`` opens a connection to whoever serves here now, and is sure of it; ``serves`` names the slots that lie
    here. ``redirect`` takes over a call that another server must answer; it says whether it does.
    """

    def __init__(
        self,
        dial: Callable[[], Awaitable[Reached]],
        terms: Terms,
        serves: Callable[[], Collection[int]] = lambda: ALL_SLOTS,
        redirect: Callable[[Call, str], bool] = lambda _call, _reply: False,
    ) -> None:
        self._dial = dial
        self._terms = terms
        self._serves = serves
        self._redirect = redirect
        self._waiting: deque[Call] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._closed = False
        self._wire: Wire | None = None
        self._life: Life | None = None
        self._open: frozenset[int] = frozenset()
        self._look_again_at_s = 0.0
        self._followers: Followers | None = None
        self.wrong: WrongServer | None = None

    def put(self, call: Call) -> None:
        """Take a call; its future ends with the reply, ``Unavailable`` or ``ScriptFailed``."""
        if self._closed:
            raise Unavailable("closed")
        if len(self._waiting) >= self._terms.max_waiting:
            raise Unavailable(f"{self._terms.max_waiting} calls are waiting")
        self._waiting.append(call)
        if self._sender is None:
            # A task begins in the next turn: until then this one's other calls come along.
            self._sender = asyncio.get_running_loop().create_task(self._send_all())

    async def shut(self) -> list[ShutSlot]:
        """Ask the server for the fences of the slots that lie here; those that do not name its life."""
        slots = sorted(self._serves())
        loop = asyncio.get_running_loop()
        calls = [
            Call(command, None, str(command[1]), True, loop.create_future())
            for command in ask_fences(slots, self._terms.prefix)
        ]
        for call in calls:
            self.put(call)
        told = await asyncio.gather(*(call.reply for call in calls), return_exceptions=True)
        if failed := next((reply for reply in told if isinstance(reply, BaseException)), None):
            raise failed
        if self._life is None:
            raise Unavailable("the connection was lost")
        return self._shut_of(slots, [reply for reply in told if isinstance(reply, list)])

    async def check(self) -> None:
        """See that the server answers and may be used; raises ``WrongServer``, ``Unavailable``."""
        call = Call(("PING",), None, "", True, asyncio.get_running_loop().create_future())
        self.put(call)
        try:
            await call.reply
        except Unavailable:
            if self.wrong is not None:
                raise self.wrong from None
            raise

    async def primaries(self) -> "list[Node]":
        """The servers that hold keys: this one."""
        return [self]

    def forget(self, slots: frozenset[int]) -> None:
        """Slots that lie elsewhere now: should they come back, their fences are looked at again."""
        self._open -= slots

    async def aclose(self) -> None:
        """Give up what waits, with ``Unavailable``, and close the connection."""
        self._closed = True
        _give_up(self._waiting, "closed")
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.wait([self._sender])
        if self._wire is not None:
            await self._wire.aclose()
            self._wire = None

    async def _send_all(self) -> None:
        calls: list[Call] = []
        try:
            while self._waiting:
                calls = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_PIPELINE))]
                async with asyncio.timeout(self._terms.timeout_s):
                    await self._send(calls)
        except (OSError, Unavailable) as error:
            self._hang_up()
            why = str(error) or type(error).__name__
            _give_up(calls, why)
            _give_up(self._waiting, why)
        except BaseException:
            self._hang_up()
            _give_up(calls, "stopped")
            _give_up(self._waiting, "stopped")
            raise
        finally:
            self._sender = None

    async def _send(self, calls: list[Call]) -> None:
        """A connection that has gone (the server was restarted, an idle line was cut) is made anew, once: every
        script of ours may be carried out twice.
        """
        try:
            await self._send_once(calls)
        except ConnectionError:
            self._hang_up()
            await self._send_once([call for call in calls if not call.reply.done()])

    async def _send_once(self, calls: list[Call]) -> None:
        wire = self._wire or await self._connect()
        if len(self._open) < len(ALL_SLOTS):
            calls = await self._admitted(wire, calls)
        replies = await self._exchange(wire, _commands(calls))
        unknown: list[Call] = []
        replaced = False
        for call, reply in zip(calls, _of_calls(calls, replies), strict=True):
            if isinstance(reply, Exception):
                word = str(reply).split(" ", 1)[0]
                if word == "NOSCRIPT" and call.script is not None:
                    unknown.append(call)
                    continue
                if word in ("MOVED", "ASK") and self._redirect(call, str(reply)):
                    continue
                replaced = replaced or word in REPLACED
            _answer(call, reply)
        if unknown:
            texts = {call.script.sha: call.script.text for call in unknown if call.script is not None}
            loading: list[Command] = [("SCRIPT", "LOAD", text) for text in texts.values()]
            replies = await self._exchange(wire, loading + _commands(unknown))
            for call, reply in zip(unknown, _of_calls(unknown, replies[len(loading) :]), strict=True):
                _answer(call, reply)
        if replaced:
            self._hang_up()

    async def _exchange(self, wire: Wire, commands: list[Command]) -> list[Any]:
        """Commands and their replies, which are what they say only if all replicas have what was written."""
        if not commands:
            return []
        followers = self._followers
        if followers is None or not followers.count:
            return await wire.exchange(packed(commands), len(commands))
        now_s = asyncio.get_running_loop().time()
        behind = followers.tail(now_s)
        replies = await wire.exchange(packed(commands + behind), len(commands) + len(behind))
        proved = followers.proved(replies[len(commands) :])
        while not proved:
            proved = followers.proved(await wire.ask(*followers.tail(now_s)))
        return replies[: len(commands)]

    async def _connect(self) -> Wire:
        """A new connection, with who answers there and which slots are open known before anything else is sent."""
        wire: Wire | None = None
        try:
            reached = await self._dial()
            wire = reached.wire
            slots = sorted(self._serves()) if self._terms.installation is not None else []
            config = ASK_CONFIG if self._terms.durable else ()
            replies = await wire.ask(*ASK_LIFE, *ask_fences(slots, self._terms.prefix), *config)
            fences = replies[len(ASK_LIFE) : len(ASK_LIFE) + len(slots)]
            self._check_in(replies[: len(ASK_LIFE)], replies[len(ASK_LIFE) + len(slots) :])
            if self._life is not None:
                refuse_rivals(self._life, await reached.rivals())
            if self._terms.installation is None:
                self._open = ALL_SLOTS
            else:
                self._open = frozenset()
                self._shut_of(slots, fences)
        except BaseException as error:
            self.wrong = error if isinstance(error, WrongServer) else None
            if wire is not None:
                wire.close()
            raise
        self._wire, self.wrong = wire, None
        return wire

    def _check_in(self, asked: list[Any], config: list[Any]) -> None:
        """Know who the server is and how many replicas must have what it is told.

        Raises:
            Unavailable: it is no primary, still reads its files, or must not be used as it is.
        """
        if refused := next((reply for reply in asked if isinstance(reply, Exception)), None):
            raise Unavailable(str(refused))
        self._life = life(*asked)
        if self._life.role != "master":
            raise Unavailable("the server is a replica")
        if config:
            check_config(config, self._terms.replicated)
        self._followers = Followers(self._life, self._terms.replicated, self._terms.timeout_s)

    def _hang_up(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._wire = self._life = self._followers = None
        self._open = frozenset()

    async def _admitted(self, wire: Wire, calls: list[Call]) -> list[Call]:
        """The calls that may go; those of shut slots are told so."""
        slots = {slot for call in calls if not call.past and (slot := fenced_slot(call.key)) is not None}
        shut = sorted(slots - self._open)
        if not shut:
            return calls
        now_s = asyncio.get_running_loop().time()
        if now_s >= self._look_again_at_s:
            self._look_again_at_s = now_s + LOOK_AGAIN_SECONDS
            slots_here = sorted(ALL_SLOTS.intersection(self._serves()) - self._open)
            replies = await wire.ask(*ask_fences(slots_here, self._terms.prefix))
            self._shut_of(slots_here, replies)
        going = []
        for call in calls:
            slot = None if call.past else fenced_slot(call.key)
            if slot is None or slot in self._open:
                going.append(call)
            elif not call.reply.done():
                call.reply.set_exception(Unavailable(f"slot {slot:02d} is being rebuilt"))
        return going

    def _shut_of(self, slots: list[int], fences: list[Any]) -> list[ShutSlot]:
        """Take note of fences as they were read; those that do not name this life."""
        if self._life is None or self._terms.installation is None:
            return []
        wanted = self._life.fence(self._terms.installation)
        shut = []
        for slot, fence in zip(slots, fences, strict=True):
            found, heard = fence if isinstance(fence, list) else (None, None)
            if found is None or found.decode() != wanted:
                heard_ms = None if heard is None else int(heard)
                shut.append(ShutSlot(slot, wanted, None if found is None else found.decode(), heard_ms))
        self._open = (self._open | frozenset(slots)) - {gap.slot for gap in shut}
        return shut


def _commands(calls: list[Call]) -> list[Command]:
    if not any(call.asking for call in calls):
        return [call.command for call in calls]
    return [command for call in calls for command in ((ASKING, call.command) if call.asking else (call.command,))]


def _of_calls(calls: list[Call], replies: list[Any]) -> list[Any]:
    """The replies of calls alone, out of those of ``_commands``."""
    if len(replies) == len(calls):
        return replies
    told = iter(replies)
    return [(next(told), next(told))[1] if call.asking else next(told) for call in calls]


def _answer(call: Call, reply: Any) -> None:
    if call.reply.done():  # its caller has gone away
        return
    if isinstance(reply, Exception):
        call.reply.set_exception(failure(reply))
    else:
        call.reply.set_result(reply)


def _give_up(calls: "deque[Call] | list[Call]", why: str) -> None:
    for call in calls:
        if not call.reply.done():
            call.reply.set_exception(Unavailable(why))
    calls.clear()
