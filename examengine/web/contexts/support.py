"""Contexts of the support staff's pages."""

from dataclasses import dataclass

from examengine.web.contexts.finding import ConditionRow, TimelineRow
from examengine.web.contexts.frame import Act, Fact, FieldError, Frame, Tone


@dataclass(frozen=True, slots=True)
class Found:
    """A hit: document and phone masked."""

    person_id: int
    name: str
    document_masked: str
    phone_masked: str
    unit: str
    state_text: str


@dataclass(frozen=True, slots=True)
class Search:
    """S1. ``more``: there were more hits than are shown. ``hint``: what the text was taken for, or what to try.
    ``recent``: whom this agent looked at last.
    """

    frame: Frame
    query: str
    asked: bool
    results: tuple[Found, ...]
    more: bool = False
    hint: str = ""
    recent: tuple[Found, ...] = ()


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """``waiting``: a request to void it waits. ``score_hidden``: there is a score that may not be told yet."""

    attempt_id: int
    no: int
    label: str
    state_text: str
    tone: Tone
    started_ms: int
    deadline_ms: int
    deadline_reason: str
    ended_ms: int | None
    score_hundredths: int | None
    answered: int
    total: int
    why: str
    can_void: bool
    waiting: bool = False
    score_hidden: bool = False


@dataclass(frozen=True, slots=True)
class RoundBlock:
    no: int
    opened_text: str
    opened_ms: int
    allowed: int
    used: int
    learning_percent: int | None
    attempts: tuple[AttemptRow, ...]
    left: int = 0
    expires_ms: int | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """A line of the account: ``change`` as it is written (+1 次, −1 次, +10 分钟), by whom, why, on which ticket."""

    at_ms: int
    text: str
    change: str
    by: str = ""
    why: str = ""
    ticket: str = ""
    undone: bool = False
    undo_href: str = ""


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call that was noted. ``identity``: how the caller was known."""

    at_ms: int
    topic: str
    identity: str
    note: str
    by: str
    ticket: str
    recording: str = ""


@dataclass(frozen=True, slots=True)
class WaitingLine:
    """A request that waits for a second person. ``href`` leads there, "" for the one who asked."""

    text: str
    asked_by: str
    asked_ms: int
    ticket: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class EnrolmentBlock:
    """``reason`` and ``next`` are the codes of the refusal behind the sentence, "" where the person may start.
    ``no_grant``: why no attempts can be granted now. ``conditions`` of a start now; ``what_if``: what the act that
    helps would come to.
    """

    enrolment_id: int
    subject: str
    year: int
    sentence: str
    tone: Tone
    why_text: str
    left: int
    allowed: int
    rounds: tuple[RoundBlock, ...]
    ledger: tuple[LedgerEntry, ...]
    acts: tuple[Act, ...]
    waiting: tuple[WaitingLine, ...] = ()
    no_grant: str = ""
    reason: str = ""
    next: str = ""
    conditions: tuple[ConditionRow, ...] = ()
    what_if: str = ""


@dataclass(frozen=True, slots=True)
class AccommodationLine:
    """A standing accommodation: what is given, from when until when, on what it rests, and how it stands. ``href``
    leads to where it is taken back, "" where it cannot be.
    """

    given: str
    validity: str
    document: str
    by: str
    at_ms: int
    state: str
    tone: Tone
    href: str = ""


@dataclass(frozen=True, slots=True)
class PersonDesk:
    """S2: one person, every exam, each with its sentence of state and the acts that are possible.

    ``reveal_reasons`` is empty while the numbers are shown in full, which ends at ``revealed_until_ms``. ``every``:
    the timeline shows all its lines; otherwise ``hidden`` counts those that it leaves out. ``earlier``: it has more
    than are shown.
    """

    frame: Frame
    person_id: int
    name: str
    identity: tuple[Fact, ...]
    enrolments: tuple[EnrolmentBlock, ...]
    timeline: tuple[TimelineRow, ...]
    reveal_reasons: tuple[tuple[str, str], ...] = ()
    revealed_until_ms: int | None = None
    errors: tuple[FieldError, ...] = ()
    every: bool = False
    hidden: int = 0
    earlier: bool = False
    filter_href: str = ""
    acts: tuple[Act, ...] = ()
    waiting: tuple[WaitingLine, ...] = ()
    calls: tuple[CallRow, ...] = ()
    accommodations: tuple[AccommodationLine, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseRow:
    """An attempt that ended while we could not hear. ``href`` leads to the decision, "" where none is to be made."""

    case_id: int
    kind_text: str
    tone: Tone
    person_id: int
    name: str
    document_masked: str
    what: str
    deaf_text: str
    deadline_ms: int
    result_text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class DeafCases:
    """Attempts that a person must decide about, and those that an incident's report wants."""

    frame: Frame
    waiting: tuple[CaseRow, ...]
    others: tuple[CaseRow, ...]


@dataclass(frozen=True, slots=True)
class CaseChoice:
    """One of the two decisions, with what it would come to."""

    value: str
    text: str
    effects: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeafCase:
    """The decision about one attempt. ``own``: the candidate himself looks; somebody else decides."""

    frame: Frame
    case_id: int
    person_id: int
    name: str
    document_masked: str
    kind_text: str
    facts: tuple[Fact, ...]
    choices: tuple[CaseChoice, ...]
    decision: str
    reasons: tuple[tuple[str, str], ...]
    reason: str
    note: str
    ticket: str
    intent: str
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """``token`` binds the approval to what is shown. ``own``: asked for by the person who looks."""

    approval_id: int
    what: str
    name: str
    document_masked: str
    facts: tuple[Fact, ...]
    reason_text: str
    ticket: str
    asked_by: str
    asked_ms: int
    token: str
    own: bool
    person_id: int = 0


@dataclass(frozen=True, slots=True)
class DecidedRow:
    what: str
    name: str
    asked_by: str
    decided_by: str
    decided_ms: int
    approved: bool


@dataclass(frozen=True, slots=True)
class Approvals:
    """S4."""

    frame: Frame
    rows: tuple[ApprovalRow, ...]
    decided: tuple[DecidedRow, ...]
    errors: tuple[FieldError, ...] = ()
