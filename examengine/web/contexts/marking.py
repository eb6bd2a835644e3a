"""Contexts of the markers' pages. Points in hundredths. Nothing here leads to a candidate."""

from dataclasses import dataclass

from markupsafe import Markup

from examengine.web.contexts.frame import Alert, FieldError, Frame


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One item with answers to mark. ``for_me``: those the visitor may mark now; ``third``: two marks lie too far
    apart. ``share``: of the answers marked, in per cent.
    """

    href: str
    stem: str
    kind_text: str
    full_hundredths: int
    markers: int
    tolerance_hundredths: int
    answers: int
    tasks: int
    done: int
    third: int
    for_me: int
    mine: int

    @property
    def share(self) -> int:
        return 100 * self.done // self.tasks if self.tasks else 100


@dataclass(frozen=True, slots=True)
class ExamMarking:
    """``waiting``: attempts whose result depends on the marks."""

    title: str
    waiting: int
    rows: tuple[QueueRow, ...]


@dataclass(frozen=True, slots=True)
class Marking:
    """Exams with answers that only people can mark."""

    frame: Frame
    exams: tuple[ExamMarking, ...]


@dataclass(frozen=True, slots=True)
class AnswerShown:
    """The answer to be marked. ``no``: of the mark that the form gives, 1 for the first."""

    href: str
    text: str
    characters: int
    copies: int
    no: int
    points: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True)
class GivenMark:
    href: str
    text: str
    hundredths: int
    at_ms: int
    may_change: bool
    here: bool = False


@dataclass(frozen=True, slots=True)
class MarkAnswer:
    """One answer beside its item and what a good answer holds; without ``answer`` there is none for the visitor."""

    frame: Frame
    title: str
    row: QueueRow
    stem: Markup
    model: Markup | None
    explanation: Markup | None
    answer: AnswerShown | None
    given: tuple[GivenMark, ...]
    changing: bool = False
    errors: tuple[FieldError, ...] = ()
    alert: Alert | None = None
