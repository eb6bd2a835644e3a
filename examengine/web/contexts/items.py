"""Contexts of the pages about items: a bank's list, one item, a review before it is said, releases."""

from collections.abc import Mapping
from dataclasses import dataclass

from examengine.web.contexts.author import ImportRow, ItemView, KindCount, ReleaseRow
from examengine.web.contexts.frame import Fact, FieldError, Frame, Paging, Tone
from examengine.web.contexts.suspects import SuspectView


@dataclass(frozen=True, slots=True)
class BankTab:
    """A part of a bank's pages."""

    href: str
    text: str
    here: bool = False


@dataclass(frozen=True, slots=True)
class StateTab:
    """A state as a filter, with how many items are in it."""

    href: str
    text: str
    count: int
    here: bool


@dataclass(frozen=True, slots=True)
class TopicNode:
    """A topic as a filter, with the topics below it; ``count`` takes those along."""

    href: str
    text: str
    count: int
    here: bool
    below: tuple["TopicNode", ...] = ()


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item in the list. ``checked_no``: the version that a release takes, where it is not this one; ``view``: the
    whole item where whole items are shown. ``facility`` and ``discrimination`` are "" where too few have answered it;
    ``figures_about`` tells of which version and how many people.
    """

    item_id: int
    version_id: int
    no: str
    stem: str
    kind_text: str
    difficulty: str
    topic: str
    version: int
    checked_no: int | None
    state_text: str
    tone: Tone
    valid_until: str
    is_expired: bool
    exams: int
    by: str
    view: ItemView | None = None
    facility: str = ""
    discrimination: str = ""
    figures_about: str = ""
    at_ms: int = 0


@dataclass(frozen=True, slots=True)
class SortHead:
    """A column that a list can be sorted by; ``here``: ascending, descending, or "" where it is not."""

    key: str
    text: str
    href: str
    here: str


@dataclass(frozen=True, slots=True)
class BulkAct:
    """Something to do with many items; ``name`` is the button's value."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Filter:
    """What the list was asked for; ``hidden`` carries it through forms."""

    query: str
    kind: str
    difficulty: str
    validity: str
    topic_text: str
    state_text: str
    hidden: tuple[tuple[str, str], ...]
    is_on: bool
    batch: str = ""


@dataclass(frozen=True, slots=True)
class Bank:
    """A1: a bank's items by topic, state and filter; what may be done with many of them; releases and imports."""

    frame: Frame
    bank_id: int
    name: str
    tabs: tuple[BankTab, ...]
    kinds: tuple[KindCount, ...]
    total: int
    warnings: tuple[str, ...]
    states: tuple[StateTab, ...]
    topics: tuple[TopicNode, ...]
    all_topics: str
    filter: Filter
    kind_choices: tuple[tuple[str, str], ...]
    difficulty_choices: tuple[tuple[str, str], ...]
    validity_choices: tuple[tuple[str, str], ...]
    rows: tuple[ItemRow, ...]
    paging: Paging
    upto: int
    acts: tuple[BulkAct, ...]
    view: str
    other_view: str
    releases: tuple[ReleaseRow, ...]
    unreleased: int
    imports: tuple[ImportRow, ...]
    heads: Mapping[str, SortHead]
    suspects: tuple[SuspectView, ...] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """An act over one or many items before it is done: how many, what is left out and why.

    ``back`` leads to the list as it was; ``samples`` are some of the items that were meant.
    """

    frame: Frame
    bank_id: int
    bank_name: str
    title: str
    consequence: str
    changes: int
    left_out: tuple[str, ...]
    samples: tuple[ItemRow, ...]
    meant: int
    hidden: tuple[tuple[str, str], ...]
    confirm_text: str
    back: str
    needs_comment: bool
    errors: tuple[FieldError, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Recasting:
    """A field to be set for many items: how many, what is left out and why; ``choices`` where its values are fixed,
    ``topics`` that the bank has.
    """

    frame: Frame
    bank_id: int
    bank_name: str
    title: str
    consequence: str
    changes: int
    left_out: tuple[str, ...]
    samples: tuple[ItemRow, ...]
    hidden: tuple[tuple[str, str], ...]
    confirm_text: str
    back: str
    label: str
    choices: tuple[tuple[str, str], ...]
    topics: tuple[str, ...]
    value: str = ""
    note: str = ""
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True)
class DiffPiece:
    """``sign``: same, out or in."""

    sign: str
    text: str


@dataclass(frozen=True, slots=True)
class DiffRow:
    """A part that changed; without pieces only its form did."""

    label: str
    pieces: tuple[DiffPiece, ...]


@dataclass(frozen=True, slots=True)
class ReviewRow:
    at_ms: int
    by: str
    text: str
    comment: str


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in an item's history. ``batch_no``: the import it came with, else it was written by hand."""

    version_id: int
    no: int
    at_ms: int
    by: str
    note: str
    batch_no: int | None
    file_name: str
    state_text: str
    tone: Tone
    is_released_next: bool
    is_shown: bool
    reviews: tuple[ReviewRow, ...]
    differences: tuple[DiffRow, ...]


@dataclass(frozen=True, slots=True)
class UseRow:
    release_no: int
    version_no: int
    exams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """An item: a version as candidates see it, where it stands, its history, where it is used."""

    frame: Frame
    bank_id: int
    bank_name: str
    item_id: int
    version_id: int
    version_no: int
    newest_no: int
    view: ItemView
    facts: tuple[Fact, ...]
    state_text: str
    tone: Tone
    is_expired: bool
    notice: str
    acts: tuple[BulkAct, ...]
    versions: tuple[VersionRow, ...]
    uses: tuple[UseRow, ...]
    edit_href: str


@dataclass(frozen=True, slots=True)
class PartTab:
    """A part of what a release differs in."""

    href: str
    part: str
    text: str
    count: int
    here: bool


@dataclass(frozen=True, slots=True)
class ReleasedRow:
    """An item of a release; ``before_no``: its version in the release before, where that is another."""

    item_id: int
    no: str
    stem: str
    kind_text: str
    topic: str
    difficulty: str
    version: int
    before_no: int | None


@dataclass(frozen=True, slots=True)
class ReleasePage:
    """What a release holds, or would hold if it were made now (``no`` None), beside the one before it."""

    frame: Frame
    bank_id: int
    bank_name: str
    tabs: tuple[BankTab, ...]
    no: int | None
    before_no: int | None
    at_ms: int
    by: str
    size: int
    kinds: tuple[KindCount, ...]
    used_by: tuple[str, ...]
    warnings: tuple[str, ...]
    parts: tuple[PartTab, ...]
    rows: tuple[ReleasedRow, ...]
    paging: Paging
    can_release: bool
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Releases:
    """A bank's releases. ``unreleased``: what a release made now would hold otherwise than the newest one."""

    frame: Frame
    bank_id: int
    bank_name: str
    tabs: tuple[BankTab, ...]
    releases: tuple[ReleaseRow, ...]
    unreleased: int
    releasable: int
