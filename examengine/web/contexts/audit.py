"""The auditor's page."""

from dataclasses import dataclass

from examengine.web.contexts.frame import Alert, Fact, FieldError, Frame


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One line of the log. ``object_href`` leads to all lines about the same thing, ``by_href`` to all by the same
    person.
    """

    id: int
    at_ms: int
    act: str
    by: str
    by_href: str
    object: str
    object_href: str
    facts: str


@dataclass(frozen=True, slots=True)
class ChainState:
    """The evidence: ``is_behind``: something has waited for its signature for longer than it should."""

    links: int
    signed: int
    waiting: int
    signed_ms: int | None
    head: str
    key_id: str
    checkpoint_no: int
    is_behind: bool = False


@dataclass(frozen=True, slots=True)
class AuditPage:
    """``filters`` are the narrowing fields as they stand, for the forms; ``older`` leads to the next page."""

    frame: Frame
    chain: ChainState
    rows: tuple[AuditRow, ...]
    groups: tuple[tuple[str, str], ...]
    kinds: tuple[tuple[str, str], ...]
    filters: dict[str, str]
    narrowed: tuple[Fact, ...] = ()
    older: str = ""
    most: int = 0
    errors: tuple[FieldError, ...] = ()
    alert: Alert | None = None
