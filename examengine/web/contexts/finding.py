"""Contexts of finding a candidate and of what happened: conditions, attempts told, who else fell silent."""

from dataclasses import dataclass

from examengine.web.contexts.frame import Act, Fact, Frame, Tone


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """A condition of a start: ``met`` None where it cannot be told yet. ``helps``: what would mend it, ``act``: where
    the desk can do that.
    """

    text: str
    met: bool | None
    evidence: str = ""
    helps: str = ""
    act: Act | None = None


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """Who sat at that time in one respect alike, and how many of them fell silent in that minute."""

    text: str
    sitting: int
    silent: int
    percent: int
    tone: Tone


@dataclass(frozen=True, slots=True)
class FaultBlock:
    """Who else fell silent: evidence, and which way it leans. ``counted``: how the others were chosen."""

    from_ms: int
    until_ms: int
    is_over: bool
    rows: tuple[ComparedRow, ...]
    lean: str
    tone: Tone
    helps: str
    counted: str
    proofs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SilenceLink:
    """A silence of the attempt, as a link to its assessment."""

    href: str
    from_ms: int
    span_ms: int


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """``inferred`` where it is computed rather than recorded; ``minor``: one of many, not among the important ones.
    ``href`` leads to who else fell silent then.
    """

    at_ms: int
    text: str
    by: str = ""
    inferred: bool = False
    minor: bool = False
    href: str = ""


@dataclass(frozen=True, slots=True)
class AttemptStory:
    """One attempt from start to end. ``every``: all lines are shown, not the important ones alone; ``hidden`` counts
    those that are not. ``later``: there are more than are shown. ``unreadable``: its journal is damaged.
    """

    frame: Frame
    person_id: int
    attempt_id: int
    name: str
    document_masked: str
    subject: str
    year: int
    title: str
    facts: tuple[Fact, ...]
    rows: tuple[TimelineRow, ...]
    every: bool
    hidden: int
    later: bool
    filter_href: str
    silences: tuple[SilenceLink, ...] = ()
    fault: FaultBlock | None = None
    unreadable: bool = False
