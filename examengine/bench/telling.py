"""How far a long run has come, on stderr."""

import sys
import time
from collections.abc import Callable

EVERY_S = 10.0


def told_every(what: str, of: int) -> Callable[[int], None]:
    """Tells a count now and then."""
    began_s = last_s = time.monotonic()

    def tell(count: int) -> None:
        nonlocal last_s
        now_s = time.monotonic()
        if now_s - last_s >= EVERY_S or (count >= of and now_s - began_s >= EVERY_S):
            last_s = now_s
            say(f"{count:,} of {of:,} {what}, {now_s - began_s:.0f} s")

    return tell


def say(text: str) -> None:
    """One line."""
    print(text, file=sys.stderr, flush=True)
