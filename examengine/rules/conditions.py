"""What a start needs, condition by condition. :func:`examengine.rules.decide.examine` fills it in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from examengine.refusals import Refusal


class Condition(StrEnum):
    """What a start needs, in the order in which it is examined."""

    ENROLLED = "enrolled"
    OPENED = "opened"
    NOT_CLOSED = "not_closed"
    NOT_PASSED = "not_passed"
    NONE_RUNNING = "none_running"
    RESULT_KNOWN = "result_known"
    PLACE_LEFT = "place_left"
    LEARNED = "learned"
    WAITED = "waited"
    TIME_LEFT = "time_left"
    ONLINE = "online"


@dataclass(frozen=True, slots=True)
class Examined:
    """A condition with its evidence: ``facts`` are times in ms (``_ms``) and counts, ``refusal`` says why it fails.

    ``known`` is False where it cannot be told yet: there is no round whose learning could count.
    """

    condition: Condition
    refusal: Refusal | None = None
    facts: Mapping[str, int] = field(default_factory=dict)
    known: bool = True

    @property
    def met(self) -> bool | None:
        return self.refusal is None if self.known else None
