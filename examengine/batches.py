"""Calls that come while earlier ones are under way go together as one.

Nobody waits for company: where nothing is under way a call goes at once, with those of the same turn of the event
loop. A crowd makes its own batches, and the more wait, the less each costs.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from typing import Generic, TypeVar

PATIENCE_S = 2.0
"""A batch that has taken longer holds nobody up any more: the next begins beside it."""

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Batches(Generic[Asked, Answer]):
    """Gathers what is asked and has it answered together. Belongs to the event loop in which it is first used."""

    def __init__(
        self,
        run: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer | Exception]]],
        *,
        most: int,
        at_once: int = 1,
        everybodys: tuple[type[Exception], ...] = (),
    ) -> None:
        """``run`` answers several, in their order; an error in the place of an answer is that one's own. Where it
        raises, nothing of the batch may have been done: each is then run alone, but for errors of ``everybodys``
        kinds, which all are told at once.

        Args:
            most: asked in one batch.
            at_once: batches under way.
        """
        self._run = run
        self._most = most
        self._at_once = at_once
        self._everybodys = everybodys
        self._waiting: deque[tuple[Asked, asyncio.Future[Answer]]] = deque()
        self._under_way: set[asyncio.Task[None]] = set()
        self._is_called = False

    async def ask(self, asked: Asked) -> Answer:
        """The answer to one; raises what ``run`` has for it. Whoever is cancelled while he waits is left out of the
        batch that has not begun yet, and of one that has only the answer is lost.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((asked, answer))
        if not self._is_called and len(self._under_way) < self._at_once:
            self._is_called = True
            loop.call_soon(self._begin)
        return await answer

    def _begin(self) -> None:
        self._is_called = False
        while self._waiting and len(self._under_way) < self._at_once:
            batch: list[tuple[Asked, asyncio.Future[Answer]]] = []
            while self._waiting and len(batch) < self._most:
                asked, answer = self._waiting.popleft()
                if not answer.done():
                    batch.append((asked, answer))
            if not batch:
                return
            # not in the first one's context: what a batch does is noted for nobody
            task = asyncio.get_running_loop().create_task(self._answer(batch), context=Context())
            self._under_way.add(task)
            patience = asyncio.get_running_loop().call_later(PATIENCE_S, self._ended, task)
            task.add_done_callback(lambda _task, timer=patience: timer.cancel())  # type: ignore[misc]
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._begin()

    async def _answer(self, batch: list[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            answers = await self._run([asked for asked, _ in batch])
            if len(answers) != len(batch):
                raise RuntimeError("a batch was not answered in full")
        except asyncio.CancelledError:
            for _, answer in batch:
                answer.cancel()
            raise
        except Exception as error:
            if len(batch) == 1 or isinstance(error, self._everybodys):
                for _, answer in batch:
                    if not answer.done():
                        answer.set_exception(error)
                return
            await asyncio.gather(*(self._answer([one]) for one in batch))
            return
        for (_, answer), told in zip(batch, answers, strict=True):
            if answer.done():
                continue
            if isinstance(told, Exception):
                answer.set_exception(told)
            else:
                answer.set_result(told)
