"""Context of the page on which an author writes an item."""

from dataclasses import dataclass

from markupsafe import Markup

from examengine.web.author.item_fields import ItemFields
from examengine.web.contexts.author import ItemView
from examengine.web.contexts.frame import FieldError, Frame


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding with the name of its field. ``severity``: error, warning or info."""

    severity: str
    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What somebody else wrote since the form was opened."""

    no: int
    by: str
    at_ms: int
    view: ItemView


@dataclass(frozen=True, slots=True)
class Editor:
    """A2: the form, what the candidate will see of it, and what there is to say about it.

    ``address`` is where the form posts to. ``item_id`` 0: a new item. ``letters``: the ids that new options get, in
    turn. ``paper``: the candidate's fragment; ``document``: the whole of it, for a frame.
    """

    frame: Frame
    bank_id: int
    name: str
    address: str
    item_id: int
    no: int
    state: str
    fields: ItemFields
    remarks: tuple[Remark, ...]
    paper: Markup
    document: str
    kinds: tuple[tuple[str, str], ...]
    gap_kinds: tuple[tuple[str, str], ...]
    topics: tuple[str, ...]
    letters: str
    errors: tuple[FieldError, ...] = ()
    meanwhile: Meanwhile | None = None
    is_saved: bool = False
    begun: bool = True
