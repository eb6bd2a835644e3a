"""Key correction (答案更正): what a score becomes when an item is judged otherwise than by its key.

A ruling belongs to an item version. Rulings on one version replace each other; one that may only raise scores
stands beside what it found, and the candidate gets the better of the two. So a score follows from the answers and
from what stands, whatever it was before: computed twice it is the same, and the same for a sitting that still runs.

The score of a paper with dropped items is what was earned on the others, scaled to the full mark and rounded once,
half up, to a hundredth; the rulebook's own rounding comes after.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

import msgspec

from examengine.banks.item import Item, Kind
from examengine.banks.responses import Expected, NumberExpected, TextExpected, answerable
from examengine.grading.keys import key_version
from examengine.grading.mark import (
    CellMark,
    ItemMark,
    Key,
    MarkedBlueprint,
    MarkedCell,
    Score,
    ShownItem,
    ShownPaper,
    Verdict,
    mark,
)

MAX_KEYS = 8
"""Keys that one ruling may let count."""


class NewKey(msgspec.Struct, frozen=True, tag="new_key", forbid_unknown_fields=True):
    """Another key: ``options`` (ids, sorted) of an item with options, else ``expected``."""

    options: str = ""
    expected: Expected | None = None


class AnyOf(msgspec.Struct, frozen=True, tag="any_of", forbid_unknown_fields=True):
    """Several keys count, each as option ids, sorted; an answer gets the best of what it earns by any of them."""

    keys: tuple[str, ...]


class FullMarks(msgspec.Struct, frozen=True, tag="full_marks", forbid_unknown_fields=True):
    """Everybody gets the item's points, whatever was answered, a blank too."""


class Dropped(msgspec.Struct, frozen=True, tag="dropped", forbid_unknown_fields=True):
    """The item does not count: the others are scaled to the full mark."""


Ruling = NewKey | AnyOf | FullMarks | Dropped
Standing = tuple[Ruling | None, ...]
"""What counts for an item version: the best of these for the candidate; None is the key it was drawn with."""


@dataclass(frozen=True, slots=True)
class Decided:
    """A ruling that was decided; ``upwards``: no score may fall by it."""

    version_id: int
    ruling: Ruling
    upwards: bool


class NothingLeft(ValueError):  # noqa: N818 - names what is wrong with the paper
    """Every item of the paper would be dropped: there is no score to scale."""


_decoder: msgspec.json.Decoder[Ruling] = msgspec.json.Decoder(Ruling)


def to_json(ruling: Ruling) -> str:
    """The form in which SQL keeps a ruling."""
    return msgspec.json.encode(ruling, order="deterministic").decode()


def from_json(stored: str) -> Ruling:
    """The ruling that :func:`to_json` wrote. Raises ``msgspec.ValidationError`` or ``msgspec.DecodeError``."""
    return _decoder.decode(stored)


def standing(decided: Iterable[Decided]) -> Mapping[int, Standing]:
    """What stands for each item version after these rulings, the oldest first."""
    stands: dict[int, Standing] = {}
    for one in decided:
        before = stands.get(one.version_id, (None,))
        if one.upwards:
            kept = tuple(ruling for ruling in before if ruling != one.ruling)
            stands[one.version_id] = (*kept, one.ruling)
        else:
            stands[one.version_id] = (one.ruling,)
    return stands


def fits(item: Item, ruling: Ruling) -> bool:
    """Whether a ruling can judge answers to the item: keys among its options, as many as its kind has; other texts or
    numbers for an item that asks for them. Pairs, gaps and essays are given to all or dropped.
    """
    match ruling:
        case NewKey(options, expected):
            if item.options:
                return expected is None and _is_key(item, options)
            is_written = isinstance(expected, TextExpected | NumberExpected)
            return not options and is_written and type(expected) is type(item.expected) and answerable(expected)
        case AnyOf(keys):
            is_several = 2 <= len(keys) <= MAX_KEYS and len(set(keys)) == len(keys)
            return bool(item.options) and is_several and all(_is_key(item, key) for key in keys)
        case _:
            return True


def _is_key(item: Item, key: str) -> bool:
    ids = {option.id for option in item.options}
    is_sorted = list(key) == sorted(set(key))
    return bool(key) and is_sorted and set(key) <= ids and (item.kind is Kind.MULTIPLE_CHOICE or len(key) == 1)


def corrected(
    score: Score,
    paper: ShownPaper,
    blueprint: MarkedBlueprint,
    answers: Mapping[int, str],
    stands: Mapping[int, Standing],
) -> Score:
    """``score`` (what :func:`~examengine.grading.mark.mark` made of the same paper and answers) under the rulings.

    A dropped item keeps its verdict, with 0 of 0 hundredths (nobody has to mark it any more); the total is scaled,
    marks of items and cells are not.

    Raises:
        NothingLeft: no item of the paper counts.
    """
    if not stands or not any(item.version_id in stands for item in score.items):
        return score
    marks = list(score.items)
    must_go: list[int] = []
    may_go: list[int] = []
    for place, item_mark in enumerate(score.items):
        rulings = stands.get(item_mark.version_id)
        if rulings is None:
            continue
        counted = [ruling for ruling in rulings if not isinstance(ruling, Dropped)]
        if counted:
            shown, answer = paper.items[place], answers.get(item_mark.position, "")
            cell = blueprint.cells[item_mark.cell]
            judged = [_judged(item_mark, shown, cell, answer, ruling) for ruling in counted]
            marks[place] = max(judged, key=lambda one: one.hundredths)
        if not counted:
            must_go.append(place)
        elif len(counted) < len(rulings) and marks[place].verdict is not Verdict.WAITING:
            may_go.append(place)
    dropped = _dropped(marks, must_go, may_go)
    for place in dropped:
        waits = marks[place].verdict is Verdict.WAITING
        verdict = Verdict.WRONG if waits else marks[place].verdict
        marks[place] = msgspec.structs.replace(marks[place], verdict=verdict, hundredths=0, full_hundredths=0)
    earned, counts = sum(one.hundredths for one in marks), sum(one.full_hundredths for one in marks)
    if not counts:
        raise NothingLeft("no item of the paper counts")
    full = score.full_hundredths
    return replace(
        score,
        total_hundredths=(2 * earned * full + counts) // (2 * counts) if dropped else earned,
        items=tuple(marks),
        cells=tuple(_cell(cell, [one for one in marks if one.cell == cell.cell]) for cell in score.cells),
    )


def _judged(before: ItemMark, shown: ShownItem, cell: MarkedCell, answer: str, ruling: Ruling | None) -> ItemMark:
    match ruling:
        case None:
            return before
        case NewKey(options, expected):
            return _marked(before, shown, cell, answer, frozenset(options) if expected is None else expected)
        case AnyOf(keys):
            judged = [_marked(before, shown, cell, answer, frozenset(key)) for key in keys]
            return max(judged, key=lambda one: one.hundredths)
        case _:
            return msgspec.structs.replace(before, verdict=Verdict.RIGHT, hundredths=cell.points_hundredths)


@dataclass(frozen=True, slots=True)
class _Alone:
    """One item as a paper of its own."""

    items: Sequence[ShownItem]


@dataclass(frozen=True, slots=True)
class _AloneItem:
    version_id: int
    cell: int
    option_order: Sequence[str]


@dataclass(frozen=True, slots=True)
class _AloneBlueprint:
    cells: Sequence[MarkedCell]


def _marked(before: ItemMark, shown: ShownItem, cell: MarkedCell, answer: str, key: Key) -> ItemMark:
    """The item marked by a key, by the function that marks whole papers."""
    alone = _Alone((_AloneItem(shown.version_id, 0, shown.option_order),))
    [found] = mark(alone, _AloneBlueprint((cell,)), {1: answer} if answer else {}, {shown.version_id: key}).items
    return msgspec.structs.replace(found, position=before.position, cell=before.cell)


def _dropped(marks: Sequence[ItemMark], must_go: Sequence[int], may_go: Sequence[int]) -> set[int]:
    """Places of the items that do not count. One that only may be dropped goes where that raises the share of the
    full mark: the worst first, while it lies below the share of the rest.
    """
    gone = set(must_go)
    earned = sum(one.hundredths for place, one in enumerate(marks) if place not in gone)
    counts = sum(one.full_hundredths for place, one in enumerate(marks) if place not in gone)
    for place in sorted(may_go, key=lambda place: marks[place].hundredths / marks[place].full_hundredths):
        one = marks[place]
        if one.hundredths * counts < earned * one.full_hundredths:
            gone.add(place)
            earned, counts = earned - one.hundredths, counts - one.full_hundredths
    return gone


def _cell(cell: CellMark, marks: Sequence[ItemMark]) -> CellMark:
    counted = [one for one in marks if one.full_hundredths]
    verdicts = [one.verdict for one in counted]
    return replace(
        cell,
        items=len(counted),
        right=verdicts.count(Verdict.RIGHT),
        partial=verdicts.count(Verdict.PARTIAL),
        blank=verdicts.count(Verdict.BLANK),
        hundredths=sum(one.hundredths for one in counted),
        full_hundredths=sum(one.full_hundredths for one in counted),
    )


def corrected_key_version(keys: Mapping[int, Key], stands: Mapping[int, Standing]) -> str:
    """Which keys and rulings a score was made with; :func:`~examengine.grading.keys.key_version` where no ruling
    touches these keys.

    Digested are that version and a line ``<version id>:<rulings as JSON>\\n`` each, in ascending order.
    """
    version = key_version(keys)
    touched = sorted(set(stands) & set(keys))
    if not touched:
        return version
    digest = sha256(f"{version}\n".encode())
    for version_id in touched:
        told = msgspec.json.encode(stands[version_id], order="deterministic").decode()
        digest.update(f"{version_id}:{told}\n".encode())
    return f"sha256:{digest.hexdigest()}"
