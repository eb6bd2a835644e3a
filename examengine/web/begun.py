"""Something awaited that is most often there at once: asked first, and waited for only where it is not."""

from collections.abc import Awaitable, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """An awaitable that has been asked once. ``there``: it answered at once, ``await`` gives the answer.

    Whoever bounds how long something may take pays for the bound (a timer costs more than an answer's tokens); here
    it is set only around what really waits. Must be awaited, unless it is there, by the task that began it.
    """

    __slots__ = ("_answer", "_steps", "_waits_for", "there")

    def __init__(self, awaitable: Awaitable[T]) -> None:
        self._steps = awaitable.__await__()
        self._answer: T | None = None
        try:
            self._waits_for = next(self._steps)
            self.there = False
        except StopIteration as answered:
            self._answer = answered.value
            self.there = True

    def __await__(self) -> Generator[Any, Any, T]:
        if self.there:
            return self._answer  # type: ignore[return-value]
        waits_for = self._waits_for
        try:
            while True:
                try:
                    got = yield waits_for
                except BaseException as error:
                    waits_for = self._steps.throw(error)
                else:
                    waits_for = self._steps.send(got)
        except StopIteration as answered:
            answer: T = answered.value
            return answer
