"""Contexts of the candidate's pages. Times in ms since the epoch, scores in hundredths of a point."""

from dataclasses import dataclass
from enum import StrEnum

from markupsafe import Markup

from examengine.web.contexts.frame import Act, Alert, Fact, FieldError, Frame
from examengine.web.contexts.notices import Notice
from examengine.web.contexts.receipt import ReceiptShown


@dataclass(frozen=True, slots=True)
class Login:
    """P1. ``wait_s``: seconds until the next try is taken, 0 when now."""

    frame: Frame
    username: str = ""
    next: str = ""
    wait_s: int = 0
    alert: Alert | None = None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Password:
    """Change of password; ``first`` when the first sign-in demands it."""

    frame: Frame
    first: bool
    min_length: int
    errors: tuple[FieldError, ...] = ()


class ExamState(StrEnum):
    """Where a candidate stands with one exam, as the list of exams shows it."""

    NOT_OPEN = "not_open"
    READY = "ready"
    RUNNING = "running"
    BLOCKED = "blocked"
    AWAITING = "awaiting"
    PASSED = "passed"
    EXHAUSTED = "exhausted"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One entry of the account of attempts; ``change`` is +n or −n."""

    at_ms: int
    text: str
    change: int


@dataclass(frozen=True, slots=True)
class Running:
    """The attempt that is open now."""

    sitting_id: int
    no: int
    deadline_ms: int
    left_ms: int
    answered: int
    total: int


@dataclass(frozen=True, slots=True)
class ExamRow:
    """One exam in the list. ``closes_ms`` is exclusive; ``learning_percent`` None where none is asked for."""

    enrolment_id: int
    subject: str
    year: int
    label: str
    state: ExamState
    opens_ms: int
    closes_ms: int
    minutes: int
    questions: int
    full_hundredths: int
    pass_hundredths: int
    allowed: int
    used: int
    learning_percent: int | None = None
    running: Running | None = None
    last_score_hundredths: int | None = None
    last_text: str = ""
    reason_text: str = ""
    card_form: bool = False
    primary: Act | None = None
    others: tuple[Act, ...] = ()
    ledger: tuple[LedgerLine, ...] = ()
    note: str = ""
    accommodation_text: str = ""
    request_text: str = ""


@dataclass(frozen=True, slots=True)
class My:
    """P2: the candidate's exams, those that can be continued first."""

    frame: Frame
    rows: tuple[ExamRow, ...]
    errors: tuple[FieldError, ...] = ()
    card_no: str = ""
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a start; ``met`` None where it was not reached."""

    text: str
    met: bool | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Why:
    """Why the exam cannot be sat now, and what helps; ``what_if``: what that would come to."""

    frame: Frame
    subject: str
    year: int
    title: str
    text: str
    next_text: str
    act: Act | None = None
    conditions: tuple[Condition, ...] = ()
    what_if: str = ""


@dataclass(frozen=True, slots=True)
class Contract:
    """P3. ``facts`` are computed by the function that will enforce them; ``rules`` come from the rulebook.

    ``short_minutes`` is set where the window leaves less than the full time: consent is asked for.
    """

    frame: Frame
    enrolment_id: int
    intent: str
    subject: str
    year: int
    no: int
    allowed: int
    label: str
    deadline_ms: int
    deadline_reason: str
    minutes: int
    facts: tuple[Fact, ...]
    rules: tuple[str, ...]
    undertaking: tuple[str, ...]
    short_minutes: int | None = None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Reports:
    """What the rulebook lets the page report; 0 or False: nothing is reported."""

    leave_grace_s: int = 0
    focus_loss_limit: int = 0
    focus_losses: int = 0


@dataclass(frozen=True, slots=True)
class Resumed:
    """The attempt was found running: what was recovered."""

    answers: int
    last_seen_ms: int


@dataclass(frozen=True, slots=True)
class ExamPage:
    """P4. ``paper`` and ``card`` are joined from fragments by ``candidate.paper_page``.

    ``who``: an opaque mark of the person, by which the browser tells whose answers it keeps; ``typed``: some
    questions are answered by typing or from a list. ``news``: the newest number among the announcements that may
    concern it; ``about``: what it shows when it asks for them.
    """

    frame: Frame
    sitting_id: int
    title: str
    no: int
    allowed: int
    label: str
    token: str
    epoch: int
    page_id: str
    left_ms: int
    deadline_ms: int
    deadline_reason: str
    deadline_note: str
    paper: Markup
    card: Markup
    total: int
    answered: int
    blank: int
    flagged: int
    reports: Reports = Reports()
    resumed: Resumed | None = None
    saved_at_ms: int | None = None
    generation: int = 1
    who: str = ""
    typed: bool = False
    notices: tuple[Notice, ...] = ()
    news: int = 0
    about: str = ""


@dataclass(frozen=True, slots=True)
class HandIn:
    """P5: the confirmation, as a page. ``partly``: of several parts some are answered."""

    frame: Frame
    sitting_id: int
    title: str
    token: str
    total: int
    answered: int
    blank: tuple[int, ...]
    flagged: tuple[int, ...]
    deadline_ms: int
    left_ms: int
    not_before_ms: int | None = None
    partly: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Giving up, step 1 (what it means) and step 2 (the confirmation)."""

    frame: Frame
    sitting_id: int
    title: str
    step: int
    token: str
    no: int
    allowed: int
    answered: int
    total: int
    left_ms: int
    deadline_ms: int
    consequences: tuple[str, ...]
    page_id: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class Takeover:
    """The exam is open elsewhere and was active a moment ago; taking over posts to ``/sittings/{id}/pen``."""

    frame: Frame
    sitting_id: int
    title: str
    last_active_ms: int
    where: str
    answered: int
    total: int
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class Unsent:
    """An answer that an older page could not save, beside the one that counts."""

    position: int
    here: str
    saved: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A page that lost the pen tried to save (without JavaScript)."""

    frame: Frame
    sitting_id: int
    title: str
    since_ms: int
    where: str
    unsent: tuple[Unsent, ...]
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A form without JavaScript met an ended session: ``fields`` hold what it posted, to be posted again with the
    password. ``positions``: the questions answered in it.
    """

    frame: Frame
    sitting_id: int
    token: str
    other_person: bool
    positions: tuple[int, ...]
    fields: tuple[tuple[str, str], ...]
    errors: tuple[FieldError, ...] = ()
    alert: Alert | None = None


@dataclass(frozen=True, slots=True)
class Registering:
    """The record is not reachable: the act is being registered; the same intent is repeated."""

    frame: Frame
    title: str
    text: str
    since_ms: int
    refresh_s: int
    repeat: Act
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SectionScore:
    title: str
    score_hundredths: int
    full_hundredths: int
    right: int
    count: int


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One's own answer as it was handed in, "" for a blank; ``hundredths`` None: people have not marked it, or the
    program did and the marks of single questions stay closed.
    """

    position: int
    kind_text: str
    text: str
    waits: bool = False
    hundredths: int | None = None
    full_hundredths: int = 0


class Verdict(StrEnum):
    PASS = "pass"
    FAIL = "fail"
    AWAITING = "awaiting"
    VOID = "void"


_NO_ROWS = Markup("")


@dataclass(frozen=True, slots=True)
class Result:
    """P7. ``score_hundredths`` None: no score. ``how`` says in words how it ended, ``why`` the outcome; ``given``:
    a table row a question (``result_answer.html``).
    """

    frame: Frame
    sitting_id: int
    subject: str
    year: int
    verdict: Verdict
    score_hundredths: int | None
    full_hundredths: int
    pass_hundredths: int
    no: int
    allowed: int
    label: str
    how: str
    why: str
    started_ms: int
    ended_ms: int
    took_ms: int
    answered: int
    total: int
    sections: tuple[SectionScore, ...]
    next_title: str
    next_text: str
    act: Act | None = None
    note: str = ""
    receipt: ReceiptShown | None = None
    given: Markup = _NO_ROWS
