"""The page that every act of the desk is shown and confirmed on, and the pages about what agents did."""

from dataclasses import dataclass

from examengine.web.contexts.frame import Fact, FieldError, Frame, NavLink


@dataclass(frozen=True, slots=True)
class Control:
    """One input of an act. ``kind``: number, date, choice, tick, text or area. ``weighed``: what is typed changes
    the effect, which is then shown anew.
    """

    name: str
    label: str
    kind: str = "number"
    value: str = ""
    low: str = ""
    high: str = ""
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    required: bool = True
    weighed: bool = True
    maxlength: int = 100


@dataclass(frozen=True, slots=True)
class Effect:
    """What the act would come to, line by line, the first one the most important; or, not ``allowed``, why it cannot
    be done. ``second``: why another person has to approve it, "" where nobody has to. ``left``: what the agent may
    still do alone.
    """

    allowed: bool
    lines: tuple[str, ...]
    second: str = ""
    left: str = ""


@dataclass(frozen=True, slots=True)
class ActPage:
    """An act before it is confirmed. ``intent`` names what the effect was shown for, so that nothing else can be
    confirmed. ``address`` takes the form; where anything typed changes the effect (``weighs``), it is weighed at
    ``address``/preview.
    """

    frame: Frame
    person_id: int
    name: str
    document_masked: str
    title: str
    english: str
    lead: str
    exam: str
    address: str
    facts_title: str
    facts: tuple[Fact, ...]
    controls: tuple[Control, ...]
    reasons: tuple[tuple[str, str], ...]
    reason: str
    note: str
    note_label: str
    note_hint: str
    ticket: str
    effect_title: str
    effect: Effect
    button: str
    intent: str
    weighs: bool
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class LetInPage:
    """A candidate was let in again with a one-time password. ``password`` stands there until ``until_ms`` for the
    agent who ordered it, "" for anybody else, afterwards, and where it has been changed; ``state`` says which.
    """

    frame: Frame
    person_id: int
    name: str
    document_masked: str
    state: str
    password: str
    until_ms: int


@dataclass(frozen=True, slots=True)
class ActRow:
    """Something an agent did. ``href`` leads to whom it concerned, "" where it concerned nobody or many."""

    at_ms: int
    text: str
    name: str
    href: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BoundRow:
    """How far an agent has come in one measure in 24 hours."""

    text: str
    unit: str
    used: int
    per_day: int
    at_once: int
    on_one_person: int


@dataclass(frozen=True, slots=True)
class OwnActs:
    """S3. ``older`` leads to the next page, "" on the last one."""

    frame: Frame
    bounds: tuple[BoundRow, ...]
    rows: tuple[ActRow, ...]
    tabs: tuple[NavLink, ...]
    older: str = ""


@dataclass(frozen=True, slots=True)
class PatternRow:
    """Something that a security administrator may want to ask about: evidence, no verdict."""

    what: str
    agent: str
    about: str
    count: str
    last_ms: int


@dataclass(frozen=True, slots=True)
class BoundForm:
    """The bounds of one measure as they can be set."""

    measure: str
    text: str
    unit: str
    per_day: str
    at_once: str
    on_one_person: str


@dataclass(frozen=True, slots=True)
class Patterns:
    """Unusual patterns of the last days, and what one agent may do alone."""

    frame: Frame
    days: int
    rows: tuple[PatternRow, ...]
    bounds: tuple[BoundForm, ...]
    most: int
    errors: tuple[FieldError, ...] = ()
