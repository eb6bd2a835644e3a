"""Context of the page on which a bank is exported."""

from dataclasses import dataclass

from examengine.web.contexts.frame import Frame


@dataclass(frozen=True, slots=True)
class FormatChoice:
    """A format to export in; ``holds`` says what it keeps."""

    key: str
    text: str
    holds: str
    here: bool


@dataclass(frozen=True, slots=True)
class LeftOutRow:
    """What the file does not hold: of which item, and what."""

    no: int
    title: str
    what: str


@dataclass(frozen=True, slots=True)
class Export:
    """The formats; with ``chosen``, what its file leaves out and the way to take it all the same."""

    frame: Frame
    bank_id: int
    bank_name: str
    size: int
    choices: tuple[FormatChoice, ...]
    chosen: str = ""
    href: str = ""
    left_out: tuple[LeftOutRow, ...] = ()
    more: int = 0
