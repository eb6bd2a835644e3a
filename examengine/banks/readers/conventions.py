"""What holds for a whole sheet and can only be told from all its rows: type codes, digits, list numbers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from examengine.banks.dialects.answers import bare_answer, letters_of, truth_of
from examengine.banks.dialects.headers import Field
from examengine.banks.dialects.kinds import code_of, is_code
from examengine.banks.findings import Understood
from examengine.banks.item import KIND_LABELS, Kind
from examengine.banks.readers.shapes import Shape
from examengine.banks.wording import list_number

# Where the rows do not tell: the numbering most systems use.
USUAL_CODES: Final[Mapping[str, Kind]] = {
    "1": Kind.SINGLE_CHOICE,
    "2": Kind.MULTIPLE_CHOICE,
    "3": Kind.TRUE_FALSE,
    "4": Kind.SHORT_ANSWER,
    "5": Kind.ESSAY,
}
_DIGITS: Final = frozenset({"0", "1", "2"})
SEVERAL_KEYS_SHARE: Final = 0.3


@dataclass(frozen=True, slots=True)
class Conventions:
    """``codes``: kind by type code. ``truth_digits``: what a digit means as the key of a true/false row.

    ``numbered``: row numbers whose stems begin with the list's own number.
    """

    codes: Mapping[str, Kind]
    truth_digits: Mapping[str, bool]
    numbered: frozenset[int]


def conventions_of(shapes: Sequence[Shape], understood: Understood) -> Conventions:
    """The habits of one sheet."""
    return Conventions(_codes(shapes, understood), _truth_digits(shapes), _numbered(shapes))


def _codes(shapes: Sequence[Shape], understood: Understood) -> dict[str, Kind]:
    groups: dict[str, list[Shape]] = defaultdict(list)
    for shape in shapes:
        if is_code(shape.draft.text(Field.KIND)):
            groups[code_of(shape.draft.text(Field.KIND))].append(shape)
    # Where there is a type 0, the numbering is the usual one less one.
    shift = 1 if "0" in groups else 0
    codes = {code: _kind_of_group(str(int(code) + shift), group) for code, group in groups.items()}
    for code, group in groups.items():
        for _ in group:
            understood.note(f"code {code}", f"题型编号 {code} 按选项和答案读作{KIND_LABELS[codes[code]]}")
    return codes


def _kind_of_group(code: str, group: Sequence[Shape]) -> Kind:
    with_options = [shape for shape in group if len(shape.options) > 1]
    if len(with_options) * 2 >= len(group):
        several = sum(1 for shape in with_options if len(letters_of(shape.key) or ()) > 1)
        usual = USUAL_CODES.get(code)
        if several >= SEVERAL_KEYS_SHARE * len(with_options):
            return Kind.MULTIPLE_CHOICE
        pairs = sum(1 for shape in with_options if {truth_of(text) for text in shape.texts} == {True, False})
        if pairs == len(with_options):
            return Kind.TRUE_FALSE
        return Kind.MULTIPLE_CHOICE if several and usual is Kind.MULTIPLE_CHOICE else Kind.SINGLE_CHOICE
    judged = sum(1 for shape in group if truth_of(shape.key) is not None or bare_answer(shape.key) in _DIGITS)
    if judged * 2 >= len(group):
        return Kind.TRUE_FALSE
    usual = USUAL_CODES.get(code, Kind.OTHER)
    return usual if usual in {Kind.SHORT_ANSWER, Kind.ESSAY} else Kind.OTHER


def _truth_digits(shapes: Sequence[Shape]) -> dict[str, bool]:
    used = {bare_answer(shape.key) for shape in shapes if not shape.options and not shape.blanks} & _DIGITS
    if {"0", "2"} <= used:
        # 0/1 and 1/2 in one sheet: what 2 (or 1) means can no longer be told.
        return {"0": False}
    return {"0": False, "1": True, "2": False}


def _numbered(shapes: Sequence[Shape]) -> frozenset[int]:
    """Rows whose number goes on from the row before, or is the row's own place in the list."""
    numbered: set[int] = set()
    before: tuple[int, int] | None = None
    for position, shape in enumerate(shapes, start=1):
        found = list_number(shape.stem)
        if found is None:
            before = None
            continue
        number = found[0]
        if number == position or (before is not None and number == before[0] + 1):
            numbered.add(shape.draft.row.number)
            if before is not None:
                numbered.add(before[1])
        before = (number, shape.draft.row.number)
    return frozenset(numbered)
