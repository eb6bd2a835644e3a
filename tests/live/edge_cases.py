"""Every edge of a running sitting at −1, 0 and +1 ms. One table: the scripts and the rules must agree on it.

All times are ms from the deadline. The sitting was opened, and its page took the pen, an hour before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

OPENED_MS = -3_600_000
LEAVE_GRACE_MS = 30_000
SUBMIT_GRACE_MS = 30_000

#: What each act of a page is told when it is taken.
TAKEN = {
    "save": "saved",
    "save_form": "saved",
    "pulse": "alive",
    "claim": "claimed",
    "leave": "left",
    "come_back": "back",
    "lose_focus": "counted",
    "hand_in": "closing",
}
#: Acts that are signs of life. A leave and a lost focus are reports about the page, not of the person.
ALIVE = {"save", "save_form", "pulse", "claim", "come_back", "hand_in", "knock"}


@dataclass(frozen=True)
class EdgeCase:
    """One act at one instant."""

    name: str
    act: str
    at_ms: int
    word: str
    left_at_ms: int | None = None  # the page was reported left then
    leave_grace_ms: int = LEAVE_GRACE_MS  # 0: leaving does not matter
    submit_grace_ms: int = SUBMIT_GRACE_MS
    forced_at_ms: int | None = None  # where forced: the instant at which it ended

    @property
    def taken(self) -> bool:
        """Whether the act counts."""
        return self.word in (*TAKEN.values(), "knocked")

    @property
    def seen_ms(self) -> int:
        """The last sign of life after the act."""
        return self.at_ms if self.taken and self.act in ALIVE else OPENED_MS


def _cases() -> Iterator[EdgeCase]:
    for act, word in TAKEN.items():
        for at_ms in (-1, 0, 1):
            yield EdgeCase(f"{act} at the deadline {at_ms:+}", act, at_ms, word if at_ms < 0 else "too_late")

    for at_ms, word in ((-1, "not_due"), (0, "knocked"), (1, "knocked")):
        yield EdgeCase(f"knock at the deadline {at_ms:+}", "knock", at_ms, word)
    for offset_ms, word in ((-1, "knocked"), (0, "too_late"), (1, "too_late")):
        at_ms = SUBMIT_GRACE_MS + offset_ms
        yield EdgeCase(f"knock at the grace's end {offset_ms:+}", "knock", at_ms, word)
    yield EdgeCase("knock where there is no grace", "knock", 0, "too_late", submit_grace_ms=0)

    left_ms = -600_000
    for act, word in TAKEN.items():
        for offset_ms in (-1, 0, 1):
            at_ms = left_ms + LEAVE_GRACE_MS + offset_ms
            forced = offset_ms >= 0
            yield EdgeCase(
                f"{act} at the leave grace's end {offset_ms:+}",
                act,
                at_ms,
                "forced" if forced else word,
                left_at_ms=left_ms,
                forced_at_ms=left_ms + LEAVE_GRACE_MS if forced else None,
            )
        yield EdgeCase(
            f"{act} long after a leave that does not matter",
            act,
            -1,
            "logged" if act == "leave" else word,
            left_at_ms=left_ms,
            leave_grace_ms=0,
        )

    # Where the leave grace ends at the deadline or after it, the deadline wins.
    for act, word in TAKEN.items():
        for offset_ms in (-1, 0, 1):
            left_at_ms = -LEAVE_GRACE_MS + offset_ms
            ends_ms = left_at_ms + LEAVE_GRACE_MS
            yield EdgeCase(
                f"{act} at the deadline, leave grace ending {offset_ms:+} from it",
                act,
                0,
                "forced" if ends_ms < 0 else "too_late",
                left_at_ms=left_at_ms,
                forced_at_ms=ends_ms if ends_ms < 0 else None,
            )
        yield EdgeCase(
            f"{act} before the deadline, leave grace ending at it", act, -1, word, left_at_ms=-LEAVE_GRACE_MS
        )
    for offset_ms, word in ((-1, "forced"), (0, "knocked"), (1, "knocked")):
        left_at_ms = -LEAVE_GRACE_MS + offset_ms
        yield EdgeCase(
            f"knock after the deadline, leave grace ending {offset_ms:+} from it",
            "knock",
            5,
            word,
            left_at_ms=left_at_ms,
            forced_at_ms=-1 if word == "forced" else None,
        )


EDGE_CASES = tuple(_cases())
