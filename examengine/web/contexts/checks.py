"""Contexts of the checks before publishing, and of what they look at: who is on duty, and the telephone."""

from dataclasses import dataclass

from examengine.web.contexts.frame import FieldError, Frame


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check. ``state``: ok, look, red, or signed for a red one that somebody answers for; ``value`` names the
    check and what it found in the form that signs it, "" where it cannot be signed.
    """

    kind: str
    title: str
    state: str
    state_text: str
    evidence: str
    href: str = ""
    link: str = ""
    value: str = ""
    signed: str = ""


@dataclass(frozen=True, slots=True)
class Signing:
    """What the form that signs red checks holds; ``ticked`` are the values chosen before."""

    intent: str
    reason: str = ""
    ticked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedRow:
    """What was red when an exam was published, and who answered for it."""

    title: str
    evidence: str
    reason: str
    name: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class ExamChecks:
    """O2 for a published exam: what the checks say today, and who signed what when it was published."""

    frame: Frame
    exam_id: int
    title: str
    checks: tuple[CheckRow, ...]
    basis: str
    signatures: tuple[SignedRow, ...]


@dataclass(frozen=True, slots=True)
class DutyRow:
    """Somebody on the roster."""

    id: int
    name: str
    unit: str
    from_ms: int
    until_ms: int
    now: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """Who is on duty, and the telephone number on every page."""

    frame: Frame
    rows: tuple[DutyRow, ...]
    people: tuple[tuple[str, str], ...]
    number: str
    hours: str
    set_by: str
    set_ms: int | None
    nonce: str
    person: str = ""
    from_day: str = ""
    until_day: str = ""
    errors: tuple[FieldError, ...] = ()
