"""What the machine believes: the promises of DESIGN, worked out anew in a few plain lines."""

from dataclasses import dataclass, field

from examengine.records.outcomes import Outcome

SECOND_MS = 1_000
MINUTE_MS = 60_000
PRESENCE_MS = 90 * SECOND_MS
LEAVE_GRACE_MS = 30 * SECOND_MS
# the rulebook's grace, and what two hosts' clocks may differ
FINAL_MS = 32 * SECOND_MS


@dataclass
class Page:
    """A page that was opened; ``last`` is the operation it sent last."""

    name: str
    generation: int
    epoch: int
    sequence: int = 0
    last: tuple[int, int, str] | None = None


@dataclass
class Believed:
    """One attempt as it ought to stand. ``deadline_ms`` is the record's, ``live_ms`` the desk's copy of it;
    ``ordered_ms``: when staff ordered it to be handed in; ``known_epoch``: of the newest page where none is open;
    ``held_ms``: until then open pages may bring back what Redis lost, and no deadline closes it; ``sent_all_at_ms``:
    the deadline after which its page said that it had sent all.
    """

    id: int
    nonce: str
    deadline_ms: int
    versions: tuple[int, ...]
    leaving_matters: bool
    live_ms: int = 0
    generation: int = 1
    seen_ms: int = 0
    left_ms: int | None = None
    pages: list[Page] = field(default_factory=list)
    known_epoch: int = 0
    held_ms: int = 0
    sent_all_at_ms: int | None = None
    answers: dict[int, str] = field(default_factory=dict)
    closed_by: str = ""
    closed_ms: int = 0
    ordered_ms: int | None = None
    outcome: Outcome | None = None
    is_void: bool = False

    @property
    def newest(self) -> Page | None:
        return self.pages[-1] if self.pages else None

    @property
    def epoch(self) -> int:
        """Of the page that holds the pen."""
        return self.newest.epoch if self.newest is not None else self.known_epoch

    @property
    def has_ended(self) -> bool:
        return bool(self.closed_by) or self.outcome is not None or self.is_void

    def forced_ms(self) -> int | None:
        """When the page that was left ends the attempt."""
        if self.left_ms is None or not self.leaving_matters:
            return None
        instant = self.left_ms + LEAVE_GRACE_MS
        return instant if instant < self.live_ms else None

    def may_write(self, page: Page, now_ms: int) -> bool:
        """Whether a page must be let write: nothing may be refused without a reason."""
        forced = self.forced_ms()
        return (
            not self.has_ended
            and page is self.newest
            and page.generation == self.generation
            and now_ms < self.live_ms
            and (forced is None or now_ms < forced)
        )

    def heard(self, now_ms: int) -> None:
        """A sign of life was accepted."""
        self.seen_ms = max(self.seen_ms, now_ms)
        self.left_ms = None

    def ended_by(self) -> tuple[str, int] | None:
        """Whose act ended it, and when: the first one's, but the candidate's own hand-in stands above staff's."""
        if self.ordered_ms is None or self.closed_by == "hand_in":
            return (self.closed_by, self.closed_ms) if self.closed_by else None
        if self.closed_by and self.closed_ms < self.ordered_ms:
            return (self.closed_by, self.closed_ms)
        return ("staff", self.ordered_ms)

    def state_due(self, now_ms: int) -> str:
        """The state in which whoever looks now must record the attempt; "" while it runs on."""
        if ended := self.ended_by():
            return {"hand_in": "submitted", "give_up": "forced_exit", "staff": "submitted"}[ended[0]]
        forced = self.forced_ms()
        if forced is not None and now_ms >= forced + 2 * SECOND_MS and forced < self.deadline_ms:
            return "forced_exit"
        present = self.seen_ms >= self.deadline_ms - PRESENCE_MS
        gave_up_grace = self.sent_all_at_ms == self.deadline_ms and present and self.left_ms is None
        final_ms = self.deadline_ms + (2 * SECOND_MS if gave_up_grace else FINAL_MS)
        if now_ms >= max(final_ms, self.held_ms):
            return "auto_submitted" if present else "expired_no_score"
        return ""
