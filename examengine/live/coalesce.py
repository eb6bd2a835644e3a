"""Calls that are made in one turn of the event loop go to Redis as one pipeline.

While one pipeline is under way the next one gathers: under load Redis writes its append-only file once for many
answers, and an answer costs no connection of its own.
"""

import asyncio
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import hiredis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    ClusterDownError,
    ConnectionError,
    MasterDownError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)

from examengine.live.scripts import Script

TIMEOUT_SECONDS = 2.0
MAX_WAITING = 8192
MAX_PIPELINE = 512

# Errors that say "not now": the server is full, without its disk, without its replicas, or being replaced. Out of
# a script they come with its text around them.
NOT_NOW = re.compile(r"(?:^|-)(OOM|MISCONF|NOREPLICAS|READONLY|BUSY)\b")
NOT_NOW_ERRORS = (OutOfMemoryError, ReadOnlyError, MasterDownError, ClusterDownError, TryAgainError)


class Unavailable(Exception):  # noqa: N818 – a state of things, named as it is told
    """Redis did not answer, or cannot take writes now. Whether the call was carried out is not known."""


class ScriptFailed(Exception):  # noqa: N818
    """Redis refused a call as wrong: a fault of ours."""


@dataclass(slots=True)
class Call:
    """One command on its way. ``script`` is set where the command may have to bring its text along."""

    command: tuple[Any, ...]
    script: Script | None
    reply: asyncio.Future[Any]


def connect(url: str, *, timeout_s: float = TIMEOUT_SECONDS) -> "Coalescer":
    """Make ready to talk to the Redis at ``url`` (``redis://`` or ``unix://``); nothing is sent yet."""
    # Time-outs and repeats are decided once a pipeline, here, and not by the client once a reply.
    client = Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=None,
        socket_connect_timeout=timeout_s,
        decode_responses=False,
    )
    return Coalescer(client, timeout_s=timeout_s)


class Coalescer:
    """Sends calls in pipelines, one at a time, in the order in which they were made.

    Belongs to the event loop in which it is first used. Every call ends within about ``timeout_s``: a pipeline
    that is not answered takes down what waits behind it.
    """

    def __init__(self, client: Redis, *, timeout_s: float = TIMEOUT_SECONDS, max_waiting: int = MAX_WAITING) -> None:
        self._client = client
        self._timeout_s = timeout_s
        self._max_waiting = max_waiting
        self._waiting: deque[Call] = deque()
        self._sender: asyncio.Task[None] | None = None
        self._closed = False

    async def run(self, script: Script, keys: Sequence[str], args: Sequence[str | int | bytes]) -> Any:
        """Run a script. An error of one call does not touch the others of its pipeline.

        Raises:
            Unavailable: no answer within the time, no connection, or Redis cannot write now.
            ScriptFailed: the script itself failed.
        """
        return await self._put(("EVALSHA", script.sha, len(keys), *keys, *args), script)

    async def command(self, *command: str | int | bytes) -> Any:
        """Send a plain command in the same way; raises as ``run`` does."""
        return await self._put(command, None)

    async def aclose(self) -> None:
        """Give up what waits, with ``Unavailable``, and close the connection."""
        self._closed = True
        self._give_up(self._waiting, "closed")
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.wait([self._sender])
        await self._client.aclose()

    def _put(self, command: tuple[Any, ...], script: Script | None) -> asyncio.Future[Any]:
        if self._closed:
            raise Unavailable("closed")
        if len(self._waiting) >= self._max_waiting:
            raise Unavailable(f"{self._max_waiting} calls are waiting")
        loop = asyncio.get_running_loop()
        reply: asyncio.Future[Any] = loop.create_future()
        self._waiting.append(Call(command, script, reply))
        if self._sender is None:
            # A task begins in the next turn: until then this one's other calls come along.
            self._sender = loop.create_task(self._send_all())
        return reply

    async def _send_all(self) -> None:
        calls: list[Call] = []
        try:
            while self._waiting:
                calls = [self._waiting.popleft() for _ in range(min(len(self._waiting), MAX_PIPELINE))]
                async with asyncio.timeout(self._timeout_s):
                    await self._send(calls)
        except (RedisError, OSError, TimeoutError) as error:
            why = str(error) or type(error).__name__
            self._give_up(calls, why)
            self._give_up(self._waiting, why)
        except BaseException:
            self._give_up(calls, "stopped")
            self._give_up(self._waiting, "stopped")
            raise
        finally:
            self._sender = None

    async def _send(self, calls: list[Call]) -> None:
        unknown: list[Call] = []
        for call, reply in zip(calls, await self._exchange([call.command for call in calls]), strict=True):
            if isinstance(reply, NoScriptError) and call.script is not None:
                unknown.append(call)
            else:
                self._answer(call, reply)
        if unknown:
            texts = {call.script.sha: call.script.text for call in unknown if call.script is not None}
            loading: list[tuple[Any, ...]] = [("SCRIPT", "LOAD", text) for text in texts.values()]
            replies = await self._exchange(loading + [call.command for call in unknown])
            for call, reply in zip(unknown, replies[len(loading) :], strict=True):
                self._answer(call, reply)

    async def _exchange(self, commands: list[tuple[Any, ...]]) -> list[Any]:
        """Write all, then read all, as redis-py's Pipeline does at twice the cost a call.

        A connection that has gone (the server was restarted, an idle line was cut) is made anew, once: every
        script of ours may be carried out twice.
        """
        packed = b"".join([hiredis.pack_command(command) for command in commands])
        try:
            return await self._exchange_packed(packed, len(commands))
        except ConnectionError:
            return await self._exchange_packed(packed, len(commands))

    async def _exchange_packed(self, packed: bytes, count: int) -> list[Any]:
        pool = self._client.connection_pool
        connection = await pool.get_connection()  # type: ignore[no-untyped-call]
        replies: list[Any] = []
        try:
            await connection.send_packed_command(packed, check_health=False)
            for _ in range(count):
                try:
                    replies.append(await connection.read_response())
                except ResponseError as error:
                    replies.append(error)
        except BaseException:
            # Half-read replies must not meet the next pipeline.
            await connection.disconnect(nowait=True)
            raise
        finally:
            await pool.release(connection)
        return replies

    @staticmethod
    def _answer(call: Call, reply: Any) -> None:
        if call.reply.done():  # its caller has gone away
            return
        if not isinstance(reply, ResponseError):
            call.reply.set_result(reply)
        elif isinstance(reply, NOT_NOW_ERRORS) or NOT_NOW.search(str(reply)):
            call.reply.set_exception(Unavailable(str(reply)))
        else:
            call.reply.set_exception(ScriptFailed(str(reply)))

    @staticmethod
    def _give_up(calls: "deque[Call] | list[Call]", why: str) -> None:
        for call in calls:
            if not call.reply.done():
                call.reply.set_exception(Unavailable(why))
        calls.clear()
