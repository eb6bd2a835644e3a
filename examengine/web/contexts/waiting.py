"""Contexts of the page on which a candidate waits his turn."""

from dataclasses import dataclass

from examengine.web.contexts.frame import Act, Frame


@dataclass(frozen=True, slots=True)
class Waiting:
    """Before a start or a sign-in in a crowd. ``lead`` and ``before`` are what changes, ``note`` what must not change
    unsaid; ``href`` is asked next, after ``retry_ms``. ``go`` is what is done at one's turn, with ``fields``.
    """

    frame: Frame
    is_turn: bool
    title: str
    lead: str
    before: str
    note: str
    cost: str
    keep: str
    href: str
    retry_ms: int
    back: Act
    go: Act | None = None
    fields: tuple[tuple[str, str], ...] = ()
