"""Contexts of the pages on which candidates ask for make-up study and exam, and the desk answers."""

from dataclasses import dataclass

from examengine.web.contexts.finding import TimelineRow
from examengine.web.contexts.frame import Fact, FieldError, Frame, Tone


@dataclass(frozen=True, slots=True)
class StaffingShown:
    """When the desk is staffed: ``hours`` of every workday, and ``now`` in one sentence."""

    hours: str
    now: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class RequestShown:
    """A request as its candidate sees it; ``ahead``: how many wait before it, None once it is answered."""

    request_id: int
    number: str
    at_ms: int
    state_text: str
    tone: Tone
    decided_ms: int | None
    answer: str
    ahead: int | None = None


@dataclass(frozen=True, slots=True)
class AskForAttempts:
    """The candidate's page. ``waiting`` is in the queue; ``past`` ones were answered, newest first. ``can_ask``: the
    form is shown; otherwise ``why_not`` says why, where nothing waits.
    """

    frame: Frame
    enrolment_id: int
    subject: str
    year: int
    facts: tuple[Fact, ...]
    effects: tuple[str, ...]
    staffing: StaffingShown | None
    phone: str
    waiting: RequestShown | None
    past: tuple[RequestShown, ...]
    can_ask: bool
    why_not: str
    note: str
    note_max: int
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class QueueRow:
    """A request in the queue: who, which exam, since when, why, and what granting would come to."""

    href: str
    number: str
    name: str
    document_masked: str
    exam: str
    at_ms: int
    waited: str
    why: str
    effect: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class AnsweredRow:
    """A request that the desk has answered."""

    href: str
    number: str
    name: str
    exam: str
    decided_ms: int
    by: str
    state_text: str
    tone: Tone
    answer: str


@dataclass(frozen=True, slots=True)
class RequestQueuePage:
    """The queue of the desk; ``more`` wait beyond those that are shown."""

    frame: Frame
    waiting: tuple[QueueRow, ...]
    answered: tuple[AnsweredRow, ...]
    staffing: tuple[StaffingShown, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class GrantChoice:
    """A number of attempts, what granting it would come to, and why that takes a second person ("" where it does
    not).
    """

    value: str
    effect: str
    second: str


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One request with the case made out. ``answered`` says what became of it, "" while it waits.

    ``choices`` is empty where nothing can be granted; ``refused`` then says why. ``reply`` is for the candidate,
    ``inside`` for the record; ``own``: it is the agent's own request.
    """

    frame: Frame
    request_id: int
    number: str
    person_id: int
    name: str
    document_masked: str
    exam: str
    facts: tuple[Fact, ...]
    history: tuple[TimelineRow, ...]
    note: str
    identity_check: bool
    answered: str
    answered_ms: int | None
    answer: str
    refused: str
    own: bool
    choices: tuple[GrantChoice, ...]
    attempts: str
    reply: str
    reply_max: int
    inside: str
    ticket: str
    intent: str
    errors: tuple[FieldError, ...] = ()
