"""Patience with what does not succeed: each try waits twice as long as the one before; others have their turn."""

KEPT_MS = 600_000


class Patience:
    """Remembers, in this process, what has to wait. Times in ms; the first ``free`` tries cost no waiting."""

    def __init__(self, first_ms: int, most_ms: int, *, free: int = 0) -> None:
        self._first_ms = first_ms
        self._most_ms = most_ms
        self._free = free
        self._waiting: dict[int, tuple[int, int]] = {}  # number → failed tries, when to try again

    def __len__(self) -> int:
        return len(self._waiting)

    def waits(self, number: int, now_ms: int) -> bool:
        """Whether it is not yet time to try again. A clock that went back makes nobody wait longer than at most."""
        _tries, until_ms = self._waiting.get(number, (0, 0))
        return now_ms < until_ms <= now_ms + self._most_ms

    def wait_ms(self, number: int, now_ms: int) -> int:
        """How long it waits from now on; 0: it does not."""
        return self._waiting[number][1] - now_ms if self.waits(number, now_ms) else 0

    def waiting(self, now_ms: int) -> frozenset[int]:
        """All that wait now."""
        return frozenset(number for number in self._waiting if self.waits(number, now_ms))

    def failed(self, number: int, now_ms: int) -> tuple[int, int]:
        """Note a failed try; how many there were, and how long to wait."""
        tries = self._waiting.get(number, (0, 0))[0] + 1
        times = min(tries - self._free, 20)
        wait_ms = min(self._most_ms, self._first_ms * 2 ** (times - 1)) if times > 0 else 0
        self._waiting[number] = (tries, now_ms + wait_ms)
        return tries, wait_ms

    def succeeded(self, number: int) -> None:
        self._waiting.pop(number, None)

    def forget_old(self, now_ms: int) -> None:
        """Forget what nobody has tried for long: someone else has done it."""
        old = [number for number, (_, until_ms) in self._waiting.items() if until_ms + KEPT_MS < now_ms]
        for number in old:
            del self._waiting[number]
